"""The page of a search for settings: the score against each setting, the best settings, each trial's state."""

import matplotlib.figure

from pipelines.shared.report import cards, digits, pages

FAR = 10  # times between the ends of an axis from which on it is logarithmic


def write(result, searched, monitor, file, title, command):
    """Writes the page of a `Result`.

    Args:
        searched: {setting: (low, high) or a list}, the space. monitor: what the score is.
        command: that trains with the best settings.
    """
    best = [[name, str(value)] for name, value in result.best.items()]
    headline = pages.numbers({monitor.removeprefix("val_"): digits.shown(result.score), "trials": len(result.trials)})
    panels = "".join(_panel(result, name, values, monitor) for name, values in searched.items())
    pages.write(file, title, f"{len(result.trials)} trials, by {monitor}.", [
        pages.Section("Best", headline + pages.table("Its settings", ["setting", "value"], best)
                      + pages.commands([command])),
        pages.Section("Score against each setting", f'<div class="panels">{panels}</div>'),
        pages.Section("Trials", cards.trials(result)),
    ])  # fmt: skip


def _panel(result, name, values, monitor):
    """A dot a trial: the setting and the score, the best one filled; others are equal in nothing else."""
    done = [trial for trial in result.trials if trial["score"] is not None and name in trial["settings"]]
    drawing = matplotlib.figure.Figure(figsize=(4.6, 2.9), layout="constrained")
    axes = drawing.subplots()
    listed = isinstance(values, list)
    places = [_place(trial["settings"][name], values) for trial in done]
    axes.plot(places, [trial["score"] for trial in done], "o", color=pages.VALIDATION, alpha=0.6, markersize=6)
    best = [
        (place, trial["score"]) for place, trial in zip(places, done, strict=True) if trial["settings"] == result.best
    ]
    axes.plot(*zip(*best, strict=True), "o", color=pages.TRAINING, markersize=9) if best else None
    if listed:
        axes.set_xticks(range(len(values)), [str(value)[:12] for value in values], parse_math=False)
        axes.set_xlim(-0.5, len(values) - 0.5)
    elif values[0] > 0 and values[1] / values[0] >= FAR:
        axes.set_xscale("log")
    axes.set_title(name, loc="left", fontweight="bold", fontsize=11, parse_math=False)
    axes.set_ylabel(monitor, parse_math=False)
    axes.grid(axis="y", color=pages.GRID, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return pages.figure(drawing, f"{monitor} against {name}, a dot a trial", f"Best with {result.best.get(name)}")


def _place(value, values):
    return values.index(value) if isinstance(values, list) else value

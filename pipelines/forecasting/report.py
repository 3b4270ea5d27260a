"""The report of forecasts: numbers, fans over the truth, errors by step ahead, coverage, what was looked at."""

import matplotlib.figure
import numpy as np

from pipelines.forecasting import backtests, baselines, scores
from pipelines.forecasting.influence import influence
from pipelines.shared import defaults
from pipelines.shared.metrics import forecasts
from pipelines.shared.report import headline, pages

illustrate = defaults.illustrate
FANS = 6  # windows drawn
LOOKED_AT = 64  # windows of which the influence of each step is measured
TRUTH, OURS, BESIDE = "black", pages.VALIDATION, pages.TRAINING
LINES = {  # of the baselines: name in a legend, colour, style
    "last_value": ("last value", "#8a94a6", "--"),
    "seasonal_naive": ("a season ago", "#2f9e5f", "--"),
    "window_mean": ("mean", "#8a94a6", ":"),
    "linear": ("linear", BESIDE, "-"),
    "nlinear": ("NLinear", "#b5519b", "-"),
}
COLUMNS = {
    "mae": "MAE", "rmse": "RMSE", "mae_scaled": "MAE, scaled", "mse_scaled": "MSE, scaled", "mase": "MASE",
    "smape": "sMAPE",
}  # fmt: skip


def sections(artifact, examples, answered):
    """The sections: numbers, example forecasts, errors by step, coverage, influence, curves."""
    numbers = artifact.metrics
    parts = {
        "Result on the test split": _result(artifact, numbers, answered),
        "Example forecasts": _fans(artifact, answered),
        "Error by step ahead": _errors_by_step(artifact, answered),
        "Coverage": _coverage(answered),
        "Backtest": _backtest(numbers),
        "What the network looks at": _looked_at(artifact, answered),
        "Learning curves": pages.learning_curves(artifact.history),
    }
    return [pages.Section(title, html) for title, html in parts.items() if html]


def _result(artifact, numbers, answered):
    shown = headline.of(artifact, {"MAE": "mae", "RMSE": "rmse", "windows": "windows"})
    shown |= {f"{_percent(name)} covered": f"{value:.1%}" for name, value in numbers.items() if name[:9] == "coverage_"}
    said = pages.note(scores.said(artifact, numbers, answered))
    return pages.numbers(shown) + said + _beside(numbers, answered) + _targets(artifact, answered)


def _percent(name):
    return f"{name.removeprefix('coverage_')} % interval"


def _beside(numbers, answered):
    shown = {key: title for key, title in COLUMNS.items() if key in numbers}
    rows = [["this model", *(numbers[key] for key in shown)]]
    for name in answered.baselines:
        rows.append([baselines.NAMES[name], *(numbers.get(f"baseline_{name}_{key}") for key in shown)])
    return pages.table("Beside the baselines, on the same windows", ["model", *shown.values()], rows)


def _targets(artifact, answered, most=50):
    """The errors of each target, where there are several."""
    preprocessor = artifact.preprocessor
    if preprocessor.targets < 2:
        return ""
    best = _best(answered)
    columns = [sums.mean("absolute", by="target") for sums in (answered.sums, answered.baselines[best])]
    names = preprocessor.columns[: preprocessor.targets][:most]
    rows = [[name, *map(float, pair)] for name, *pair in zip(names, *(one[:most] for one in columns), strict=True)]
    return pages.table("Mean absolute error of each target", ["target", "this model", baselines.NAMES[best]], rows)


def _best(answered):
    """The name of the baseline with the least error."""
    return min(answered.baselines, key=lambda name: answered.baselines[name].mean("absolute_scaled"))


def _fans(artifact, answered):
    """Forecasts of some windows over the truth, of the first target or, of several, of another one in each panel."""
    picked = np.linspace(0, len(answered.shown) - 1, min(FANS, len(answered.shown))).astype(int)
    best, drawings = _best(answered), []
    for number, place in enumerate(picked):
        target = number % artifact.preprocessor.targets
        drawings.append(_fan(artifact, answered.shown[place], target, answered.sums, best))
    return f'<div class="panels">{"".join(drawings)}</div>'


def _fan(artifact, shown, target, sums, best):
    inputs, truth, quantiles, others, _ = shown
    name, ahead = artifact.preprocessor.columns[target], len(truth)
    seen = inputs["values"][-max(2 * ahead, 24) :, target]
    steps, past = np.arange(1, ahead + 1), np.arange(1 - len(seen), 1)
    drawing, axes = _panel(name, "step ahead")
    style = {"marker": "o", "markersize": 3} if ahead < 10 else {}
    for low, high in sums.pairs:
        axes.fill_between(
            steps, quantiles[:, target, low], quantiles[:, target, high], color=OURS, alpha=0.2, linewidth=0
        )
    axes.plot(past, seen, color=TRUTH, linewidth=1)
    axes.plot(steps, truth[:, target], color=TRUTH, linewidth=1, label="truth", **style)
    axes.plot(steps, others[best][:, target], "--", color=BESIDE, linewidth=1.2, label=LINES[best][0], **style)
    axes.plot(steps, quantiles[:, target, sums.middle], color=OURS, linewidth=1.8, label="this model", **style)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, borderaxespad=0, fontsize=8)
    error = np.nanmean(np.abs(quantiles[:, target, sums.middle] - truth[:, target]))
    wide = f"; shaded: its {_intervals(sums)}" if sums.pairs else ""
    return pages.figure(drawing, f"{name}: forecast over the truth", f"{name}: mean absolute error {error:.4g}{wide}")


def _intervals(sums):
    names = [f"{forecasts.percent(sums.levels[high] - sums.levels[low])} %" for low, high in sums.pairs]
    return f"{' and '.join(names)} interval{'s' * (len(names) > 1)}"


def _panel(title, below, width=4.6, height=2.7):
    drawing = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
    axes = drawing.subplots()
    axes.set_title(title, loc="left", fontweight="bold", fontsize=11, parse_math=False)
    axes.set_xlabel(below)
    axes.grid(axis="y", color=pages.GRID, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return drawing, axes


def _errors_by_step(artifact, answered):
    """The mean absolute error of each step ahead, beside the baselines'."""
    ahead = artifact.preprocessor.ahead
    ours = answered.sums.mean("absolute_scaled", by="step")
    lines = {
        baselines.NAMES[name]: sums.mean("absolute_scaled", by="step") for name, sums in answered.baselines.items()
    }
    shown = np.unique(np.linspace(0, ahead - 1, min(ahead, 12)).astype(int))
    rows = [[f"step {step + 1}", float(ours[step]), *(float(line[step]) for line in lines.values())] for step in shown]
    table = pages.table("Mean absolute error (scaled) by step ahead", ["", "this model", *lines], rows)
    if ahead == 1:
        return table
    drawing, axes = _panel("mean absolute error, scaled", "step ahead", 7.5, 3.4)
    for name, sums in answered.baselines.items():
        label, color, style = LINES[name]
        line = sums.mean("absolute_scaled", by="step")
        axes.plot(np.arange(1, ahead + 1), line, linestyle=style, color=color, linewidth=1.4, label=label)
    axes.plot(np.arange(1, ahead + 1), ours, color=OURS, linewidth=2.2, label="this model")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    caption = f"This model: {ours[0]:.3f} at the first step, {ours[-1]:.3f} at step {ahead}"
    return pages.figure(drawing, "Mean absolute error by step ahead, beside the baselines", caption) + table


def _coverage(answered):
    """How often the truth lies below each quantile, and inside each interval, against what is meant."""
    sums = answered.sums
    if len(sums.levels) < 2:
        return ""
    below = sums.mean("below")
    drawing, axes = _panel("share of the truth below a quantile", "probability of the quantile", 4.6, 4.0)
    axes.plot([0, 1], [0, 1], color=pages.GRID, linewidth=1)
    axes.plot(sums.levels, below, color=OURS, marker="o", linewidth=1.8)
    axes.set_xlim(0, 1), axes.set_ylim(0, 1)
    told = ", ".join(f"{level:g}: {share:.3f}" for level, share in zip(sums.levels, below, strict=True))
    plot = pages.figure(drawing, "Measured against nominal coverage", f"Measured below each quantile: {told}")
    covered, widths = sums.mean("covered"), sums.mean("widths")
    rows = [
        [
            f"{forecasts.percent(sums.levels[high] - sums.levels[low])} %",
            f"{covered[number]:.1%}",
            float(widths[number]),
        ]
        for number, (low, high) in enumerate(sums.pairs)
    ]
    table = pages.table("Intervals", ["meant", "covered", "mean width"], rows)
    return plot + (table if rows else "")


def _backtest(numbers):
    """The folds of a backtest, if there was one, beside the baseline with the least error in all of them."""
    results = backtests.of_metrics(numbers)
    if not results:
        return ""
    columns = backtests.columns(results)
    ours, others = columns["mae_scaled"][:-1], {name: columns[name] for name in baselines.NAMES if name in columns}
    best = min(others, key=lambda name: others[name][-1])
    won = sum(one < other for one, other in zip(ours, others[best], strict=False))
    said = (
        f"Trained anew {len(ours)} times, up to later and later points in time, and scored on what comes next. The "
        f"error (MAE, scaled) is below that of {baselines.NAMES[best]}, the best baseline, in {won} of the folds."
    )
    rows = list(map(list, zip(*columns.values(), strict=True)))
    return pages.note(said) + pages.table("Each fold, and their mean", list(columns), rows)


def _looked_at(artifact, answered):
    """How much each step of each column moves the forecast, on average over some windows."""
    if not answered.shown:
        return ""
    rows = np.linspace(0, len(answered.shown) - 1, min(LOOKED_AT, len(answered.shown))).astype(int)
    windows = [answered.shown[row][0] for row in rows]
    moved = influence(artifact, {name: np.stack([one[name] for one in windows]) for name in windows[0]})
    steps = np.arange(1 - len(moved), 1)
    drawing, axes = _panel("influence of a step of the window", "step before the forecast", 7.5, 3.0)
    axes.fill_between(steps, moved.sum(axis=1), color=OURS, alpha=0.3, linewidth=0)
    axes.plot(steps, moved.sum(axis=1), color=OURS, linewidth=1.5)
    axes.set_ylim(bottom=0)
    caption = (
        "The mean absolute change of the forecast (of its steps and targets, scaled) with a change of one step's "
        f"values by a standard deviation, all columns together; over {len(rows)} windows"
    )
    shares = moved.sum(axis=0) / max(moved.sum(), 1e-12)
    order = np.argsort(-shares)[:20]
    table = [[artifact.preprocessor.columns[column], f"{shares[column]:.1%}"] for column in order]
    beside = pages.table("Share of each column", ["column", "share"], table) if len(shares) > 1 else ""
    return pages.figure(drawing, "Influence of each step of the window on the forecast", caption) + beside

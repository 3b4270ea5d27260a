"""The report of a model of paths: numbers beside the baselines', errors by horizon, and paths over the scene."""

import matplotlib.figure
import matplotlib.ticker
import numpy as np

from pipelines.shared import defaults
from pipelines.shared.report import headline, pages
from pipelines.trajectory import errors
from pipelines.trajectory.windows import Windows

illustrate = defaults.illustrate

BASELINES = {
    "linear (ridge, displacements seen)": "linear",
    "straight on (constant velocity)": "constant_velocity",
    "standing still": "still",
}
DRAWN = ("#8a94a6", 0.45)  # colour and opacity of futures
SEEN, REAL, PREDICTED = "#1f66c2", "#2c9a4b", "#d9801a"
SHOWN = 3  # windows of each kind
CONTEXT = 400  # paths of the scene drawn behind, at the most


def sections(artifact, examples, answered):
    """The sections: numbers beside the baselines', paths, errors by horizon and by scene, curves."""
    titles = {"ADE": "ade", "FDE": "fde", f"missed by {errors.MISSED:g}": "miss_rate"}
    titles |= {f"best of {errors.DRAWN}, ADE": f"best_of_{errors.DRAWN}_ade"}
    cut = _Cut(artifact, examples, answered)
    return [
        pages.Section("Result on the test split", pages.numbers(headline.of(artifact, titles)) + _beside(artifact)),
        pages.Section("Paths", _pictures(cut)),
        pages.Section("Error by horizon", _horizon(cut)),
        *_by_scene(cut, examples),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
    ]


def _beside(artifact):
    numbers = artifact.metrics
    best = f"best_of_{errors.DRAWN}"
    rows = [["this model", *(numbers[name] for name in ("ade", "fde", "miss_rate"))]]
    rows += [[words, *(numbers[f"baseline_{name}_{key}"] for key in ("ade", "fde", "miss_rate"))]
             for words, name in BASELINES.items()]  # fmt: skip
    rows.append(
        [f"this model, best of {errors.DRAWN}", *(numbers[f"{best}_{key}"] for key in ("ade", "fde", "miss_rate"))]
    )
    turned = [numbers[f"baseline_turned_{best}_{key}"] for key in ("ade", "fde", "miss_rate")]
    rows.append([f"straight on in {errors.DRAWN} directions, best", *turned])
    header = ["model", "ADE", "FDE", f"missed by {errors.MISSED:g}"]
    caption = "Mean distance and distance at the end, in the units of the data"
    return pages.table(caption, header, rows, headline.error(artifact))


class _Cut:
    """Seen points, the real ones ahead and the predicted ones, in the coordinates of the data."""

    def __init__(self, artifact, examples, answered):
        observed = artifact.preprocessor.observed
        self.windows = Windows.of(examples["paths"])
        array = self.windows.array
        last = array[:, observed - 1 : observed]
        self.seen, self.real = array[:, :observed], array[:, observed:]
        self.path, self.futures = answered[0] + last, answered[1] + last[:, None]
        self.baselines = {name: path + last for name, path in artifact.baseline.paths(self.seen).items()}
        self.names = list(zip(examples["scene"], examples["agent"], examples["frame"], strict=True))


def _pictures(cut):
    """Windows of which the model is more right than a walk straight on, typical ones, and its worst."""
    far = errors.distances(cut.path, cut.real).mean(axis=1)
    gain = errors.distances(cut.baselines["constant_velocity"], cut.real).mean(axis=1) - far
    middle = np.argsort(np.abs(far - np.median(far)), kind="stable")
    kinds = {
        "Typical": middle[:SHOWN],
        "Where most is gained over a walk straight on": np.argsort(-gain, kind="stable")[:SHOWN],
        "Most wrong": np.argsort(-far, kind="stable")[:SHOWN],
    }
    parts = []
    for words, rows in kinds.items():
        panels = "".join(_picture(cut, row, float(far[row])) for row in rows.tolist())
        parts.append(f'<h3>{words}</h3><div class="panels">{panels}</div>')
    return "".join(parts)


def _picture(cut, row, far):
    """One window over the paths of its scene."""
    scene, agent, frame = cut.names[row]
    drawing = matplotlib.figure.Figure(figsize=(4.6, 4.0), layout="constrained")
    axes = drawing.subplots()
    _scene(cut, row, axes)
    for future in cut.futures[row]:
        axes.plot(*_from(cut.seen[row], future).T, color=DRAWN[0], alpha=DRAWN[1], linewidth=1)
    straight = _from(cut.seen[row], cut.baselines["constant_velocity"][row])
    axes.plot(*straight.T, ":", color=pages.GRID, linewidth=1.5, label="straight on")
    axes.plot(*_from(cut.seen[row], cut.real[row]).T, color=REAL, linewidth=2, marker="o", markersize=3, label="real")
    axes.plot(*_from(cut.seen[row], cut.path[row]).T, color=PREDICTED, linewidth=2, marker="o", markersize=3,
              label="predicted")  # fmt: skip
    axes.plot(*cut.seen[row].T, color=SEEN, linewidth=2, marker="o", markersize=3, label="seen")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4, frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    where = f"{scene}, " if scene else ""
    caption = f"{where}agent {agent}, frame {frame:g}: mean distance {far:.2f}"
    return pages.figure(drawing, f"Seen, real and predicted path of agent {agent}", caption)


def _scene(cut, row, axes):
    """Other paths of the same scene, in light lines."""
    table = cut.windows.table
    first, last = table.paths
    if not table.scenes:
        return
    same = np.flatnonzero(table.scene_of[first] == table.scene_of[cut.windows.starts[row]])[:CONTEXT]
    box = np.concatenate([cut.seen[row], cut.real[row], cut.path[row], *cut.futures[row]])
    low, high = box.min(axis=0), box.max(axis=0)
    room = max(float((high - low).max()) / 2, 1e-9) * 1.3
    low, high = (low + high) / 2 - room, (low + high) / 2 + room
    for number in same.tolist():
        points = table.points[first[number] : last[number]]
        points = points[(points > low).all(axis=1) & (points < high).all(axis=1)]
        if len(points) > 1:
            axes.plot(*points[:: max(1, len(points) // 40)].T, ",", color=pages.GRID, alpha=0.5)


def _from(seen, path):
    return np.concatenate([seen[-1:], path])


def _horizon(cut):
    """A figure of the mean distance at each step ahead, beside the baselines."""
    drawing = matplotlib.figure.Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = drawing.subplots()
    lines = {"this model": (cut.path, "-", PREDICTED)}
    lines |= {words: (cut.baselines[name], style, pages.GRID)
              for (words, name), style in zip(BASELINES.items(), ("--", "-.", ":"), strict=True)}  # fmt: skip
    steps, told = np.arange(1, cut.real.shape[1] + 1), []
    for words, (path, style, color) in lines.items():
        means = errors.distances(path, cut.real).mean(axis=0)
        axes.plot(steps, means, style, color=color, linewidth=2, label=words)
        told.append(f"{words} {means[0]:.3g} to {means[-1]:.3g}")
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    axes.set_xlabel("steps ahead")
    axes.set_ylabel("mean distance")
    axes.grid(axis="y", color=pages.GRID, alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return pages.figure(drawing, "Mean distance by steps ahead", "; ".join(told))


def _by_scene(cut, examples):
    """A table of errors a scene, where there are several."""
    scenes = np.array([str(name) for name in examples["scene"]])
    if len(set(scenes)) < 2:
        return []
    rows = []
    for name in sorted(set(scenes)):
        chosen = scenes == name
        ours, straight = (errors.of_path(path[chosen], cut.real[chosen])
                          for path in (cut.path, cut.baselines["constant_velocity"]))  # fmt: skip
        rows.append([name, int(chosen.sum()), ours["ade"], ours["fde"], straight["ade"], straight["fde"]])
    header = ["scene", "windows", "ADE", "FDE", "straight on, ADE", "straight on, FDE"]
    return [pages.Section("By scene", pages.table("Errors by scene", header, rows))]

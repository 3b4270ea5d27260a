"""How far probabilities and numbers that are predicted can be trusted, and where they are right: for the report.

calibration(confidence, right)      a reliability diagram, and the expected calibration error (Guo et al. 2017)
thresholds(positive, truth)         precision and recall against the threshold
by_length(lengths, right), by_class(labels, matrix), by_value(predicted, truth)     tables
"""

import itertools

import matplotlib.figure
import numpy as np

from pipelines.shared.report import digits, pages

BINS = 10
LEVELS = np.linspace(0.05, 0.95, 19)  # thresholds in the picture
LISTED = (0.1, 0.3, 0.5, 0.7, 0.9)  # in the table
MOST_CLASSES = 100  # in the table
PARTS = 4  # of the texts, by their lengths


def expected_calibration_error(confidence, right, bins: int = BINS) -> float:
    """The mean over answers of the distance between what was said and what came true, in bins of equal width.

    Args:
        confidence: probabilities of the answers (examples,). right: whether they are right (examples,).

    >>> round(expected_calibration_error(np.array([0.9, 0.9, 0.6, 0.6]), np.array([1, 1, 1, 0])), 3)
    0.1
    """
    counts, said, came = _binned(confidence, right, bins)
    return float(np.abs(said - came).sum() / max(1, counts.sum()))


def _binned(confidence, right, bins):
    """(examples, sum of probabilities, sum of right answers), each (bins,)."""
    places = np.clip((np.asarray(confidence, float) * bins).astype(int), 0, bins - 1)
    weights = np.ones(len(places)), confidence, right
    return tuple(np.bincount(places, np.asarray(one, float), bins) for one in weights)


def calibration(confidence, right) -> str:
    """How often answers of a probability are right; on the line they are as often right as they say."""
    counts, said, came = _binned(confidence, right, BINS)
    kept = counts > 0
    said, came = said[kept] / counts[kept], came[kept] / counts[kept]
    error = expected_calibration_error(confidence, right)
    drawing, axes = _panel("share that is right", "probability of the answer", 4.6, 4.2)
    axes.plot([0, 1], [0, 1], color=pages.GRID, linewidth=1)
    spread = (came * (1 - came) / counts[kept]) ** 0.5
    axes.errorbar(said, came, spread, color=pages.VALIDATION, marker="o", linewidth=1.8, elinewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    sure = "surer than it should be" if said @ counts[kept] > came @ counts[kept] else "less sure than it could be"
    caption = f"Expected calibration error {error:.3f}; on the whole {sure}"
    return pages.figure(drawing, "Share of right answers against their probability", caption)


def thresholds(positive, truth, called: str = "positive") -> str:
    """Precision and recall of saying yes from a probability on.

    Args:
        positive: probabilities (examples,). truth: 1 or 0 (examples,). called: the class, or the labels.
    """
    positive, truth = np.ravel(positive), np.ravel(truth).astype(bool)
    drawing, axes = _panel(f"precision and recall of {called[:40]}", "threshold", 4.6, 3.2)
    rates = np.array([rates_at(positive, truth, level) for level in LEVELS])  # (levels, 3)
    for column, (name, color) in enumerate({"precision": pages.VALIDATION, "recall": pages.TRAINING}.items()):
        axes.plot(LEVELS, rates[:, column], color=color, label=name, linewidth=2)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, loc="lower center")
    rows = [[f"{level:g}", *map(_or_none, rates_at(positive, truth, level))] for level in LISTED]
    table = pages.table(f"Saying {called} from a probability on", ["threshold", "precision", "recall", "F1"], rows)
    return pages.figure(drawing, "Precision and recall against the threshold") + table


def rates_at(positive, truth, level):
    """(precision, recall, F1) at a threshold; NaN where there is nothing to count.

    >>> [round(float(rate), 2) for rate in rates_at(np.array([0.9, 0.8, 0.3]), np.array([True, False, True]), 0.5)]
    [0.5, 0.5, 0.5]
    """
    said = positive >= level
    right, claimed, true = (said & truth).sum(), said.sum(), truth.sum()
    with np.errstate(invalid="ignore"):
        return np.float64(right) / claimed, np.float64(right) / true, np.float64(2 * right) / (claimed + true)


def by_length(lengths, values, called: str = "accuracy", noun: str = "words") -> str:
    """The mean of values in each quarter of the texts, by length; nothing where all are as long.

    Args:
        values: of each text, such as 1 for a right answer and 0 for a wrong one. called: what their mean is.
    """
    lengths, values = np.asarray(lengths), np.asarray(values, float)
    rows = [
        [f"up to {high:,}" if number == 0 else f"{low + 1:,} to {high:,}", int(chosen.sum()), _mean(values[chosen])]
        for number, (low, high, chosen) in enumerate(_quarters(lengths))
    ]
    caption = f"{called[0].upper()}{called[1:]} by length, in {noun}"
    return pages.table(caption, ["length", "texts", called], rows) if len(rows) > 1 else ""


def by_value(predicted, truth) -> str:
    """What came true in each quarter of the predicted numbers, from low to high; nothing where all are the same."""
    predicted, truth = np.asarray(predicted, float), np.asarray(truth, float)
    rows = [
        [f"{digits.shown(low)} to {digits.shown(high)}", int(chosen.sum()), _mean(predicted[chosen]),
         _mean(truth[chosen]), _mean(abs(predicted - truth)[chosen])]
        for low, high, chosen in _quarters(predicted)
    ]  # fmt: skip
    header = ["predicted", "texts", "mean predicted", "mean true", "mean absolute error"]
    return pages.table("Predicted and true, by what was predicted", header, rows) if len(rows) > 1 else ""


def _quarters(values):
    """Yields (low, high, which values lie above low, or in the first of them at it, and not above high)."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, PARTS + 1), method="inverted_cdf")) if len(values) else []
    for low, high in itertools.pairwise(edges):
        chosen = (values <= high) & ((values > low) | ((low == edges[0]) & (values == low)))
        if chosen.any():
            yield low, high, chosen


def by_class(labels, matrix) -> str:
    """Precision, recall and F1 of the most frequent classes; matrix: counts (classes, classes), rows = truth."""
    matrix, rows = np.asarray(matrix), []
    frequent = np.sort(np.argsort(-matrix.sum(axis=1), kind="stable")[:MOST_CLASSES])
    for place in frequent:
        right, true, said = matrix[place, place], matrix[place].sum(), matrix[:, place].sum()
        shares = [right / count if count else None for count in (said, true)]
        f1 = 2 * right / (true + said) if true + said else None
        rows.append([str(labels[place]), int(true), *map(_three, [*shares, f1])])
    few = len(labels) <= MOST_CLASSES
    title = "By class" if few else f"The {MOST_CLASSES} most frequent of {len(labels):,} classes"
    return pages.table(title, ["class", "texts", "precision", "recall", "F1"], rows)


def _mean(values):
    return digits.with_error(float(values.mean()), float(values.std()) / len(values) ** 0.5)


def _three(value):
    return None if value is None else f"{value:.3f}"


def _or_none(value):
    return None if value != value else f"{value:.3f}"


def _panel(title, below, width, height):
    drawing = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
    axes = drawing.subplots()
    axes.set_title(title, loc="left", fontweight="bold", fontsize=11, parse_math=False)
    axes.set_xlabel(below)
    axes.grid(color=pages.GRID, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return drawing, axes

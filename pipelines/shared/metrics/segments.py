"""Scores of a label for every step, as the field of action segmentation has them: by steps and by segments.

    numbers = metrics(truths, predictions, class_count, background=0)

    accuracy                       share of steps whose label is the true one
    accuracy_without_background    the same of the steps whose true label is not the background
    macro_f1                       mean over labels of 2 TP / (2 TP + FP + FN), of those that occur in either
    edit                           1 - Levenshtein distance of the two sequences of segments / the longer one's length,
                                   the mean over sequences
    f1_at_10, _25, _50             F1 of segments: one is right if its intersection with a segment of the same label
                                   is at least this percentage of their union, and each true one is met once

All lie between 0 and 1; papers print the last two times 100. A segment is a longest run of equal labels.

Reference: Lea et al. 2016, arXiv:1608.08242 (edit); Lea et al. 2017, arXiv:1611.05267 (F1 at overlaps).
"""

import itertools
from collections.abc import Sequence

import numpy as np

OVERLAPS = (10, 25, 50)  # percent


def metrics(
    truths: Sequence, predictions: Sequence, class_count: int, background: int | None = None, ignored: Sequence = ()
) -> dict[str, float]:
    """The scores above.

    Args:
        truths, predictions: sequences of integers (steps,), as many of both; a truth may be a label beyond
            `class_count`, which no prediction meets.
        background: the label that accuracy_without_background leaves out.
        ignored: labels of which no segments are made.

    >>> metrics([[0, 0, 1, 1]], [[0, 1, 1, 1]], class_count=2, background=0)["accuracy_without_background"]
    1.0
    """
    truth, predicted = (
        np.concatenate([np.zeros(0, np.int64), *map(np.asarray, side)]) for side in (truths, predictions)
    )
    if len(truth) != len(predicted) or not len(truth):
        raise ValueError(f"Expected as many predictions as true labels, received {len(predicted)} and {len(truth)}.")
    foreground = truth != (-1 if background is None else background)
    right = truth == predicted
    numbers = {
        "accuracy": right.mean(),
        "accuracy_without_background": right[foreground].mean() if foreground.any() else np.nan,
        "macro_f1": macro_f1(truth, predicted),
        "edit": np.mean([edit(one, other, ignored) for one, other in zip(truths, predictions, strict=True)]),
    }
    for overlap in OVERLAPS:
        numbers[f"f1_at_{overlap}"] = f1_at(truths, predictions, overlap / 100, ignored)
    return {name: float(value) for name, value in numbers.items()}


def f1_by_label(truth, predicted) -> dict[int, float]:
    """{label: F1} of the labels that occur in either."""
    counted = {}
    for label in np.union1d(truth, predicted).tolist():
        true, said = truth == label, predicted == label
        counted[label] = 2 * float((true & said).sum()) / float(true.sum() + said.sum())
    return counted


def macro_f1(truth, predicted) -> float:
    """The mean of `f1_by_label`."""
    return float(np.mean(list(f1_by_label(truth, predicted).values())))


def segments(labels, ignored: Sequence = ()) -> list[tuple[int, int, int]]:
    """[(label, start, end)] of the runs of equal labels, `end` behind the last.

    >>> segments([3, 3, 5, 3])
    [(3, 0, 2), (5, 2, 3), (3, 3, 4)]
    """
    labels = np.asarray(labels)
    if not len(labels):
        return []
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    runs = [(labels[start].item(), start, end) for start, end in itertools.pairwise(edges)]
    return [run for run in runs if run[0] not in ignored]


def edit(truth, predicted, ignored: Sequence = ()) -> float:
    """1 minus the normalised Levenshtein distance of two sequences of segments; 1 if both are empty.

    >>> edit([0, 0, 1, 1], [0, 2, 2, 1])
    0.6666666666666667
    """
    one, other = ([label for label, *_ in segments(side, ignored)] for side in (truth, predicted))
    longest = max(len(one), len(other))
    return 1 - distance(one, other) / longest if longest else 1.0


def distance(one: Sequence, other: Sequence) -> int:
    """The Levenshtein distance: insertions, deletions and exchanges that make one sequence the other."""
    row = list(range(len(other) + 1))
    for number, label in enumerate(one, 1):
        diagonal, row[0] = row[0], number
        for place, beside in enumerate(other, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (label != beside))
    return row[-1]


def f1_at(truths: Sequence, predictions: Sequence, overlap: float, ignored: Sequence = ()) -> float:
    """F1 of the segments of all sequences, at this intersection over union.

    >>> f1_at([[0, 0, 1, 1]], [[0, 0, 0, 1]], 0.5)
    1.0
    """
    right = made = true = 0
    for truth, predicted in zip(truths, predictions, strict=True):
        real, said = segments(truth, ignored), segments(predicted, ignored)
        right += _right(real, said, overlap)
        made, true = made + len(said), true + len(real)
    return 2 * right / (made + true) if made + true else 1.0


def _right(real, said, overlap):
    """How many predicted segments meet a true one, of the same label, that none before has met."""
    met = set()
    for label, start, end in said:
        unions = [
            (min(end, other_end) - max(start, other_start)) / (max(end, other_end) - min(start, other_start))
            if other == label
            else -1.0
            for other, other_start, other_end in real
        ]
        best = int(np.argmax(unions)) if unions else -1
        if best >= 0 and unions[best] >= overlap and best not in met:
            met.add(best)
    return len(met)

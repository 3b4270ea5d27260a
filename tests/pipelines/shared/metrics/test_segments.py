"""Scores of segments against values counted by hand, and against sets of frames in place of runs."""

import itertools

import numpy as np
import pytest
import sklearn.metrics

from pipelines.shared.metrics import segments


def sets(labels):
    """[(label, the set of its frames)] of each run."""
    groups = itertools.groupby(enumerate(labels), key=lambda pair: pair[1])
    return [(label, {frame for frame, _ in group}) for label, group in groups]


def f1(truths, predictions, overlap):
    """F1 by sets: of each predicted segment the true one of its label that it overlaps most, once."""
    right = wrong = missed = 0
    for truth, predicted in zip(truths, predictions, strict=True):
        real, met = sets(truth), set()
        for label, frames in sets(predicted):
            shares = [len(frames & other) / len(frames | other) * (name == label) for name, other in real]
            best = max(range(len(real)), key=shares.__getitem__)
            if shares[best] >= overlap and best not in met:
                met.add(best)
                right += 1
            else:
                wrong += 1
        missed += len(real) - len(met)
    precision, recall = right / (right + wrong), right / (right + missed)
    return 2 * precision * recall / (precision + recall) if right else 0.0


def levenshtein(one, other):
    """By recursion."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        levenshtein(one[1:], other) + 1,
        levenshtein(one, other[1:]) + 1,
        levenshtein(one[1:], other[1:]) + (one[0] != other[0]),
    )


@pytest.mark.parametrize("seed", range(6))
def test_drawn_labels_score_as_counted_by_sets(seed):
    draw = np.random.default_rng(seed)
    truths = [np.repeat(draw.integers(0, 3, 6), draw.integers(1, 5, 6)) for _ in range(4)]
    predictions = [np.where(draw.random(len(one)) < 0.2, draw.integers(0, 3, len(one)), one) for one in truths]
    numbers = segments.metrics(truths, predictions, 3, background=1)
    for overlap in (10, 25, 50):
        assert numbers[f"f1_at_{overlap}"] == pytest.approx(f1(truths, predictions, overlap / 100))
    edits = []
    for truth, predicted in zip(truths, predictions, strict=True):
        one, other = ([label for label, _ in sets(side)] for side in (truth, predicted))
        edits.append(1 - levenshtein(one[:7], other[:7]) / max(len(one[:7]), len(other[:7])))
        short = [np.concatenate([np.full(2, label) for label in side]) for side in (one[:7], other[:7])]
        assert segments.edit(*short) == pytest.approx(edits[-1])
    truth, predicted = np.concatenate(truths), np.concatenate(predictions)
    assert numbers["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(truth, predicted))
    assert numbers["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(truth, predicted, average="macro"))
    kept = truth != 1
    assert numbers["accuracy_without_background"] == pytest.approx((truth == predicted)[kept].mean())


def test_by_hand():
    truth, predicted = [0] * 10 + [1] * 10 + [0] * 10, [0] * 12 + [1] * 8 + [2] * 2 + [0] * 8
    numbers = segments.metrics([truth], [predicted], 3, background=0)
    assert numbers["accuracy"] == pytest.approx(26 / 30)
    assert numbers["accuracy_without_background"] == pytest.approx(8 / 10)
    assert numbers["edit"] == pytest.approx(1 - 1 / 4)  # one segment too many
    assert numbers["f1_at_50"] == pytest.approx(2 * 3 / (4 + 3))  # unions: 10 of 12, 8 of 10, none, 8 of 10


def test_many_short_segments_cost_f1_and_edit_not_accuracy():
    truth = np.repeat([0, 1], 20)
    broken = truth.copy()
    broken[3:37:6] = 1 - broken[3:37:6]
    numbers = segments.metrics([truth], [broken], 2)
    assert numbers["accuracy"] == 0.85 and numbers["f1_at_10"] < 0.3 and numbers["edit"] < 0.2


def test_ignored_labels_make_no_segments():
    assert segments.f1_at([[0, 0, 1]], [[0, 1, 1]], 0.5, ignored=(0,)) == 1.0
    assert segments.edit([0, 0, 0], [0, 0, 0], ignored=(0,)) == 1.0


def test_a_label_the_training_lacks_is_never_met():
    numbers = segments.metrics([[0, 0, 2, 2]], [[0, 0, 1, 1]], 2)
    assert numbers["accuracy"] == 0.5 and numbers["macro_f1"] == pytest.approx(1 / 3)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="as many predictions as true labels"):
        segments.metrics([[0, 1]], [[0]], 2)

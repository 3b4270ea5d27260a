"""Metrics of several labels a text and of numbers, against scikit-learn's and NumPy's."""

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from pipelines.shared.metrics import multilabel, regression

LABELS = ["a", "b", "c"]


def drawn(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, 3)) < [0.5, 0.1, 0.3]
    return truth.astype(np.int8), np.clip(0.4 * truth + 0.6 * rng.random((rows, 3)), 0, 1)


@pytest.mark.parametrize("threshold", [0.5, 0.31])
def test_the_numbers_are_those_of_scikit_learn(threshold):
    truth, probabilities = drawn()
    numbers = multilabel.metrics(LABELS, truth, probabilities, threshold)
    given = probabilities >= threshold
    for average in ("micro", "macro"):
        expected = sklearn.metrics.f1_score(truth, given, average=average)
        assert numbers[f"{average}_f1"] == pytest.approx(expected)
    assert numbers["micro_precision"] == pytest.approx(sklearn.metrics.precision_score(truth, given, average="micro"))
    assert numbers["micro_recall"] == pytest.approx(sklearn.metrics.recall_score(truth, given, average="micro"))
    assert numbers["exact_match"] == pytest.approx(sklearn.metrics.accuracy_score(truth, given))
    assert numbers["auc"] == pytest.approx(sklearn.metrics.roc_auc_score(truth, probabilities))
    assert numbers["average_precision"] == pytest.approx(sklearn.metrics.average_precision_score(truth, probabilities))
    assert numbers["log_loss"] == pytest.approx(sklearn.metrics.log_loss(truth.ravel(), probabilities.ravel()))
    assert numbers["recall_b"] == pytest.approx(sklearn.metrics.recall_score(truth[:, 1], given[:, 1]))
    assert numbers["precision_c"] == pytest.approx(sklearn.metrics.precision_score(truth[:, 2], given[:, 2]))
    assert (
        numbers["threshold"] == threshold and numbers["examples"] == 200 and numbers["examples_a"] == truth[:, 0].sum()
    )


def test_what_is_undefined_is_left_out():
    truth, probabilities = drawn(20)
    truth[:, 1], probabilities[:, 1] = 0, 0.1  # no example has it, and none is given it
    truth[:, 2] = 1
    numbers = multilabel.metrics(LABELS, truth, probabilities)
    assert not {"f1_b", "precision_b", "recall_b", "average_precision_b", "auc_b", "auc_c"} & set(numbers)
    assert numbers["macro_f1"] == pytest.approx((numbers["f1_a"] + numbers["f1_c"]) / 2)
    assert numbers["auc"] == numbers["auc_a"]
    none = multilabel.metrics(LABELS, np.zeros((4, 3)), np.full((4, 3), 0.1))
    assert none["exact_match"] == 1 and not {"micro_f1", "macro_f1", "auc", "average_precision"} & set(none)


@pytest.mark.parametrize(
    ("truth", "probabilities", "message"),
    [
        (np.zeros((2, 2)), np.zeros((2, 3)), "shape"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "at least one example"),
        (np.zeros((2, 3)), np.full((2, 3), np.nan), "NaN means that training diverged"),
        (np.zeros((2, 3)), np.full((2, 3), 1.5), "between 0 and 1"),
    ],
)
def test_what_cannot_be_scored_is_refused(truth, probabilities, message):
    with pytest.raises(ValueError, match=message):
        multilabel.metrics(LABELS, truth, probabilities)


def test_numbers_are_scored_as_scikit_learn_and_scipy_do():
    rng = np.random.default_rng(0)
    truth = rng.normal(50, 9, 100)
    predicted = truth + rng.normal(2, 5, 100)
    numbers = regression.metrics(truth, predicted)
    assert numbers["mae"] == pytest.approx(sklearn.metrics.mean_absolute_error(truth, predicted))
    assert numbers["rmse"] == pytest.approx(sklearn.metrics.root_mean_squared_error(truth, predicted))
    assert numbers["r2"] == pytest.approx(sklearn.metrics.r2_score(truth, predicted))
    assert numbers["pearson"] == pytest.approx(scipy.stats.pearsonr(truth, predicted).statistic)
    assert numbers["spearman"] == pytest.approx(scipy.stats.spearmanr(truth, predicted).statistic)


def test_numbers_without_spread_have_no_correlation():
    assert "r2" not in regression.metrics([3.0, 3.0], [1.0, 2.0])
    flat = regression.metrics([1.0, 3.0], [2.0, 2.0])
    assert flat["r2"] == 0 and "pearson" not in flat
    with pytest.raises(ValueError, match="NaN or infinity"):
        regression.metrics([1.0], [np.nan])
    with pytest.raises(ValueError, match="at least one example"):
        regression.metrics([], [])

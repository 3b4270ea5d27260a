"""Metrics of several labels a text: one flat dictionary of floats under the field's names.

    numbers = metrics(["toxic", "insult"], truth, probabilities, threshold=0.5)
    numbers["micro_f1"], numbers["average_precision"], numbers["recall_toxic"]

What is undefined on the examples is left out instead of being reported as zero: numbers of a label that no example has
and none was given, and the area under a curve of a label that all or none have.
"""

from collections.abc import Sequence

import numpy as np
import sklearn.metrics


def metrics(labels: Sequence, truth, probabilities, threshold: float = 0.5) -> dict[str, float]:
    """Every number that describes the answers.

        micro_f1            2 TP / (2 TP + FP + FN), counted over all labels together; micro_precision, micro_recall too
        macro_f1            mean of the f1_<l> there are
        average_precision   mean over the labels of the area under precision against recall, whatever the threshold
        auc                 mean over the labels of the area under the ROC curve
        exact_match         share of examples all of whose labels are right
        log_loss            mean over examples and labels of -ln p(the truth)

    labels: their names, in the order of the columns.
    truth: 0 or 1 (examples, labels). probabilities: (examples, labels).
    threshold: a label is given from this probability on.

    >>> numbers = metrics(["a", "b"], [[1, 0], [1, 1]], [[0.9, 0.2], [0.4, 0.6]])
    >>> round(numbers["micro_f1"], 3), numbers["exact_match"], numbers["precision_a"], numbers["recall_a"]
    (0.8, 0.5, 1.0, 0.5)
    """
    truth, probabilities = np.asarray(truth).astype(bool), np.asarray(probabilities, np.float64)
    _check(labels, truth, probabilities)
    given = probabilities >= threshold  # (examples, labels)
    right = (truth & given).sum(axis=0)  # (labels,)
    of_label = {name: _of_label(truth[:, n], given[:, n], probabilities[:, n]) for n, name in enumerate(labels)}
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    numbers = {
        "examples": len(truth),
        **{f"micro_{name}": value for name, value in _rates(right.sum(), given.sum(), truth.sum()).items()},
        **_means(of_label.values()),
        "exact_match": (truth == given).all(axis=1).mean(),
        "log_loss": -np.log(np.where(truth, clipped, 1 - clipped)).mean(),
        "threshold": threshold,
        **{f"{key}_{name}": value for name, values in of_label.items() for key, value in values.items()},
    }
    return {name: float(value) for name, value in numbers.items()}


def _means(of_label):
    """The means over labels of what those have that it is defined for."""
    means = {"f1": "macro_f1", "average_precision": "average_precision", "auc": "auc"}
    values = {name: [numbers[key] for numbers in of_label if key in numbers] for key, name in means.items()}
    return {name: np.mean(several) for name, several in values.items() if several}


def _of_label(truth, given, probabilities):
    """The numbers of one label: truth, given and probabilities (examples,)."""
    numbers = {"examples": truth.sum(), **_rates((truth & given).sum(), given.sum(), truth.sum())}
    if truth.any():
        numbers["average_precision"] = sklearn.metrics.average_precision_score(truth, probabilities)
    if truth.any() and not truth.all():
        numbers["auc"] = sklearn.metrics.roc_auc_score(truth, probabilities)
    return numbers


def _rates(right, given, true):
    """{"f1", "precision", "recall"}, as far as they are defined, by counts."""
    rates = {"f1": (2 * right, given + true), "precision": (right, given), "recall": (right, true)}
    return {name: over / under for name, (over, under) in rates.items() if under}


def _check(labels, truth, probabilities):
    if truth.shape != (len(truth), len(labels)) or not truth.size or probabilities.shape != truth.shape:
        raise ValueError(
            f"Expected `truth` and `probabilities` of shape (examples, {len(labels)}), with at least one example, "
            f"received {truth.shape} and {probabilities.shape}. Give one column a label."
        )
    if not (probabilities.min() >= 0 and probabilities.max() <= 1):
        raise ValueError(
            f"Expected probabilities between 0 and 1, received {probabilities.min():.3g} to {probabilities.max():.3g}. "
            "Apply a sigmoid to logits first; NaN means that training diverged."
        )

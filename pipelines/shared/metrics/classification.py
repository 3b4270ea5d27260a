"""Metrics of a classifier: one flat dictionary of floats under the field's names.

    numbers = metrics(["negative", "positive"], truth, probabilities)
    numbers["accuracy"], numbers["f1_positive"], numbers["confusion_negative_positive"]
    confusion(numbers, ["negative", "positive"])    # (classes, classes), rows = truth, columns = prediction

    lacking(numbers, ["negative", "positive"])      # a sentence if the examples have none of a class, else ""

What is undefined on the given examples is left out instead of being reported as zero: `auc` when a class is
missing from the truth, `f1_<label>` when a class occurs neither in the truth nor among the predictions. So on examples
of two classes of five `macro_f1` is 1 if all are told right, and says nothing of the other three; `lacking` does.
Cost: one sort of the examples for each class.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import sklearn.metrics

from pipelines.shared.messages import listed


def metrics(labels: Sequence, truth, probabilities, threshold: float | None = None) -> dict[str, float]:
    """Every number that describes a classifier's answers.

        accuracy   share of examples whose most probable class is the true one
        f1_<c>     2 TP_c / (2 TP_c + FP_c + FN_c)
        macro_f1   mean of the f1_<c> there are (scikit-learn's default): of the classes that occur in the truth or
                   among the predictions; one that is predicted and never true counts 0
        precision_<c>, recall_<c>     TP_c / (TP_c + FP_c), TP_c / (TP_c + FN_c)
        balanced_accuracy             mean of the recall_<c> there are
        auc        area under the ROC curve: of the second of two classes, or the mean of each class against the rest
        average_precision             area under precision against recall of the second of two classes
        log_loss   -mean ln p(true class)

    labels: the classes' names, in the order of the columns of `probabilities`.
    truth: integers (examples,), indices into `labels`.
    probabilities: (examples, classes), each row a distribution; rounding (float16) is normalised away.
    threshold: of two classes the second is answered from this probability on, by default the more probable one.

    >>> metrics(["no", "yes"], [0, 1, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]])["accuracy"]
    0.75
    """
    truth, probabilities = _checked(labels, np.asarray(truth), np.asarray(probabilities, np.float64))
    classes = np.arange(len(labels))
    predicted = _predicted(probabilities, threshold)  # (examples,)
    matrix = sklearn.metrics.confusion_matrix(truth, predicted, labels=classes)  # (classes, classes)
    occurring = matrix.sum(axis=0) + matrix.sum(axis=1)  # (classes,) true + predicted = 2 TP + FP + FN
    f1 = 2 * matrix.diagonal()[occurring > 0] / occurring[occurring > 0]
    numbers = {
        "examples": len(truth),
        "accuracy": sklearn.metrics.accuracy_score(truth, predicted),
        "macro_f1": f1.mean(),
        "log_loss": sklearn.metrics.log_loss(truth, probabilities, labels=classes),
        **_area_under_curve(truth, probabilities),
        **({} if threshold is None else {"threshold": threshold}),
        **_rates(labels, matrix),
        **{f"f1_{labels[index]}": value for index, value in zip(classes[occurring > 0], f1, strict=True)},
        **dict(zip(_cell_names(labels), matrix.ravel(), strict=True)),
    }
    return {name: float(value) for name, value in numbers.items()}


def _predicted(probabilities, threshold):
    """The index of the class that is answered, (examples,)."""
    if threshold is None:
        return probabilities.argmax(axis=1)
    if probabilities.shape[1] != 2:
        raise ValueError(f"Expected two classes with a threshold, received {probabilities.shape[1]}. Leave it out.")
    return (probabilities[:, 1] >= threshold).astype(np.int64)


def _rates(labels, matrix):
    """{`precision_<label>`, `recall_<label>`, `balanced_accuracy`}, as far as they are defined."""
    right, true, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precisions = {f"precision_{name}": right[n] / predicted[n] for n, name in enumerate(labels) if predicted[n]}
    recalls = {f"recall_{name}": right[n] / true[n] for n, name in enumerate(labels) if true[n]}
    return {"balanced_accuracy": np.mean(list(recalls.values())), **precisions, **recalls}


def confusion(metrics: Mapping[str, float], labels: Sequence) -> np.ndarray:
    """The confusion matrix (classes, classes) in what `metrics` returned: rows = truth, columns = prediction.

    >>> numbers = {"confusion_a_a": 3.0, "confusion_a_b": 1.0, "confusion_b_a": 0.0, "confusion_b_b": 2.0}
    >>> confusion(numbers, ["a", "b"]).tolist()
    [[3, 1], [0, 2]]
    """
    names = _cell_names(labels)
    missing = [name for name in names if name not in metrics]
    if missing:
        raise ValueError(
            f"Expected the metrics of a classifier with the labels {list(labels)}; {len(missing)} of its "
            f"{len(names)} confusion counts are missing, {missing[0]!r} first. "
            "Pass the labels that the metrics were made with."
        )
    return np.array([metrics[name] for name in names], np.int64).reshape(len(labels), len(labels))


def lacking(metrics: Mapping[str, float], labels: Sequence) -> str:
    """Which classes no example has, and what `macro_f1` is then the mean of; empty if there is none.

    metrics: what `metrics` returned.

    >>> numbers = metrics(["a", "b", "c"], [0, 1], [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    >>> lacking(numbers, ["a", "b", "c"])
    "No example of 'c' is among the 2 scored; macro_f1 is over the 2 classes of 3 that occur"
    """
    matrix = confusion(metrics, labels)
    missing = [label for label, count in zip(labels, matrix.sum(axis=1), strict=True) if not count]
    if not missing:
        return ""
    predicted = [label for label, count in zip(labels, matrix.sum(axis=0), strict=True) if count and label in missing]
    occurring = len(labels) - len(missing) + len(predicted)
    counted = f", of which {listed(predicted)} with 0, predicted and never true" if predicted else ""
    return (
        f"No example of {listed(missing)} is among the {matrix.sum():,} scored; "
        f"macro_f1 is over the {occurring} classes of {len(labels)} that occur{counted}"
    )


def _cell_names(labels: Sequence) -> list[str]:
    """`confusion_<true>_<predicted>`, row by row; indices stand in where underscores make two names equal."""
    names = [f"confusion_{true}_{predicted}" for true in labels for predicted in labels]
    if len(set(names)) == len(names):
        return names
    return _cell_names(range(len(labels)))


def _area_under_curve(truth, probabilities) -> dict[str, float]:
    classes = np.arange(probabilities.shape[1])
    if len(np.unique(truth)) < len(classes):
        return {}
    if len(classes) == 2:
        return {
            "auc": sklearn.metrics.roc_auc_score(truth, probabilities[:, 1]),
            "average_precision": sklearn.metrics.average_precision_score(truth, probabilities[:, 1]),
        }
    return {"auc": sklearn.metrics.roc_auc_score(truth, probabilities, multi_class="ovr", labels=classes)}


def _checked(labels: Sequence, truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Truth and probabilities, the rows summing to one exactly, or a ValueError that says what is wrong."""
    if len({str(label) for label in labels}) < max(len(labels), 2):
        raise ValueError(f"Expected two or more labels with different names, received {list(labels)}.")
    if truth.ndim != 1 or not len(truth) or not np.issubdtype(truth.dtype, np.integer):
        raise ValueError(
            f"Expected `truth` as integers (examples,) with at least one example, received {truth.dtype} "
            f"{truth.shape}. Pass indices into the labels, not the labels themselves."
        )
    if truth.min() < 0 or truth.max() >= len(labels):
        raise ValueError(
            f"Expected `truth` between 0 and {len(labels) - 1}, received {truth.min()} to {truth.max()}. "
            f"The labels are {list(labels)}; leave out examples with any other label."
        )
    if probabilities.shape != (len(truth), len(labels)):
        raise ValueError(
            f"Expected `probabilities` of shape (examples, classes) = {(len(truth), len(labels))}, "
            f"received {probabilities.shape}. Give one column a label, for two labels too."
        )
    totals = probabilities.sum(axis=1, keepdims=True)  # (examples, 1)
    if not np.all(np.abs(totals - 1) < 0.02) or probabilities.min() < 0:
        raise ValueError(
            "Expected each row of `probabilities` to be a distribution (nothing negative, sum 1), received a "
            f"minimum of {probabilities.min():.3g}, sums from {totals.min():.3g} to {totals.max():.3g}. "
            "Apply softmax to logits first; NaN means that training diverged."
        )
    return truth, probabilities / totals

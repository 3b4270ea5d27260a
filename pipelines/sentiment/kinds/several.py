"""Several labels a text, any number of them, or none."""

import keras
import numpy as np
import tensorflow as tf

from pipelines.shared.metrics import multilabel, outcomes

OUTPUT = "probabilities"
THRESHOLD = 0.5
BASELINES = {"linear": "the linear baseline", "shares": "the share of each label"}


def units(preprocessor):
    """How many scores the network gives for a text: one a label."""
    return len(preprocessor.labels)


def outputs(scores):
    """Scores (batch, labels) to probabilities (batch, labels), each by itself."""
    return keras.layers.Activation("sigmoid", dtype="float32", name=OUTPUT)(scores)


@keras.saving.register_keras_serializable(package="unroll")
class LabelCrossentropy(keras.losses.Loss):
    """-y ln p - (1 - y) ln(1 - p), the mean over texts and labels; each pair of them may have a weight.

    Call: y, p and weights (batch, labels).

    >>> loss = LabelCrossentropy()
    >>> round(float(loss([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.6931
    >>> round(float(loss([[1.0, 0.0]], [[0.5, 0.5]], [[3.0, 1.0]])), 4)
    1.3863
    """

    def call(self, y_true, y_pred):
        y_pred = keras.ops.convert_to_tensor(y_pred)
        return keras.ops.binary_crossentropy(keras.ops.cast(y_true, y_pred.dtype), y_pred)


def compiled(config):
    """The average precision is of all labels together."""
    average_precision = keras.metrics.AUC(curve="PR", name="average_precision")
    return {"loss": LabelCrossentropy(), "metrics": [average_precision]}


def finished(model, preprocessor):
    """The model that answers."""
    return model


def balance(indicators, count):
    """(2, labels): the weight of texts without and with each label, examples / (2 x those), as in scikit-learn.

    >>> (3 * balance(np.array([[0], [0], [0], [1]]), 1)).tolist()
    [[2.0], [6.0]]
    """
    with_label = indicators.sum(axis=0, dtype=np.int64)
    counts = np.stack([len(indicators) - with_label, with_label])
    return (len(indicators) / np.count_nonzero(counts, axis=0) / np.maximum(counts, 1)).astype(np.float32)


def weights_of(given):
    """(2, labels): the weight of texts without and with each label, of those that a user gave to the latter."""
    return np.stack([np.ones(len(given)), given]).astype(np.float32)


def weights(indicators, balance):
    """The weight of each pair of a text and a label (batch, labels)."""
    return keras.ops.where(keras.ops.cast(indicators, "bool"), balance[1], balance[0])


def given(probabilities, threshold):
    """Which labels are answered, bool (texts, labels)."""
    return probabilities >= (THRESHOLD if threshold is None else threshold)


def score(preprocessor, truth, probabilities, threshold):
    """The metrics of `multilabel`."""
    names = list(map(str, preprocessor.labels))
    return multilabel.metrics(names, truth, probabilities, THRESHOLD if threshold is None else threshold)


def lacking(preprocessor, numbers):
    """A sentence on labels that no example has, or nothing."""
    missing = [str(label) for label in preprocessor.labels if not numbers[f"examples_{label}"]]
    return f"No example has the label {', '.join(missing[:8])}" if missing else ""


def outcomes_of(truth, probabilities, baseline, texts, threshold):
    """How many labels of each text are right, true and given, by the model and by each baseline: micro F1."""
    said = {"": probabilities, **baseline.answers(texts)}
    sums = {name: _counted(truth, given(own, threshold)) for name, own in said.items()}
    return outcomes.of_sums("micro_f1", "f1", sums, called="micro F1", noun="texts", names=BASELINES)


def _counted(truth, given):
    """How many labels of each text are right, true and given, (texts, 3)."""
    return np.stack([(truth & given).sum(axis=1), truth.sum(axis=1), given.sum(axis=1)], axis=1).astype(np.float64)


def answers(preprocessor, probabilities, threshold):
    """A list of {"labels": those that a text has, "probabilities": {label: probability}}, one a text."""
    labels = preprocessor.labels
    return [
        {
            "labels": [labels[column] for column in np.flatnonzero(there)],
            "probabilities": {str(label): float(value) for label, value in zip(labels, row, strict=True)},
        }
        for row, there in zip(probabilities, given(probabilities, threshold), strict=True)
    ]


def columns(answers):
    """labels, a list, and a probability_<label> for each label."""
    labels = answers[0]["probabilities"]
    of_labels = {f"probability_{name}": [one["probabilities"][name] for one in answers] for name in labels}
    return {"labels": [answer["labels"] for answer in answers], **of_labels}


def served(preprocessor, probabilities, threshold):
    """What a SavedModel answers beside the probabilities: {"labels"}, texts (batch, labels), "" where there is none."""
    labels = tf.constant([str(label) for label in preprocessor.labels])
    there = probabilities >= (THRESHOLD if threshold is None else threshold)
    return {"labels": tf.where(there, labels, "")}

"""One class of several a text."""

import keras
import numpy as np
import tensorflow as tf

from pipelines.shared.metrics import classification, outcomes

OUTPUT = "probabilities"
BASELINES = {
    "nbsvm": "the linear baseline (NB-SVM)", "linear": "the linear baseline (tf-idf)",
    "majority": "the most frequent class",
}  # fmt: skip


def units(preprocessor):
    """How many scores the network gives for a text: one a class."""
    return len(preprocessor.labels)


def outputs(scores):
    """Scores (batch, classes) to probabilities (batch, classes)."""
    return keras.layers.Activation("softmax", dtype="float32", name=OUTPUT)(scores)


@keras.saving.register_keras_serializable(package="unroll")
class BalancedAccuracy(keras.metrics.Metric):
    """The mean over the classes that occur of the share of their examples that are told right.

    Call: update_state(classes (batch,), probabilities (batch, classes)).

    >>> metric = BalancedAccuracy()
    >>> metric.update_state([0, 0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> round(float(metric.result()), 4)
    0.8333
    """

    def __init__(self, name="balanced_accuracy", **options):
        super().__init__(name=name, **options)
        self.right = self.examples = None

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = keras.ops.convert_to_tensor(y_pred)
        if self.right is None:
            self.right = self.add_variable((y_pred.shape[-1],), "zeros", name="right")
            self.examples = self.add_variable((y_pred.shape[-1],), "zeros", name="examples")
        classes = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
        true = keras.ops.one_hot(classes, y_pred.shape[-1], dtype="float32")  # (batch, classes)
        right = keras.ops.cast(keras.ops.argmax(y_pred, axis=-1) == classes, "float32")
        self.right.assign_add(keras.ops.sum(true * right[:, None], axis=0))
        self.examples.assign_add(keras.ops.sum(true, axis=0))

    def reset_state(self):
        if self.right is not None:
            super().reset_state()

    def result(self):
        if self.right is None:
            return keras.ops.zeros(())
        occurring = keras.ops.sum(keras.ops.cast(self.examples > 0, "float32"))
        recalls = self.right / keras.ops.maximum(self.examples, 1)
        return keras.ops.sum(recalls) / keras.ops.maximum(occurring, 1)


def compiled(config):
    metrics = [keras.metrics.SparseCategoricalAccuracy("accuracy"), *([BalancedAccuracy()] if config.balance else [])]
    return {"loss": "sparse_categorical_crossentropy", "metrics": metrics}


def finished(model, preprocessor):
    """The model that answers."""
    return model


def balance(classes, count):
    """(classes,): the weight of each class, examples / (classes that occur x its examples), as in scikit-learn.

    The mean over the examples is 1.

    >>> (3 * balance(np.array([0, 0, 0, 1]), 2)).tolist()
    [2.0, 6.0]
    """
    examples = np.bincount(classes, minlength=count)
    return (len(classes) / np.count_nonzero(examples) / np.maximum(examples, 1)).astype(np.float32)


def weights_of(given):
    """(classes,): the weight of each class, of those that a user gave."""
    return np.array(given, np.float32)


def weights(classes, balance):
    """The weight of each example (batch,) by its class."""
    return keras.ops.take(balance, keras.ops.cast(classes, "int32"))


def given(probabilities, threshold):
    """The class (texts,) that is answered: the most probable one, or of two the last one from the threshold on."""
    return probabilities.argmax(axis=1) if threshold is None else (probabilities[:, 1] >= threshold).astype(np.int64)


def score(preprocessor, truth, probabilities, threshold):
    """The metrics of `classification`."""
    return classification.metrics(preprocessor.labels, truth, probabilities, threshold)


def lacking(preprocessor, numbers):
    """A sentence on classes that no example has, or nothing."""
    return classification.lacking(numbers, preprocessor.labels)


def outcomes_of(truth, probabilities, baseline, texts, threshold):
    """Which texts get the right class, from the model and from each baseline."""
    said = {"": given(probabilities, threshold), **baseline.classes(texts)}
    right = {name: classes == truth for name, classes in said.items()}
    return outcomes.of_values("accuracy", right, noun="texts", names=BASELINES)


def answers(preprocessor, probabilities, threshold):
    """A list of {"label", "probability", "probabilities": {label: probability}}, one a text."""
    labels = preprocessor.labels
    return [
        {
            "label": labels[best],
            "probability": float(row[best]),
            "probabilities": {str(label): float(value) for label, value in zip(labels, row, strict=True)},
        }
        for row, best in zip(probabilities, given(probabilities, threshold), strict=True)
    ]


def columns(answers):
    """label, probability and a probability_<label> for each label."""
    labels = answers[0]["probabilities"]
    of_best = {name: [answer[name] for answer in answers] for name in ("label", "probability")}
    return {**of_best, **{f"probability_{name}": [one["probabilities"][name] for one in answers] for name in labels}}


def served(preprocessor, probabilities, threshold):
    """What a SavedModel answers beside the probabilities: {"label": texts, "probability"}, each (batch,)."""
    best = tf.argmax(probabilities, axis=-1)
    if threshold is not None:
        best = tf.cast(probabilities[:, 1] >= threshold, tf.int64)
    labels = tf.constant([str(label) for label in preprocessor.labels])
    return {"label": tf.gather(labels, best), "probability": tf.gather(probabilities, best, batch_dims=1)}

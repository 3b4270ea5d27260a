"""Several labels a text, any number of them, or none."""

import keras

OUTPUT = "probabilities"


def units(preprocessor):
    """How many scores the network gives for a text: one a label."""
    return len(preprocessor.labels)


def outputs(scores):
    """Scores (batch, labels) to probabilities (batch, labels), each by itself."""
    return keras.layers.Activation("sigmoid", dtype="float32", name=OUTPUT)(scores)


def compiled(config):
    """The loss is the mean over texts and labels; the average precision is of all labels together."""
    return {"loss": "binary_crossentropy", "metrics": [keras.metrics.AUC(curve="PR", name="average_precision")]}


def finished(model, preprocessor):
    """The model that answers."""
    return model

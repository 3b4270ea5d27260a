"""One class of several a text."""

import keras

OUTPUT = "probabilities"


def units(preprocessor):
    """How many scores the network gives for a text: one a class."""
    return len(preprocessor.labels)


def outputs(scores):
    """Scores (batch, classes) to probabilities (batch, classes)."""
    return keras.layers.Activation("softmax", dtype="float32", name=OUTPUT)(scores)


def compiled(config):
    return {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def finished(model, preprocessor):
    """The model that answers."""
    return model

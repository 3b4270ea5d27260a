"""A number a text. It is learned in standard deviations from the mean of the training split, and answered as it is."""

import keras

OUTPUT = "value"


def units(preprocessor):
    """How many scores the network gives for a text."""
    return 1


def outputs(scores):
    """Scores (batch, 1) to numbers (batch, 1), in standard deviations from the mean."""
    return keras.layers.Activation("linear", dtype="float32", name="standardized")(scores)


def compiled(config):
    return {"loss": "mean_squared_error", "metrics": ["mae"]}


def finished(model, preprocessor):
    """The model that answers: the trained one and a last layer that gives numbers as they are in the data."""
    scale = keras.layers.Rescaling(preprocessor.scale, offset=preprocessor.mean, dtype="float32", name=OUTPUT)
    return keras.Model(model.input, scale(model.output), name=model.name)

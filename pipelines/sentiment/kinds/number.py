"""A number a text. It is learned in standard deviations from the mean of the training split, and answered as it is."""

import keras
import numpy as np

from pipelines.shared.metrics import outcomes, regression

OUTPUT = "value"
BASELINES = {"linear": "ridge regression", "mean": "the mean"}


def units(preprocessor):
    """How many scores the network gives for a text."""
    return 1


def outputs(scores):
    """Scores (batch, 1) to numbers (batch,), in standard deviations from the mean."""
    return keras.layers.Reshape((), dtype="float32", name="standardized")(scores)


def compiled(config):
    return {"loss": "mean_squared_error", "metrics": [keras.metrics.MeanAbsoluteError("mae")]}


def finished(model, preprocessor):
    """The model that answers: the trained one and a last layer that gives numbers as they are in the data."""
    scale = keras.layers.Rescaling(preprocessor.scale, offset=preprocessor.mean, dtype="float32", name=OUTPUT)
    return keras.Model(model.input, scale(model.output), name=model.name)


def score(preprocessor, truth, values, threshold):
    """The metrics of `regression`."""
    return regression.metrics(truth, values)


def lacking(preprocessor, numbers):
    """Nothing: a number lacks no class."""
    return ""


def outcomes_of(truth, values, baseline, texts, threshold):
    """How far the number of each text is off, by the model and by each baseline."""
    said = {"": values, **baseline.answers(texts)}
    errors = {name: abs(np.asarray(own, np.float64) - truth) for name, own in said.items()}
    called = "mean absolute error"
    return outcomes.of_values("mae", errors, called=called, lower=True, noun="texts", names=BASELINES)


def answers(preprocessor, values, threshold):
    """A list of {"value": number}, one a text."""
    return [{"value": float(value)} for value in values]


def columns(answers):
    """value"""
    return {"value": [answer["value"] for answer in answers]}


def served(preprocessor, values, threshold):
    """What a SavedModel answers beside the value: nothing."""
    return {}

"""The scores of a text classifier and of its baselines."""

import logging

import numpy as np

from pipelines.sentiment.answers import probabilities
from pipelines.shared import defaults
from pipelines.shared.export.quantized_scores import by_signature
from pipelines.shared.metrics import classification, outcomes

log = logging.getLogger("unroll")

score_tflite = by_signature
WORTH_A_WARNING = {"accuracy": 0.005}
retrained = defaults.retrained
BASELINES = {"linear": "the linear baseline", "majority": "the most frequent class"}


def answered(artifact, examples):
    """The probability of each class for each example, float32 (examples, classes)."""
    return probabilities(artifact, examples["text"])


def score(artifact, examples, answered):
    """The classifier's metrics and those of the baselines; a warning names classes that no example has."""
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    numbers = classification.metrics(artifact.preprocessor.labels, truth, answered)
    lacking = classification.lacking(numbers, artifact.preprocessor.labels)
    if lacking:
        log.warning("%s", lacking)
    return {**numbers, **artifact.baseline.metrics(examples["text"], truth)}


def outcomes_of(artifact, examples, answered):
    """Which texts get the right class, from the model and from each baseline."""
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    said = {"": answered.argmax(axis=1), **artifact.baseline.classes(examples["text"])}
    right = {name: classes == truth for name, classes in said.items()}
    return outcomes.of_values("accuracy", right, noun="texts", names=BASELINES)

"""The scores of a text classifier and of its baselines."""

import logging

from pipelines.sentiment import kinds, thresholds
from pipelines.sentiment.answers import outputs
from pipelines.shared import defaults
from pipelines.shared.export.quantized_scores import by_signature

log = logging.getLogger("unroll")

score_tflite = by_signature
WORTH_A_WARNING = {"accuracy": 0.005, "micro_f1": 0.005, "r2": 0.005}
retrained = defaults.retrained


def answered(artifact, examples):
    """What the network gives for each example: probabilities float32 (examples, classes), or numbers (examples,)."""
    return outputs(artifact, examples["text"])


def score(artifact, examples, answered):
    """The metrics and those of the baselines; a warning names classes and labels that no example has."""
    preprocessor, threshold = artifact.preprocessor, thresholds.of(artifact)
    truth = preprocessor.targets(examples["label"])
    kind = kinds.of(preprocessor)
    numbers = kind.score(preprocessor, truth, answered, threshold)
    lacking = kind.lacking(preprocessor, numbers)
    if lacking:
        log.warning("%s", lacking)
    how = {"threshold": threshold} if preprocessor.target == "several" else {}
    return {**numbers, **artifact.baseline.metrics(examples["text"], truth, **how)}


def outcomes_of(artifact, examples, answered):
    """What the model and each baseline make of each text, as of `kinds`."""
    truth, threshold = artifact.preprocessor.targets(examples["label"]), thresholds.of(artifact)
    kind = kinds.of(artifact.preprocessor)
    return kind.outcomes_of(truth, answered, artifact.baseline, examples["text"], threshold)

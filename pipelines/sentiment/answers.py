"""From texts to classes with their probabilities, which `predict` returns."""

from typing import Any, TypedDict

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.batches import bucketing

VERBS = defaults.VERBS


class Answer(TypedDict):
    """The answer of `predict` to one text."""

    label: str | int
    probability: float
    probabilities: dict[str, float]


def probabilities(artifact, texts):
    """float32 (texts, classes), in the order of `texts`."""
    sequences = artifact.preprocessor.sequences(texts)
    answers = np.zeros((len(sequences), len(artifact.preprocessor.labels)), "float32")
    for positions, ids, lengths in bucketing.in_length_order(sequences, batch_size=128):
        answers[positions] = artifact.infer(ids, lengths)["probabilities"]
    return answers


def columns(inputs, answers):
    """text, label, probability and a probability_<label> for each label."""
    labels = list(answers[0]["probabilities"]) if answers else []
    of_labels = {f"probability_{label}": [answer["probabilities"][label] for answer in answers] for label in labels}
    of_best = {name: [answer[name] for answer in answers] for name in ("label", "probability")}
    return {"text": list(inputs), **of_best, **of_labels}


def answer(artifact: Any, inputs: list[str]) -> list[Answer]:
    """A list of {"label", "probability", "probabilities": {label: probability}}, one for each text."""
    labels = artifact.preprocessor.labels
    answers = []
    for row in probabilities(artifact, inputs) if inputs else []:
        best = int(row.argmax())
        by_label = {str(label): float(value) for label, value in zip(labels, row, strict=True)}
        answers.append({"label": labels[best], "probability": float(row[best]), "probabilities": by_label})
    return answers

"""From texts to classes with their probabilities, which `predict` returns."""

from typing import Any, NotRequired, TypedDict

import numpy as np

from pipelines.sentiment import explanations, inside
from pipelines.shared import progress
from pipelines.shared.batches import bucketing

VERBS = {"gates": inside.gates, "nearest": inside.nearest}


class Answer(TypedDict):
    """The answer of `predict` to one text; words are there if they were asked for."""

    label: str | int
    probability: float
    probabilities: dict[str, float]
    words: NotRequired[list[explanations.Word]]


def probabilities(artifact, texts):
    """float32 (texts, classes), in the order of `texts`."""
    sequences = artifact.preprocessor.sequences(texts)
    answers = np.zeros((len(sequences), len(artifact.preprocessor.labels)), "float32")
    batches = bucketing.in_length_order(sequences, batch_size=128)
    for positions, ids, lengths in progress.counted(batches, len(sequences)):
        answers[positions] = artifact.infer(ids, lengths)["probabilities"]
    return answers


def columns(inputs, answers):
    """text, label, probability, a probability_<label> for each label, and explanation if it was asked for."""
    labels = list(answers[0]["probabilities"]) if answers else []
    of_labels = {f"probability_{label}": [answer["probabilities"][label] for answer in answers] for label in labels}
    of_best = {name: [answer[name] for answer in answers] for name in ("label", "probability")}
    return {"text": list(inputs), **of_best, **of_labels, **explanations.columns(answers)}


def answer(artifact: Any, inputs: list[str], *, explain: bool = False) -> list[Answer]:
    """A list of {"label", "probability", "probabilities": {label: probability}}, one for each text.

    explain: add "words": each word with its part in the answer, the log-odds that it is worth; see `explanations`.
    """
    labels = artifact.preprocessor.labels
    answers = []
    for row in probabilities(artifact, inputs) if inputs else []:
        best = int(row.argmax())
        by_label = {str(label): float(value) for label, value in zip(labels, row, strict=True)}
        answers.append({"label": labels[best], "probability": float(row[best]), "probabilities": by_label})
    return explanations.explained(artifact, inputs, answers) if explain else answers

"""From texts to what `predict` returns: classes, several labels, or numbers."""

from typing import Any, NotRequired, TypedDict

import numpy as np

from pipelines.sentiment import explanations, inside, kinds, thresholds
from pipelines.shared import progress
from pipelines.shared.batches import bucketing

VERBS = {"gates": inside.gates, "nearest": inside.nearest}


class Answer(TypedDict):
    """The answer of `predict` to one text, of what is predicted.

    Of classes it has label, probability and probabilities; of several labels it has labels and probabilities; of a
    number it has value. words are there if they were asked for.
    """

    label: str | int
    labels: list[str | int]
    probability: float
    probabilities: dict[str, float]
    value: float
    words: NotRequired[list[explanations.Word]]


def outputs(artifact, texts):
    """What the network gives, in the order of `texts`: probabilities float32 (texts, classes), or numbers (texts,)."""
    sequences, output = artifact.preprocessor.sequences(texts), kinds.of(artifact.preprocessor).OUTPUT
    answers = np.zeros((len(sequences), *[len(artifact.preprocessor.labels)] * (output == "probabilities")), "float32")
    batches = bucketing.in_length_order(sequences, batch_size=128)
    for positions, ids, lengths in progress.counted(batches, len(sequences)):
        answers[positions] = artifact.infer(ids, lengths)[output]
    return answers


probabilities = outputs


def columns(inputs, answers):
    """text and the parts of an answer, each a column; a column probability_<label> for each label.

    A last one is explanation, if it was asked for.
    """
    kind = kinds.of_answers(answers)
    return {"text": list(inputs), **(kind.columns(answers) if answers else {}), **explanations.columns(answers)}


def answer(artifact: Any, inputs: list[str], *, threshold: float | None = None, explain: bool = False) -> list[Answer]:
    """A list with an answer for each text.

    Of classes {"label", "probability", "probabilities": {label: probability}}, of several labels {"labels",
    "probabilities"}, of a number {"value"}.

    threshold: probability from which on a text is of the positive class, or has a label, by default the artifact's.
    explain: add "words": each word with its part in the answer, the log-odds that it is worth, or of a number how much
        of it; see `explanations`.
    """
    threshold = thresholds.of(artifact, threshold)
    kind = kinds.of(artifact.preprocessor)
    answers = kind.answers(artifact.preprocessor, outputs(artifact, inputs), threshold) if inputs else []
    return explanations.explained(artifact, inputs, answers) if explain else answers

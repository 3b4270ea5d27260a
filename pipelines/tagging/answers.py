"""From sentences to tags with their probabilities, which `predict` returns."""

from typing import Any, TypedDict

import numpy as np

from pipelines.shared import progress
from pipelines.shared.metrics import entities
from pipelines.tagging import explanations, inside, preprocessor

VERBS = {"gates": inside.gates, "nearest": inside.nearest}


class Entity(TypedDict):
    """An entity: its words, its type, where it begins, and the word behind its last."""

    text: str
    type: str
    start: int
    end: int


class Answer(TypedDict, total=False):
    """The answer of `predict` to one sentence; entities are there where the tags are those of entities.

    parts are there if they were asked for: for each word what each word of the sentence adds to its tag.
    """

    tokens: list[str]
    tags: list[str]
    probabilities: list[float]
    entities: list[Entity]
    parts: list[list[float]]


def tagged(artifact, sentences):
    """(numbers of tags int32 (time,), their probabilities float32 (time,)) of lists of words: two lists, in order."""
    tags, probabilities = [np.zeros(0, np.int32)] * len(sentences), [np.zeros(0, np.float32)] * len(sentences)
    names = ("words", "letters", "lengths")
    batches = preprocessor.in_batches(artifact.preprocessor, sentences)
    for rows, tensors in progress.counted(batches, len(sentences)):
        outputs = artifact.infer(*(tensors[name] for name in names))
        chosen, all_of_them = np.asarray(outputs["tags"]), np.asarray(outputs["probabilities"])
        best = np.take_along_axis(all_of_them, chosen[..., None], axis=-1)[..., 0]
        for place, row in enumerate(rows):
            length = tensors["lengths"][place]
            tags[row], probabilities[row] = chosen[place, :length], best[place, :length]
    return tags, probabilities


def words_of(artifact, inputs):
    """Lists of words of inputs, which are such lists or texts."""
    places = [place for place, one in enumerate(inputs) if isinstance(one, str)]
    words = [[] if isinstance(one, str) else list(one) for one in inputs]
    split = artifact.preprocessor.words([inputs[place] for place in places])
    for place, one in zip(places, split, strict=True):
        words[place] = one
    return words


def answer(artifact: Any, inputs: list[str | list[str]], *, explain: bool = False) -> list[Answer]:
    """A list of {"tokens", "tags", "probabilities"}, one for each sentence, and "entities" where tags are theirs.

    explain: add "parts": for each word what each word adds to the log-odds of its tag; see `explanations`.
    """
    names, has_entities = artifact.preprocessor.tags, entities.are_entities(artifact.preprocessor.tags)
    words = words_of(artifact, inputs)
    answers = []
    for tokens, tags, probabilities in zip(words, *tagged(artifact, words), strict=True):
        tags = [names[tag] for tag in tags]
        one = {"tokens": tokens, "tags": tags, "probabilities": probabilities.astype(float).tolist()}
        if has_entities:
            one["entities"] = [
                {"text": " ".join(tokens[start:end]), "type": kind, "start": start, "end": end}
                for kind, start, end in entities.spans(tags)
            ]
        answers.append(one)
    return explanations.explained(artifact, answers) if explain else answers


def columns(inputs, answers):
    """A row a sentence: lists of words, tags and probabilities, and of parts if they were asked for."""
    names = ["tokens", "tags", "probabilities", *(["parts"] if answers and "parts" in answers[0] else [])]
    return {name: [one[name] for one in answers] for name in names}

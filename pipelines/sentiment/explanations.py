"""Which words decided: each word of a text with its part in the answer, for `predict(..., explain=True)`.

    artifact.predict("not bad at all", explain=True)[0]["words"]
    [{"word": "not", "start": 0, "end": 3, "part": 2.1}, ...]

A part is by how much the log-odds of the answered class fall when the word is blotted out; see `shared.explanation`.
"""

from typing import TypedDict

import numpy as np

from pipelines.shared.explanation import occlusion, strongest
from pipelines.shared.text import positions


class Word(TypedDict):
    """A word as it stands in the text, at characters [start, end), and its part in the answer.

    The part is None for a word that is cut off by `max_length`. A positive one speaks for the answer, a negative one
    against it.
    """

    word: str
    start: int
    end: int
    part: float | None


def explained(artifact, texts, answers):
    """The answers with "words", a list of `Word`s each: their parts in the class that was answered."""
    places = {label: number for number, label in enumerate(artifact.preprocessor.labels)}
    chosen = [_output(answer, places) for answer in answers]
    parts = zip(*word_parts(artifact, texts), chosen, strict=True)
    words = [
        _described(text, words, of_words[:, output])
        for text, (words, of_words, output) in zip(texts, parts, strict=True)
    ]
    return [{**answer, "words": of_text} for answer, of_text in zip(answers, words, strict=True)]


def _output(answer, places):
    """The output that is explained: of the class that was answered, or of the most probable of several labels."""
    if "label" in answer:
        return places[answer["label"]]
    probabilities = list(answer.get("probabilities", {}).values())
    return int(np.argmax(probabilities)) if probabilities else 0  # a number has one output


def columns(answers):
    """{"explanation": the words with the greatest parts, as a text}, or {} of answers that are not explained."""
    return {"explanation": [strongest.in_a_line(one["words"]) for one in answers]} if _are_explained(answers) else {}


def _are_explained(answers):
    return bool(answers) and "words" in answers[0]


def word_parts(artifact, texts):
    """(lists of `positions.Word`, arrays float64 (words, classes) of their parts), one for each text."""
    words = positions.located(artifact.preprocessor.text, texts)
    sequences = artifact.preprocessor.sequences(texts)

    def score(ids, lengths):
        outputs = artifact.infer(ids, lengths)
        if artifact.preprocessor.target == "number":
            return outputs["value"][:, None]
        return occlusion.log_odds(outputs["probabilities"], exclusive=artifact.preprocessor.target == "class")

    return words, occlusion.parts(score, sequences, words)


def _described(text, words, parts):
    return [
        {"word": text[word.start : word.end], "start": word.start, "end": word.end, "part": _plain(part)}
        for word, part in zip(words, parts, strict=True)
    ]


def _plain(part):
    return None if np.isnan(part) else float(part)

"""The verbs `gates` and `nearest`: what the encoder remembers over a sentence, and which words are alike to it."""

from typing import Any, Literal

import numpy as np

from pipelines.shared.explanation import nearest_words, word_gates
from pipelines.shared.text.subwords import SPACE, SPECIAL, UNKNOWN

Side = Literal["source", "target"]


def gates(artifact: Any, text: str) -> word_gates.WordGates:
    """What the gates of the encoder do at each subword of a source: numbers, and a picture that a notebook shows.

    Raises:
        ValueError: a text without a word, or a network of cells without gates (cell="rnn").
    """
    preprocessor = artifact.preprocessor
    [ids] = preprocessor.sources([nearest_words.text_of(text, "text")])
    pieces = preprocessor.source.tokens([text])[0]
    inputs = {"source": ids[None], "source_lengths": np.array([len(ids)]), "target": np.ones((1, 1), "int32")}
    words = [piece.removeprefix(SPACE) or SPACE for piece in pieces]
    words = [*words, "(end)"] if words else []
    return word_gates.of_model(artifact.model, inputs, words, inputs["source_lengths"], names=["encoder"])


def nearest(artifact: Any, word: str, *, count: int = 10, side: Side = "source") -> list[nearest_words.Near]:
    """The `count` words whose trained vectors are nearest to that of a word: a list of {"word", "cosine"}.

    Answers are subwords that begin a word. Of a word of several subwords the mean of their vectors is taken. Where the
    languages share a vocabulary, they share the vectors, and words of both are among the answers.

    Args:
        side: the language of the word, "source" or "target".

    Raises:
        ValueError: another side, or a word with letters that the model did not learn.
    """
    if side not in ("source", "target"):
        raise ValueError(f"side: expected 'source' or 'target', received {side!r}")
    subwords = getattr(artifact.preprocessor, side)
    ids = subwords.sequences([nearest_words.text_of(word, "word")])[0].tolist()
    names = {
        id: piece.removeprefix(SPACE)
        for id, piece in enumerate(subwords.pieces)
        if id >= len(SPECIAL) and piece.startswith(SPACE) and len(piece) > 1
    }
    name = "vectors" if artifact.preprocessor.shared else f"{side}_vectors"
    table = nearest_words.table_of(artifact.model, len(subwords), name)
    return nearest_words.nearest(table, word, [None if id == UNKNOWN else id for id in ids], names, count)

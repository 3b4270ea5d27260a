"""The verbs `gates` and `nearest`: what a network remembers over a text, and which words it takes to be alike."""

from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.shared.explanation import nearest_words, word_gates
from pipelines.shared.text import positions, tokenization

FIRST = 2  # id behind padding and the unknown token


def gates(artifact: Any, text: str) -> word_gates.WordGates:
    """What the gates of each recurrent layer do at each word of a text: numbers, and a picture that a notebook shows.

    Raises:
        ValueError: a text without a word, or a network of cells without gates (cell="rnn").

    Example: `artifact.gates("I grew up in France and I speak fluent French").save("gates.png")`
    """
    preprocessor = artifact.preprocessor
    [ids] = preprocessor.sequences([nearest_words.text_of(text, "text")])
    inputs = {"ids": ids[None], "lengths": np.array([len(ids)])}
    return word_gates.of_model(artifact.model, inputs, _steps(preprocessor.text, text, ids), inputs["lengths"])


def _steps(preprocessor, text, ids):
    """What the network reads at each step: words of the text, or the pieces of those that have several."""
    steps = []
    for word in positions.located(preprocessor, [text])[0]:
        pieces = [preprocessor.vocabulary[id] for id in ids[word.first : word.last]]
        steps += [text[word.start : word.end]] if len(pieces) == 1 else pieces
    return steps


def nearest(artifact: Any, word: str, *, count: int = 10) -> list[nearest_words.Near]:
    """The `count` words whose trained vectors are nearest to that of a word: a list of {"word", "cosine"}.

    Of several words, or of a word of several wordpieces, the mean of their vectors is taken; wordpieces inside words
    are no answers.

    Raises:
        ValueError: a word that the model did not learn; words that are spelled like it are named.
    """
    text = artifact.preprocessor.text
    ids = text.all_ids(tf.constant([nearest_words.text_of(word, "word")])).flat_values.numpy().tolist()
    names = {id: token for id, token in enumerate(text.vocabulary) if id >= FIRST and not token.startswith("##")}
    table = nearest_words.table_of(artifact.model, len(text.vocabulary))
    unknown = text.vocabulary.index(tokenization.UNKNOWN)
    return nearest_words.nearest(table, word, [None if id == unknown else id for id in ids], names, count)

"""The verbs `gates` and `nearest`: what a network remembers over a sentence, and which words are alike to it."""

from typing import Any

from pipelines.shared.explanation import nearest_words, word_gates
from pipelines.tagging.words import forms

UNKNOWN = 1  # the id


def gates(artifact: Any, text: str | list[str]) -> word_gates.WordGates:
    """What the gates of each recurrent layer do at each word of a sentence: numbers, and a picture for a notebook.

    text: a sentence, or the list of its words.

    Raises:
        ValueError: a sentence without a word, or a network of cells without gates (cell="rnn").
    """
    words = artifact.preprocessor.words([text])[0] if isinstance(text, str) else list(text)
    inputs = artifact.preprocessor.tensors([words])
    return word_gates.of_model(artifact.model, inputs, words, inputs["lengths"])


def nearest(artifact: Any, word: str, *, count: int = 10) -> list[nearest_words.Near]:
    """The `count` words whose trained vectors are nearest to that of a word: a list of {"word", "cosine"}.

    Words are in small letters. Of several words the mean of their vectors is taken.

    Raises:
        ValueError: a word that the model did not learn; words that are spelled like it are named.
    """
    known = artifact.preprocessor.forms
    several = nearest_words.text_of(word, "word").split()
    ids = forms.arrays(known, several)[0].tolist() if several else []
    names = dict(enumerate(known.vocabulary[UNKNOWN + 1 :], UNKNOWN + 1))
    table = nearest_words.table_of(artifact.model, len(known.vocabulary))
    return nearest_words.nearest(table, word, [None if id == UNKNOWN else id for id in ids], names, count)

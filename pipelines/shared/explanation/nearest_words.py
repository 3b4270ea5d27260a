"""The words whose trained vectors are nearest to that of a word, by cosine.

artifact.nearest("apple")       [{"word": "orange", "cosine": 0.83}, ...]
"""

import difflib
from typing import TypedDict

import keras
import numpy as np

import layers
from pipelines.shared.messages import shown


class Near(TypedDict):
    """A word and the cosine of the angle between its vector and the other's."""

    word: str
    cosine: float


def nearest(table, word, ids, names, count):
    """A list of `Near`, the nearest first.

    Args:
        table: vectors (vocabulary, dimension).
        word: what was asked for; ids: its tokens, of which the mean is taken, None for an unknown one.
        names: {id: name} of the tokens that may be answered.
        count: how many.

    Raises:
        ValueError: a count below 1; a word without a token, or with an unknown one.

    >>> table = np.array([[0, 0], [1, 0], [1, 0.1], [0, 1]])
    >>> [near["word"] for near in nearest(table, "a", [1], {1: "a", 2: "b", 3: "c"}, count=2)]
    ['b', 'c']
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count: expected a whole number from 1 on, received {shown(count)}")
    if not ids or None in ids:
        known = f"{len(names):,} that the model learned"
        raise ValueError(f"word: expected one of the {known}, received {_near(word, names)}")
    vector = table[ids].mean(axis=0)
    others = np.array([id for id in names if id not in ids], int)
    norms = np.linalg.norm(table[others], axis=1) * np.linalg.norm(vector)
    cosines = table[others] @ vector / np.maximum(norms, 1e-12)
    order = np.argsort(-cosines, kind="stable")[:count]
    return [{"word": names[others[place]], "cosine": float(cosines[place])} for place in order]


def text_of(value, name):
    """The value of an argument of this name, if it is a text.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected a text, received {type(value).__name__} {shown(value)}")
    return value


def _near(word, names):
    similar = difflib.get_close_matches(str(word).lower(), set(names.values()), 3)
    return f"{shown(word)}; it has {', '.join(similar)}" if similar else f"{shown(word)}; none is spelled like it"


def table_of(model, size, name=None):
    """The trained vectors (vocabulary, dimension) of a model's layer `name`, or of the first that has some; NumPy.

    Raises:
        ValueError: it has no table of `size` vectors.
    """
    for layer in model.layers:
        is_table = isinstance(layer, (layers.Embedding, layers.TiedEmbedding)) and layer.vocabulary_size == size
        if is_table and name in (None, layer.name):
            return keras.ops.convert_to_numpy(layer.embeddings)
    raise ValueError("nearest: expected a network with a table of vectors, received one without, as of input='one_hot'")

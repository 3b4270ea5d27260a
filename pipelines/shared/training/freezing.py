"""Parts of a network that a training leaves as they are.

freeze(model, "embedding,recurrent")

    embedding       tables of vectors, by words, letters or ids
    recurrent       recurrent layers, stacks and readers of letters
    all_but_last    every layer with weights but the last
    a layer's name  that layer
"""

import re

import keras

import layers
from pipelines import settings
from pipelines.shared.messages import listed, shown

EMBEDDINGS = (layers.Embedding, layers.TiedEmbedding, layers.AffixEmbedding, keras.layers.Embedding)
RECURRENT = (layers.Deep, layers.Bidirectional, layers.LetterEncoder, layers.AttentionDecoder, keras.layers.RNN)
GROUPS = ("embedding", "recurrent", "all_but_last")


def freeze(model, named):
    """Freezes parts of a model that is not compiled yet; returns the names of their layers.

    Args:
        named: names of parts with commas between, or None for nothing.

    Raises:
        ValueError: a name of nothing in this network, or nothing left to train.
    """
    frozen = []
    for name in (part.strip() for part in (named or "").split(",")):
        frozen += _layers_of(model, name) if name else []
    for layer in frozen:
        layer.trainable = False
    if frozen and not model.trainable_weights:
        raise ValueError(f"freeze: expected something left to train, received {shown(named)}, which is all there is")
    return list(dict.fromkeys(layer.name for layer in frozen))


def _layers_of(model, name):
    learned = [layer for layer in model.layers if layer.weights]
    groups = {
        "embedding": [layer for layer in learned if isinstance(layer, EMBEDDINGS)],
        "recurrent": [layer for layer in learned if isinstance(layer, RECURRENT) or _is_recurrent(layer)],
        "all_but_last": learned[:-1],
    }
    group = re.sub("_(the|layer)(?=_|$)", "", re.sub("[ -]+", "_", name))
    chosen = groups.get(group) or [layer for layer in learned if layer.name == name]
    if not chosen:
        known = [*(group for group, members in groups.items() if members), *(layer.name for layer in learned)]
        raise ValueError(
            f"freeze: no part {shown(name)} in this network.{settings.near(name, known)} It has: "
            f"{listed(dict.fromkeys(known), 20, str)}"
        )
    return chosen


def _is_recurrent(layer):
    return hasattr(layer, "return_sequences")

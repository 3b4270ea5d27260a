"""Layers that look up words, hash them or split texts: refused by name where a `.tflite` cannot do it.

lookups.check(model)            # ValueError
with lookups.compared(model):   # tables of whole numbers as comparisons, which LiteRT has operations for
    ...
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from layers.conversion.replacing import replaced

_K = keras.layers
_VOCABULARY = (_K.StringLookup, _K.IntegerLookup, _K.TextVectorization)
_HASHES = (_K.Hashing, _K.HashedCrossing)
LARGEST = 10_000  # numbers of a vocabulary that each number is compared with


def check(model):
    """Holds a functional model to numbers.

    Raises:
        ValueError: a layer looks up words, hashes or splits, or an input is of texts.
    """
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, _VOCABULARY + _HASHES) and not _comparable(layer):
            raise ValueError(_refused(layer))
    for tensor in keras.tree.flatten(model._inputs_struct):
        if tensor.dtype == "string":
            raise ValueError(
                f"{tensor.name}: expected an input of numbers, received one of texts, which a .tflite does not take; "
                "turn texts into ids in the app, and export the part of the model that takes ids"
            )


def _refused(layer):
    kind, beside = type(layer).__name__, ""
    if isinstance(layer, _VOCABULARY):
        beside = f" with the vocabulary of model.get_layer({layer.name!r}).get_vocabulary()"
    does = "hashes" if isinstance(layer, _HASHES) else "looks up a vocabulary"
    return (
        f"{layer.name} ({kind}): it {does}, for which LiteRT has no operations; let the app do that{beside}, and "
        f"export what follows: keras.Model(model.get_layer({layer.name!r}).output, model.outputs), in a list with the "
        "model's other inputs"
    )


def _comparable(layer):
    """Whether a layer looks up whole numbers in a table that comparisons can stand for."""
    return (
        isinstance(layer, _K.IntegerLookup)
        and not (layer.invert or layer.sparse)
        and layer.num_oov_indices == 1
        and layer.vocabulary_size() <= LARGEST
    )


@contextlib.contextmanager
def compared(model):
    """Inside, each `IntegerLookup` of the model compares its numbers with all of its vocabulary."""
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers(include_self=False):
            if _comparable(layer):
                changed.enter_context(replaced(layer, "_lookup_dense", _by_comparison(layer)))
        yield


def numbers(layer):
    """The whole numbers that an `IntegerLookup` knows."""
    known = [int(number) for number in layer.get_vocabulary(include_special_tokens=False)]
    return known if layer.mask_token is None else [*known, int(layer.mask_token)]


def choices(layer):
    """The numbers that an `IntegerLookup` knows and one that it does not; () if it looks up nothing yet."""
    known = () if layer.invert else numbers(layer)
    return (*known, max(known) + 1) if known else ()


def _by_comparison(layer):
    """index(x) = unknown + sum over k of (x = number_k) (index_k - unknown)"""
    known, look_up = numbers(layer), layer._lookup_dense
    *indices, unknown = np.asarray(look_up(tf.constant([*known, max(known) + 1], layer._key_dtype))).tolist()
    steps = tf.constant([index - unknown for index in indices], tf.int32)

    def compared_with_all(inputs):
        equal = tf.equal(tf.expand_dims(tf.cast(inputs, tf.int64), -1), tf.constant(known, tf.int64))
        return tf.cast(unknown + tf.reduce_sum(tf.cast(equal, tf.int32) * steps, -1), layer._value_dtype)

    return compared_with_all

"""Tables of vectors in 8 bits, for export: what an Embedding holds takes a quarter of the space.

    with tables.in_8_bits():
        concrete = tf.function(model).get_concrete_function(specification)

A row is kept as whole numbers from -127 to 127 and one number by which they are multiplied once the row is looked up.
Quantizers of finished files leave tables as they are, since LiteRT looks rows up by GATHER, whose result has the type
of the table.
"""

import contextlib

import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import numpy as keras_numpy

from layers.conversion.replacing import replaced

SMALLEST = 1024  # numbers in a table; a smaller one is not worth the two operations more


@contextlib.contextmanager
def in_8_bits():
    """Inside, `keras.ops.take` looks up rows of a matrix of weights in 8 bits."""
    before = keras_numpy.take

    def take(x, indices, axis=None):
        if axis == 0 and _is_table(x):
            with tf.init_scope():
                whole, sizes = _rounded(np.asarray(x, "float32"))
            rows = tf.cast(before(whole, indices, 0), x.dtype)
            return rows * tf.cast(before(sizes, indices, 0), x.dtype)
        return before(x, indices, axis)

    with replaced(keras_numpy, "take", take):
        yield


def _is_table(x):
    """Whether x is a matrix of weights, as an Embedding has."""
    variable = getattr(x, "value", None) is not None and getattr(x, "trainable", None) is not None
    return variable and len(x.shape) == 2 and np.prod(x.shape) >= SMALLEST and "float" in str(x.dtype)


def _rounded(table):
    """(rows of int8, the size (rows, 1) of their unit); a row of zeros stays one."""
    sizes = np.abs(table).max(1, keepdims=True) / 127
    whole = np.round(table / np.where(sizes > 0, sizes, 1)).astype("int8")
    return whole, sizes

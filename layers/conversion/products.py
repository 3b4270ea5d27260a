"""Products with a matrix as one operation of LiteRT, FULLY_CONNECTED, whatever the axes in front.

    with products.whole():
        concrete = tf.function(model).get_concrete_function(specification)

Keras takes a product (batch, time, features) (features, units) apart: it reshapes to rows and back, to a shape that is
computed when the model runs. Of such tensors LiteRT knows the size only in the middle of a call. Memory is then planned
anew there, and XNNPACK, its default, may leave out copies in all later calls; `pipelines.shared.export.copies` tells
how. Answers were wrong from the second call on in up to half of all interpreters. With sizes that follow from the
inputs' sizes, all is set up after all memory is planned.
"""

import contextlib

import tensorflow as tf
from keras.src.backend.tensorflow import numpy as keras_numpy

from layers.conversion.replacing import replaced


@contextlib.contextmanager
def whole(wanted=lambda: True):
    """Inside, and while `wanted()`, `keras.ops.matmul` by a matrix is one product."""
    before = keras_numpy.matmul

    def matmul(x1, x2):
        if wanted() and _is_whole(x1, x2):
            return tf.matmul(tf.convert_to_tensor(x1), tf.convert_to_tensor(x2))
        return before(x1, x2)

    with replaced(keras_numpy, "matmul", matmul):
        yield


def _is_whole(x1, x2):
    """Whether it is a product of float tensors of more than two axes with a matrix, of the same type."""
    dense = all(isinstance(x, tf.Tensor | tf.Variable) or hasattr(x, "value") for x in (x1, x2))
    if not dense or x1.dtype != x2.dtype:
        return False
    return len(x1.shape) > 2 and len(x2.shape) == 2

"""Running products and the like: each number with those before it along an axis.

All at once, by doubling: after the first pass a number holds two, then four, then eight, in as many passes as the
length has binary digits. A loop over steps would copy the whole for each of them.
"""

import numpy as np
import tensorflow as tf


def running(combine, x, axis, first, exclusive, reverse):
    """`combine` of all numbers up to each along `axis`; `first` is what changes nothing."""
    x = tf.reverse(x, [axis]) if reverse else x
    size = tf.shape(x)[axis]
    positions = tf.range(size)

    def earlier(x, shift):
        """x moved back by `shift`, with `first` in front."""
        rows = tf.gather(x, tf.maximum(positions - shift, 0), axis=axis)
        inside = tf.reshape(positions >= shift, [-1 if a == axis else 1 for a in range(len(x.shape))])
        return tf.where(inside, rows, tf.cast(first, x.dtype))

    def body(shift, x):
        return shift * 2, tf.ensure_shape(combine(earlier(x, shift), x), shape)

    x = earlier(x, 1) if exclusive else x
    shape = x.shape
    _, x = tf.while_loop(lambda shift, _: shift < size, body, (1, x))
    return tf.reverse(x, [axis]) if reverse else x


def _running(combine, first):
    def replacement(operation):
        x, axis = operation.inputs
        axis = tf.get_static_value(axis)
        if axis is None or x.shape.rank is None:
            return None
        exclusive, reverse = operation.get_attr("exclusive"), operation.get_attr("reverse")
        return running(combine, x, int(axis) % x.shape.rank, first, exclusive, reverse)

    return replacement


def _log_of_sum(x, y):
    """log(e^x + e^y), of infinities too."""
    greater = tf.maximum(x, y)
    finite = tf.where(tf.math.is_inf(greater), tf.zeros_like(greater), greater)
    return finite + tf.math.log(tf.exp(x - finite) + tf.exp(y - finite))


def euclidean_norm(operation):
    x, axes = operation.inputs
    return tf.sqrt(tf.reduce_sum(x * x, axes, keepdims=operation.get_attr("keep_dims")))


REPLACEMENTS = {
    "CumulativeLogsumexp": _running(_log_of_sum, -np.inf),
    "Cumprod": _running(tf.multiply, 1),
    "EuclideanNorm": euclidean_norm,
}

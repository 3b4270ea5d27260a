"""Which number is the greatest, in which order they come, and where a number belongs among sorted ones."""

import numpy as np
import tensorflow as tf

from layers.conversion.operations import sizes

ROUNDS = 16  # as many greatest numbers are looked for one by one; more are sorted


def greatest(operation):
    """argmax and argmin of 64-bit whole numbers and booleans, of which LiteRT has none."""
    x, axis = operation.inputs
    axis = tf.get_static_value(axis)
    if axis is None or x.dtype in (tf.float32, tf.int32, tf.int8, tf.uint8):
        return None
    axis = int(axis) % x.shape.rank
    if x.dtype != tf.int64:
        x = tf.cast(x, tf.int32 if x.dtype.is_integer or x.dtype.is_bool else tf.float32)
    best = (tf.reduce_max if operation.type == "ArgMax" else tf.reduce_min)(x, axis, keepdims=True)
    return tf.argmax(tf.cast(tf.equal(x, best), tf.int32), axis, output_type=operation.outputs[0].dtype)


def first_numbers(operation):
    """The k greatest of the last axis, one after the other: LiteRT learns the size of TOPK_V2 in the midst of a call.

    Of equal numbers the first comes first, as in TensorFlow.
    """
    x, count = operation.inputs
    count = sizes.static(count)
    if count is None or not 0 < count <= ROUNDS or x.shape.rank is None:
        return None
    kind = operation.outputs[1].dtype
    lowest = tf.constant(-np.inf if x.dtype.is_floating else x.dtype.min, x.dtype)
    values, indices, taken = [], [], tf.zeros_like(x, tf.bool)
    for _ in range(int(count)):
        value = tf.reduce_max(tf.where(taken, lowest, x), -1, keepdims=True)
        equal = tf.logical_and(tf.equal(x, value), tf.logical_not(taken))
        index = tf.argmax(tf.cast(equal, tf.int32), -1, output_type=tf.int32)
        chosen = tf.equal(tf.range(tf.shape(x)[-1]), tf.expand_dims(index, -1))
        taken = tf.logical_or(taken, chosen)
        values.append(value)
        indices.append(tf.expand_dims(index, -1))
    return [tf.concat(values, -1), tf.cast(tf.concat(indices, -1), kind)]


def among_first(operation):
    """Whether fewer than k numbers of a row are greater than that of the target; not in rows that are not finite."""
    predictions, targets, count = operation.inputs
    inside = tf.logical_and(targets >= 0, targets < tf.shape(predictions, targets.dtype)[1])
    target = tf.gather(predictions, tf.where(inside, targets, tf.zeros_like(targets)), axis=1, batch_dims=1)
    greater = tf.reduce_sum(tf.cast(predictions > tf.expand_dims(target, 1), count.dtype), 1)
    finite = tf.reduce_all(tf.math.is_finite(predictions), 1)
    return tf.logical_and(tf.logical_and(inside, finite), greater < count)


def _bound(compare):
    def replacement(operation):
        borders, values = operation.inputs
        below = compare(tf.expand_dims(borders, 1), tf.expand_dims(values, 2))
        return tf.reduce_sum(tf.cast(below, operation.outputs[0].dtype), 2)

    return replacement


def rolled(operation):
    x, shift, axis = operation.inputs
    axes, shift = tf.get_static_value(axis), tf.reshape(shift, [-1])
    if axes is None:
        return None
    for number, axis in enumerate(np.reshape(axes, -1)):
        size = tf.shape(x, shift.dtype)[int(axis)]
        places = tf.math.floormod(tf.range(size) - shift[number], tf.maximum(size, 1))
        x = tf.gather(x, places, axis=int(axis))
    return x


REPLACEMENTS = {
    "ArgMax": greatest,
    "ArgMin": greatest,
    "InTopKV2": among_first,
    "LowerBound": _bound(tf.less),
    "Roll": rolled,
    "TopKV2": first_numbers,
    "UpperBound": _bound(tf.less_equal),
}

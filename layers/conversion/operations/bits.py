"""Bits of whole numbers: of the operations on them LiteRT has exclusive or, and the shift to the right."""

import numpy as np
import tensorflow as tf

from layers.conversion.operations import whole_numbers

SMALL = (tf.int8, tf.int16, tf.uint8, tf.uint16)


def _in_32_bits(function):
    """`function` of int32 tensors, for tensors of any whole numbers."""

    def of_any(*tensors):
        dtype = tensors[0].dtype
        if dtype == tf.int32:
            return function(*tensors)
        if dtype in SMALL:
            return tf.cast(function(*(tf.cast(x, tf.int32) for x in tensors)), dtype)
        if dtype == tf.int64:
            return whole_numbers.joined(*map(function, *map(whole_numbers.halves, tensors)))
        return None

    return of_any


def _both(x, y):
    """x & y of int32. x + y = (x ^ y) + 2 (x & y), here of all bits but the last, so that no sum is too large."""
    for constant, other in ((x, y), (y, x)):
        value = tf.get_static_value(constant)
        if value is not None and (value == np.iinfo(np.int32).min).all():
            return tf.where(other < 0, constant, tf.zeros_like(other))
    one = tf.ones([], tf.int32)
    upper_x, upper_y = tf.bitwise.right_shift(x, one), tf.bitwise.right_shift(y, one)
    upper = upper_x + upper_y - tf.bitwise.bitwise_xor(upper_x, upper_y)  # 2 (x & y) of the upper bits
    return upper + (x - 2 * upper_x) * (y - 2 * upper_y)


def _either(x, y):
    return tf.bitwise.bitwise_xor(x, y) + _both(x, y)


def _shifted(x, count):
    powers = tf.constant(np.left_shift(1, np.arange(32), dtype=np.int64).astype(np.int32))
    return x * tf.gather(powers, tf.clip_by_value(count, 0, 31))


def both(operation):
    return _in_32_bits(_both)(*operation.inputs)


def either(operation):
    return _in_32_bits(_either)(*operation.inputs)


def inverted(operation):
    (x,) = operation.inputs
    return x.dtype.max - x if x.dtype.is_unsigned else -1 - x


def shifted(operation):
    x, count = operation.inputs
    if x.dtype == tf.int64:
        return None
    return _in_32_bits(_shifted)(x, count)


REPLACEMENTS = {"BitwiseAnd": both, "BitwiseOr": either, "Invert": inverted, "LeftShift": shifted}

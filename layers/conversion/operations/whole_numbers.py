"""Arithmetic of 64-bit whole numbers, of which LiteRT has sums, products and remainders."""

import tensorflow as tf

WORD = 2**32


def quotient(x, y):
    """x / y of int64 tensors, where y divides x: quotients of float32, each of what those before left over."""
    result = tf.zeros_like(x)
    for _ in range(3):  # 24 bits each
        rest = tf.cast(x - result * y, tf.float32)
        result = result + tf.cast(tf.round(rest / tf.cast(y, tf.float32)), tf.int64)
    return result


def halves(x):
    """int64 -> its lower and upper 32 bits as int32."""
    low = tf.cast(x, tf.int32)
    return low, tf.cast(quotient(x - _without_sign(low), tf.constant(WORD, tf.int64)), tf.int32)


def joined(low, high):
    return _without_sign(low) + tf.cast(high, tf.int64) * WORD


def _without_sign(low):
    """The value of 32 bits, of which the first is no sign."""
    return tf.cast(low, tf.int64) + tf.cast(low < 0, tf.int64) * WORD


def of_64_bits(function):
    """`function` of an operation on int64; others the converter knows."""
    return lambda operation: function(operation) if operation.inputs[0].dtype == tf.int64 else None


def floor_quotient(operation):
    x, y = operation.inputs
    return quotient(x - tf.math.floormod(x, y), y)


def size(operation):
    (x,) = operation.inputs
    return tf.maximum(x, -x)


def sign(operation):
    (x,) = operation.inputs
    return tf.cast(x > 0, tf.int64) - tf.cast(x < 0, tf.int64)


def power(operation):
    """x^n by squares, for an n that is known."""
    x, n = operation.inputs[0], tf.get_static_value(operation.inputs[1])
    if n is None or n.ndim or n < 0:
        return None
    result = tf.ones_like(x)
    for digit in f"{n:b}":
        result = result * result * (x if digit == "1" else 1)
    return result


REPLACEMENTS = {"Abs": of_64_bits(size), "Pow": of_64_bits(power), "Sign": of_64_bits(sign)}

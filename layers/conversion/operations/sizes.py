"""Sizes that are computed from other sizes, by operations of which LiteRT knows the values before a call begins.

Of n + 1, n - 1, n // 2, max(n, 8) with n = tf.shape(x)[1] it learns the value in the midst of a call, where memory is
then planned anew; see `layers.conversion.products`. Of ranges and of the sizes of tensors it knows them before.
"""

import numpy as np
import tensorflow as tf

# Operations whose values LiteRT knows if it knows those of their inputs.
KNOWN = {"Const", "ConcatV2", "ExpandDims", "GatherV2", "Mul", "Neg", "Pack", "Prod", "Range", "Reshape"}


def _is_known(x):
    """Whether LiteRT knows the value of this tensor before a call, and it is no smaller than 0."""
    value = tf.get_static_value(x)
    if value is not None:
        return bool(np.all(value >= 0))
    kind = x.op.type
    if kind in ("Shape", "Size"):
        return True
    if kind == "StridedSlice":
        return _is_known(x.op.inputs[0])
    if kind in ("GatherV2", "Range", "Neg"):  # what is made here for a difference, which may be below 0
        return kind == "GatherV2" and x.op.inputs[0].op.type != "Range" and _is_known(x.op.inputs[0])
    return kind in KNOWN and all(map(_is_known, x.op.inputs))


def _of_sizes(function):
    """`function` of two numbers, where both are sizes and one of them is open."""

    def replacement(operation):
        x, y = operation.inputs
        open_ = tf.get_static_value(x) is None or tf.get_static_value(y) is None
        if x.dtype != tf.int32 or x.shape.rank != 0 or y.shape.rank != 0 or not open_:
            return None
        return function(x, y) if _is_known(x) and _is_known(y) else None

    return replacement


def _length(x):
    return tf.shape(x)[0]


def total(x, y):
    return _length(tf.range(-y, x))


def difference(x, y):
    """x - y, which may be below 0: the number x of those from -y on."""
    return tf.gather(tf.range(-y, total(x, tf.constant(1))), x)


def quotient(x, y):
    """x // y, as the count of the numbers up to x that y divides; 0 is one of them."""
    if tf.get_static_value(y) is None or tf.get_static_value(y) == 0:
        return None
    multiples = _length(tf.range(0, total(x, tf.constant(1)), y))
    return difference(multiples, tf.constant(1))


def remainder(x, y):
    whole = quotient(x, y)
    return None if whole is None else difference(x, whole * y)


def greater(x, y):
    """y, and what is left of x behind it."""
    return total(y, _length(tf.range(0, x)[y:]))


def smaller(x, y):
    return _length(tf.range(0, x)[:y])


REPLACEMENTS = {
    "AddV2": _of_sizes(total),
    "FloorDiv": _of_sizes(quotient),
    "FloorMod": _of_sizes(remainder),
    "Maximum": _of_sizes(greater),
    "Minimum": _of_sizes(smaller),
    "Sub": _of_sizes(difference),
}

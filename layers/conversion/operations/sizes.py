"""Sizes that are computed from other sizes, by operations of which LiteRT knows the values before a call begins.

Of n + 1, n // 2, max(n, 8) with n = tf.shape(x)[1] it learns the value in the midst of a call, where memory is then
planned anew; see `layers.conversion.products`. Of ranges, of their numbers and of the sizes of tensors it knows it
before. A number here is a size, which is never below 0, and an offset, which is known.
"""

import math

import numpy as np
import tensorflow as tf

from layers.conversion.operations import whole_numbers

# Operations whose values LiteRT knows if it knows those of their inputs.
KNOWN = {"Const", "ConcatV2", "ExpandDims", "GatherV2", "Mul", "Pack", "Prod", "Reshape"}


def is_size(x):
    """Whether LiteRT knows the value of this tensor before a call, and it is not below 0."""
    value = tf.get_static_value(x)
    if value is not None:
        return bool(np.all(value >= 0))
    kind, inputs = x.op.type, x.op.inputs
    if kind in ("Shape", "Size"):
        return True
    if kind in ("GatherV2", "StridedSlice"):
        return is_size(inputs[0])
    return kind in KNOWN and all(map(is_size, inputs))


def static(x):
    """The value of a tensor if it is known; the size of a known axis too, which TensorFlow asks of the whole shape."""
    value = tf.get_static_value(x)
    if value is not None or x.op.type != "StridedSlice" or x.op.inputs[0].op.type != "Shape" or x.shape.rank != 0:
        return value
    position = tf.get_static_value(x.op.inputs[1])
    shape = x.op.inputs[0].op.inputs[0].shape
    return None if position is None or shape.rank is None else shape[int(position[0])]


def of(x):
    """The size of each axis, a number where it is known."""
    return [tf.shape(x)[axis] if size is None else size for axis, size in enumerate(x.shape)]


def parts(x):
    """(size, offset); no size if the value is known, and None if LiteRT learns it in the midst of a call."""
    value = tf.get_static_value(x)
    if value is not None:
        return None, int(value)
    if hasattr(x, "_moved_from"):
        return x._moved_from
    return (x, 0) if is_size(x) else None


def _of_sizes(function):
    """`function` of two numbers, where both are sums of sizes and known numbers, and one of them is open."""

    def replacement(operation):
        x, y = operation.inputs
        if x.dtype != tf.int32 or x.shape.rank != 0 or y.shape.rank != 0:
            return None
        both = parts(x), parts(y)
        if None in both or both[0][0] is both[1][0] is None:
            return None
        return function(*both[0], *both[1])

    return replacement


def _length(x):
    return tf.shape(x)[0]


def _so_many(size):
    """As many zeros. Of a range LiteRT would know the numbers too, but no slice of it."""
    return tf.zeros(tf.reshape(size, [1]))


def _moved(size, offset):
    """size + offset."""
    if not offset:
        return size
    # Below the size, the number `size` of those from the offset on.
    moved = _sum(size, tf.constant(offset)) if offset > 0 else tf.gather(tf.range(offset, size), size)
    moved._moved_from = size, offset
    return moved


def _sum(size, other):
    return _length(tf.concat([_so_many(size), _so_many(other)], 0))


def total(x, p, y, q):
    base = _sum(x, y) if x is not None and y is not None else y if x is None else x
    return _moved(base, p + q)


def difference(x, p, y, q):
    return None if y is not None else _moved(x, p - q)


def product(x, p, y, q):
    """By a known number, which a size and its offset are multiplied by; products of sizes alone LiteRT knows."""
    if x is None:
        return product(y, q, x, p)
    return _moved(x * q, p * q) if y is None and p and q > 0 else None


def _at_least_0(x, p, divisor):
    """(x + p and a multiple of the divisor, how many times it was added)."""
    times = math.ceil(max(-p, 0) / divisor)
    return _moved(x, p + times * divisor), times


def quotient(x, p, y, q):
    """By a known number, as the count of the numbers that it divides."""
    if y is not None or q <= 0:
        return None
    size, times = _at_least_0(x, p, q)
    return _moved(_length(tf.range(0, _moved(size, 1), q)), -1 - times)  # 0 was counted too


def remainder(x, p, y, q):
    if y is not None or q <= 0:
        return None
    size, _ = _at_least_0(x, p, q)
    multiples = tf.range(0, _moved(size, 1), q)
    return _length(tf.range(tf.gather(multiples, _moved(_length(multiples), -1)), size))


def greater(x, p, y, q):
    """The second number, and what is left of the first behind it."""
    if x is None:
        return greater(y, q, x, p)
    if y is not None:
        return total(y, q, _length(_so_many(x)[y:]), 0) if p == q == 0 else None
    return _moved(_length(_so_many(x)[q - p :]), q) if q >= p else _moved(x, p)


def smaller(x, p, y, q):
    if x is None:
        return smaller(y, q, x, p)
    if y is not None:
        return _length(_so_many(x)[:y]) if p == q == 0 else None
    return _moved(_length(_so_many(x)[: q - p]), p) if q >= p else tf.constant(q)


def range_(operation):
    """A range of float32 between whole numbers as one of int32."""
    start, limit, step = operation.inputs
    values = [tf.get_static_value(x) for x in (start, step)]
    whole = limit.op.inputs[0] if limit.op.type == "Cast" else None
    if start.dtype != tf.float32 or whole is None or whole.dtype != tf.int32:
        return None
    if any(value is None or value != int(value) for value in values):
        return None
    return tf.cast(tf.range(int(values[0]), whole, int(values[1])), start.dtype)


def slice_(operation):
    """A slice of open size by its ends: of one by its size LiteRT does not know the size of before a call."""
    x, begin, size = operation.inputs
    begins, known = tf.get_static_value(begin), tf.get_static_value(size, partial=True)
    if begins is None or known is None or x.shape.is_fully_defined():
        return None
    ends, open_ = [], 0
    for axis, (start, count) in enumerate(zip(begins, known, strict=True)):
        open_ |= (count is not None and count < 0) << axis
        known_size = parts(size[axis])
        if count is not None:
            ends.append(int(start + count))
        else:
            ends.append(size[axis] + start if known_size is None else _moved(known_size[0], known_size[1] + int(start)))
    return tf.strided_slice(x, begin, tf.stack(ends), end_mask=open_)


def _floor_quotient(operation):
    if operation.inputs[0].dtype == tf.int64:
        return whole_numbers.floor_quotient(operation)
    return _of_sizes(quotient)(operation)


REPLACEMENTS = {
    "AddV2": _of_sizes(total),
    "FloorDiv": _floor_quotient,
    "FloorMod": _of_sizes(remainder),
    "Maximum": _of_sizes(greater),
    "Minimum": _of_sizes(smaller),
    "Mul": _of_sizes(product),
    "Range": range_,
    "Slice": slice_,
    "Sub": _of_sizes(difference),
}

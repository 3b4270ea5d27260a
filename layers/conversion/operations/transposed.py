"""Transposed convolutions, as of `Conv1DTranspose`: convolutions of the input with zeros between its steps.

LiteRT's own has no dilation, and learns its size in the midst of a call where any size is open.
"""

import tensorflow as tf

from layers.conversion.operations import sizes


def transposed(operation):
    """The gradient of a convolution, Conv2DBackpropInput, with the sizes (batch, height, width, channels) it is for."""
    shape, kernel, x = operation.inputs
    padding, wanted = operation.get_attr("padding"), _elements(shape)
    if operation.get_attr("data_format") != b"NHWC" or padding not in (b"SAME", b"VALID") or wanted is None:
        return None
    strides, dilations = operation.get_attr("strides"), operation.get_attr("dilations")
    native = x.shape.is_fully_defined() and max(dilations) == 1
    if native or kernel.shape[3] != x.shape[3]:
        return None
    margins = {}
    for axis in (1, 2):
        more = _beyond(wanted[axis], x, axis, strides[axis])
        if more is None:
            return None
        reach = (kernel.shape[axis - 1] - 1) * dilations[axis]
        before = max(reach + 1 - strides[axis] - more, 0) // 2 if padding == b"SAME" else 0
        margins[axis] = reach - before, before + more
    for axis in (1, 2):
        x = _padded(_spread(x, axis, strides[axis]), axis, *margins[axis])
    kernel = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
    return tf.nn.conv2d(x, kernel, 1, "VALID", dilations=dilations[1:3])


def _elements(x):
    """The numbers of a vector, each a tensor; None if it was not put together of them."""
    value = tf.get_static_value(x)
    if value is not None:
        return [tf.constant(number) for number in value]
    if x.op.type == "Pack":
        return [*x.op.inputs]
    if x.op.type != "ConcatV2":
        return None
    vectors = [_elements(part) for part in [*x.op.inputs][:-1]]
    return None if None in vectors else [element for vector in vectors for element in vector]


def _beyond(wanted, x, axis, stride):
    """By how much a size exceeds the axis times the stride; None if that is not the same in all calls."""
    value = tf.get_static_value(wanted)
    if value is not None:
        return None if x.shape[axis] is None else int(value) - x.shape[axis] * stride
    base, more = sizes.parts(wanted) or (None, 0)
    if base is not None and base.op.type == "Mul":
        others = [factor for factor in base.op.inputs if tf.get_static_value(factor) != stride]
        base = others[0] if len(others) == 1 else None
    elif stride > 1:
        return None
    return more if base is not None and _is_size_of(base, x, axis) else None


def _is_size_of(size, x, axis):
    """Whether a size was read from a tensor's shape, or from that of the series which has an axis less."""
    if size.op.type != "StridedSlice" or size.op.inputs[0].op.type != "Shape":
        return False
    source, place = size.op.inputs[0].op.inputs[0], int(tf.get_static_value(size.op.inputs[1])[0])
    if source is x:
        return place == axis
    return x.op.type == "ExpandDims" and source is x.op.inputs[0] and place == axis - 1


def _spread(x, axis, stride):
    """Each step of an axis with stride - 1 zeros behind it."""
    if stride == 1:
        return x
    shape = sizes.of(x)
    front = [-1, shape[1]] if axis == 1 else [-1, shape[2]]
    inner = shape[2] * shape[3] if axis == 1 else shape[3]
    apart = tf.reshape(x, tf.stack([*front, 1, inner]))
    apart = tf.pad(apart, [[0, 0], [0, 0], [0, stride - 1], [0, 0]])
    shape[axis] = shape[axis] * stride
    return tf.reshape(apart, tf.stack([-1, *shape[1:]]))


def _padded(x, axis, before, behind):
    """With so many zeros before and behind; with fewer steps behind for a number below 0."""
    if behind < 0:
        x, behind = (x[:, :behind] if axis == 1 else x[:, :, :behind]), 0
    return tf.pad(x, [[before, behind] if i == axis else [0, 0] for i in range(4)])


REPLACEMENTS = {"Conv2DBackpropInput": transposed}

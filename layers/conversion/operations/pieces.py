"""Parts of tensors: axes put in by `x[:, None]`, and diagonals."""

import numpy as np
import tensorflow as tf

from layers.conversion.operations import sizes

MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def slice_(operation):
    """x[:, None] and the like: the slice, and then each new axis. LiteRT puts in none where sizes are open."""
    x, *bounds = operation.inputs
    masks = {name: operation.get_attr(name) for name in MASKS}
    length = bounds[0].shape.num_elements()
    if _is_one_of_open(bounds, masks):
        return _at(x, bounds[0][length - 1], length - 1)
    if not masks["new_axis_mask"] or x.shape.rank is None or length is None:
        return None
    ellipsis = _position(masks["ellipsis_mask"])
    new = [i for i in range(length) if masks["new_axis_mask"] >> i & 1 and i != ellipsis]
    kept = [i for i in range(length) if i not in new]
    rest = {name: _of_kept(mask, kept) for name, mask in masks.items()}
    axes = _new_axes(length, new, ellipsis, masks["shrink_axis_mask"], x.shape.rank)
    if kept:
        x = tf.strided_slice(x, *(tf.gather(bound, kept) for bound in bounds), **rest)
    for axis in axes:
        x = tf.expand_dims(x, axis)
    return x


def _is_one_of_open(bounds, masks):
    """Whether it is x[:, i] of a computed i, whose end i + 1 LiteRT would know in the midst of a call alone."""
    begin = tf.get_static_value(bounds[0], partial=True)
    length = bounds[0].shape.num_elements()
    return bool(
        begin is not None and begin[-1] is None and masks["shrink_axis_mask"] == 1 << (length - 1)
        and all(masks[name] == (1 << length - 1) - 1 for name in ("begin_mask", "end_mask"))
        and not masks["ellipsis_mask"] and not masks["new_axis_mask"]
    )  # fmt: skip


def _at(x, index, axis):
    """x[:, i], from the end for i below 0."""
    return tf.gather(x, tf.where(index < 0, index + tf.shape(x, index.dtype)[axis], index), axis=axis)


def _position(mask):
    return mask.bit_length() - 1 if mask else None


def _of_kept(mask, kept):
    return sum((mask >> i & 1) << position for position, i in enumerate(kept))


def _new_axes(length, new, ellipsis, shrunk, rank):
    """Where the new axes stand in the result."""
    covered = rank - (length - len(new) - (ellipsis is not None))  # by the ellipsis
    axes, axis = [], 0
    for i in range(length):
        if i == ellipsis:
            axis += covered
        elif i in new:
            axes.append(axis)
            axis += 1
        elif not shrunk >> i & 1:
            axis += 1
    return axes


def diagonal(operation):
    """x[..., i, i + k] for one k, of matrices of any sizes."""
    x, k, _ = operation.inputs
    k = tf.get_static_value(k)
    if k is None or np.size(k) != 1:
        return None
    k = int(np.reshape(k, -1)[0])
    if k < 0:  # the diagonal k of a matrix is the diagonal -k of its transpose
        x, k = tf.linalg.matrix_transpose(x), -k
    rows, columns = (tf.range(tf.shape(x)[axis]) for axis in (-2, -1))
    chosen = tf.equal(tf.expand_dims(rows + k, 1), tf.expand_dims(columns, 0))
    picked = tf.where(chosen, x, tf.zeros_like(x))
    reduce = tf.reduce_any if x.dtype.is_bool else tf.reduce_sum
    height, width = x.shape[-2], x.shape[-1]
    if height is not None and width is not None:
        return reduce(picked, -1)[..., : min(height, width - k)]
    height, width = tf.shape(x)[-2], tf.shape(x)[-1]
    count = sizes.smaller(height, 0, width, 0) if k == 0 else tf.minimum(height, width - k)
    return reduce(picked, -1)[..., :count]


def matrix_of_diagonal(operation):
    """The square matrix with a vector on the diagonal k, zeros elsewhere."""
    x, k, rows, columns, padding = operation.inputs
    k, *defaults = (tf.get_static_value(value) for value in (k, rows, columns, padding))
    if k is None or np.size(k) != 1 or int(np.reshape(k, -1)[0]) == 0 or defaults != [-1, -1, 0]:
        return None
    k = int(np.reshape(k, -1)[0])
    padded = tf.pad(x, [*[[0, 0]] * (x.shape.rank - 1), [0, abs(k)]])
    places = tf.range(tf.shape(padded)[-1])
    chosen = tf.equal(tf.expand_dims(places + k, 1), tf.expand_dims(places, 0))
    return tf.where(chosen, tf.expand_dims(padded, -1 if k > 0 else -2), tf.zeros([], x.dtype))


def tensor_of_diagonal(operation):
    (x,) = operation.inputs
    return tf.linalg.diag(x) if x.shape.rank == 1 else None


def unpacked(operation):
    """One tensor for each number along an axis, of the types of which LiteRT unpacks none."""
    (x,) = operation.inputs
    if x.dtype in (tf.float32, tf.int32, tf.int8, tf.uint8, tf.int16, tf.bool):
        return None
    axis = operation.get_attr("axis")
    return [tf.gather(x, number, axis=axis) for number in range(operation.get_attr("num"))]


REPLACEMENTS = {
    "Diag": tensor_of_diagonal,
    "MatrixDiagPartV3": diagonal,
    "MatrixDiagV3": matrix_of_diagonal,
    "StridedSlice": slice_,
    "Unpack": unpacked,
}

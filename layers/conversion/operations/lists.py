"""Lists of tensors, what a `tf.TensorArray` is made of, as tensors of rows: outside of loops, or read in a loop alone.

What a loop writes is in `layers.conversion.arrays`.
"""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import dynamic_update_slice

from layers.conversion.operations import sizes


def rows_of(handle):
    """The items of a list in a graph, one a row; None if it is one without any."""
    writes, operation = [], handle.op
    while operation.type == "TensorListSetItem":
        writes.append((operation.inputs[1], operation.inputs[2]))
        operation = operation.inputs[0].op
    writes.reverse()
    if operation.type == "Placeholder":  # of a list that was made outside of this function
        outside = [tensor for tensor, inside in handle.graph.captures if inside is operation.outputs[0]]
        rows = rows_of(outside[0]) if outside and outside[0].dtype == tf.variant else None
    else:
        rows = operation.inputs[0] if operation.type == "TensorListFromTensor" else None
    if rows is None and writes:
        in_order = _in_order(writes, operation.inputs[1])
        rows = in_order if in_order is not None else empty(operation.inputs[1], writes[0][1])
        writes = [] if in_order is not None else writes
    for index, item in writes:
        rows = written(rows, index, item)
    return rows


def _in_order(writes, count):
    """The items of writes to the places 0, 1, 2 ... as one tensor; None if they are others, or not all."""
    places, count = [tf.get_static_value(index) for index, _ in writes], tf.get_static_value(count)
    if places != list(range(len(writes))) or count is None or count > len(writes):
        return None
    return tf.stack([item for _, item in writes])


def empty(count, item):
    """Zeros for so many rows like this one."""
    return tf.zeros(tf.stack([count, *sizes.of(item)]), item.dtype)


def written(rows, index, item):
    """The rows with one of them replaced."""
    start = tf.stack([tf.cast(index, tf.int32), *[0] * (rows.shape.rank - 1)])
    return tf.ensure_shape(dynamic_update_slice(rows, tf.expand_dims(item, 0), start), rows.shape)


def _by_rows(function):
    def replacement(operation):
        rows = rows_of(operation.inputs[0])
        return None if rows is None else function(rows, *operation.inputs[1:])

    return replacement


REPLACEMENTS = {
    "TensorListGather": _by_rows(lambda rows, indices, *_: tf.gather(rows, indices)),
    "TensorListGetItem": _by_rows(lambda rows, index, *_: tf.gather(rows, index)),
    "TensorListLength": _by_rows(lambda rows: tf.shape(rows)[0]),
    "TensorListStack": _by_rows(lambda rows, *_: rows),
}

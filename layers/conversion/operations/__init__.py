"""Operations of TensorFlow that LiteRT lacks, computed by those it has, wherever a model uses them.

    with operations.replaced():
        concrete = tf.function(model).get_concrete_function(specification)

Each file holds a table, {operation of TensorFlow: function}. A function takes the operation that was just made and
gives what takes the place of its outputs, or None where the converter does well with it. `keras.ops`, layers of Keras
and functions of TensorFlow are all made of these operations, so it makes no difference which of them a model uses.
"""

import contextlib

from tensorflow.python.framework import op_callbacks

from layers.conversion.operations import (
    bits,
    counts,
    curves,
    labels,
    lists,
    orders,
    pieces,
    pooling,
    products,
    sizes,
    sums,
    transposed,
    whole_numbers,
)

REPLACEMENTS = {
    **bits.REPLACEMENTS, **counts.REPLACEMENTS, **curves.REPLACEMENTS, **labels.REPLACEMENTS, **lists.REPLACEMENTS,
    **orders.REPLACEMENTS, **pieces.REPLACEMENTS, **pooling.REPLACEMENTS, **products.REPLACEMENTS,
    **sizes.REPLACEMENTS, **sums.REPLACEMENTS, **transposed.REPLACEMENTS,
    **whole_numbers.REPLACEMENTS,
}  # fmt: skip


@contextlib.contextmanager
def replaced():
    """Inside, in this thread, what is put into a graph is what LiteRT has."""
    if _replace in op_callbacks.context.context().op_callbacks:  # a second one would undo what the first one gives
        yield
        return
    op_callbacks.add_op_callback(_replace)
    try:
        yield
    finally:
        op_callbacks.remove_op_callback(_replace)


def _replace(kind, inputs, attributes, outputs, op_name=None, graph=None):
    """What TensorFlow calls after each operation; `graph` is None where it was run and not put into one."""
    if graph is None or not outputs:
        return None
    return in_place_of(outputs[0].op)


def in_place_of(operation):
    """The tensors that take the place of an operation's outputs; None if those are fine."""
    function = REPLACEMENTS.get(operation.type)
    outputs = function(operation) if function is not None else None
    if outputs is None:
        return None
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for ours, theirs in zip(outputs, operation.outputs, strict=True):
        ours.set_shape(theirs.shape)
    return outputs

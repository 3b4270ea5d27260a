"""The loop over time that LiteRT runs with builtin operations alone, for any batch and any number of steps."""

import math

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import dynamic_update_slice

BLOCK = 32  # steps; the fastest of 16, 32 and 64 on a CPU at 64 to 256 units and 256 to 1024 steps


def portable_loop(step, inputs, states, output_shape, return_sequences, output_dtype=None):
    """The loop that converts to LiteRT: no TensorArray, so that neither batch nor time needs to be known.

    An output is written into a row of a tensor, and LiteRT copies the whole tensor to do so: with all outputs in one,
    the time of a sequence would grow with its length squared. So a loop inside the loop writes a block of steps, and
    the outer one writes the block. All blocks are of one size, the last one reaches behind the sequence: of a block of
    so many steps as there are left LiteRT would learn the size in the midst of a call (see `products`). For conversion
    alone: TensorFlow can write a row like this only under XLA.

    States and outputs may have any axes behind the batch. They pass from step to step as (batch, numbers), which LiteRT
    writes by the row, where it would write (batch, height, width, channels) by the pixel.

    output_shape: of an output, without the batch; numbers, or scalar tensors where they are known only in a call.
    output_dtype: the states' by default.
    """
    sequence = tf.nest.flatten(inputs)[0]
    batch, time = tf.shape(sequence)[1], tf.shape(sequence)[0]
    shapes = [_without_batch(state) for state in states]
    step = _on_rows(step, shapes, output_shape)
    states = [_row(state, shape) for state, shape in zip(states, shapes, strict=True)]
    zeros = tf.zeros([batch, _count(output_shape)], output_dtype or states[-1].dtype)
    outputs, states = (_all_outputs if return_sequences else _last_output)(step, inputs, time, states, zeros)
    if return_sequences:
        outputs.set_shape([sequence.shape[0], None, outputs.shape[2]])
    states = [_unrow(state, shape) for state, shape in zip(states, shapes, strict=True)]
    return _unrow(outputs, output_shape), states


def _without_batch(tensor):
    """The shape behind the batch, in numbers; a scalar tensor for an axis that is known only in a call."""
    return [size if size is not None else tf.shape(tensor)[axis] for axis, size in enumerate(tensor.shape)][1:]


def _count(shape):
    """How many numbers there are; a tensor where an axis is one."""
    known = [size for size in shape if isinstance(size, int)]
    return math.prod(known) if len(known) == len(shape) else tf.reduce_prod(tf.stack(list(shape)))


def _row(tensor, shape):
    """(batch, ...) -> (batch, numbers)"""
    row = tensor if len(shape) == 1 else tf.reshape(tensor, [-1, _count(shape)])
    return tf.ensure_shape(row, [None, row.shape[1]])


def _unrow(rows, shape):
    """(..., numbers) -> (..., *shape)"""
    if len(shape) == 1:
        return rows
    if len(rows.shape) == 2:
        return tf.reshape(rows, [-1, *shape])
    return tf.reshape(rows, [*tf.unstack(tf.shape(rows)[:2]), *shape])


def _on_rows(step, shapes, output_shape):
    """A step of states in their own shapes as one of rows."""

    def on_rows(x, rows):
        output, states = step(x, [_unrow(row, shape) for row, shape in zip(rows, shapes, strict=True)])
        rows = [_row(state, shape) for state, shape in zip(states, shapes, strict=True)]
        return _row(output, output_shape), rows

    return on_rows


def _at(inputs, t):
    return tf.nest.map_structure(lambda x: tf.gather(x, t), inputs)


def _last_output(step, inputs, time, states, zeros):
    """-> (batch, size) after `time` steps, states."""

    def body(t, output, *states):
        output, states = step(_at(inputs, t), list(states))
        return t + 1, output, *states

    _, output, *states = _while(time, body, zeros, states)
    return output, states


def _all_outputs(step, inputs, time, states, zeros):
    """-> (time, batch, size), states."""

    def body(start, outputs, *states):
        count = tf.minimum(BLOCK, time - start)
        block, states = _block(step, inputs, start, count, states, zeros)
        return start + count, _write(outputs, start, block), *states

    sizes = [tf.shape(zeros)[0], zeros.shape[1] or tf.shape(zeros)[1]]
    outputs = tf.concat([tf.zeros([rows, *sizes], zeros.dtype) for rows in (time, BLOCK)], 0)
    _, outputs, *states = _while(time, body, outputs, states)
    return outputs[:-BLOCK], states


def _block(step, inputs, start, count, states, zeros):
    """`count` steps from `start` on -> (BLOCK, batch, size), zeros behind them, states."""

    def body(t, outputs, *states):
        output, states = step(_at(inputs, start + t), list(states))
        return t + 1, _write(outputs, t, tf.expand_dims(output, 0)), *states

    outputs = tf.zeros([BLOCK, tf.shape(zeros)[0], zeros.shape[1] or tf.shape(zeros)[1]], zeros.dtype)
    _, outputs, *states = _while(count, body, outputs, states)
    return outputs, states


def _while(end, body, outputs, states):
    """Runs body(t, outputs, *states) from t = 0 to `end`, whatever batch and time are."""
    unknown = [tf.TensorShape([None] * (len(x.shape) - 1) + [x.shape[-1]]) for x in (outputs, *states)]
    invariants = (tf.TensorShape([]), *unknown)
    return tf.while_loop(lambda t, *_: t < end, body, (0, outputs, *states), shape_invariants=invariants)


def _write(sequence, start, rows):
    """`sequence` (time, batch, size) with its rows from `start` on replaced."""
    written = dynamic_update_slice(sequence, rows, tf.stack([start, 0, 0]))
    return tf.ensure_shape(written, [None, None, sequence.shape[2]])

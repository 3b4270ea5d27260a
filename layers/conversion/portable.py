"""The loop over time that LiteRT runs with builtin operations alone, for any batch and any number of steps."""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import dynamic_update_slice

from layers.on_tensorflow.loops import first

BLOCK = 32  # steps; the fastest of 16, 32 and 64 on a CPU at 64 to 256 units and 256 to 1024 steps


def portable_loop(step, inputs, states, output_size, return_sequences):
    """The loop that converts to LiteRT: no TensorArray, so that neither batch nor time needs to be known.

    An output is written into a row of a tensor, and LiteRT copies the whole tensor to do so: with all outputs in one,
    the time of a sequence would grow with its length squared. So a loop inside the loop writes a block of steps, and
    the outer one writes the block. All blocks are of one size, the last one reaches behind the sequence: of a block of
    so many steps as there are left LiteRT would learn the size in the midst of a call (see `products`). For conversion
    alone: TensorFlow can write a row like this only under XLA.
    """
    time = tf.shape(first(inputs))[0]
    states = [tf.ensure_shape(state, [None, state.shape[1]]) for state in states]
    if not return_sequences:
        return _last_output(step, inputs, time, states, output_size)

    def body(start, outputs, *states):
        count = tf.minimum(BLOCK, time - start)
        block, states = _outputs(step, inputs, start, count, states, output_size)
        return start + count, _write(outputs, start, block), *states

    sizes = [tf.shape(states[0])[0], output_size]
    outputs = tf.concat([tf.zeros([rows, *sizes], states[-1].dtype) for rows in (time, BLOCK)], 0)
    _, outputs, *states = _while(time, body, outputs, states)
    outputs = outputs[:-BLOCK]
    outputs.set_shape([first(inputs).shape[0], None, output_size])
    return outputs, states


def _at(inputs, t):
    return tf.nest.map_structure(lambda x: tf.gather(x, t), inputs)


def _last_output(step, inputs, time, states, output_size):
    """-> (batch, size) after `time` steps, states."""

    def body(t, output, *states):
        output, states = step(_at(inputs, t), list(states))
        return t + 1, output, *states

    output = tf.zeros([tf.shape(states[0])[0], output_size], states[-1].dtype)
    _, output, *states = _while(time, body, output, states)
    return output, states


def _outputs(step, inputs, start, count, states, output_size):
    """`count` steps from `start` on -> (BLOCK, batch, size), zeros behind them, states."""

    def body(t, outputs, *states):
        output, states = step(_at(inputs, start + t), list(states))
        return t + 1, _write(outputs, t, tf.expand_dims(output, 0)), *states

    outputs = tf.zeros([BLOCK, tf.shape(states[0])[0], output_size], states[-1].dtype)
    _, outputs, *states = _while(count, body, outputs, states)
    return outputs, states


def _while(end, body, outputs, states):
    """Runs body(t, outputs, *states) from t = 0 to `end`, whatever batch and time are."""
    unknown = [tf.TensorShape([None] * (len(x.shape) - 1) + [x.shape[-1]]) for x in (outputs, *states)]
    invariants = (tf.TensorShape([]), *unknown)
    return tf.while_loop(lambda t, *_: t < end, body, (0, outputs, *states), shape_invariants=invariants)


def _write(sequence, start, rows):
    """`sequence` (time, batch, size) with its rows from `start` on replaced."""
    return tf.ensure_shape(dynamic_update_slice(sequence, rows, tf.stack([start, 0, 0])), [None, None, rows.shape[2]])

"""Whole sequences on TensorFlow for any cell of two products and an elementwise rest, with its gradient by hand.

The loops are those of `steps`. The gradients of W, U, x and the biases are one product or sum each, after
the loop (TensorFlow's own loops add them up step by step).

What a step saves for the backward pass stays an element of a TensorArray: gathering all steps into one tensor would
move more bytes than the products read. Under XLA the opposite holds, and x_t W is computed in the loop, where x_t is
still in the cache.
"""

import tensorflow as tf
from tensorflow.python.eager import record

from layers.on_tensorflow import steps
from layers.on_tensorflow.loops import compiles_with_xla, stack


def _reader(array):
    """-> a function of t that gives the array's element."""
    if not compiles_with_xla():
        return array.read
    values = array.stack()
    return lambda t: values[t]


def rows(sequence):
    """(time, batch, size) -> (time x batch, size)"""
    return tf.reshape(sequence, [-1, sequence.shape[-1]])


def _projection(inputs, kernel, bias):
    """-> a function of t that gives a_t (batch, gates x units)."""
    if compiles_with_xla():
        return lambda t: tf.matmul(inputs[t], kernel) + bias
    shape = tf.concat([tf.shape(inputs)[:2], tf.shape(bias)], 0)
    projected = tf.reshape(tf.matmul(rows(inputs), kernel) + bias, shape)
    projected.set_shape([*inputs.shape[:2], bias.shape[0]])
    return lambda t: projected[t]


def weight_gradients(inputs, hidden, back):
    """Of W, b, U, b', from x_t, h_{t-1} and the gradients of the gates, all steps of each in rows."""
    a, p = back[0], back[-1]
    ones = tf.ones([1, tf.shape(a)[0]], a.dtype)  # a product adds up rows faster than a sum does
    sums = [tf.matmul(ones, gradient)[0] for gradient in back]
    return tf.matmul(inputs, a, transpose_a=True), sums[0], tf.matmul(hidden, p, transpose_a=True), sums[-1]


def plain(cell, hidden_mask, all_states):
    """-> a function (inputs, W, b, U, b', *states) that gives [the sequence of h] or, with `all_states`, all sequences.

    inputs (time, batch, features), states (batch, units) each, sequences (time, batch, units).
    """

    def run(inputs, *weights_and_states):
        return _forward(cell, hidden_mask, all_states, False, inputs, *weights_and_states)[0]

    return run


def fast(cell, hidden_mask, all_states):
    """As `plain`, but the function also gives a function of the sequences' gradients that gives all others."""

    def run(inputs, *weights_and_states):
        with record.stop_recording():
            sequences, whole, saved, kept = _forward(cell, hidden_mask, all_states, True, inputs, *weights_and_states)
        saved, kept = steps.left(saved), steps.left(kept)
        kernel, _, recurrent_kernel, _, *states = weights_and_states

        def gradient(*gradients):
            back = _arrays(cell, inputs, [cell.gates] * (1 if cell.additive else 2))
            first, back = steps.backward(
                steps.step_of(cell), tf.transpose(recurrent_kernel), hidden_mask, _time(inputs),
                [_reader(array) for array in saved], [_reader(array) for array in kept], gradients,
                [tf.zeros_like(state) for state in states], back,
            )  # fmt: skip
            shape = [tf.shape(inputs)[1], cell.gates * cell.units]
            back = [tf.reshape(stack(array, shape), [-1, shape[1]]) for array in back]
            d_inputs = tf.reshape(tf.matmul(back[0], tf.transpose(kernel)), tf.shape(inputs))
            before = rows(steps.hidden(whole[:-1], hidden_mask))
            return d_inputs, *weight_gradients(rows(inputs), before, back), *first

        return sequences, gradient

    return run


def _forward(cell, hidden_mask, all_states, saving, inputs, kernel, bias, recurrent_kernel, recurrent_bias, *states):
    """-> what is asked for, h from before the first step on, and the arrays that the backward pass reads."""
    step = steps.step_of(cell)
    gates = steps.gates_at(cell, _projection(inputs, kernel, bias), recurrent_kernel, recurrent_bias, hidden_mask)
    saved = _arrays(cell, inputs, step.sizes) if saving else []
    kept = _arrays(cell, inputs, [1 for _ in (states if saving or all_states else states[:1])], more=1)
    _, saved, kept = steps.forward(step, gates, _time(inputs), list(states), saved, kept, saving)
    whole = [array.stack() for array in (kept if all_states else kept[:1])]
    sequences = [states[1:] for states in whole]
    for sequence in sequences:
        sequence.set_shape([*inputs.shape[:2], cell.units])
    return sequences, whole[0], saved, kept


def _time(inputs):
    return tf.shape(inputs)[0] if inputs.shape[0] is None else inputs.shape[0]


def _arrays(cell, inputs, sizes, more=0):
    """Arrays of as many elements as there are steps and `more`, of so many times the cell's units."""
    return [steps.array(_time(inputs) + more, inputs.dtype, [inputs.shape[1], size * cell.units]) for size in sizes]

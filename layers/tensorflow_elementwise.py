"""Whole sequences on TensorFlow through any cell that is two products and an elementwise rest, its gradient by hand.

The loops are those of `tensorflow_steps`. The gradients of W, U, x and the biases are one product or sum each, after
the loop (TensorFlow's own loops add them up step by step).

What a step leaves for the way back stays where it is, as an element of a TensorArray: to gather all steps into one
tensor would move more bytes than the products read. Under XLA it is the other way round, and x_t W is computed in the
loop, where x_t is still in the cache.
"""

import tensorflow as tf

from layers import tensorflow_steps as steps
from layers.tensorflow_loops import compiles_with_xla, stack


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


def sequences(cell, inputs, states, hidden_mask, training, all_states):
    """-> [the sequence of h] or, with `all_states`, that of each state: (time, batch, units).

    inputs (time, batch, features), states (batch, units) each. Without `training` nothing is kept for the way back.
    """
    if inputs.shape[0] == 0:  # XLA cannot read an element of none, even in a loop of no steps
        one = tf.pad(inputs, [[0, 1], [0, 0], [0, 0]])
        return [sequence[:0] for sequence in sequences(cell, one, states, hidden_mask, training, all_states)]
    dtype, time, batch = inputs.dtype, inputs.shape[0], inputs.shape[1]
    time = tf.shape(inputs)[0] if time is None else time
    weights = [tf.convert_to_tensor(weight, dtype) for weight in cell.all_weights()]
    step = steps.step_of(cell)

    def run(inputs, kernel, bias, recurrent_kernel, recurrent_bias, *states):
        gates = steps.gates_at(
            cell, _projection(inputs, kernel, bias), recurrent_kernel, recurrent_bias, hidden_mask
        )  # fmt: skip
        saved = [steps.array(time, dtype, [batch, size * cell.units]) for size in step.sizes if training]
        kept = states if training or all_states else states[:1]
        kept = [steps.array(time + 1, dtype, state.shape) for state in kept]
        _, saved, kept = steps.forward(step, gates, time, list(states), saved, kept, training)
        whole = [array.stack() for array in (kept if all_states else kept[:1])]

        def gradient(*gradients):
            count = 1 if cell.additive else 2
            first, back = steps.backward(
                step, tf.transpose(recurrent_kernel), hidden_mask, time, [_reader(array) for array in saved],
                [_reader(array) for array in kept], gradients, [tf.zeros_like(state) for state in states],
                [steps.array(time, dtype, [batch, cell.gates * cell.units]) for _ in range(count)],
            )  # fmt: skip
            shape = [tf.shape(inputs)[1], cell.gates * cell.units]
            back = [tf.reshape(stack(array, shape), [-1, shape[1]]) for array in back]
            d_inputs = tf.reshape(tf.matmul(back[0], tf.transpose(kernel)), tf.shape(inputs))
            before = rows(steps.hidden(whole[0][:-1], hidden_mask))
            return d_inputs, *weight_gradients(rows(inputs), before, back), *first

        return [sequence[1:] for sequence in whole], gradient

    found = tf.custom_gradient(run)(inputs, *weights, *states) if training else run(inputs, *weights, *states)[0]
    for sequence in found:
        sequence.set_shape([inputs.shape[0], batch, cell.units])
    return found

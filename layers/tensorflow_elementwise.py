"""Training loop on TensorFlow for any cell that is two products and an elementwise rest, with its gradient by hand.

    a_t = x_t W + b,   p_t = (h_{t-1} * m) U + b'          m: the recurrent dropout's mask, if any
    states_t = combine(a_t, p_t, states_{t-1})             elementwise

Backwards, the loop does only what depends on the step after: the elementwise part's gradient, differentiated by
TensorFlow while the graph is made, and one product dp_t U'. The gradients of W, U, x and the biases are one product or
sum each, after the loop (TensorFlow's own loops add them up step by step).

At a masked step the state stays: states_t = states_{t-1}. Under XLA the elementwise part is one kernel, and x_t W is
computed in the loop, where it is still in the cache; elsewhere it is one product before the loop, for fewer operations.
"""

import tensorflow as tf

from layers.tensorflow_loops import compiles_with_xla


def _array(time, like):
    return tf.TensorArray(like.dtype, time, element_shape=like.shape)


def _later(values, first):
    """The sequence one step late: first, values_0, ..., values_{n-2}."""
    return tf.concat([tf.expand_dims(first, 0), values[:-1]], 0)


def _rows(sequence):
    """(time, batch, size) -> (time x batch, size)"""
    return tf.reshape(sequence, [-1, sequence.shape[-1]])


def _projection(inputs, kernel, bias):
    """-> a function of t that gives a_t (batch, gates x units)."""
    if compiles_with_xla():
        return lambda t: tf.matmul(inputs[t], kernel) + bias
    shape = tf.concat([tf.shape(inputs)[:2], tf.shape(bias)], 0)
    projected = tf.reshape(tf.matmul(_rows(inputs), kernel) + bias, shape)
    projected.set_shape([*inputs.shape[:2], bias.shape[0]])
    return lambda t: projected[t]


def _step(cell, mask):
    """The elementwise part of step t, from [a_t, p_t] or, in an additive cell, [a_t + p_t]: -> states."""

    def step(t, gates, states):
        following = cell.combine(*gates, *([0.0] if cell.additive else []), states)
        if mask is None:
            return following
        keep = tf.expand_dims(mask[t], -1)  # (batch, 1)
        return [tf.where(keep, new, old) for new, old in zip(following, states, strict=True)]

    return step


def _forward(step, time, gates_at, states):
    """-> what `gates_at(t, h)` gave at all steps, (time, batch, gates x units) each, and the sequence of each state."""
    kept = [_array(time, tensor) for tensor in (*gates_at(0, states[0]), *states)]

    def body(t, states, kept):
        gates = gates_at(t, states[0])
        states = step(t, gates, states)
        return t + 1, states, [a.write(t, new) for a, new in zip(kept, (*gates, *states), strict=True)]

    _, _, kept = tf.while_loop(
        lambda t, *_: t < time, body, (0, list(states), kept), maximum_iterations=time, parallel_iterations=1
    )
    sequences = [array.stack() for array in kept]
    return sequences[: -len(states)], sequences[-len(states) :]


def _backward(step, saved, before, product, gradients):
    """-> the gradients of what was saved, and of the initial states; `gradients`: of outputs and of last states."""
    outputs, last = gradients
    time, count = tf.shape(outputs)[0], len(saved)

    def body(t, following, kept):
        inputs = [sequence[t] for sequence in (*saved, *before)]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            states = step(t, inputs[:count], inputs[count:])
        following = [following[0] + outputs[t], *following[1:]]
        back = tape.gradient(states, inputs, following, unconnected_gradients="zero")
        gates, earlier = back[:count], back[count:]
        earlier[0] += product(gates[-1])
        return t - 1, earlier, [a.write(t, gradient) for a, gradient in zip(kept, gates, strict=True)]

    kept = [_array(time, gates[0]) for gates in saved]
    _, first, kept = tf.while_loop(
        lambda t, *_: t >= 0, body, (time - 1, last, kept), maximum_iterations=time, parallel_iterations=1
    )
    return [array.stack() for array in kept], first


def elementwise_loop(cell, inputs, states, mask, hidden_mask):
    """-> the outputs (time, batch, units) and the last states; inputs (time, batch, features)."""
    step, dtype = _step(cell, mask), inputs.dtype
    weights = [tf.convert_to_tensor(weight, dtype) for weight in cell.all_weights()]
    drop = (lambda h: h) if hidden_mask is None else (lambda h: h * hidden_mask)

    @tf.custom_gradient
    def run(inputs, kernel, bias, recurrent_kernel, recurrent_bias, *states):
        projection = _projection(inputs, kernel, bias)

        def gates_at(t, h):
            recurrent = tf.matmul(drop(h), recurrent_kernel)
            recurrent = recurrent + recurrent_bias if cell.recurrent_bias else recurrent
            return [projection(t) + recurrent] if cell.additive else [projection(t), recurrent]

        saved, sequences = _forward(step, tf.shape(inputs)[0], gates_at, states)

        def gradient(outputs, *last):
            before = [_later(sequence, state) for sequence, state in zip(sequences, states, strict=True)]
            transposed = tf.transpose(recurrent_kernel)  # a product with a transposed right side is slower
            back, first = _backward(
                step, saved, before, lambda p: drop(tf.matmul(p, transposed)), (outputs, list(last))
            )
            a, p = _rows(back[0]), _rows(back[-1])
            d_inputs = tf.reshape(tf.matmul(a, tf.transpose(kernel)), tf.shape(inputs))
            d_kernel = tf.matmul(_rows(inputs), a, transpose_a=True)
            d_recurrent = tf.matmul(_rows(drop(before[0])), p, transpose_a=True)
            return d_inputs, d_kernel, tf.reduce_sum(a, 0), d_recurrent, tf.reduce_sum(p, 0), *first

        return (sequences[0], *(sequence[-1] for sequence in sequences)), gradient

    outputs, *last = run(inputs, *weights, *states)
    outputs.set_shape([inputs.shape[0], inputs.shape[1], cell.units])
    return outputs, last

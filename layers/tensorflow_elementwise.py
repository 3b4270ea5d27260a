"""Training loop on TensorFlow for any cell that is a product and an elementwise rest, with its gradient by hand.

    p_t = (h_{t-1} * m) U + b'             m: the recurrent dropout's mask, if any
    states_t = combine(a_t, p_t, states_{t-1})      a = x W + b for all steps, computed before the loop

Backwards, the loop does only what depends on the step after: the elementwise part's gradient, differentiated by
TensorFlow while the graph is made, and one product dp_t U'. The gradients of U and b' are one product and one sum after
the loop; those of W, b and x one product each, outside (TensorFlow's own loops add them up step by step).

At a masked step the state stays: states_t = states_{t-1}. Compiles under XLA, where the elementwise part is one kernel.
"""

import tensorflow as tf


def _sequence(dtype, time, like):
    return tf.TensorArray(dtype, time, element_shape=like.shape)


def _later(values, first):
    """The sequence one step late: first, values_0, ..., values_{n-2}."""
    return tf.concat([tf.expand_dims(first, 0), values[:-1]], 0)


def _step(cell, mask):
    """The elementwise part of step t: (a or a_t, p_t, states) -> states."""

    def step(t, projected, recurrent, states):
        following = cell.combine(projected, recurrent, states)
        if mask is None:
            return following
        keep = tf.expand_dims(mask[t], -1)  # (batch, 1)
        return [tf.where(keep, new, old) for new, old in zip(following, states, strict=True)]

    return step


def _forward(step, projected, product, states):
    """-> the recurrent products (time, batch, gates x units) and the sequence of each state (time, batch, units)."""
    time = tf.shape(projected)[0]
    products = _sequence(projected.dtype, time, projected[0])
    kept = [_sequence(state.dtype, time, state) for state in states]

    def body(t, states, products, kept):
        recurrent = product(states[0])
        following = step(t, projected[t], recurrent, states)
        kept = [array.write(t, new) for array, new in zip(kept, following, strict=True)]
        return t + 1, following, products.write(t, recurrent), kept

    _, _, products, kept = tf.while_loop(
        lambda t, *_: t < time,
        body,
        (0, list(states), products, kept),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return products.stack(), [array.stack() for array in kept]


def _backward(step, saved, before, kernel, hidden_mask, gradients):
    """-> d projected, d recurrent products, d initial states; `gradients`: of the outputs, and of the last states."""
    projected, products = saved
    outputs, last = gradients
    transposed = tf.transpose(kernel)  # a product with a transposed right side is three times slower
    time = tf.shape(projected)[0]
    arrays = [_sequence(projected.dtype, time, projected[0]) for _ in saved]

    def body(t, following, arrays):
        inputs = [projected[t], products[t], *(states[t] for states in before)]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            states = step(t, inputs[0], inputs[1], inputs[2:])
        following = [following[0] + outputs[t], *following[1:]]
        a, p, *earlier = tape.gradient(states, inputs, following, unconnected_gradients="zero")
        hidden = tf.matmul(p, transposed)
        earlier[0] += hidden if hidden_mask is None else hidden * hidden_mask
        return t - 1, earlier, [array.write(t, gradient) for array, gradient in zip(arrays, (a, p), strict=True)]

    _, first, arrays = tf.while_loop(
        lambda t, *_: t >= 0,
        body,
        (time - 1, last, arrays),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return *(array.stack() for array in arrays), first


def elementwise_loop(cell, projected, states, mask, hidden_mask):
    """-> the outputs (time, batch, units) and the last states; projected (time, batch, gates x units)."""
    kernel, bias = cell.recurrent_weights()
    kernel = tf.convert_to_tensor(kernel, projected.dtype)
    step = _step(cell, mask)
    count = 2 if bias is None else 3

    @tf.custom_gradient
    def run(*tensors):
        projected, kernel, *rest = tensors[:count]
        states = tensors[count:]

        def product(hidden):
            recurrent = tf.matmul(hidden if hidden_mask is None else hidden * hidden_mask, kernel)
            return recurrent + rest[0] if rest else recurrent

        products, sequences = _forward(step, projected, product, states)

        def gradient(outputs, *last):
            before = [_later(sequence, state) for sequence, state in zip(sequences, states, strict=True)]
            a, p, first = _backward(
                step, (projected, products), before, kernel, hidden_mask, (outputs, list(last))
            )
            hidden = before[0] if hidden_mask is None else before[0] * hidden_mask
            rows = tf.reshape(p, [-1, p.shape[-1]])
            d_kernel = tf.matmul(tf.reshape(hidden, [-1, hidden.shape[-1]]), rows, transpose_a=True)
            return a, d_kernel, *([tf.reduce_sum(rows, 0)] if rest else []), *first

        return (sequences[0], *(sequence[-1] for sequence in sequences)), gradient

    outputs, *last = run(projected, kernel, *([] if bias is None else [bias]), *states)
    outputs.set_shape([projected.shape[0], projected.shape[1], cell.units])
    return outputs, last

"""Whole sequences on TensorFlow through any cell that is two products and an elementwise rest, its gradient by hand.

    a_t = x_t W + b,   p_t = (h_{t-1} * m) U + b'          m: the recurrent dropout's mask, if any
    states_t = combine(a_t, p_t, states_{t-1})             elementwise

Backwards, the loop does only what depends on the step after: the elementwise part's gradient, differentiated by
TensorFlow while the graph is made, and one product dp_t U'. The gradients of W, U, x and the biases are one product or
sum each, after the loop (TensorFlow's own loops add them up step by step).

What a step leaves for the way back stays where it is, as an element of a TensorArray: to gather all steps into one
tensor would move more bytes than the products read. Under XLA it is the other way round, and x_t W is computed in the
loop, where x_t is still in the cache.
"""

import tensorflow as tf

from layers.tensorflow_loops import compiles_with_xla


def _array(time, dtype, shape):
    return tf.TensorArray(dtype, time, element_shape=shape, clear_after_read=False)


def _reader(array):
    """-> a function of t that gives the array's element."""
    if not compiles_with_xla():
        return array.read
    values = array.stack()
    return lambda t: values[t]


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


def _combine(cell, gates, states):
    """The elementwise part, from [a_t, p_t] or, in an additive cell, [a_t + p_t]."""
    return cell.combine(*gates, *([0.0] if cell.additive else []), states)


def _forward(cell, gates_at, time, states, gates, kept):
    """Runs all steps -> the arrays `gates`, and `kept` of as many states, filled; a state's element 0 is the first."""
    kept = [array.write(0, state) for array, state in zip(kept, states, strict=False)]

    def body(t, states, gates, kept):
        new = gates_at(t, states[0])
        states = _combine(cell, new, states)
        gates = [array.write(t, gate) for array, gate in zip(gates, new, strict=False)]
        return t + 1, states, gates, [a.write(t + 1, state) for a, state in zip(kept, states, strict=False)]

    # XLA has to know it for TensorFlow's own gradient (outside of training); elsewhere it is a counter more a step.
    limit = time if compiles_with_xla() else None
    _, _, gates, kept = tf.while_loop(
        lambda t, *_: t < time, body, (0, states, gates, kept), maximum_iterations=limit, parallel_iterations=1
    )
    return gates, kept


def _backward(cell, product, time, gates, states, gradients, kept):
    """-> the arrays `kept`, filled with the gradients of the gates, and the gradients of the first states.

    gates, states: functions of t for what the way forward left; gradients: of the outputs, a sequence each.
    """

    def body(t, following, kept):
        inputs = [read(t) for read in (*gates, *states)]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            new = _combine(cell, inputs[: len(gates)], inputs[len(gates) :])
        given = [state + outputs[t] for state, outputs in zip(following, gradients, strict=False)]
        given += following[len(given) :]
        back = tape.gradient(new, inputs, given, unconnected_gradients="zero")
        earlier = back[len(gates) :]
        earlier[0] += product(back[len(gates) - 1])
        return t - 1, earlier, [a.write(t, gradient) for a, gradient in zip(kept, back, strict=False)]

    zeros = [tf.zeros_like(read(0)) for read in states]
    _, first, kept = tf.while_loop(lambda t, *_: t >= 0, body, (time - 1, zeros, kept), parallel_iterations=1)
    return kept, first


def sequences(cell, inputs, states, hidden_mask, training, all_states):
    """-> [the sequence of h] or, with `all_states`, that of each state: (time, batch, units).

    inputs (time, batch, features), states (batch, units) each. Without `training` nothing is kept for the way back.
    """
    dtype, time, batch = inputs.dtype, inputs.shape[0], inputs.shape[1]
    time = tf.shape(inputs)[0] if time is None else time
    weights = [tf.convert_to_tensor(weight, dtype) for weight in cell.all_weights()]
    drop = (lambda h: h) if hidden_mask is None else (lambda h: h * hidden_mask)
    shapes = [[batch, cell.gates * cell.units]] * (1 if cell.additive else 2)

    def run(inputs, kernel, bias, recurrent_kernel, recurrent_bias, *states):
        projection = _projection(inputs, kernel, bias)

        def gates_at(t, h):
            recurrent = tf.matmul(drop(h), recurrent_kernel)
            recurrent = recurrent + recurrent_bias if cell.recurrent_bias else recurrent
            return [projection(t) + recurrent] if cell.additive else [projection(t), recurrent]

        gates = [_array(time, dtype, shape) for shape in shapes if training]
        kept = [_array(time + 1, dtype, state.shape) for state in (states if training or all_states else states[:1])]
        gates, kept = _forward(cell, gates_at, time, list(states), gates, kept)
        whole = [array.stack() for array in (kept if all_states else kept[:1])]

        def gradient(*gradients):
            transposed = tf.transpose(recurrent_kernel)  # a product with a transposed right side is slower
            back, first = _backward(
                cell, lambda p: drop(tf.matmul(p, transposed)), time, [_reader(array) for array in gates],
                [_reader(array) for array in kept], gradients, [_array(time, dtype, shape) for shape in shapes],
            )  # fmt: skip
            back = [_rows(array.stack()) for array in back]
            a, p = back[0], back[-1]
            d_inputs = tf.reshape(tf.matmul(a, tf.transpose(kernel)), tf.shape(inputs))
            d_kernel = tf.matmul(_rows(inputs), a, transpose_a=True)
            d_recurrent = tf.matmul(_rows(drop(whole[0][:-1])), p, transpose_a=True)
            return d_inputs, d_kernel, tf.reduce_sum(a, 0), d_recurrent, tf.reduce_sum(p, 0), *first

        return [sequence[1:] for sequence in whole], gradient

    found = tf.custom_gradient(run)(inputs, *weights, *states) if training else run(inputs, *weights, *states)[0]
    for sequence in found:
        sequence.set_shape([inputs.shape[0], batch, cell.units])
    return found

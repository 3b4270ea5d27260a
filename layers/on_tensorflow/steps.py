"""One time step of a cell on TensorFlow, forwards and backwards, and the two loops of such steps.

    a_t = x_t W + b,   p_t = (h_{t-1} * m) U + b'          m: the recurrent dropout's mask, if any
    states_t = combine(gates, states_{t-1})                elementwise; gates: [a_t, p_t], or [a_t + p_t] if additive

Backwards, the loop does only what depends on the step after: the gradient of the elementwise part and one product
dp_t U'.
A step here is an object with

    sizes                                   the width of each tensor that the backward pass needs, in units
    forward(gates, states)                  -> states, saved (those tensors, (batch, size x units) each)
    backward(saved, states, gradients)      -> gradients of the gates, gradients of `states`, those before the step
"""

import keras
import tensorflow as tf
from tensorflow.python.ops.tensor_array_ops import build_ta_with_new_flow

from layers.cells import GRUCell, LSTMCell
from layers.on_tensorflow.loops import compiles_with_xla

_tanh_gradient, _sigmoid_gradient = tf.raw_ops.TanhGrad, tf.raw_ops.SigmoidGrad  # of y and dy


class LSTMStep:
    """c_t = f c_{t-1} + i g;   h_t = o tanh(c_t)      with i, f, o sigmoids and g a tanh of the blocks of a_t + p_t"""

    sizes = (1, 1, 1, 1, 1)

    def forward(self, gates, states):
        i, f, g, o = tf.split(gates[0], 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * states[1] + i * g
        shown = tf.tanh(c)
        return [o * shown, c], [i, f, g, o, shown]

    def backward(self, saved, states, gradients):
        i, f, g, o, shown = saved
        dh, dc = gradients
        dc = dc + _tanh_gradient(y=shown, dy=dh * o)
        di, df = _sigmoid_gradient(y=i, dy=dc * g), _sigmoid_gradient(y=f, dy=dc * states[1])
        dg, do = _tanh_gradient(y=g, dy=dc * i), _sigmoid_gradient(y=o, dy=dh * shown)
        return [tf.concat([di, df, dg, do], axis=1)], [tf.zeros_like(dh), dc * f]


class GRUStep:
    """h_t = z h_{t-1} + (1 - z) g;   g = tanh(a_h + r p_h)      with z, r sigmoids of the other blocks of a_t + p_t"""

    sizes = (1, 1, 1, 1)

    def forward(self, gates, states):
        (a_z, a_r, a_h), (p_z, p_r, p_h) = (tf.split(gate, 3, axis=1) for gate in gates)
        z, r = tf.sigmoid(a_z + p_z), tf.sigmoid(a_r + p_r)
        g = tf.tanh(a_h + r * p_h)
        return [z * states[0] + (1 - z) * g], [z, r, g, p_h]

    def backward(self, saved, states, gradients):
        (z, r, g, p_h), (dh,) = saved, gradients
        kept = dh * z
        dz, dg = _sigmoid_gradient(y=z, dy=dh * (states[0] - g)), _tanh_gradient(y=g, dy=dh - kept)
        dr = _sigmoid_gradient(y=r, dy=dg * p_h)
        return [tf.concat([dz, dr, dg], axis=1), tf.concat([dz, dr, dg * r], axis=1)], [kept]


class AnyStep:
    """Any cell's `combine`: the gates are saved, and TensorFlow differentiates it while the graph is traced."""

    def __init__(self, cell):
        self.cell = cell
        self.sizes = (cell.gates,) * (1 if cell.additive else 2)

    def forward(self, gates, states):
        return self.cell.combine(*gates, *([0.0] if self.cell.additive else []), states), gates

    def backward(self, saved, states, gradients):
        inputs = [*saved, *states]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            new, _ = self.forward(saved, states)
        of_inputs = tape.gradient(new, inputs, gradients, unconnected_gradients="zero")
        return of_inputs[: len(saved)], of_inputs[len(saved) :]


def step_of(cell):
    """The step of a cell; by hand for an LSTM and a GRU with their papers' activations."""
    by_hand = {LSTMCell.combine: LSTMStep, GRUCell.combine: GRUStep}.get(type(cell).combine)
    usual = cell.activation is keras.activations.tanh and cell.recurrent_activation is keras.activations.sigmoid
    return by_hand() if by_hand and usual else AnyStep(cell)


def is_by_hand(cell):
    """Whether a cell's step is written out here, so that XLA and cuDNN may run it."""
    return not isinstance(step_of(cell), AnyStep)


def array(time, dtype, shape):
    """A TensorArray of one element a step, readable more than once."""
    return tf.TensorArray(dtype, time, element_shape=shape, clear_after_read=False)


def left(arrays):
    """Arrays for a backward pass by hand, cut off from what wrote them, lest TensorFlow differentiate that too."""
    if tf.executing_eagerly():  # there is no graph to cut
        return arrays
    return [build_ta_with_new_flow(array, tf.stop_gradient(array.flow)) for array in arrays]


def hidden(h, mask):
    """h as the recurrent product sees it, with dropout."""
    return h if mask is None else h * mask


def gates_at(cell, projected_at, recurrent_kernel, recurrent_bias, hidden_mask):
    """-> a function of t and h_{t-1} that gives the gates at t; projected_at: a function of t that gives a_t."""

    def gates(t, h):
        recurrent = tf.matmul(hidden(h, hidden_mask), recurrent_kernel)
        recurrent = recurrent + recurrent_bias if cell.recurrent_bias else recurrent
        return [projected_at(t) + recurrent] if cell.additive else [projected_at(t), recurrent]

    return gates


def forward(step, gates, time, states, saved, kept, saving):
    """Runs `time` steps -> the last states, and the arrays `saved` and `kept`, filled.

    saved: as `step` says, or none; kept: of as many states, whose element 0 is the first.
    """
    kept = [array.write(0, state) for array, state in zip(kept, states, strict=False)]

    def body(t, states, saved, kept):
        states, new = step.forward(gates(t, states[0]), states)
        saved = [array.write(t, x) for array, x in zip(saved, new, strict=False)]
        return t + 1, states, saved, [a.write(t + 1, state) for a, state in zip(kept, states, strict=False)]

    # XLA has to know it for TensorFlow's own gradient; elsewhere it would be one more counter.
    limit = time if compiles_with_xla() and not saving else None
    _, states, saved, kept = tf.while_loop(
        lambda t, *_: t < time, body, (0, states, saved, kept), maximum_iterations=limit, parallel_iterations=1
    )
    return states, saved, kept


def backward(step, transposed, hidden_mask, time, saved, kept, gradients, following, back):
    """-> the gradients of the first states, and the arrays `back`, filled with those of the gates.

    transposed: U', as a product with a transposed right side is slower; saved, kept: functions of t that give what
    `forward` left; gradients: those of the states that were returned, a sequence each; following: those of the last
    states.
    """

    def body(t, following, back):
        of_states = [state + outputs[t] for state, outputs in zip(following, gradients, strict=False)]
        of_states += following[len(of_states) :]
        d_gates, earlier = step.backward([read(t) for read in saved], [read(t) for read in kept], of_states)
        earlier[0] += hidden(tf.matmul(d_gates[-1], transposed), hidden_mask)
        return t - 1, earlier, [a.write(t, gradient) for a, gradient in zip(back, d_gates, strict=True)]

    _, first, back = tf.while_loop(lambda t, *_: t >= 0, body, (time - 1, following, back), parallel_iterations=1)
    return first, back

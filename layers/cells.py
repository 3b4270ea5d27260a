"""Recurrent cells as their papers write them: one time step, x_t and the state in, the next state out.

    cell = layers.LSTMCell(64)
    output, [h, c] = cell(x, [h, c])                     # x (batch, features), h and c (batch, 64)
    sequence = layers.RNN(cell, return_sequences=True)   # over time; `keras.layers.RNN(cell)` works too

Weights are laid out as Keras's: `kernel` (features, gates x units), `recurrent_kernel` (units, gates x units), `bias`.
A cell here is two parts, `project` (what depends on the input alone, done for all steps at once) and `combine`
(elementwise). From them every layer of this package gets its speed, its masks and its mobile export.
"""

from typing import Any

import keras
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

from layers import arguments, checks
from layers.annotations import Identifier, Tensor

_FUNCTIONS = {
    "activation": keras.activations,
    "recurrent_activation": keras.activations,
    **{f"{weight}_initializer": keras.initializers for weight in ("kernel", "recurrent", "bias")},
    **{f"{weight}_regularizer": keras.regularizers for weight in ("kernel", "recurrent", "bias")},
    **{f"{weight}_constraint": keras.constraints for weight in ("kernel", "recurrent", "bias")},
}


class RecurrentCell(keras.layers.Layer, DropoutRNNCell):
    """What cells share: weights, dropout, configuration. To be subclassed; a cell writes `combine`.

        a_t = x_t W + b      `project`, for all time steps in one product
        p_t = h_{t-1} U      the recurrent product (plus a bias of its own where `recurrent_bias`)
        h_t, states_t = combine(a_t, p_t, states_{t-1})      elementwise

    A subclass sets `gates` (how many blocks of `units` columns W and U have) and `state_count`; the first state is the
    output. dropout and recurrent_dropout use one mask for all steps of a sequence (Gal and Ghahramani 2016).
    implementation: is kept, and changes nothing; Keras's 1 makes a product a gate, with the same numbers.
    """

    gates = 1
    state_count = 1
    recurrent_bias = False  # whether the recurrent product has a bias of its own
    additive = False  # `combine` needs only the sum a_t + p_t, so that the two need not be kept apart
    elementwise = True  # False where `recur` needs more than one recurrent product

    def __init__(
        self,
        units: int,
        activation: Identifier = "tanh",
        recurrent_activation: Identifier = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        recurrent_initializer: Identifier = "orthogonal",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier = None,
        recurrent_regularizer: Identifier = None,
        bias_regularizer: Identifier = None,
        kernel_constraint: Identifier = None,
        recurrent_constraint: Identifier = None,
        bias_constraint: Identifier = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        implementation: int = 2,
        **layer_options: Any,
    ):
        functions = {name: value for name, value in locals().items() if name in _FUNCTIONS}
        super().__init__(**layer_options)
        self.units = self.output_size = checks.positive("units", units)
        self.state_size = [self.units] * self.state_count if self.state_count > 1 else self.units
        for name, value in functions.items():
            setattr(self, name, _FUNCTIONS[name].get(value))
        self.use_bias = bool(use_bias)
        self.dropout = checks.fraction("dropout", dropout)
        self.recurrent_dropout = checks.fraction("recurrent_dropout", recurrent_dropout)
        self.seed = seed
        self.implementation = checks.one_of("implementation", implementation, (0, 1, 2))
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        columns = self.gates * self.units
        self.kernel = self._weight("kernel", (input_shape[-1], columns), self.kernel_initializer)
        self.recurrent_kernel = self._weight("recurrent_kernel", (self.units, columns), self.recurrent_initializer)
        self.bias = None
        if self.use_bias:
            shape = (2, columns) if self.recurrent_bias else (columns,)
            self.bias = self._weight("bias", shape, self.bias_start)

    def _weight(self, name, shape, initializer):
        role = name.removesuffix("_kernel")
        options = {part: getattr(self, f"{role}_{part}") for part in ("regularizer", "constraint")}
        return self.add_weight(name=name, shape=shape, initializer=initializer, **options)

    def bias_start(self, shape, dtype=None):
        """The bias before training."""
        return self.bias_initializer(shape, dtype=dtype)

    def state_shape(self, step_shape: tuple | None = None) -> tuple:
        """The shape of a state without the batch, for steps of a shape, or of that seen by `build`."""
        return (self.units,)

    def project(self, inputs: Tensor) -> Tensor:
        """x W + b over any leading axes: (..., features) -> (..., gates x units)."""
        projected = keras.ops.matmul(inputs, self.kernel)
        if self.bias is None:
            return projected
        return projected + (self.bias[0] if self.recurrent_bias else self.bias)

    def all_weights(self):
        """W, b, U, b' as the equations name them; zeros for a bias the cell does not have."""
        zeros = keras.ops.zeros((self.gates * self.units,), dtype=self.compute_dtype)
        biases = [zeros, zeros]
        if self.bias is not None:
            biases = [self.bias[0], self.bias[1]] if self.recurrent_bias else [self.bias, zeros]
        return self.kernel, biases[0], self.recurrent_kernel, biases[1]

    def recur(
        self, projected: Tensor, states: list[Tensor], hidden_mask: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """One step from the projected input: -> output, states. `hidden_mask` is the recurrent dropout's."""
        hidden = states[0] if hidden_mask is None else states[0] * hidden_mask
        recurrent = keras.ops.matmul(hidden, self.recurrent_kernel)  # (batch, gates x units)
        if self.recurrent_bias and self.bias is not None:
            recurrent = recurrent + self.bias[1]
        states = self.combine(projected, recurrent, states)
        return states[0], states

    def combine(self, projected: Tensor, recurrent: Tensor, states: list[Tensor]) -> list[Tensor]:
        """The elementwise rest of a step: (batch, gates x units) twice and the states -> the next states."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method `combine(projected, recurrent, states)`, received none"
        )

    def call(
        self, inputs: Tensor, states: Tensor | list[Tensor], training: bool = False
    ) -> tuple[Tensor, Tensor | list[Tensor]]:
        nested = isinstance(states, (list, tuple))
        input_mask, hidden_mask = self.dropout_masks(inputs, states[0] if nested else states, training)
        inputs = inputs if input_mask is None else inputs * input_mask
        output, states = self.recur(self.project(inputs), list(states) if nested else [states], hidden_mask)
        return output, states if nested else states[0]

    def dropout_masks(self, inputs, hidden, training):
        """The masks of one sequence, for x (batch, features) and h (batch, units); None where nothing is dropped."""
        if not training:
            return None, None
        return self.get_dropout_mask(inputs), self.get_recurrent_dropout_mask(hidden)

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        return [keras.ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in range(self.state_count)]

    def get_config(self):
        functions = {
            name: module.serialize(getattr(self, name)) if getattr(self, name) is not None else None
            for name, module in _FUNCTIONS.items()
        }
        names = ("units", "use_bias", "dropout", "recurrent_dropout", "seed", "implementation")
        return {**super().get_config(), **functions, **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="unroll")
class RNNCell(RecurrentCell):
    """The simple recurrent cell (Elman 1990, "Finding structure in time").

        h_t = tanh(x_t W + h_{t-1} U + b)

    call(inputs, states): (batch, features), [h (batch, units)] -> h, [h].

        h, _ = layers.RNNCell(8)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 8))])
    """

    additive = True

    def __init__(self, units: int, *by_position: Any, **options: Any):
        super().__init__(units, **arguments.named(type(self).__name__, arguments.SIMPLE_CELL, by_position, options))

    def combine(self, projected: Tensor, recurrent: Tensor, states: list[Tensor]) -> list[Tensor]:
        return [self.activation(projected + recurrent)]


SimpleRNNCell = RNNCell  # Keras's name for it


@keras.saving.register_keras_serializable(package="unroll")
class LSTMCell(RecurrentCell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate, Gers et al. 2000), in four steps.

        a = x_t W + h_{t-1} U + b       in blocks i, f, g, o
        forget   c' = sigmoid(a_f) c_{t-1}          what of the memory stays
        store    s  = sigmoid(a_i) tanh(a_g)        what of the input is worth keeping
        update   c_t = c' + s
        output   h_t = sigmoid(a_o) tanh(c_t)

    The forget gate's bias starts at one (`unit_forget_bias`), so that a fresh cell remembers (Jozefowicz et al. 2015).
    call(inputs, states): (batch, features), [h, c] each (batch, units) -> h, [h, c].

        zeros = keras.ops.zeros((2, 8))
        h, [h, c] = layers.LSTMCell(8)(keras.ops.ones((2, 3)), [zeros, zeros])
    """

    gates = 4
    state_count = 2
    additive = True

    def __init__(self, units: int, *by_position: Any, **options: Any):
        options = arguments.named(type(self).__name__, arguments.LSTM_CELL, by_position, options)
        unit_forget_bias = options.pop("unit_forget_bias", True)
        super().__init__(units, **options)
        self.unit_forget_bias = bool(unit_forget_bias)

    def bias_start(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, dtype=dtype)
        start = [self.bias_initializer((self.units,), dtype=dtype) for _ in range(4)]
        start[1] = keras.ops.ones((self.units,), dtype=dtype)
        return keras.ops.concatenate(start)

    def combine(self, projected: Tensor, recurrent: Tensor, states: list[Tensor]) -> list[Tensor]:
        i, f, g, o = keras.ops.split(projected + recurrent, 4, axis=-1)
        kept = self.recurrent_activation(f) * states[1]  # forget
        stored = self.recurrent_activation(i) * self.activation(g)  # store
        c = kept + stored  # update
        return [self.recurrent_activation(o) * self.activation(c), c]  # output

    def get_config(self):
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}


@keras.saving.register_keras_serializable(package="unroll")
class GRUCell(RecurrentCell):
    """Gated recurrent unit (Cho et al. 2014).

        z = sigmoid(x_t W_z + h_{t-1} U_z + b_z)                    update gate: how much of the past stays
        r = sigmoid(x_t W_r + h_{t-1} U_r + b_r)                    reset gate: how much of the past is read
        g = tanh(x_t W_h + b_h + r (h_{t-1} U_h + b'_h))            `reset_after=True`, cuDNN's form (the default)
        g = tanh(x_t W_h + b_h + (r h_{t-1}) U_h)                   `reset_after=False`, the paper's
        h_t = z h_{t-1} + (1 - z) g

    call(inputs, states): (batch, features), [h (batch, units)] -> h, [h]. Blocks of the weights: z, r, h.

        h, _ = layers.GRUCell(8)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 8))])
    """

    gates = 3

    def __init__(self, units: int, *by_position: Any, **options: Any):
        options = arguments.named(type(self).__name__, arguments.GRU_CELL, by_position, options)
        reset_after = options.pop("reset_after", True)
        super().__init__(units, **options)
        self.reset_after = self.recurrent_bias = self.elementwise = bool(reset_after)

    def recur(
        self, projected: Tensor, states: list[Tensor], hidden_mask: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        if self.reset_after:
            return super().recur(projected, states, hidden_mask)
        h = states[0]
        hidden = h if hidden_mask is None else h * hidden_mask
        gates, candidate = self.recurrent_kernel[:, : 2 * self.units], self.recurrent_kernel[:, 2 * self.units :]
        x_z, x_r, x_h = keras.ops.split(projected, 3, axis=-1)
        u_z, u_r = keras.ops.split(keras.ops.matmul(hidden, gates), 2, axis=-1)
        r = self.recurrent_activation(x_r + u_r)
        h = self._mix(x_z + u_z, x_h + keras.ops.matmul(r * hidden, candidate), h)
        return h, [h]

    def combine(self, projected: Tensor, recurrent: Tensor, states: list[Tensor]) -> list[Tensor]:
        x_z, x_r, x_h = keras.ops.split(projected, 3, axis=-1)
        u_z, u_r, u_h = keras.ops.split(recurrent, 3, axis=-1)
        r = self.recurrent_activation(x_r + u_r)
        return [self._mix(x_z + u_z, x_h + r * u_h, states[0])]

    def _mix(self, a_z, a_h, h):
        z = self.recurrent_activation(a_z)
        return z * h + (1 - z) * self.activation(a_h)

    def get_config(self):
        return {**super().get_config(), "reset_after": self.reset_after}

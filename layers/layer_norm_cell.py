"""An LSTM with layer normalisation inside, which lets it train faster and at higher rates.

layer = layers.RNN(layers.LayerNormLSTMCell(64), return_sequences=True)
"""

from typing import Any

import keras

from layers import arguments
from layers.annotations import Tensor
from layers.cells import RecurrentCell


@keras.saving.register_keras_serializable(package="unroll")
class LayerNormLSTMCell(RecurrentCell):
    """Long short-term memory whose products and memory are normalised (Ba, Kiros and Hinton 2016, appendix).

        a = norm(x_t W) + norm(h_{t-1} U) + b                              in blocks i, f, g, o
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(norm(c_t) + s)
        norm(v) = gain (v - mean(v)) / sqrt(variance(v) + epsilon)         over all of v; a gain an element, first one

    LayerNormLSTMCell(units, ..., epsilon=1e-3): the arguments of `LSTMCell`. call(inputs, states): (batch, features),
    [h, c] each (batch, units) -> h, [h, c]. Weights: W, U and b as the LSTM's, the gains of the three norms, s.

        zeros = keras.ops.zeros((2, 8))
        h, [h, c] = layers.LayerNormLSTMCell(8)(keras.ops.ones((2, 3)), [zeros, zeros])
    """

    gates = 4
    state_count = 2

    def __init__(self, units: int, *by_position: Any, epsilon: float = 1e-3, **options: Any):
        options = arguments.named(type(self).__name__, arguments.LSTM_CELL, by_position, options)
        unit_forget_bias = options.pop("unit_forget_bias", True)
        super().__init__(units, **options)
        self.unit_forget_bias = bool(unit_forget_bias)
        self.epsilon = float(epsilon)

    def build(self, input_shape):
        super().build(input_shape)
        sizes = {"kernel_gain": 4 * self.units, "recurrent_gain": 4 * self.units, "state_gain": self.units}
        for name, size in sizes.items():
            setattr(self, name, self.add_weight(name=name, shape=(size,), initializer="ones"))
        self.state_shift = self.add_weight(name="state_shift", shape=(self.units,), initializer="zeros")

    def bias_start(self, shape, dtype=None):
        """The forget gate's at one, as the LSTM's."""
        start = self.bias_initializer(shape, dtype=dtype)
        if not self.unit_forget_bias:
            return start
        forget = keras.ops.arange(shape[0]) // self.units == 1
        return keras.ops.where(forget, keras.ops.ones_like(start), start)

    def project(self, inputs: Tensor) -> Tensor:
        """x W; b comes behind the norms."""
        return keras.ops.matmul(inputs, self.kernel)

    def all_weights(self):
        """W, U as the equations name them, without biases of the products."""
        zeros = keras.ops.zeros((4 * self.units,), dtype=self.compute_dtype)
        return self.kernel, zeros, self.recurrent_kernel, zeros

    def combine(self, projected: Tensor, recurrent: Tensor, states: list[Tensor]) -> list[Tensor]:
        i, f, g, o = keras.ops.split(self.pre_activations(projected, recurrent), 4, axis=-1)
        c = self.recurrent_activation(f) * states[1] + self.recurrent_activation(i) * self.activation(g)
        return [self.recurrent_activation(o) * self.activation(self.shown(c)), c]

    def pre_activations(self, projected: Tensor, recurrent: Tensor) -> Tensor:
        """a, what the gates are functions of: (batch, 4 units)."""
        gates = self._norm(projected, self.kernel_gain) + self._norm(recurrent, self.recurrent_gain)
        return gates if self.bias is None else gates + self.bias

    def shown(self, c: Tensor) -> Tensor:
        """norm(c_t) + s, of which the output is made."""
        return self._norm(c, self.state_gain) + self.state_shift

    def _norm(self, values, gain):
        """In float32 at least: a half does not hold the squares."""
        wide = keras.ops.cast(values, keras.backend.result_type(values.dtype, "float32"))
        centred = wide - keras.ops.mean(wide, axis=-1, keepdims=True)
        variance = keras.ops.mean(keras.ops.square(centred), axis=-1, keepdims=True)
        return keras.ops.cast(centred * keras.ops.rsqrt(variance + self.epsilon), values.dtype) * gain

    def get_config(self):
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias, "epsilon": self.epsilon}

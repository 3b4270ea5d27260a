"""A window by itself: what it begins from is subtracted, and added to what is forecast from it.

scaled, level, spread = layers.InstanceScaling("last")(values)      # forecast = level + spread network(scaled)
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor

MODES = ("last", "mean", "standard", "last_moves", "none")


@keras.saving.register_keras_serializable(package="unroll")
class InstanceScaling(keras.layers.Layer):
    """Level and spread of each window and column (reversible instance normalisation, without its affine weights).

        scaled = (x - level) / spread
        last       level = the last value of the window           (NLinear, SegRNN)
        mean       level = its mean
        standard   level = its mean, spread = its standard deviation + 0.01      (Kim et al. 2022)
        last_moves level = the last value, spread = the root of the mean square of its moves from step to step, at
                   least a millionth of the level
        none       level = 0

    spread is 1 where nothing else is said. What a network then sees does not depend on how high a series stands, so
    that it holds where the series drifts; see Kim et al. 2022, "Reversible instance normalization ...", ICLR.

    call(values, present=None): (batch, time, columns) -> scaled of the same shape, level and spread, both
    (batch, 1, columns). present: 1 where a value was measured; means are over these alone.

    >>> scaled, level, spread = InstanceScaling("last")(keras.ops.convert_to_tensor([[[1.0], [3.0]]]))
    >>> scaled.numpy().tolist(), level.numpy().tolist()
    ([[[-2.0], [0.0]]], [[[3.0]]])
    """

    def __init__(self, mode: str = "last", **layer_options: Any):
        super().__init__(**layer_options)
        self.mode = checks.one_of("mode", mode, MODES)

    def build(self, values_shape, present_shape=None):
        checks.rank("values", values_shape, ("batch", "time", "columns"))

    def call(self, values: Tensor, present: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        last = values[:, -1:]
        one = keras.ops.ones_like(last)
        if self.mode == "none":
            return values, keras.ops.zeros_like(last), one
        if self.mode == "last":
            return values - last, last, one
        if self.mode == "last_moves":
            spread = one if values.shape[1] == 1 else _moves(values)
            return (values - last) / spread, last, spread
        mean = _mean(values, present)
        if self.mode == "mean":
            return values - mean, mean, one
        spread = keras.ops.sqrt(_mean(keras.ops.square(values - mean), present)) + 0.01
        return (values - mean) / spread, mean, spread

    def compute_output_shape(self, values_shape, present_shape=None):
        one = (values_shape[0], 1, values_shape[2])
        return tuple(values_shape), one, one

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}


def _mean(values, present):
    """The mean over time of what is present, (batch, 1, columns); 0 where nothing is."""
    if present is None:
        return keras.ops.mean(values, axis=1, keepdims=True)
    count = keras.ops.maximum(keras.ops.sum(present, axis=1, keepdims=True), 1)
    return keras.ops.sum(values * present, axis=1, keepdims=True) / count


def _moves(values):
    """The root of the mean square of the differences of neighbours, (batch, 1, columns), never 0."""
    moves = keras.ops.square(values[:, 1:] - values[:, :-1])
    count = max(1, values.shape[1] - 1) if values.shape[1] else keras.ops.maximum(keras.ops.shape(values)[1] - 1, 1)
    spread = keras.ops.sqrt(keras.ops.sum(moves, axis=1, keepdims=True) / keras.ops.cast(count, moves.dtype))
    return keras.ops.maximum(spread, keras.ops.maximum(abs(values[:, -1:]) * 1e-6, 1e-20))

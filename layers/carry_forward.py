"""Gaps in a sequence of numbers, filled with the value before.

filled, present = layers.CarryForward()(values)      # (batch, time, features), NaN where nothing was measured
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor


@keras.saving.register_keras_serializable(package="unroll")
class CarryForward(keras.layers.Layer):
    """Each missing value becomes the last one before it; a NaN is a missing value.

        filled_t = x_t where it is present, else filled_{t-1};   filled_0 = start
        present_t = 1 where x_t is present, else 0

    After a shift by 1, 2, 4 ... steps each gap is filled from twice as far back, so that log2(time) shifts do.

    call(values): (batch, time, features) -> filled, present, both of that shape. The time axis has to be of known size.
    start: the value of gaps at the beginning.

    >>> filled, present = CarryForward()(keras.ops.convert_to_tensor([[[float("nan")], [2.0], [float("nan")], [5.0]]]))
    >>> filled[0, :, 0].numpy().tolist(), present[0, :, 0].numpy().tolist()
    ([0.0, 2.0, 2.0, 5.0], [0.0, 1.0, 0.0, 1.0])
    """

    def __init__(self, start: float = 0.0, **layer_options: Any):
        super().__init__(**layer_options)
        self.start = float(start)

    def build(self, values_shape):
        self._time(values_shape)

    def call(self, values: Tensor) -> tuple[Tensor, Tensor]:
        time, filled, shift = self._time(values.shape), values, 1
        present = keras.ops.cast(~keras.ops.isnan(values), values.dtype)
        while shift < time:
            before = keras.ops.pad(
                filled[:, :-shift], ((0, 0), (shift, 0), (0, 0)), constant_values=float("nan")
            )  # (batch, time, features)
            filled = keras.ops.where(keras.ops.isnan(filled), before, filled)
            shift *= 2
        return keras.ops.where(keras.ops.isnan(filled), self.start, filled), present

    def _time(self, shape):
        checks.rank("values", shape, ("batch", "time", "features"))
        if shape[1] is None:
            raise ValueError(f"values: expected a time axis of known size, received {tuple(shape)}")
        return shape[1]

    def compute_output_shape(self, values_shape):
        self._time(values_shape)
        return tuple(values_shape), tuple(values_shape)

    def get_config(self):
        return {**super().get_config(), "start": self.start}

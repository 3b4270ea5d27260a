"""Hour, weekday and time of the year as numbers that a network can use, out of seconds.

features = layers.CalendarFeatures(step=3600, first=1, count=24)(time)      # (batch,) -> (batch, 24, 6)
"""

import math
from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Tensor

DAY = 86_400  # seconds
WEEK = 7 * DAY
YEAR = 31_556_952  # the mean of the Gregorian calendar; a day of the year is right to a day and a half
MONDAY = 3 * DAY  # 1970 began on a Thursday


@keras.saving.register_keras_serializable(package="unroll")
class CalendarFeatures(keras.layers.Layer):
    """Where in the day, the week and the year each of a row of steps is, as a sine and a cosine each.

        seconds_k = time + k step         k = first, first + 1, ...
        sin, cos of 2 pi (seconds_k mod period) / period         period: a day, a week (from Monday), a year

    A period that is not longer than a step is left out. What is computed are whole seconds in int64, exact for any
    time, then float32 in [0, 1).

    step: seconds of a step. first, count: the steps, counted from `time`.
    call(time): int64 (batch,), seconds since 1970 (UTC) -> float32 (batch, count, features).

    >>> noon_on_monday = keras.ops.convert_to_tensor([4 * 86400 + 43200], dtype="int64")
    >>> sine, cosine, *_ = CalendarFeatures(step=3600, first=0, count=1)(noon_on_monday).numpy()[0, 0]  # of the day
    >>> bool(abs(sine) < 1e-6), float(cosine)
    (True, -1.0)
    """

    def __init__(self, step: int, first: int = 1, count: int = 1, **layer_options: Any):
        super().__init__(**{**layer_options, "dtype": "float32"})  # half precision cannot tell the hours of a year
        self.step, self.count = checks.positive("step", step), checks.positive("count", count)
        self.first = int(first)

    @property
    def periods(self):
        """(seconds of a period, where it begins) for each that is longer than a step."""
        return [(period, start) for period, start in ((DAY, 0), (WEEK, MONDAY), (YEAR, 0)) if period > self.step]

    def call(self, time: Tensor) -> Tensor:
        offsets = keras.ops.convert_to_tensor(self.step * (self.first + np.arange(self.count, dtype="int64")))
        seconds = keras.ops.expand_dims(keras.ops.cast(time, "int64"), 1) + offsets  # (batch, count)
        features = []
        for period, start in self.periods:
            of_period = keras.ops.mod(seconds + start, keras.ops.convert_to_tensor(period, dtype="int64"))
            angle = keras.ops.cast(of_period, "float32") * (2 * math.pi / period)
            features += [keras.ops.sin(angle), keras.ops.cos(angle)]
        return keras.ops.stack(features, axis=-1) if features else keras.ops.zeros((*keras.ops.shape(seconds), 0))

    def compute_output_spec(self, time):
        return keras.KerasTensor((time.shape[0], self.count, 2 * len(self.periods)), "float32")

    def get_config(self):
        return {**super().get_config(), "step": self.step, "first": self.first, "count": self.count}

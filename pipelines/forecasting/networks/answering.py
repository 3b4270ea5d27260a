"""The last layers of a calibrated model: the blend with the baselines, and the offsets of its quantiles."""

import keras
import numpy as np

PARTS = ("own", "others", "future", "own_missing", "others_missing", "bias")  # of `linear.Linear`
SIMPLE = ("network", "last_value", "seasonal_naive", "window_mean")


def _frozen(layer, name, array):
    """A weight that no training moves."""
    return layer.add_weight(
        shape=array.shape, name=name, trainable=False, initializer=lambda *_, **__: keras.ops.convert_to_tensor(array)
    )


@keras.saving.register_keras_serializable(package="unroll")
class BaselineBlend(keras.layers.Layer):
    """Moves the quantiles to a weighted mean of the network's forecast and the baselines', all in scaled units.

        forecast = w_1 network + w_2 last value + w_3 value a season ago + w_4 mean of the window + linear
        quantiles + forecast - median

    linear is the weighted sum of the linear baselines, one set of weights; see `forecasting.linear.Linear`.

    call(quantiles, values, present, known=None): (batch, ahead, targets, levels), (batch, length, columns) twice,
    (batch, ahead, known) -> (batch, ahead, targets, levels). values: scaled, gaps filled.
    """

    def __init__(self, shapes, season, median, shares=None, arrays=None, **options):
        super().__init__(**{"dtype": "float32", **options})
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.season, self.median = season, median
        self.shares = _frozen(self, "shares", np.zeros(len(SIMPLE), "float32") if shares is None else shares)
        arrays = arrays or {name: np.zeros(shape, "float32") for name, shape in self.shapes.items()}
        self.arrays = {name: _frozen(self, name, arrays[name]) for name in self.shapes}

    @classmethod
    def of(cls, shares, baseline, median, **options):
        """The layer of shares, {"network" or a baseline: weight}, and fitted baselines."""
        linear = {name: shares[name] for name in ("linear", "nlinear") if shares.get(name)}
        arrays = {
            part: sum(share * getattr(getattr(baseline, name), part) for name, share in linear.items()).astype(
                "float32"
            )
            for part in PARTS
            if linear and getattr(baseline.linear, part).size
        }
        simple = np.array([shares.get(name, 0.0) for name in SIMPLE], "float32")
        shapes = {name: array.shape for name, array in arrays.items()}
        return cls(shapes, baseline.season, median, simple, arrays, **options)

    def call(self, quantiles, values, present, known=None):
        ahead, targets = quantiles.shape[1:3]
        window, median = values[:, :, :targets], quantiles[..., self.median]
        network, last, seasonal, mean = keras.ops.unstack(keras.ops.convert_to_tensor(self.shares), num=4)
        forecast = network * median + last * window[:, -1:]  # (batch, ahead, targets)
        if 1 < self.season <= window.shape[1]:
            steps = window.shape[1] - self.season + np.arange(ahead) % self.season
            forecast = forecast + seasonal * keras.ops.take(window, steps.astype("int32"), axis=1)
        there = present[:, :, :targets]
        count = keras.ops.maximum(keras.ops.sum(there, axis=1, keepdims=True), 1)
        forecast = forecast + mean * keras.ops.sum(window * there, axis=1, keepdims=True) / count
        if self.arrays:
            forecast = forecast + self._linear(values, 1 - present, known, targets)
        return quantiles + keras.ops.expand_dims(forecast - median, -1)

    def _linear(self, values, missing, known, targets):
        """(batch, ahead, targets)"""
        forecast = keras.ops.convert_to_tensor(self.arrays["bias"])
        for name, part in (("own", values), ("own_missing", missing)):
            if name in self.arrays:
                own = part[:, part.shape[1] - self.shapes[name][0] :, :targets]  # (batch, steps, targets)
                own = keras.ops.matmul(keras.ops.transpose(own, (0, 2, 1)), self.arrays[name])
                forecast = forecast + own  # (batch, targets, ahead)
        for name, part in (("others", values), ("others_missing", missing), ("future", known)):
            if name in self.arrays:
                part = part if name == "future" else part[:, part.shape[1] - self.shapes[name][0] :, targets:]
                size = int(np.prod(self.shapes[name][:2]))
                shared = keras.ops.matmul(
                    keras.ops.reshape(part, (-1, size)), keras.ops.reshape(self.arrays[name], (size, -1))
                )
                forecast = forecast + keras.ops.expand_dims(shared, 1)
        return keras.ops.transpose(forecast, (0, 2, 1))

    def compute_output_shape(self, quantiles_shape, values_shape, present_shape, known_shape=None):
        return tuple(quantiles_shape)

    def get_config(self):
        return {**super().get_config(), "shapes": self.shapes, "season": self.season, "median": self.median}


@keras.saving.register_keras_serializable(package="unroll")
class Calibrated(keras.layers.Layer):
    """Adds an offset to each quantile, and keeps them from crossing; the median stays.

    offsets: (ahead or 1, targets or 1, levels), in units of the spread.
    call(quantiles, spread): (batch, ahead, targets, levels), (batch, 1, targets) -> (batch, ahead, targets, levels).
    """

    def __init__(self, offsets=None, median=0, shape=None, **options):
        super().__init__(**{"dtype": "float32", **options})
        offsets = np.zeros(shape, "float32") if offsets is None else np.asarray(offsets, "float32")
        self.shape, self.median = tuple(map(int, offsets.shape)), median
        self.offsets = _frozen(self, "offsets", offsets)

    def call(self, quantiles, spread):
        # Split, not sliced: of slices of the sum LiteRT with XNNPACK gave other minima in 11 of 250 interpreters.
        columns = keras.ops.split(quantiles + self.offsets * keras.ops.expand_dims(spread, -1), self.shape[-1], axis=-1)
        columns[self.median] = keras.ops.split(quantiles, self.shape[-1], axis=-1)[self.median]
        for level in range(self.median - 1, -1, -1):
            columns[level] = keras.ops.minimum(columns[level], columns[level + 1])
        for level in range(self.median + 1, len(columns)):
            columns[level] = keras.ops.maximum(columns[level], columns[level - 1])
        return keras.ops.concatenate(columns, axis=-1)

    def compute_output_shape(self, quantiles_shape, spread_shape):
        return tuple(quantiles_shape)

    def get_config(self):
        return {**super().get_config(), "median": self.median, "shape": self.shape}

"""What the networks are trained by: errors in scaled units, in which missing targets do not count."""

import contextlib
import math

import keras

import layers

FAR = 100  # times the spread of a window


@keras.saving.register_keras_serializable(package="unroll")
class Forecaster(keras.Model):
    """A model whose answers are in raw units, and whose loss and metrics are in the units of its layer `standardize`.

    Where the layer `instance` divides by the spread of a window, they are in units of it, so that series count alike
    however much they vary; what is `FAR` of them from the last value counts as so far.

    Layers that can be taught, see `layers.FeedbackDecoder`, get the targets in training, in these units.
    """

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        y, y_pred = self._scaled(x, y, y_pred)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        y, y_pred = self._scaled(x, y, y_pred)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def _scaled(self, x, y, y_pred):
        """Targets (batch, ahead, targets) and quantiles (batch, ahead, targets, levels) in scaled units."""
        standardize, row = self.get_layer("standardize"), x.get("series")
        y, y_pred = standardize(y, row=row), standardize(y_pred, row=row)
        instance = self.get_layer("instance")
        if instance.mode != "last_moves":
            return y, y_pred
        level, spread = keras.Model(self.input, instance.output[1:])(x)  # (batch, 1, targets)
        y = keras.ops.clip((y - level) / spread, -FAR, FAR)
        return y, (y_pred - keras.ops.expand_dims(level, -1)) / keras.ops.expand_dims(spread, -1)

    def train_step(self, data):
        inputs, targets, _ = keras.utils.unpack_x_y_sample_weight(data)
        scaled = self.get_layer("standardize")(targets, row=inputs.get("series"))
        with contextlib.ExitStack() as stack:
            for layer in self.layers:
                if isinstance(layer, layers.FeedbackDecoder):
                    stack.enter_context(layer.taught(scaled))
            return super().train_step(data)


@keras.saving.register_keras_serializable(package="unroll")
class ForecastLoss(keras.losses.Loss):
    """The loss of an output, the mean over the targets that are there, y (batch, ahead, targets):

        quantiles   sum over levels p of max(p (y - q), (p - 1) (y - q))      the pinball loss
        point       the same of the median alone, half the absolute error
        gaussian    log s + ((y - m) / s)^2 / 2
        student_t   log s + (v + 1) / 2 log(1 + ((y - m) / s)^2 / v)

    Median m and scale s are told by the quantiles (batch, ahead, targets, levels) of such a distribution.
    """

    def __init__(self, levels, output, freedom=5.0, name="loss", **options):
        super().__init__(name=name, **options)
        self.levels, self.output, self.freedom = list(levels), output, freedom

    def call(self, y_true, y_pred):
        there = ~keras.ops.isnan(y_true)
        y = keras.ops.where(there, y_true, 0)
        of_each = self._of_each(y, y_pred)  # (batch, ahead, targets)
        count = keras.ops.sum(keras.ops.cast(there, "float32"))
        return keras.ops.sum(keras.ops.where(there, of_each, 0)) / keras.ops.maximum(count, 1)

    def _of_each(self, y, quantiles):
        family = layers.OrderedQuantiles(self.levels, self.output, self.freedom)
        median = quantiles[..., family.median]
        if self.output == "point":
            return abs(y - median) / 2
        if self.output == "quantiles":
            error = keras.ops.expand_dims(y, -1) - quantiles
            levels = keras.ops.convert_to_tensor(self.levels, "float32")
            return keras.ops.sum(keras.ops.maximum(levels * error, (levels - 1) * error), axis=-1)
        apart = float(family.standard[-1] - family.standard[0])
        s = keras.ops.maximum((quantiles[..., -1] - quantiles[..., 0]) / apart, 1e-4)
        square = keras.ops.square((y - median) / s)
        if self.output == "gaussian":
            return keras.ops.log(s) + square / 2 + math.log(2 * math.pi) / 2
        return keras.ops.log(s) + (self.freedom + 1) / 2 * keras.ops.log1p(square / self.freedom)

    def get_config(self):
        return {**super().get_config(), "levels": self.levels, "output": self.output, "freedom": self.freedom}


@keras.saving.register_keras_serializable(package="unroll")
class MedianError(keras.metrics.Metric):
    """The mean absolute error of the median, in the units of its arguments; missing targets do not count."""

    def __init__(self, median, name="mae", **options):
        super().__init__(name=name, **options)
        self.median = median
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        there = ~keras.ops.isnan(y_true)
        errors = keras.ops.where(there, abs(y_true - y_pred[..., self.median]), 0)
        self.total.assign_add(keras.ops.sum(errors))
        self.count.assign_add(keras.ops.sum(keras.ops.cast(there, self.count.dtype)))

    def result(self):
        return self.total / keras.ops.maximum(self.count, 1)

    def get_config(self):
        return {**super().get_config(), "median": self.median}

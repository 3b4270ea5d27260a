"""The network: windows in raw units -> quantiles of each step ahead in raw units.

values (batch, length, columns), NaN is missing -> scaled, gaps carried forward, the window's level subtracted
  -> segments | one_shot | autoregressive | attention, as `networks.models` has them -> quantiles that do not cross
  -> after training: blended with the baselines, intervals widened or narrowed by validation (`networks.blending`)
"""

import keras
import tensorflow as tf

import layers
from pipelines.forecasting.levels import levels
from pipelines.forecasting.networks import blending, choosing
from pipelines.forecasting.networks.front import front
from pipelines.forecasting.networks.models import MODELS
from pipelines.forecasting.networks.training import Forecaster, ForecastLoss, MedianError
from pipelines.shared import defaults

watch = defaults.watch
LOOKS_BACK = defaults.LOOKS_BACK
settings_for = choosing.settings_for
axis_names = defaults.axis_names
calibrate = blending.calibrate
completed = defaults.completed


def build(preprocessor, config):
    """The network: {"values", and "known", "time", "series" where there are such} -> {"quantiles"}.

    Raises:
        ValueError: quantiles that are no probabilities.
    """
    read = front(preprocessor, config)
    output = layers.OrderedQuantiles(levels(config), config.output, dtype="float32", name="ordered")
    parameters = MODELS[config.model](read, preprocessor, config, output.parameters)
    y = output(parameters)  # (batch, ahead, targets, levels), the window's level is 0
    y = y * keras.ops.expand_dims(read.spread, -1) + keras.ops.expand_dims(read.level, -1)
    y = keras.layers.Activation("linear", dtype="float32", name="scaled")(y)
    y = read.standardize(y, row=read.row, inverse=True)  # (batch, ahead, targets, levels), raw
    return Forecaster(read.inputs, y, name="forecasting")


def compiled(config):
    chosen = levels(config)
    return {"loss": ForecastLoss(chosen, config.output), "metrics": [MedianError(chosen.index(0.5))]}


def infer(artifact):
    """A function of {"values": (batch, length, columns), ...} -> {"quantiles": (batch, ahead, targets, levels)}.

    Raises:
        ValueError: the preprocessor is that of another network.
    """
    model = artifact.model
    _check(model, artifact.preprocessor)
    specification = {
        name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype, name) for name, tensor in model.input.items()
    }

    @tf.function(autograph=False, input_signature=[specification])
    def from_windows(inputs):
        return {"quantiles": model(inputs, training=False)}

    return from_windows


def _check(model, preprocessor):
    known = {"known": (preprocessor.ahead, preprocessor.known)} if preprocessor.known else {}
    others = {name: () for name, there in (("time", preprocessor.calendar), ("series", preprocessor.series)) if there}
    wanted = {"values": (preprocessor.length, len(preprocessor.columns)), **known, **others}
    takes = {name: tuple(tensor.shape[1:]) for name, tensor in model.input.items()}
    gives = tuple(model.output.shape[1:3])
    if takes != wanted or gives != (preprocessor.ahead, preprocessor.targets):
        raise ValueError(
            f"preprocessor.json: expected one for the network, of {takes}, received one of {wanted}; train again"
        )

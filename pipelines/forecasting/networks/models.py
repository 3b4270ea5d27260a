"""From what is read to the parameters of each step ahead: a function a model.

Each takes (front, preprocessor, config, the number of parameters) and returns (batch, ahead, targets, parameters), on
the scale on which the window's own level is 0.
"""

import dataclasses

import keras

import layers
from pipelines.shared.networks import recurrent


def segments(front, preprocessor, config, parameters):
    """Each target by itself, a segment a step; how high it stands is not seen, so that it may drift."""
    targets = preprocessor.targets
    layer = layers.SegmentForecaster(
        config.units, preprocessor.ahead, config.segment, parameters, config.cell, config.depth, config.dropout,
        config.recurrent_dropout, name="forecaster",
    )  # fmt: skip
    present = None if front.present is None else front.present[:, :, :targets]
    return layer(front.series, present=present, beside=front.others, future=front.future)


def one_shot(front, preprocessor, config, parameters):
    """All columns at once, all steps ahead from the last state, the mean and the highest of all states."""
    x = recurrent.stack(config, name="encoder")(_steps(front, config))  # (batch, length, units)
    pools = [layers.SequencePooling(mode)(x) for mode in ("last", "mean", "max")]
    parts = [*pools, keras.layers.Flatten()(front.level)]
    parts += [] if front.future is None else [keras.layers.Flatten()(front.future)]
    x = keras.layers.Dropout(config.dropout)(keras.layers.Concatenate()(parts))
    y = keras.layers.Dense(preprocessor.ahead * preprocessor.targets * parameters, name="readout")(x)
    return keras.layers.Reshape((preprocessor.ahead, preprocessor.targets, parameters))(y)


def autoregressive(front, preprocessor, config, parameters):
    """Step by step, each from the forecast of the one before."""
    return _decoded(front, preprocessor, config, parameters, attention=False)


def attention(front, preprocessor, config, parameters):
    """The same, with attention to the states of the window."""
    return _decoded(front, preprocessor, config, parameters, attention=True)


def _decoded(front, preprocessor, config, parameters, attention):
    steps = _steps(front, config)
    if config.depth > 1:
        steps = recurrent.stack(dataclasses.replace(config, depth=config.depth - 1))(steps)
    top = recurrent.layer(config, return_sequences=attention, return_state=True)
    memory, *states = top(steps)  # (batch, length, units) or (batch, units), states (batch, units)
    decoder = layers.FeedbackDecoder(
        config.units,
        preprocessor.ahead,
        parameters,
        config.cell,
        attention,
        config.sampling,
        config.dropout,
        name="decoder",
    )
    return decoder(
        front.series[:, -1], states, memory=memory if attention else None, future=front.future, offset=front.level,
        factor=front.spread,
    )  # fmt: skip


def _steps(front, config):
    """(batch, length, features): all there is to read of each step."""
    parts = [front.series, front.others]
    if front.present is not None:
        parts.append(front.present[:, :, : front.series.shape[2]])
    parts = [part for part in parts if part is not None]
    return keras.ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]


MODELS = {"segments": segments, "one_shot": one_shot, "autoregressive": autoregressive, "attention": attention}

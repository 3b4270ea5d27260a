"""What all networks read: the window as it comes in, scaled, its gaps carried forward, its own level subtracted."""

import dataclasses
from typing import Any

import keras

import layers


@dataclasses.dataclass(frozen=True)
class Front:
    """The inputs, and tensors made of them; float32 all, and None where there is no such thing.

    inputs: {name: keras.Input}. standardize: the layer that scales. row (batch,): the series' statistics.
    scaled, present (batch, length, columns): values with gaps filled; 1 where they were measured.
    series, level, spread: targets of the window (batch, length, targets), and what was taken from them,
    (batch, 1, targets).
    others (batch, length, features): what is looked at beside them. future (batch, ahead, features): known of the steps
    ahead. known (batch, ahead, known): the known columns alone.
    """

    inputs: dict[str, Any]
    standardize: Any
    row: Any
    scaled: Any
    present: Any
    series: Any
    level: Any
    spread: Any
    others: Any
    future: Any
    known: Any


def front(preprocessor, config):
    """The `Front` of a preprocessor's batches."""
    columns, targets = len(preprocessor.columns), preprocessor.targets
    values = keras.Input((preprocessor.length, columns), name="values")  # (batch, length, columns)
    inputs = {"values": values}
    standardize = layers.Standardize(preprocessor.means, preprocessor.scales, name="standardize")
    row = None
    if preprocessor.series is not None:
        row = inputs["series"] = keras.Input((), dtype="int32", name="series")  # (batch,)
    carried = layers.CarryForward(dtype="float32", name="carried")
    scaled, present = carried(standardize(values, row=row))  # (batch, length, columns) both
    known = _known(inputs, preprocessor, standardize, row, scaled)
    of_time, ahead_of_time = _calendar(inputs, preprocessor)
    instance = layers.InstanceScaling(config.instance, dtype="float32", name="instance")
    series, level, spread = instance(scaled[:, :, :targets], present[:, :, :targets])
    present = present if preprocessor.missing else None
    others = [scaled[:, :, targets:]] if columns > targets else []
    others += [present[:, :, targets:]] if others and present is not None else []
    return Front(
        inputs, standardize, row, scaled, present, series, level, spread,
        _joined([*others, of_time]), _joined([known, ahead_of_time]), known,
    )  # fmt: skip


def _known(inputs, preprocessor, standardize, row, scaled):
    """The known columns ahead (batch, ahead, known), scaled, a gap filled with the value before; None without any."""
    first, count = preprocessor.targets, preprocessor.known
    if not count:
        return None
    known = inputs["known"] = keras.Input((preprocessor.ahead, count), name="known")
    ahead = standardize(known, row=row, first=first)  # (batch, ahead, known)
    last = scaled[:, -1:, first : first + count]
    filled, _ = layers.CarryForward(dtype="float32")(keras.ops.concatenate([last, ahead], axis=1))
    return keras.layers.Activation("linear", dtype="float32", name="known_ahead")(filled[:, 1:])


def _calendar(inputs, preprocessor):
    """Calendar features of the window and of the steps ahead; None without a calendar."""
    if not preprocessor.calendar:
        return None, None
    time = inputs["time"] = keras.Input((), dtype="int64", name="time")  # (batch,)
    length, ahead = preprocessor.length, preprocessor.ahead
    parts = ((1 - length, length), (1, ahead))
    return [layers.CalendarFeatures(preprocessor.step, first, count)(time) for first, count in parts]


def _joined(parts):
    parts = [part for part in parts if part is not None]
    return keras.ops.concatenate(parts, axis=-1) if parts else None

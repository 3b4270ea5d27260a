"""The exports of a trained forecaster: raw units in, raw units out, scaling and gaps inside.

serving_default   values (batch, steps, columns), and known, time, series where there are such
                      -> forecast (batch, ahead, targets), quantiles (batch, ahead, targets, levels)
ids               the same

mobile/model.tflite
    serving_default   the same
    step              row (batch, columns), window (batch, length, columns), known, time, series
                          -> forecast, quantiles, window: the steps after this row, and the window for the next call

NaN is a missing value. Of more than `length` steps the last ones count; what fewer lack in front is missing. A step
begins with a window of NaN.
"""

import json
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from pipelines.forecasting.levels import levels
from pipelines.shared import defaults

browser = defaults.browser
golden = defaults.golden
PADDED, alike = defaults.PADDED, defaults.alike
MEANINGS = {
    "values": "the series so far, its last steps count; columns as in columns.json, in their units; NaN is missing",
    "known": "columns known ahead, of the steps to forecast; NaN is missing",
    "time": "when the last step was, in whole seconds since 1970 (UTC)",
    "series": "the number of the series, a line of series.txt counted from 0",
    "forecast": "the median of each step ahead and target, in their units",
    "quantiles": "the same for each of the probabilities in columns.json",
    "step.row": "one step; columns as in columns.json; NaN is missing",
    "step.window": "what the call before gave; NaN everywhere before the first one",
    "step.time": "when this step was, in whole seconds since 1970 (UTC)",
}


def forecast(artifact):
    """The function of `serving_default` and `ids`."""
    names, specification = _specification(artifact)

    @tf.function(autograph=False, input_signature=specification)
    def forecast(*tensors):
        inputs = dict(zip(names, tensors, strict=True))
        return _outputs(artifact, {**inputs, "values": _windows(artifact.preprocessor, inputs["values"])})

    return forecast


def step(artifact):
    """The function of `step`."""
    preprocessor = artifact.preprocessor
    names, specification = _specification(artifact)
    columns = len(preprocessor.columns)
    row = tf.TensorSpec([None, columns], tf.float32, "row")
    window = tf.TensorSpec([None, preprocessor.length, columns], tf.float32, "window")

    @tf.function(autograph=False, input_signature=[row, window, *specification[1:]])
    def step(row, window, *others):
        window = tf.concat([window[:, 1:], tf.expand_dims(row, 1)], axis=1)  # (batch, length, columns)
        outputs = _outputs(artifact, {"values": window, **dict(zip(names[1:], others, strict=True))})
        return {**outputs, "window": window}

    return step


def _specification(artifact):
    """(names, tf.TensorSpec) of the inputs; any number of steps of values."""
    given = {name: (tensor.shape, tensor.dtype) for name, tensor in artifact.model.input.items()}
    specification = []
    for name in sorted(given, key=("values", "known", "time", "series").index):
        shape, dtype = given[name]
        sizes = [None, None, shape[2]] if name == "values" else [None, *shape[1:]]
        specification.append(tf.TensorSpec(sizes, dtype, name))
    return [tensor.name for tensor in specification], specification


def _windows(preprocessor, values):
    """The last `length` steps (batch, length, columns) of any number of them."""
    columns = len(preprocessor.columns)
    lacking = tf.fill([tf.shape(values)[0], preprocessor.length, columns], np.float32(np.nan))
    last = tf.concat([lacking, values], axis=1)[:, -preprocessor.length :]
    return tf.reshape(last, [-1, preprocessor.length, columns])


def _outputs(artifact, inputs):
    quantiles = artifact.model(inputs, training=False)  # (batch, ahead, targets, levels)
    return {"forecast": quantiles[..., levels(artifact.config).index(0.5)], "quantiles": quantiles}


def serving(artifact):
    """The SavedModel's signatures; raw input is what the network takes."""
    return {"serving_default": forecast(artifact), "ids": forecast(artifact)}


def mobile(artifact):
    """The .tflite's signatures and the files beside it."""
    preprocessor = artifact.preprocessor
    facts = {
        "columns": preprocessor.columns,
        "targets": preprocessor.columns[: preprocessor.targets],
        "known": preprocessor.columns[preprocessor.targets : preprocessor.targets + preprocessor.known],
        "length": preprocessor.length,
        "ahead": preprocessor.ahead,
        "step_seconds": preprocessor.step if preprocessor.dates and preprocessor.step else None,
        "quantiles": levels(artifact.config),
    }
    files = {"columns.json": [json.dumps(facts, ensure_ascii=False)]}
    if preprocessor.series is not None:
        files["series.txt"] = preprocessor.series
    return {"serving_default": forecast(artifact), "step": step(artifact)}, files


def probes(artifact, count=8, seed=0):
    """Windows on which exports are compared with the model, as dictionaries of plain lists; None is missing.

    Ordinary ones, one with gaps, one without any value, a constant one, one of huge and one of tiny numbers; the last
    one is ordinary.
    """
    preprocessor, draw = artifact.preprocessor, np.random.default_rng(seed)
    means, scales = artifact.baseline.means[:1], artifact.baseline.scales[:1]  # (1, columns)
    steps, columns = preprocessor.length, len(preprocessor.columns)
    walks = np.cumsum(draw.normal(size=(count, steps, columns)), axis=1) / np.sqrt(steps)
    windows = means + scales * walks
    windows[0] = np.nan
    windows[1][draw.random((steps, columns)) < 0.3] = np.nan
    windows[2] = means
    windows[3] *= 1e4
    windows[4] *= 1e-4
    made = [{"values": _plain(window.astype(np.float32))} for window in windows]
    first, known = preprocessor.targets, preprocessor.known
    for number, window in enumerate(made):
        if known:
            ahead = draw.normal(size=(preprocessor.ahead, known))
            ahead = means[:, first : first + known] + scales[:, first : first + known] * ahead
            ahead[0] = np.nan if number == 1 else ahead[0]
            window["known"] = _plain(ahead.astype(np.float32))
        if preprocessor.calendar:
            window["time"] = int(draw.integers(0, 2_000_000_000)) if number else 0
        if preprocessor.series is not None:
            window["series"] = number % len(preprocessor.series)
    return made


def _plain(array):
    return [[None if value != value else value for value in row] for row in array.tolist()]


def tensors_of(artifact, inputs):
    """The tensors of windows, as `probes` gives them, or of series, as `predict` takes them."""
    names, specification = _specification(artifact)
    if all(isinstance(one, Mapping) and _is_window(one.get("values")) for one in inputs):
        kinds = {tensor.name: tensor.dtype.as_numpy_dtype for tensor in specification}
        return {name: np.array([one[name] for one in inputs], kinds[name]) for name in names}
    series = artifact.task.read_inputs(inputs, artifact.config, {})
    windows = [artifact.preprocessor.latest(examples)[0] for examples in series]
    return {name: np.concatenate([one[name] for one in windows]) for name in names}


def _is_window(values):
    return isinstance(values, list) and bool(values) and isinstance(values[0], list)


def encode(artifact, inputs):
    """The tensors of `ids` and the model's answers."""
    tensors = tensors_of(artifact, inputs)
    return tensors, _answered(artifact, tensors)


serve = encode


def _answered(artifact, tensors):
    quantiles = np.asarray(artifact.infer(tensors)["quantiles"])
    return {"forecast": quantiles[..., levels(artifact.config).index(0.5)], "quantiles": quantiles}


def further(artifact, inputs):
    """The tensors of `step`, which begin with all but the last row of each window, and the model's answers."""
    tensors = tensors_of(artifact, inputs)
    values = tensors.pop("values")
    before = np.concatenate([np.full_like(values[:, :1], np.nan), values[:, :-1]], axis=1)
    answers = {**_answered(artifact, {"values": values, **tensors}), "window": values}
    return {"step": ({"row": values[:, -1], "window": before, **tensors}, answers)}


def preparation(artifact):
    """How an app turns a series into tensors, and reads the answers, in sentences."""
    preprocessor = artifact.preprocessor
    lines = [
        f"values: the last {preprocessor.length} steps of a series, oldest first, the columns in the order of "
        "columns.json and in the units of the training data. NaN where a value is missing.",
        *(_OF_INPUT[name] for name in _specification(artifact)[0][1:]),
        f"forecast[b][h][t] is target t of columns.json at step h + 1 of {preprocessor.ahead} behind the last one; "
        "quantiles has one number more for each of its probabilities.",
        "Or row by row: `step` takes one row and the window that the call before gave, NaN everywhere at first.",
    ]
    return lines


_OF_INPUT = {
    "known": "known: the columns known ahead, of each step to forecast; NaN where they are not.",
    "time": "time: when the last step was, in whole seconds since 1970 (UTC).",
    "series": "series: which line of series.txt the series is, counted from 0.",
}

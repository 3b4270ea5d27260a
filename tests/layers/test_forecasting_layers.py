"""Layers for series of numbers, against NumPy, datetime and SciPy."""

import datetime

import keras
import numpy as np
import pytest
import scipy.stats

import layers

NAN = float("nan")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def tensor(values, dtype="float32"):
    return keras.ops.convert_to_tensor(np.asarray(values, dtype))


def gappy(shape, seed=0, share=0.6):
    draw = np.random.default_rng(seed)
    return np.where(draw.random(shape) < share, NAN, draw.normal(size=shape)).astype("float32")


@pytest.mark.parametrize("time", [1, 2, 7, 16, 33])
def test_gaps_have_the_value_before(time):
    values = gappy((5, time, 2))
    filled, present = map(array, layers.CarryForward(start=9.0)(tensor(values)))
    for row in range(5):
        for column in range(2):
            last = 9.0
            for step in range(time):
                value = values[row, step, column]
                last = last if np.isnan(value) else value
                assert filled[row, step, column] == np.float32(last)
                assert present[row, step, column] == float(not np.isnan(value))


def test_an_open_time_axis_is_refused():
    with pytest.raises(ValueError, match="time axis of known size"):
        layers.CarryForward()(keras.Input((None, 2)))


def test_scaled_and_back():
    draw = np.random.default_rng(0)
    values, means, scales = draw.normal(50, 9, (4, 3, 5)), draw.normal(size=(2, 5)), draw.random((2, 5)) + 0.5
    rows = np.array([1, 0, 1, 1])
    layer = layers.Standardize(means, scales)
    scaled = layer(tensor(values), row=tensor(rows, "int32"))
    np.testing.assert_allclose(array(scaled), (values - means[rows][:, None]) / scales[rows][:, None], rtol=1e-4)
    np.testing.assert_allclose(array(layer(scaled, row=tensor(rows, "int32"), inverse=True)), values, rtol=1e-4)
    some = array(layer(tensor(values[:, :, 2:4]), row=tensor(rows, "int32"), first=2))
    np.testing.assert_allclose(some, array(scaled)[:, :, 2:4], rtol=1e-4)
    quantiles = array(layer(tensor(values[..., None]), row=tensor(rows, "int32")))
    np.testing.assert_allclose(quantiles[..., 0], array(scaled), rtol=1e-4)
    with pytest.raises(ValueError, match="row: expected"):
        layer(tensor(values))


@pytest.mark.parametrize(
    ("means", "scales"), [([1.0], [0.0]), ([1.0, 2.0], [1.0]), (None, None)], ids=["zero", "unequal", "none"]
)
def test_statistics_that_cannot_be(means, scales):
    with pytest.raises(ValueError, match="scales"):
        layers.Standardize(means, scales)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="jax has 32 bits for integers by default")
def test_calendar_is_that_of_datetime():
    start = datetime.datetime(1959, 12, 30, 13, 30, tzinfo=datetime.UTC)
    times = [start + datetime.timedelta(days=97 * number, hours=5 * number) for number in range(150)]
    seconds = tensor([int(time.timestamp()) for time in times], "int64")
    features = array(layers.CalendarFeatures(step=3600, first=-1, count=3)(seconds))
    assert features.shape == (150, 3, 6)
    for row, time in zip(features, times, strict=True):
        for step, values in zip((-1, 0, 1), row, strict=True):
            at = time + datetime.timedelta(hours=step)
            days = at.hour / 24 + at.minute / 1440
            of_year = (at - datetime.datetime(at.year, 1, 1, tzinfo=datetime.UTC)).total_seconds() / 86400
            for number, (share, tolerance) in enumerate(
                [(days, 1e-5), ((at.weekday() + days) / 7, 1e-5), (of_year / 365.2425, 0.03)]
            ):
                right = [np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)]
                np.testing.assert_allclose(values[2 * number : 2 * number + 2], right, atol=tolerance)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="jax has 32 bits for integers by default")
def test_periods_no_longer_than_a_step_are_left_out():
    assert layers.CalendarFeatures(step=86_400, count=2)(tensor([0], "int64")).shape == (1, 2, 4)
    assert layers.CalendarFeatures(step=7 * 86_400, count=2)(tensor([0], "int64")).shape == (1, 2, 2)


@pytest.mark.parametrize("mode", ["last", "mean", "standard", "last_moves", "none"])
def test_a_windows_own_level(mode):
    values, present = np.random.default_rng(0).normal(5, 3, (4, 9, 2)), np.random.default_rng(1).random((4, 9, 2)) > 0.4
    present[0, :, 0] = False
    scaled, level, spread = map(array, layers.InstanceScaling(mode)(tensor(values), tensor(present)))
    for row in range(4):
        for column in range(2):
            seen = values[row, present[row, :, column], column]
            seen = seen if len(seen) else np.zeros(1)
            last = values[row, -1, column]
            right = {"last": last, "last_moves": last, "none": 0.0}.get(mode, seen.mean())
            moves = max(np.sqrt(np.mean(np.diff(values[row, :, column]) ** 2)), 1e-6 * abs(last))
            width = {"standard": seen.std() + 0.01, "last_moves": moves}.get(mode, 1.0)
            np.testing.assert_allclose(level[row, 0, column], right, atol=1e-5)
            np.testing.assert_allclose(spread[row, 0, column], width, rtol=1e-4)
            expected = (values[row, :, column] - right) / width
            np.testing.assert_allclose(scaled[row, :, column], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scaled * spread + level, values, atol=1e-3)


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("height", [0.0, 3e-9, 2e8])
def test_windows_that_do_not_move_have_a_spread(steps, height):
    layer = layers.InstanceScaling("last_moves")
    for values in (keras.Input((None, 1)), keras.Input((steps, 1))):
        model = keras.Model(values, layer(values))
        scaled, level, spread = map(array, model(tensor(np.full((2, steps, 1), height))))
        assert (scaled == 0).all() and (spread > 0).all() and np.isfinite(1 / spread).all()
        np.testing.assert_allclose(level, height, rtol=1e-6)


@pytest.mark.parametrize("levels", [[0.5], [0.1, 0.5, 0.9], [0.02, 0.1, 0.3, 0.5, 0.95]])
@pytest.mark.parametrize("family", ["quantiles", "gaussian", "student_t", "point"])
def test_quantiles_do_not_cross_and_are_those_of_the_distribution(family, levels):
    layer = layers.OrderedQuantiles(levels, family)
    parameters = np.random.default_rng(0).normal(0, 30, (50, 2, layer.parameters))
    quantiles = array(layer(tensor(parameters)))
    assert quantiles.shape == (50, 2, len(levels)) and (np.diff(quantiles, axis=-1) >= 0).all()
    np.testing.assert_allclose(quantiles[..., layer.median], parameters[..., 0], rtol=1e-6)
    if family in ("gaussian", "student_t"):
        width = np.logaddexp(0, parameters[..., 1:])
        standard = {"gaussian": scipy.stats.norm, "student_t": scipy.stats.t(5)}[family].ppf(levels)
        np.testing.assert_allclose(quantiles, parameters[..., :1] + width * standard, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("levels", [[], [0.1, 0.9], [0.9, 0.5], [0.5, 0.5], [0.0, 0.5], [0.5, 1.0]])
def test_levels_that_cannot_be(levels):
    with pytest.raises(ValueError, match="levels: expected ascending"):
        layers.OrderedQuantiles(levels)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_segment_forecaster_is_its_equations(cell):
    layer = layers.SegmentForecaster(6, ahead=5, segment=3, parameters=2, cell=cell)
    series = np.random.default_rng(0).normal(size=(2, 7, 4)).astype("float32")
    result = array(layer(tensor(series)))
    assert result.shape == (2, 5, 4, 2)
    kernel, bias = map(array, layer.own.weights)
    readout, readout_bias = map(array, layer.readout.weights)
    recurrent = layer.stack.layers[-1].cell
    for row in range(2):
        for column in range(4):
            padded = np.concatenate([np.zeros(2), series[row, :, column]]).reshape(3, 3)
            states = [tensor(np.zeros((1, 6))) for _ in range(recurrent.state_count)]
            for segment in padded:
                x = np.maximum(segment @ kernel + bias, 0)[None]
                _, states = recurrent.recur(recurrent.project(tensor(x)), states)
            for number in range(2):
                parts = [array(layer.positions)[0, number], array(layer.of_columns)[column, 0]]
                y, _ = recurrent.recur(recurrent.project(tensor(np.concatenate(parts)[None])), states)
                y = (array(y) @ readout + readout_bias).reshape(3, 2)
                steps = slice(3 * number, min(5, 3 * number + 3))
                np.testing.assert_allclose(result[row, steps, column], y[: steps.stop - steps.start], atol=1e-5)


def test_a_segment_forecaster_sees_each_of_its_inputs():
    layer = layers.SegmentForecaster(8, ahead=4, segment=2, depth=2)
    draw = np.random.default_rng(0)
    shapes = {"series": (3, 6, 2), "present": (3, 6, 2), "beside": (3, 6, 3), "level": (3, 1, 2), "future": (3, 4, 2)}
    inputs = {name: tensor(draw.normal(size=shape)) for name, shape in shapes.items()}
    before = array(layer(**inputs))
    for name in shapes:
        assert np.abs(array(layer(**{**inputs, name: inputs[name] + 1})) - before).max() > 1e-4, name


def decoder(**options):
    made = layers.FeedbackDecoder(5, ahead=4, parameters=2, **options)
    draw = np.random.default_rng(0)
    states = [tensor(draw.normal(size=(3, 5))) for _ in made.recurrent.state_size]
    inputs = {"last": tensor(draw.normal(size=(3, 2))), "states": states, "future": tensor(draw.normal(size=(3, 4, 1)))}
    if made.attention:
        inputs["memory"] = tensor(draw.normal(size=(3, 6, 5)))
    return made, inputs


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("attention", [False, True])
def test_taught_its_own_forecasts_a_decoder_goes_on_as_by_itself(cell, attention):
    made, inputs = decoder(cell=cell, attention=attention)
    alone = array(made(**inputs))  # (3, 4, 2, 2)
    assert alone.shape == (3, 4, 2, 2)
    with made.taught(tensor(alone[..., 0])):
        np.testing.assert_allclose(array(made(**inputs, training=True)), alone, atol=1e-5)
        np.testing.assert_allclose(array(made(**inputs)), alone, atol=1e-6)  # outside training nothing is taught
    with made.taught(tensor(alone[..., 0] + 1)):
        taught = array(made(**inputs, training=True))
    np.testing.assert_allclose(taught[:, 0], alone[:, 0], atol=1e-5)
    assert np.abs(taught[:, 1:] - alone[:, 1:]).max() > 1e-3


def test_the_truth_is_in_its_own_units_and_has_gaps():
    made, inputs = decoder()
    truth = np.random.default_rng(1).normal(size=(3, 4, 2)).astype("float32")
    offset, factor = tensor(np.full((3, 1, 2), 7.0)), tensor(np.full((3, 1, 2), 2.0))
    with made.taught(tensor(truth)):
        plain = array(made(**inputs, training=True))
    with made.taught(tensor(truth * 2 + 7)):
        np.testing.assert_allclose(array(made(**inputs, offset=offset, factor=factor, training=True)), plain, atol=1e-4)
    gap, filled = truth.copy(), truth.copy()
    gap[:, 1], filled[:, 1] = NAN, truth[:, 0]
    results = []
    for one in (gap, filled):
        with made.taught(tensor(one)):
            results.append(array(made(**inputs, training=True)))
    np.testing.assert_allclose(*results, atol=1e-6)


def test_sampling_always_reads_what_was_forecast_from_the_truth():
    made, inputs = decoder(sampling=1.0)
    truth = np.random.default_rng(1).normal(size=(3, 4, 2)).astype("float32")
    with made.taught(tensor(truth)):
        sampled = array(made(**inputs, training=True))
    made.sampling = 0.0
    with made.taught(tensor(truth)):
        first = array(made(**inputs, training=True))
    with made.taught(tensor(np.concatenate([first[..., 0][:, :-1], truth[:, -1:]], axis=1))):
        np.testing.assert_allclose(sampled, array(made(**inputs, training=True)), atol=1e-5)


MADE = {
    "CarryForward": lambda: layers.CarryForward(2.0),
    "Standardize": lambda: layers.Standardize([1.0, 2.0], [3.0, 4.0]),
    "CalendarFeatures": lambda: layers.CalendarFeatures(60, -3, 4),
    "InstanceScaling": lambda: layers.InstanceScaling("mean"),
    "OrderedQuantiles": lambda: layers.OrderedQuantiles([0.2, 0.5], "student_t", 4.0),
    "SegmentForecaster": lambda: layers.SegmentForecaster(4, 3, 2, 2, "lstm", 2, 0.1),
    "FeedbackDecoder": lambda: layers.FeedbackDecoder(4, 3, 2, "rnn", True, 0.5, 0.1),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_config_round_trip(make):
    layer = make()
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == layer.get_config()

"""Each model, output and instance: trained, saved, converted; then blended and calibrated."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import layers
from pipelines.forecasting import baselines, network, preprocessor
from pipelines.forecasting.config import INSTANCE, MODELS, OUTPUTS, Config
from pipelines.forecasting.levels import levels
from pipelines.forecasting.networks import answering, blending, choosing
from pipelines.forecasting.networks.training import ForecastLoss, MedianError
from pipelines.shared.data import stored
from pipelines.shared.training import stacking

TINY = Config(
    target_columns="a,b", known_columns="c", past_columns="d", length=12, ahead=5, segment=4, units=6, season=4,
    calendar=True, dropout=0.1, learning_rate=1e-3, epochs=1, batch_size=8, model="segments", instance="last",
)  # fmt: skip
# every value of each setting with every model
COMBINATIONS = [
    (model, OUTPUTS[(number + shift) % 4], INSTANCE[(number + 2 * shift) % 5])
    for shift, model in enumerate(MODELS)
    for number in range(5)
]
CONVERTED = ("segments", "one_shot", "autoregressive", "attention")


def rows(count=120, seed=0, series=1, gaps=0.1):
    draw = np.random.default_rng(seed)
    made = np.zeros(count * series, [(name, np.float32) for name in "abcd"])
    steps = np.tile(np.arange(count), series)
    for number, name in enumerate("abcd"):
        made[name] = 50 + 10 * number + 3 * np.sin(steps * np.pi / 2 + number) + draw.normal(size=len(made))
        made[name][draw.random(len(made)) < gaps] = np.nan
    return {
        "series": stored.Labels(np.repeat(np.arange(series, dtype=np.int32), count), [str(n) for n in range(series)]),
        "time": 1_467_331_200 + 3600 * steps.astype(np.int64),
        "scored": np.ones(len(made), bool),
        "values": made,
    }


def prepared(config=TINY, **how):
    examples = rows(**how)
    made = preprocessor.prepare(examples, config)
    return made, examples, made.windows(examples, True).batch(np.arange(6))


def trained(made, config, inputs, targets):
    model = network.build(made, config)
    model.compile("adam", **network.compiled(config))
    history = model.fit(tf.data.Dataset.from_tensors((inputs, targets)).repeat(2), shuffle=False, verbose=0)
    assert np.isfinite([*history.history.values()]).all()
    return model


def converted(model, folder):
    """The model as a function, run by LiteRT with builtin operations alone."""
    holder = tf.Module()
    holder.held = [variable.value for variable in model.variables]
    specification = {
        name: tf.TensorSpec([None, *part.shape[1:]], part.dtype, name=name) for name, part in model.input.items()
    }

    @tf.function(autograph=False)
    def serve(**inputs):
        with layers.portable():
            return {"quantiles": model(inputs, training=False)}

    holder.serve = serve
    tf.saved_model.save(holder, folder, signatures={"serving_default": serve.get_concrete_function(**specification)})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return Interpreter(model_content=converter.convert()).get_signature_runner()


def test_the_table_has_every_value_with_every_model():
    for model in MODELS:
        for number, values in ((1, OUTPUTS), (2, INSTANCE)):
            assert {row[number] for row in COMBINATIONS if row[0] == model} == set(values)


@pytest.mark.parametrize(
    ("model", "output", "instance"),
    [
        pytest.param(*row, marks=[] if number % 5 == 0 or number == 3 else pytest.mark.slow)  # each value once
        for number, row in enumerate(COMBINATIONS)
    ],
)
def test_trains_and_comes_back_from_its_file(model, output, instance, tmp_path):
    config = dataclasses.replace(
        TINY, model=model, output=output, instance=instance, cell="lstm" if output == "gaussian" else "gru",
        depth=2 if output == "point" else 1, sampling=0.5,
    )  # fmt: skip
    made, _, (inputs, targets) = prepared(config)
    targets = targets.copy()
    targets[0, 2] = np.nan
    fitted = trained(made, config, inputs, targets)
    quantiles = np.asarray(fitted(inputs))
    assert quantiles.shape == (6, 5, 2, 3) and quantiles.dtype == np.float32
    assert np.isfinite(quantiles).all() and (np.diff(quantiles, axis=-1) > -1e-4).all()
    fitted.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(again(inputs)), quantiles, rtol=1e-5)
    again.compile("adam", **network.compiled(config))  # it can be trained on
    assert np.isfinite(again.train_on_batch(inputs, targets)).all()


@pytest.mark.parametrize(
    "model", [pytest.param(model, marks=[pytest.mark.slow] if model != "segments" else []) for model in CONVERTED]
)
def test_converts_blended_and_calibrated(model, tmp_path):
    config = dataclasses.replace(TINY, model=model, instance=INSTANCE[CONVERTED.index(model)], output="quantiles")
    made, examples, (inputs, targets) = prepared(config)
    baseline = baselines.fit(made, examples)
    fitted = trained(made, config, inputs, targets)
    final = network.calibrate(fitted, made, baseline, examples, config)
    final.save(tmp_path / "model.keras")
    final = keras.models.load_model(tmp_path / "model.keras")
    run = converted(final, tmp_path / "saved")
    for batch in (6, 1, 6):
        some = {name: part[:batch] for name, part in inputs.items()}
        np.testing.assert_allclose(run(**some)["quantiles"], np.asarray(final(some)), rtol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_half_precision_scales_in_whole(model, tmp_path):
    config = dataclasses.replace(TINY, model=model, precision="mixed_float16")
    made, _, (inputs, targets) = prepared(config)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = network.build(made, config)
    finally:
        keras.config.set_dtype_policy(before)
    whole = network.build(made, config)
    half.set_weights(whole.get_weights())
    np.testing.assert_allclose(np.asarray(half(inputs)), np.asarray(whole(inputs)), rtol=5e-3)
    half.compile("adam", **network.compiled(config))
    assert np.isfinite(half.train_on_batch(inputs, targets)).all()


def test_what_is_missing_in_front_changes_nothing_but_what_is_looked_at():
    config = dataclasses.replace(TINY, model="one_shot")
    made, _, (inputs, _) = prepared(config)
    model = network.build(made, config)
    inputs = {
        **inputs,
        "values": np.full_like(inputs["values"], np.nan),
        "known": np.full_like(inputs["known"], np.nan),
    }
    assert np.isfinite(np.asarray(model(inputs))).all()


def test_statistics_of_each_series():
    config = dataclasses.replace(TINY, scaling="series", calendar=False, model="one_shot", blend=False)
    made, _, (inputs, targets) = prepared(config, series=3)
    assert made.means.shape == (3, 4) and "series" in inputs
    model = trained(made, config, inputs, targets)
    other = np.asarray(model({**inputs, "series": np.full(6, 2, np.int32)}))
    assert np.abs(other - np.asarray(model(inputs))).max() > 1e-3
    loss = model.evaluate(inputs, targets, verbose=0, return_dict=True)["mae"]
    errors = np.abs(targets - np.asarray(model(inputs))[..., 1]) / made.scales[inputs["series"]][:, None, :2]
    np.testing.assert_allclose(loss, np.nanmean(errors), rtol=1e-4)


def test_statistics_of_one_series_alone():
    config = dataclasses.replace(TINY, scaling="series", model="one_shot")
    made, examples, (inputs, targets) = prepared(config)
    model = network.build(made, config)
    assert set(model.input) == set(inputs)
    final = network.calibrate(model, made, baselines.fit(made, examples), examples, config)
    assert np.isfinite(np.asarray(final(inputs))).all() and targets.shape == (6, 5, 2)


@pytest.mark.parametrize("output", OUTPUTS)
def test_loss_and_error_are_those_of_numpy(output):
    import scipy.stats

    chosen, draw = [0.1, 0.5, 0.8], np.random.default_rng(0)
    family = layers.OrderedQuantiles(chosen, output)
    parameters = draw.normal(size=(4, 3, 2, family.parameters)).astype("float32")
    quantiles, y = np.asarray(family(parameters)), draw.normal(size=(4, 3, 2)).astype("float32")
    y[1, 2, 0] = np.nan
    middle, there = quantiles[..., 1], ~np.isnan(y)
    if output in ("gaussian", "student_t"):
        width = np.logaddexp(0, parameters[..., 1])
        density = {"gaussian": scipy.stats.norm, "student_t": scipy.stats.t(5)}[output]
        right = -(density.logpdf((y - middle) / width) - np.log(width))[there].mean()
        right -= 0 if output == "gaussian" else -density.logpdf(0)  # a constant is left out
    else:
        of_levels = [np.where(y > quantiles[..., n], p, p - 1) * (y - quantiles[..., n]) for n, p in enumerate(chosen)]
        right = (of_levels[1] if output == "point" else sum(of_levels))[there].mean()
    assert float(ForecastLoss(chosen, output)(y, quantiles)) == pytest.approx(right, rel=1e-3)
    error = MedianError(1)
    error.update_state(y, quantiles)
    assert float(error.result()) == pytest.approx(np.abs(y - middle)[there].mean(), rel=1e-5)


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_a_blend_is_the_sum_of_what_is_blended(gaps):
    config = TINY
    made, examples, (inputs, _) = prepared(config, gaps=gaps)
    baseline = baselines.fit(made, examples)
    model = network.build(made, config)
    shares = {
        "network": 0.2,
        "last_value": 0.1,
        "seasonal_naive": 0.15,
        "window_mean": 0.05,
        "linear": 0.3,
        "nlinear": 0.2,
    }
    layer = blending.BaselineBlend.of(shares, baseline, 1)
    carried, known = model.get_layer("carried").output, model.get_layer("known_ahead").output
    y = layer(model.get_layer("scaled").output, *carried, known=known)
    y = model.get_layer("standardize")(y, inverse=True)
    quantiles, blended = np.asarray(model(inputs)), np.asarray(keras.Model(model.input, y)(inputs))
    parts = {"network": quantiles[..., 1], **baseline.forecasts(inputs)}
    assert set(parts) == set(shares)
    right = sum(shares[name] * part for name, part in parts.items())
    np.testing.assert_allclose(blended[..., 1], right, rtol=1e-4)
    widths = quantiles - quantiles[..., 1:2]
    np.testing.assert_allclose(blended - blended[..., 1:2], widths, atol=1e-3)


def test_a_calibrated_model_covers_the_validation_and_does_not_lose_to_a_baseline():
    config = dataclasses.replace(TINY, calendar=False, output="point", quantiles="0.1,0.9", model="one_shot")
    made, examples, (inputs, targets) = prepared(config, count=700, gaps=0.02)
    baseline = baselines.fit(made, examples)
    model = network.calibrate(trained(made, config, inputs, targets), made, baseline, examples, config)
    windows = made.windows(examples, True)
    inputs, targets = windows.batch(np.arange(len(windows)))
    quantiles = model.predict(inputs, verbose=0)
    below, above = (targets < quantiles[..., 0]).mean(axis=0), (targets > quantiles[..., 2]).mean(axis=0)
    np.testing.assert_allclose([below, above], 0.1, atol=0.02)  # for each step ahead and target
    errors = {name: np.mean((targets - part) ** 2) for name, part in baseline.forecasts(inputs).items()}
    assert np.mean((targets - quantiles[..., 1]) ** 2) < 1.02 * min(errors.values())


def test_a_network_alone_stays_as_it_is_without_windows_or_blend():
    config = dataclasses.replace(TINY, blend=False)
    made, examples, (inputs, _) = prepared(config)
    model = network.build(made, config)
    assert network.calibrate(model, made, None, {**examples, "scored": examples["scored"] & False}, config) is model
    alone = network.calibrate(model, made, baselines.fit(made, examples), examples, config)
    np.testing.assert_allclose(np.asarray(alone(inputs))[..., 1], np.asarray(model(inputs))[..., 1], rtol=1e-5)


def test_offsets_of_few_windows_are_shared():
    draw = np.random.default_rng(0)
    for windows, shape in ((400, (5, 2, 3)), (100, (1, 2, 3)), (30, (1, 1, 3)), (5, (1, 1, 3))):
        made = blending.offsets(draw.normal(size=(windows, 5, 2, 3)), [0.1, 0.5, 0.9])
        assert made.shape == shape and (made[..., 1] == 0).all()
        assert (made == 0).all() == (windows < blending.FEWEST)


def test_weights_are_the_least_squares_on_the_simplex():
    from scipy.optimize import minimize

    draw = np.random.default_rng(0)
    errors = draw.normal(size=(4, 3000, 1)) * np.array([1, 1.5, 2, 8.0])[:, None, None] + draw.normal(size=(1, 3000, 1))
    flat = errors[..., 0]

    def cost(w):
        return np.mean(np.sqrt(9 + (w @ flat) ** 2))

    bounds, total = [(0, 1)] * 4, {"type": "eq", "fun": lambda w: w.sum() - 1}
    right = minimize(cost, np.full(4, 0.25), bounds=bounds, constraints=total, method="SLSQP").x
    np.testing.assert_allclose(stacking.simplex(errors, 3.0), right, atol=0.02)
    np.testing.assert_allclose(stacking.weights(errors).sum(), 1)


def test_a_blend_that_holds_on_no_other_part_is_not_made():
    draw, part = np.random.default_rng(0), np.repeat(np.arange(4), 100)
    steady = draw.normal(size=400)
    moody = np.where(part % 2, 6.0, -6.0) - 0.9 * steady  # cancels what is wrong with the other on half of the rows
    np.testing.assert_allclose(stacking.weights(np.stack([steady, moody])[..., None]), [1, 0], atol=0.1)


def test_levels_of_the_setting():
    assert levels(Config(quantiles="0.95, 0.05")) == [0.05, 0.5, 0.95]
    for wrong in ("0,0.5", "high", "0.5;0.9", "1.5"):
        with pytest.raises(ValueError, match="quantiles: expected probabilities"):
            levels(Config(quantiles=wrong))
    with pytest.raises(ValueError, match=r"one besides 0\.5"):
        levels(Config(quantiles="0.5", output="gaussian"))


@pytest.mark.parametrize("count", [30, 200, 5000])
@pytest.mark.parametrize("ahead", [1, 6, 24])
def test_the_rule_leaves_windows_and_fills_every_open_setting(count, ahead):
    config = Config(ahead=ahead)
    examples = rows(count=count, series=3)
    chosen = choosing.settings_for(examples, config)
    open_settings = {field.name for field in dataclasses.fields(Config) if field.default is None}
    assert set(chosen) <= open_settings
    settled = dataclasses.replace(config, **chosen)
    for name in ("model", "length", "segment", "units", "dropout", "epochs", "batch_size", "learning_rate", "instance"):
        assert getattr(settled, name) is not None
    if count >= 2 * ahead:
        assert len(preprocessor.prepare(examples, settled).windows(examples)) > 0


def test_what_was_set_stays():
    config = Config(ahead=6, length=40, segment=5)
    chosen = choosing.settings_for(rows(count=2000), config)
    assert chosen["length"] == 40 and chosen["segment"] == 5


def test_an_epoch_of_very_many_windows_is_a_part_of_them(monkeypatch):
    monkeypatch.setattr(preprocessor, "MOST", 20)
    made, examples, _ = prepared(gaps=0)
    epochs = []
    for training in (True, True, False):
        batches = preprocessor.batches(made, examples, TINY, training)
        assert int(batches.cardinality()) == 3
        epochs.append([float(time) for inputs, _ in batches for time in inputs["time"]])
    assert [len(set(times)) for times in epochs] == [20, 20, 20]
    assert epochs[2] == sorted(epochs[2]) and max(epochs[2]) - min(epochs[2]) == 3600 * (
        len(made.windows(examples)) - 1
    )
    stream = preprocessor.batches(made, examples, TINY, True).repeat(2)
    times = [float(time) for inputs, _ in stream for time in inputs["time"]]
    assert set(times[:20]) != set(times[20:])


@pytest.mark.parametrize(
    ("spreads", "levels_of", "length", "expected"),
    [
        (1.0, 0.0, 12, "none"), (1.0, 0.0, 48, "last"), (1.0, 9.0, 12, "last_moves"), (1.0, 1.5, 12, "last"),
        (np.geomspace(1, 1e4, 30), 0.0, 48, "last_moves"),
    ],
)  # fmt: skip
def test_what_is_subtracted_by_how_series_differ(spreads, levels_of, length, expected):
    draw, examples = np.random.default_rng(0), rows(count=200, series=30, gaps=0)
    values = draw.normal(size=(30, 200)) * np.broadcast_to(spreads, 30)[:, None] + levels_of * draw.normal(size=(30, 1))
    examples["values"]["a"] = values.ravel()
    config = Config(target_columns="a", ahead=6, length=length)
    assert choosing.settings_for(examples, config)["instance"] == expected


def test_a_series_that_stands_low_is_forecast_as_exactly_as_one_that_stands_high():
    draw, examples = np.random.default_rng(0), rows(count=200, series=30, gaps=0)
    heights = np.geomspace(1e-5, 1e5, 30)[:, None]
    prices = heights * np.exp(np.cumsum(draw.normal(0, 0.01, (30, 200)), axis=1))
    examples["values"]["a"] = prices.ravel()
    config = Config(target_columns="a", ahead=1, length=20, units=4, epochs=1)
    config = dataclasses.replace(config, **{k: v for k, v in choosing.settings_for(examples, config).items()
                                            if getattr(config, k) is None})  # fmt: skip
    made = preprocessor.prepare(examples, config)
    baseline = baselines.fit(made, examples)
    model = network.calibrate(network.build(made, config), made, baseline, examples, config)
    inputs, _ = made.windows(examples, True).batch(np.arange(0, len(made.windows(examples, True)), 50))
    last = inputs["values"][:, -1:, :1]
    shares = dict(zip(answering.SIMPLE, np.asarray(model.get_layer("blend").shares), strict=True))
    assert config.instance == "last_moves" and shares["last_value"] == 1  # of random walks
    np.testing.assert_allclose(model.predict(inputs, verbose=0)[..., 1], last, rtol=1e-5)
    np.testing.assert_allclose(baseline.forecasts(inputs)["last_value"], last, rtol=1e-5)


def test_windows_of_one_time_count_as_one():
    config = dataclasses.replace(TINY, ahead=5)
    made, examples, _ = prepared(config, series=4, gaps=0)
    windows = made.windows(examples, True)  # series that training never saw
    groups = blending._groups(windows, blending._rows(windows, made), 5)
    assert len(np.unique(groups)) == 4 * -(-len(windows) // 4 // 5) and np.bincount(groups).max() == 5
    later = {**examples, "scored": np.tile(np.arange(120) >= 60, 4)}  # the same series, later
    windows = made.windows(later, True)
    groups = blending._groups(windows, blending._rows(windows, made), 5)
    assert len(np.unique(groups)) == -(-len(windows) // 4 // 5)
    times = later["time"][windows.origins[blending._rows(windows, made)]]
    assert (np.diff(times) >= 0).all() and (np.diff(later["time"][windows.origins]) < 0).any()
    assert all(np.ptp(times[groups == group]) < 5 * max(1, made.step) for group in np.unique(groups))

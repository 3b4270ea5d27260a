"""The scores of a forecaster, against sums over all its forecasts at once."""

import html
import types

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from conftest import readings

import pipelines
from pipelines.forecasting import baselines, data, preprocessor, prices, report, scores, volatility
from pipelines.forecasting.config import Config
from pipelines.forecasting.windows import Windows
from pipelines.shared.metrics import forecasts, verdicts


def test_scores_are_those_of_all_windows_at_once(foresighted, monkeypatch):
    monkeypatch.setattr(scores, "_at_once", lambda _: 16)
    examples = foresighted.task.read_examples(readings(150, 4), foresighted.config, False, {})
    windows = foresighted.preprocessor.windows(examples, True)
    inputs, truth = windows.batch(np.arange(len(windows)))
    assert len(windows) > 50 and not np.isnan(truth).any()
    quantiles = np.asarray(foresighted.infer(inputs)["quantiles"])
    numbers = foresighted.scored(examples)
    error = np.abs(quantiles[..., 1] - truth)
    assert numbers["windows"] == len(windows)
    assert numbers["mae"] == pytest.approx(error.mean(), rel=1e-5)
    assert numbers["mae_load"] == pytest.approx(error[..., 0].mean(), rel=1e-5)
    assert numbers["mse_scaled"] == pytest.approx(((error / foresighted.preprocessor.scales[:2]) ** 2).mean(), rel=1e-5)
    inside = (quantiles[..., 0] <= truth) & (truth <= quantiles[..., 2])
    assert numbers["coverage_80"] == pytest.approx(inside.mean())
    for name, values in foresighted.baseline.forecasts(inputs).items():
        assert numbers[f"baseline_{name}_mae"] == pytest.approx(np.abs(values - truth).mean(), rel=1e-5)


def test_of_very_many_windows_evenly_drawn_ones_are_scored(foresighted, monkeypatch, caplog):
    monkeypatch.setattr(scores, "MOST", 20)
    with caplog.at_level("INFO", "unroll"):
        assert foresighted.evaluate(readings(150, 4))["windows"] == 20
    assert "scores: of 20 evenly drawn ones of the" in caplog.text


def test_without_a_window_the_error_says_what_is_needed(foresighted):
    short = readings(14, 4)
    with pytest.raises(ValueError, match=r"12 (steps|rows).*3"):
        foresighted.evaluate(short)


def series_of(values, **columns):
    config = Config(
        length=4, ahead=1, valid_fraction=0.2, test_fraction=0.2, season=1, target_columns="price", **columns
    )
    splits = data.load_splits(values, None, None, config)
    made = preprocessor.prepare(splits["train"], config)
    return types.SimpleNamespace(
        preprocessor=made, baseline=baselines.fit(made, splits["train"]), config=config
    ), splits


def forecasting(artifact, forecast):
    """The artifact with a function of the window's last value as its network."""

    def infer(inputs):
        last = np.asarray(inputs["values"])[:, -1:, :1]
        return {"quantiles": np.stack([forecast(last)] * 3, axis=-1)}

    artifact.infer = infer
    return artifact


def test_direction_of_prices_beside_always_up():
    draw = np.random.default_rng(0)
    artifact, splits = series_of({"price": 100 * np.exp(np.cumsum(draw.normal(0, 0.01, 1000)))})
    windows = artifact.preprocessor.windows(splits["test"], True)
    inputs, truth = windows.batch(np.arange(len(windows)))
    up = truth[:, 0, 0] > inputs["values"][:, -1, 0]
    for forecast, expected in ((lambda last: last + 1, up.mean()), (lambda last: last - 1, 1 - up.mean())):
        numbers = scores.score(
            artifact, splits["test"], scores.answered(forecasting(artifact, forecast), splits["test"])
        )
        assert numbers["direction_accuracy"] == pytest.approx(expected)
        assert numbers["always_up"] == pytest.approx(up.mean())
        low, high = forecasts.wilson(expected, len(windows))
        assert numbers["direction_low"] == pytest.approx(low, abs=0.01)
        assert numbers["direction_high"] == pytest.approx(high, abs=0.01)


@pytest.mark.parametrize("drift", [0.005, -0.005])
def test_a_forecast_of_no_move_counts_as_the_commoner_direction_of_the_training(drift):
    draw = np.random.default_rng(0)
    artifact, splits = series_of({"price": 100 * np.exp(np.cumsum(draw.normal(drift, 0.01, 1000)))})
    still = forecasting(artifact, lambda last: last * (1 + 1e-7))
    numbers = scores.score(artifact, splits["test"], scores.answered(still, splits["test"]))
    up = numbers["always_up"]
    assert numbers["direction_accuracy"] == pytest.approx(up if drift > 0 else 1 - up)
    assert artifact.baseline.rising[0] == pytest.approx(0.69 if drift > 0 else 0.31, abs=0.05)


def test_prices_of_one_day_that_move_together_are_fewer_trials():
    draw = np.random.default_rng(0)
    path = np.exp(np.cumsum(draw.normal(0, 0.01, 400)))
    days = (np.datetime64("2020-01-01") + np.arange(400)).astype(str)
    names = ["A", "B", "C", "D", "E", "F"]
    table = {
        "ticker": np.repeat(names, 400), "date": np.tile(days, 6),
        "price": np.concatenate([path * factor for factor in range(1, 7)]),
    }  # fmt: skip
    artifact, splits = series_of(table, series_column="ticker", split="time")
    answered = scores.answered(forecasting(artifact, lambda last: last + 1), splits["test"])
    numbers = scores.score(artifact, splits["test"], answered)
    days = numbers["windows"] / 6
    low, high = forecasts.wilson(numbers["direction_accuracy"], days)
    assert numbers["direction_high"] - numbers["direction_low"] == pytest.approx(high - low, rel=0.1)
    assert "which does not show that it knows more than a coin" in " ".join(answered.prices.said(numbers))


def garch(returns=6000, a=0.1, b=0.85, seed=0):
    """Prices whose returns are of GARCH(1,1), and the variances that they were drawn with."""
    draw, variance, made = np.random.default_rng(seed), 1e-4, []
    for _ in range(returns):
        shock = draw.normal() * variance**0.5
        made.append((shock, variance))
        variance = (1 - a - b) * 1e-4 + a * shock**2 + b * variance
    shocks, variances = np.array(made).T
    return 100 * np.exp(np.cumsum(shocks)), variances


def test_garch_is_fitted_and_nearer_to_the_truth_than_ewma():
    path, truth = garch()
    artifact, splits = series_of({"price": path})
    a, b = artifact.baseline.garch
    assert a == pytest.approx(0.1, abs=0.04) and b == pytest.approx(0.85, abs=0.07)
    examples = splits["test"]
    squared = volatility.squares(examples)
    expected = truth[-len(squared) :][1:]
    errors = {}
    for name, way in {"garch": (a, b), "ewma": volatility.EWMA}.items():
        told = volatility.variances(squared, [(0, len(squared))], *way)
        state = np.nanmean(squared[: volatility.BEFORE + 1])
        for row in range(volatility.BEFORE + 1, volatility.BEFORE + 5):  # by hand
            mean = np.nanmean(squared[: row + 1])
            if row == volatility.BEFORE + 1:
                assert told[row - 1] == pytest.approx(
                    (1 - sum(way)) * state + way[0] * squared[row - 1] + way[1] * state
                )
            assert told[row] == pytest.approx((1 - sum(way)) * mean + way[0] * squared[row] + way[1] * told[row - 1])
        errors[name] = np.nanmean(np.abs(np.log(told[:-1] / expected)))
    assert errors["garch"] < errors["ewma"]


def test_volatility_is_what_the_interval_tells():
    artifact, splits = series_of({"price": garch(1500)[0]})

    def infer(inputs):
        last = np.asarray(inputs["values"])[:, -1:, :1, None]
        return {"quantiles": last * np.exp(0.01 * 1.2815516 * np.array([-1, 0, 1]))}

    artifact.infer = infer
    answered = scores.answered(artifact, splits["test"])
    numbers = scores.score(artifact, splits["test"], answered)
    windows = artifact.preprocessor.windows(splits["test"], True)
    inputs, truth = windows.batch(np.arange(len(windows)))
    squared = np.log(truth[:, 0, 0].astype(float) / inputs["values"][:, -1, 0]) ** 2
    late = windows.origins > volatility.BEFORE  # before, the baselines have no forecast
    expected = np.mean(np.log(1e-4) + squared[late] / 1e-4)
    assert numbers["volatility_qlike"] == pytest.approx(expected, rel=1e-3)
    assert numbers["baseline_garch_volatility_qlike"] < numbers["volatility_qlike"]
    assert "an EWMA" in " ".join(answered.prices.said(numbers)) or "GARCH" in " ".join(answered.prices.said(numbers))


def test_there_is_no_direction_of_what_is_no_price(foresighted):
    assert not any(name.startswith(("direction", "always")) for name in foresighted.metrics)
    artifact, _ = series_of({"price": np.random.default_rng(0).normal(size=300)})
    assert not prices.is_price(artifact.baseline)


def test_windows_of_series_that_are_new_are_groups_and_else_stretches_of_time(foresighted):
    table = {"who": np.repeat(list("abcdefghijkl"), 60), "price": np.random.default_rng(0).normal(5, 1, 720)}
    artifact, splits = series_of(table, series_column="who", split="series")
    windows = artifact.preprocessor.windows(splits["train"], True)
    groups = scores._groups(windows, np.arange(len(windows)))
    assert np.bincount(groups).tolist() == [56] * len(np.unique(splits["train"]["series"].codes))
    windows = foresighted.preprocessor.windows(foresighted.splits["train"], True)
    groups = scores._groups(windows, np.arange(len(windows)))
    assert (np.diff(groups) >= 0).all()
    assert 5 < len(np.unique(groups)) <= np.ptp(windows.origins) / 3 + 1


def test_the_verdict_is_of_the_numbers(foresighted):
    examples = foresighted.splits["test"]
    answered = scores.answered(foresighted, examples)
    outcomes = scores.outcomes_of(foresighted, examples, answered)
    assert outcomes.noun == "stretches of time" and len(outcomes.grouped()) == answered.groups.max() + 1
    verdict = verdicts.judged(outcomes)
    assert verdict == foresighted.verdict
    assert verdict.model == pytest.approx(foresighted.metrics["mae_scaled"])
    assert verdict.baseline_value == pytest.approx(foresighted.metrics[f"baseline_{verdict.baseline}_mae_scaled"])
    assert np.isfinite(verdict.error)


def test_the_report_shows_what_was_scored(foresighted):
    page = (foresighted.path / "report" / "index.html").read_text("utf-8")
    titles = (
        "Result on the test split",
        "Example forecasts",
        "Error by step ahead",
        "Coverage",
        "What the network looks at",
    )
    assert all(title in page for title in titles)
    assert html.escape(str(foresighted.verdict)) in page
    assert page.count("<svg") >= 6 + 1 + 1 + 1


def test_influence_is_the_derivative():
    """Of a model that adds twice the last value of one column to three times the value before of the other."""
    values = keras.Input((5, 2), name="values")
    level = 2 * values[:, -1:, :1] + 3 * values[:, -2:-1, 1:]  # (batch, 1, 1)
    output = keras.ops.repeat(keras.ops.expand_dims(level, -1), 3, axis=-1)
    scales = np.array([[[2.0, 10.0]]], np.float32)
    artifact = types.SimpleNamespace(
        model=keras.Model({"values": values}, output),
        config=Config(),
        preprocessor=types.SimpleNamespace(length=5, columns=["a", "b"], ahead=1, targets=1),
        baseline=types.SimpleNamespace(statistics=lambda inputs: (None, scales)),
    )
    moved = report.influence(artifact, {"values": np.ones((4, 5, 2), np.float32)})
    expected = np.zeros((5, 2))
    expected[-1, 0], expected[-2, 1] = 2.0, 3 * 10 / 2
    np.testing.assert_allclose(moved, expected, rtol=1e-5)


def test_the_tflite_scores_as_the_model_does(foresighted_exported):
    interpreter = Interpreter(str(foresighted_exported.path / "mobile" / "model.tflite"))
    examples = foresighted_exported.splits["test"]
    numbers = scores.score_tflite(foresighted_exported, interpreter, examples)
    expected = foresighted_exported.scored(examples)
    assert numbers == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_windows_are_those_of_the_preprocessor(foresighted):
    assert isinstance(foresighted.preprocessor.windows(foresighted.splits["test"], True), Windows)
    assert pipelines.forecasting.task is foresighted.task

import numpy as np
import pytest

from pipelines.forecasting import data, preprocessor, sample
from pipelines.forecasting.config import Config


def test_a_seed_gives_the_same_sample():
    one, same, other = sample.generate(3), sample.generate(3), sample.generate(4)
    assert all(np.array_equal(one[name], same[name], equal_nan=True) for name in one)
    assert not np.array_equal(one["load"], other["load"])


def test_values_are_of_physiological_size():
    table = sample.generate()
    bounds = {
        "systolic": (85, 260),
        "diastolic": (45, 110),
        "mean": (60, 160),
        "heart_rate": (45, 205),
        "load": (0, 300),
    }
    for name, (low, high) in bounds.items():
        assert low <= np.nanmin(table[name]) < np.nanmax(table[name]) <= high
    assert not np.isnan(table["load"]).any()
    assert 0.003 < np.isnan(table["systolic"]).mean() < 0.03


def test_the_response_is_that_of_a_first_order_system():
    step = sample._followed(np.full(200, 100.0), rest=60, gain=0.5, tau=40)
    exact = 60 + 50 * (1 - np.exp(-10 * np.arange(1, 201) / 40))
    np.testing.assert_allclose(step, exact, rtol=1e-12)


def test_training_needs_no_flag():
    config = Config()
    splits = data.load_splits(None, None, None, config)
    made = preprocessor.prepare(splits["train"], config)
    assert made.columns == ["systolic", "diastolic", "mean", "heart_rate", "load"]
    assert (made.targets, made.known, made.missing, made.dates) == (4, 1, True, False)
    assert not set(splits["train"]["series"]) & set(splits["test"]["series"])
    assert min(len(made.windows(part, complete=True)) for part in splits.values()) > 100


def test_settings_of_columns_hold_for_the_sample_too():
    splits = data.load_splits(None, None, None, Config(target_columns="heart_rate", known_columns="load"))
    assert splits["train"]["values"].dtype.names == ("heart_rate", "load", "systolic", "diastolic", "mean")


def test_the_sample_is_what_it_was():
    assert sample.VERSION == 1
    sums = {name: float(np.nansum(values)) for name, values in sample.generate().items()}
    assert sums == pytest.approx(SUMS, rel=1e-6)


SUMS = {
    "series": 585162.0,
    "time": 13441920.0,
    "systolic": 2169756.6,
    "diastolic": 1081050.2,
    "mean": 1441266.1,
    "heart_rate": 1546420.8,
    "load": 1151730.0,
}


def test_prices_have_volatility_that_lasts_and_returns_that_do_not():
    returns = np.diff(np.log(sample.prices(days=20_000)["price"]))
    returns = returns[np.abs(returns) > 0]

    def correlation(values):
        return np.corrcoef(values[:-1], values[1:])[0, 1]

    assert abs(correlation(returns)) < 0.04
    assert correlation(np.abs(returns)) > 0.1
    assert np.std(returns) == pytest.approx(0.0135, rel=0.4)

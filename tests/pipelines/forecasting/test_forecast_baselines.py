"""The baselines of a forecast, against scikit-learn and by hand."""

import numpy as np
import pytest
import sklearn.linear_model

from pipelines.forecasting import baselines, data, linear, preprocessor
from pipelines.forecasting.config import Config
from pipelines.shared.training import ridge

PENALTY = 0.01


def series(rows=300, gaps=0.0, seed=0):
    """Two targets with a season of 12, one of which follows a known column."""
    draw = np.random.default_rng(seed)
    t = np.arange(rows)
    known = draw.normal(size=rows)
    a = 10 + 3 * np.sin(2 * np.pi * t / 12) + draw.normal(0, 0.3, rows)
    b = 100 + 5 * np.cos(2 * np.pi * t / 12) + 2 * known + draw.normal(0, 0.3, rows)
    table = {"a": a, "b": b, "known": known, "other": np.cumsum(draw.normal(size=rows))}
    for name in ("a", "b", "other"):
        table[name][draw.random(rows) < gaps] = np.nan
    return table


def fitted(table, **options):
    config = Config(**{"length": 24, "ahead": 6, "season": 12, "valid_fraction": 0.1, "test_fraction": 0.1, **options})
    splits = data.load_splits(table, None, None, config)
    made = preprocessor.prepare(splits["train"], config)
    return made, baselines.fit(made, splits["train"]), splits


def windows(made, examples, complete=True):
    chosen = made.windows(examples, complete)
    return chosen.batch(np.arange(len(chosen)))


@pytest.fixture
def one_penalty(monkeypatch):
    def solved(parts):
        return *ridge.solved(sum(parts[1:], parts[0]), PENALTY), PENALTY

    monkeypatch.setattr(ridge, "chosen", solved)


def test_trivial_baselines_by_hand():
    table = {name: column for name, column in series().items() if name in "ab"}
    made, baseline, splits = fitted(table)
    inputs, _ = windows(made, splits["test"])
    values, forecasts = inputs["values"], baseline.forecasts(inputs)
    for step in range(6):
        np.testing.assert_allclose(forecasts["last_value"][:, step], values[:, -1], rtol=1e-5)
        np.testing.assert_allclose(forecasts["seasonal_naive"][:, step], values[:, -12 + step], rtol=1e-5)
        np.testing.assert_allclose(forecasts["window_mean"][:, step], values.mean(axis=1), rtol=1e-5)
    errors = [np.abs(np.diff(table[name][:240].reshape(-1, 12), axis=0)).mean() for name in "ab"]
    np.testing.assert_allclose(baseline.naive_errors, errors, rtol=1e-5)
    np.testing.assert_allclose(baseline.lowest, [table[name][:240].min() for name in "ab"], rtol=1e-6)


def test_there_is_no_seasonal_naive_without_a_season_in_the_window():
    table = {"a": series()["a"]}
    for options in ({"season": 1}, {"season": 24, "length": 12}):
        made, baseline, splits = fitted(table, **options)
        assert "seasonal_naive" not in baseline.forecasts(windows(made, splits["test"])[0])


def test_a_season_shorter_than_what_is_ahead_is_repeated():
    table = {"a": series()["a"]}
    made, baseline, splits = fitted(table, season=4)
    inputs, _ = windows(made, splits["test"])
    expected = inputs["values"][:, [-4, -3, -2, -1, -4, -3]]
    np.testing.assert_allclose(baseline.forecasts(inputs)["seasonal_naive"], expected, rtol=1e-5)


@pytest.mark.usefixtures("one_penalty")
def test_linear_is_scikit_learns_ridge_shared_by_targets():
    table = {name: column for name, column in series().items() if name in "ab"}
    made, baseline, splits = fitted(table)
    x, y = (part[..., :2] for part in _train(made, splits))
    last = x[:, -1:]
    of_targets = [part.transpose(0, 2, 1).reshape(-1, part.shape[1]) for part in (x, y, last)]
    plain = sklearn.linear_model.Ridge(alpha=PENALTY * len(of_targets[0])).fit(*of_targets[:2])
    np.testing.assert_allclose(baseline.linear.own, plain.coef_.T, atol=1e-5)
    np.testing.assert_allclose(baseline.linear.bias, plain.intercept_, atol=1e-5)
    changed = of_targets[0] - of_targets[2], of_targets[1] - of_targets[2]
    model = sklearn.linear_model.Ridge(alpha=PENALTY * len(changed[0])).fit(*changed)
    inputs, _ = windows(made, splits["test"])
    scaled = ((inputs["values"] - made.means) / made.scales).transpose(0, 2, 1).reshape(-1, 24)
    expected = model.predict(scaled - scaled[:, -1:]) + scaled[:, -1:]
    expected = expected.reshape(-1, 2, 6).transpose(0, 2, 1) * made.scales + made.means
    np.testing.assert_allclose(baseline.forecasts(inputs)["nlinear"], expected, rtol=1e-4)


def _train(made, splits):
    inputs, targets = windows(made, splits["train"])
    return (inputs["values"] - made.means) / made.scales, (targets - made.means[:2]) / made.scales[:2]


@pytest.mark.usefixtures("one_penalty")
def test_other_columns_known_ones_and_masks_are_features():
    options = {"target_columns": "a,b", "known_columns": "known", "past_columns": "other"}
    made, baseline, splits = fitted(series(gaps=0.02), **options)
    assert made.missing
    inputs, targets = windows(made, splits["train"])
    x, y = [], []
    for values, known, truth in zip(inputs["values"], inputs["known"], targets, strict=True):
        scaled = (values - made.means) / made.scales
        filled = scaled.copy()
        for step in range(24):
            before = filled[step - 1] if step else np.zeros(4)
            filled[step] = np.where(np.isnan(scaled[step]), before, scaled[step])
        future = (known - made.means[2]) / made.scales[2]
        missing = np.isnan(scaled)
        for target in range(2):
            shared = [filled[:, 2:].ravel(), future.ravel()]
            x.append(np.concatenate([filled[:, target], *shared, missing[:, target], missing[:, 2:].ravel()]))
            y.append((truth[:, target] - made.means[target]) / made.scales[target])
    model = sklearn.linear_model.Ridge(alpha=PENALTY * len(x)).fit(x, y)
    expected = model.predict(x).reshape(len(targets), 2, 6).transpose(0, 2, 1) * made.scales[:2] + made.means[:2]
    np.testing.assert_allclose(baseline.forecasts(inputs)["linear"], expected, rtol=1e-4)
    assert abs(baseline.linear.future[2, 0, 2]) > 0.1  # the known column of the same step tells


def test_gaps_have_the_value_before_and_the_mean_in_front():
    made, baseline, _ = fitted({name: column for name, column in series(gaps=0.1).items() if name in "ab"})
    values = np.full((1, 24, 2), np.nan, np.float32)
    values[0, 5, 0], values[0, 9, 0] = 12.0, 8.0
    forecasts = baseline.forecasts({"values": values})
    np.testing.assert_allclose(forecasts["last_value"][0, :, 0], 8.0, rtol=1e-5)
    np.testing.assert_allclose(forecasts["window_mean"][0, :, 0], 10.0, rtol=1e-5)
    for name in ("last_value", "window_mean"):
        np.testing.assert_allclose(forecasts[name][0, :, 1], made.means[1], rtol=1e-5)
    assert all(np.isfinite(values).all() for values in forecasts.values())


def test_steps_ahead_are_solved_apart_where_targets_are_missing():
    """With most windows incomplete each step is fitted on the windows that have it."""
    made, baseline, splits = fitted({"a": series(gaps=0.4)["a"]}, ahead=3)
    examples = splits["train"]
    assert len(made.windows(examples, True)) < 0.5 * len(made.windows(examples))
    inputs, targets = windows(made, examples, complete=False)
    error = np.nanmean(abs(baseline.forecasts(inputs)["linear"] - targets), axis=(0, 2))
    assert (error < 1.2).all()  # the series goes from 7 to 13


def test_statistics_of_each_series():
    draw = np.random.default_rng(0)
    table = {"who": ["x"] * 100 + ["y"] * 100, "v": np.r_[draw.normal(0, 1, 100), draw.normal(1000, 50, 100)]}
    made, baseline, splits = fitted(table, series_column="who", scaling="series", split="time", length=6, ahead=2)
    inputs, _ = windows(made, splits["test"])
    assert set(inputs["series"]) == {0, 1}
    means, scales = baseline.statistics(inputs)
    assert np.ptp(means) > 900 and scales.shape == means.shape == (len(inputs["series"]), 1, 1)
    forecasts = baseline.forecasts(inputs)["linear"][:, 0, 0]
    assert forecasts[inputs["series"] == 0].max() < 10 < 800 < forecasts[inputs["series"] == 1].min()


def test_of_too_many_features_the_last_steps_of_others_are_used():
    layout = linear.Layout(targets=1, known=2, past=20, length=300, ahead=24, masks=True)
    assert layout.features <= linear.MOST_FEATURES
    assert layout.own == 300 and layout.future == 24 and 0 < layout.others < 300
    assert linear.Layout(1, 0, 0, 5000, 10, False).own == linear.MOST_FEATURES
    assert linear.Layout(1, 50, 0, 500, 100, False).future == 0


def test_of_very_many_windows_evenly_drawn_ones_are_used(monkeypatch, caplog):
    monkeypatch.setattr(linear, "MOST_PRODUCTS", 1)
    made, baseline, splits = fitted({"a": series(3000)["a"]})
    with caplog.at_level("INFO", "unroll"):
        again = baselines.fit(made, splits["train"])
    assert "linear baseline: 1000 evenly drawn ones of the 2371 windows" in caplog.text
    np.testing.assert_array_equal(again.linear.own, baseline.linear.own)


def test_saved_baselines_are_the_same(tmp_path):
    made, baseline, splits = fitted(series(gaps=0.02), target_columns="a,b", known_columns="known")
    baseline.save(tmp_path / "new")
    inputs, _ = windows(made, splits["test"])
    again = baselines.load(tmp_path / "new").forecasts(inputs)
    for name, expected in baseline.forecasts(inputs).items():
        np.testing.assert_array_equal(again[name], expected)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected baselines in .*baselines\.npz"):
        baselines.load(tmp_path)
    (tmp_path / "baselines.npz").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(ValueError, match=r"baselines\.npz, found a damaged file"):
        baselines.load(tmp_path)

"""The metrics of forecasts, against scikit-learn, SciPy and sums by hand."""

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from pipelines.shared.metrics import forecasts

LEVELS = [0.1, 0.5, 0.9]


def drawn(windows=50, ahead=4, targets=2, seed=0):
    draw = np.random.default_rng(seed)
    truth = draw.normal(10, 2, (windows, ahead, targets))
    quantiles = np.sort(truth[..., None] + draw.normal(0, 2, (windows, ahead, targets, 3)), axis=-1)
    return truth, quantiles


def summed(truth, quantiles, levels=LEVELS, size=7, **options):
    sums = forecasts.Sums(*truth.shape[1:], levels, options.get("naive_errors"))
    for start in range(0, len(truth), size):
        part = slice(start, start + size)
        sums.add(truth[part], quantiles[part], options.get("scales", 1.0))
    return sums


def test_errors_are_scikit_learns():
    truth, quantiles = drawn()
    scales = np.array([2.0, 3.0])
    numbers = summed(truth, quantiles, scales=scales, naive_errors=[4.0, 5.0]).metrics()
    y, f = truth.reshape(-1, 2), quantiles[..., 1].reshape(-1, 2)
    assert numbers["mae"] == pytest.approx(sklearn.metrics.mean_absolute_error(y, f))
    assert numbers["rmse"] == pytest.approx(sklearn.metrics.mean_squared_error(y, f) ** 0.5)
    assert numbers["mae_scaled"] == pytest.approx(sklearn.metrics.mean_absolute_error(y / scales, f / scales))
    assert numbers["mse_scaled"] == pytest.approx(sklearn.metrics.mean_squared_error(y / scales, f / scales))
    assert numbers["mase"] == pytest.approx(sklearn.metrics.mean_absolute_error(y / [4, 5], f / [4, 5]))
    assert numbers["smape"] == pytest.approx(np.mean(200 * abs(y - f) / (abs(y) + abs(f))))
    losses = [
        sklearn.metrics.mean_pinball_loss(truth.ravel(), quantiles[..., number].ravel(), alpha=level)
        for number, level in enumerate(LEVELS)
    ]
    assert numbers["pinball"] == pytest.approx(np.mean(losses))
    assert numbers["crps"] == pytest.approx(2 * np.dot([0.3, 0.4, 0.3], losses))
    inside = (quantiles[..., 0] <= truth) & (truth <= quantiles[..., 2])
    assert 0.1 < inside.mean() < 0.9
    assert numbers["coverage_80"] == pytest.approx(inside.mean())
    assert numbers["width_80"] == pytest.approx((quantiles[..., 2] - quantiles[..., 0]).mean())


def test_crps_of_many_quantiles_is_that_of_the_distribution():
    """Of a standard normal forecast: y (2 F(y) - 1) + 2 f(y) - 1 / sqrt(pi) (Gneiting & Raftery 2007)."""
    truth = np.random.default_rng(0).normal(0, 1, (400, 1, 1))
    levels = [round(number / 100, 2) for number in range(1, 100)]
    quantiles = np.broadcast_to(scipy.stats.norm.ppf(levels), (400, 1, 1, 99))
    y = truth.ravel()
    expected = y * (2 * scipy.stats.norm.cdf(y) - 1) + 2 * scipy.stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert summed(truth, quantiles, levels).metrics()["crps"] == pytest.approx(expected.mean(), rel=2e-3)


def test_missing_truth_is_left_out():
    truth, quantiles = drawn()
    gaps = truth.copy()
    gaps[::3, 1, 0] = np.nan
    sums = summed(gaps, quantiles, naive_errors=[1.0, 1.0])
    there = ~np.isnan(gaps)
    errors = abs(truth - quantiles[..., 1])
    assert sums.metrics()["mae"] == pytest.approx(errors[there].mean())
    by_step = [errors[:, step][there[:, step]].mean() for step in range(4)]
    np.testing.assert_allclose(sums.mean("absolute", by="step"), by_step)
    by_target = [errors[..., target][there[..., target]].mean() for target in range(2)]
    np.testing.assert_allclose(sums.mean("absolute", by="target"), by_target)
    below = [(truth <= quantiles[..., number])[there].mean() for number in range(3)]
    np.testing.assert_allclose(sums.mean("below"), below)


def test_what_means_nothing_is_left_out():
    truth, quantiles = drawn()
    numbers = summed(truth - 20, quantiles[..., 1:2] - 20, [0.5], naive_errors=[0.0, np.nan]).metrics()
    assert set(numbers) == {"mae", "rmse", "mae_scaled", "mse_scaled"}


def test_smape_of_zeros_is_zero():
    zeros = np.zeros((3, 2, 1))
    assert summed(zeros, zeros[..., None], [0.5]).metrics()["smape"] == 0


def test_wilson_is_scipys():
    for hits, count in ((0, 10), (7, 10), (540, 1000)):
        low, high = scipy.stats.binomtest(hits, count).proportion_ci(method="wilson")
        np.testing.assert_allclose(forecasts.wilson(hits / count, count, scipy.stats.norm.ppf(0.975)), (low, high))
    assert forecasts.wilson(0.0, 0) == (0.0, 1.0)


def test_trials_that_go_together_count_as_fewer():
    draw = np.random.default_rng(0)
    days = draw.random(500) < 0.5
    alike = forecasts.effective(days * 20.0, np.full(500, 20))  # all 20 of a day are right, or none
    assert alike == pytest.approx(500, rel=0.01)
    apart = forecasts.effective(draw.binomial(20, 0.5, 500).astype(float), np.full(500, 20))
    assert apart > 8000
    assert forecasts.effective(np.array([5.0]), np.array([9])) == 1


def test_the_error_of_a_mean_is_that_of_repeated_draws():
    draw = np.random.default_rng(0)
    told, means = [], []
    for _ in range(400):
        counts = draw.integers(1, 30, 40)
        sums = counts * draw.normal(0, 1, 40)  # the same value for all of a group
        told.append(forecasts.error_of_mean(sums, counts))
        means.append(sums.sum() / counts.sum())
    assert np.mean(told) == pytest.approx(np.std(means), rel=0.1)
    assert np.isnan(forecasts.error_of_mean(np.ones(1), np.ones(1)))

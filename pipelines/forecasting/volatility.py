"""How much prices will move: the variance of the next log return, by EWMA and GARCH(1,1).

    r_t = log(price_t / price_t-1)        h_t+1 = (1 - a - b) m_t + a r_t^2 + b h_t

h_t+1 is forecast at step t, and m_t is the mean of r^2 up to there (variance targeting). EWMA has a = 0.06, b = 0.94
(RiskMetrics 1996); those of GARCH have the greatest likelihood in training, for all series together. Both are scored by

    qlike = log h + r^2 / h         the mean; lower is better, whatever the scale (Patton 2011)

Reference: Bollerslev 1986, Generalized autoregressive conditional heteroskedasticity.
"""

import numpy as np
import scipy.optimize
import scipy.signal

from pipelines.forecasting.windows import plain, spans

EWMA = (0.06, 0.94)
LEAST = 1e-10  # variance: one of a price that does not move
BEFORE = 20  # returns of a series that a variance begins with
MOST = 200_000  # returns that GARCH is fitted to, the last ones


def squares(examples):
    """float64 (rows,): the squared log return of each row; NaN at the first of a series and where one is missing."""
    prices = plain(examples["values"])[:, 0].astype(np.float64)
    returns = np.full(len(prices), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns[1:] = np.log(prices[1:] / prices[:-1])
    starts, _ = spans(examples["series"].codes)
    returns[starts] = np.nan
    return np.where(np.isfinite(returns), returns, np.nan) ** 2


def variances(squared, bounds, a, b):
    """float64 (rows,): the variance of the next return, as forecast at each row; NaN at the first `BEFORE` of a series.

    Args:
        squared: as `squares` gives them. bounds: (first row, end) of each series.
    """
    made = np.full(len(squared), np.nan)
    for start, end in bounds:
        own = squared[start:end]
        there = ~np.isnan(own)
        count = np.cumsum(there)
        mean = np.cumsum(np.where(there, own, 0)) / np.maximum(count, 1)  # up to each row
        news = (1 - a - b) * mean + a * np.where(there, own, mean)
        first = int(np.searchsorted(count, BEFORE))  # the variance begins as the mean of so many
        if first < len(own):
            state = [b * mean[first]]
            made[start + first : end] = scipy.signal.lfilter([1.0], [1.0, -b], news[first:], zi=state)[0]
    return np.maximum(made, LEAST, where=~np.isnan(made), out=made)


def fit(examples):
    """(a, b) of GARCH(1,1), of the greatest likelihood of the returns of all series; EWMA's where there are too few."""
    squared, bounds = squares(examples), list(zip(*spans(examples["series"].codes), strict=True))
    bounds = [(max(start, end - MOST // len(bounds) - 2 * BEFORE), end) for start, end in bounds]
    following = np.append(squared[1:], np.nan)

    def loss(angles):
        a, b = _within(angles)
        return qlike(variances(squared, bounds, a, b), following)

    first = np.array([0.0, 2.0])
    if not np.isfinite(loss(first)):
        return EWMA
    return _within(scipy.optimize.minimize(loss, first, method="Nelder-Mead", options={"maxiter": 120}).x)


def _within(angles):
    """(a, b) above zero whose sum is below one, of any two numbers."""
    whole, part = scipy.special.expit(angles[1] + 2), scipy.special.expit(angles[0] - 2)
    return float(whole * part), float(whole * (1 - part))


def qlike(variance, squared):
    """The mean of log h + r^2 / h where both are there; NaN where they never are."""
    losses = np.log(variance) + squared / variance
    there = np.isfinite(losses)
    return float(losses[there].mean()) if there.any() else float("nan")


def told(low, high, apart):
    """The variance of a log return that two quantiles of the price tell, those of a normal one `apart` deviations."""
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.log(np.maximum(high, 1e-30) / np.maximum(low, 1e-30)) / apart
    return np.maximum(deviation**2, LEAST)

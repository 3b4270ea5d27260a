"""How good forecasts of numbers are, by sums over batches: memory does not grow with the number of forecasts.

    sums = Sums(ahead=24, targets=7, levels=[0.1, 0.5, 0.9])
    sums.add(truth, quantiles, scales)             as often as you like; NaN in the truth is left out
    sums.metrics()                                 {"mae": ..., "rmse": ..., "pinball": ..., "coverage_80": ..., ...}
    sums.mean("absolute", by="step")               float64 (ahead,)

With y the truth, f the forecast (the quantile of 0.5), and q the quantile of level p:

    mae, rmse       |f - y|, sqrt((f - y)^2)        mae_scaled, mse_scaled   of (f - y) / scale, as papers report them
    mase            |f - y| / mean |y_t - y_(t - season)| of the training (Hyndman & Koehler 2006)
    smape           200 |f - y| / (|f| + |y|), 0 where both are 0
    pinball         the mean over levels of max(p (y - q), (p - 1) (y - q)) (Koenker & Bassett 1978)
    crps            2 sum_p w_p pinball_p, w_p the share of levels nearest to p (an integral: Gneiting & Raftery 2007)
    coverage_80     how often y lies from the 0.1 to the 0.9 quantile; width_80 is their mean distance
"""

import numpy as np

KINDS = ("absolute", "square", "absolute_scaled", "square_scaled", "symmetric", "relative")


class Sums:
    """Sums of the errors of forecasts, for each step ahead and each target.

    Args:
        ahead, targets: sizes. levels: ascending probabilities; [0.5] for a forecast without quantiles.
        naive_errors: (targets,) what the absolute error is divided by in `mase`, or None.
    """

    def __init__(self, ahead, targets, levels=(0.5,), naive_errors=None):
        self.levels, self.middle = list(levels), list(levels).index(0.5)
        self.naive_errors = np.full(targets, np.nan) if naive_errors is None else np.asarray(naive_errors, float)
        self.count = np.zeros((ahead, targets))
        self.totals = {kind: np.zeros((ahead, targets)) for kind in KINDS}
        self.losses, self.below = np.zeros((2, ahead, targets, len(self.levels)))
        self.pairs = central(self.levels)
        self.covered, self.widths = np.zeros((2, ahead, targets, len(self.pairs)))
        self.lowest = np.inf

    def add(self, truth, quantiles, scales=1.0):
        """Adds forecasts.

        Args:
            truth: (batch, ahead, targets). quantiles: (batch, ahead, targets, levels).
            scales: whatever has the shape of `truth` in broadcasting.
        """
        truth, quantiles = np.asarray(truth, np.float64), np.asarray(quantiles, np.float64)
        there = ~np.isnan(truth)
        self.count += there.sum(axis=0)
        self.lowest = min(self.lowest, np.min(truth, where=there, initial=np.inf))
        for kind, values in self._errors(truth, quantiles[..., self.middle], scales).items():
            self.totals[kind] += np.where(there, values, 0).sum(axis=0)
        self._add_quantiles(truth[..., None], quantiles, there[..., None])

    def _errors(self, truth, forecast, scales):
        error = np.abs(forecast - truth)
        sizes = np.abs(forecast) + np.abs(truth)
        with np.errstate(divide="ignore", invalid="ignore"):
            symmetric = np.where(sizes > 0, 200 * error / sizes, np.where(np.isnan(sizes), np.nan, 0))
            relative = error / self.naive_errors
        scaled = error / scales
        return dict(zip(KINDS, (error, error**2, scaled, scaled**2, symmetric, relative), strict=True))

    def _add_quantiles(self, truth, quantiles, there):
        levels, difference = np.array(self.levels), truth - quantiles
        loss = np.maximum(levels * difference, (levels - 1) * difference)
        self.losses += np.where(there, loss, 0).sum(axis=0)
        self.below += (there & (truth <= quantiles)).sum(axis=0)
        for number, (low, high) in enumerate(self.pairs):
            inside = (quantiles[..., low] <= truth[..., 0]) & (truth[..., 0] <= quantiles[..., high])
            self.covered[..., number] += (inside & there[..., 0]).sum(axis=0)
            width = quantiles[..., high] - quantiles[..., low]
            self.widths[..., number] += np.where(there[..., 0], width, 0).sum(axis=0)

    def mean(self, kind, by=None):
        """The mean of an error: a float, or an array by="step" (ahead,) or by="target" (targets,).

        kind: one of `KINDS`, or "losses", "below", "covered", "widths", whose results have an axis more.
        """
        total = self.totals[kind] if kind in self.totals else getattr(self, kind)
        axis = {"step": 1, "target": 0, None: (0, 1)}[by]
        count = self.count.sum(axis=axis)
        count = count if total.ndim == 2 else count[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            return total.sum(axis=axis) / count

    def metrics(self):
        """{name: float}. What means nothing here is left out: smape of truth below zero, mase without a season's error,
        and all that needs quantiles where there is none besides 0.5."""
        numbers = {
            "mae": self.mean("absolute"), "rmse": self.mean("square") ** 0.5,
            "mae_scaled": self.mean("absolute_scaled"), "mse_scaled": self.mean("square_scaled"),
        }  # fmt: skip
        if np.isfinite(self.naive_errors).all() and (self.naive_errors > 0).all():
            numbers["mase"] = self.mean("relative")
        if self.lowest >= 0:
            numbers["smape"] = self.mean("symmetric")
        if len(self.levels) > 1:
            losses = self.mean("losses")
            numbers |= {"pinball": losses.mean(), "crps": 2 * losses @ shares(self.levels)}
        for number, (low, high) in enumerate(self.pairs):
            name = percent(self.levels[high] - self.levels[low])
            numbers[f"coverage_{name}"] = self.mean("covered")[number]
            numbers[f"width_{name}"] = self.mean("widths")[number]
        return {name: float(value) for name, value in numbers.items()}


def central(levels):
    """[(low, high)]: the numbers of levels that are the same distance from 0 and 1, the widest interval first.

    >>> central([0.05, 0.1, 0.5, 0.9])
    [(1, 3)]
    """
    rounded = [round(level, 6) for level in levels]
    return [
        (number, rounded.index(round(1 - level, 6)))
        for number, level in enumerate(rounded)
        if level < 0.5 and round(1 - level, 6) in rounded
    ]


def shares(levels):
    """(levels,): the part of all probabilities that is nearer to a level than to the others.

    >>> shares([0.1, 0.5, 0.9]).round(3).tolist()
    [0.3, 0.4, 0.3]
    """
    between = (np.array(levels[1:]) + levels[:-1]) / 2
    return np.diff([0, *between, 1])


def percent(share):
    """A share in percent as part of a name.

    >>> percent(0.8), percent(0.955)
    ('80', '95.5')
    """
    return f"{100 * share:.4g}"


def wilson(share, count, deviations=1.96):
    """(low, high) of a share of `count` trials, 95 % (Wilson 1927).

    >>> [round(bound, 4) for bound in wilson(0.5, 100)]
    [0.4038, 0.5962]
    """
    if not count > 0:
        return 0.0, 1.0
    square = deviations**2 / count
    centre = (share + square / 2) / (1 + square)
    half = deviations / (1 + square) * (share * (1 - share) / count + square / (4 * count)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def effective(hits, counts):
    """How many independent trials tell as much as these, which stand in groups that are alike inside.

    The variance of the share is that of a ratio of sums over groups (Cochran 1977, section 6.3); never more than there
    are trials. With one group nothing is known, and it counts as one trial.

    Args:
        hits, counts: (groups,), hits and trials of each group.

    >>> effective(np.array([2, 0, 2, 0]), np.array([2, 2, 2, 2])), effective(np.array([1, 0, 1, 0]), np.ones(4))
    (3.0, 3.0)
    """
    hits, counts = (np.asarray(part, float)[np.asarray(counts) > 0] for part in (hits, counts))
    trials, groups = counts.sum(), len(counts)
    if groups < 2:
        return float(groups)
    share = hits.sum() / trials
    variance = groups / (groups - 1) * ((hits - share * counts) ** 2).sum() / trials**2
    return float(min(trials, share * (1 - share) / variance)) if variance > 0 else float(trials)


def error_of_mean(sums, counts):
    """The standard error of sums.sum() / counts.sum(), of groups that do not depend on one another; NaN for one group.

    >>> float(error_of_mean(np.array([1.0, 3.0]), np.array([1, 1])))
    1.0
    """
    sums, counts = (np.asarray(part, float)[np.asarray(counts) > 0] for part in (sums, counts))
    groups = len(counts)
    if groups < 2:
        return float("nan")
    rests = sums - sums.sum() / counts.sum() * counts
    return float((groups / (groups - 1) * (rests**2).sum()) ** 0.5 / counts.sum())

"""What is scored of prices besides errors: the direction of the next step, and how far it moves.

A target may be a price if it is the only one and above zero throughout the training. Prices of the same time go
together, so that all of a time count as one trial where it is told how sure a number is. A forecast of no move counts
as one of the commoner direction in training.
"""

import numpy as np
import scipy.stats

from pipelines.forecasting import volatility
from pipelines.forecasting.windows import spans
from pipelines.shared.metrics import forecasts, outcomes, verdicts

NO_MOVE = 1e-5  # of the price: less is rounding
VOLATILITIES = {"ewma": "an EWMA", "garch": "GARCH(1,1)"}


def is_price(baseline):
    """Whether the target may be a price."""
    return baseline.targets == 1 and bool(baseline.lowest[0] > 0)


class Prices:
    """Sums over windows, by the time of the first step ahead.

    Args:
        windows: those that are scored. rows: their numbers. garch: (a, b), as `volatility.fit` gives them.
        rising: whether most moves of the training are up. levels, pair: the probabilities of the quantiles, and the
            numbers of the two that tell a volatility, or None.
    """

    def __init__(self, windows, rows, rising, garch, levels, pair):
        examples, origins = windows.examples, windows.origins[rows]
        times, self._groups = np.unique(examples["time"][origins + 1], return_inverse=True)
        self.hits, self.ups, self.counts, self.moves = np.zeros((4, len(times)))
        self._rising, self._pair = rising, pair
        self.losses = {}
        if pair is not None:
            self._apart = scipy.stats.norm.ppf(levels[pair[1]]) - scipy.stats.norm.ppf(levels[pair[0]])
            squared, bounds = volatility.squares(examples), list(zip(*spans(examples["series"].codes), strict=True))
            ways = {"ewma": volatility.EWMA, "garch": garch}
            self._variances = {name: volatility.variances(squared, bounds, *way)[origins] for name, way in ways.items()}
            self.losses = {name: np.zeros(len(times)) for name in ("", *ways)}

    def add(self, places, last, truth, quantiles, middle):
        """Adds windows.

        Args:
            places: which of the windows. last, truth: (batch,), the last price seen and the next one. quantiles:
                (batch, levels) of the next one. middle: the number of the median.
        """
        groups, moved, up = self._groups[places], truth != last, truth > last
        move = quantiles[:, middle] - last
        hit = up == np.where(abs(move) <= NO_MOVE * last, self._rising, move > 0)
        for total, values in ((self.hits, hit), (self.ups, up), (self.counts, True)):  # ties are left out
            total += np.bincount(groups, moved & values, minlength=len(total))
        if self._pair is not None:
            self._add_losses(places, groups, np.log(truth / last) ** 2, quantiles)

    def _add_losses(self, places, groups, squared, quantiles):
        low, high = (quantiles[:, number] for number in self._pair)
        told = {"": volatility.told(low, high, self._apart)}
        told |= {name: variance[places] for name, variance in self._variances.items()}
        there = np.isfinite(squared) & np.all([np.isfinite(variance) for variance in told.values()], axis=0)
        self.moves += np.bincount(groups, there, minlength=len(self.moves))
        for name, variance in told.items():
            losses = np.where(there, np.log(variance) + squared / variance, 0)
            self.losses[name] += np.bincount(groups, losses, minlength=len(self.moves))

    def metrics(self):
        """direction_accuracy with its interval and always_up; volatility_qlike with the baselines'."""
        trials, moves = self.counts.sum(), self.moves.sum()
        numbers = {}
        if trials:
            share = self.hits.sum() / trials
            low, high = forecasts.wilson(share, forecasts.effective(self.hits, self.counts))
            numbers = {"direction_accuracy": share, "direction_low": low, "direction_high": high}
            numbers["always_up"] = self.ups.sum() / trials
        if moves:
            for name, losses in self.losses.items():
                numbers[f"baseline_{name}_volatility_qlike" if name else "volatility_qlike"] = losses.sum() / moves
        return numbers

    def said(self, metrics):
        """What the numbers say, in sentences."""
        sentences = [_direction_said(metrics)] if "direction_accuracy" in metrics else []
        if "volatility_qlike" in metrics:
            told = self.moves > 0
            sums = {name: np.stack([losses, self.moves], axis=1)[told] for name, losses in self.losses.items()}
            judged = verdicts.judged(outcomes.of_sums(
                "volatility_qlike", "mean", sums, called="the loss QLIKE", lower=True, noun="times", names=VOLATILITIES
            ))  # fmt: skip
            sentences.append(f"How far it moves, told by its interval: {judged}")
        return sentences


def _direction_said(metrics):
    low, high, up = (metrics[name] for name in ("direction_low", "direction_high", "always_up"))
    beats = low > max(up, 1 - up)
    numbers = f"{metrics['direction_accuracy']:.3f} (95 % interval {low:.3f} to {high:.3f}), always 'up' {up:.3f}"
    end = "more than a coin or a habit can do" if beats else "which does not show that it knows more than a coin"
    return f"The direction of the first step ahead is right at a rate of {numbers}: {end}."

"""What a forecast has to beat: the last value, the same time a season ago, the window's mean, and linear models.

    baseline = fit(preprocessor, examples)
    baseline.forecasts(inputs)         {"last_value": float32 (batch, ahead, targets), ...} in raw units, of the inputs
                                       of a batch as the network takes them
    baseline.save(folder); load(folder)

Gaps in a window have the value before them, and in front of the first value the mean of the training split.
Cost on two cores: 8,000 windows of 720 steps and 7 columns, 720 steps ahead, in seconds; see `linear`.
On ETTh1, 96 hours ahead from 336, scaled: mean squared error of the last value 1.294, of a day ago 0.512, linear 0.370.
"""

import dataclasses

import numpy as np

from pipelines.forecasting import linear, volatility, windows
from pipelines.shared.storage import baseline_files

ARRAYS = ("means", "scales", "sizes", "naive_errors", "lowest", "rising", "garch")
NAMES = {
    "last_value": "the last value",
    "seasonal_naive": "the value a season ago",
    "window_mean": "the mean of the window",
    "linear": "linear (ridge)",
    "nlinear": "linear on differences from the last value (NLinear)",
}


@dataclasses.dataclass(frozen=True, eq=False)
class ForecastBaselines:
    """All baselines as plain arrays.

    means, scales: float32 (series, columns), one row if the statistics are those of all series together. Targets are
        the first columns.
    sizes: int64 (4,): targets, known columns, steps ahead, season.
    naive_errors: (targets,) the mean absolute difference of values a season apart in training, which `mase` divides by;
        NaN where there is none. lowest: (targets,) the lowest values in training.
    rising: (targets,) the share of steps up among those that move, in training.
    garch: (2,) what `volatility.fit` gives for a price.
    linear, nlinear: `linear.Linear`, in scaled units.
    """

    means: np.ndarray
    scales: np.ndarray
    sizes: np.ndarray
    naive_errors: np.ndarray
    lowest: np.ndarray
    rising: np.ndarray
    garch: np.ndarray
    linear: linear.Linear
    nlinear: linear.Linear

    @property
    def targets(self):
        return int(self.sizes[0])

    @property
    def known(self):
        return int(self.sizes[1])

    @property
    def ahead(self):
        return int(self.sizes[2])

    @property
    def season(self):
        """Steps after which a series repeats; 1 if it does not, then there is no seasonal naive forecast."""
        return int(self.sizes[3])

    def forecasts(self, inputs):
        """{name: float32 (batch, ahead, targets)} in raw units.

        Args:
            inputs: a batch: "values" (batch, length, columns), "known" (batch, ahead, known) if there are any, "series"
                (batch,) if each series has statistics of its own.
        """
        means, scales = self.statistics(inputs)
        values, missing, future = _scaled(inputs, means, scales, self.targets, self.known)
        window = values[:, :, : self.targets]  # (batch, length, targets)
        scaled = {
            "last_value": np.repeat(window[:, -1:], self.ahead, axis=1),
            "window_mean": np.repeat(_mean(window, missing[:, :, : self.targets]), self.ahead, axis=1),
            "linear": self.linear(values, missing, future),
            "nlinear": self.nlinear(values, missing, future),
        }
        if 1 < self.season <= window.shape[1]:
            steps = window.shape[1] - self.season + np.arange(self.ahead) % self.season
            scaled["seasonal_naive"] = window[:, steps]
        means, scales = means[:, :, : self.targets], scales[:, :, : self.targets]
        return {name: scaled[name] * scales + means for name in NAMES if name in scaled}

    def statistics(self, inputs):
        """Means and scales (batch or 1, 1, columns) of a batch."""
        rows = np.asarray(inputs["series"]) if "series" in inputs and len(self.means) > 1 else [0]
        return self.means[rows][:, None], self.scales[rows][:, None]

    def save(self, folder):
        """Writes one file of arrays into the folder; see `baseline_files`."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        for name in ("linear", "nlinear"):
            arrays |= {f"{name}_{part}": array for part, array in vars(getattr(self, name)).items()}
        baseline_files.save(folder, arrays)


def fit(preprocessor, examples):
    """The baselines of the training split."""
    means, scales = _statistics(preprocessor)
    chosen = _complete_if_most(preprocessor, examples)
    targets, known = preprocessor.targets, preprocessor.known
    past = len(preprocessor.columns) - targets - known
    layout = linear.Layout(targets, known, past, preprocessor.length, preprocessor.ahead, bool(preprocessor.missing))
    sizes = np.array([targets, known, preprocessor.ahead, preprocessor.season or 1], np.int64)
    untrained = ForecastBaselines(means, scales, sizes, *_facts(examples, targets, int(sizes[3])), None, None)

    def scaled(inputs, truth):
        means, scales = untrained.statistics(inputs)
        parts = _scaled(inputs, means, scales, targets, known)
        return *parts, (truth - means[:, :, :targets]) / scales[:, :, :targets]

    ridge, nlinear = linear.fit(chosen, scaled, layout)
    return dataclasses.replace(untrained, linear=ridge, nlinear=nlinear)


def _facts(examples, targets, season):
    """(naive_errors, lowest, rising, garch) of the rows that are scored."""
    values, codes = windows.plain(examples["values"]), examples["series"].codes
    alike = codes[season:] == codes[:-season] if len(codes) > season else np.zeros(0, bool)
    alike &= examples["scored"][season:] & examples["scored"][: len(alike)]
    errors, lowest, rising = np.full((3, targets), np.nan)
    follows = (codes[1:] == codes[:-1]) & examples["scored"][1:]
    for target in range(targets):
        column = values[:, target]
        differences = np.abs(column[season:] - column[: len(alike)])[alike]
        if (there := ~np.isnan(differences)).any():
            errors[target] = differences.mean(where=there, dtype=np.float64)
        moves = np.diff(column)[follows]
        rising[target] = (moves > 0).sum() / max(1, np.count_nonzero(moves[~np.isnan(moves)]))
        lowest[target] = np.fmin.reduce(column[examples["scored"]], initial=np.inf)
    price = targets == 1 and lowest[0] > 0
    return errors, lowest, rising, np.array(volatility.fit(examples) if price else volatility.EWMA)


def _complete_if_most(preprocessor, examples):
    """The windows with all their targets, if they are half of those with any."""
    complete, all_windows = (preprocessor.windows(examples, complete) for complete in (True, False))
    return complete if 2 * len(complete) >= len(all_windows) else all_windows


def _statistics(preprocessor):
    """float32 (series or 1, columns): means and scales."""
    return (np.atleast_2d(np.asarray(part, np.float32)) for part in (preprocessor.means, preprocessor.scales))


def _scaled(inputs, means, scales, targets, known):
    """(values, missing, future): the window scaled and filled, where it was missing, the known columns ahead."""
    values, missing = linear.filled((np.asarray(inputs["values"]) - means) / scales)
    if not known:
        return values, missing, np.zeros((len(values), 0, 0), np.float32)
    part = slice(targets, targets + known)
    future = (np.asarray(inputs["known"]) - means[:, :, part]) / scales[:, :, part]
    return values, missing, _known_filled(future, values[:, -1:, part])


def _known_filled(future, last):
    """Known columns ahead, in which a gap has the value before, that of the window for the first one."""
    return linear.filled(np.concatenate([last, future], axis=1))[0][:, 1:]


def _mean(window, missing):
    """The mean of the steps that are present (batch, 1, targets), 0 where there are none."""
    present = ~missing
    return (window * present).sum(axis=1, keepdims=True) / np.maximum(present.sum(axis=1, keepdims=True), 1)


def load(folder):
    """The baselines that `save` wrote into the folder."""
    return baseline_files.load(folder, _of_arrays)


def _of_arrays(arrays):
    models = {name: _linear(arrays, name) for name in ("linear", "nlinear")}
    return ForecastBaselines(**{name: arrays[name] for name in ARRAYS}, **models)


def _linear(arrays, name):
    return linear.Linear(**{part.name: arrays[f"{name}_{part.name}"] for part in dataclasses.fields(linear.Linear)})

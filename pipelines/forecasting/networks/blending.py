"""After the training: network and baselines as one, and intervals as wide as validation says.

    blend      forecast = sum_k w_k forecast_k over the network and the baselines; see `shared.training.stacking`
    intervals  quantile_p = forecast + width_p + offset_p, so that a part p of the validation's targets lies below

Both become layers of the model, so that every export has them.

Reference: Romano et al. 2019, Conformalized quantile regression, arXiv:1905.03222.
"""

import keras
import numpy as np

from pipelines.forecasting.levels import levels
from pipelines.forecasting.networks.answering import BaselineBlend, Calibrated
from pipelines.forecasting.networks.training import Forecaster
from pipelines.shared.metrics import forecasts
from pipelines.shared.training import stacking

NUMBERS = 1_500_000  # targets of validation that are looked at
AT_ONCE = 2**20  # numbers of windows that are answered together
CERTAIN = 2.0  # standard errors
FEWEST, ENOUGH = 20, 200  # windows for an offset at all, and for one of each step ahead


def calibrate(model, preprocessor, baseline, examples, config):
    """A model with the weights of `model` that answers for it; examples: the validation split."""
    windows = preprocessor.windows(examples, True)
    if not len(windows):
        return model
    median, rows = levels(config).index(0.5), _rows(windows, preprocessor)
    truth, quantiles, others, spread = _forecasts(model, preprocessor, baseline, windows, rows)
    scaled, inputs = model.get_layer("scaled").output, model.input
    if config.blend:
        errors = np.stack([quantiles[..., median], *others.values()]) - truth  # (models, windows, ahead, targets)
        groups = _groups(windows, rows, preprocessor.ahead)
        weights = stacking.weights(errors.reshape(*errors.shape[:2], -1), len(np.unique(groups)))
        names = ("network", *others)
        weights = walks_on(weights, np.abs(errors).mean(axis=(2, 3)), names, groups)
        shares = dict(zip(names, weights, strict=True))
        layer = BaselineBlend.of(shares, baseline, median, name="blend")
        scaled = layer(scaled, *model.get_layer("carried").output, known=_known(model))
        point = sum(
            share * part for share, part in zip(weights, (quantiles[..., median], *others.values()), strict=True)
        )
        quantiles = quantiles + (point - quantiles[..., median])[..., None]
    residuals = (truth[..., None] - quantiles) / spread[..., None]
    calibrated = Calibrated(offsets(residuals, levels(config)), median, name="calibrated")
    standardize, row = model.get_layer("standardize"), inputs.get("series")
    scaled = calibrated(scaled, model.get_layer("instance").output[2])
    y = standardize(scaled, row=row, inverse=True)  # (batch, ahead, targets, levels), raw
    return Forecaster(inputs, y, name=model.name)


def _known(model):
    names = [layer.name for layer in model.layers]
    return model.get_layer("known_ahead").output if "known_ahead" in names else None


def _forecasts(model, preprocessor, baseline, windows, rows):
    """(truth, quantiles, {baseline: forecast}) (windows, ahead, targets[, levels]), scaled, and the spread of each
    window, (windows, 1, targets); of the windows of these rows."""
    of_one = preprocessor.length * len(preprocessor.columns) + preprocessor.ahead * preprocessor.targets
    size = max(1, AT_ONCE // of_one)
    both, parts = keras.Model(model.input, [model.output, model.get_layer("instance").output[2]]), []
    for start in range(0, len(rows), size):
        inputs, targets = windows.batch(rows[start : start + size])
        means, scales = (part[:, :, : preprocessor.targets] for part in baseline.statistics(inputs))
        raw, spread = (np.asarray(part) for part in both.predict_on_batch(inputs))
        scaled = {name: (part - means) / scales for name, part in baseline.forecasts(inputs).items()}
        parts.append(((targets - means) / scales, (raw - means[..., None]) / scales[..., None], spread, scaled))
    truth, quantiles, spread = (np.concatenate([part[number] for part in parts]) for number in range(3))
    return truth, quantiles, {name: np.concatenate([part[3][name] for part in parts]) for name in parts[0][3]}, spread


def _rows(windows, preprocessor):
    """The windows that are looked at, evenly drawn, in the order in which validation is cut into parts."""
    most = max(1, NUMBERS // (preprocessor.ahead * preprocessor.targets))
    drawn = np.linspace(0, len(windows) - 1, min(len(windows), most)).astype(int)
    if _by_series(windows):
        return drawn
    return np.argsort(windows.examples["time"][windows.origins], kind="stable")[drawn]


def _by_series(windows):
    """Whether validation has series of its own, rather than a time of its own."""
    return bool(windows.examples["scored"].all())


def _groups(windows, rows, ahead):
    """int64 (rows,): windows of one number count as one, since what happens to them has much in common.

    Those of times less than `ahead` apart: of one series where validation has series of its own, else of all.
    """
    rows = windows.origins[rows]
    spans = np.unique(windows.examples["time"][rows], return_inverse=True)[1] // ahead
    series = windows.examples["series"].codes[rows] if _by_series(windows) else 0
    return np.unique(spans + (spans.max() + 1) * series, return_inverse=True)[1]


def walks_on(weights, errors, names, groups):
    """The weights; or the last value alone, if no other baseline is better and the gain of the weights is in doubt.

    Where the last value is the best baseline, as with prices and currencies, there is little to learn and much to learn
    wrongly: a blend then has to be better by `CERTAIN` standard errors. Windows of a group count as one.

    Args:
        errors: mean absolute ones, (models, windows). names: of the models. groups: int (windows,).

    >>> errors = np.random.default_rng(0).normal(1, 0.1, (3, 500)) + [[0], [0], [1]]
    >>> names, groups = ("network", "last_value", "linear"), np.arange(500)
    >>> walks_on(np.array([0.9, 0, 0.1]), errors, names, groups).tolist()
    [0.0, 1.0, 0.0]
    >>> walks_on(np.array([1.0, 0, 0]), errors - [[0.5], [0], [0]], names, groups).tolist()
    [1.0, 0.0, 0.0]
    """
    last = names.index("last_value")
    if 1 + int(np.argmin(errors[1:].mean(axis=1))) != last:
        return weights
    gains = errors[last] - weights @ errors  # no more than those of the blend: an error of a mean is at most their mean
    doubt = forecasts.error_of_mean(np.bincount(groups, gains), np.bincount(groups))
    return weights if gains.mean() > CERTAIN * doubt else np.eye(len(names))[last]


def offsets(residuals, levels):
    """float32 (ahead or 1, targets or 1, levels): what is added to a quantile so that it is one in validation.

    residuals: truth minus quantile, (windows, ahead, targets, levels). Of few windows all steps ahead share an offset,
    or all targets too. The median stays: it is the forecast.

    >>> draw = np.random.default_rng(0).normal(size=(999, 1, 1, 1))
    >>> [round(float(offset), 1) for offset in offsets(np.repeat(draw, 2, axis=3), [0.5, 0.9]).ravel()]
    [0.0, 1.2]
    """
    windows, ahead, targets, count = residuals.shape
    if windows < ENOUGH:
        residuals = residuals.reshape(windows * ahead, 1, targets, count)
    if windows * ahead < ENOUGH:
        residuals = residuals.reshape(-1, 1, 1, count)
    made = np.zeros((*residuals.shape[1:3], count), np.float32)
    if windows < FEWEST:
        return made
    for number, level in enumerate(levels):
        if level != 0.5:
            made[..., number] = _quantile(residuals[..., number], level)
    return made


def _quantile(residuals, level):
    """The one of the values along the first axis below which a new one lies with the probability `level`."""
    if level < 0.5:
        return -_quantile(-residuals, 1 - level)
    rank = min(int(np.ceil((len(residuals) + 1) * level)), len(residuals)) - 1
    return np.partition(residuals, rank, axis=0)[rank]

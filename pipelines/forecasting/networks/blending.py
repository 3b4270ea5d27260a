"""After the training: network and baselines as one, and intervals as wide as validation says.

    blend      forecast = sum_k w_k forecast_k over the network and the baselines; see `shared.training.stacking`
    intervals  quantile_p = forecast + width_p + offset_p, so that a part p of the validation's targets lies below

Both become layers of the model, so that every export has them.

Reference: Romano et al. 2019, Conformalized quantile regression, arXiv:1905.03222.
"""

import numpy as np

from pipelines.forecasting.levels import levels
from pipelines.forecasting.networks.answering import BaselineBlend, Calibrated
from pipelines.forecasting.networks.training import Forecaster
from pipelines.shared.training import stacking

NUMBERS = 1_500_000  # targets of validation that are looked at
AT_ONCE = 2**20  # numbers of windows that are answered together
FEWEST, ENOUGH = 20, 200  # windows for an offset at all, and for one of each step ahead


def calibrate(model, preprocessor, baseline, examples, config):
    """A model with the weights of `model` that answers for it; examples: the validation split."""
    windows = preprocessor.windows(examples, True)
    if not len(windows):
        return model
    median = levels(config).index(0.5)
    truth, quantiles, others = _forecasts(model, preprocessor, baseline, windows)
    scaled, inputs = model.get_layer("scaled").output, model.input
    if config.blend:
        errors = np.stack([quantiles[..., median], *others.values()]) - truth  # (models, windows, ahead, targets)
        weights = stacking.weights(errors.reshape(*errors.shape[:2], -1), _independent(windows, preprocessor))
        shares = dict(zip(("network", *others), weights, strict=True))
        layer = BaselineBlend.of(shares, baseline, median, name="blend")
        scaled = layer(scaled, *model.get_layer("carried").output, known=_known(model))
        point = sum(
            share * part for share, part in zip(weights, (quantiles[..., median], *others.values()), strict=True)
        )
        quantiles = quantiles + (point - quantiles[..., median])[..., None]
    calibrated = Calibrated(offsets(truth[..., None] - quantiles, levels(config)), median, name="calibrated")
    standardize, row = model.get_layer("standardize"), inputs.get("series")
    y = standardize(calibrated(scaled), row=row, inverse=True)  # (batch, ahead, targets, levels), raw
    return Forecaster(inputs, y, name=model.name)


def _known(model):
    names = [layer.name for layer in model.layers]
    return model.get_layer("known_ahead").output if "known_ahead" in names else None


def _ordered(windows):
    """The numbers of the windows as validation is cut into parts: by series, or by time if the split is."""
    examples = windows.examples
    if examples["scored"].all():
        return np.arange(len(windows))
    return np.argsort(examples["time"][windows.origins], kind="stable")


def _independent(windows, preprocessor):
    """How many windows have no step ahead in common; those of one time count as one where the split is by time."""
    examples = windows.examples
    by_series = examples["scored"].all()
    count = len(windows) if by_series else len(np.unique(examples["time"][windows.origins]))
    return count / (1 + (preprocessor.ahead - 1) // preprocessor.stride)


def _forecasts(model, preprocessor, baseline, windows):
    """(truth, quantiles, {baseline: forecast}) (windows, ahead, targets[, levels]), scaled; evenly drawn."""
    of_one = preprocessor.ahead * preprocessor.targets
    rows = _ordered(windows)[np.linspace(0, len(windows) - 1, min(len(windows), max(1, NUMBERS // of_one))).astype(int)]
    size = max(1, AT_ONCE // (preprocessor.length * len(preprocessor.columns) + of_one))
    parts = []
    for start in range(0, len(rows), size):
        inputs, targets = windows.batch(rows[start : start + size])
        means, scales = (part[:, :, : preprocessor.targets] for part in baseline.statistics(inputs))
        raw = np.asarray(model.predict_on_batch(inputs))
        scaled = {name: (part - means) / scales for name, part in baseline.forecasts(inputs).items()}
        parts.append(((targets - means) / scales, (raw - means[..., None]) / scales[..., None], scaled))
    truth, quantiles = (np.concatenate([part[number] for part in parts]) for number in (0, 1))
    return truth, quantiles, {name: np.concatenate([part[2][name] for part in parts]) for name in parts[0][2]}


def offsets(residuals, levels):
    """float32 (ahead or 1, targets or 1, levels): what is added to a quantile so that it is one in validation.

    residuals: truth minus quantile, (windows, ahead, targets, levels). Of few windows all steps ahead share an offset,
    or all targets too. The median stays: it is the forecast.

    >>> draw = np.random.default_rng(0).normal(size=(999, 1, 1, 1))
    >>> offsets(np.repeat(draw, 2, axis=3), [0.5, 0.9]).astype(float).round(1).ravel().tolist()
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

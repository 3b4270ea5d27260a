"""How good forecasts are, beside the baselines on the same windows.

A window counts if all its targets are there and something to look at. They are answered batch by batch, and sums are
kept: memory does not grow with their number. Of more than `MOST` evenly drawn ones are scored, which is said.

Of prices there are `prices.Prices` besides: whether the first step ahead goes up or down as forecast, beside what a
forecast of "up" reaches, and how far it moves, beside EWMA and GARCH(1,1). The verdict speaks of them where rows count
as steps, as trading days do.
"""

import dataclasses
import logging

import numpy as np

from pipelines.forecasting import backtests, baselines
from pipelines.forecasting.levels import levels
from pipelines.forecasting.prices import Prices, is_price
from pipelines.forecasting.windows import spans
from pipelines.shared.export import quantized_scores
from pipelines.shared.metrics import forecasts, outcomes

log = logging.getLogger("unroll")

WORTH_A_WARNING = {}
MOST = 200_000  # windows
SHOWN = 200  # windows kept for the report
NUMBERS = 2**20  # of the windows that are answered together
LINEAR = {"linear": "the linear baseline (ridge)", "nlinear": "the linear baseline (NLinear)"}
GROUPS = 50  # of windows that follow one another, which count as independent


@dataclasses.dataclass
class Answered:
    """What an artifact and its baselines make of the windows of examples.

    windows: how many were scored. sums: `metrics.forecasts.Sums` of the artifact. baselines: {name: Sums}.
    prices: a `prices.Prices`, or None. errors: {name: float32 (windows,)}, the mean absolute error of each window,
        scaled, with the artifact's as "". groups: (windows,), see `_groups`. origins: (windows,) the last rows seen.
    shown: [(inputs, targets, quantiles, {baseline: forecast}, row)] of some windows, without the axis of the batch.
    """

    windows: int
    sums: forecasts.Sums
    baselines: dict
    prices: Prices | None
    errors: dict
    groups: np.ndarray
    origins: np.ndarray
    shown: list = dataclasses.field(default_factory=list)


def answered(artifact, examples):
    """The artifact's forecasts and the baselines' for the windows of examples, as an `Answered`.

    Raises:
        ValueError: there is no window with all its targets.
    """
    windows = artifact.preprocessor.windows(examples, True)
    if not len(windows):
        raise ValueError(_no_window(artifact.preprocessor))
    rows = _drawn(len(windows))
    groups = _groups(windows, rows)
    result = _empty(artifact, windows, rows, groups)
    shown = set(np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(int).tolist())
    for start in range(0, len(rows), size := _at_once(artifact.preprocessor)):
        places = np.arange(start, min(start + size, len(rows)))
        inputs, targets = windows.batch(rows[places])
        quantiles, others = forecast(artifact, inputs), artifact.baseline.forecasts(inputs)
        _add(result, artifact, inputs, targets, quantiles, others, places)
        for place in sorted(shown.intersection(places.tolist())):
            one = place - start
            looked_at = {name: values[one] for name, values in inputs.items()}
            beside = {name: values[one] for name, values in others.items()}
            result.shown.append((looked_at, targets[one], quantiles[one], beside, int(windows.origins[rows[place]])))
    return result


def forecast(artifact, inputs):
    """float32 (batch, ahead, targets, levels) in raw units."""
    return np.asarray(artifact.infer(inputs)["quantiles"])


def _no_window(preprocessor):
    return (
        f"data: expected {preprocessor.length} steps of a series to look at and {preprocessor.ahead} after them whose "
        "targets are all there, received none such; give longer series, or train with a smaller length or ahead"
    )


def _drawn(count):
    if count <= MOST:
        return np.arange(count)
    log.info("scores: of %d evenly drawn ones of the %d windows", MOST, count)
    return np.linspace(0, count - 1, MOST).astype(np.int64)


def _at_once(preprocessor):
    """Windows that are answered together."""
    numbers = (preprocessor.length + preprocessor.ahead) * len(preprocessor.columns)
    return int(np.clip(NUMBERS // numbers, 16, 2048))


def _empty(artifact, windows, rows, groups):
    baseline, preprocessor = artifact.baseline, artifact.preprocessor
    shape = preprocessor.ahead, preprocessor.targets
    naive = baseline.naive_errors
    names = baseline.forecasts(windows.batch(rows[:1])[0])
    return Answered(
        len(rows),
        forecasts.Sums(*shape, levels(artifact.config), naive),
        {name: forecasts.Sums(*shape, naive_errors=naive) for name in names},
        _prices(artifact, windows, rows) if is_price(baseline) else None,
        {name: np.zeros(len(rows), np.float32) for name in ("", *names)},
        groups,
        windows.origins[rows],
    )


def _prices(artifact, windows, rows):
    chosen = levels(artifact.config)
    pair = next(iter(forecasts.central(chosen)), None)
    return Prices(windows, rows, artifact.baseline.rising[0] > 0.5, tuple(artifact.baseline.garch), chosen, pair)


def _add(result, artifact, inputs, targets, quantiles, others, places):
    scales = artifact.baseline.statistics(inputs)[1][..., : artifact.preprocessor.targets]
    middle = quantiles[..., result.sums.middle]
    result.sums.add(targets, quantiles, scales)
    for name, values in others.items():
        result.baselines[name].add(targets, values[..., None], scales)
    for name, values in {"": middle, **others}.items():
        result.errors[name][places] = np.nanmean(np.abs(values - targets) / scales, axis=(1, 2), dtype=np.float64)
    if result.prices:
        last = others["last_value"][:, 0, 0].astype(np.float64)
        result.prices.add(places, last, targets[:, 0, 0], quantiles[:, 0, 0], result.sums.middle)


def _groups(windows, rows):
    """int64 (rows,): the group of each window; groups count as independent.

    Series that are new to the artifact are groups of their own; windows of the same series or time are alike, so that
    else a group is a stretch of time, as long as a window ahead at least.
    """
    examples, origins = windows.examples, windows.origins[rows]
    starts, _ = spans(examples["series"].codes)
    if _new_series(examples):
        return np.searchsorted(starts, origins, side="right") - 1
    times = np.asarray(examples["time"][origins], np.float64)
    steps = len(np.unique(times)) if len(starts) > 1 else np.ptp(origins) + 1
    count = int(np.clip(steps // max(windows.shape.ahead, 1), 1, GROUPS))
    reach = times.max() - times.min()
    return np.minimum((times - times.min()) / (reach or 1) * count, count - 1).astype(np.int64)


def _new_series(examples):
    """Whether the series are new to the artifact, and more than a few."""
    return bool(examples["scored"].all()) and len(spans(examples["series"].codes)[0]) > 4


def score(artifact, examples, answered):
    """The metrics, a flat dictionary of floats; see `metrics.forecasts` and this module."""
    numbers = {"windows": answered.windows, **answered.sums.metrics()}
    if 1 < artifact.preprocessor.targets <= 20:
        by_target = answered.sums.mean("absolute", by="target")
        numbers |= {f"mae_{name}": value for name, value in zip(artifact.preprocessor.columns, by_target, strict=False)}
    if answered.prices:
        numbers |= answered.prices.metrics()
    for name, sums in answered.baselines.items():
        numbers |= {f"baseline_{name}_{metric}": value for metric, value in sums.metrics().items()}
    return {name: float(value) for name, value in numbers.items()}


def retrained(task, splits, config, folder):
    """The metrics of a backtest of `config.backtest` folds, `backtest_...`, with those of each fold; {} of none."""
    if not config.backtest:
        return {}
    return backtests.metrics(backtests.run(task, backtests.whole(splits), config, config.backtest, folder))


def outcomes_of(artifact, examples, answered):
    """The error of each window, the model's and each baseline's: of a single target in its units, of several scaled."""
    scales = artifact.baseline.scales
    raw = artifact.preprocessor.targets == 1 and len(scales) == 1
    metric, called = ("mae", "mean absolute error") if raw else ("mae_scaled", "mean absolute error (scaled)")
    values = {name: errors * (scales[0, 0] if raw else 1) for name, errors in answered.errors.items()}
    noun = "series" if _new_series(examples) else "stretches of time"
    return outcomes.of_values(
        metric, values, called=called, lower=True, noun=noun, names={**baselines.NAMES, **LINEAR},
        groups=answered.groups, keys=answered.origins,
    )  # fmt: skip


def said(artifact, metrics, answered):
    """What else the metrics say, in sentences: of prices."""
    return " ".join(answered.prices.said(metrics) if answered.prices and not artifact.preprocessor.step else [])


def score_tflite(artifact, interpreter, examples):
    """The metrics with the `.tflite` in place of the network."""
    names = list(artifact.model.input)
    run = quantized_scores.Runner(interpreter, _signature(interpreter, names), names)
    network = quantized_scores.with_network(artifact, lambda inputs: run(*(inputs[name] for name in names)))
    return score(network, examples, answered(network, examples))


def _signature(interpreter, names):
    signatures = interpreter.get_signature_list()
    return next(name for name in signatures if set(signatures[name]["inputs"]) == set(names))

"""A backtest: the network trained anew up to later and later points in time, and scored on what comes next.

    artifact.backtest(folds=3)     [{"fold": 1, "windows": ..., "mae": ..., "baseline_linear_mae": ..., ...}, ...]
    train(data, backtest=3), evaluate(data, backtest=3)
                                   {..., "backtest_mae": the mean of three folds, "backtest_1_mae_scaled": ..., ...}

Of three folds with test_fraction=0.1 the first learns from the first seven tenths of each series and is scored on the
eighth, the next learns from eight tenths, and so on: no fold has seen what it is scored on. Of data that are cut by
series each fold has other series for its test.

Reference: Tashman 2000, Out-of-sample tests of forecasting accuracy (rolling origin).
"""

import dataclasses
import logging
from typing import Any

import numpy as np

from pipelines.forecasting.data import check_windows
from pipelines.forecasting.tables import splitting
from pipelines.forecasting.windows import spans
from pipelines.shared.data import stored
from pipelines.shared.storage import scratch

log = logging.getLogger("unroll")

MOST = 0.6  # of the rows that are for tests, of all folds together


def backtest(artifact: Any, data: Any = None, *, folds: int = 3) -> list[dict[str, float]]:
    """The metrics of each of several trainings with this artifact's settings, up to later and later points in time.

    Args:
        data: what to learn from and to be scored on; without it, what the artifact was trained on.
        folds: how many trainings. Each is scored on `test_fraction` of the rows, on less if there are many folds.

    Returns:
        A list of dictionaries: "fold", the number of "windows", and all metrics of `evaluate` with the baselines'.

    Raises:
        ValueError: folds below 1, data in memory that are gone, too few rows.
    """
    if not isinstance(folds, int) or isinstance(folds, bool) or folds < 1:
        raise ValueError(f"folds: expected a whole number of at least 1, received {folds!r}")
    source = artifact._source("backtest")["data"] if data is None else data
    examples = artifact.task.data.load_examples(source, artifact.config)
    with scratch.folder() as folder:
        return run(artifact.task, examples, artifact.config, folds, folder)


def run(task, examples, config, folds, folder):
    """The metrics of each fold, as `backtest` returns them.

    folder: keeps the training of each fold, which goes on there if it was cut off.

    Raises:
        ValueError: too few rows or series for so many folds, before the first training.
    """
    for fold, splits in enumerate(_splits(examples, config, folds), 1):
        _check(splits, config, f"backtest, fold {fold} of {folds}")
    results = []
    for fold, splits in enumerate(_splits(examples, config, folds), 1):
        log.info("backtest: fold %d of %d", fold, folds)
        own = folder / f"backtest-{fold}"
        own.mkdir(exist_ok=True)
        shared = dataclasses.replace(config, time=config.time and config.time * fold / (folds + 1))  # one more follows
        trained = task._trained(own, shared, {"data": "backtest", "valid": None, "test": None}, splits, own, ())
        results.append({"fold": fold, **trained.scored(splits["test"])})
    return results


def _check(splits, config, called):
    for name, part in splits.items():
        try:
            check_windows(name, part, config, called)
        except ValueError as error:
            raise ValueError(f"{error}, or fewer folds") from error


def whole(splits):
    """The examples that splits were cut off from, all of them scored.

    By time the last split holds the rows before its own too; by series each has its own.
    """
    *_, last = splits.values()
    if len(splits) == 1 or not last["scored"].all():
        return {**last, "scored": np.ones_like(last["scored"])}
    joined = {name: np.concatenate([part[name] for part in splits.values()]) for name in last if name != "series"}
    codes = np.concatenate([part["series"].codes for part in splits.values()])
    return {"series": stored.Labels(codes, last["series"].values), **joined}


def metrics(results):
    """{"backtest_<metric>": the mean over the folds} of all metrics, and of those in the table each fold's own.

    >>> metrics([{"fold": 1, "windows": 9, "mae_scaled": 1.0}, {"fold": 2, "windows": 9, "mae_scaled": 2.0}])
    {'backtest_folds': 2.0, 'backtest_windows': 9.0, 'backtest_mae_scaled': 1.5, 'backtest_1_windows': 9.0, \
'backtest_1_mae_scaled': 1.0, 'backtest_2_windows': 9.0, 'backtest_2_mae_scaled': 2.0}
    """
    means = {f"backtest_{name}": _mean(results, name) for name in _common(results)}
    own = {f"backtest_{one['fold']}_{name}": float(one[name]) for one in results for name in _shown(results)}
    return {"backtest_folds": float(len(results)), **means, **own}


def of_metrics(numbers):
    """The results of each fold that are among metrics, [] if there was no backtest.

    >>> of_metrics({"mae": 1.0, "backtest_folds": 1.0, "backtest_windows": 9.0, "backtest_1_windows": 9.0})
    [{'fold': 1, 'windows': 9.0}]
    """
    folds = range(1, int(numbers.get("backtest_folds", 0)) + 1)
    beginnings = {fold: f"backtest_{fold}_" for fold in folds}
    return [
        {"fold": fold, **{name.removeprefix(own): numbers[name] for name in numbers if name.startswith(own)}}
        for fold, own in beginnings.items()
    ]


def columns(results):
    """{title: values}: each fold and the mean; windows, coverage and errors (scaled) beside the baselines'."""
    shown = {title: [*(one[name] for one in results), _mean(results, name)] for name, title in _shown(results).items()}
    return {"fold": [*(str(one["fold"]) for one in results), "mean"], **shown}


def table(results):
    """Lines of a table of `columns`."""
    cells = {
        title: [value if isinstance(value, str) else f"{value:,.4g}" for value in values]
        for title, values in columns(results).items()
    }
    widths = [max(map(len, [title, *values])) for title, values in cells.items()]
    rows = [list(cells), *zip(*cells.values(), strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _common(results):
    """The metrics that all folds have; a season that is too long for a window is told of each."""
    return [name for name in results[0] if name != "fold" and all(name in one for one in results)]


def _shown(results):
    """{metric: its title in a table}"""
    end, names = "_mae_scaled", _common(results)
    coverage = {name: name.removeprefix("coverage_") + " %" for name in names if name.startswith("coverage_")}
    others = [name for name in names if name.startswith("baseline_") and name.endswith(end)]
    others = {name: name.removeprefix("baseline_").removesuffix(end) for name in others}
    shown = {"windows": "windows", **coverage, "mae_scaled": "mae_scaled", **others}
    return {name: title for name, title in shown.items() if name in names}


def _mean(results, name):
    return float(np.mean([one[name] for one in results]))


def _splits(examples, config, folds):
    """Yields the splits of each fold."""
    config = dataclasses.replace(config, valid_from=None, test_from=None)
    share = min(config.test_fraction or 0.1, MOST / folds)
    if splitting.by_series(examples, config):
        yield from _of_series(examples, config, folds, share)
        return
    for fold in range(folds):
        end = 1 - (folds - 1 - fold) * share
        parts = {"valid": config.valid_fraction, "test": share / end}
        yield splitting.cut(_until(examples, end), parts, config)


def _until(examples, share):
    """The rows before a point in time, which so much of all rows lies before."""
    if share >= 1:
        return examples
    time, bounds = examples["time"], list(zip(*spans(examples["series"].codes), strict=True))
    point = np.quantile(time, share, method="higher")
    ends = [start + np.searchsorted(time[start:end], point) for start, end in bounds]
    return splitting.picked(examples, [(int(start), int(end)) for (start, _), end in zip(bounds, ends, strict=True)])


def _of_series(examples, config, folds, share):
    starts, ends = spans(examples["series"].codes)
    values, codes = examples["series"].values, examples["series"].codes
    of = {values[codes[start]]: (int(start), int(end)) for start, end in zip(starts, ends, strict=True)}
    names = splitting.ordered(of)
    counts = splitting.sizes(len(names), {"valid": config.valid_fraction, "test": share})
    if folds * counts["test"] > len(names):
        raise ValueError(
            f"backtest: expected at most {len(names) // counts['test']} folds of {len(names)} series, received {folds}"
        )
    for fold in range(folds):
        behind = fold * counts["test"] % len(names)
        turned = names[len(names) - behind :] + names[: len(names) - behind]
        bounds = np.cumsum([0, *counts.values()])
        yield {
            name: splitting.picked(examples, sorted(of[one] for one in turned[first:last]))
            for name, first, last in zip(counts, bounds, bounds[1:], strict=False)
        }

"""A backtest: the network trained anew up to later and later points in time, and scored on what comes next.

    artifact.backtest(folds=3)     [{"fold": 1, "windows": ..., "mae": ..., "baseline_linear_mae": ..., ...}, ...]

Of three folds with test_fraction=0.1 the first learns from the first seven tenths of each series and is scored on the
eighth, the next learns from eight tenths, and so on: no fold has seen what it is scored on. Of data that are cut by
series each fold has other series for its test.

Reference: Tashman 2000, Out-of-sample tests of forecasting accuracy (rolling origin).
"""

import dataclasses
import logging
from typing import Any

import numpy as np

from pipelines.forecasting.tables import splitting
from pipelines.forecasting.windows import spans
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
    task, config = artifact.task, artifact.config
    source = artifact._source("backtest")["data"] if data is None else data
    examples = task.data.load_examples(source, config)
    results = []
    for fold, splits in enumerate(_splits(examples, config, folds), 1):
        log.info("backtest: fold %d of %d", fold, folds)
        with scratch.folder() as folder:
            parts = {"data": source, "valid": None, "test": None}
            trained = task._trained(artifact.path, config, parts, splits, folder, ())
        results.append({"fold": fold, **trained.scored(splits["test"])})
    return results


def table(results):
    """Lines of a table: windows, coverage and errors (scaled) of each fold beside the baselines', and their means."""
    end = "_mae_scaled"
    shown = {name: name.removeprefix("coverage_") + " %" for name in results[0] if name.startswith("coverage_")}
    shown = {"windows": "windows", **shown, "mae_scaled": "mae_scaled"}
    others = [name for name in results[0] if name.startswith("baseline_") and name.endswith(end)]
    shown |= {name: name.removeprefix("baseline_").removesuffix(end) for name in others}
    rows = [[str(one["fold"]), *(f"{one[name]:,.4g}" for name in shown)] for one in results]
    rows.append(["mean", *(f"{np.mean([one[name] for one in results]):,.4g}" for name in shown)])
    header = ["fold", *shown.values()]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)]


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
    for fold in range(folds):
        behind = fold * counts["test"] % len(names)
        turned = names[len(names) - behind :] + names[: len(names) - behind]
        bounds = np.cumsum([0, *counts.values()])
        yield {
            name: splitting.picked(examples, sorted(of[one] for one in turned[first:last]))
            for name, first, last in zip(counts, bounds, bounds[1:], strict=False)
        }

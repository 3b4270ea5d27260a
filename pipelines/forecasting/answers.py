"""From series to their next steps, which `predict` returns; the verbs `stream` and `backtest`.

    artifact.predict("ETTh1.csv")[0]      {"series": "", "time": [...], "step": [...], "OT": [...], "OT_q10": [...] ...}
    live = artifact.stream()              live.step({"HUFL": 5.8, ...}) -> the same, after each new row

A forecast begins behind the last row of its series. <target> is the median, <target>_q10 its 0.1 quantile.
"""

import logging
from typing import Any

import numpy as np

from pipelines.forecasting import future, live, scores
from pipelines.forecasting.backtests import backtest, table
from pipelines.forecasting.tables.series import are_dates
from pipelines.shared.messages import listed

log = logging.getLogger("unroll")

AT_ONCE = 256  # series


def stream(artifact: Any, *, series: str | None = None) -> live.Live:
    """A forecast after each new row, for live use; see `Live.step`.

    Args:
        series: which series of the training it is, for scaling="series".
    """
    return live.Live(artifact, series)


__all__ = ["VERBS", "answer", "columns", "stream", "table"]
VERBS = {"stream": stream, "backtest": backtest}


def answer(artifact: Any, inputs: list) -> list[dict[str, Any]]:
    """One answer a series: {"series", "time", "step", "<target>", "<target>_q10", ...}, lists of the steps ahead."""
    answers = []
    for start in range(0, len(inputs), AT_ONCE):
        part = inputs[start : start + AT_ONCE]
        windows = [artifact.preprocessor.latest(examples) for examples in part]
        _say_lacking(artifact.preprocessor, part, windows)
        batch = {name: np.concatenate([one[name] for one, _ in windows]) for name in windows[0][0]}
        quantiles = scores.forecast(artifact, batch)  # (series, ahead, targets, levels)
        for examples, (_, last), row in zip(part, windows, quantiles, strict=True):
            time = examples["time"][: last + 1]
            answers.append(future.described(artifact, examples["series"][last], time, are_dates(time), row))
    return answers


def columns(inputs, answers):
    """series (if they have names), time, step, and <target>, <target>_q10 ... of all answers, one below another."""
    if not answers:
        return {}
    table = {name: [] for name in answers[0]}
    for one in answers:
        table["series"] += [one["series"]] * len(one["step"])
        for name in list(table)[1:]:
            table[name] += one[name]
    if len(answers) == 1 and answers[0]["series"] == "":
        table.pop("series")
    return table


def _say_lacking(preprocessor, inputs, windows):
    """Warns of series without a value to look at, and of future steps whose known columns are missing."""
    names = [str(examples["series"][0]) or "the series" for examples in inputs]
    targets = preprocessor.targets
    empty = [np.isnan(one["values"][0, :, :targets]).all(axis=0).any() for one, _ in windows]
    if any(empty):
        log.warning(
            "no value of a target in the last %d steps of %s: the mean of the training stands in for it",
            preprocessor.length, listed([name for name, lacks in zip(names, empty, strict=True) if lacks], 3),
        )  # fmt: skip
    lacking = [int(np.isnan(one["known"]).any(axis=(0, 2)).sum()) if preprocessor.known else 0 for one, _ in windows]
    if any(lacking):
        known = preprocessor.columns[targets : targets + preprocessor.known]
        log.warning(
            "%s: known ahead, and missing in %d of the %d steps ahead of %s; the value before stands in. Rows behind "
            "the last one with a target give them", listed(known), max(lacking), preprocessor.ahead,
            listed([name for name, count in zip(names, lacking, strict=True) if count], 3),
        )  # fmt: skip

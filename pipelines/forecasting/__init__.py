"""Forecasting: a series of numbers in, its next steps out, with intervals (many-to-many, many-to-one).

    unroll forecasting train                                          the built-in sample: blood pressure in exercise
    unroll forecasting train --data ETTh1.csv --ahead 96              each column of numbers, from a column of times
    unroll forecasting train --data patients.csv --series-column patient --time-column hour --target-columns pressure

    raw values (batch, length, columns) -> scaled, gaps carried -> recurrent layers -> quantiles (batch, ahead, targets)

Reference: segments as steps: Lin et al. 2023, arXiv:2308.11200; intervals: Romano et al. 2019, arXiv:1905.03222.
"""

import builtins
from typing import Any

from pipelines.forecasting.config import Config
from pipelines.shared.arguments import Path
from pipelines.task import Task

task = Task("forecasting", "pipelines.forecasting", Config)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove


@task.verb
def backtest(
    task: Task, data: Any = None, *, name: str | None = None, version: int | None = None,
    directory: Path = "saved_models", **how: Any,
) -> builtins.list:  # fmt: skip
    """The metrics of the artifact `name`, trained anew up to later and later points in time."""
    return task.load(name, version=version, directory=directory).backtest(data, **how)

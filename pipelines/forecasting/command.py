"""The verbs `predict` and `backtest` of forecasting on the command line.

unroll forecasting predict --data last_week.csv --output next_day.csv
unroll forecasting backtest --folds 5
"""

import pathlib

from pipelines.shared.command_line import flags, terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION

PREDICT = (
    "the next steps of each series in a table",
    (
        ("inputs", {"nargs": "*", "metavar": "FILE", "help": "tables of series; none: --data"}),
        ("--data", {"metavar": "FILE", "help": "a table of series, as for the training"}),
        ("--output", {"metavar": "FILE", "help": "a file for the forecasts: .csv, .tsv, .jsonl or .parquet"}),
        RAW,
        NAME,
        VERSION,
        DIRECTORY,
    ),
)
BACKTEST = (
    "train anew up to later and later points in time, and score what comes next",
    (
        flags.data("--data", "what to learn from (default: what the artifact was trained on)"),
        ("--folds", {"type": int, "default": 3, "help": "trainings (default: 3)"}),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)


def predict(task, values):
    """Forecasts the next steps of each series, and prints or writes them."""
    files, data = values.pop("inputs"), values.pop("data")
    files = [*files, *([data] if data else [])]
    if not files:
        raise ValueError("predict: expected a table of series, such as --data new.csv, received none")
    verbs.check_output(values, files)

    def shown(inputs, answers):
        return answers, _lines(task.answers.columns(inputs, answers))

    return verbs.answered_sources(task, values, list(map(pathlib.Path, files)), shown, noun="forecasts")


def _lines(columns):
    """A line a row, below the names."""
    yield "\t".join(map(terminal.shown, columns))
    for row in zip(*columns.values(), strict=True):
        yield "\t".join(_cell(value) for value in row)


def _cell(value):
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else terminal.shown(str(value))


def backtest(task, values):
    """The metrics of each fold."""
    data, folds = values.pop("data"), values.pop("folds")
    source = data[0] if data and len(data) == 1 else data
    results = task.load(**values).backtest(source, folds=folds)
    return {"folds": results}, "\n".join(task.answers.table(results))


EXAMPLE = {"words": ("predict", "--data", "{file}"), "call": "predict({file})"}
HELP = {"--data": "files of tables of numbers, a folder of them, tfds:<name>; none: the built-in sample"}
COMMANDS = {"predict": (*PREDICT, predict), "backtest": (*BACKTEST, backtest)}

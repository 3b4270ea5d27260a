"""What a served forecaster may be asked for: the steps ahead of columns of numbers, or of a table in a file."""

import numpy as np

from pipelines.forecasting import answers, levels, sample
from pipelines.forecasting.tables.series import are_dates
from pipelines.shared import defaults
from pipelines.shared.data import containers
from pipelines.shared.messages import shown
from pipelines.shared.serving import arguments
from pipelines.shared.serving.refusals import Refused

ROWS = 20_000  # of a table
OPTIONS, ACTIONS, BOUNDS = defaults.OPTIONS, defaults.ACTIONS, defaults.BOUNDS
to_json, listed, quicken = defaults.to_json, defaults.listed, defaults.quicken
ENDINGS = (".csv", ".tsv")
SERIES, STEPS = 20, 500  # of a table in a file: that are answered; that are shown before the forecast


def from_json(artifact, values):
    """The series of tables, {column: [values, ...]} each, with the names of the training data."""
    for number, value in enumerate(values, 1):
        columns = list(value.values()) if isinstance(value, dict) else [None]
        if not columns or not all(isinstance(one, list) and len(one) == len(columns[0]) <= ROWS for one in columns):
            expected = f"columns of one length, of at most {ROWS:,} rows, such as {{'load': [1.5, null, 2]}}"
            raise Refused(400, f"inputs, {number}: expected {expected}, received {shown(value)}")
        cells = (cell for column in columns for cell in column)
        if any(isinstance(cell, (list, dict)) for cell in cells):
            raise Refused(400, f"inputs, {number}: expected numbers, texts and null in columns, received a list in one")
    return artifact.task.read_inputs(values, artifact.config, {})


def examples(artifact):
    """A series of the built-in sample, if the artifact was trained on it; else a random walk in its columns."""
    if artifact.facts["source"]["data"] is None:
        table = sample.generate()
        rows = table["series"] == 1
        return [{name: _cells(column[rows][:ROWS]) for name, column in table.items()}]
    return [_walk(artifact)]


def _walk(artifact):
    preprocessor, config = artifact.preprocessor, artifact.config
    values = np.array(artifact.task.signatures.probes(artifact)[-1]["values"], np.float64)
    made = {name: _cells(values[:, place]) for place, name in enumerate(preprocessor.columns)}
    if preprocessor.series is not None:
        made[config.series_column] = [preprocessor.series[0]] * len(values)
    if preprocessor.dates:
        steps = np.arange(len(values)) * int(preprocessor.step or 1)
        made[config.time_column or "time"] = (np.datetime64("2024-01-01T00:00:00") + steps).astype(str).tolist()
    return made


def _cells(column):
    return [None if cell != cell else cell for cell in column.tolist()]


def card(artifact):
    """{"targets", "known", "past", "time_column", "series_column", "length", "ahead", "quantiles", "series"}.

    Columns by their part, steps, probabilities, names of series.
    """
    preprocessor = artifact.preprocessor
    targets, known = preprocessor.targets, preprocessor.targets + preprocessor.known
    return {
        "targets": preprocessor.columns[:targets],
        "known": preprocessor.columns[targets:known],
        "past": preprocessor.columns[known:],
        "length": preprocessor.length,
        "ahead": preprocessor.ahead,
        "quantiles": levels.levels(artifact.config),
        "series": preprocessor.series,
        "time_column": artifact.config.time_column or "time",
        "series_column": artifact.config.series_column,
    }


def _read_table(artifact, path, asked):
    """{"answers", "seen"}: the forecasts of the series in a table, and the steps before each."""
    if not containers.is_plain(path):
        raise Refused(400, "file: expected a table of text, received another kind of file; unpack it")
    inputs = artifact.task.read_inputs(path, artifact.config, {**asked, "limit": ROWS})[:SERIES]
    return {"answers": to_json(artifact, answers.answer(artifact, inputs)), "seen": [_seen(one) for one in inputs]}


def _seen(examples):
    """{"series", "time", "columns"} of the last steps of a series."""
    values = examples["values"][-STEPS:]
    columns = {name: _cells(values[name].astype(np.float64)) for name in values.dtype.names}
    time = np.asarray(examples["time"][-STEPS:])
    shown_time = time.astype("datetime64[s]").astype(str) if are_dates(examples["time"]) else time
    return {"series": str(examples["series"][0]), "time": shown_time.tolist(), "columns": columns}


FILES = dict.fromkeys(ENDINGS, (dict.fromkeys(("time_column", "series_column"), arguments.text(200)), _read_table))

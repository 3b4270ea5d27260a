"""A forecast after each new row of a series, as rows come in.

    live = artifact.stream()
    live.step({"HUFL": 5.8, "OT": 30.5}, time="2018-06-26 19:00")["OT"]       the next `ahead` steps

Its answers are those of `predict` on all rows so far. It keeps the last `length` rows.
"""

import datetime
import numbers
from collections.abc import Mapping

import numpy as np

from pipelines.forecasting import future, scores
from pipelines.shared.messages import listed, shown


class Live:
    """Keeps the last rows of one series, and answers to each new one.

    Args:
        artifact: a trained artifact. series: which of the training's series it is, for scaling="series".
    """

    def __init__(self, artifact, series=None):
        self._artifact, preprocessor = artifact, artifact.preprocessor
        self._window = np.full((1, preprocessor.length, len(preprocessor.columns)), np.nan, np.float32)
        self._time = np.zeros(0, np.int64)
        self._series = "" if series is None else series
        self._number = _number(preprocessor, series)

    def step(self, row, *, time=None, known=None):
        """The forecast of the next steps, as an answer of `predict`.

        Args:
            row: {column: number} of one step; a column that is left out, or None or NaN, is missing.
            time: of the row: an ISO date, a datetime, or a number as in training. Without it, answers have no times;
                needed for a network with a calendar.
            known: a list of {column: number} of the steps ahead, for columns known ahead.

        Raises:
            ValueError: a column that the training did not have, a value that is no number, a time that is missing.
        """
        preprocessor = self._artifact.preprocessor
        values = _values(row, preprocessor.columns)
        inputs = {"values": np.concatenate([self._window[:, 1:], values[None, None]], axis=1)}
        if time is None and preprocessor.calendar:
            raise ValueError("time: expected the time of the row, which this network looks at, received none")
        times = self._time[:0] if time is None else np.append(self._time, _number_of(time, preprocessor.dates))
        if preprocessor.known:
            inputs["known"] = _known(known or [], preprocessor)
        if preprocessor.calendar:
            inputs["time"] = times[-1:]
        if self._number is not None:
            inputs["series"] = self._number
        quantiles = scores.forecast(self._artifact, inputs)[0]
        self._window, self._time = inputs["values"], times[-preprocessor.length - future.ENOUGH :]
        return future.described(self._artifact, self._series, self._time, preprocessor.dates, quantiles)


def _number(preprocessor, series):
    """int32 (1,), the number of the series, or None if all share their statistics.

    Raises:
        ValueError: there is no such series.
    """
    if preprocessor.series is None:
        return None
    if series is None or str(series) not in preprocessor.series:
        expected = f"one of the {len(preprocessor.series)} of the training, {listed(preprocessor.series, 3)}"
        raise ValueError(f"series: expected {expected}, received {shown(series)}")
    return np.array([preprocessor.series.index(str(series))], np.int32)


def _values(row, names):
    """float32 (columns,) of {column: number}; what is left out is NaN."""
    if not isinstance(row, Mapping):
        raise TypeError(f"row: expected a dictionary of columns and numbers, received {shown(row)}")
    unknown = [name for name in row if name not in names]
    if unknown:
        raise ValueError(f"row: expected the columns {listed(names)}, received {shown(unknown[0])} too")
    return np.array([_checked(name, row.get(name)) for name in names], np.float32)


def _checked(name, value):
    if value is None:
        return np.nan
    if not isinstance(value, numbers.Real | np.generic) or isinstance(value, bool) or np.isinf(value):
        raise ValueError(f"{name}: expected a finite number, NaN or None, received {shown(value)}")
    return value


def _known(rows, preprocessor):
    """float32 (1, ahead, known) of a list of {column: number}; what is left out is NaN."""
    first, count = preprocessor.targets, preprocessor.known
    if len(rows) > preprocessor.ahead:
        raise ValueError(f"known: expected the {preprocessor.ahead} steps ahead at the most, received {len(rows)}")
    known = np.full((1, preprocessor.ahead, count), np.nan, np.float32)
    for step, row in enumerate(rows):
        known[0, step] = _values(row, preprocessor.columns[first : first + count])
    return known


def _number_of(time, dates):
    """A time as the series has them: seconds since 1970 of a date, else a whole number."""
    if not dates or isinstance(time, numbers.Integral):
        if not isinstance(time, numbers.Real | np.integer) or time != int(time):
            raise ValueError(f"time: expected a whole number, as in training, received {shown(time)}")
        return int(time)
    try:
        if isinstance(time, datetime.datetime) and time.tzinfo is not None:
            time = time.astimezone(datetime.UTC).replace(tzinfo=None)
        return int(np.datetime64(time, "s").astype(np.int64))
    except (TypeError, ValueError) as error:
        expected = "an ISO date such as 2018-06-26 19:00, a datetime or whole seconds since 1970"
        raise ValueError(f"time: expected {expected}, received {shown(time)}") from error

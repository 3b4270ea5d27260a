"""Tables to series: rows of a series together, checked to lie in the order of time, one a step.

    arranged(table, config)      {"series", "time", "scored", "values"}, as `data` describes them

Nothing is sorted without a word: rows of a series that stand apart are brought together, and a source that runs
backwards is turned round, which is said; any other order is an error that names its rows.
"""

import logging

import numpy as np

from pipelines.forecasting.tables import steps, times
from pipelines.forecasting.tables.times import A_SECOND
from pipelines.forecasting.windows import spans
from pipelines.shared.data import stored
from pipelines.shared.data.faults import Faults
from pipelines.shared.messages import shown

log = logging.getLogger("unroll")

NUMBERS = np.dtype(np.int64, metadata={"unroll": "numbers"})  # of times that are no dates
LIKE_IDS = 10_000  # rows that are looked at for a column of series


def are_dates(time):
    """Whether the times of examples are seconds since 1970, and not numbers of steps."""
    return not (time.dtype.metadata or {}).get("unroll")


def arranged(table, config):
    """The examples of a `reading.Table`, all of them scored.

    Raises:
        ValueError: times out of order or repeated, columns without a value.
    """
    _check_values(table)
    rows = _together(table)
    ticks, values, codes = _by(rows, table.ticks), _by(rows, table.values), _by(rows, table.codes)
    codes = np.zeros(len(values), np.int32) if codes is None else codes
    step, dates = None, table.way is not None and table.way.dates
    if ticks is None:
        if config.time_step is not None:
            raise ValueError(
                f"{table.called}: time_step has an effect on times alone, received none; time_column names them"
            )
    else:
        kept = _in_order(table, rows, ticks, codes, values, config)
        ticks, values, codes = (array if kept is None else array[kept] for array in (ticks, values, codes))
        ticks, values, codes, step = _regular(table, ticks, values, codes, dates, config)
    return {
        "series": stored.Labels(codes, table.ids or [""]),
        "time": _time(ticks, codes, dates, step),
        "scored": np.ones(len(values), bool),
        "values": as_fields(values, table.names),
    }


def as_fields(values, names):
    """An array float32 (rows, columns) as one of records (rows,), which shares its memory."""
    return np.ascontiguousarray(values, np.float32).view([(name, np.float32) for name in names]).reshape(len(values))


def _by(rows, array):
    return array if rows is None or array is None else array[rows]


def _check_values(table):
    for column, name in enumerate(table.names):
        if np.isnan(table.values[:, column]).all():
            raise ValueError(
                f"{table.called}: expected numbers in column {shown(name)}, received none: all {len(table.values):,} "
                "are missing; leave it out with target_columns and past_columns"
            )


def _together(table):
    """The order that brings the rows of a series together and turns a source that runs backwards; None if they are."""
    codes, ticks, rows = table.codes, table.ticks, None
    if codes is not None and len(spans(codes)[0]) > len(table.ids):
        rows = np.argsort(codes, kind="stable")
        codes, ticks = codes[rows], _by(rows, ticks)
    if ticks is None or len(ticks) < 2:
        return rows
    starts, ends = spans(codes) if codes is not None else (np.zeros(1, int), np.array([len(ticks)]))
    between = steps.differences(ticks, starts)
    if len(between) and (between < 0).all():
        log.warning("%s: its times run backwards; it is read from its end on", table.called)
        order = np.concatenate([np.arange(end - 1, start - 1, -1) for start, end in zip(starts, ends, strict=True)])
        return order if rows is None else rows[order]
    return rows


def _in_order(table, rows, ticks, codes, values, config):
    """Refuses times that do not rise; bool (rows,) of those that are left if bad rows are to be skipped, else None."""
    starts, ends = spans(codes)
    least = 0 if config.time_step is None else -1  # rows of one time become their mean
    between = np.diff(ticks, prepend=ticks[:1])
    between[starts] = 1
    if between.min() > least:
        return None
    kept, faults = np.ones(len(ticks), bool), {}
    for start, end in zip(starts, ends, strict=True):
        before = np.maximum.accumulate(ticks[start:end])[:-1]
        kept[start + 1 : end] = ticks[start + 1 : end] - before > least
    hint = _hint(table, codes, ticks, values, config)
    for row in np.flatnonzero(~kept):
        source = int(row if rows is None else rows[row])
        called, where = table.where(source)
        fault = faults.setdefault(called, Faults(called, config.skip_bad))
        fault.add(where, _unordered(table, ticks, codes, row, hint))
    for fault in faults.values():
        fault.read = len(ticks) - sum(other.count for other in faults.values())
        fault.finish()
    return kept


def _unordered(table, ticks, codes, row, hint):
    dates = table.way.dates
    time, before = (
        times.written(tick // A_SECOND if dates else tick / A_SECOND, dates) for tick in ticks[[row, row - 1]]
    )
    whose = f" of series {shown(table.ids[codes[row]])}" if len(table.ids) > 1 else ""
    earlier = slice(max(0, row - LIKE_IDS), row)
    if (ticks[earlier][codes[earlier] == codes[row]] == ticks[row]).any():
        return f"time {time}{whose} is repeated; {hint}"
    return f"time {time}{whose} stands behind {before}; {hint if 'series' in hint else 'sort the rows by time'}"


def _hint(table, codes, ticks, values, config):
    """What to do about repeated times."""
    names = [*_like_ids(table, codes, ticks, values), *table.texts] if config.series_column is None else []
    series = f"give series_column={names[0]!r} if it says whose row it is, or " if names else "give "
    return f"{series}time_step (--time-step) for means"


def _like_ids(table, codes, ticks, values):
    """The names of columns of whole numbers with which times are repeated no more."""
    count = min(len(ticks), LIKE_IDS)
    names = []
    for column, name in enumerate(table.names):
        numbers = values[:count, column]
        if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
            continue
        pairs = np.unique(np.stack([codes[:count], numbers, ticks[:count]]), axis=1).shape[1]
        if pairs == count and len(np.unique(numbers)) <= count / 2:
            names.append(name)
    return names


def _regular(table, ticks, values, codes, dates, config):
    """(ticks, values, codes, the step or None), of one row a step where that is possible."""
    starts, ends = spans(codes)
    if config.time_step is not None:
        step = steps.parsed(config.time_step, dates)
        made = _resampled(table, step, ticks, values, codes)
        log.info(
            "%s: %s, %s rows become %s",
            table.called,
            steps.in_words(dates, step),
            f"{len(ticks):,}",
            f"{len(made[0]):,}",
        )
        return *made, step
    between = steps.differences(ticks, starts)
    step = steps.told(between, ticks, dates, starts)
    if step is None:
        if len(between):
            log.warning(
                "%s: its times have no common step; rows count as steps; time_step (--time-step) makes one",
                table.called,
            )
        return ticks, values, codes, None
    if dates and step.ticks % A_SECOND:
        log.info("%s: its times are finer than a second; rows count as steps", table.called)
    if step.ticks and int(between.max()) == step.ticks:
        return ticks, values, codes, step
    filled, why = steps.fills(step, ticks, between, starts, ends, dates)
    if not filled:
        log.info("%s: most rows are %s apart, but %s; rows count as steps", table.called, step, why)
        return ticks, values, codes, None
    made = _filled(step, ticks, values, codes, starts, ends)
    added = len(made[0]) - len(ticks)
    if added:
        log.info(
            "%s: %s; %s missing ones are added, without values", table.called, steps.in_words(dates, step), f"{added:,}"
        )
    return *made, step


def _filled(step, ticks, values, codes, starts, ends):
    """(ticks, values, codes) with a row for each step; those that are added have no values."""
    inside = ticks - np.repeat(ticks[starts], ends - starts) if step.ticks else None
    numbers = inside // step.ticks if step.ticks else step.numbers(ticks)
    numbers = numbers - np.repeat(numbers[starts], ends - starts)
    sizes = numbers[ends - 1] + 1
    first = np.concatenate([[0], np.cumsum(sizes)])
    rows = numbers + np.repeat(first[:-1], ends - starts)
    made = np.full((first[-1], values.shape[1]), np.nan, np.float32)
    made[rows] = values
    codes = np.repeat(codes[starts], sizes)
    steps_on = np.arange(first[-1]) - np.repeat(first[:-1], sizes)
    if step.ticks:
        return np.repeat(ticks[starts], sizes) + steps_on * step.ticks, made, codes
    times_made = step.starts(steps_on + np.repeat(step.numbers(ticks[starts]), sizes))
    times_made[rows] = ticks
    return times_made, made, codes


def _resampled(table, step, ticks, values, codes):
    """(ticks, values, codes): the mean of what is there in each step, NaN where nothing is."""
    numbers = step.numbers(ticks)
    new = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1) | np.diff(codes, prepend=codes[0]))
    made = np.empty((len(new), values.shape[1]), np.float32)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        sums = np.add.reduceat(np.where(there, values[:, column], 0).astype(np.float64), new)
        counts = np.add.reduceat(there, new, dtype=np.int64)
        with np.errstate(invalid="ignore", divide="ignore"):
            made[:, column] = sums / counts
    ticks, codes = step.starts(numbers[new]), codes[new]
    starts, ends = spans(codes)
    total = int((step.numbers(ticks[ends - 1]) - step.numbers(ticks[starts]) + 1).sum())
    if total > steps.MOST * len(values):
        raise ValueError(
            f"{table.called}: time_step: {step} would make {total:,} rows of {len(values):,}; give a longer one"
        )
    return _filled(step, ticks, made, codes, starts, ends)


def _time(ticks, codes, dates, step):
    """int64 (rows,): seconds since 1970, or numbers: those of the source if they are whole, else of steps."""
    if ticks is None:
        starts, ends = spans(codes)
        return (np.arange(len(codes)) - np.repeat(starts, ends - starts)).astype(NUMBERS)
    if dates:
        return ticks // A_SECOND
    whole = not (ticks % A_SECOND).any()
    if whole or step is None or not step.ticks:
        return (ticks // A_SECOND).astype(NUMBERS)
    return np.round(ticks / step.ticks).astype(np.int64).astype(NUMBERS)

"""Which columns of a source are what: times, series, targets, what is known ahead, and what is only looked at."""

import dataclasses
import logging

from pipelines import settings
from pipelines.forecasting import sample
from pipelines.forecasting.tables import numerals, times
from pipelines.shared.messages import listed, shown

log = logging.getLogger("unroll")

TIMES = ("time", "date", "datetime", "timestamp", "ds", "date_time", "date time", "time_stamp", "datum", "utc")
COUNTERS = ("hour", "day", "minute", "second", "week", "month", "year", "step", "t", "frame", "period", "time_idx")
SERIES = ("series", "unique_id", "item_id", "series_id", "ts_id")
ROWS = ("", "unnamed: 0", "index")  # what tables call the numbers of their rows


@dataclasses.dataclass(frozen=True)
class Roles:
    """The names of the columns to forecast, of those known ahead, and of those only looked at."""

    targets: list
    known: list
    past: list

    @property
    def names(self):
        return [*self.targets, *self.known, *self.past]


def named(setting):
    """The names in a setting with commas between.

    >>> named("high, low"), named(None)
    (['high', 'low'], [])
    """
    return [name.strip() for name in (setting or "").split(",") if name.strip()]


def roles(names, config):
    """The `Roles` of columns of numbers: targets are those of `target_columns`, or else all that are nothing else.

    Raises:
        ValueError: a column with two roles, or that is named twice.
    """
    targets, known, past = named(config.target_columns), named(config.known_columns), named(config.past_columns)
    _check_once(target_columns=targets, known_columns=known, past_columns=past)
    others = [name for name in names if name not in (*targets, *known, *past)]
    if not (targets or known or past) and sorted(names) == sorted((*sample.TARGETS, *sample.KNOWN)):
        return Roles(list(sample.TARGETS), list(sample.KNOWN), [])  # of the built-in sample
    return Roles(targets or others, known, past or (others if targets else []))


def _check_once(**columns):
    owners = {}
    for setting, names in columns.items():
        for name in names:
            if name in owners:
                both = setting if owners[name] == setting else f"{owners[name]} and {setting}"
                why = ", since a column whose future is known needs no forecast" if "known_columns" in both else ""
                raise ValueError(f"{both}: expected column {shown(name)} once{why}; received it twice, leave out one")
            owners[name] = setting


@dataclasses.dataclass
class Sheet:
    """What is read of a part.

    time, series: the places of their columns, or None. way: how times are written. numbers: {name: place} in the order
    of the roles. decimal: what stands before decimals. texts: the names of columns of texts, which are not read.
    """

    time: int | None
    way: times.Way | None
    series: int | None
    numbers: dict
    roles: Roles
    decimal: str = "."
    texts: list = dataclasses.field(default_factory=list)

    @property
    def places(self):
        """The places of the columns to read: of numbers, then times, then series."""
        return [*self.numbers.values(), *[place for place in (self.time, self.series) if place is not None]]


def sheet(names, rows, config, called, commas=False):
    """The `Sheet` of a part with these columns, by its first rows, lists of cells.

    commas: whether its numbers may have decimal commas.

    Raises:
        ValueError: a column that is missing, that stands twice, or in which no number is.
    """
    if not rows:
        raise ValueError(f"{called}: expected rows of numbers, received none")
    columns = [list(column) for column in zip(*rows, strict=True)]
    decimal = "," if commas and numerals.has_commas(cell for column in columns for cell in column) else "."
    config = _by_name(names, config, called)
    series = _series(names, columns, config)
    kinds = [_is_numbers(column, decimal) for column in columns]
    time, way = _time(names, columns, config, series, kinds, called)
    asked = roles([], config)
    free = [place for place in range(len(names)) if place not in (time, series)]
    numbers = [names[place] for place in free if kinds[place] and names[place].strip().lower() not in ROWS]
    texts = [
        names[place] for place in free if not kinds[place] and any(not numerals.is_missing(c) for c in columns[place])
    ]
    chosen = roles(numbers, config)
    if not chosen.targets:
        if any(isinstance(cell, (list, tuple)) for column in columns for cell in column):
            raise ValueError(
                f"{called}: expected a number a cell, received lists; give a row for each step of a series"
            )
        raise ValueError(
            f"{called}: expected a column of numbers to forecast, received {listed(names)} without one; target_columns "
            "(--target-columns) names it"
        )
    for name in chosen.names:
        if names.count(name) > 1:
            raise ValueError(f"{called}: expected one column {shown(name)}, received {names.count(name)}; rename one")
    for name in asked.names:
        if names.index(name) in (time, series):
            raise ValueError(
                f"{called}: column {shown(name)} cannot be forecast or looked at, since it is that of times or series"
            )
        if not kinds[names.index(name)]:
            cells = [cell for cell in columns[names.index(name)] if not numerals.is_missing(cell)]
            raise ValueError(
                f"{called}: expected numbers in column {shown(name)}, received {listed(cells, 3)}; leave it out of the "
                "settings of columns"
            )
    return Sheet(time, way, series, {name: names.index(name) for name in chosen.names}, chosen, decimal, texts)


def _by_name(names, config, called):
    """The settings with names in place of numbers of columns.

    Raises:
        ValueError: a name that no column has, or two.
    """
    changed = {}
    for setting in ("time_column", "series_column", "target_columns", "known_columns", "past_columns"):
        value = getattr(config, setting)
        if value is not None:
            wanted = [value] if setting in ("time_column", "series_column") else named(value)
            changed[setting] = ",".join(_name(one, names, setting, called) for one in wanted)
    return dataclasses.replace(config, **changed)


def _name(wanted, names, setting, called):
    if wanted not in names and wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    count = names.count(wanted)
    if count == 1:
        return wanted
    if count:
        raise ValueError(f"{called}: expected one column {shown(wanted)}, received {count}; rename one")
    same = [name for name in names if name.strip().lower() == wanted.strip().lower()]
    near = f" Did you mean {shown(same[0])}?" if same else settings.near(wanted, names)
    raise ValueError(f"{called}: no column {shown(wanted)} for {setting}; it has {listed(names)}.{near}")


def _series(names, columns, config):
    """The place of the column of series, or None; one with a usual name is taken, which is said."""
    if config.series_column is not None:
        return names.index(config.series_column)
    asked = roles([], config).names
    place = next((place for place, name in enumerate(names) if name.lower() in SERIES and name not in asked), None)
    if place is not None:
        log.info("series_column: %s says whose row it is", shown(names[place]))
    return place


def _is_numbers(column, decimal):
    """Whether most of the cells that are filled are numbers, or none is filled yet."""
    there = [cell for cell in column if not numerals.is_missing(cell)]
    return not there or 2 * sum(numerals.is_number(cell, decimal) for cell in there) > len(there)


def _time(names, columns, config, series, kinds, called):
    """(the place of the column of times, how it is written), or (None, None)."""
    if config.time_column is not None:
        place = names.index(config.time_column)
        way = times.told(columns[place])
        if way is None and columns[place]:
            way = _mostly(columns[place])
        if way is None and columns[place]:
            raise ValueError(
                f"{called}: expected times in column {shown(config.time_column)}, received "
                f"{listed(columns[place], 3)}; write them as 2016-07-01 13:00, or as numbers"
            )
        return place, way or times.Way("number")
    asked = roles([], config).names
    free = [place for place, name in enumerate(names) if place != series and name not in asked]
    known = [place for place in free if names[place].strip().lower() in TIMES]
    ways = {place: times.told(columns[place]) or _mostly(columns[place]) for place in known}
    for place, way in sorted(ways.items(), key=lambda item: item[1] is None or not item[1].dates):
        if way is not None:
            return place, way
    dated = [place for place in free if not kinds[place] and (way := times.told(columns[place])) and way.dates]
    if len(dated) == 1:
        return dated[0], times.told(columns[dated[0]])
    counter = next((place for place in free if names[place].strip().lower() in COUNTERS), None)
    if (
        counter is not None
        and kinds[counter]
        and _rises(columns[counter], columns[series] if series is not None else None)
    ):
        return counter, times.told(columns[counter])
    return None, None


def _mostly(column):
    """How most of the times are written, where some are no times; each of those is then an error of its row."""
    for first in column[:3]:
        way = times.told([first])
        if way is not None and sum(times.told([cell]) is not None for cell in column) > 0.5 * len(column):
            return times.told([cell for cell in column if (other := times.told([cell])) and other.kind == way.kind])
    return None


def _rises(column, series):
    """Whether the numbers of each series rise from row to row."""
    last = {}
    for row, cell in enumerate(column):
        key = None if series is None else series[row]
        if not numerals.is_number(cell) or float(cell) <= last.get(key, float("-inf")):
            return False
        last[key] = float(cell)
    return True

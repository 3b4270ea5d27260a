"""The step of a series: told by its times, filled where rows are missing, or made of rows that lie closer.

    step = told(ticks, starts, ends)       Step(ticks=3_600_000_000), of most differences; Step(months=1); or None
    regular(table, config)                 its rows one a step, what is missing NaN

Gaps of whole steps are filled with rows of NaN if these are few (`FILLED` of the rows at most) and not days of rest,
such as Sundays of a shop. Else rows count as steps, which is said.
"""

import dataclasses
import logging
import re

import numpy as np

from pipelines.forecasting.tables.times import A_SECOND, DAY

log = logging.getLogger("unroll")

FILLED = 0.25  # part of the rows that may be added
REST = 0.8  # part of a weekday's steps that are missing where it is a day of rest
MOST = 100  # rows for each row of the source to which `time_step` may lead
UNITS = {
    "s": 1, "sec": 1, "second": 1, "min": 60, "t": 60, "minute": 60, "m": 60, "h": 3600, "hour": 3600, "d": DAY,
    "day": DAY, "w": 7 * DAY, "week": 7 * DAY,
}  # fmt: skip
MONTHS = {
    "mo": 1,
    "month": 1,
    "ms": 1,
    "me": 1,
    "q": 3,
    "quarter": 3,
    "qs": 3,
    "qe": 3,
    "y": 12,
    "year": 12,
    "ys": 12,
    "ye": 12,
    "a": 12,
}
MONDAY = 4 * DAY * A_SECOND  # 5 January 1970, from which weeks count


@dataclasses.dataclass(frozen=True)
class Step:
    """ticks: of a step of constant length, or months: of one by the calendar."""

    ticks: int = 0
    months: int = 0

    def __str__(self):
        if self.months:
            return {1: "a month", 3: "a quarter", 12: "a year"}.get(self.months, f"{self.months} months")
        return length(self.ticks / A_SECOND)

    def numbers(self, ticks):
        """int64 (rows,): the number of the step that each time falls in, from some point on."""
        if self.months:
            dates = ticks.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
            return dates // self.months
        return (ticks - self._origin) // self.ticks

    def starts(self, numbers):
        """int64 (steps,), the ticks at which steps of these numbers begin."""
        if self.months:
            months = (numbers * self.months).astype("datetime64[M]")
            return months.astype("datetime64[us]").astype(np.int64)
        return numbers * self.ticks + self._origin

    @property
    def _origin(self):
        return MONDAY if self.ticks % (7 * DAY * A_SECOND) == 0 else 0


def length(seconds):
    """A length of time in words.

    >>> length(3600), length(900), length(0.02)
    ('1 h', '15 min', '0.02 s')
    """
    for unit, size in (("d", DAY), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def parsed(text, dates=True):
    """The `Step` that a setting names.

    Raises:
        ValueError: no length of time.

    >>> parsed("15min").ticks // A_SECOND, parsed("1mo"), parsed("D").ticks // A_SECOND
    (900, Step(ticks=0, months=1), 86400)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)?\s*([A-Za-z]*)\s*", text)
    number, unit = (float(match[1] or 1), match[2]) if match else (0, "")
    name = unit.lower().removesuffix("s") if len(unit) > 2 else unit.lower()
    months = MONTHS.get("mo" if unit == "M" else name)
    if number > 0 and match:
        if not dates and not unit:
            return Step(ticks=round(number * A_SECOND))
        if dates and months and number.is_integer():
            return Step(months=int(number) * months)
        if dates and name in UNITS and round(number * UNITS[name] * A_SECOND):
            return Step(ticks=round(number * UNITS[name] * A_SECOND))
    expected = "a length such as 1h, 15min, 1D, 1W or 1mo" if dates else "a number, since times are numbers"
    raise ValueError(f"time_step: expected {expected}, received {text!r:.40}")


def differences(ticks, starts):
    """int64: from each row to the next of the same series."""
    between = np.diff(ticks)
    if len(starts) > 1:
        between = np.delete(between, starts[1:] - 1)
    return between


def told(between, ticks, dates, starts):
    """The `Step` of ascending times, by their `differences`; None if they have none."""
    if not len(between):
        return None
    low, high = int(between.min()), int(between.max())
    if low == high:
        return Step(ticks=low)
    if dates and low >= 27 * DAY * A_SECOND and (months := _months(ticks, starts)):
        return Step(months=months)
    values, counts = np.unique(between, return_counts=True)
    common = int(values[counts.argmax()])
    return Step(ticks=common) if (values % common == 0).all() else None


def _months(ticks, starts):
    """The months from one row to the next, if all rows lie on one day of their month, or each on its last."""
    dates = ticks.view("datetime64[us]")
    months = dates.astype("datetime64[M]")
    days = (dates.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    last = (months + 1).astype("datetime64[D]") - dates.astype("datetime64[D]") == np.timedelta64(1, "D")
    if (days != days[0]).any() and not last.all():
        return 0
    apart = differences(months.astype(np.int64), starts)
    common = int(np.bincount(apart[apart > 0]).argmax())
    return common if (apart % common == 0).all() and common else 0


def fills(step, ticks, between, starts, ends, dates):
    """(whether gaps are to be filled, why not in words)."""
    numbers = step.numbers(ticks) if step.months else None
    gaps = differences(numbers, starts) if step.months else between // step.ticks
    added = int(gaps.sum()) - len(gaps)
    if added > FILLED * len(ticks):
        return False, f"{added:,} rows would be missing of {len(ticks) + added:,}{_weekends(ticks, starts, dates)}"
    if added and dates and step.ticks and 7 * DAY * A_SECOND % step.ticks == 0 and step.ticks <= DAY * A_SECOND:
        rest = _rest(ticks, starts, ends)
        if rest:
            return False, f"there are none on {rest}"
    return True, ""


def _weekends(ticks, starts, dates):
    """Whether rows are of trading days."""
    if not dates:
        return ""
    days = (ticks // (DAY * A_SECOND) + 3) % 7  # Monday is 0
    return ", with gaps at weekends: these are trading days" if not (days > 4).any() else ""


WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def _rest(ticks, starts, ends):
    """The weekdays on which there is hardly a row, in words."""
    there, expected = np.zeros(7, int), np.zeros(7, int)
    for start, end in zip(starts, ends, strict=True):
        days = np.unique(ticks[start:end] // (DAY * A_SECOND))
        there += np.bincount((days + 3) % 7, minlength=7)
        expected += np.bincount((np.arange(days[0], days[-1] + 1) + 3) % 7, minlength=7)
    return " and ".join(
        WEEKDAYS[day] for day in range(7) if expected[day] > 2 and there[day] < (1 - REST) * expected[day]
    )


def following(seconds, ahead, dates=True):
    """int64 (ahead,): the times of the steps behind these, int64 (rows,), of one series.

    A constant step goes on, months by the calendar, days without weekends without them; else the median step does.

    >>> following(np.array([0, 3600, 7200]), 2)
    array([10800, 14400])
    """
    if len(seconds) < 2:
        return seconds[-1:].repeat(ahead) + np.arange(1, ahead + 1)
    last, between = int(seconds[-1]), np.diff(seconds)
    ticks = seconds.astype(np.int64) * A_SECOND
    if dates and between.min() != between.max():
        months = _months(ticks, np.zeros(1, int)) if between.min() >= 27 * DAY else 0
        if months:
            return _after_months(last, months, ahead)
        if not (((seconds // DAY) + 3) % 7 > 4).any() and np.median(between) == DAY:
            days = np.busday_offset(np.datetime64(last // DAY, "D"), np.arange(1, ahead + 1))
            return days.astype(np.int64) * DAY + last % DAY
    return last + int(np.median(between)) * np.arange(1, ahead + 1, dtype=np.int64)


def _after_months(last, months, ahead):
    date = np.datetime64(last, "s")
    month = date.astype("datetime64[M]")
    inside = date - month.astype("datetime64[s]")
    at_end = (month + 1).astype("datetime64[s]") - date <= np.timedelta64(DAY, "s")
    then = month + months * np.arange(1, ahead + 1)
    if at_end:
        left = (month + 1).astype("datetime64[s]") - date
        return ((then + 1).astype("datetime64[s]") - left).astype(np.int64)
    return (then.astype("datetime64[s]") + inside).astype(np.int64)


def in_words(dates, step):
    """The step of a source as it is said.

    >>> in_words(True, Step(ticks=3600 * A_SECOND)), in_words(False, Step(ticks=A_SECOND)), in_words(True, None)
    ('a step is 1 h', 'a step is 1', 'rows count as steps')
    """
    if step is None:
        return "rows count as steps"
    return f"a step is {step}" if dates else f"a step is {step.ticks / A_SECOND:g}"

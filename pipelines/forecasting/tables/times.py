"""Times as sources write them, to whole millionths: dates since 1970, in seconds, or plain numbers.

    way = told(["2016-07-01 00:00", "2016-07-01 01:00"])     how the times of a column are written
    way.ticks(["2016-07-01 02:00"])                           array([1467338400000000]), a million a second

Dates are ISO 8601, or written as in `FORMATS`; day before month where a day above 12 says so. Numbers are plain ones,
unless all look like dates: eight digits as in 20160701, or seconds, milliseconds, microseconds or nanoseconds of the
years from 1973 to 2096. Times with a zone become UTC.
"""

import dataclasses
import datetime
import itertools
import math
import re

import numpy as np
import pyarrow
import pyarrow.compute

from pipelines.forecasting.tables import numerals
from pipelines.shared.data.sources import missing
from pipelines.shared.messages import shown

A_SECOND = 10**6  # ticks
DAY = 86_400  # seconds
FORMATS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y",
    "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%b %Y", "%b-%Y",
    "%Y-%m", "%Y/%m", "%YM%m", "%m/%Y",
)  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H.%M", " %H.%M.%S", ", %H:%M")
OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d(?::?\d\d)?)$")
EPOCHS = {1: "seconds", 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}
EARLIEST, LATEST = 10**8, 4 * 10**9  # seconds that a number may stand for
EXPECTED = "expected a time, such as 2016-07-01 13:00 or a number"
LARGEST = 9 * 10**12  # plain number


@dataclasses.dataclass
class Way:
    """How the times of a column are written.

    kind: "number", "epoch", "day" (20160701), "iso", "format" or "quarter". unit: numbers a second, of an epoch.
    zoned: whether dates have a zone. offsets: those that were seen.
    """

    kind: str
    format: str | None = None
    unit: int = 1
    zoned: bool = False
    offsets: set = dataclasses.field(default_factory=set)

    @property
    def dates(self):
        return self.kind != "number"

    def ticks(self, values):
        """int64 (values,) of an Arrow array or a list.

        Raises:
            ValueError: a value that is no such time.
        """
        try:
            array = values if isinstance(values, (pyarrow.Array, pyarrow.ChunkedArray)) else pyarrow.array(values)
            return self._of_arrow(array)
        except (pyarrow.ArrowException, OverflowError) as error:
            raise ValueError(f"{EXPECTED}") from error

    def _of_arrow(self, array):
        if array.null_count:
            raise ValueError(f"{EXPECTED}, received none")
        kind = array.type
        if pyarrow.types.is_timestamp(kind) or pyarrow.types.is_date(kind):
            if not self.dates or (pyarrow.types.is_timestamp(kind) and (kind.tz is not None) != self.zoned):
                raise ValueError(EXPECTED)
            return _instants(array)
        if self.kind in ("number", "epoch"):
            return self._of_numbers(array)
        text = array.cast(pyarrow.string())
        if self.kind == "iso":
            return self._of_iso(text)
        if self.kind == "quarter":
            return np.array([self.one(value) for value in text.to_pylist()], np.int64)
        return _instants(pyarrow.compute.strptime(text, format=self.format, unit="s"))

    def _of_iso(self, text):
        text = pyarrow.compute.utf8_trim_whitespace(text)
        if self.zoned:
            self.offsets |= {
                _offset(one) for one in pyarrow.compute.utf8_slice_codeunits(text, -6).unique().to_pylist()
            }
        return _instants(text.cast(pyarrow.timestamp("us", "UTC" if self.zoned else None)))

    def _of_numbers(self, array):
        exact = pyarrow.types.is_integer(array.type)
        numbers = (
            array.to_numpy(zero_copy_only=False)
            if exact
            else array.cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
        )
        if self.kind == "epoch":
            if len(numbers) and numbers.min() / self.unit < -LATEST:
                raise ValueError(EXPECTED)
            if exact and self.unit >= A_SECOND:
                return numbers.astype(np.int64) // (self.unit // A_SECOND)
            return np.round(numbers.astype(np.float64) * (A_SECOND / self.unit)).astype(np.int64)
        if not np.isfinite(numbers).all() or (len(numbers) and np.abs(numbers).max() > LARGEST):
            raise ValueError(EXPECTED)
        return numbers.astype(np.int64) * A_SECOND if exact else np.round(numbers * A_SECOND).astype(np.int64)

    def of_cells(self, cells):
        """(ticks, [(row, what is wrong)]) of the cells of a column; of all at once, where nothing is odd."""
        try:
            return self.ticks(list(cells)), []
        except ValueError:
            return numerals.one_by_one(cells, self.one, 0)

    def one(self, value):
        """The ticks of a single value.

        Raises:
            ValueError: what is wrong with it.
        """
        value = value.strip() if isinstance(value, str) else value
        if missing(value) or value == "":
            raise ValueError(f"{EXPECTED}, received none")
        if self.kind in ("number", "epoch"):
            return self._one_number(value)
        date = value if isinstance(value, (datetime.date, np.datetime64)) else self._parsed(str(value))
        if date is None:
            raise ValueError(f"{EXPECTED}, received {shown(value)}{self._like()}")
        if isinstance(date, np.datetime64):
            return int(date.astype("datetime64[us]").astype(np.int64))
        if not isinstance(date, datetime.datetime):
            date = datetime.datetime(date.year, date.month, date.day)
        if (date.tzinfo is not None) != self.zoned:
            has, first = ("a", "none") if date.tzinfo else ("no", "one")
            raise ValueError(
                f"expected one way of times, received {shown(str(value))} with {has} zone, the first has {first}"
            )
        if date.tzinfo is not None:
            self.offsets.add(int(date.utcoffset().total_seconds()))
        return _microseconds(date)

    def _one_number(self, value):
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{EXPECTED}, received {shown(value)}; the first is a number") from None
        if not math.isfinite(number) or abs(number) > LARGEST * (self.unit if self.kind == "epoch" else 1):
            raise ValueError(f"{EXPECTED}, received {shown(value)}")
        return round(number * A_SECOND / self.unit)

    def _parsed(self, text):
        if self.kind == "quarter":
            return _quarter(text)
        return _iso(text) if self.kind == "iso" else _formatted(text, self.format)

    def _like(self):
        return {"iso": "; the first is as in ISO 8601", "quarter": "; the first is a quarter"}.get(
            self.kind, f"; the first is written as {self.format}"
        )

    def check_zones(self, called):
        """Refuses a column of several zones; one that saves daylight has two an hour apart.

        Raises:
            ValueError: more.
        """
        offsets = sorted(self.offsets)
        if len(offsets) > 2 or (len(offsets) == 2 and offsets[1] - offsets[0] > 3600):
            names = ", ".join(f"{offset / 3600:+g} h" for offset in offsets[:4])
            raise ValueError(f"{called}: expected times of one zone, received those of {names}; write all in UTC")


def _instants(array):
    array = array.cast(pyarrow.timestamp("us", getattr(array.type, "tz", None)), safe=False)
    if array.null_count:
        raise ValueError(f"{EXPECTED}, received none")
    return (
        array.cast(pyarrow.int64()).to_numpy(zero_copy_only=False)
        if isinstance(array, pyarrow.Array)
        else (array.cast(pyarrow.int64()).to_numpy())
    )


def _microseconds(date):
    date = date if date.tzinfo is None else date.astimezone(datetime.UTC).replace(tzinfo=None)
    return (date - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)


def _offset(text):
    """Seconds of the zone at the end of a time."""
    match = OFFSET.search(text)
    if not match or match[0] in "zZ":
        return 0
    digits = match[0][1:].replace(":", "").ljust(4, "0")
    return (-1 if match[0][0] == "-" else 1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def _iso(text):
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def _formatted(text, form):
    try:
        return datetime.datetime.strptime(text, form)
    except ValueError:
        return None


def _quarter(text):
    match = re.fullmatch(r"(\d{4})[ -]?[qQ]([1-4])", text)
    return match and datetime.datetime(int(match[1]), 3 * int(match[2]) - 2, 1)


def told(values):
    """The `Way` in which these values are all written; None if they are no times.

    >>> told(["01.07.2016", "31.07.2016"]).format, told([1, 2]).kind, told([20160701, 20160702]).kind, told(["a"])
    ('%d.%m.%Y', 'number', 'day', None)
    """
    values = [value.strip() if isinstance(value, str) else value for value in values if not missing(value)]
    values = [value for value in values if value != ""]
    if not values:
        return None
    if all(isinstance(value, (datetime.date, np.datetime64)) for value in values):
        return Way("iso", zoned=getattr(values[0], "tzinfo", None) is not None)
    numbers = _numbers(values)
    if numbers is not None:
        return _of_numbers(numbers)
    if not all(isinstance(value, str) for value in values):
        return None
    first = _iso(values[0])
    if first and len(values[0]) > 7 and sum(_iso(value) is not None for value in values) > 0.9 * len(values):
        return Way("iso", zoned=first.tzinfo is not None)
    if all(map(_quarter, values)):
        return Way("quarter")
    return _of_format(values)


def _numbers(values):
    try:
        numbers = [float(value) for value in values if not isinstance(value, bool)]
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if len(numbers) == len(values) else None


def _of_numbers(numbers):
    whole = all(number.is_integer() for number in numbers)
    if whole and all(1.8e7 < number < 2.2e7 and _formatted(str(int(number)), "%Y%m%d") for number in numbers):
        return Way("day", "%Y%m%d")
    for unit in EPOCHS:
        if all(EARLIEST * unit <= number <= LATEST * unit for number in numbers):
            return Way("epoch", unit=unit)
    return Way("number")


def _of_format(values):
    """The way of the one format that fits; of two, the one in which times rise more often, and less."""
    fits = []
    for form in (day + clock for clock in CLOCKS for day in FORMATS):
        if _formatted(values[0], form) and all(_formatted(value, form) for value in values):
            dates = [_formatted(value, form) for value in values]
            rising = sum(one < two for one, two in itertools.pairwise(dates))
            fits.append((rising, min(dates) - max(dates), -len(fits), form))
    return Way("format", max(fits)[3]) if fits else None


def written(seconds, dates=True):
    """A time as people read it.

    >>> written(1467331200), written(7, dates=False)
    ('2016-07-01 00:00:00', '7')
    """
    if not dates:
        return f"{seconds:g}" if isinstance(seconds, float) else str(int(seconds))
    try:
        return str(datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(seconds)))
    except OverflowError:
        return str(int(seconds))

"""Sources read into plain columns: numbers float32, times in ticks, a code a series; see `pieces` for the two ways.

    table = read("ETTh1.csv", config, "data")      Table(values=float32 (rows, columns), ticks=int64 (rows,), ...)

A clean file goes block by block into arrays that grow in place, so that memory is that of the numbers as float32 and of
the times. Cost: 10 million rows of 8 columns about as quickly as `pyarrow.csv.read_csv` alone; see
`benchmarks/forecasting.py`. A file with anything odd in it is read row by row, at 100,000 rows a second.
"""

import dataclasses
import itertools
import logging

import numpy as np
import pyarrow

from pipelines.forecasting.tables import numerals, roles, times
from pipelines.forecasting.tables.pieces import Odd, names_of, pieces
from pipelines.shared.data import provenance, sources
from pipelines.shared.messages import listed, shown

log = logging.getLogger("unroll")

AT_ONCE = 4096  # rows that are checked together


class Grown:
    """An array whose rows are appended in place, without a second copy of it."""

    def __init__(self, dtype, width=None):
        self._array, self.rows = np.empty((0,) if width is None else (0, width), dtype), 0

    def room(self, rows):
        """The next rows, to be written."""
        end = self.rows + rows
        if end > len(self._array):
            self._array.resize((max(end, len(self._array) * 9 // 8), *self._array.shape[1:]), refcheck=False)
        start, self.rows = self.rows, end
        return self._array[start:end]

    def cut(self, rows):
        self.rows = rows

    def finished(self):
        self._array.resize((self.rows, *self._array.shape[1:]), refcheck=False)
        return self._array


@dataclasses.dataclass
class Span:
    """The rows of a piece, from `start` on. called, unit: as errors call it. numbers: of its rows, or of the first."""

    called: str
    unit: str
    start: int
    numbers: object


@dataclasses.dataclass
class Table:
    """What was read.

    names: of the columns of values float32 (rows, columns). ticks: int64 (rows,), or None without times. codes: int32
    (rows,) of `ids`, or None without series. way: how times are written. spans: whose rows they are. texts: the names
    of columns that were not read.
    """

    called: str
    roles: roles.Roles
    values: np.ndarray
    ticks: np.ndarray | None
    codes: np.ndarray | None
    ids: list
    way: times.Way | None
    spans: list
    texts: list
    time_name: str | None = None
    series_name: str | None = None

    @property
    def names(self):
        return self.roles.names

    def where(self, row):
        """(the piece, "line 7") of a row."""
        span = [span for span in self.spans if span.start <= row][-1]
        inside = row - span.start
        number = span.numbers + inside if isinstance(span.numbers, int) else int(span.numbers[inside])
        return span.called, f"{span.unit} {number}"


class _Collection:
    """The pieces of a source, one behind another."""

    def __init__(self, config, called):
        self.config, self.called = config, called
        self.sheet, self.spans, self.names = None, [], {}
        self.values = self.ticks = self.codes = None
        self.known = {}  # {(type, id): code}

    def add(self, piece):
        sheet = roles.sheet(piece.names, piece.sample, self.config, piece.called, piece.commas)
        self._fit(piece, sheet)
        start = self.values.rows
        try:
            if piece.blocks is None:
                raise Odd
            self._quickly(piece, sheet)
        except (Odd, ValueError, OSError, pyarrow.ArrowException):
            self.cut(start)
            self._row_by_row(piece, sheet)
        if sheet.way is not None:
            sheet.way.check_zones(piece.called)

    @property
    def full(self):
        """Whether there are as many rows as are to be read."""
        return self._left <= 0

    @property
    def _left(self):
        return AT_ONCE if self.config.limit is None else self.config.limit - self.values.rows

    def _fit(self, piece, sheet):
        """Makes room for the columns of the first piece; the next must have them too."""
        if self.sheet is None:
            self.sheet = sheet
            self.names = {"time": _name(piece, sheet.time), "series": _name(piece, sheet.series)}
            self.values = Grown(np.float32, len(sheet.roles.names))
            self.ticks = None if sheet.time is None else Grown(np.int64)
            self.codes = None if sheet.series is None else Grown(np.int32)
            return
        first = self.spans[0].called if self.spans else self.called
        for what in ("time", "series"):
            if (getattr(sheet, what) is None) != (getattr(self.sheet, what) is None):
                raise ValueError(
                    f"{piece.called}: expected a column of {what} as in {first}, or in neither; {what}_column names it"
                )
        if sheet.way is not None and (sheet.way.dates, sheet.way.zoned) != (self.sheet.way.dates, self.sheet.way.zoned):
            raise ValueError(
                f"{piece.called}: expected times as in {first}, received numbers and dates, or zones and none"
            )
        lacking = [name for name in self.sheet.roles.names if name not in piece.names]
        if lacking:
            raise ValueError(f"{piece.called}: expected the columns of {first}, received none called {listed(lacking)}")
        sheet.numbers = {name: piece.names.index(name) for name in self.sheet.roles.names}

    def _quickly(self, piece, sheet):
        start = self.values.rows
        for arrays in piece.blocks(sheet):
            if self.full:
                break
            numbers = dict(zip(sheet.places, arrays, strict=True))
            room = self.values.room(len(arrays[0]))
            for column, place in enumerate(sheet.numbers.values()):
                room[:, column] = numerals.of_arrow(numbers[place])
            if sheet.time is not None:
                self.ticks.room(len(room))[:] = sheet.way.ticks(numbers[sheet.time])
            if sheet.series is not None:
                self.codes.room(len(room))[:] = self._codes(numbers[sheet.series])
        self.spans.append(Span(piece.called, piece.unit, start, piece.first))

    def _codes(self, array):
        """int32 (rows,) of an Arrow array of ids."""
        if array.null_count:
            raise Odd
        made = []
        for chunk in array.chunks if isinstance(array, pyarrow.ChunkedArray) else [array]:
            chunk = chunk if pyarrow.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
            values = [_id(value) for value in chunk.dictionary.to_pylist()]
            if None in values:
                raise Odd
            made.append(
                np.array([self._code(value) for value in values], np.int32)[
                    chunk.indices.to_numpy(zero_copy_only=False)
                ]
            )
        return np.concatenate(made) if made else np.zeros(0, np.int32)

    def _code(self, value):
        return self.known.setdefault(str(value), (len(self.known), value))[0]

    def cut(self, start):
        for grown in (self.values, self.ticks, self.codes):
            if grown is not None:
                grown.cut(start)

    def _row_by_row(self, piece, sheet):
        start, kept = self.values.rows, []
        with piece.rows() as rows:
            if rows.names != piece.names:
                raise ValueError(
                    f"{piece.called}: expected columns {listed(piece.names)}, received {listed(rows.names)}"
                )
            cells = rows.cells(sheet.places)
            while not self.full and (numbered := list(itertools.islice(cells, min(AT_ONCE, self._left)))):
                kept += self._checked(rows, numbered, sheet)
            rows.faults.finish()
            self.spans.append(Span(rows.called, rows.unit, start, np.array(kept, np.int64)))

    def _checked(self, rows, numbered, sheet):
        """Adds rows, [(number, cells)], without those in which anything is wrong; -> the numbers of what was added."""
        columns, wrong = list(zip(*(cells for _, cells in numbered), strict=True)), {}
        values = np.empty((len(numbered), len(sheet.numbers)))
        for place, name in enumerate(sheet.numbers):
            values[:, place] = _cleared(numerals.of_cells(columns[place], sheet.decimal), name, wrong)
        ticks = ids = None
        if sheet.time is not None:
            ticks = np.array(
                _cleared(sheet.way.of_cells(columns[len(sheet.numbers)]), self.names["time"], wrong), np.int64
            )
        if sheet.series is not None:
            ids = list(map(_id, columns[-1]))
            missing = [
                (row, "expected the name of a series, received none") for row, one in enumerate(ids) if one is None
            ]
            _cleared((ids, missing), self.names["series"], wrong)
        for row in sorted(wrong):
            rows.fault(numbered[row][0], wrong[row])
        right = [row for row in range(len(numbered)) if row not in wrong] if not rows.faults.fatal else []
        self.values.room(len(right))[:] = values[right]
        if ticks is not None:
            self.ticks.room(len(right))[:] = ticks[right]
        if ids is not None:
            self.codes.room(len(right))[:] = [self._code(ids[row]) for row in right]
        return [numbered[row][0] for row in right]

    def table(self):
        sheet = self.sheet
        finish = lambda grown: None if grown is None else grown.finished()  # noqa: E731
        codes, ids = finish(self.codes), [value for _, value in self.known.values()]
        return Table(
            self.called, sheet.roles, self.values.finished(), finish(self.ticks), codes, ids, sheet.way, self.spans,
            sheet.texts, self.names["time"], self.names["series"],
        )  # fmt: skip


def _cleared(read, name, wrong):
    """The values of a column that was read as (values, [(row, what is wrong)]); the first fault of a row is kept."""
    values, faults = read
    for row, what in faults:
        wrong.setdefault(row, f"column {shown(name)}: {what}")
    return values


def _name(piece, place):
    return None if place is None else piece.names[place]


def _id(value):
    """The id of a series without white space around it; None if it is missing."""
    if isinstance(value, str):
        return value.strip() or None
    if sources.missing(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read(source, config, role="data", download=False):
    """The `Table` of a source, of its first `limit` rows.

    Raises:
        ValueError, TypeError, FileNotFoundError: in one line that names the source, its line and what is expected.
    """
    called = provenance.called(source, role)
    collection = _Collection(config, called)
    for piece in pieces(source, config, role, download):
        collection.add(piece)
        if collection.full:
            break
    if collection.sheet is None or not collection.values.rows:
        raise ValueError(f"{called}: expected rows of numbers, received none")
    if config.limit is not None:
        collection.cut(min(config.limit, collection.values.rows))
    table = collection.table()
    _say(table)
    return _of_files(table)


def _say(table):
    shape = f"{len(table.values):,} rows of {listed(table.names, write=str)}"
    time = f", times from column {shown(table.time_name)}" if table.time_name is not None else ", no column of times"
    log.info("%s: %s%s", table.called, shape, time)
    if table.texts:
        log.info("%s: columns that hold no numbers are left out: %s", table.called, listed(table.texts))


def _of_files(table):
    """The table with a series for each of several files, unless one goes on where another ends."""
    if table.codes is not None or len(table.spans) < 2:
        return table
    bounds = [*(span.start for span in table.spans), len(table.values)]
    if table.ticks is not None:
        first = [table.ticks[start] for start in bounds[:-1] if start < len(table.ticks)]
        last = [table.ticks[end - 1] for end in bounds[1:] if end]
        if all(end < start for end, start in zip(last, first[1:], strict=False)):
            return table
    log.info("%s: %d files are as many series, called after them", table.called, len(table.spans))
    codes = np.repeat(np.arange(len(table.spans), dtype=np.int32), np.diff(bounds))
    return dataclasses.replace(table, codes=codes, ids=[names_of(span.called) for span in table.spans])

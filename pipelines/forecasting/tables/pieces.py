"""A source in pieces: each a file or a table, with its columns, and two ways to read them.

    for piece in pieces(source, config, "data"): ...

`blocks` gives columns of Arrow, many rows at once, and knows nothing of errors: where anything is odd, it raises `Odd`,
and `rows` reads the same piece row by row, with all checks, and says which row is wrong.
"""

import contextlib
import dataclasses
import itertools
import pathlib
import re
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet

from pipelines.forecasting.tables import numerals
from pipelines.shared.data import columnar, containers, delimited, encodings, sources, tables
from pipelines.shared.messages import shown

SAMPLE = 300  # rows by which columns are told
HEAD, BLOCK, AT_ONCE = 2**20, 2**24, 2**18  # bytes by which a file is told; that are read at once; rows of a table
TEXT = ("", ".csv", ".tsv", ".tab", ".txt", ".dat")
INSTANTS = pyarrow.timestamp("us")


class Odd(Exception):
    """What the quick way does not read."""


@dataclasses.dataclass
class Piece:
    """A part of a source.

    called: what errors call it. names: of its columns. sample: its first rows, lists of cells. blocks: a function of a
    `roles.Sheet` that yields Arrow arrays of its places, or None. rows: a context of its `Rows`. unit, first: what the
    numbers of rows count, and the first. commas: whether numbers may have decimal commas.
    """

    called: str
    names: list
    sample: list
    rows: Callable
    blocks: Callable | None = None
    unit: str = "row"
    first: int = 1
    commas: bool = False


def pieces(source, config, role):
    """Yields the `Piece`s of a source; each is to be read before the next."""
    if isinstance(source, sources.PATHS) and not str(source).startswith("tfds:"):
        yield from _of_files([source], config)
    elif isinstance(source, (list, tuple)) and source and all(isinstance(one, sources.PATHS) for one in source):
        yield from _of_files(source, config)
    elif isinstance(source, sources.PATHS):
        (rows,) = sources._of_name(source, [], config, False)
        yield _of_rows(lambda: contextlib.nullcontext(rows))
    else:
        yield _in_memory(source, config, role)


def _of_files(names, config):
    for name in names:
        for path in _files(name):
            with containers.parts(path) as parts:
                for part in parts:
                    yield _of_part(part, config)


def _files(name):
    """The files of a name: a pattern's, or those of a folder."""
    for path in containers.expanded(name):
        if not path.is_dir():
            yield path
            continue
        inside = [one for one in sorted(path.iterdir()) if one.is_file() and not containers.hidden(one.name)]
        inside = [one for one in inside if containers.kind(one.name) in sources.TABLES]
        if not inside:
            raise ValueError(f"{path}: expected files of tables, such as {', '.join(sources.TABLES)}, received none")
        yield from inside


def _of_part(part, config):
    try:
        if part.suffix in (*columnar.PARQUET, *columnar.ARROW):
            return _of_arrow_file(part, config)
        if part.suffix in TEXT:
            return _of_text(part, config)
    except (Odd, pyarrow.ArrowException, UnicodeDecodeError):
        pass
    return _of_rows(lambda: sources.of_part(part, [], config), config)


def _of_rows(opened, config=None):
    """A piece that is read row by row; opened: a context of its `Rows`."""
    stack = contextlib.ExitStack()
    rows = headed(stack.enter_context(opened()))
    cells = rows.cells(range(len(rows.names)))
    first = list(itertools.islice(cells, SAMPLE))

    def again(places):
        for number, values in itertools.chain(first, cells):
            yield number, [values[place] for place in places]

    @contextlib.contextmanager
    def reading():
        with stack:
            yield dataclasses.replace(rows, cells=again)

    commas = rows.unit == "line"
    return Piece(rows.called, rows.names, [values for _, values in first], reading, unit=rows.unit, commas=commas)


def headed(rows):
    """The rows without a header, if what might be one is numbers: those of the first row."""
    return rows.without_header() if rows.first is not None and is_data(rows.first[1]) else rows


def is_data(cells):
    """Whether a first row is one of numbers, and not of the numbers of columns.

    >>> is_data(["1.5", "2"]), is_data(["0", "1", "2"]), is_data(["date", "1"])
    (True, False, False)
    """
    texts = [str(cell).strip() for cell in cells]
    there = [text for text in texts if not numerals.is_missing(text)]
    if not there or len(there) < len(texts) or not all(map(numerals.is_number, there[1:] or there)):
        return False
    counted = [str(number) for number in range(len(there))]
    if len(there) > 1 and there in (counted, [str(number + 1) for number in range(len(there))]):
        return False
    return numerals.is_number(there[0]) or bool(re.match(r"\d{1,4}[-./]\d", there[0]))


def _of_text(part, config):
    """A piece of a file of text of which the beginning is a plain table in UTF-8."""
    if config.encoding is not None and config.encoding.lower().replace("-", "") not in ("utf8", "ascii"):
        raise Odd
    with part.reading() as file:
        head = file.read(HEAD)
        whole = head if len(head) < HEAD else head[: head.rfind(b"\n") + 1]
    if not whole or whole.startswith(b"sep=") or b"\0" in whole or b"\n" not in whole:
        raise Odd
    survey = encodings.Survey.of(_Head(part.name, whole))
    if not survey.encoding.startswith("utf-8") or not survey.clean:
        raise Odd
    dialect = delimited.told(survey, part.suffix, [], config.delimiter, config.quoting)
    if dialect is None or len(dialect.delimiter) != 1 or dialect.quoting not in ("double", "none"):
        raise Odd
    if dialect.space and survey.quotes:
        raise Odd
    rows = _rows_of_head(survey, dialect)
    names = [name.strip() for name in rows[0]]
    headless = config.header == "no" or (config.header is None and is_data(rows[0]))
    if headless:
        names, rows = [str(number) for number in range(1, len(names) + 1)], [[], *rows]

    def blocks(sheet):
        return _csv_blocks(part, dialect, len(names), 0 if headless else 1, sheet)

    @contextlib.contextmanager
    def reading():
        with sources.of_part(part, [], config) as read:
            yield headed(read)

    commas = dialect.delimiter != ","
    return Piece(part.name, names, rows[1 : SAMPLE + 1], reading, blocks, "line", 1 if headless else 2, commas)


@dataclasses.dataclass(frozen=True)
class _Head:
    """The beginning of a part, which is read as one."""

    name: str
    content: bytes

    def reading(self):
        return contextlib.closing(pyarrow.BufferReader(self.content))


def _rows_of_head(survey, dialect):
    """The first rows of a part, if none of them is odd."""
    faults = sources.Faults(survey.part.name)
    rows = list(itertools.islice(delimited.rows(survey, dialect, faults), SAMPLE + 1))
    if faults.count or [number for number, _ in rows] != list(range(1, len(rows) + 1)):
        raise Odd
    return [cells for _, cells in rows]


def _csv_blocks(part, dialect, columns, skipped, sheet):
    """Yields lists of Arrow arrays of the places of the sheet, a block of the file at once."""
    names = [str(place) for place in range(columns)]
    quotes = dialect.quoting == "double"
    parse = pyarrow.csv.ParseOptions(delimiter=dialect.delimiter, quote_char='"' if quotes else False)
    types = {str(place): pyarrow.float64() for place in sheet.numbers.values()}
    if sheet.time is not None:
        types[str(sheet.time)] = _type_of_times(sheet.way)
    if sheet.series is not None:
        types[str(sheet.series)] = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    convert = pyarrow.csv.ConvertOptions(
        column_types=types, include_columns=list(map(str, sheet.places)), null_values=numerals.SPELLED,
        strings_can_be_null=False, decimal_point=sheet.decimal, timestamp_parsers=[pyarrow.csv.ISO8601],
    )  # fmt: skip
    read = pyarrow.csv.ReadOptions(column_names=names, block_size=2**21)
    for block in _whole_lines(part, skipped):
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        returns = block.count(b"\r")
        if b"\0" in block or (returns and returns != block.count(b"\r\n")) or (quotes and block.count(b'"') % 2):
            raise Odd
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader(block), read_options=read, parse_options=parse, convert_options=convert
        )
        if len(table) != lines:
            raise Odd
        yield table.columns


def _type_of_times(way):
    if way.kind == "iso" and not way.zoned:
        return INSTANTS
    return {"number": pyarrow.float64(), "epoch": pyarrow.float64() if way.unit == 1 else pyarrow.int64()}.get(
        way.kind, pyarrow.string()
    )


def _whole_lines(part, skipped):
    """Yields blocks of whole lines, bytes; skipped: lines at the beginning that are left out."""
    with part.reading() as file:
        rest = file.read(3)
        rest = b"" if rest == b"\xef\xbb\xbf" else rest
        while block := file.read(BLOCK):
            end = block.rfind(b"\n") + 1
            whole, rest = rest + block[:end] if end else b"", block[end:] if end else rest + block
            for _ in range(skipped if whole else 0):
                whole = whole[whole.index(b"\n") + 1 :]
            skipped = 0 if end else skipped
            if whole:
                yield whole
        for _ in range(skipped if rest else 0):
            rest = rest[rest.index(b"\n") + 1 :] if b"\n" in rest else b""
        if rest:
            yield rest


def _of_arrow_file(part, config):
    """A piece of a file of Parquet, Arrow or Feather that lies unpacked on the disk."""
    with columnar._file(part) as path:
        if path != part.path:
            raise Odd
    if part.suffix in columnar.PARQUET:
        file = pyarrow.parquet.ParquetFile(part.path)
        names = file.schema_arrow.names

        def batches(chosen, rows):
            return file.iter_batches(rows, columns=chosen)
    else:
        table = columnar._arrow_table(part.path)
        names = table.schema.names

        def batches(chosen, rows):
            return table.select(chosen).to_batches(rows)

    if len(set(names)) < len(names):
        raise Odd

    def blocks(sheet):
        for batch in batches([names[place] for place in sheet.places], AT_ONCE):
            yield [batch.column(names[place]) for place in sheet.places]

    first = next(iter(batches(names, SAMPLE)), None)
    sample = [] if first is None else list(zip(*(column.to_pylist() for column in first.columns), strict=True))
    return Piece(part.name, names, sample, lambda: sources.of_part(part, [], config), blocks)


def _in_memory(source, config, role):
    source = _table(source, role)
    if not tables.is_table(source):
        return _of_rows(lambda: contextlib.nullcontext(sources.in_memory(source, [], config, role)))
    rows = sources.in_memory(source, [], config, role)  # checks the settings
    names, column = tables.opened(source)
    if not names:
        raise ValueError(f"{role}: expected a table with columns, received one without")
    lists = [column(place) for place in range(len(names))]
    sample = list(zip(*(_first(values, name, role) for values, name in zip(lists, names, strict=True)), strict=False))

    def blocks(sheet):
        arrays = [_arrow(lists[place]) for place in sheet.places]
        if len({len(array) for array in arrays}) != 1:
            raise Odd
        for start in range(0, len(arrays[0]), AT_ONCE):
            yield [array.slice(start, AT_ONCE) for array in arrays]

    return Piece(role, names, sample, lambda: contextlib.nullcontext(rows), blocks, "example")


def _first(values, name, role):
    """The first values of a column, as plain Python."""
    sources.columns.check_list(values, name, role)
    part = values[:SAMPLE] if hasattr(values, "__getitem__") and not hasattr(values, "iloc") else values
    part = values.iloc[:SAMPLE] if hasattr(values, "iloc") else part
    return list(itertools.islice(tables.values(part, name, role), SAMPLE))


def _arrow(column):
    """A column as an Arrow array; NaN is missing."""
    if str(getattr(column, "dtype", "")).lower() == "object" and not hasattr(column, "iloc"):
        raise Odd  # polars passes the addresses of its objects
    try:
        if isinstance(column, (pyarrow.Array, pyarrow.ChunkedArray)):
            return column
        if hasattr(column, "__arrow_c_stream__") and not hasattr(column, "iloc"):
            return pyarrow.chunked_array(column)
        return pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise Odd from error


def _table(source, role):
    """What is no file as a table where it can be one: arrays, lists of numbers, a frame with times as its index."""
    if hasattr(source, "iloc"):
        return _indexed(source)
    if tables.is_column(source):
        return {str(getattr(source, "name", None) or "value"): source}
    if isinstance(source, np.ndarray) and source.dtype.names is None:
        return _of_array(source, role)
    if isinstance(source, np.ndarray):
        return {name: source[name] for name in source.dtype.names}
    if isinstance(source, Mapping) or hasattr(source, "as_numpy_iterator") or isinstance(source, (str, bytes)):
        return source
    if not hasattr(source, "__iter__") or tables.is_table(source):
        return source
    return _of_iterable(source, role)


def _indexed(frame):
    """A frame of pandas with its index as a column, if that holds times; a Series as a frame."""
    frame = frame.to_frame() if not hasattr(frame, "columns") else frame
    index = frame.index
    levels = getattr(index, "levels", None) or [index]
    kinds = [type(level).__name__ for level in levels]
    if not any(kind in ("DatetimeIndex", "PeriodIndex") for kind in kinds):
        return frame
    names = [
        name or ("time" if kind in ("DatetimeIndex", "PeriodIndex") else f"level_{place}")
        for place, (name, kind) in enumerate(zip(index.names, kinds, strict=True))
    ]
    sources.log.info(
        "its index holds times: taken as column%s %s", "s" * (len(names) > 1), ", ".join(map(shown, names))
    )
    frame = frame.set_axis(index.set_names(names), axis=0).reset_index()
    for name in names:
        if str(frame[name].dtype).startswith("period"):
            frame[name] = frame[name].dt.to_timestamp()
    return frame


def _of_array(array, role):
    if array.ndim not in (1, 2) or array.dtype == object:
        raise ValueError(
            f"{role}: expected an array (rows,) or (rows, columns) of numbers, received one of shape {array.shape} and "
            f"type {array.dtype}; for several series give a table with a column that says whose row it is"
        )
    if array.ndim == 1:
        return {"value": array}
    return {str(number): array[:, number - 1] for number in range(1, array.shape[1] + 1)}


def _of_iterable(source, role):
    """A list of numbers or of rows of numbers as columns; what yields dictionaries stays."""
    rows = iter(source)
    first = next(rows, None)
    if first is None:
        raise ValueError(f"{role}: expected rows, received none")
    again = source if isinstance(source, (list, tuple)) else itertools.chain([first], rows)
    if isinstance(first, (int, float)) or getattr(first, "shape", None) == ():
        return {"value": list(again)}
    if isinstance(source, tuple) and all(
        hasattr(one, "__len__") and not isinstance(one, (str, bytes)) for one in source
    ):
        if len({len(one) for one in source}) > 1:
            raise ValueError(f"{role}: expected columns of the same length, received {[len(one) for one in source]}")
        return {str(number): column for number, column in enumerate(source, 1)}
    if isinstance(first, (list, tuple, np.ndarray)):
        return _of_lists(again, len(first), role)
    return again


def _of_lists(rows, width, role):
    """Rows of one width as columns, called "1", "2" and so on."""
    made = [[] for _ in range(width)]
    for number, row in enumerate(rows, 1):
        if not isinstance(row, (list, tuple, np.ndarray)) or len(row) != width:
            raise ValueError(
                f"{role}, example {number}: expected {width} values as in the first, received {shown(row)}"
            )
        for column, value in zip(made, row, strict=True):
            column.append(value)
    return {str(number): column for number, column in enumerate(made, 1)}


def names_of(path):
    """What a series of a file of its own is called.

    >>> names_of("stocks/AAPL.csv.gz"), names_of("all.zip, BA.csv")
    ('AAPL', 'BA')
    """
    name = pathlib.PurePath(path.rsplit(", ", 1)[-1]).name
    for _ in range(2):
        suffix = pathlib.PurePath(name).suffix
        if suffix.lower() in (*containers.COMPRESSIONS, *sources.TABLES, ".txt", ".tab", ".dat"):
            name = name.removesuffix(suffix)
    return name

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
from collections.abc import Callable

import pyarrow
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

from pipelines.forecasting.tables import csv_blocks, in_memory, numerals
from pipelines.forecasting.tables.csv_blocks import Odd
from pipelines.shared.data import columnar, containers, delimited, encodings, sources, tables
from pipelines.shared.data.in_memory import opened as rows_in_memory

SAMPLE = 300  # rows by which columns are told
HEAD, AT_ONCE = 2**20, 2**18  # bytes by which a file is told; rows of a table that are read at once
TEXT = ("", ".csv", ".tsv", ".tab", ".txt", ".dat")


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


def pieces(source, config, role, download=False):
    """Yields the `Piece`s of a source; each is to be read before the next."""
    if isinstance(source, sources.PATHS) and not str(source).startswith("tfds:"):
        yield from _of_files([source], config)
    elif isinstance(source, (list, tuple)) and source and all(isinstance(one, sources.PATHS) for one in source):
        yield from _of_files(source, config)
    elif isinstance(source, sources.PATHS):
        yield _in_memory(sources.tfds_examples(str(source), download), config, str(source))
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
    except (Odd, pyarrow.ArrowException, OSError, UnicodeDecodeError):
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
    whole = whole.removeprefix(b"\xef\xbb\xbf")
    if not whole or whole.startswith(b"sep=") or b"\0" in whole or b"\n" not in whole:
        raise Odd
    survey = encodings.Survey.of(_Head(part.name, whole), "utf-8")
    if not survey.clean:
        raise Odd
    dialect = delimited.told(survey, part.suffix, [], config.delimiter, config.quoting)
    if dialect is None and _is_one_column(survey):
        dialect, config = delimited.Dialect(",", "none"), dataclasses.replace(config, delimiter="none")
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
        return csv_blocks.blocks(part, dialect, len(names), 0 if headless else 1, sheet)

    @contextlib.contextmanager
    def reading():
        with sources.of_part(part, [], config) as read:
            yield headed(read)

    commas = dialect.delimiter != ","
    return Piece(part.name, names, rows[1 : SAMPLE + 1], reading, blocks, "line", 1 if headless else 2, commas)


def _is_one_column(survey):
    """Whether most of the lines are single numbers."""
    lines = [line.strip() for line in itertools.islice(survey.lines(), SAMPLE)]
    return 2 * sum(map(numerals.is_number, lines)) > len(lines)


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


def _of_arrow_file(part, config):
    """A piece of a file of Parquet, Arrow or Feather that lies unpacked on the disk."""
    with columnar.on_disk(part) as path:
        if path != part.path:
            raise Odd
    if part.suffix in columnar.PARQUET:
        file = pyarrow.parquet.ParquetFile(part.path)
        names = file.schema_arrow.names

        def batches(chosen, rows):
            return file.iter_batches(rows, columns=chosen)
    else:
        table = columnar.arrow_table(part.path)
        names = table.schema.names

        def batches(chosen, rows):
            return columnar.checked_batches(table, chosen, rows)

    if len(set(names)) < len(names):
        raise Odd

    def blocks(sheet):
        for batch in batches([names[place] for place in sheet.places], AT_ONCE):
            yield [batch.column(names[place]) for place in sheet.places]

    first = next(iter(batches(names, SAMPLE)), None)
    sample = [] if first is None else list(zip(*(column.to_pylist() for column in first.columns), strict=True))
    return Piece(part.name, names, sample, lambda: sources.of_part(part, [], config), blocks)


def _in_memory(source, config, role):
    source = in_memory.as_table(source, role)
    if not tables.is_table(source):
        spec = getattr(source, "element_spec", None)
        names = [str(number) for number in range(1, len(spec) + 1)] if isinstance(spec, tuple) else ["numbers"]
        return _of_rows(lambda: contextlib.nullcontext(rows_in_memory(source, names, config, role)))
    rows = rows_in_memory(source, [], config, role)  # checks the settings
    names, column = tables.opened(source)
    if not names:
        raise ValueError(f"{role}: expected a table with columns, received one without")
    lists = [column(place) for place in range(len(names))]
    sample = list(
        zip(
            *(in_memory.first(values, name, role, SAMPLE) for values, name in zip(lists, names, strict=True)),
            strict=False,
        )
    )

    def blocks(sheet):
        arrays = [in_memory.arrow(lists[place]) for place in sheet.places]
        if len({len(array) for array in arrays}) != 1:
            raise Odd
        for start in range(0, len(arrays[0]), AT_ONCE):
            yield [array.slice(start, AT_ONCE) for array in arrays]

    return Piece(role, names, sample, lambda: contextlib.nullcontext(rows), blocks, "example")


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

"""Files of tables that libraries read: Parquet, Arrow and Feather by pyarrow, Excel by openpyxl.

    with opened(part) as (names, cells, first): ...         as of `rows.Rows`

Parquet and Arrow are read a few thousand rows at a time, and of their columns those alone that are asked for.
"""

import contextlib
import itertools
import logging
import zipfile

from pipelines.shared.data import containers
from pipelines.shared.data.rows import choosing
from pipelines.shared.messages import brief, listed
from pipelines.shared.storage import damage

log = logging.getLogger("unroll")

PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".feather", ".ipc")
EXCEL = (".xlsx", ".xlsm")
SUFFIXES = (*PARQUET, *ARROW, *EXCEL)
AT_ONCE = 4096  # rows
# What comes of XML in an archive that is damaged, as openpyxl reads it.
DAMAGE = (*damage.ARCHIVES, ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError)
ERRORS = ("#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")  # cells that hold none of a value
LARGEST = 2**31  # bytes that a workbook may hold, unpacked
PLAIN = (b"PAR1", b"ARRO", b"FEA1", b"\xff\xff\xff\xff", b"PK\x03\x04")  # how files of these kinds begin


@contextlib.contextmanager
def opened(part, names=()):
    """(names, cells, first) of a part, as of `rows.Rows`; of a workbook, its first sheet with the columns `names`.

    Raises:
        ValueError: a damaged file, or one without a table; so does going through the cells.
    """
    with on_disk(part) as path:
        if part.suffix in EXCEL:
            with open(path, "rb") as file:
                yield _sheet(part, file, names)
        else:
            yield *_arrow(part, path), None


@contextlib.contextmanager
def on_disk(part):
    """The path of a file of the part's bytes: its own, or that of an unpacked copy."""
    with open(part.path, "rb") as file:
        plain = part.member is None and file.read(4).startswith(PLAIN)
    if plain:
        yield part.path
        return
    with part.reading() as file, containers.copied(file) as path:
        yield path


def _arrow(part, path):
    import pyarrow.feather  # half a second, and beside TensorFlow a risk on some machines
    import pyarrow.ipc
    import pyarrow.parquet

    try:
        if part.suffix in PARQUET:
            file = pyarrow.parquet.ParquetFile(path)
            names = file.schema_arrow.names

            def batches(columns):
                return file.iter_batches(AT_ONCE, columns=columns)
        else:
            table = arrow_table(path)
            names = table.schema.names

            def batches(columns):
                return checked_batches(table, columns, AT_ONCE)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:  # the last: in the name of a column
        raise _damaged(part, error) from error

    def cells(places):
        number = itertools.count(1)
        try:
            for batch in batches([names[place] for place in places]):
                columns = [batch.column(names[place]).to_pylist() for place in places]
                yield from zip(number, zip(*columns, strict=True), strict=False)
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damaged(part, error) from error

    return names, cells


def arrow_table(path):
    """The table of an Arrow file, a stream of Arrow or Feather, mapped into memory and not read."""
    import pyarrow

    source = pyarrow.memory_map(str(path))
    for opener in (pyarrow.ipc.open_file, pyarrow.ipc.open_stream, pyarrow.feather.read_table):
        try:
            source.seek(0)
            reader = opener(source)
            return reader.read_all() if hasattr(reader, "read_all") else reader
        except pyarrow.ArrowInvalid as error:
            wrong = error
    raise wrong


def checked_batches(table, columns, rows):
    """Yields some columns of an Arrow table, so many rows at once, each checked before anything looks into it.

    What the file says of its texts is an address in memory: a wrong one would end the process.

    Raises:
        pyarrow.ArrowInvalid: the file is damaged.
    """
    for batch in table.select(columns).to_batches(rows):
        batch.validate(full=True)
        yield batch


def _damaged(part, error):
    return ValueError(f"{part.name}: expected {part.suffix[1:]}, received a damaged file ({brief(error, 150)})")


def _sheet(part, file, names):
    import openpyxl  # for this alone

    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST:
            raise ValueError(f"it holds {size / 2**30:.1f} GiB, expected {LARGEST / 2**30:.0f} at the most")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    except DAMAGE as error:
        raise _damaged(part, error) from error
    heads = [next(_filled(part, sheet), (1, [])) for sheet in sheets]
    fits = [sheet for sheet, (_, head) in zip(sheets, heads, strict=True) if {*names} <= {*map(_name, head)}]
    filled = [sheet for sheet, (_, head) in zip(sheets, heads, strict=True) if head]
    if not filled:
        raise ValueError(f"{part.name}: expected rows, received an empty sheet {sheets[0].title!r}")
    sheet = (fits if names and fits else filled)[0]
    if len(sheets) > 1:
        log.warning("%s: read is the sheet %r of %s", part.name, sheet.title, listed([one.title for one in sheets]))
    rows = _filled(part, sheet)
    number, first = next(rows)
    width = len(first)
    fitting = ((number, [*row, *[None] * (width - len(row))]) for number, row in rows)
    return list(map(_name, first)), choosing(fitting), (number, first)


def _name(cell):
    return str(cell).strip()


def _filled(part, sheet):
    """Yields (number, cells) of each row that is not blank, without empty cells at its end."""
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [None if cell in ERRORS else cell for cell in row]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                yield number, cells
    except DAMAGE as error:
        raise _damaged(part, error) from error

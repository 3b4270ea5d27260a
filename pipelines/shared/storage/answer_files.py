"""Files of answers: their path is tried before the work begins, and an old file stays until the new one is whole.

A spreadsheet runs a cell that begins like a formula, whoever wrote it (OWASP, "CSV Injection"). A ' is put before such
cells, which marks them as text; numbers and labels such as -1 or :-) stay as they are.
"""

import contextlib
import csv
import errno
import itertools
import json
import logging
import os
import pathlib
import shutil

from pipelines.shared.data import containers
from pipelines.shared.storage import disk

log = logging.getLogger("unroll")

DELIMITERS = {".csv": ",", ".tsv": "\t"}
# Kinds that others read by this name, and that are not written.
UNWRITTEN = (".gz", ".bz2", ".xz", ".zst", ".zip", ".xlsx", ".xls", ".ods", ".json", ".arrow", ".feather")
LINES, PARQUET = (".jsonl", ".ndjson"), (".parquet", ".pq")
RUN = ("=", "@", "\t", "\r", "\n", "\uff1d", "\uff20")  # also in full width
SIGNS = ("+", "-", "\uff0b", "\uff0d")


def check(path, folders=False):
    """The file at `path`, with links followed, if it can be written.

    Args:
        folders: whether missing folders will be made when the file is written.

    Raises:
        ValueError: the path is a folder or a device. FileNotFoundError: there is no folder to write into.
        OSError: it cannot be written.
    """
    file = pathlib.Path(os.path.realpath(path))
    if file.is_dir() or str(path).endswith(os.sep):
        raise ValueError(f"output: expected a file, received the folder {str(path)!r}; give the name of a file in it")
    if file.exists() and not file.is_file():
        raise ValueError(f"output: expected a file, received {str(path)!r}, which is none; without it, stdout has all")
    folder = next(parent for parent in file.parents if parent.exists()) if folders else file.parent
    if not folder.exists():
        raise FileNotFoundError(f"output: no folder {str(folder)!r} (the working folder is {pathlib.Path.cwd()})")
    if file.exists() and not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, f"output: {path} is read-only; change its permissions or give another file")
    with disk.stoppable(path):
        partial = disk.partial_of(folder / file.name)
        partial.touch()
        partial.unlink()
    return file


def check_answers(path, inputs=()):
    """As `check`, of a file for the answers to what is in others.

    inputs: a file, a pattern or a folder of them, or a list of these; the answers may take the place of none.
    """
    inputs = [inputs] if isinstance(inputs, (str, pathlib.PurePath)) else inputs or ()
    check(path)
    if pathlib.Path(path).suffix.lower() in UNWRITTEN:
        raise ValueError(f"output: expected a name that ends in .csv, .tsv, .jsonl or .parquet, received {str(path)!r}")
    if os.path.realpath(path) in map(os.path.realpath, _files(inputs)):
        raise ValueError(f"output: {str(path)!r} is the file that is read; give another name")


def _files(inputs):
    for path in itertools.chain.from_iterable(map(containers.expanded, inputs)):
        yield from path.iterdir() if path.is_dir() else [path]


class Whole:
    """How much of a text file is whole while it is written, and stays beside it if the rest cannot be.

    path: of the file. What stays is in `out.unfinished.csv` of `out.csv`.
    """

    def __init__(self, path):
        self.kept = pathlib.Path(path).with_suffix(f".unfinished{pathlib.Path(path).suffix}")
        self.rows = self._end = 0

    def count(self, file, rows):
        """So many more rows are in the open file, all of them."""
        file.flush()
        self.rows, self._end = self.rows + rows, file.buffer.tell()

    def keep(self, partial):
        """Gives the file that was begun its name, without the row at which it was cut off, and says so."""
        if self.rows:
            os.truncate(partial, self._end)
            os.replace(partial, self.kept)
            log.warning("The first %s rows of the answers are in %s", f"{self.rows:,}", self.kept)


@contextlib.contextmanager
def writing(path, whole=None):
    """A file for text, which replaces `path` if the block succeeds and is removed if it fails.

    whole: a `Whole` that keeps what was written then.

    Raises:
        OSError: it cannot be written; the old file is untouched.
    """
    file = check(path)
    with disk.stoppable(path), disk.aside(file) as partial:
        try:
            with open(partial, "w", encoding="utf-8", newline="") as content:
                yield content
        except BaseException:
            if whole:
                whole.keep(partial)
            raise
        if file.exists():
            shutil.copymode(file, partial)


def is_table(path):
    """Whether a file of this name is written as a table."""
    return pathlib.Path(path).suffix.lower() in (*DELIMITERS, *LINES, *PARQUET)


def write_columns(path, columns, raw=False):
    """Writes {name: list} as a table; see `writing_table`."""
    with writing_table(path, raw) as write:
        write(columns)


def write_table(path, header, rows, raw=False):
    """Writes rows as a table; see `writing_table`."""
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    write_columns(path, dict(zip(header, map(list, columns), strict=True)), raw)


@contextlib.contextmanager
def writing_table(path, raw=False, keep=False):
    """A function that writes {name: list} to the end of a table: .jsonl, .parquet, .tsv or else .csv, by its name.

    raw: leaves cells of .csv and .tsv as they are that a spreadsheet would run.
    keep: if the block fails, what was written stays beside it; see `Whole`. Not of .parquet, which is whole or nothing.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    suffix = pathlib.Path(path).suffix.lower()
    if suffix in PARQUET:
        with _writing_parquet(path) as write:
            yield write
        return
    whole = Whole(path)
    with writing(path, whole if keep else None) as file:
        table = _Lines(file) if suffix in LINES else _Delimited(file, DELIMITERS.get(suffix, ","), raw)

        def write(columns):
            table.write(columns)
            whole.count(file, len(next(iter(columns.values()), ())))

        yield write
    table.say(path)


@contextlib.contextmanager
def _writing_parquet(path):
    import pyarrow.parquet  # half a second, for this kind alone

    writers = []

    def write(columns):
        table = pyarrow.table(columns)
        if not writers:
            writers.append(pyarrow.parquet.ParquetWriter(partial, table.schema))
        writers[0].write_table(table.cast(writers[0].schema))

    with disk.stoppable(path), disk.aside(check(path)) as partial:
        try:
            yield write
        finally:
            for writer in writers:
                writer.close()


def _rows(columns):
    return zip(*columns.values(), strict=True)


class _Lines:
    """Writes a line of JSON a row; JSON has no NaN, so that is null."""

    def __init__(self, file):
        self._file = file

    def write(self, columns):
        for row in _rows(columns):
            values = (None if value != value else value for value in row)
            self._file.write(f"{json.dumps(dict(zip(columns, values, strict=True)), ensure_ascii=False)}\n")

    def say(self, path):
        """Nothing was changed."""


class _Delimited:
    """Writes rows below one header, lists as JSON, and counts the cells made harmless."""

    def __init__(self, file, delimiter, raw):
        self._writer, self._raw, self._changed, self._begun = csv.writer(file, delimiter=delimiter), raw, 0, False

    def write(self, columns):
        for row in _rows(columns) if self._begun else [list(columns), *_rows(columns)]:
            row = [json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else cell for cell in row]
            cells = [cell if self._raw else harmless(cell) for cell in row]
            self._changed += sum(cell is not original for cell, original in zip(cells, row, strict=True))
            self._writer.writerow(cells)
        self._begun = True

    def say(self, path):
        if self._changed:
            log.warning(
                "%d cells begin as a formula does and have a ' before them in %s, so that no spreadsheet runs them; "
                "raw (--raw) leaves them as they are", self._changed, path,
            )  # fmt: skip


def write_lines(path, texts):
    """Writes one text in each line; line ends inside a text become spaces."""
    with writing(path) as file:
        file.writelines(f"{' '.join(text.splitlines())}\n" for text in texts)


def harmless(cell):
    """The cell, changed so that no spreadsheet runs it.

    >>> [harmless(cell) for cell in ("=1+1", "-1", "-cmd", ":-)", "+1", "@you", -1.5)]
    ["'=1+1", '-1', "'-cmd", ':-)', '+1', "'@you", -1.5]
    """
    return f"'{cell}" if isinstance(cell, str) and _runs(cell) else cell


def _runs(cell):
    """Whether a spreadsheet takes the cell for a formula that can do something: one with a name or a link in it."""
    text = cell.lstrip(" \u00a0\ufeff")
    if text.startswith(SIGNS):
        return not _is_number(text) and any(letter.isalpha() or letter in "|@=" for letter in text)
    return text.startswith(RUN)


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True

"""Reads files of examples as columns: .csv, .tsv, .jsonl, and folders with one sub-folder of .txt files per class.

    read("reviews.csv", ["text", "label"])      -> {"text": [...], "label": [...]}

Every row is either read or refused with its line number: nothing is dropped, guessed or repaired. Values of .csv and
.tsv are strings, those of .jsonl whatever JSON holds. A file is read line by line: 33 MB take 0.6 s. It may be a pipe.
"""

import codecs
import contextlib
import csv
import io
import json
import pathlib
import stat

from pipelines.shared.data import columns
from pipelines.shared.messages import brief, listed, shown

DELIMITERS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (*DELIMITERS, ".jsonl")
# Letters, of 4 bytes each in memory. One field may hold a whole book; the csv module's own limit is 128 KB.
FIELD_LIMIT = 2**26
LINE_LIMIT = 2**28  # bytes


def read(path, names):
    """Columns of a file or of a folder.

    Args:
        path: a .csv, .tsv or .jsonl file, or a folder with one sub-folder of .txt files per class.
        names: the names of the columns to read; for a folder, the names to give its texts and its classes.

    Raises:
        FileNotFoundError: no such file or folder.
        ValueError: a column that is missing, no rows, a line that cannot be read, bytes that are not UTF-8, an unknown
            kind of file.
    """
    path = pathlib.Path(path)
    suffix = checked(path, names)
    if path.is_dir():
        return _folder(path, names)
    rows = list(_objects(path, names) if suffix == ".jsonl" else _table(path, names))
    if not rows:
        raise ValueError(f"{path}: expected at least one row of {', '.join(names)}, received none")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def checked(path, names):
    """The suffix of a file that may hold rows, in lower case; "" for a folder.

    Raises:
        FileNotFoundError: no such file or folder.
        ValueError: an empty file, or an unknown kind of file.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"data: no file or folder {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    if path.is_dir():
        return ""
    if path.is_file() and not path.stat().st_size:
        raise ValueError(f"{path}: expected rows of {', '.join(names)}, received an empty file")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, received {shown(suffix or 'none')}"
        )
    return suffix


def read_lines(path):
    """The lines of a .txt file, without their ends."""
    return [line.rstrip("\n") for text in _lines(path) for line in io.StringIO(text, newline=None)]


def decoded(path):
    """The text of a UTF-8 file, without a byte order mark; raises the errors of `_lines`."""
    return "".join(_lines(path))


def _lines(path):
    """Yields the lines of a UTF-8 file with their ends, without a byte order mark.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a device; a line that never ends; not UTF-8, or with NUL bytes, as UTF-16 and binary files are.
    """
    with open(_checked_kind(path), "rb") as file:
        yield from lines_of(file, path)


def lines_of(file, path):
    """Like `_lines`, for an open file of bytes, which errors call `path`."""
    for number, content in enumerate(iter(lambda: file.readline(LINE_LIMIT), b""), 1):
        if len(content) == LINE_LIMIT:
            raise ValueError(f"{path}, line {number}: expected a line of up to {LINE_LIMIT // 2**20} MiB")
        if number == 1 and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise _not_utf8(path, 1, "a byte order mark of UTF-16", "UTF-16")
        text = _text(path, number, content.removeprefix(codecs.BOM_UTF8) if number == 1 else content)
        if "\r" in text:  # some files end lines with it
            yield from io.StringIO(text, newline="")
        elif text:
            yield text


def _text(path, number, content):
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, number, f"byte 0x{content[error.start]:02x}", "LATIN1") from error
    if "\0" in text:
        raise _not_utf8(path, number, "a NUL byte", "UTF-16")
    return text


def _checked_kind(path):
    """The path, unless it is a device, which may never end; a pipe or the terminal ends when its writer is done."""
    kind = pathlib.Path(path).stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or pathlib.Path(path).resolve().parts[1:2] == ("proc",)):
        devices = stat.S_ISCHR(kind) or stat.S_ISBLK(kind)
        raise ValueError(f"{path}: expected a file, received {'a device' if devices else 'a folder or a socket'}")
    return path


def _not_utf8(path, line, received, encoding):
    return ValueError(
        f"{path}, line {line}: expected text in UTF-8, received {received}; convert the file first, if it is "
        f"{encoding} with: iconv -f {encoding} -t UTF-8 {path} > new{pathlib.Path(path).suffix}"
    )


def _table(path, names):
    """Yields the values of `names` of each row of a .csv or .tsv file."""
    with contextlib.closing(cells(path)) as rows:
        _, header = next(rows, (0, []))
        columns.check(names, header, path)
        indices = list(map(header.index, names))
        for _, row in rows:
            yield [row[index] for index in indices]


def cells(path):
    """Yields (line number, cells) of each row of a .csv or .tsv file, except blank ones.

    Raises:
        ValueError: a row with more or fewer cells than the first one, or quotes that do not match.
    """
    csv.field_size_limit(FIELD_LIMIT)
    delimiter = DELIMITERS[pathlib.Path(path).suffix.lower()]
    with contextlib.closing(_lines(path)) as lines:
        reader, first = csv.reader(lines, delimiter=delimiter, strict=True), None
        for row in _well_formed(path, reader):
            first = first or row
            if row and len(row) != len(first):
                raise ValueError(
                    f"{path}, line {reader.line_num}: expected {len(first)} fields, received {len(row)}; "
                    "put a field that holds the delimiter in double quotes"
                )
            if row:
                yield reader.line_num, row


def _well_formed(path, reader):
    try:
        yield from reader
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {reader.line_num}: {error}; put a field that holds the delimiter, a quote or a line's end "
            "in double quotes, and write each quote in it twice"
        ) from error


def _objects(path, names):
    """Yields the values of `names` of each line of a .jsonl file."""
    for number, row in objects(path):
        columns.check(names, row, f"{path}, line {number}")
        yield [row[name] for name in names]


def objects(path):
    """Yields (line number, dictionary) of each line of a .jsonl file, except blank ones."""
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{where}: expected one JSON object a line; {error.msg}, column {error.colno}") from error
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
            raise ValueError(f"{where}: expected one JSON object a line; {brief(error, 100)}") from error
        if not isinstance(row, dict):
            raise ValueError(f"{where}: expected a JSON object, received {line.strip()[:60]}")
        yield number, row


def _folder(folder, names):
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and any(path.glob("*.txt")))
    if not classes:
        held = listed(sorted(path.name for path in folder.iterdir()), write=brief) or "nothing"
        raise ValueError(f"{folder}: expected one sub-folder of .txt files a class, received {held}")
    if len(names) != 2:
        raise ValueError(f"{folder}: expected a file with {', '.join(names)}, received a folder")
    paths = [path for group in classes for path in sorted(group.glob("*.txt"))]
    return dict(zip(names, ([decoded(path) for path in paths], [path.parent.name for path in paths]), strict=True))

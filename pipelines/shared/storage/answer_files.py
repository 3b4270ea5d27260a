"""Files of answers: their path is tried before the work begins, and an old file stays until the new one is whole.

A spreadsheet runs a cell that begins like a formula, whoever wrote it (OWASP, "CSV Injection"). A ' is put before such
cells, which marks them as text; numbers and labels such as -1 or :-) stay as they are.
"""

import contextlib
import csv
import errno
import logging
import os
import pathlib
import shutil

from pipelines.shared.storage import disk

log = logging.getLogger("unroll")

DELIMITERS = {".csv": ",", ".tsv": "\t"}
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


@contextlib.contextmanager
def writing(path):
    """A file for text, which replaces `path` if the block succeeds and is removed if it fails.

    Raises:
        OSError: it cannot be written; the old file is untouched.
    """
    file = check(path)
    with disk.stoppable(path), disk.aside(file) as partial:
        with open(partial, "w", encoding="utf-8", newline="") as content:
            yield content
        if file.exists():
            shutil.copymode(file, partial)


def write_table(path, header, rows, raw=False):
    """Writes a .csv or .tsv file; with `raw`, cells that a spreadsheet would run are left as they are."""
    changed = 0
    with writing(path) as file:
        writer = csv.writer(file, delimiter=DELIMITERS.get(pathlib.Path(path).suffix.lower(), ","))
        for row in [header, *rows]:
            cells = [cell if raw else harmless(cell) for cell in row]
            changed += sum(cell is not original for cell, original in zip(cells, row, strict=True))
            writer.writerow(cells)
    if changed:
        log.warning(
            "%d cells begin as a formula does and have a ' before them in %s, so that no spreadsheet runs them; "
            "raw (--raw) leaves them as they are", changed, path,
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

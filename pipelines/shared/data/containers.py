"""Files as they lie on disk: compressed or not, members of an archive, several by a pattern.

    parts("reviews.csv.gz")      one Part, whose `open()` gives the bytes of the CSV
    parts("data/part-*.csv")     the files that the pattern fits, in the order of their names
    parts("all.zip")             its members, hidden ones left out

How a file is compressed is told by its first bytes, whatever it is called: gzip, bzip2, xz, Zstandard.
"""

import bz2
import contextlib
import dataclasses
import glob
import gzip
import io
import lzma
import os
import pathlib
import re
import shutil
import stat
import tempfile
import zipfile

from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import damage

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zstd")
_OPENERS = {b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ\x00": lzma.LZMAFile}
_ZSTANDARD, _ZIP = b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_ZIPS_INSIDE = (".xlsx", ".xlsm", ".npz", ".mxl")  # kinds of files that are archives themselves
_ARCHIVES = (".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".7z", ".rar")
_PAGE = "a page of the web; was it a download that failed?"
# What is given by mistake, by its first bytes; and kinds of tables, whatever they are called.
_OTHERS = {
    b"7z\xbc\xaf": "a .7z; unpack it, and give what it holds",
    b"rar!": "a .rar; unpack it, and give what it holds",
    b"\xd0\xcf\x11\xe0": "a file of an old Office; save it as .xlsx or .csv",
    b"sqlite format 3": "a data base; give its rows, such as those of pandas.read_sql",
    b"version https://git-lfs": "a pointer of Git LFS; 'git lfs pull' fetches the file itself",
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
    b"%pdf": "a PDF",
    b"\x93numpy": "an array of NumPy; give what numpy.load reads",
    b"\x89png": "a picture",
}
_KINDS = {b"PAR1": ".parquet", b"ARROW1": ".arrow"}


@dataclasses.dataclass(frozen=True)
class Part:
    """What is read as one file.

    path: of the file that holds it. name: what errors call it, such as "all.zip, reviews.csv".
    suffix: the ending that says its kind, in lower case, without that of a compression; "" if it has none.
    member: its name in the archive that the file is. archive: the archive, open for all its members.
    """

    path: pathlib.Path
    name: str
    suffix: str
    member: str | None = None
    archive: zipfile.ZipFile | None = dataclasses.field(default=None, repr=False, compare=False)

    @contextlib.contextmanager
    def reading(self):
        """An open file of its bytes, from the beginning; what damages it is one error that names it.

        Raises:
            ValueError: its compression is damaged, or it needs a password.
        """
        try:
            with contextlib.ExitStack() as stack:
                file = stack.enter_context(open(self.path, "rb"))
                if self.member is not None:
                    opened = self.archive is not None and self.archive.fp is not None
                    archive = self.archive if opened else stack.enter_context(zipfile.ZipFile(file))
                    file = stack.enter_context(archive.open(self.member))
                yield _unpacked(file, stack)
        except damage.ARCHIVES as error:
            if isinstance(error, OSError) and error.errno is not None:  # of the disk, not of the content
                raise
            raise ValueError(f"{self.name}: cannot be unpacked, it is damaged ({brief(error, 100)})") from error


def _unpacked(file, stack):
    """An open file of the bytes of `file`, decompressed if its first bytes say that it is compressed.

    stack: an ExitStack that closes what is opened here.
    """
    buffered = stack.enter_context(io.BufferedReader(file, 2**20))
    first = buffered.peek(6)[:6]
    if first.startswith(_ZSTANDARD):
        import pyarrow  # for this alone: half a second

        return stack.enter_context(pyarrow.CompressedInputStream(pyarrow.PythonFile(buffered, "r"), "zstd"))
    opener = next((opener for magic, opener in _OPENERS.items() if first.startswith(magic)), None)
    if opener is None:
        return buffered
    return stack.enter_context(opener(fileobj=buffered) if opener is gzip.GzipFile else opener(buffered))


def is_plain(path):
    """Whether a file begins as none does that is unpacked, or opened as another kind than its name says."""
    with open(path, "rb") as file:
        first = file.read(6)
    return not first.startswith((*_OPENERS, _ZSTANDARD, _ZIP, *_KINDS))


def hidden(name):
    """Whether a name is one that systems and editors leave behind: .DS_Store, ._x.txt, .ipynb_checkpoints, __MACOSX.

    >>> [hidden(name) for name in ("a.txt", "._a.txt", ".DS_Store", "__MACOSX", "Thumbs.db")]
    [False, True, True, True, True]
    """
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini", "__pycache__")


def expanded(path):
    """The paths that a pattern of names fits, in the order of their names; of what is no pattern, itself.

    Raises:
        FileNotFoundError: a pattern that fits none.
    """
    path = pathlib.Path(path)
    if not glob.has_magic(str(path)) or os.path.exists(path):
        return [path]
    literal = glob.has_magic(path.name) and path.parent.is_dir()  # its folder may have brackets in its name
    pattern = os.path.join(glob.escape(str(path.parent)), path.name) if literal else str(path)
    fits = map(pathlib.Path, sorted(glob.glob(pattern, recursive=True)))
    paths = [fit for fit in fits if fit.is_file() and not hidden(fit.name)]
    if not paths:
        raise FileNotFoundError(f"data: no file fits {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    return paths


@contextlib.contextmanager
def parts(path, empty=False):
    """The parts of a file, a list: one, or one a member of a .zip. What comes through a pipe is copied to a file first.

    empty: whether it may hold nothing.

    Raises:
        FileNotFoundError: no such file.
        ValueError: nothing in it, a folder, a device, an archive of another kind.
    """
    path, name = checked(path), str(path)
    suffix = kind(name)
    if suffix in _ARCHIVES or ".tar" in path.suffixes:
        raise ValueError(f"{name}: expected a file or a .zip, received an archive; unpack it, and give what it holds")
    with contextlib.ExitStack() as stack:
        if not stat.S_ISREG(path.stat().st_mode):
            path = stack.enter_context(copied(stack.enter_context(open(path, "rb"))))
        with open(path, "rb") as file:
            first = file.read(64)
        if not first and not empty:
            raise ValueError(f"{name}: expected data, received an empty file")
        if other := next((what for magic, what in _OTHERS.items() if first.lower().startswith(magic)), None):
            raise ValueError(f"{name}: expected data, received {other}")
        archive = first.startswith(_ZIP) and suffix not in _ZIPS_INSIDE
        suffix = next((kind for magic, kind in _KINDS.items() if first.startswith(magic)), suffix)
        yield _members(path, name, stack) if archive else [Part(path, name, suffix)]


@contextlib.contextmanager
def copied(file):
    """The path of a temporary copy of what an open file gives, which may be a pipe."""
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield pathlib.Path(copy.name)


def _members(path, name, stack):
    """The parts of an archive, which stays open as long as the stack: its list may name a hundred thousand."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        files = [one.filename for one in archive.infolist() if not one.is_dir() and one.file_size]
    except damage.ARCHIVES as error:
        raise ValueError(f"{name}: expected a .zip, received a damaged one ({brief(error, 100)})") from error
    if "xl/workbook.xml" in files:
        return [Part(path, name, ".xlsx")]
    seen = [file for file in files if not any(map(hidden, pathlib.PurePosixPath(file).parts))]
    if not seen:
        raise ValueError(f"{name}: expected a file of data in it, received {listed(files, write=brief) or 'none'}")
    return [Part(path, f"{name}, {brief(file)}", kind(file), file, archive) for file in sorted(seen)]


def checked(path):
    """The path, unless it is that of a device, which never ends; a pipe is what somebody writes to.

    Raises:
        FileNotFoundError: no such file. ValueError: a device, a folder, a socket.
    """
    path = pathlib.Path(path)
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"data: no file or folder {shown(str(path), 200)} (the working folder is {pathlib.Path.cwd()}){_hint(path)}"
        )
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or path.resolve().parts[1:2] == ("proc",)):
        devices = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
        raise ValueError(f"{path}: expected a file, received {'a device' if devices else 'a folder or a socket'}")
    return path


def _hint(path):
    """What to do about a path that is none of this machine."""
    if re.match(r"\w+:/", str(path)):
        return "; an address is not followed: download it, and give the file"
    return f"; give {str(path.expanduser())!r}" if path.parts[:1] == ("~",) else ""


def kind(name):
    """The ending of a name, in lower case, without that of a compression.

    >>> kind("a.CSV.gz"), kind("train"), kind("corpus.gz")
    ('.csv', '', '')
    """
    path = pathlib.PurePath(name.lower())
    return pathlib.PurePath(path.stem).suffix if path.suffix in COMPRESSIONS else path.suffix

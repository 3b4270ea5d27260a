"""Temporary folders that no kill leaves behind for good: each is locked by its process, and the next one clears up.

    with scratch.folder() as folder:
        ...

They lie where the system keeps temporary files (TMPDIR), or where they are asked for.
"""

import contextlib
import fcntl
import glob
import os
import pathlib
import shutil
import tempfile
import time

PREFIX = "unroll-scratch-"
NEW = "new-"  # a folder's first name, until it is locked
YOUNG = 60  # seconds


@contextlib.contextmanager
def folder(directory=None, prefix=PREFIX):
    """The path of a new folder in `place`, removed with all in it at the end; so are those whose process is gone."""
    directory = pathlib.Path(tempfile.gettempdir() if directory is None else directory)
    _clear(directory, prefix)
    made = pathlib.Path(tempfile.mkdtemp(prefix=prefix + NEW, dir=directory))
    with _open(made) as descriptor:
        _lock(descriptor)
        path = made.rename(made.with_name(prefix + made.name.removeprefix(prefix + NEW)))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def everything():
    """A folder in which all temporary files of this process lie until the end, those that libraries write too."""
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    with folder() as path:
        tempfile.tempdir = os.environ["TMPDIR"] = str(path)
        try:
            yield
        finally:
            tempfile.tempdir = before[0]
            os.environ.pop("TMPDIR")
            if before[1] is not None:
                os.environ["TMPDIR"] = before[1]


@contextlib.contextmanager
def _open(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # and its lock ends


def _lock(descriptor):
    """Whether the lock is this process's now; never on a file system that has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _clear(directory, prefix):
    for path in directory.glob(f"{glob.escape(prefix)}*"):
        # Another process clears it too, or it is another user's.
        with contextlib.suppress(FileNotFoundError, PermissionError), _open(path) as descriptor:
            young = path.name.startswith(prefix + NEW) and time.time() - path.stat().st_mtime < YOUNG
            if not young and path.stat().st_uid == os.getuid() and _lock(descriptor):
                shutil.rmtree(path, ignore_errors=True)

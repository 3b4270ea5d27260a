"""Temporary folders that no kill leaves behind for good: each is locked by its process, and the next one cleans up.

    with scratch.folder() as folder:
        ...

They are made where the system keeps temporary files (TMPDIR), or in a given directory.
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
YOUNG = 60  # seconds in which a new folder is left alone, since it may not be locked yet


@contextlib.contextmanager
def folder(directory=None, prefix=PREFIX):
    """The path of a new folder in `directory`, removed at the end; those of processes that are gone are removed too."""
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
    """Has all temporary files of this process, including those of libraries, in a folder that is removed at the end."""
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
        os.close(descriptor)  # which releases its lock


def _lock(descriptor):
    """Tries to lock; returns whether this process has the lock now, always False on a file system without locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _clear(directory, prefix):
    for path in directory.glob(f"{glob.escape(prefix)}*"):
        # These errors mean that another process clears it too, or that it is another user's.
        with contextlib.suppress(FileNotFoundError, PermissionError), _open(path) as descriptor:
            young = path.name.startswith(prefix + NEW) and time.time() - path.stat().st_mtime < YOUNG
            if not young and path.stat().st_uid == os.getuid() and _lock(descriptor):
                shutil.rmtree(path, ignore_errors=True)

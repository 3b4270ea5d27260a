"""Temporary folders that no kill leaves behind for good: each is locked by its process, and the next one clears up.

    with scratch.folder() as folder:
        ...

They lie where the system keeps temporary files (TMPDIR), as unroll-scratch-<random>.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
import time

PREFIX = "unroll-scratch-"
YOUNG = 60  # seconds; a folder may not be locked yet


@contextlib.contextmanager
def folder():
    """The path of a new folder, removed with all in it at the end; also those whose process is gone."""
    _clear(pathlib.Path(tempfile.gettempdir()))
    path = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
    with _locked(path):
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(path):
    """Whether this process now holds the folder's lock, which ends with the process."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _clear(place):
    for path in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # another clears it, or it is another user's
            if time.time() - path.stat().st_mtime > YOUNG and path.stat().st_uid == os.getuid():
                with _locked(path) as dead:
                    if dead:
                        shutil.rmtree(path, ignore_errors=True)

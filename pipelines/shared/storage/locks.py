"""One process at a time: locks beside an artifact, which die with the process that holds them.

    saved_models/.mine.train.lock   held while `mine` is trained; in the same way .tune and .export
    saved_models/.mine.write.lock   held for the moment in which something is put in place

Each is a file of its own, locked by flock and removed when it is released. A lock on the artifact's folder itself would
move with that folder when it is replaced. What the file says about its holder is only used in messages: a file that a
killed process left is taken over.
"""

import contextlib
import datetime
import errno
import fcntl
import json
import logging
import os
import pathlib
import socket
import time

from pipelines.shared.storage import disk

log = logging.getLogger("unroll")

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
_held = {}  # {descriptor of a lock of this process: its file}
_without = set()  # folders on file systems without locks, of which the user was warned


@contextlib.contextmanager
def alone(path, verb):
    """Keeps others, including threads of this process, from doing the same to an artifact at the same time.

    Args:
        path: the artifact's folder, which need not exist yet.
        verb: what is done to it: "train", "tune", "export".

    Raises:
        RuntimeError: another process does it; the message says which.
        OSError: the folder the artifact is in cannot be written.
    """
    with disk.stoppable(path):
        descriptor = _patiently(_file(path, verb))
    if descriptor is None:
        raise RuntimeError(
            f"{verb}: another {verb} of {path.name!r} is running; wait until it is done, or end it: "
            f"{holder(path, verb) or 'it has just begun'}"
        )
    try:
        yield
    finally:
        _let_go(descriptor)


@contextlib.contextmanager
def writing(path):
    """Locks an artifact for the moment in which it is changed or replaced; others wait until the block ends."""
    with disk.stoppable(path):
        descriptor = _locked(_file(path, "write"), fcntl.LOCK_EX)
    try:
        yield
    finally:
        _let_go(descriptor)


def holder(path, verb):
    """Who holds the lock of `verb` on the artifact, in words; None if nobody does."""
    try:
        descriptor = os.open(_file(path, verb), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _words(os.pread(descriptor, 1000, 0), verb)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    finally:
        os.close(descriptor)
    return None


def _file(path, verb):
    """The lock's file, beside the real folder that links lead to."""
    real = pathlib.Path(os.path.realpath(path))
    return real.with_name(f".{real.name}.{verb}.lock")


def _patiently(file):
    """Like `_locked`, but None if another holds the lock. It tries again, since `holder` takes it for a moment."""
    for _ in range(10):
        try:
            return _locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.03)
    return None


def _locked(file, how):
    """The descriptor of the file, locked; the file is made again if its last holder has just removed it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor, own = _opened(file)
        try:
            _flock(descriptor, how, file.parent)
            if _is(descriptor, file) and not own:  # left by a process of another user
                file.unlink()
            elif _is(descriptor, file):
                _sign(descriptor)
                _held[descriptor] = file
                return descriptor
        finally:
            if descriptor not in _held:
                os.close(descriptor)


def _opened(file):
    """(descriptor, whether it can be written)"""
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), True
    except PermissionError:
        if not file.exists():
            raise
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC), False


def _sign(descriptor):
    """Writes into the file who holds it; a full disk is no error here, as it may be `remove` that needs the lock."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(_self()).encode(), 0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise


def _flock(descriptor, how, folder):
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        if folder not in _without:
            _without.add(folder)
            log.warning("%s is on a file system without locks: do nothing twice there at the same time", folder)


def _is(descriptor, file):
    """Whether the descriptor is that of the file at the path `file`."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(file))
    except FileNotFoundError:
        return False


def _let_go(descriptor):
    """Releases the lock; does nothing in a forked child, whose copy is already closed."""
    file = _held.pop(descriptor, None)
    if file is not None:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _forget():
    """Closes the locks in a forked child, where open copies would keep them locked after the parent's end."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget)


def _self():
    since = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since}


def _words(content, verb):
    try:
        facts = json.loads(content)
        return f"process {facts['process']} on {facts['host']}, {verb} since {facts['since']}"
    except (ValueError, KeyError, TypeError):  # not signed yet, or on a full disk
        return f"a process that did not say which, {verb}"

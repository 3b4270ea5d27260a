"""Writing to disk so that nothing is lost: to one side first, then into place in one step; with clear errors."""

import contextlib
import ctypes
import errno
import json
import logging
import os
import shutil

log = logging.getLogger("unroll")

REASONS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk's quota is used up; free some space",
    errno.EFBIG: "it is larger than a file may be here (ulimit -f); raise the limit or give another directory",
    errno.EACCES: "the folder is not writable; change its permissions or give another directory",
    errno.EPERM: "the folder is not writable; change its permissions or give another directory",
    errno.EROFS: "the file system is read-only; give another directory",
    errno.EXDEV: "it is on another disk than the folder beside it; give another directory",
    errno.EEXIST: "a file stands where a folder should; give another directory",
    errno.ENOTDIR: "a file stands where a folder should; give another directory",
}


@contextlib.contextmanager
def stoppable(path, advice=""):
    """Says clearly whether the user or the disk stopped the block, and adds `advice` on what to do."""
    try:
        yield
    except KeyboardInterrupt:
        if advice:
            log.warning("Stopped. %s", advice)
        raise
    except OSError as error:
        if error.errno is None and type(error) is not OSError:  # already has a message of ours
            raise
        words = [f"{path} could not be written: {reason(error)}."]
        words += ["What was there before is untouched."] if os.path.exists(path) else []
        raise OSError(error.errno, " ".join([*words, advice]).strip()) from error


def reason(error):
    """What a system error means, and what to do about it."""
    if error.errno == errno.ENOENT and error.filename is None:
        return "the working directory is gone; change to one that is there"
    return REASONS.get(error.errno, str(error))


def write_json(path, value):
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False))


def write_text(path, text):
    """Writes a file; at any moment the one at `path` is either the old one or the new one, whole."""
    with aside(path) as partial:
        partial.write_text(text, "utf-8")


@contextlib.contextmanager
def aside(path):
    """The path of a file to write, which replaces `path` if the block succeeds and is removed if it fails."""
    partial = partial_of(path)
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to report
            partial.unlink()
        raise


def partial_of(path):
    """The path at which a file is written before it is moved to `path`."""
    return path.with_name(f".{path.name}.partial")


@contextlib.contextmanager
def staged(path, verb):
    """A folder beside `path`, to fill and then move files from; it is removed at the end.

    The caller holds the lock of the verb, and what a killed process left there is cleared first.
    """
    folder = path.with_name(f".{path.name}.{verb}.partial")
    clear(folder)
    try:
        folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(folder):
    """Removes a folder, a file or a link (not its target), if there is one."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def remove(folder):
    """Removes a folder. It is renamed first, so that nobody takes a half-deleted folder for a whole one."""
    aside = folder.with_name(f".{folder.name}.removed")
    clear(aside)  # left by a removal that was killed
    if os.path.lexists(folder):
        os.rename(folder, aside)
        clear(aside)


def discard(folder):
    """Like `remove`, for a folder that is no longer needed: a failure only gives a warning."""
    try:
        remove(folder)
    except OSError as error:
        log.warning("%s could not be removed: %s", folder, reason(error))


def put(folder, target):
    """Puts a folder in place of `target`; the old folder goes to `folder`.

    This takes one step. If the file system cannot exchange, a kill in between leaves the old one as `.<name>.replaced`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    if not os.path.lexists(target):
        os.rename(folder, target)
    elif not exchange(folder, target):
        aside = target.with_name(f".{target.name}.replaced")
        os.rename(target, aside)
        os.rename(folder, target)
        os.rename(aside, folder)


def recover(target):
    """Cleans up after a `put` that was killed: the old folder goes back unless the new one is in place."""
    aside = target.with_name(f".{target.name}.replaced")
    if os.path.lexists(aside) and os.path.lexists(target):
        clear(aside)
    elif os.path.lexists(aside):
        os.rename(aside, target)


def exchange(one, other):
    """Exchanges two paths in one step; returns False if the system or the file system cannot."""
    if _renameat2 is None:
        return False
    if _renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM):
        return False
    raise OSError(code, os.strerror(code), str(other))


_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of Linux
_renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


def sync(folder):
    """Forces all of the folder to the disk, so that not even a power failure leaves half of it."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # the file system cannot do it for folders
                raise
        finally:
            os.close(descriptor)

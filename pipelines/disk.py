"""Writing to disk so that nothing is lost: aside first, then in place in one step; errors in clear words."""

import contextlib
import errno
import json
import logging
import os

log = logging.getLogger("unroll")

REASONS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk's quota is used up; free some space",
    errno.EACCES: "the folder is not writable; change its permissions or give another directory",
    errno.EPERM: "the folder is not writable; change its permissions or give another directory",
    errno.EROFS: "the file system is read-only; give another directory",
    errno.EXDEV: "it is on another disk than the folder beside it; give another directory",
    errno.EEXIST: "a file stands where a folder should; give another directory",
    errno.ENOTDIR: "a file stands where a folder should; give another directory",
}


@contextlib.contextmanager
def stoppable(path, advice=""):
    """Says in clear words what stopped the block, the user or the disk, and what to do: `advice`."""
    try:
        yield
    except KeyboardInterrupt:
        if advice:
            log.warning("Stopped. %s", advice)
        raise
    except OSError as error:
        words = [f"{path} could not be written: {reason(error)}."]
        words += ["What was there before is untouched."] if os.path.exists(path) else []
        raise OSError(error.errno, " ".join([*words, advice]).strip()) from error


def reason(error):
    """What an error of the system means, and what to do."""
    return REASONS.get(error.errno, str(error))


def write_json(path, value):
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")
    os.replace(partial, path)

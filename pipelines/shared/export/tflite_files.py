"""A `.tflite` on disk: written aside and put in place whole, opened if it is one."""

import contextlib
import errno
import struct

from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.export import conversion
from pipelines.shared.messages import brief
from pipelines.shared.storage import scratch


def check_new(path, overwrite):
    """Refuses a path that no .tflite can be written to.

    Raises:
        ValueError: it does not end in .tflite. IsADirectoryError, FileExistsError: something is there.
    """
    if path.suffix != ".tflite":
        raise ValueError(f"path: expected a file ending in .tflite, received {str(path)!r}")
    if path.is_dir():
        raise IsADirectoryError(f"path: expected a file, received the folder {path}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already; give another path, or overwrite=True")


@contextlib.contextmanager
def aside(path):
    """A file to write, which takes the place of `path` when the block ends well and is removed when it does not."""
    if path.parent.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder should", str(path.parent))
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch.folder(path.parent, f".{path.name}.unroll-") as folder:
        partial = folder / path.name
        yield partial
        partial.replace(path)


def interpreter(path):
    """LiteRT's `Interpreter` of a whole file; None of one that needs operations that are not builtin.

    Raises:
        ValueError: no model, or a truncated one.
    """
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError(f"{path}: expected a .tflite, received a file of {len(content):,} bytes that is none")
    try:
        return Interpreter(model_content=content, num_threads=1)
    except (ValueError, RuntimeError) as error:
        if _needs_others(path):
            return None
        raise ValueError(f"{path} is damaged or truncated: {brief(error, 200)}") from error


def _needs_others(path):
    """Whether a file that cannot be loaded is whole, but of operations that are not builtin."""
    try:
        return bool(conversion.foreign(path, allowed=conversion.RECURRENT))
    except (struct.error, IndexError, KeyError, TypeError, ValueError):  # what reading a damaged table ends in
        return False

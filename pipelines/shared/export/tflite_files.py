"""A `.tflite` on disk: written to a temporary file and moved into place whole, and opened only if it is one."""

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
        ValueError: it does not end in .tflite. IsADirectoryError, FileExistsError: something exists at it.
    """
    if path.suffix != ".tflite":
        raise ValueError(f"path: expected a file ending in .tflite, received {str(path)!r}")
    if path.is_dir():
        raise IsADirectoryError(f"path: expected a file, received the folder {path}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already; give another path, or overwrite=True")


@contextlib.contextmanager
def aside(path):
    """A temporary file to write, which replaces `path` if the block succeeds and is removed if it fails."""
    if path.parent.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder should", str(path.parent))
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch.folder(path.parent, f".{path.name}.unroll-") as folder:
        partial = folder / path.name
        yield partial
        partial.replace(path)


def interpreter(path):
    """LiteRT's `Interpreter` for a file; None if the file is whole but needs operations that are not builtin.

    Raises:
        ValueError: the file is no model, or a truncated one.
    """
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError(f"{path}: expected a .tflite, received a file of {len(content):,} bytes that is not one")
    try:
        return Interpreter(model_content=content, num_threads=1)
    except (ValueError, RuntimeError) as error:
        if _needs_others(path):
            return None
        raise ValueError(f"{path} is damaged or truncated: {brief(error, 200)}") from error


def _needs_others(path):
    """Whether a file that cannot be loaded is whole, but has operations that are not builtin."""
    try:
        return bool(conversion.foreign(path, allowed=conversion.RECURRENT))
    except (struct.error, IndexError, KeyError, TypeError, ValueError):  # what reading a damaged table raises
        return False

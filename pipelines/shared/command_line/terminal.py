"""What the command line reads and prints: it reads lines of UTF-8, and prints text for any terminal, or JSON."""

import json
import math
import os
import re
import sys

from pipelines.shared.data import sources
from pipelines.shared.messages import CONTROL, within

# Characters that move the cursor, end a line or cannot be encoded.
HALF = "\ud800-\udfff"
CONTROLS = re.compile(f"[{CONTROL}{HALF}]")
HALVES = re.compile(f"[{HALF}]")  # Python puts them in place of bytes that it cannot decode


class Unwritten(Exception):
    """A file of answers could not be written; `result` and `text` are what is printed instead."""

    def __init__(self, error, result, text):
        super().__init__(f"{one_line(error)} The answers are printed instead")
        self.result, self.text = result, text


def shown(text):
    """A text in one line; characters that would move a terminal's cursor are escaped.

    >>> print(shown("two\\nlines"))
    two\\nlines
    """
    return CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode(), str(text))


def one_line(error):
    """An error in one line of a few hundred characters."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:  # without the error's number
        text = error.strerror + (f": {error.filename}" if error.filename else "")
    return within(shown(" ".join(text.split())) or type(error).__name__)


def write(text, stream):
    """Prints a text unless it is empty; characters that the stream's encoding lacks are escaped."""
    if stream is None or not text:  # None: closed
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def write_json(value, stream):
    """Prints one JSON object; numbers that are not finite become null."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    write(json.dumps(plain(value), ensure_ascii=encoding != "utf8", allow_nan=False), stream)


def plain(value):
    """Plain values: NumPy numbers become Python's, numbers that are not finite become None, anything else a text.

    >>> plain({"score": float("nan"), 1: (1, True)})
    {'score': None, '1': [1, True]}
    """
    if isinstance(value, dict):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def inputs(words, file):
    """The words given as arguments, or else the lines of stdin; None if the inputs are in a file.

    Raises:
        ValueError: words as well as a file, or bytes that are not UTF-8.
    """
    if words and file:
        raise ValueError(f"predict: expected inputs or --data, received both: {file!r} and {words[0]!r:.60}")
    if file:
        return None
    return [_decoded(word) for word in words] if words else lines_of_stdin()


def _decoded(word):
    """A word of the command line, decoded as UTF-8 if it holds bytes that the locale's encoding lacks."""
    try:
        return os.fsencode(word).decode("utf-8") if HALVES.search(word) else word
    except UnicodeError as error:
        raise ValueError(f"predict: expected inputs in UTF-8, received {word!a:.80}") from error


def lines_of_stdin():
    """The lines of stdin, with any kind of line end."""
    if sys.stdin is None:  # closed
        return []
    if not hasattr(sys.stdin, "buffer"):
        return sys.stdin.read().split("\n")
    return sources.lines_of_file(sys.stdin.buffer, "stdin")

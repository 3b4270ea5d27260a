"""Reads JSON files from anywhere within bounds, or refuses them in one line that names the file."""

import json
import os
import stat

from pipelines.shared.messages import shown

LARGEST = 2**26  # bytes


def read(path, kind=dict):
    """The content of a JSON file.

    Args:
        path: a regular file; a pipe, a device or a folder is refused without waiting for it.
        kind: the type that the content must have.

    Raises:
        ValueError: not a regular file, too large, not JSON in UTF-8, nested too deep, an object with a name twice, or
            another type.
        OSError: it cannot be read.
    """
    try:
        value = json.loads(_content(path).decode("utf-8"), object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError(f"{path} is damaged: it is nested too deep") from error
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {str(error)[:200]}") from error
    if not isinstance(value, kind):
        raise ValueError(f"{path} is damaged: expected {_word(kind)}, received {_word(type(value))}")
    return value


def check(value, kinds):
    """Refuses an object that holds another kind of value than was written.

    kinds: {name: (type, least, most)}, with bounds of numbers alone; float stands for any finite number.

    Raises:
        KeyError: a name that is missing. ValueError: a value of another kind, or out of bounds.

    >>> check({"length": 12, "dates": True}, {"length": (int, 1, 1000), "dates": (bool,)})
    >>> check({"length": "12"}, {"length": (int, 1, 1000)})
    Traceback (most recent call last):
    ValueError: length: expected a whole number from 1 to 1000, received '12'
    """
    for name, (kind, *bounds) in kinds.items():
        one = value[name]
        fits = isinstance(one, (int, float) if kind is float else kind) and isinstance(one, bool) == (kind is bool)
        if not fits or (bounds and not bounds[0] <= one <= bounds[1]):
            word = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind) or _word(kind)
            limits = f" from {bounds[0]:g} to {bounds[1]:g}" if bounds else ""
            raise ValueError(f"{name}: expected {word}{limits}, received {shown(one)}")


def _content(path):
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no file")
    if status.st_size > LARGEST:
        raise ValueError(f"expected {LARGEST:,} bytes at most, received {status.st_size:,}")
    with open(path, "rb") as file:
        return file.read(LARGEST)


def _once(pairs):
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("it has a name twice in an object")
    return mapping


def _word(kind):
    return {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number"}.get(kind, kind.__name__)

"""JSON files that may come from anywhere: read within bounds, or refused in one line that names the file."""

import json
import os
import stat

LARGEST = 2**26  # bytes


def read(path, kind=dict):
    """What a JSON file holds.

    Args:
        path: a file; nothing else (a pipe, a device, a folder) is waited for.
        kind: the type that it has to be of.

    Raises:
        ValueError: no file, a large one, no JSON in UTF-8, nested deep, a name twice in an object, or of another type.
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

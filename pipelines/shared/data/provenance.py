"""Where data came from, as an artifact, a training and a search record it."""

import hashlib
import pathlib

IN_MEMORY = "in memory"


def described(data):
    """The absolute path of a source, or a list of paths; for data in memory, only a note that it was.

    >>> described("tfds:imdb_reviews"), described((["good"], ["positive"])), described(None)
    ('tfds:imdb_reviews', 'in memory (tuple)', None)
    """
    if data is None:
        return None
    if isinstance(data, (str, pathlib.PurePath)):
        return str(data) if str(data).startswith("tfds:") else str(pathlib.Path(data).resolve())
    if isinstance(data, (list, tuple)) and data and all(isinstance(part, (str, pathlib.PurePath)) for part in data):
        return [described(part) for part in data]
    return f"{IN_MEMORY} ({type(data).__name__})"


def called(source, role="data"):
    """What errors and warnings call a source: its role, and its path if it has one.

    >>> called("a.csv"), called((["good"], [1])), called("b.csv", "valid")
    ('data a.csv', 'data', 'valid b.csv')
    """
    return f"{role} {source}" if isinstance(source, (str, pathlib.PurePath)) else role


def in_memory(source):
    return isinstance(source, str) and source.startswith(IN_MEMORY)


def fingerprint(splits):
    """A hash of the examples, which depends on every value of every column of every split."""
    total = hashlib.sha256()
    for split, columns in sorted(splits.items()):
        for name, values in sorted(columns.items()):
            total.update(f"{split}/{name}".encode())
            for value in values:
                total.update(value.tobytes() if hasattr(value, "tobytes") else repr(value).encode())
    return total.hexdigest()[:16]

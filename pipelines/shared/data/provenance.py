"""Where data came from: what an artifact, a training to go on with and a search remember of it."""

import hashlib
import pathlib

IN_MEMORY = "in memory"


def described(data):
    """The absolute path of a source, or a list of them; of data that was in memory, only that.

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
    """What errors and warnings call a source: the file that it is, or else its role.

    >>> called("a.csv"), called((["good"], [1])), called("b.csv", "valid")
    ('data a.csv', 'data', 'valid b.csv')
    """
    return f"{role} {source}" if isinstance(source, (str, pathlib.PurePath)) else role


def in_memory(source):
    return isinstance(source, str) and source.startswith(IN_MEMORY)


def fingerprint(splits):
    """A hash of the examples, the same only if every value of every column of every split is."""
    total = hashlib.sha256()
    for split, columns in sorted(splits.items()):
        for name, values in sorted(columns.items()):
            total.update(f"{split}/{name}".encode())
            for value in values:
                total.update(value.tobytes() if hasattr(value, "tobytes") else repr(value).encode())
    return total.hexdigest()[:16]

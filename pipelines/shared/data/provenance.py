"""Where data came from, as an artifact, a training and a search record it."""

import hashlib
import pathlib

IN_MEMORY = "in memory"
TOGETHER = 2**16  # rows that are hashed at once
NUMBERS = "biufcMmV"  # kinds of NumPy arrays whose rows all take the same bytes


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
            for part in _parts(values):
                total.update(part)
    return total.hexdigest()[:16]


def _parts(values):
    """Yields the bytes of a column: value by value, or many together, which makes no difference to their hash."""
    if getattr(getattr(values, "dtype", None), "kind", "O") in NUMBERS and values.ndim:
        for start in range(0, len(values), TOGETHER):
            yield values[start : start + TOGETHER].tobytes()
    elif hasattr(values, "codes"):  # `stored.Labels`
        names = list(map(_bytes, values.values))
        for start in range(0, len(values), TOGETHER):
            yield b"".join([names[code] for code in values.codes[start : start + TOGETHER].tolist()])
    else:
        yield from map(_bytes, values)


def _bytes(value):
    return value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()

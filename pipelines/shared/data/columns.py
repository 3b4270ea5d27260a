"""Checks of columns: an error each for a column that is missing, occurs twice, is no list or is too short."""

from collections.abc import Mapping, Set

from pipelines import settings
from pipelines.shared.messages import listed, shown


def check(names, header, source, kind="column"):
    """Raises ValueError unless each of `names` occurs once in `header`, a list of names or a mapping with them as keys.

    >>> check(["text"], ["Text", "stars"], "a.csv")
    Traceback (most recent call last):
    ...
    ValueError: a.csv: no column 'text'; it has 'Text', 'stars'. Did you mean 'Text'? Give the names of yours with the \
options that end in _column
    """
    for name in names:
        count = header.count(name) if isinstance(header, list) else name in header
        if count > 1:
            raise ValueError(f"{source}: expected one {kind} {shown(name)}, received {count}; rename one")
        if not count:
            raise ValueError(
                f"{source}: no {kind} {shown(name)}; it has {listed(header) or 'none'}."
                f"{settings.near(name, header)} Give the names of yours with the options that end in _column"
            )


def check_list(column, name, source="data"):
    """Raises TypeError for a column that is not a list of values, but a text, a mapping, a table or a single number."""
    other = isinstance(column, (str, bytes, Mapping, Set)) or hasattr(column, "columns")
    if other or not hasattr(column, "__iter__") or getattr(column, "shape", None) == ():
        raise TypeError(f"{source}: expected a list as {name}, received {type(column).__name__} {shown(column)}")


def check_lengths(columns, source="data"):
    """Raises ValueError unless all lists of `columns`, {name: list}, are of the same length.

    >>> check_lengths({"text": ["good", "bad"], "label": [1]})
    Traceback (most recent call last):
    ...
    ValueError: data: expected lists of the same length, received 2 of text, 1 of label
    """
    if len({len(column) for column in columns.values()}) > 1:
        received = ", ".join(f"{len(column)} of {name}" for name, column in columns.items())
        raise ValueError(f"{source}: expected lists of the same length, received {received}")

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


def placed(rows, names):
    """(rows, the places of the columns `names` in them); a name that is a number, from "1" on, is that of a column.

    Columns by number are of rows that have no header: what might be one is then a row of data.

    Raises:
        ValueError: a column that is missing, or stands twice.
    """
    numbers = all(map(str.isdecimal, names)) and not all(name in rows.names for name in names)
    rows = rows.without_header() if numbers else rows
    if numbers and all(1 <= int(name) <= len(rows.names) for name in names):
        return rows, [int(name) - 1 for name in names]
    try:
        check(names, rows.names, rows.called)
    except ValueError as error:
        hint = "; if its first line is data, give the numbers of columns, such as '1'" if rows.first else ""
        raise ValueError(f"{error}{hint}") from error
    return rows, list(map(rows.names.index, names))


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

"""Tables in memory, of whichever library: a DataFrame, an Arrow table, a dictionary of columns.

    names({"text": ["good"], "label": [1]})                 -> ["text", "label"]
    read({"text": ["good"], "label": [1]}, ["label"])       -> {"label": [1]}

No library of tables is imported unless a table of its kind is given: pandas and polars never, pyarrow for a column with
a type, which it turns into plain Python whoever made it. Columns of Python objects are taken as they are. An index is
no column. A gap is None, or NaN where the column holds Python's own.

Cost: a million texts with labels in 0.3 s, from pandas, polars and pyarrow alike.
"""

from collections.abc import Mapping

from pipelines.shared.data import columns

ARROW = ("__arrow_c_stream__", "__arrow_c_array__")  # what tables and columns offer to each other


def is_table(data):
    """Whether it has columns with names.

    >>> is_table({"text": ["good"]}), is_table(["good"])
    (True, False)
    """
    return isinstance(data, Mapping) or (_is_of_a_library(data) and not is_column(data))


def is_column(data):
    """Whether it is a column by itself: a Series of pandas or polars, an array of pyarrow."""
    typed = hasattr(data, "dtype") or hasattr(data, "type")
    return _is_of_a_library(data) and typed and not hasattr(data, "columns")


def _is_of_a_library(data):
    return any(hasattr(data, name) for name in ("iloc", "get_columns", *ARROW))  # of pandas, of polars, of any


def names(table):
    """The names of its columns, as texts.

    Raises:
        TypeError: what offers itself as a table and is none.
    """
    return list(map(str, _opened(table)[0]))


def read(table, chosen, source="data"):
    """{name: list} of the columns `chosen`.

    Raises:
        ValueError: a column that is missing, or stands twice. TypeError: a column that is no list of values.
    """
    return {name: values(column, name, source) for name, column in picked(table, chosen, source).items()}


def picked(table, chosen, source="data"):
    """{name: column} of the columns `chosen`, as the table holds them.

    Raises:
        ValueError: a column that is missing, or stands twice.
    """
    header, column = _opened(table)
    header = list(map(str, header))
    columns.check(chosen, header, source)
    return {name: column(header.index(name)) for name in chosen}


def _opened(table):
    """(names, a function from the number of a column, from 0, to the column)."""
    if isinstance(table, Mapping):
        return list(table), list(table.values()).__getitem__
    if hasattr(table, "iloc"):  # pandas
        return list(table.columns), lambda number: table.iloc[:, number]
    if hasattr(table, "get_columns"):  # polars
        return table.columns, table.get_columns().__getitem__
    import pyarrow  # when it is needed: half a second, and beside TensorFlow a risk on some machines

    table = table if isinstance(table, (pyarrow.Table, pyarrow.RecordBatch)) else pyarrow.table(table)
    return table.schema.names, table.column


def values(column, name, source="data"):
    """A list of the values of a column: of a library, a list, a NumPy array or whatever can be gone through.

    >>> values(("good", None), "text")
    ['good', None]
    """
    columns.check_list(column, name, source)
    # An object's own type is lost in a typed column: polars lends the addresses of its objects as bytes.
    if is_column(column) and str(getattr(column, "dtype", "")).lower() != "object":
        return _plain(column)
    return list(column)


def _plain(column):
    import pyarrow  # as above

    try:
        if isinstance(column, (pyarrow.Array, pyarrow.ChunkedArray)):
            return column.to_pylist()
        lent = hasattr(column, "__arrow_c_stream__")
        return (pyarrow.chunked_array(column) if lent else pyarrow.array(column, from_pandas=True)).to_pylist()
    except (pyarrow.ArrowException, TypeError, ValueError):  # complex numbers, intervals and what else it does not hold
        return list(column)

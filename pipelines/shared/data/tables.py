"""Tables in memory, of any library: a DataFrame, an Arrow table, a dictionary of columns.

    opened({"text": ["good"], "label": [1]})        -> ["text", "label"], a function of the number of a column
    values(column, "label")                         -> [1]

pandas and polars are never imported here, pyarrow only for a column with a type, which it turns into plain Python
whichever library made it. Columns of Python objects are taken as they are. An index is not a column. A gap is None, or
NaN in a column of Python objects.

Cost: a million texts with labels in 0.3 s, from pandas, polars and pyarrow alike.
"""

from collections.abc import Mapping

from pipelines.shared.data import columns

ARROW = ("__arrow_c_stream__", "__arrow_c_array__")  # what tables and columns offer to each other


def is_table(data):
    """Whether the data has columns with names.

    >>> is_table({"text": ["good"]}), is_table(["good"])
    (True, False)
    """
    return isinstance(data, Mapping) or (_is_of_a_library(data) and not is_column(data))


def is_column(data):
    """Whether the data is a single column: a Series of pandas or polars, an array of pyarrow."""
    typed = hasattr(data, "dtype") or hasattr(data, "type")
    return _is_of_a_library(data) and typed and not hasattr(data, "columns")


def _is_of_a_library(data):
    return any(hasattr(data, name) for name in ("iloc", "get_columns", *ARROW))  # of pandas, of polars, of any


def opened(table):
    """(names, a function that returns a column by its number, from 0) of a table; a stream is read by this.

    Raises:
        TypeError: what offers itself as a table and is none.

    >>> names, column = opened({"text": ["good"], "label": [1]})
    >>> names, column(1)
    (['text', 'label'], [1])
    """
    header, column = _opened(table)
    return list(map(str, header)), column


def _opened(table):
    """(names, a function that returns a column by its number, counted from 0)."""
    if isinstance(table, Mapping):
        return list(table), list(table.values()).__getitem__
    if hasattr(table, "iloc"):  # pandas
        return list(table.columns), lambda number: table.iloc[:, number]
    if hasattr(table, "get_columns"):  # polars
        return table.columns, table.get_columns().__getitem__
    import pyarrow  # only when needed: it takes half a second, and beside TensorFlow it is a risk on some machines

    table = table if isinstance(table, (pyarrow.Table, pyarrow.RecordBatch)) else pyarrow.table(table)
    return table.schema.names, table.column


def like(table, columns):
    """{name: list} as a table of the library that `table` is of; None if that is none.

    A pandas table keeps its index where there is a row for each of its rows.
    """
    if hasattr(table, "iloc") and hasattr(table, "columns"):  # pandas
        made = type(table)(columns)
        return made.set_index(table.index) if len(made) == len(table) else made
    if hasattr(table, "get_columns"):  # polars
        return type(table)(columns)
    if hasattr(table, "schema") and hasattr(table, "column"):  # pyarrow
        import pyarrow  # as above

        return pyarrow.table(columns)
    return None


def values(column, name, source="data"):
    """A list of the values of a column: a library's column, a list, a NumPy array or any other iterable.

    >>> values(("good", None), "text")
    ['good', None]
    """
    columns.check_list(column, name, source)
    # Not for columns of Python objects: polars passes the addresses of its objects as bytes.
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
    except (pyarrow.ArrowException, TypeError, ValueError):  # values that pyarrow lacks, such as complex numbers
        return list(column)

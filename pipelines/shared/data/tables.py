"""Tables in memory, of any library: a DataFrame, an Arrow table, a dictionary of columns.

    opened({"text": ["good"], "label": [1]})        -> ["text", "label"], a function of the number of a column
    values(column, "label")                         -> [1]
    unfolded(frames)                                -> what comes in pieces or is made when it is read, as plain rows

pandas and polars are never imported here, pyarrow only for a column with a type, which it turns into plain Python
whichever library made it. Columns of Python objects are taken as they are. An index is not a column. A gap is None, or
NaN in a column of Python objects.

Cost: a million texts with labels in 0.3 s, from pandas, polars and pyarrow alike.
"""

import inspect
import io
import itertools
from collections.abc import Iterator, Mapping

from pipelines.shared.data import columns
from pipelines.shared.messages import listed

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


def unfolded(data, role="data"):
    """The data, in which what has to be made or taken apart first has become rows.

    A function is called, a LazyFrame collected; rows of a NumPy array become tuples, or dictionaries if it names its
    fields; several tables, such as `pandas.read_csv(..., chunksize=...)` yields, and sets of Hugging Face become an
    iterator of dictionaries. A label of such a set that stands for the name of a class becomes that name, in lists too.

    Raises:
        TypeError: several sets in one, such as a DatasetDict.

    >>> unfolded(lambda: [("good", 1)])
    [('good', 1)]
    """
    if inspect.isroutine(data):
        data = data()
    if isinstance(data, Mapping) and data and all(_is_set(part) for part in data.values()):
        raise TypeError(
            f"{role}: expected one set, received {type(data).__name__} of {listed(list(data))}; give one of them, such "
            f"as that of {next(iter(data))!r}"
        )
    if hasattr(data, "collect_schema") and hasattr(data, "collect"):  # of polars
        return data.collect()
    if _is_hugging_face(data):
        return _of_hugging_face(data)
    return _of_array(data) if hasattr(data, "tolist") and not is_column(data) else _of_tables(data)


def _of_array(data):
    """The rows of a NumPy array."""
    if getattr(getattr(data, "dtype", None), "names", None):  # a structured one
        return [dict(zip(data.dtype.names, row, strict=True)) for row in data.tolist()]
    return list(map(tuple, data.tolist())) if data.ndim == 2 else list(data)


def _of_tables(data):
    """The data, or the rows of the tables that it holds."""
    if not isinstance(data, (list, tuple, Iterator)) or isinstance(data, io.IOBase) or is_table(data):
        return data
    rest = iter(data)
    first = list(itertools.islice(rest, 1))
    whole = itertools.chain(first, rest) if isinstance(data, Iterator) else data
    if not first or isinstance(first[0], Mapping) or not is_table(first[0]):
        return whole
    return (row for table in whole for row in _rows(table))


def _rows(table):
    """Yields a dictionary a row."""
    names, column = opened(table)
    lists = [values(column(number), name) for number, name in enumerate(names)]
    return (dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True))


def _is_set(data):
    return _is_hugging_face(data) or hasattr(data, "as_numpy_iterator") or (_is_of_a_library(data) and is_table(data))


def _is_hugging_face(data):
    return hasattr(data, "with_format") and hasattr(data, "features") and hasattr(data, "iter")


def _of_hugging_face(data):
    """Yields a dictionary a row; a class that is not known, -1, is a gap."""
    features = {name: getattr(feature, "feature", feature) for name, feature in (data.features or {}).items()}
    classes = {name: feature.names for name, feature in features.items() if hasattr(feature, "names")}
    for batch in data.with_format(None).iter(1000):
        for name, names in classes.items():
            batch[name] = [_named(code, names) for code in batch[name]]
        yield from (dict(zip(batch, row, strict=True)) for row in zip(*batch.values(), strict=True))


def _named(code, names):
    """The name of a class by its number, or the names of a list of them."""
    if isinstance(code, list):
        return [_named(one, names) for one in code]
    return names[code] if code is not None and code >= 0 else None


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

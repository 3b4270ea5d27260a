"""Tables in memory with what else can be one: arrays, lists of numbers or of rows, frames whose index holds times.

as_table(np.zeros((100, 2)), "data")          {"1": array (100,), "2": array (100,)}
arrow(frame["y"])                             a column as Arrow, without a list of Python objects
"""

import itertools
import logging
from collections.abc import Mapping

import numpy as np
import pyarrow

from pipelines.forecasting.tables.csv_blocks import Odd
from pipelines.shared.data import columns, tables
from pipelines.shared.messages import shown

log = logging.getLogger("unroll")

TIMES = ("DatetimeIndex", "PeriodIndex")


def first(values, name, role, rows):
    """The first values of a column, as plain Python."""
    columns.check_list(values, name, role)
    part = values[:rows] if hasattr(values, "__getitem__") and not hasattr(values, "iloc") else values
    part = values.iloc[:rows] if hasattr(values, "iloc") else part
    return list(itertools.islice(tables.values(part, name, role), rows))


def arrow(column):
    """A column as an Arrow array; NaN is missing."""
    if str(getattr(column, "dtype", "")).lower() == "object" and not hasattr(column, "iloc"):
        raise Odd  # polars passes the addresses of its objects
    try:
        if isinstance(column, (pyarrow.Array, pyarrow.ChunkedArray)):
            return column
        if hasattr(column, "__arrow_c_stream__") and not hasattr(column, "iloc"):
            return pyarrow.chunked_array(column)
        return pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise Odd from error


def as_table(source, role):
    """What is no file as a table where it can be one: arrays, lists of numbers, a frame with times as its index."""
    if hasattr(source, "iloc"):
        return _indexed(source)
    if tables.is_column(source):
        return {str(getattr(source, "name", None) or "value"): source}
    if isinstance(source, np.ndarray) and source.dtype.names is None:
        return _of_array(source, role)
    if isinstance(source, np.ndarray):
        return {name: source[name] for name in source.dtype.names}
    if isinstance(source, Mapping) or hasattr(source, "as_numpy_iterator") or isinstance(source, (str, bytes)):
        return source
    if not hasattr(source, "__iter__") or tables.is_table(source):
        return source
    return _of_iterable(source, role)


def _indexed(frame):
    """A frame of pandas with its index as a column, if that holds times; a Series as a frame."""
    frame = frame.to_frame() if not hasattr(frame, "columns") else frame
    index = frame.index
    levels = getattr(index, "levels", None) or [index]
    kinds = [type(level).__name__ for level in levels]
    if not any(kind in TIMES for kind in kinds):
        return frame
    names = [
        name or ("time" if kind in TIMES else f"level_{place}")
        for place, (name, kind) in enumerate(zip(index.names, kinds, strict=True))
    ]
    log.info("its index holds times: taken as column%s %s", "s" * (len(names) > 1), ", ".join(map(shown, names)))
    frame = frame.set_axis(index.set_names(names), axis=0).reset_index()
    for name in names:
        if str(frame[name].dtype).startswith("period"):
            frame[name] = frame[name].dt.to_timestamp()
    return frame


def _of_array(array, role):
    if array.ndim not in (1, 2) or array.dtype == object:
        raise ValueError(
            f"{role}: expected an array (rows,) or (rows, columns) of numbers, received one of shape {array.shape} and "
            f"type {array.dtype}; for several series give a table with a column that says whose row it is"
        )
    if array.ndim == 1:
        return {"value": array}
    return {str(number): array[:, number - 1] for number in range(1, array.shape[1] + 1)}


def _of_iterable(source, role):
    """A list of numbers or of rows of numbers as columns; what yields dictionaries stays."""
    rows = iter(source)
    first = next(rows, None)
    if first is None:
        raise ValueError(f"{role}: expected rows, received none")
    again = source if isinstance(source, (list, tuple)) else itertools.chain([first], rows)
    if isinstance(first, (int, float)) or getattr(first, "shape", None) == ():
        return {"value": list(again)}
    if isinstance(source, tuple) and all(
        hasattr(one, "__len__") and not isinstance(one, (str, bytes)) for one in source
    ):
        if len({len(one) for one in source}) > 1:
            raise ValueError(f"{role}: expected columns of the same length, received {[len(one) for one in source]}")
        return {str(number): column for number, column in enumerate(source, 1)}
    if isinstance(first, (list, tuple, np.ndarray)):
        return _of_lists(again, len(first), role)
    return again


def _of_lists(rows, width, role):
    """Rows of one width as columns, called "1", "2" and so on."""
    made = [[] for _ in range(width)]
    for number, row in enumerate(rows, 1):
        if not isinstance(row, (list, tuple, np.ndarray)) or len(row) != width:
            raise ValueError(
                f"{role}, example {number}: expected {width} values as in the first, received {shown(row)}"
            )
        for column, value in zip(made, row, strict=True):
            column.append(value)
    return {str(number): column for number, column in enumerate(made, 1)}

"""Several series that `predict` gets in a list, each a table or an array of its own."""

from collections.abc import Mapping

import numpy as np

from pipelines.shared.data import tables


def parts(inputs):
    """The series in a list of tables, arrays or series of pandas; None for anything else, such as a list of rows.

    >>> parts([{"value": [1.0, 2.0]}, {"value": [3.0]}]), parts([[1.0], [2.0]]), parts([])
    ([{'value': [1.0, 2.0]}, {'value': [3.0]}], None, [])
    """
    return list(inputs) if isinstance(inputs, list) and all(map(_is_series, inputs)) else None


def _is_series(one):
    if isinstance(one, Mapping):
        return all(hasattr(column, "__len__") and not isinstance(column, (str, bytes)) for column in one.values())
    if isinstance(one, np.ndarray):
        return one.ndim == 2 or (one.ndim == 1 and one.dtype.names is not None)
    return tables.is_table(one) or tables.is_column(one)

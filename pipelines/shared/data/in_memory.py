"""From tables, lists, iterators and data sets in memory to rows with names.

rows = opened({"text": ["good"], "label": [1]}, ["text", "label"], settings.Reading())
"""

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping

from pipelines.shared.data import columns, json_rows, tables
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import Rows, choosing
from pipelines.shared.messages import shown

NO_ROWS = (str, bytes, io.IOBase)  # though they can be gone through
OF_FILES = ("encoding", "delimiter", "quoting", "header")  # of `settings.Reading`
ENDLESS = -1  # what `tf.data.Dataset.cardinality` says of one


def opened(source, names, options, role="data") -> Rows:
    """The `Rows` of what is no file; see `sources.opened`."""
    for name in OF_FILES:
        if getattr(options, name) is not None and role not in ("valid", "test"):
            raise ValueError(f"{name}: has an effect on files alone, and {role} is none; leave it out")
    once, source = isinstance(source, Iterator), tables.unfolded(source, role)
    if tables.is_table(source):
        header, column = tables.opened(source)
        _check_index(source, names, header, role)
        return plain_rows(header, lambda places: _of_columns(header, column, places, role), options, role)
    if hasattr(source, "as_numpy_iterator"):
        return of_dataset(source, names, options, role)
    if isinstance(source, NO_ROWS) or not isinstance(source, Iterable) or _is_texts(source):
        raise TypeError(
            f"{role}: expected a file, a list of files, a folder, 'tfds:<name>', a DataFrame, a dictionary of columns, "
            f"a list of dictionaries or of rows, a tuple of columns ({', '.join(names)}) or a tf.data.Dataset, "
            f"received {_described(source)}{'; give its name' if isinstance(source, io.IOBase) else ''}"
        )
    if isinstance(source, (list, tuple)) and _are_columns(source, names, role):
        lists = {name: tables.values(column, name, role) for name, column in zip(names, source, strict=True)}
        columns.check_lengths(lists, role)
        return plain_rows(list(names), choosing(enumerate(zip(*lists.values(), strict=True), 1)), options, role)
    return _of_iterable(source, names, options, role, once)


def _check_index(table, names, header, role):
    """Refuses a column asked for that is the index of a table of pandas."""
    levels = list(getattr(getattr(table, "index", None), "names", ()))
    for name in names:
        if name in levels and name not in header:
            raise ValueError(f"{role}: {name!r} is its index, and no column; reset_index() makes it one")


def _described(value):
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, (list, tuple)) else type(value).__name__


def _is_texts(source):
    """Whether it is one column: a Series, or a list of texts or numbers."""
    texts = isinstance(source, (list, tuple)) and source and all(isinstance(one, (str, bytes, int)) for one in source)
    return bool(texts) or tables.is_column(source)


def _are_columns(source, names, role):
    """Whether a list or a tuple holds columns, one a name, and not rows.

    Raises:
        ValueError: it could be either.
    """
    if len(source) != len(names) or any(isinstance(part, Mapping) or not hasattr(part, "__iter__") for part in source):
        return False
    if any(isinstance(part, (str, bytes)) or getattr(part, "__len__", int)() != len(names) for part in source):
        return True
    if isinstance(source, tuple) == isinstance(source[0], tuple):
        raise ValueError(
            f"{role}: expected a tuple of columns ({', '.join(names)}) or a list of rows, received {len(names)} by "
            f"{len(names)} values, which could be either; give ([...], [...]) or [(..., ...), (..., ...)]"
        )
    return isinstance(source, tuple)


def _of_columns(header, column, places, role):
    """Yields (number, cells) of the columns of a table at `places`."""
    lists = [tables.values(column(place), header[place], role) for place in places]
    columns.check_lengths(dict(zip([header[place] for place in places], lists, strict=True)), role)
    return enumerate(zip(*lists, strict=True), 1)


def _of_iterable(source, names, options, role, once):
    """Rows of dictionaries, or of lists of one value a name, which may be made one by one.

    once: whether it was an iterator, which is empty after it was read.
    """
    elements = iter(source)
    first = next(elements, None)
    if first is None:
        hint = "; an iterator is empty once it was read: give a list, or the function that makes it" if once else ""
        raise ValueError(f"{role}: expected at least one example, received none{hint}")
    numbered = enumerate(itertools.chain([first], elements), 1)
    faults = Faults(role, options.skip_bad)
    if isinstance(first, Mapping):
        header, cells = json_rows.of_objects(numbered, faults, "example")
    else:
        header, cells = list(names), choosing(_of_width(numbered, names, faults))
    return plain_rows(header, cells, options, role, faults)


def _of_width(rows, names, faults):
    for number, row in rows:
        row = row.tolist() if getattr(row, "ndim", 0) == 1 else row
        if isinstance(row, (list, tuple)) and len(row) == len(names):
            yield number, row
        else:
            faults.add(f"example {number}", f"expected ({', '.join(names)}), received {shown(row)}")


def plain_rows(header, cells, options, role, faults=None, unit="example"):
    """`Rows` of plain values of what may hold NumPy's."""
    faults = faults or Faults(role, options.skip_bad)

    def plain_cells(places):
        for number, values in cells(places):
            try:
                yield number, [plain(value) for value in values]
            except ValueError as error:
                faults.add(f"{unit} {number}", str(error))

    return Rows(role, header, faults.counting(plain_cells), faults, unit)


def plain(value):
    """Numbers and bytes of NumPy and of tensors as plain Python, a vector as a list.

    Raises:
        ValueError: an array of other dimensions, bytes that are not UTF-8.
    """
    if type(value) is str:
        return value
    value = value.numpy() if hasattr(value, "numpy") else value
    if getattr(value, "ndim", 0) == 1 or isinstance(value, list):
        return [plain(one) for one in value]
    if getattr(value, "shape", ()) != ():
        raise ValueError(f"expected one value, received an array of shape {value.shape}")
    value = value.item() if hasattr(value, "item") else value
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else value
    except UnicodeDecodeError as error:
        raise ValueError(f"expected text in UTF-8, received byte 0x{value[error.start]:02x}") from error


def of_dataset(dataset, names, options, role) -> Rows:
    """Rows of a `tf.data.Dataset` of dictionaries or of tuples, batched or not."""
    if int(dataset.cardinality()) == ENDLESS and options.limit is None:
        raise ValueError(
            f"{role}: expected a tf.data.Dataset with an end, received an endless one; drop .repeat(), or give a limit"
        )
    import tensorflow as tf  # it is loaded already

    ranks = [part.shape.rank for part in tf.nest.flatten(dataset.element_spec)]
    dataset = dataset.unbatch() if all(ranks) else dataset
    spec = dataset.element_spec
    if isinstance(spec, tuple) and len(spec) == len(names) == 2 and isinstance(spec[0], dict):  # features and a label
        joined = tf.autograph.experimental.do_not_convert(lambda features, label: {**features, names[1]: label})
        dataset = dataset.map(joined)
        spec = dataset.element_spec
    elements = enumerate(dataset.as_numpy_iterator(), 1)
    if isinstance(spec, dict):
        header = list(spec)
        return plain_rows(header, choosing((number, list(row.values())) for number, row in elements), options, role)
    parts = len(spec) if isinstance(spec, tuple) else 1
    if parts != len(names):
        raise ValueError(f"{role}: expected elements of {len(names)} parts ({', '.join(names)}), received {parts}")
    rows = ((number, row if isinstance(row, tuple) else (row,)) for number, row in elements)
    return plain_rows(list(names), choosing(rows), options, role)

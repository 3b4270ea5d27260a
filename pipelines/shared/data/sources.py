"""From whatever the user has to rows with names: files of any kind, folders, tfds:<name>, tables, lists, tf.data.

    for rows in opened("reviews.csv.gz", ["text", "label"], settings.Reading()):
        for number, (text, label) in rows.cells([0, 1]): ...

Nothing is dropped here but what cannot be read, nothing is shuffled, and files are read piece by piece, so the same
source gives the same rows in the same order whatever its size. No part of TensorFlow is loaded but for what is its own.
"""

import contextlib
import itertools
import logging
import pathlib
from collections.abc import Iterable, Iterator, Mapping

from pipelines import settings
from pipelines.shared.data import columnar, columns, containers, delimited, json_rows, provenance, tables
from pipelines.shared.data.encodings import Survey
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import Rows, choosing, finishing
from pipelines.shared.messages import brief, listed, shown

log = logging.getLogger("unroll")

PATHS = (str, pathlib.PurePath)
TFDS_SPLITS = ("train", "validation", "test")
TABLES = (".csv", ".tsv", *json_rows.SUFFIXES, *columnar.SUFFIXES)
OF_FILES = ("encoding", "delimiter", "quoting", "header")  # of `settings.Reading`
ENDLESS = -1  # what `tf.data.Dataset.cardinality` says of one


class NoTable(ValueError):
    """A file without columns."""


def opened(source, names, options, download=False, role="data") -> Iterator[Rows]:
    """Yields the `Rows` of each part of a source; each is to be read before the next.

    Args:
        source: a file, a pattern of files, a folder with one sub-folder of .txt files a class, `tfds:<name>` or
            `tfds:<name>/<split>`; a list of any of these, read one after another; a DataFrame of pandas or polars, a
            table of pyarrow or a dictionary of columns; a list, an iterator or a data set of dictionaries or of rows;
            a tuple of columns; or a `tf.data.Dataset`, batched or not.
        names: the columns looked for, which help to tell how a file is written; those of rows without names.
        options: as of `settings.Reading`.
        download: whether a tfds set that is not on this machine may be downloaded and prepared.
        role: what errors call a source that is no file.

    Raises:
        FileNotFoundError: no such file or folder, or a tfds set that is not prepared.
        ValueError: rows that cannot be read, bytes that do not decode, a kind of file that is not known.
        TypeError: a source of another type.
    """
    yield from finishing(_parts(source, names, options, download, role))


def _parts(source, names, options, download, role):
    if isinstance(source, PATHS):
        yield from _of_name(source, names, options, download)
    elif isinstance(source, (list, tuple)) and source and all(isinstance(one, PATHS) for one in source):
        for one in source:
            yield from _of_name(one, names, options, download)
    else:
        yield in_memory(source, names, options, role)


def read(source, names, options=None, download=False, role="data") -> dict[str, list]:
    """{name: list} of the columns `names` of a source; see `opened`.

    >>> read((["good", "bad"], [1, 0]), ["text", "label"])
    {'text': ['good', 'bad'], 'label': [1, 0]}
    """
    values = {name: [] for name in names}
    for rows in opened(source, names, options or settings.Reading(), download, role):
        rows, places = columns.placed(rows, names)
        for _, cells in rows.cells(places):
            for column, value in zip([] if rows.faults.fatal else values.values(), cells, strict=False):
                column.append(value)
    if not values[names[0]]:
        raise ValueError(f"{provenance.called(source, role)}: expected rows of {', '.join(names)}, received none")
    return values


def _of_name(name, names, options, download):
    if str(name).startswith("tfds:"):
        yield of_dataset(tfds_examples(str(name), download), names, options, str(name))
        return
    for path in containers.expanded(name):
        if path.is_dir():
            yield of_folder(path, names, options)
        else:
            yield from of_file(path, names, options)


def of_file(path, names, options) -> Iterator[Rows]:
    """Yields the `Rows` of a file, or of each file in a .zip."""
    with containers.parts(path) as parts:
        for part in parts:
            with of_part(part, names, options) as rows:
                yield rows


@contextlib.contextmanager
def of_part(part, names, options) -> Iterator[Rows]:
    """The `Rows` of a part, as `options.header` says."""
    with _of_part(part, names, options) as rows:
        header = options.header
        rows = rows.without_header() if header == "no" else rows
        rows.doubtful, rows.first = False, None if header == "yes" else rows.first
        yield rows


@contextlib.contextmanager
def _of_part(part, names, options):
    faults = Faults(part.name, options.skip_bad)
    if part.suffix in columnar.SUFFIXES:
        with columnar.opened(part) as (header, cells, first):
            yield Rows(part.name, header, faults.counting(cells), faults, "row", first)
        return
    survey = Survey.of(part, options.encoding)
    if part.suffix in json_rows.SUFFIXES:
        header, cells, unit = json_rows.read(survey, part.suffix, faults)
        _check_any(header, part, names, faults)
        yield Rows(part.name, header, faults.counting(cells), faults, unit)
        return
    dialect = delimited.told(survey, part.suffix, names, options.delimiter, options.quoting)
    if dialect is None:
        raise NoTable(
            f"{part.name}: expected a table, such as {', '.join(TABLES)}, received {part.suffix or 'a file'} without "
            "columns of one number; delimiter (--delimiter) says what parts them"
        )
    rows = delimited.rows(survey, dialect, faults)
    number, first = next(rows, (1, None))
    _check_any(first, part, names, faults)
    header = [name.strip() for name in first]
    yield Rows(part.name, header, faults.counting(choosing(rows)), faults, "line", (number, first))


def _check_any(header, part, names, faults):
    """Refuses a part in which there is not one row."""
    if not header:
        faults.finish()
        raise ValueError(f"{part.name}: expected rows of {', '.join(names) or 'texts'}, received none")


def of_folder(folder, names, options) -> Rows:
    """Rows (text, class) of a folder with one sub-folder of .txt files a class; hidden files are passed over."""
    inside = [path for path in sorted(folder.iterdir()) if not containers.hidden(path.name)]
    groups = {path: texts for path in inside if path.is_dir() and (texts := _texts_in(path))}
    held = listed([path.name for path in inside], write=brief) or "nothing"
    if not groups:
        raise ValueError(f"{folder}: expected one sub-folder of .txt files a class, received {held}")
    splits = [path.name for path in groups if any(_texts_in(inner) for inner in path.iterdir() if inner.is_dir())]
    if splits:
        raise ValueError(
            f"{folder}: expected one sub-folder of .txt files a class, received {', '.join(splits)}, which hold "
            f"sub-folders themselves; give {str(folder / splits[0])!r}, and valid= or test= for others"
        )
    if len(names) != 2:
        raise ValueError(f"{folder}: expected a file with {', '.join(names)}, received a folder")
    faults = Faults(str(folder), options.skip_bad)
    log.info("%s: %s", folder, ", ".join(f"{len(texts)} of {group.name}" for group, texts in groups.items()))

    def rows():
        files = [(group.name, path) for group, paths in groups.items() for path in paths]
        for number, (name, path) in enumerate(files, 1):
            try:
                yield number, [decoded(path, options.encoding), name]
            except ValueError as error:
                faults.add(f"file {number}", str(error))

    return Rows(str(folder), list(names), faults.counting(choosing(rows())), faults, "file")


def _texts_in(folder):
    texts = (path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".txt")
    return [path for path in texts if path.is_file() and not containers.hidden(path.name)]


def decoded(path, encoding=None):
    """The text of a file.

    Raises:
        ValueError: bytes that do not decode, NUL bytes.
    """
    return "".join(f"{line}\n" for line in read_lines(path, encoding)).removesuffix("\n")


def read_lines(path, encoding=None):
    """The lines of a text file or a pipe, without their ends, a list; see `encodings` for what a line is.

    Raises:
        FileNotFoundError: no such file. ValueError: a device, bytes that do not decode, NUL bytes.
    """
    return list(lines_in(path, encoding))


def lines_in(path, encoding=None) -> Iterator[str]:
    """As `read_lines`, line by line."""
    with containers.parts(path, empty=True) as parts:
        for part in parts:
            yield from lines_of(Survey.of(part, encoding))


def lines_of_file(file, name):
    """The lines of an open file of bytes, such as stdin, which errors call `name`; a list; as of `read_lines`."""
    with containers.copied(file) as path:
        return list(lines_of(Survey.of(containers.Part(path, name, ""))))


def lines_of(survey):
    """Yields the lines of a part without their ends; errors as of `read_lines`."""
    for number, line in enumerate(survey.lines(), 1):
        what = None if survey.clean else survey.wrong(line)
        if what:
            raise ValueError(f"{survey.part.name}, line {number}: {what}")
        yield line.removesuffix("\n").removesuffix("\r")


def missing(value):
    """Whether a value stands for none: None, or NaN, NaT or NA, as a table's gaps are in JSON and in pandas.

    >>> [missing(value) for value in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA does not know either
        return True


def filled(value):
    """The value, or "" for one that is missing.

    >>> filled("good"), filled(None)
    ('good', '')
    """
    return "" if missing(value) else value


def in_memory(source, names, options, role="data") -> Rows:
    """The `Rows` of what is no file; see `opened`."""
    for name in OF_FILES:
        if getattr(options, name) is not None and role not in ("valid", "test"):
            raise ValueError(f"{name}: has an effect on files alone, and {role} is none; leave it out")
    if tables.is_table(source):
        header, column = tables.opened(source)
        return _rows(header, lambda places: _of_columns(header, column, places, role), options, role)
    if hasattr(source, "as_numpy_iterator"):
        return of_dataset(source, names, options, role)
    if isinstance(source, (str, bytes)) or not isinstance(source, Iterable) or _is_texts(source):
        raise TypeError(
            f"{role}: expected a file, a list of files, a folder, 'tfds:<name>', a DataFrame, a dictionary of columns, "
            f"a list of dictionaries or of rows, a tuple of columns ({', '.join(names)}) or a tf.data.Dataset, "
            f"received {_described(source)}"
        )
    if isinstance(source, (list, tuple)) and _are_columns(source, names, role):
        lists = {name: tables.values(column, name, role) for name, column in zip(names, source, strict=True)}
        columns.check_lengths(lists, role)
        return _rows(list(names), choosing(enumerate(zip(*lists.values(), strict=True), 1)), options, role)
    return _of_iterable(source, names, options, role)


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


def _of_iterable(source, names, options, role):
    """Rows of dictionaries, or of lists of one value a name, which may be made one by one."""
    elements = iter(source)
    first = next(elements, None)
    if first is None:
        raise ValueError(f"{role}: expected at least one example, received none")
    numbered = enumerate(itertools.chain([first], elements), 1)
    faults = Faults(role, options.skip_bad)
    if isinstance(first, Mapping):
        header, cells = json_rows.of_objects(numbered, faults, "example")
    else:
        header, cells = list(names), choosing(_of_width(numbered, names, faults))
    return _rows(header, cells, options, role, faults)


def _of_width(rows, names, faults):
    for number, row in rows:
        if isinstance(row, (list, tuple)) and len(row) == len(names):
            yield number, row
        else:
            faults.add(f"example {number}", f"expected ({', '.join(names)}), received {shown(row)}")


def _rows(header, cells, options, role, faults=None, unit="example"):
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
    """NumPy's numbers and bytes as plain Python, a vector as a list.

    Raises:
        ValueError: an array of other dimensions, bytes that are not UTF-8.
    """
    if type(value) is str:
        return value
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
    if int(dataset.cardinality()) == ENDLESS:
        raise ValueError(f"{role}: expected a tf.data.Dataset with an end, received an endless one; drop .repeat()")
    spec = dataset.element_spec
    parts = list(spec.values()) if isinstance(spec, dict) else list(spec) if isinstance(spec, tuple) else [spec]
    if all(getattr(part, "shape", None) is not None and part.shape.rank == 1 for part in parts):
        dataset = dataset.unbatch()
    elements = enumerate(dataset.as_numpy_iterator(), 1)
    if isinstance(spec, dict):
        header = list(spec)
        return _rows(header, choosing((number, list(row.values())) for number, row in elements), options, role)
    if len(parts) != len(names):
        raise ValueError(f"{role}: expected elements of {len(names)} parts ({', '.join(names)}), received {len(parts)}")
    rows = ((number, row if isinstance(row, tuple) else (row,)) for number, row in elements)
    return _rows(list(names), choosing(rows), options, role)


def tfds_examples(source, download=False):
    """The `tf.data.Dataset` of `tfds:<name>` or `tfds:<name>/<split>`; errors as of `opened`."""
    import tensorflow_datasets as tfds  # takes seconds

    name, _, split = source.removeprefix("tfds:").rpartition("/")
    if split not in TFDS_SPLITS:
        name, split = source.removeprefix("tfds:"), "train"
    try:
        builder = tfds.builder(name)
    # A set, a configuration or a version that it does not have; an AssertionError is the last.
    except (ValueError, AssertionError, ImportError) as error:
        near = settings.near(name, tfds.list_builders(with_community_datasets=False))
        first = brief(str(error).strip().partition("\n")[0], 200)
        raise ValueError(f"{source}: expected a set of tensorflow-datasets.{near} It says: {first}") from error
    if not builder.is_prepared():
        if not download:
            raise FileNotFoundError(
                f"{source}: not prepared on this machine. Prepare it once with the option download "
                f"(--download), or with: python -m tensorflow_datasets.scripts.cli.main build {name}"
            )
        builder.download_and_prepare()
    if split not in builder.info.splits:
        raise ValueError(f"{source}: expected a split, one of {', '.join(builder.info.splits)}, received {split!r}")
    return builder.as_dataset(split=split)

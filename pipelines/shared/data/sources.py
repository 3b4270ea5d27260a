"""From whatever the user has to rows with names: files of any kind, folders, tfds:<name>, tables, lists, tf.data.

    for rows in opened("reviews.csv.gz", ["text", "label"], settings.Reading()):
        for number, (text, label) in rows.cells([0, 1]): ...

Nothing is dropped here but what cannot be read, nothing is shuffled, and files are read piece by piece, so the same
source gives the same rows in the same order whatever its size. No part of TensorFlow is loaded but for what is its own.
"""

import contextlib
import logging
import os
import pathlib
from collections.abc import Iterator

from pipelines import settings
from pipelines.shared.data import columnar, columns, containers, delimited, in_memory, json_rows, provenance
from pipelines.shared.data.encodings import Survey
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import Rows, choosing, finishing
from pipelines.shared.messages import brief, listed

log = logging.getLogger("unroll")

PATHS = (str, pathlib.PurePath)
TFDS_SPLITS = ("train", "validation", "test")
TABLES = (".csv", ".tsv", *json_rows.SUFFIXES, *columnar.SUFFIXES)


class NoTable(ValueError):
    """A file without columns."""


def opened(source, names, options, download=False, role="data") -> Iterator[Rows]:
    """Yields the `Rows` of each part of a source; each is to be read before the next.

    Args:
        source: a file, a pattern of files, a folder with one sub-folder of .txt files a class, `tfds:<name>` or
            `tfds:<name>/<split>`; a list of any of these, read one after another; a DataFrame of pandas or polars, a
            table of pyarrow or a dictionary of columns, or several tables one after another; a list, an iterator, a
            function that makes one, a NumPy array or a set of Hugging Face, of dictionaries or of rows; a tuple of
            columns; or a `tf.data.Dataset`, batched or not.
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
        yield in_memory.opened(source, names, options, role)


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
        yield in_memory.of_dataset(tfds_examples(str(name), download), names, options, str(name))
        return
    for path in containers.expanded(name):
        if os.path.isdir(path):
            yield of_folder(path, names, options)
        else:
            yield from of_file(path, names, options)


def of_file(path, names, options) -> Iterator[Rows]:
    """Yields the `Rows` of a file, or of each file in a .zip."""
    with containers.parts(path) as parts:
        others = []  # what lies beside tables in an archive, such as a README
        for part in parts:
            with contextlib.ExitStack() as stack:
                try:
                    rows = stack.enter_context(of_part(part, names, options))
                except NoTable as error:
                    others.append((part, error))
                    continue
                yield rows
    if len(others) == len(parts):
        hint = "; unpack it if it holds a folder of .txt files a class" if others[0][0].member else ""
        raise NoTable(f"{others[0][1]}{hint}") from others[0][1]
    if others:
        log.warning("%s: passed over, for they are no tables: %s", path, listed([part.member for part, _ in others]))


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
        with columnar.opened(part, names) as (header, cells, first):
            rows = in_memory.plain_rows(header, cells, options, part.name, faults, "row")
            rows.first = first
            yield rows
        return
    survey = Survey.of(part, options.encoding)
    if part.suffix in json_rows.SUFFIXES or json_rows.is_json(survey):
        header, cells, unit = json_rows.read(survey, part.suffix, faults)
        _check_any(header, part, names, faults)
        yield Rows(part.name, header, faults.counting(cells), faults, unit)
        return
    dialect = delimited.told(survey, part.suffix, names, options.delimiter, options.quoting)
    if dialect is None:
        raise NoTable(
            f"{part.name}: expected a table, such as {', '.join(TABLES)}, received {part.suffix or 'a file'} without "
            "columns that all lines have; delimiter (--delimiter) says what parts them"
        )
    rows = delimited.rows(survey, dialect, faults)
    number, first = next(rows, (1, None))
    _check_any(first, part, names, faults)
    header = list(map(delimited.name_of, first))
    yield Rows(part.name, header, faults.counting(choosing(rows)), faults, "line", (number, first))


def _check_any(header, part, names, faults):
    """Refuses a part in which there is not one row."""
    if not header:
        faults.finish()
        raise ValueError(f"{part.name}: expected rows of {', '.join(names) or 'texts'}, received none")


def of_folder(folder, names, options) -> Rows:
    """Rows (text, class) of a folder with one sub-folder of .txt files a class; hidden files are passed over."""
    inside = [path for path in sorted(folder.iterdir()) if not containers.hidden(path.name)]
    folders = [path for path in inside if path.is_dir()]
    groups = next(filter(None, (_groups(folders, ending) for ending in (".txt", ""))), {})
    splits = [path.name for path in folders if _groups([inner for inner in path.iterdir() if inner.is_dir()], ".txt")]
    if not groups and not splits:
        held = listed([path.name for path in inside], write=brief) or "nothing"
        tables = sorted({path.suffix for path in folder.rglob("*.*") if path.suffix in TABLES})
        hint = f"; {str(folder / '**' / f'*{tables[0]}')!r} is all tables in it" if tables else ""
        raise ValueError(f"{folder}: expected one sub-folder of .txt files a class, received {held}{hint}")
    if splits:
        raise ValueError(
            f"{folder}: expected one sub-folder of .txt files a class, received {', '.join(splits)}, which hold "
            f"sub-folders themselves; give {str(folder / splits[0])!r}, and valid= or test= for others"
        )
    if len(names) != 2:
        raise ValueError(f"{folder}: expected a file with {', '.join(names)}, received a folder")
    passed = [path.name for path in folders if path not in groups]
    if passed:
        log.warning("%s: passed over, for they hold no texts: %s", folder, listed(passed, write=brief))
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


def _groups(folders, ending):
    """{folder: its files with this ending} of those that have any; hidden files are passed over."""
    held = {folder: [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ending] for folder in folders}
    texts = {folder: [path for path in paths if path.is_file()] for folder, paths in held.items()}
    seen = {folder: [path for path in paths if not containers.hidden(path.name)] for folder, paths in texts.items()}
    return {folder: paths for folder, paths in seen.items() if paths}


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

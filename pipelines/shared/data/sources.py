"""From whatever the user has to columns of examples: files, folders, tfds:<name>, lists, tf.data; and their split.

    read("reviews.csv", ["text", "label"])               -> {"text": [...], "label": [...]}
    split(columns, "text", {"valid": 0.1, "test": 0.1})  -> {"train": {...}, "valid": {...}, "test": {...}}

Columns are lists of equal length; nothing is dropped here and nothing is shuffled, so the same source gives the same
examples in the same order. Cost: 25,000 reviews of 230 words are read in 0.6 s and split in 1 s.
"""

import hashlib
import pathlib
import unicodedata

import tensorflow as tf

from pipelines import settings
from pipelines.shared.data import files
from pipelines.shared.messages import brief, listed, shown

TFDS_SPLITS = ("train", "validation", "test")


def read(source, names, download=False):
    """Columns of `source`.

    Args:
        source: a .csv, .tsv or .jsonl file; a folder with one sub-folder of .txt files a class; `tfds:<name>` or
            `tfds:<name>/<split>`; a list of any of these, read one after another; a pair of sequences, one a column; or
            a `tf.data.Dataset` of single examples, pairs or dictionaries.
        names: the names of the columns wanted, such as ["text", "label"].
        download: whether a tfds set that is not on this machine may be downloaded and prepared.

    Returns:
        {name: list}, the lists of equal length and not empty.

    Raises:
        FileNotFoundError: no such file or folder, or a tfds set that is not prepared.
        ValueError: a column that is missing, no rows, bytes that are not UTF-8, a kind of file that cannot be read.
        TypeError: a source of another type.

    >>> read((["good", "bad"], [1, 0]), ["text", "label"])
    {'text': ['good', 'bad'], 'label': [1, 0]}
    """
    if isinstance(source, (str, pathlib.PurePath)):
        return _read_named(str(source), names, download)
    if isinstance(source, (list, tuple)) and source and all(isinstance(one, (str, pathlib.PurePath)) for one in source):
        parts = [_read_named(str(one), names, download) for one in source]
        return {name: [value for part in parts for value in part[name]] for name in names}
    if isinstance(source, (list, tuple)) and len(source) == len(names):
        return _from_sequences(source, names)
    if hasattr(source, "as_numpy_iterator"):
        return _from_dataset(source, names, "data")
    raise TypeError(
        f"data: expected a file, a list of files, a folder, 'tfds:<name>', a pair of lists ({', '.join(names)}) "
        f"or a tf.data.Dataset, received {_described(source)}"
    )


def read_texts(path, column):
    """The texts of a .txt file or of /dev/stdin, one a line, or of the column of another file; a missing one is "".

    Raises:
        FileNotFoundError, ValueError: as of `files.read`.
    """
    if pathlib.Path(path).suffix.lower() == ".txt" or str(path) == "/dev/stdin":
        return files.read_lines(path)
    return ["" if missing(value) else value for value in files.read(path, [column])[column]]


def missing(value):
    """Whether a value stands for none: None, or NaN, as a table's gaps are in JSON and in pandas.

    >>> [missing(value) for value in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    return value is None or value != value


def split(columns, key, parts):
    """Cuts off the fractions `parts` by a hash of the column `key`: the same text always falls in the same part.

    Letter case, white space and the width or composition of letters (NFKC) do not count, so that near copies stay
    together too. What is left is "train".

    >>> splits = split({"text": [f"review {number}" for number in range(1000)]}, "text", {"test": 0.1})
    >>> {name: len(part["text"]) for name, part in splits.items()}
    {'train': 898, 'test': 102}
    """
    rows = {name: [] for name in ("train", *parts)}
    for row, value in enumerate(columns[key]):
        rows[_part(value, parts)].append(row)
    return {
        name: {column: [values[row] for row in chosen] for column, values in columns.items()}
        for name, chosen in rows.items()
    }


def content(text):
    """A text without what does not count in a split: letter case, white space, the width or composition of letters.

    >>> content(" The  ﬁlm") == content("the film ")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _part(value, parts):
    digest = hashlib.sha256(content(str(value)).encode("utf-8", "replace")).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64  # in [0, 1)
    for name, fraction in parts.items():
        if point < fraction:
            return name
        point -= fraction
    return "train"


def _read_named(source, names, download):
    return _from_tfds(source, names, download) if source.startswith("tfds:") else files.read(source, names)


def _described(value):
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, (list, tuple)) else type(value).__name__


def _from_sequences(source, names):
    for name, column in zip(names, source, strict=True):
        if isinstance(column, (str, bytes)) or not hasattr(column, "__iter__"):
            raise TypeError(f"data: expected a list as {name}, received {type(column).__name__} {shown(column)}")
    columns = [list(column) for column in source]
    if len({len(column) for column in columns}) != 1:
        received = ", ".join(f"{len(column)} of {name}" for name, column in zip(names, columns, strict=True))
        raise ValueError(f"data: expected lists of the same length, received {received}")
    if not columns[0]:
        raise ValueError("data: expected at least one example, received empty lists")
    return {
        name: [plain(value, f"data: {name} {row}") for row, value in enumerate(column)]
        for name, column in zip(names, columns, strict=True)
    }


def _from_tfds(source, names, download):
    return _from_dataset(tfds_examples(source, download), names, source)


def tfds_examples(source, download=False):
    """The `tf.data.Dataset` of `tfds:<name>` or `tfds:<name>/<split>`; errors as of `read`."""
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


def _from_dataset(dataset, names, source):
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(f"{source}: expected a tf.data.Dataset with an end, received an endless one; drop .repeat()")
    columns = {name: [] for name in names}
    for row, element in enumerate(dataset.as_numpy_iterator()):
        for name, value in _named(element, names, source).items():
            columns[name].append(plain(value, f"{source}: {name} {row}"))
    if not columns[names[0]]:
        raise ValueError(f"{source}: expected at least one example, received none")
    return columns


def _named(element, names, source):
    """The features `names` of an element, which is a dictionary or a tuple."""
    if not isinstance(element, dict):
        parts = element if isinstance(element, tuple) else (element,)
        if len(parts) != len(names):
            raise ValueError(
                f"{source}: expected elements of {len(names)} parts ({', '.join(names)}), received {len(parts)}"
            )
        element = dict(zip(names, parts, strict=True))
    absent = [name for name in names if name not in element]
    if absent:
        raise ValueError(
            f"{source}: no feature {shown(absent[0])}; it has {listed(element)}."
            f"{settings.near(absent[0], element)} Give the names of yours with the options that end in _column"
        )
    return {name: element[name] for name in names}


def plain(value, place):
    """A NumPy scalar or bytes as plain Python; ValueError for an array, or bytes that are not UTF-8."""
    if getattr(value, "shape", ()) != ():
        raise ValueError(f"{place}: expected one value, received an array of shape {value.shape}; add .unbatch()")
    value = value.item() if hasattr(value, "item") else value
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else value
    except UnicodeDecodeError as error:
        raise ValueError(f"{place}: expected text in UTF-8, received byte 0x{value[error.start]:02x}") from error

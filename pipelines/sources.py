"""From whatever the user has to columns of examples: files, folders, tfds:<name>, lists, tf.data; and the split of one set into three.

    read("reviews.csv", ["text", "label"])     -> {"text": [...], "label": [...]}
    split(columns, "text", {"valid": 0.1, "test": 0.1})  -> {"train": {...}, "valid": {...}, "test": {...}}

Columns are lists of equal length; nothing is dropped here and nothing is shuffled, so the same source gives the same examples.
"""

import csv
import hashlib
import json
import pathlib
import sys

DELIMITERS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (*DELIMITERS, ".jsonl")
# One field may hold a whole book; the csv module's own limit is 128 KB.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


def read(source, names, download=False):
    """Columns of `source`.

    Args:
        source: a .csv, .tsv or .jsonl file or a list of them; a folder with one sub-folder of .txt files a class;
            `tfds:<name>` or `tfds:<name>/<split>`; a pair of sequences, one a column; or a `tf.data.Dataset` of pairs or
            dictionaries.
        names: the names of the columns wanted, such as ["text", "label"].
        download: whether a tfds set that is not on this machine may be downloaded and prepared.

    Raises:
        FileNotFoundError: no such file or folder, or a tfds set that is not prepared.
        ValueError: a column that is missing, no rows, bytes that are not UTF-8, a kind of file that cannot be read.
        TypeError: a source of another type.
    """
    if isinstance(source, (str, pathlib.PurePath)):
        return _read_path(str(source), names, download)
    if (
        isinstance(source, (list, tuple))
        and source
        and all(isinstance(part, (str, pathlib.PurePath)) for part in source)
    ):
        parts = [_read_path(str(part), names, download) for part in source]
        return {name: [value for part in parts for value in part[name]] for name in names}
    if isinstance(source, (list, tuple)) and len(source) == len(names):
        return _from_lists(source, names)
    if hasattr(source, "as_numpy_iterator"):
        return _from_dataset(source, names, "the tf.data.Dataset")
    raise TypeError(
        f"data: expected a file, a list of files, a folder, 'tfds:<name>', a pair of lists ({', '.join(names)}) "
        f"or a tf.data.Dataset, received {type(source).__name__}"
    )


def read_texts(path, column):
    """The texts of a .txt file, one a line, or of the column of a .csv, .tsv or .jsonl file."""
    if pathlib.Path(path).suffix != ".txt":
        return [str(text) for text in read(path, [column])[column]]
    try:
        return pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8, received byte 0x{error.object[error.start]:02x}") from error


def _read_path(source, names, download):
    if source.startswith("tfds:"):
        return _from_tfds(source, names, download)
    path = pathlib.Path(source)
    if not path.exists():
        raise FileNotFoundError(f"data: no file or folder {source!r} (the working folder is {pathlib.Path.cwd()})")
    if path.is_dir():
        return _from_folder(path, names)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, received {path.suffix or 'no ending'!r}"
        )
    try:
        rows, received = _rows(path)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected UTF-8, received byte 0x{error.object[error.start]:02x} at offset {error.start} of a block; "
            f"convert it first: iconv -f LATIN1 -t UTF-8 {path.name} > new{path.suffix}"
        ) from error
    if not rows:
        raise ValueError(f"{path}: expected a header and at least one row, received none")
    missing = [name for name in names if name not in received]
    if missing:
        raise ValueError(
            f"{path}: no column {missing[0]!r}; it has {', '.join(map(repr, received))}. "
            "Name yours with the options that end in _column"
        )
    return {name: [row[name] for row in rows] for name in names}


def _rows(path):
    """(rows as dictionaries, names of the columns)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() == ".jsonl":
            return _json_rows(path, file)
        reader = csv.DictReader(file, delimiter=DELIMITERS[path.suffix.lower()], restkey="", restval=None)
        rows = []
        for row in reader:
            if "" in row or None in row.values():
                received = sum(value is not None for value in row.values()) + len(row.get("") or ()) - ("" in row)
                raise ValueError(
                    f"{path}, line {reader.line_num}: expected {len(reader.fieldnames)} fields, received {received}; "
                    "put fields that hold the delimiter in double quotes"
                )
            rows.append(row)
    return rows, reader.fieldnames or []


def _json_rows(path, file):
    rows, names = [], []
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {number}: expected one JSON object a line; {error.msg}") from error
        if not isinstance(row, dict) or (names and not set(names) <= set(row)):
            raise ValueError(
                f"{path}, line {number}: expected an object with {', '.join(names) or 'fields'}, received {line.strip()[:60]}"
            )
        names = names or list(row)
        rows.append(row)
    return rows, names


def _from_folder(folder, names):
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and any(path.glob("*.txt")))
    if not classes:
        raise ValueError(f"{folder}: expected one sub-folder of .txt files a class, found none")
    inputs, targets = [], []
    for path in (text for group in classes for text in sorted(group.glob("*.txt"))):
        try:
            inputs.append(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: expected UTF-8, received byte 0x{error.object[error.start]:02x}") from error
        targets.append(path.parent.name)
    return dict(zip(names, (inputs, targets), strict=True))


def _from_lists(source, names):
    columns = [list(column) for column in source]
    if len({len(column) for column in columns}) != 1:
        received = ", ".join(f"{len(column)} of {name}" for name, column in zip(names, columns, strict=True))
        raise ValueError(f"data: expected lists of the same length, received {received}")
    if not columns[0]:
        raise ValueError("data: expected at least one example, received empty lists")
    return dict(zip(names, ([_plain(value) for value in column] for column in columns), strict=True))


def _from_tfds(source, names, download):
    import tensorflow_datasets as tfds

    name, split = source.removeprefix("tfds:"), "train"
    if name.count("/") and name.rsplit("/", 1)[1] in ("train", "test", "validation"):
        name, split = name.rsplit("/", 1)
    builder = tfds.builder(name)
    if not builder.is_prepared():
        if not download:
            raise FileNotFoundError(
                f"{source}: not prepared on this machine. Prepare it once with the option download "
                f"(--download), or with: python -m tensorflow_datasets.scripts.cli.main build {name}"
            )
        builder.download_and_prepare()
    return _from_dataset(builder.as_dataset(split=split), names, source)


def _from_dataset(dataset, names, source):
    columns = {name: [] for name in names}
    for element in dataset.as_numpy_iterator():
        if not isinstance(element, dict):
            if len(element) != len(names):
                raise ValueError(f"{source}: expected elements of ({', '.join(names)}), received {len(element)} parts")
            element = dict(zip(names, element, strict=True))
        for name in names:
            if name not in element:
                raise ValueError(f"{source}: no feature {name!r}; it has {', '.join(map(repr, element))}")
            if getattr(element[name], "shape", ()) != ():
                raise ValueError(f"{source}: expected single examples, received a batch; add .unbatch()")
            columns[name].append(_plain(element[name]))
    if not columns[names[0]]:
        raise ValueError(f"{source}: expected at least one example, received none")
    return columns


def _plain(value):
    """A NumPy scalar or bytes as plain Python."""
    value = value.item() if hasattr(value, "item") else value
    return value.decode("utf-8") if isinstance(value, bytes) else value


def split(columns, key, parts):
    """Cuts off the fractions `parts` by a hash of the column `key`: the same text always falls in the same part.

    Letter case and white space do not count, so that near copies stay together too. What is left is "train".
    """
    places = {}
    for row, value in enumerate(columns[key]):
        content = " ".join(str(value).lower().split())
        digest = hashlib.sha256(content.encode("utf-8", "replace")).digest()
        point, name = int.from_bytes(digest[:8], "big") / 2**64, "train"
        for part, fraction in parts.items():
            if point < fraction:
                name = part
                break
            point -= fraction
        places.setdefault(name, []).append(row)
    return {
        name: {column: [values[row] for row in places.get(name, [])] for column, values in columns.items()}
        for name in ("train", *parts)
    }

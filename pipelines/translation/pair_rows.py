"""Rows of sentence pairs, (location, source, target), from any kind of data; `translation.data` lists the kinds.

    list(rows("pairs.tsv", config))       -> [("pairs.tsv, line 1", "Go.", "Ve."), ...]

`chosen` decides which column or file is the source and which the target, for every kind of data alike. The location of
a row is for errors. A target is a text or a list of references. Nothing is dropped or checked here.
"""

import contextlib
import itertools
import os
import pathlib
import re

import tensorflow as tf

from pipelines import settings
from pipelines.shared.data import files, sources, tables
from pipelines.shared.messages import brief, listed, shown

SIDES = ("source", "target")
LANGUAGES = {
    "ar": "arabic", "bg": "bulgarian", "bn": "bengali", "ca": "catalan", "cs": "czech", "cy": "welsh", "da": "danish",
    "de": "german", "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "gl": "galician", "he": "hebrew",
    "hi": "hindi", "hr": "croatian", "hu": "hungarian", "id": "indonesian", "is": "icelandic", "it": "italian",
    "ja": "japanese", "ko": "korean", "la": "latin", "lt": "lithuanian", "lv": "latvian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sk": "slovak",
    "sl": "slovenian", "sr": "serbian", "sv": "swedish", "sw": "swahili", "ta": "tamil", "th": "thai",
    "tr": "turkish", "uk": "ukrainian", "ur": "urdu", "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip
CODES = {name: code for code, name in LANGUAGES.items()}


def rows(data, config, download=False):
    """An iterator of (location, source, target) for each row of `data`, which is not None."""
    if isinstance(data, (str, pathlib.PurePath)):
        return _of_named(str(data), config, download)
    if isinstance(data, (list, tuple)) and data and all(isinstance(source, (str, pathlib.PurePath)) for source in data):
        if all(map(_is_table, data)):
            return itertools.chain.from_iterable(_of_named(str(source), config, download) for source in data)
        return _of_text_files([pathlib.Path(source) for source in data], config)
    if hasattr(data, "as_numpy_iterator"):
        return _of_dataset(data, config, "data")
    if tables.is_table(data):
        return _of_columns(tables.picked(data, chosen(tables.names(data), config, "data")).values())
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return _of_dictionaries(((f"data, example {number}", row) for number, row in enumerate(data, 1)), config)
    return _of_lists(data)


def sources_of_file(path, config):
    """The source sentences of a .csv, .tsv or .jsonl file, which needs no targets; a missing sentence is ""."""
    suffix = files.checked(path, SIDES[:1])
    read = _of_objects if suffix == ".jsonl" else _of_table
    return [sources.filled(text) for _, text in read(path, config, SIDES[:1])]


def chosen(names, config, location, sides=SIDES):
    """The names of the source and of the target (or of `sides`) among `names`, those of columns or languages.

    >>> import types
    >>> chosen(["english", "spanish"], types.SimpleNamespace(source="es", target=None), "pairs.tsv")
    ['spanish', 'english']
    """
    if len(names) == len(sides) == 1:
        return names
    wanted = {side: getattr(config, side) or (side if side in names else None) for side in sides}
    named = {side: _named(name, names, side, location) for side, name in wanted.items() if name}
    others = [name for name in names if name not in named.values()]
    missing = [side for side in sides if side not in named]
    if len(set(named.values())) < len(named) or len(others) < len(missing):
        raise ValueError(
            f"{location}: expected a source and a target in different columns or languages, received "
            f"{listed(names) or 'none'} with source={shown(config.source)}, target={shown(config.target)}"
        )
    if missing and len(sides) > 1 and len(others) > len(missing):
        raise ValueError(
            f"{location}: expected two columns or languages, received {len(names)} ({listed(names)}); "
            f"say which with the options source and target"
        )
    return [named[side] if side in named else others[missing.index(side)] for side in sides]


def _named(wanted, names, side, location):
    """The one of `names` that `wanted` means: by the name, in any letter case, by its language, or by its number."""
    for same in (str, str.casefold, language):
        for name in names:
            if same(name) == same(wanted):
                return name
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    numbers = " without a header; add one, or choose by number" if all(map(str.isdecimal, names)) else ""
    raise ValueError(
        f"{side}: expected a column or a language of {location}, received {shown(wanted)}; it has "
        f"{listed(names)}{numbers}.{settings.near(wanted, names)}"
    )


def language(name):
    """The code of a language, from its code, with a region or without, or its name; other names stay as they are.

    >>> [language(name) for name in ("es", "es-MX", "Spanish", "text")]
    ['es', 'es', 'es', 'text']
    """
    name = name.strip().casefold()
    code = re.split("[-_]", name)[0]
    return code if code in LANGUAGES else CODES.get(name, name)


def _is_table(source):
    return str(source).startswith("tfds:") or pathlib.PurePath(source).suffix.lower() in files.SUFFIXES


def _of_named(source, config, download):
    if source.startswith("tfds:"):
        return _of_dataset(sources.tfds_examples(source, download), config, source)
    if not _is_table(source) and os.path.isfile(source):
        raise ValueError(
            f"{source}: expected pairs of sentences, received one text file, which holds one language; give two files, "
            "(source, target), or let the name end in .tsv if each line holds a pair with a tab between"
        )
    suffix = files.checked(source, SIDES)
    if not suffix:
        raise ValueError(f"{source}: expected a file of pairs, or two text files, received a folder")
    return _of_objects(source, config) if suffix == ".jsonl" else _of_table(source, config)


def _of_table(path, config, sides=SIDES):
    """Rows of a .csv or .tsv file, with a header or without."""
    with contextlib.closing(files.cells(path)) as lines:
        yield from _of_lines(path, lines, config, sides)


def _of_lines(path, lines, config, sides):
    number, first = next(lines, (1, []))
    if not first:
        return
    header = _is_header(first, config)
    names = first if header else [str(column) for column in range(1, len(first) + 1)]
    if len(names) < len(sides):
        raise ValueError(
            f"{path}, line {number}: expected two columns, a sentence and its translation, received one language "
            f"only: {first[0][:60]!r}; separate the columns with {'a tab' if str(path).endswith('.tsv') else 'a comma'}"
        )
    columns = [names.index(name) for name in chosen(names, config, f"{path}, line {number}", sides)]
    for line, row in lines if header else itertools.chain([(number, first)], lines):
        yield f"{path}, line {line}", *(row[column] for column in columns)


def _is_header(cells, config):
    """Whether a first row is a header: it holds a name asked for, or only distinct names of languages or sides."""
    wanted = {name.casefold() for name in (config.source, config.target) if name and not name.isdecimal()}
    names = [cell.strip().casefold() for cell in cells]
    known = all(name in SIDES or language(name) in LANGUAGES for name in names)
    return bool(wanted & set(names)) or (known and len(set(names)) == len(names))


def _of_objects(path, config, sides=SIDES):
    """Rows of a .jsonl file."""
    objects = ((f"{path}, line {line}", row) for line, row in files.objects(path))
    return _of_dictionaries(objects, config, sides)


def _of_dictionaries(located_rows, config, sides=SIDES):
    """Rows from (location, dictionary); of {"translation": {"en": ..., "es": ...}} the inner dictionary counts."""
    names = None
    for location, row in located_rows:
        row = row["translation"] if isinstance(row.get("translation"), dict) else row
        names = names or chosen(list(row), config, location, sides)
        for name in names:
            if name not in row:
                raise ValueError(f"{location}: expected {name!r}, received {listed(list(row)) or 'none'}")
        yield location, *(_plain(row[name], location) for name in names)


def _of_dataset(dataset, config, source):
    """Rows of a `tf.data.Dataset` of single dictionaries, or of pairs, source first."""
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(f"{source}: expected a tf.data.Dataset with an end, received an endless one; drop .repeat()")
    elements = ((f"{source}, example {number}", row) for number, row in enumerate(dataset.as_numpy_iterator(), 1))
    if isinstance(dataset.element_spec, dict):
        return _of_dictionaries(elements, config)
    return ((location, *(_plain(value, location) for value in _pair(row, location))) for location, row in elements)


def _plain(value, location):
    """A text or a list of texts, from a value that may be of NumPy."""
    if getattr(value, "ndim", 0) == 1:
        return [sources.plain(text, location) for text in value]
    return sources.plain(value, location)


def _pair(row, location):
    if not isinstance(row, (list, tuple)) or len(row) != 2:
        raise ValueError(f"{location}: expected a pair (source, target), received {shown(row)}")
    return row


def _of_lists(data):
    """Rows of a pair of lists or of a list of pairs, source first."""
    if not isinstance(data, (list, tuple)):
        raise TypeError(
            "data: expected a file, two text files, 'tfds:<name>', (sources, targets), a list of pairs or of "
            "dictionaries, a DataFrame, a dictionary of columns or a tf.data.Dataset, received "
            f"{type(data).__name__}"
        )
    if not data:
        raise ValueError("data: expected at least one pair of sentences, received none")
    return _of_columns(data) if _is_pair_of_lists(data) else _of_pairs(data)


def _is_pair_of_lists(data):
    """Whether `data` is (sources, targets) and not a list of pairs; of two by two texts, a tuple of lists is."""
    if len(data) != 2 or any(isinstance(part, (str, bytes)) or not hasattr(part, "__iter__") for part in data):
        return False
    if any(getattr(part, "__len__", int)() != 2 for part in data):
        return True
    if isinstance(data, tuple) == isinstance(data[0], tuple):
        raise ValueError(
            "data: expected (sources, targets) or a list of pairs, received two by two texts, which could be either; "
            "give a tuple of lists, ([...], [...]), or a list of tuples, [(..., ...), (..., ...)]"
        )
    return isinstance(data, tuple)


def _of_pairs(pairs):
    for number, row in enumerate(pairs, 1):
        location = f"data, example {number}"
        yield location, *(_plain(value, location) for value in _pair(row, location))


def _of_columns(columns):
    """Rows of (sources, targets)."""
    origin, target = map(tables.values, columns, SIDES)
    if len(origin) != len(target):
        raise ValueError(
            f"data: expected as many targets (texts, or lists of references) as sources, received {len(origin)} "
            f"sources and {len(target)} targets; give each source its own, in the same order"
        )
    return _of_pairs(zip(origin, target, strict=True))


def _of_text_files(paths, config):
    """Rows of aligned text files, one sentence a line; several files of the target language are several references."""
    if len(paths) < 2 or any(map(_is_table, paths)):
        raise ValueError(
            f"data: expected two or more text files, one a language, or nothing but files of pairs "
            f"({', '.join(files.SUFFIXES)}), received {listed(paths, write=brief)}"
        )
    for path in paths:
        if not path.exists() or path.is_dir():
            raise FileNotFoundError(f"data: no file {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    origin, targets = _directed(paths, config)
    lines = [files.read_lines(path) for path in (origin, *targets)]
    for path, others in zip(targets, lines[1:], strict=True):
        _check_aligned(origin, lines[0], path, others)
    for number, (text, *references) in enumerate(zip(*lines, strict=True), 1):
        yield f"{origin}, line {number}", text, references


def _directed(paths, config):
    """(the file of the source language, the files of the target language), by the endings of their names."""
    endings = [re.sub(r"(\.txt|\.\d+)+$", "", path.name).rpartition(".")[2] for path in paths]
    location = f"data ({listed(paths, write=brief)})"
    origin, target = chosen(list(dict.fromkeys(endings)), config, location)
    if endings.count(origin) > 1:
        raise ValueError(f"{location}: expected one file that ends in {origin!r}, the source, received several")
    return paths[endings.index(origin)], [path for path, end in zip(paths, endings, strict=True) if end == target]


def _check_aligned(first, lines, second, others):
    """Raises unless both files have equally many lines."""
    if len(lines) == len(others):
        return
    at = min(len(lines), len(others))
    longer, line = (first, lines[at]) if len(lines) > at else (second, others[at])
    raise ValueError(
        f"{second}: expected {len(lines)} lines, as many as {first} has, received {len(others)}; line {at + 1} of "
        f"{longer} has no partner: {line[:60]!r}. Line n of one has to be the translation of line n of the other"
    )

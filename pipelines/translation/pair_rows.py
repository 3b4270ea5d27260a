"""Rows of sentence pairs from any kind of data; `translation.data` lists the kinds.

    for rows in opened("pairs.tsv", config): ...        `shared.data.rows.Rows`, whose cells are (source, target)

`chosen` decides which column or file is the source and which the target, for every kind of data alike. A target is a
text or a list of references. Nothing is checked here.
"""

import dataclasses
import itertools
import pathlib
import re
from collections.abc import Mapping

from pipelines import settings
from pipelines.shared.data import columns, containers, in_memory, sources
from pipelines.shared.data.encodings import Survey
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import choosing, finishing
from pipelines.shared.messages import brief, listed, shown
from pipelines.translation import memories

SIDES = ("source", "target")
HEADERS = (*SIDES, "src", "tgt", "trg", "ref", "sentence", "translation")  # names of columns that no sentence is
OTHERS = (".xlf", ".xliff", ".sdlxliff", ".mqxliff", ".po", ".pot", ".srt", ".vtt", ".sgm", ".xml", ".html", ".docx")
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
# What manythings.org writes behind each pair of sentences.
ATTRIBUTION = re.compile(r"CC-BY .*\(France\) Attribution: tatoeba\.org")


def opened(data, config, download=False, role="data"):
    """Yields (`Rows`, the places of source and target) of each part of `data`; each is to be read before the next."""
    if isinstance(data, (list, tuple)) and data and all(isinstance(path, sources.PATHS) for path in data):
        if len(data) > 1 and not any(map(is_table, data)):
            for rows in finishing([_of_text_files([pathlib.Path(path) for path in data], config)]):
                yield rows, [0, 1]
            return
        for path in data:
            yield from opened(path, config, download, role)
    elif isinstance(data, sources.PATHS) and len(paths := containers.expanded(data)) > 1:
        yield from opened(paths, config, download, role)
    elif isinstance(data, sources.PATHS) and (is_memory(data) or any(map(is_memory, _members(data)))):
        for rows in finishing(memories.opened(data, config)):
            yield placed(rows, config)
    elif isinstance(data, sources.PATHS) and len(set(map(_language_of, texts := _texts_in(data)))) > 1:
        for rows in finishing([_of_text_files(texts, config)]):
            yield rows, [0, 1]
    elif isinstance(data, sources.PATHS) and pathlib.Path(data).is_dir():
        raise ValueError(f"{data}: expected a file of pairs, or two text files, received a folder")
    else:
        try:
            for rows in sources.opened(data, SIDES, config, download, role):
                yield placed(rows, config)
        except sources.NoTable as error:
            raise ValueError(f"{data}: expected pairs of sentences, received {_what(data)}") from error


def _members(data):
    """The members of a .zip, `containers.Part`s, and none of any other file."""
    if pathlib.Path(data).suffix.lower() != ".zip":
        return []
    with containers.parts(data) as parts:
        return [part for part in parts if part.member]


def _texts_in(data):
    """The members of a .zip that are text files of a language by their names: OPUS packs aligned files so."""
    return [part for part in _members(data) if not is_table(part) and language(_language_of(part)) in LANGUAGES]


def _what(path):
    """What a file is that is no table of pairs, and what to do."""
    ending = containers.kind(str(path))
    if ending == ".zip":
        return "an archive without a table, and without text files named by two languages, such as train.en, train.es"
    if ending in OTHERS:
        return f"{ending}, which is not read; save it as .tmx or .csv"
    return (
        "one text file, which holds one language; give two files, (source, target), or say what separates the columns "
        "with delimiter (--delimiter)"
    )


def placed(rows, config, sides=SIDES):
    """(rows, the places of `sides` in them); a first line that is no header becomes a row."""
    if rows.first is not None and not _is_header(rows.names, config):
        first = rows.first[1]
        rows = rows.without_header()
        if len(first) == 3 and ATTRIBUTION.match(str(first[2])):
            rows.names.pop()
    rows = _of_inner(rows)
    if len(rows.names) < len(sides):
        raise ValueError(
            f"{rows.called}: expected two columns, a sentence and its translation, received one; give two files, "
            "(source, target), or say what separates the columns with delimiter (--delimiter)"
        )
    names = chosen(rows.names, config, rows.called, sides)
    columns.check(names, rows.names, rows.called)
    return rows, list(map(rows.names.index, names))


def _of_inner(rows):
    """The rows of what stands in a column `translation`, {"en": ..., "es": ...}."""
    if "translation" not in rows.names:
        return rows
    inner = rows.cells([rows.names.index("translation")])
    number, (first,) = next(inner, (0, [None]))
    inner = itertools.chain([(number, [first])], inner)
    if not isinstance(first, Mapping):
        return dataclasses.replace(rows, names=["translation"], cells=choosing(inner))
    names = list(first)

    def cells(places):
        for number, (row,) in inner:
            if isinstance(row, Mapping) and all(names[place] in row for place in places):
                yield number, [in_memory.plain(row[names[place]]) for place in places]
            else:
                rows.fault(number, f"expected {' and '.join(names[place] for place in places)}, received {shown(row)}")

    return dataclasses.replace(rows, names=names, cells=cells)


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
    """The code of a language, from its code, with a region or another word, or its name; others stay as they are.

    >>> [language(name) for name in ("es", "es-MX", "text_es", "Spanish", "text")]
    ['es', 'es', 'es', 'es', 'text']
    """
    name = name.strip().casefold()
    words = re.split("[-_]", name)
    return next((code for code in (words[0], words[-1]) if code in LANGUAGES), CODES.get(name, name))


def is_table(source):
    """Whether a file, or a part of one, holds pairs, and not one language."""
    ending = containers.kind(str(_path_of(source)))
    return str(source).startswith("tfds:") or ending in (*sources.TABLES, *memories.SUFFIXES)


def is_memory(source):
    """Whether a file, or a part of one, is a translation memory."""
    return containers.kind(str(_path_of(source))) in memories.SUFFIXES


def _path_of(file):
    """The path of a file; of a part of an archive, that within the archive."""
    return pathlib.PurePath(file.member) if isinstance(file, containers.Part) else file


def _is_header(cells, config):
    """Whether a first row is a header: it holds a name asked for, or only distinct names of languages or sides."""
    wanted = {name.casefold() for name in (config.source, config.target) if name and not name.isdecimal()}
    names = [str(cell).strip().casefold() for cell in cells]
    known = all(name in HEADERS or language(name) in LANGUAGES for name in names)
    return bool(wanted & set(names)) or (known and len(set(names)) == len(names))


def _of_text_files(files, config):
    """`Rows` of aligned text files, paths or parts, one sentence a line; each of the target language is a reference."""
    origin, targets = _directed(files, config)
    called = _called(origin)
    faults = Faults(called, config.skip_bad)
    return sources.Rows(called, list(SIDES), faults.counting(choosing(_aligned(origin, targets, config))), faults)


def _called(file):
    return file.name if isinstance(file, containers.Part) else str(file)


def _lines(file, encoding):
    if isinstance(file, containers.Part):
        return sources.lines_of(Survey.of(file, encoding))
    return sources.lines_in(file, encoding)


def _aligned(origin, targets, config):
    """Yields (number, (source, references)) of each line."""
    names, files = zip(*[(_called(file), _lines(file, config.encoding)) for file in (origin, *targets)], strict=True)
    for number, texts in enumerate(itertools.zip_longest(*files), 1):
        if None in texts:
            _refuse(names, number, texts, files)
        yield number, (texts[0], list(texts[1:]))


def _refuse(names, number, texts, files):
    """Files of which some end before line `number`, and others have a text there."""
    ends = [text is None for text in texts]
    counts = [number - end + sum(1 for _ in file) for end, file in zip(ends, files, strict=True)]
    longer, other = ends.index(False), (ends.index(True) if not ends[0] else ends.index(False))
    raise ValueError(
        f"{names[other]}: expected {counts[0]} lines, as many as {names[0]} has, received {counts[other]}; line "
        f"{number} of {names[longer]} has no partner: {texts[longer][:60]!r}. Line n of one has to be the translation "
        "of line n of the other"
    )


def _directed(files, config):
    """(the file of the source language, the files of the target language), by their names, or else in their order."""
    location = f"data ({listed([*map(_called, files)], write=brief)})"
    for file in files:
        if not isinstance(file, containers.Part) and (not file.exists() or file.is_dir()):
            raise FileNotFoundError(f"data: no file {str(file)!r} (the working folder is {pathlib.Path.cwd()})")
    endings = list(map(_language_of, files))
    if len(files) == 2 and endings[0] == endings[1] and language(endings[0]) not in LANGUAGES:
        endings = ["1", "2"]
    origin, target = chosen(list(dict.fromkeys(endings)), config, location)
    if endings.count(origin) > 1:
        raise ValueError(f"{location}: expected one file that ends in {origin!r}, the source, received several")
    return files[endings.index(origin)], [file for file, end in zip(files, endings, strict=True) if end == target]


def _language_of(file):
    """What the name of a file says of its language: train.en, train.en.gz, test.0.es, english.txt, train_en.txt."""
    path = _path_of(file)
    compressed = path.suffix.lower() in containers.COMPRESSIONS
    name = re.sub(r"(\.txt|\.\d+)+$", "", path.stem if compressed else path.name)
    ending = name.rpartition(".")[2]
    parts = re.split(r"[._\- ]", name)
    if language(ending) not in LANGUAGES and language(parts[-1]) in LANGUAGES:
        return parts[-1]
    return ending

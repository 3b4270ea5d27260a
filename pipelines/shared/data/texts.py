"""Texts at the door of a task: what `predict` is given."""

import itertools
import os
import pathlib

from pipelines.shared.data import sources, stored, tables
from pipelines.shared.data.rows import finishing

FILES = (".txt", *sources.TABLES)


def names_a_file(text):
    """Whether a text given to `predict` is the name of a file: by its ending, or since there is one."""
    name = pathlib.PurePath(text)
    ending = "" if len(text) > 4096 else sources.containers.kind(name.name)
    return ending in FILES or (len(text) < 4096 and "\n" not in text and os.path.isfile(text))


def read_inputs(inputs, placed, options):
    """The texts that `predict` is given, a list or `stored.Texts`: a list or a Series of them, a table, or a file.

    Args:
        inputs: a text is one that names a file. In a column a missing text is "".
        placed: a function of `rows.Rows` to (rows, [the place of the column of texts]).
        options: as of `settings.Reading`.

    Raises:
        TypeError: what is no list of texts. FileNotFoundError: no such file.
        ValueError: a text that UTF-8 cannot hold, rows without the column or that cannot be read.

    >>> from pipelines import settings
    >>> read_inputs({"text": ["good", None]}, lambda rows: (rows, [0]), settings.Reading())
    ['good', '']
    """
    texts = itertools.islice(_texts(inputs, placed, options), options.limit)
    return stored.Texts.of(texts) if isinstance(inputs, sources.PATHS) else list(texts)


def read_lines(path, options):
    """`stored.Texts` of the lines of a text file, blank ones too.

    Raises:
        FileNotFoundError, ValueError: raised by `sources.read_lines`.
    """
    lines = sources.lines_in(path, options.encoding)
    return stored.Texts.of(itertools.islice(_checked(lines), options.limit))


def _texts(inputs, placed, options):
    if isinstance(inputs, (str, pathlib.PurePath)):
        if sources.containers.kind(str(inputs)) == ".txt" or str(inputs) == "/dev/stdin":
            yield from sources.lines_in(inputs, options.encoding)
        else:
            texts = _of_rows(sources.opened(inputs, [], options), placed)
            first = next(texts, None)
            if first is None:
                raise ValueError(f"{inputs}: expected rows with texts, received none")
            yield from itertools.chain([first], texts)
    elif tables.is_column(inputs):
        yield from _checked(map(sources.filled, tables.values(inputs, "texts", "predict")))
    elif _has_columns(inputs):
        yield from _of_rows(finishing([sources.in_memory(inputs, ["text"], options, "predict")]), placed)
    elif isinstance(inputs, bytes) or not hasattr(inputs, "__iter__"):
        raise TypeError(
            f"predict: expected a text, a list of texts or a file, received {type(inputs).__name__}; "
            "give a Series or a table of texts where there is one"
        )
    else:
        yield from _checked(inputs)


def _checked(texts):
    return (checked_text(text, f"predict, text {number}") for number, text in enumerate(texts, 1))


def _has_columns(inputs):
    """Whether it is a table, a tf.data.Dataset or a list of dictionaries."""
    dictionaries = isinstance(inputs, list) and inputs and isinstance(inputs[0], dict)
    return tables.is_table(inputs) or hasattr(inputs, "as_numpy_iterator") or bool(dictionaries)


def _of_rows(parts, placed):
    for rows in parts:
        rows, places = placed(rows)
        for number, (text,) in rows.cells(places):
            text = sources.filled(text)
            what = wrong(text)
            if what:
                rows.fault(number, what)
            else:
                yield text


def checked_text(value, place):
    """The value, if it is a text that UTF-8 can hold.

    Raises:
        TypeError: another type. ValueError: half a surrogate pair in it.
    """
    what = wrong(value)
    if what:
        raise (ValueError if isinstance(value, str) else TypeError)(f"{place}: {what}")
    return value


def wrong(value):
    """What is wrong with a value as a text, or None.

    >>> wrong("good"), wrong(1)
    (None, 'expected a string as the text, received int 1')
    """
    if not isinstance(value, str):
        return f"expected a string as the text, received {type(value).__name__} {value!r:.60}"
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        return (
            f"expected text that UTF-8 can hold, received half a surrogate pair at character {error.start}; "
            "the text was cut or decoded wrongly"
        )
    return None

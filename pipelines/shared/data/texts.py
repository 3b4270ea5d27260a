"""Texts at the door of a task: what `predict` is given."""

import glob
import itertools
import os
import pathlib
from collections.abc import Iterator, Mapping

from pipelines.shared.data import in_memory, sources, stored, tables
from pipelines.shared.data.rows import finishing

FILES = (".txt", ".tab", ".zip", *sources.TABLES)


def names_a_file(text):
    """Whether a text given to `predict` is the name of a file or a set: by how it is written, or since there is one.

    Raises:
        FileNotFoundError: it ends as the name of a file does, and there is none.
    """
    if len(text) > 4096 or "\n" in text:
        return False
    there = os.path.isfile(text) or text.startswith("tfds:")
    if there or sources.containers.kind(text) not in FILES or glob.has_magic(text):
        return there or sources.containers.kind(text) in FILES
    raise FileNotFoundError(
        f"predict: no file or folder {text!r} (the working folder is {pathlib.Path.cwd()}); a text that ends so is "
        "given in a list"
    )


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
    return stored.Texts.of(itertools.islice(_checked(_lines(path, options)), options.limit))


def _lines(path, options):
    for one in sources.containers.expanded(path):
        yield from sources.lines_in(one, options.encoding)


def _texts(inputs, placed, options):
    if not isinstance(inputs, sources.PATHS):
        yield from _in_memory(inputs, placed, options)
    elif sources.containers.kind(str(inputs)) == ".txt" or str(inputs) == "/dev/stdin":
        yield from _lines(inputs, options)
    else:
        texts = _of_rows(sources.opened(inputs, [], options), placed)
        first = next(texts, None)
        if first is None:
            raise ValueError(f"{inputs}: expected rows with texts, received none")
        yield from itertools.chain([first], texts)


def _in_memory(inputs, placed, options):
    if tables.is_column(inputs):
        yield from _checked(map(sources.filled, tables.values(inputs, "texts", "predict")))
        return
    inputs = tables.unfolded(inputs, "predict")
    first = []
    if isinstance(inputs, (list, tuple, Iterator)):
        rest = iter(inputs)
        first = list(itertools.islice(rest, 1))
        inputs = itertools.chain(first, rest)
    if tables.is_table(inputs) or hasattr(inputs, "as_numpy_iterator") or isinstance([*first, None][0], Mapping):
        yield from _of_rows(finishing([in_memory.opened(inputs, ["text"], options, "predict")]), placed)
    elif isinstance(inputs, in_memory.NO_ROWS) or not hasattr(inputs, "__iter__"):
        raise TypeError(
            f"predict: expected a text, a list of texts or a file, received {type(inputs).__name__}; "
            "give a Series or a table of texts where there is one"
        )
    else:
        yield from _checked(inputs)


def _checked(texts):
    for number, text in enumerate(texts, 1):
        place = f"predict, text {number}"
        try:
            yield checked_text(text if isinstance(text, str) else in_memory.plain(text), place)
        except ValueError as error:
            raise ValueError(f"{place}: {str(error).removeprefix(f'{place}: ')}") from error


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

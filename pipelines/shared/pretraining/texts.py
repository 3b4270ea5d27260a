"""Texts without labels: from any source, without those that other splits hold, as windows of ids.

read = texts_of("reviews.txt", config)                     stored.Texts: a line, a cell or a file each
kept, left_out = apart(read, splits)                       without texts that the labelled splits hold
windows = in_windows(preprocessor, kept)                   stored.Arrays of ids, at most `WINDOW` each
"""

import itertools
import os
import pathlib

import numpy as np

from pipelines.shared.data import columns, containers, sources, splits, stored, texts
from pipelines.shared.text import tokenization

WINDOW = 96  # tokens


def texts_of(source, config):
    """`stored.Texts` of a source: a .txt with a text a line, a table of any kind with the texts in `text_column` or in
    its only column, a folder of .txt files, a text each; a list of any of these; a table or a list of texts in memory.

    Raises:
        ValueError, TypeError, FileNotFoundError: in one line.
    """
    try:
        read = stored.Texts.of(text for text in _texts(source, config) if text.strip())
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise type(error)(str(error).replace("predict", "unlabelled", 1)) from error
    if not len(read):
        raise ValueError(f"unlabelled: expected texts, received none in {source!r:.100}")
    return read


def _texts(source, config):
    """Yields texts, blank ones too."""
    if isinstance(source, (list, tuple)) and source and all(map(_is_source, source)):
        for one in source:
            yield from _texts(one, config)
    elif isinstance(source, sources.PATHS) and os.path.isdir(source):
        yield from itertools.islice(_in_folder(pathlib.Path(source)), config.limit)
    elif isinstance(source, sources.PATHS) and not texts.names_a_file(str(source)):
        raise FileNotFoundError(
            f"unlabelled: no file or folder {str(source)!r:.200} (the working folder is {pathlib.Path.cwd()})"
        )
    else:
        yield from texts.read_inputs(source, lambda rows: _placed(rows, config.text_column), config)


def _is_source(one):
    return isinstance(one, pathlib.PurePath) or (isinstance(one, str) and len(one) < 4096 and os.path.exists(one))


def _in_folder(folder):
    files = sorted(path for path in folder.rglob("*.txt") if not containers.hidden(path.name))
    if not files:
        raise FileNotFoundError(f"unlabelled: expected .txt files in the folder {str(folder)!r}, received none")
    return ("\n".join(sources.read_lines(path)) for path in files)


def _placed(rows, name):
    if name not in rows.names and len(rows.names) == 1:
        return rows, [0]
    return columns.placed(rows, [name])


def new_words(read, lowercase):
    """The part of the words of the first texts that stand there for the first time.

    >>> new_words(["good film, good plot"], lowercase=True)
    0.8
    """
    part = next(tokenization.chunks(read))
    words = tokenization.words(part, lowercase).flat_values.numpy()
    return len(np.unique(words)) / max(1, len(words))


def apart(read, labelled):
    """(the texts that no labelled split holds, how many of them validation or test do).

    labelled: {split: examples}. What a split ignores is ignored here: letter case, white space.
    """
    points = splits.hashes(read)
    known = {name: np.isin(points, splits.hashes(part["text"])) for name, part in labelled.items()}
    held_out = np.any([rows for name, rows in known.items() if name != "train"], axis=0)
    return read.picked(np.flatnonzero(~np.any(list(known.values()), axis=0))), int(held_out.sum())


def in_windows(preprocessor, read):
    """`stored.Arrays` of ids: each text in parts of nearly the same length, at most `WINDOW`; none of one token."""
    return stored.Arrays.joined(_cut(preprocessor.all_ids(part)) for part in tokenization.chunks(read))


def _cut(ragged):
    values, lengths = ragged.flat_values.numpy(), []
    kept = np.ones(len(values), bool)
    at = 0
    for length in ragged.row_lengths().numpy().tolist():
        if length < 2:
            kept[at : at + length] = False
        else:
            parts = -(-length // WINDOW)
            lengths += [length * (part + 1) // parts - length * part // parts for part in range(parts)]
        at += length
    return values[kept], lengths

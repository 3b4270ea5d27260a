"""Texts with labels: from any source to the splits of a text classifier, checked as they come in.

    load_splits("reviews.csv", None, None, config)["train"]     -> {"text": [...], "label": [...]}

Labels are integers, or strings without white space around them; 1 and "1" are the same label.
"""

import collections
import logging
import pathlib

from pipelines.sentiment import sample
from pipelines.shared import messages
from pipelines.shared.data import files, provenance, sources, splits, tables, texts
from pipelines.shared.data.texts import checked_text

log = logging.getLogger("unroll")

SPLIT_RULE = 1  # add one when a change moves rows to another split; see `shared.data.original_splits`


def load_examples(data, config, download=False):
    """{"text": [...], "label": [...]}; rows without a text or a label are left out, with a warning."""
    if data is None:
        return dict(zip(("text", "label"), sample.generate(), strict=True))
    if config.text_column == config.label_column:
        raise ValueError(f"label_column: expected another column than text_column's, received {config.label_column!r}")
    columns = sources.read(data, [config.text_column, config.label_column], download)
    pairs = zip(columns[config.text_column], columns[config.label_column], strict=True)
    source = provenance.called(data)
    rows = [
        (
            checked_text(sources.filled(text), f"{source}, example {row}"),
            _label(sources.filled(label), f"{source}, example {row}"),
        )
        for row, (text, label) in enumerate(pairs, 1)
    ]
    kept = [(text, label) for text, label in rows if text.strip() and label != ""]
    if len(kept) < len(rows):
        log.warning("%d of %d rows have an empty text or label and are left out", len(rows) - len(kept), len(rows))
    if not kept:
        raise ValueError(f"{source}: expected texts with labels, received {len(rows)} rows without a text or a label")
    return {"text": [text for text, _ in kept], "label": [label for _, label in kept]}


def _label(value, where):
    if not isinstance(value, (str, int)):
        raise TypeError(
            f"{where}: expected a string or an integer as the label, received {type(value).__name__} {value!r:.60}; "
            "turn the labels into either"
        )
    return _one_line(checked_text(value, where).strip(), where) if isinstance(value, str) else value


def _one_line(label, where):
    """The label, if it fits in a line of labels.txt and in a cell of a table."""
    if messages.CONTROLS.search(label):
        raise ValueError(
            f"{where}: expected a label in one line, without tabs and control characters, received {label!r:.60}; "
            "check the column of the labels, or rename it"
        )
    return label


def load_splits(data, valid, test, config, download=False):
    """The splits; those without a source of their own are cut off by content, so that no text is in two of them.

    There is no test split if it has no source and its fraction is 0.
    """
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = splits.by_content(load_examples(data, config, download), "text", parts)
    loaded |= {name: load_examples(source, config, download) for name, source in own.items()}
    _check_labels(loaded)
    splits.check(loaded, "examples", lambda part: zip(part["text"]), "texts stand in the training split too")
    return loaded


def _check_labels(loaded):
    known = collections.Counter(str(label) for label in loaded["train"]["label"])
    if len(known) < 2:
        raise ValueError(
            f"data: expected two or more labels in the training split, received {listed(known) or 'none'} "
            f"({splits.sizes(loaded)}); give more examples, and check the column of the labels"
        )
    for name, columns in loaded.items():
        unknown = {str(label) for label in columns["label"]} - set(known)
        if unknown:
            raise ValueError(
                f"{name}: labels that the training split does not have: {listed(unknown)}; it has {listed(known)}. "
                f"Give more examples of them, leave them out, or give other {name}="
            )


def listed(names):
    return messages.listed(sorted(map(str, names)), write=messages.brief)


def read_inputs(inputs, config):
    """A list of texts, from a text, a list or a Series of them, a table with the column `text_column`, or a file: .csv,
    .tsv or .jsonl, or .txt with one text in each line."""
    if isinstance(inputs, str) and pathlib.Path(inputs).suffix.lower() not in (*files.SUFFIXES, ".txt"):
        inputs = [inputs]
    elif isinstance(inputs, (str, pathlib.PurePath)):
        inputs = sources.read_texts(inputs, config.text_column)
    return texts.read_inputs(inputs, lambda table: _texts_of(table, config.text_column))


def _texts_of(table, column):
    return tables.read(table, [column], "predict")[column]

"""Texts with labels: from any source to the splits of a text classifier, checked at the door.

    load_splits("reviews.csv", None, None, config)["train"]     -> {"text": [...], "label": [...]}

Labels are strings, without white space around them, or integers; 1 and "1" are the same label.
"""

import collections
import itertools
import logging

from pipelines.sentiment import sample
from pipelines.shared import messages
from pipelines.shared.data import columns, labels, provenance, sources, splits, stored, texts

log = logging.getLogger("unroll")

SPLIT_RULE = 2  # raised with each change of what falls in which split; see `shared.data.original_splits`


def load_examples(data, config, download=False, role="data"):
    """{"text": [...], "label": [...]}; rows without a text or a label are left out, and said."""
    if data is None:
        read, classes = sample.generate()
        return {"text": stored.Texts.of(read), "label": stored.Labels.of(classes)}
    if config.text_column == config.label_column:
        raise ValueError(f"label_column: expected another column than text_column's, received {config.label_column!r}")
    rows = itertools.islice(_rows(data, config, download, role), config.limit)
    read, classes = stored.columns(rows, stored.Texts, stored.Labels)
    called = provenance.called(data, role)
    if not read:
        raise ValueError(f"{called}: expected texts with labels, received no row that has both")
    return {"text": read, "label": labels.joined(classes, config.join_labels, called)}


def _rows(data, config, download, role):
    """Yields (text, label) of each row that has both."""
    names, empty, read = [config.text_column, config.label_column], 0, 0
    for rows in sources.opened(data, names, config, download, role):
        rows, places = columns.placed(rows, names)
        counts = collections.Counter()
        for number, (text, label) in rows.cells(places):
            text, label = sources.filled(text), sources.filled(label)
            what = texts.wrong(text) or _wrong(label) or _header_again(text, label, names)
            if what:
                rows.fault(number, what)
                continue
            label, read = label.strip() if isinstance(label, str) else label, read + 1
            counts[label] += 1
            if not text.strip() or label == "":
                empty += 1
            elif not rows.faults.fatal:
                yield text, label
        _check_header(rows, counts)
    if empty:
        log.warning("%d of %d rows have an empty text or label and are left out", empty, read)


def _header_again(text, label, names):
    """What is wrong with a row that is the header, as where files were put one behind another, or None."""
    same = label == names[1] and text.strip("\ufeff ") == names[0]
    return "expected a row, received the names of the columns again" if same else None


def _check_header(rows, counts):
    """Refuses rows by number of which the first looks like a header: its label is its own, while others repeat."""
    first = next(iter(counts), None)
    if rows.doubtful and counts[first] == 1 and max(counts.values()) > 1:
        raise ValueError(
            f"{rows.called}: its first line, with the label {messages.shown(first)}, could be a header or a row of "
            "data; header='yes' or 'no' (--header) says which"
        )


def _wrong(label):
    """What is wrong with a label, or None; it is to stand in a line of labels.txt and in a cell of a table."""
    if isinstance(label, str):
        if messages.CONTROLS.search(label.strip()):
            return (
                f"expected a label in one line, without tabs and control characters, received {label!r:.60}; "
                "check the column of the labels, or rename it"
            )
        return texts.wrong(label)
    if not isinstance(label, int):
        return (
            f"expected a string or an integer as the label, received {type(label).__name__} {label!r:.60}; "
            "turn the labels into either"
        )
    return None


def load_splits(data, valid, test, config, download=False):
    """The splits; what is not given is cut off by content, so that a text never stands in two of them, and so that each
    class is in each split where it can be.

    A test split that is not given and of which the fraction is 0 is left out.
    """
    return _load_splits(data, valid, test, config, download, _by_rule_2)


def _load_splits_1(data, valid, test, config, download=False):
    """The splits as they were cut until 0.1: by content alone."""
    return _load_splits(data, valid, test, config, download, lambda read, parts: splits.by_content(read, "text", parts))


FORMER_RULES = {1: _load_splits_1}


def _by_rule_2(examples, parts):
    return splits.by_content_and_class(examples, "text", "label", parts)


def _load_splits(data, valid, test, config, download, cut):
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = cut(load_examples(data, config, download), parts)
    loaded |= {name: load_examples(source, config, download, name) for name, source in own.items()}
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
    for name, part in loaded.items():
        unknown = {str(label) for label in part["label"]} - set(known)
        if unknown:
            raise ValueError(
                f"{name}: labels that the training split does not have: {listed(unknown)}; it has {listed(known)}. "
                f"Give more examples of them, leave them out, or give other {name}="
            )


def listed(names):
    return messages.listed(sorted(map(str, names)), write=messages.brief)


def read_inputs(inputs, config):
    """A list of texts, from a text, a list or a Series of them, a table with the column `text_column`, or a file: a
    table of any kind, or .txt with a text a line."""
    if isinstance(inputs, str) and not texts.names_a_file(inputs):
        inputs = [inputs]
    return texts.read_inputs(inputs, lambda rows: columns.placed(rows, [config.text_column]), config)

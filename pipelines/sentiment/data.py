"""Texts with labels: from any source to the splits of a text classifier, checked at the door.

    load_splits("reviews.csv", None, None, config)["train"]     -> {"text": [...], "label": [...]}

Labels are strings, without white space around them, or integers; 1 and "1" are the same label. Several labels of a
text are a tuple of them, in their order; a number is a float.
"""

import collections
import logging

import numpy as np

from pipelines.sentiment import label_cells, sample, targets
from pipelines.shared import messages
from pipelines.shared.data import columns, provenance, sources, splits, stored, texts

log = logging.getLogger("unroll")

listed = targets.listed
SPLIT_RULE = 2  # raised with each change of what falls in which split; see `shared.data.original_splits`


def load_examples(data, config, download=False, role="data"):
    """{"text": [...], "label": [...]}; rows without a text or a label are left out, and said.

    Labels are as of `targets`; where the setting `target` is None, they are classes.
    """
    return _load_examples(data, config, download, role, config.target or "class")


def _load_examples(data, config, download, role, target):
    """As `load_examples`; of the target None, what is predicted is told by the labels."""
    if data is None:
        read, classes = sample.generate()
        labels = targets.settled(classes, target or "class", "the built-in sample")
        return {"text": stored.Texts.of(read), "label": labels}
    if config.text_column == config.label_column:
        raise ValueError(f"label_column: expected another column than text_column's, received {config.label_column!r}")
    if config.label_separator and target in ("class", "number"):
        raise ValueError(f"label_separator: has an effect with target='several', received target={target!r}")
    reading = Reading(config, target)
    read, classes = stored.columns(reading.rows(data, download, role), stored.Texts, stored.Labels)
    called = provenance.called(data, role)
    if not read:
        raise ValueError(f"{called}: expected texts with labels, received no row that has both")
    target = target or targets.told_of_cells(classes, called)
    examples = {"text": read, "label": targets.settled(classes, target, called)}
    if target != "several":
        labelled = np.array([value != "" for value in classes.values])[classes.codes]
        reading.empty += int((~labelled).sum())
        examples = splits.picked(examples, np.flatnonzero(labelled)) if not labelled.all() else examples
    reading.say()
    if target == "number":
        return examples
    return {**examples, "label": targets.joined(examples["label"], config.join_labels, called)}


class Reading:
    """The rows of a source that have a text and a label, and how many lack either."""

    def __init__(self, config, target):
        self.config, self.target, self.empty, self.read = config, target, 0, 0

    def rows(self, data, download, role):
        """Yields (text, label) of each row, at most as many as the setting `limit`.

        The label "" of a row is none: of rows that are to have one, they are left out.
        """
        left = self.config.limit
        for text, label in self._rows(data, download, role):
            yield text, label
            left = None if left is None else left - (label != "")
            if left == 0:
                return

    def say(self):
        """Warns of what is left out."""
        if self.empty:
            log.warning("%d of %d rows have an empty text or label and are left out", self.empty, self.read)

    def _rows(self, data, download, role):
        config, further = self.config, self.config.label_column.split(",")
        asked = [config.text_column, *(further if len(further) > 1 else [config.label_column])]
        for rows in sources.opened(data, asked, config, download, role):
            whole = config.label_column in (rows.names or ()) or len(further) == 1
            names = [config.text_column, config.label_column] if whole else asked
            rows, places = columns.placed(rows, names)
            counts = collections.Counter()
            for number, (text, *values) in rows.cells(places):
                text, (label, what) = sources.filled(text), self._label(names[1:], values)
                what = texts.wrong(text) or _header_again(text, values[0], names) or what
                if what:
                    rows.fault(number, what)
                    continue
                self.read += 1
                counts[label] += 1
                if not text.strip() or (label == "" and self.target in ("class", "number")):
                    self.empty += 1
                elif not rows.faults.fatal:
                    yield text, label
            _check_header(rows, counts)

    def _label(self, names, values):
        """(the label of a row, None), or (None, what is wrong)."""
        if len(values) == 1:
            return label_cells.cell(values[0], self.target, self.config.label_separator)
        label, what = label_cells.flags(names, values)
        if self.target != "class" or what:
            return label, what
        if len(label) == 1:
            return label[0], None
        return None, f"expected 1 in one of the columns of the classes, received it in {len(label)}"


def _header_again(text, label, names):
    """What is wrong with a row that is the header, as where files were put one behind another, or None."""
    same = isinstance(label, str) and label.strip() == names[1] and text.strip("\ufeff ") == names[0]
    return "expected a row, received the names of the columns again" if same else None


def _check_header(rows, counts):
    """Refuses rows by number of which the first looks like a header: its label is its own, while others repeat."""
    first = next(iter(counts), None)
    if rows.doubtful and isinstance(first, str) and counts[first] == 1 and max(counts.values()) > 1:
        raise ValueError(
            f"{rows.called}: its first line, with the label {messages.shown(first)}, could be a header or a row of "
            "data; header='yes' or 'no' (--header) says which"
        )


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
    if targets.told(examples["label"]) == "number":
        return splits.by_content(examples, "text", parts)
    return splits.by_content_and_class(examples, "text", "label", parts)


def _load_splits(data, valid, test, config, download, cut):
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    examples = _load_examples(data, config, download, "data", config.target)
    target = targets.told(examples["label"])
    loaded = cut(examples, parts)
    loaded |= {name: _load_examples(source, config, download, name, target) for name, source in own.items()}
    targets.check(loaded, target)
    splits.check(loaded, "examples", lambda part: zip(part["text"]), "texts stand in the training split too")
    return loaded


def read_inputs(inputs, config):
    """A list of texts, from a text, a list or a Series of them, a table with the column `text_column`, or a file: a
    table of any kind, or .txt with a text a line."""
    if isinstance(inputs, str) and not texts.names_a_file(inputs):
        inputs = [inputs]
    return texts.read_inputs(inputs, lambda rows: columns.placed(rows, [config.text_column]), config)

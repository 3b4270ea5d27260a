"""What the labels of texts are: classes, several labels a text, or numbers; told by their values.

told(["good", "bad", 1])             "class": strings and integers
told([("toxic", "insult"), ()])      "several": tuples of them, also empty ones
told([3.5, 4.0])                     "number": floats

settled(cells, "several", "a.csv")   labels as `label_cells` reads them to labels of one kind
numbers, indicators                  labels to arrays
"""

import logging
import re

import numpy as np

from pipelines.shared import messages
from pipelines.shared.data import labels as spellings
from pipelines.shared.data import splits, stored

log = logging.getLogger("unroll")

MONITORS = {"class": "val_accuracy", "several": "val_average_precision", "number": "val_loss"}
MONITORED = {
    "class": ("val_accuracy", "val_balanced_accuracy", "val_loss"),
    "several": ("val_average_precision", "val_loss"),
    "number": ("val_loss", "val_mae"),
}
# 1.5 and -2e3, but not 01, which is a code, nor 1_000.
NUMERAL = re.compile(r"[-+]?(0|[1-9]\d*)?(\.\d*)?([eE][-+]?\d+)?(?<=[\d.])")
SEPARATORS = "|;,"


def told(labels):
    """What labels are, as `data` gives them: "class", "several" or "number"."""
    kinds = {type(value) for value in stored.Labels.of(labels).values}
    return "several" if tuple in kinds else "number" if float in kinds else "class"


def settings_for(labels, config):
    """{"target", "monitor"}: what is predicted, None for classes, and what then decides on the best epoch.

    Raises:
        ValueError: a monitor that this target does not have.
    """
    target = config.target or told(labels)
    if config.monitor and config.monitor not in MONITORED[target]:
        raise ValueError(
            f"monitor: expected one of {', '.join(MONITORED[target])} with target={target!r}, received "
            f"{config.monitor!r}"
        )
    if config.monitor == "val_balanced_accuracy" and not config.balance:
        raise ValueError("monitor='val_balanced_accuracy': is measured with balance=True alone")
    monitor = "val_balanced_accuracy" if target == "class" and config.balance else MONITORS[target]
    return {"target": None if target == "class" else target, "monitor": monitor}


def told_of_cells(labels, called):
    """What is predicted, told by labels as `label_cells` reads them.

    Lists are several labels; numbers of which one has a fraction are numbers; all else is classes.

    Raises:
        ValueError: lists beside others, floats beside names.
    """
    values = [value for value in labels.counts() if value != ""]
    lists = [value for value in values if isinstance(value, tuple)]
    others = [value for value in values if not isinstance(value, tuple)]
    if lists and others:
        raise ValueError(
            f"{called}: labels of two kinds, lists such as {messages.shown(list(lists[0]))} and others such as "
            f"{messages.shown(others[0])}; give lists alone, or target='several'"
        )
    if lists:
        return "several"
    floats = [value for value in others if isinstance(value, float)]
    if others and all(map(_is_number, others)) and any(float(value) % 1 for value in others):
        return "number"
    if floats:
        raise ValueError(
            f"{called}: expected a string or an integer as the label, received float {floats[0]!r:.60}; turn "
            "the labels into either for classes, or say target='number'"
        )
    return "class"


def _is_number(value):
    """Whether a label is a finite number, and written as one.

    >>> [_is_number(value) for value in (1, 1.5, "-1.5", "2e3", "01", "1_0", "nan", ".", "", float("inf"))]
    [True, True, True, True, False, False, False, False, False, False]
    """
    if isinstance(value, str):
        return any(map(str.isdigit, value)) and NUMERAL.fullmatch(value) is not None and abs(float(value)) < np.inf
    return abs(value) < np.inf


def settled(labels, target, called):
    """Labels as `label_cells` reads them, of one kind: strings and integers, tuples in order, or floats.

    Raises:
        ValueError: what is no number.

    >>> list(settled(["a", ("b", "a", "a"), ""], "several", "a.csv")), list(settled(["1", 2.5], "number", "a.csv"))
    ([('a',), ('a', 'b'), ()], [1.0, 2.5])
    """
    labels = stored.Labels.of(labels)
    if target == "several":
        return _several(labels, called)
    if target == "class":
        _hint_at_separator(labels.mapped(lambda value: (value,)), called)
        return labels
    wrong = next((value for value in labels.counts() if value != "" and not _is_number(value)), None)
    if wrong is not None:
        raise ValueError(f"{called}: expected a number as the label, received {messages.shown(wrong)}")
    return labels.mapped(lambda value: value if value == "" else float(value))


def _several(labels, called):
    tuples = labels.mapped(lambda value: value if isinstance(value, tuple) else (value,) * (value != ""))
    values = list(tuples.counts())
    if _are_indicators(values):
        log.warning("%s: lists of 0 and 1, all of %d: each stands for the labels 0 to %d, and 1 for those that a text "
                    "has", called, len(values[0]), len(values[0]) - 1)  # fmt: skip
        tuples = tuples.mapped(lambda value: tuple(number for number, one in enumerate(value) if str(one) in "1True"))
    _hint_at_separator(tuples, called)
    return tuples.mapped(lambda value: tuple(sorted(set(value), key=str)))


def _are_indicators(values):
    """Whether lists are 0 or 1 for each label, and not labels called 0 and 1: those would not stand there twice.

    >>> _are_indicators([(0, 1, 0), (1, 1, 0)]), _are_indicators([(0, 1), (1,)]), _are_indicators([(0, 1), (1, 0)])
    (True, False, False)
    """
    lengths = {len(value) for value in values}
    flags = {"0", "1", "False", "True"}  # of text too
    if len(lengths) != 1 or lengths <= {0, 1} or any(str(one) not in flags for value in values for one in value):
        return False
    return any(len(set(value)) < len(value) for value in values)


def _hint_at_separator(labels, called):
    """Says so if labels look like several with something between them."""
    singles = {str(value[0]) for value in labels.values if len(value) == 1}
    for separator in SEPARATORS:
        joined = [name for name in singles if separator in name]
        parts = {part.strip() for name in joined for part in name.split(separator)}
        if len(joined) > 2 and len(parts) < len(joined):
            log.warning(
                "%s: labels such as %s may be several; label_separator='%s' (--label-separator) parts them",
                called, messages.shown(joined[0]), separator,
            )  # fmt: skip
            return


def joined(labels, join, called):
    """The labels; those that may be the same are said, or else joined. See `shared.data.labels.joined`."""
    if told(labels) != "several":
        return spellings.joined(labels, join, called)
    single = stored.Labels.of(label for value in labels for label in value)
    names = dict(zip(single.values, spellings.joined(single, join, called).values, strict=True))
    return labels.mapped(lambda value: tuple(sorted({names.get(label, label) for label in value}, key=str)))


def check(loaded, target):
    """Refuses splits of which nothing can be learned, or with labels that the training split lacks.

    Raises:
        ValueError: less than two classes or numbers, no label at all, labels that only another split has.
    """
    known = names(loaded["train"]["label"])
    least = {"class": "two or more labels", "number": "two or more different numbers", "several": "at least one label"}
    if len(known) < (1 if target == "several" else 2):
        raise ValueError(
            f"data: expected {least[target]} in the training split, received {listed(known) or 'none'} "
            f"({splits.sizes(loaded)}); give more examples, and check the column of the labels"
        )
    for name, part in loaded.items():
        unknown = names(part["label"]) - known if target != "number" else ()
        if unknown:
            raise ValueError(
                f"{name}: labels that the training split does not have: {listed(unknown)}; it has {listed(known)}. "
                f"Give more examples of them, leave them out, or give other {name}="
            )


def names(labels):
    """The names of all labels, a set of strings."""
    return {str(label) for value in stored.Labels.of(labels).counts() for label in _each(value)}


def _each(value):
    return value if isinstance(value, tuple) else (value,)


def listed(names):
    """Names in order, the first few of them."""
    return messages.listed(sorted(map(str, names)), write=messages.brief)


def learned(labels, target, positive=None):
    """What the training split says of labels: {"target", "labels"}, and of numbers "mean" and "scale" too.

    Labels that are all integers are in numeric order, others in that of their letters; of two classes the positive one
    is the last.

    >>> learned([("b",), ("a", "b"), ()], "several"), learned([1.0, 3.0], "number")["scale"]
    ({'target': 'several', 'labels': ['a', 'b']}, 1.0)
    """
    column = stored.Labels.of(labels)
    target = target or told(column)
    if target == "number":
        values = numbers(column)
        return {"target": target, "labels": [], "mean": float(values.mean()), "scale": float(values.std()) or 1.0}
    named = {str(label): label for value in column.counts() for label in _each(value)}
    whole = all(name.removeprefix("-").isdecimal() for name in named)
    ordered = sorted(named, key=int if whole else None)
    ordered.sort(key=lambda name: name == positive)
    return {"target": target, "labels": [named[name] for name in ordered]}


def numbers(labels):
    """float32 (texts,)"""
    column = stored.Labels.of(labels)
    return np.array(column.values, np.float32)[column.codes]


def indicators(labels, columns):
    """int8 (texts, labels): 1 where a text has a label, else 0.

    Args:
        columns: {label as a string: its column}.

    Raises:
        ValueError: labels that are not in `columns`.

    >>> indicators([("b",), (), ("a", "b")], {"a": 0, "b": 1}).tolist()
    [[0, 1], [0, 0], [1, 1]]
    """
    column = stored.Labels.of(labels)
    check_known(names(column), columns)
    rows = np.zeros((len(column.values), len(columns)), np.int8)
    for row, value in enumerate(column.values):
        rows[row, [columns[str(label)] for label in value if str(label) in columns]] = 1
    return rows[column.codes]


def check_known(names, known):
    """Refuses labels that a model was not trained on."""
    unknown = set(names) - set(known)
    if unknown:
        raise ValueError(
            f"data: labels that the model was not trained on: {listed(unknown)}; it has {listed(known)}. "
            "Leave those rows out, or train with them"
        )

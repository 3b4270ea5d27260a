"""Cells of a table to the label of a text: a class, a tuple of several labels, or a number.

    cell("good", "class", None)                 ("good", None): the label, and what is wrong with it
    cell("a|b", "several", "|")                 (("a", "b"), None)
    flags(["toxic", "insult"], ["1", 0])        (("toxic",), None): a column for each label

Where it is not yet known what is predicted (None), a list is a tuple, and a float stays one; `targets.settled` decides.
"""

import ast
import json
import math

from pipelines.shared import messages
from pipelines.shared.data import cells, sources, texts

TRUE, FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")
LISTS = (list, tuple, set, frozenset)


def cell(value, target, separator=None):
    """(the label of a text, None), or (None, what is wrong); "" is none.

    Args:
        value: of a cell, as a source gives it.
        target: "class", "several" or "number"; None where that is told later.
        separator: between several labels of a cell.
    """
    value = value if isinstance(value, LISTS) else sources.filled(value)
    value = value.strip() if isinstance(value, str) else value
    if target == "number":
        return _number(value)
    if target != "class":
        value = _parted(value, separator)
    if not isinstance(value, LISTS):
        as_it_is = target is None and isinstance(value, float)
        what = None if as_it_is else wrong(value)
        return (None if what else value), what
    if target == "class":
        return None, wrong(value)
    return _several(value)


def _parted(value, separator):
    """The labels in a text: a list of JSON or of Python, or what stands between separators."""
    if not isinstance(value, str):
        return value
    if separator:
        return value.split(separator)
    return value if not (value.startswith("[") and value.endswith("]")) else _list(value)


def _list(text):
    """The list that a text is, or the text.

    >>> _list('["a", "b"]'), _list("['a']"), _list("[sic]")
    (['a', 'b'], ['a'], '[sic]')
    """
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return value if isinstance(value, list) else text
    return text


def _several(values):
    """A tuple of labels, in which gaps are left out."""
    if isinstance(values, (set, frozenset)):
        values = sorted(values, key=str)
    labels = [one.strip() if isinstance(one, str) else one for one in values if not sources.missing(one)]
    labels = [int(one) if isinstance(one, float) and one in (0, 1) else one for one in labels if one != ""]
    what = next(filter(None, map(wrong, labels)), None)
    return (None, what) if what else (tuple(labels), None)


def flags(names, values):
    """The labels of a text that has a column for each of them; errors as of `cell`.

    >>> flags(["toxic", "insult"], [True, "0"]), flags(["toxic"], [-1])
    ((('toxic',), None), (None, "expected 0 or 1 in the column 'toxic', received -1"))
    """
    labels = []
    for name, value in zip(names, values, strict=True):
        written = str(value).strip().lower()
        if written not in TRUE + FALSE:
            received = "nothing" if sources.missing(value) or not written else messages.shown(value)
            return None, f"expected 0 or 1 in the column {messages.shown(name)}, received {received}"
        labels += [name] * (written in TRUE)
    return tuple(labels), None


def _number(value):
    """(a finite float, None), or (None, what is wrong)."""
    number = None if value == "" else cells.as_number(value)
    if value == "" or (number is not None and math.isfinite(number)):
        return (value if number is None else number), None
    return None, f"expected a number as the label, received {type(value).__name__} {messages.shown(value)}"


def wrong(label):
    """What is wrong with a class or a label, or None; it is to stand in a line of labels.txt and in a cell of a table.

    >>> wrong("good"), wrong(1)
    (None, None)
    """
    if isinstance(label, str):
        if messages.CONTROLS.search(label.strip()):
            return (
                f"expected a label in one line, without tabs and control characters, received {label!r:.60}; "
                "check the column of the labels, or rename it"
            )
        return texts.wrong(label)
    if not isinstance(label, int):
        other = {float: "; target='number' takes numbers", list: "; target='several' takes lists"}
        return (
            f"expected a string or an integer as the label, received {type(label).__name__} {label!r:.60}; "
            f"turn the labels into either{other.get(type(label), '')}"
        )
    return None

"""What the labels of texts are: classes, several labels a text, or numbers; told by their values.

told(["good", "bad", 1])             "class": strings and integers
told([("toxic", "insult"), ()])      "several": tuples of them, also empty ones
told([3.5, 4.0])                     "number": floats
"""

import numpy as np

from pipelines.shared.data import stored

MONITORS = {"class": "val_accuracy", "several": "val_average_precision", "number": "val_mae"}
MONITORED = {
    "class": ("val_accuracy", "val_loss"),
    "several": ("val_average_precision", "val_loss"),
    "number": ("val_mae", "val_loss"),
}


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
    return {"target": None if target == "class" else target, "monitor": MONITORS[target]}


def learned(labels, target):
    """What the training split says of labels: {"target", "labels"}, and of numbers "mean" and "scale" too.

    Labels that are all integers are in numeric order, others in that of their letters.

    >>> learned([("b",), ("a", "b"), ()], "several"), learned([1.0, 3.0], "number")["scale"]
    ({'target': 'several', 'labels': ['a', 'b']}, 1.0)
    """
    column = stored.Labels.of(labels)
    target = target or told(column)
    if target == "number":
        values = numbers(column)
        return {"target": target, "labels": [], "mean": float(values.mean()), "scale": float(values.std()) or 1.0}
    distinct = [one for value in column.counts() for one in (value if target == "several" else [value])]
    named = {str(label): label for label in distinct}
    whole = all(name.removeprefix("-").isdecimal() for name in named)
    return {"target": target, "labels": [named[name] for name in sorted(named, key=int if whole else None)]}


def numbers(labels):
    """float32 (texts,)"""
    column = stored.Labels.of(labels)
    return np.array(column.values, np.float32)[column.codes]


def indicators(labels, columns, listed):
    """int8 (texts, labels): 1 where a text has a label, else 0.

    Args:
        columns: {label as a string: its column}.
        listed: a function that writes names in an error.

    Raises:
        ValueError: labels that are not in `columns`.

    >>> indicators([("b",), (), ("a", "b")], {"a": 0, "b": 1}, list).tolist()
    [[0, 1], [0, 0], [1, 1]]
    """
    column = stored.Labels.of(labels)
    unknown = {str(label) for value in column.counts() for label in value} - set(columns)
    if unknown:
        raise ValueError(
            f"data: labels that the model was not trained on: {listed(unknown)}; it has {listed(columns)}. "
            "Leave those rows out, or train with them"
        )
    rows = np.zeros((len(column.values), len(columns)), np.int8)
    for row, value in enumerate(column.values):
        rows[row, [columns[str(label)] for label in value if str(label) in columns]] = 1
    return rows[column.codes]

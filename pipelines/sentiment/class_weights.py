"""Weights that a user gives to classes or labels in the loss: a mapping, or text on the command line.

written({"spam": 5})      '{"spam": 5.0}', as config.json keeps it
written("spam=5,ham=1")   '{"ham": 1.0, "spam": 5.0}'
of_labels('{"spam": 5.0}', ["ham", "spam"])     [1.0, 5.0]
"""

import json
import math
import numbers
from collections.abc import Mapping, Sequence

from pipelines import settings
from pipelines.shared import messages

EXPECTED = 'a number above 0 for each class, such as {"spam": 5} or spam=5,ham=1'


def written(weights: Mapping | str) -> str:
    """The weights as JSON, in the order of their names.

    Raises:
        ValueError: none, or one that is no number above 0.

    >>> written({1: 2, 0: 0.5}), written("a=3")
    ('{"0": 0.5, "1": 2.0}', '{"a": 3.0}')
    """
    weights = _read(weights) if isinstance(weights, str) else weights
    if not isinstance(weights, Mapping) or not weights:
        raise ValueError(f"class_weights: expected {EXPECTED}, received {messages.shown(weights)}")
    for label, weight in weights.items():
        real = isinstance(weight, numbers.Real) and not isinstance(weight, bool)
        if not real or not math.isfinite(weight) or weight <= 0:
            raise ValueError(
                f"class_weights: expected a number above 0 for {messages.shown(label)}, received "
                f"{messages.shown(weight)}"
            )
    return json.dumps({str(label): float(weights[label]) for label in sorted(weights, key=str)}, ensure_ascii=False)


def _read(text):
    """The mapping in a text, {label: number or text}."""
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    parts = [part.rpartition("=") for part in text.split(",")]
    if not all(equals and label.strip() for label, equals, _ in parts):
        return text
    return {label.strip(): _number(weight) for label, _, weight in parts}


def _number(text):
    try:
        return float(text)
    except ValueError:
        return text


def of_labels(weights: str, labels: Sequence) -> list[float]:
    """The weight of each label, 1 of those that are not named.

    Raises:
        ValueError: a name that is no label.
    """
    weights, names = json.loads(weights), list(map(str, labels))
    for name in weights:
        if name not in names:
            raise ValueError(
                f"class_weights: expected classes among {messages.listed(names)}, received {messages.shown(name)}."
                f"{settings.near(name, names)}"
            )
    return [weights.get(name, 1.0) for name in names]

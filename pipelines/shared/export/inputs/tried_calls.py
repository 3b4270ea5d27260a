"""Shapes and numbers that a model takes, found by calling it: in milliseconds, before a conversion of many seconds.

    plan = tried_calls.planned(model, expected, input_roles)
    plan.calls      # a list of input arrays per call, of different shapes if the model takes several

The open axes have sizes that most models take, then others: multiples, longer ones, as long as its layers ask for, and
each from 1 to 64. Numbers are any at first, then positive ones, on which the model's answers are finite.
"""

import dataclasses
import itertools
import logging
import math

import keras
import numpy as np

from pipelines.shared.export.inputs import drawn_inputs, drawn_numbers, traced_uses, trials
from pipelines.shared.export.models import signatures as model_signatures
from pipelines.shared.messages import listed

log = logging.getLogger("unroll")
SIZES = ((1, 7), (3, 12), (6, 5))  # (batch, open axes), call by call, of a model that takes anything
LIKELY = (7, 12, 5, 16, 24, 32, 64, 96, 128, 256)
OTHERS = tuple(dict.fromkeys((*range(8, 65), 4, 3, 2, 1, *range(70, 1025, 10), 224, 299, 384, 512, 768, 1024, 2048)))
ROWS = (2, 4, 8, 16, 32, 10, 64, 5, 7)  # batches of a model that takes neither one row nor the batch of its inputs
MORE = 40  # sizes that are tried for a second and a third call


@dataclasses.dataclass
class Plan:
    """The calls in which a file is compared with its model."""

    calls: list
    batch: int | None = None  # if the model takes only so many rows
    examples: dict | None = None  # a user's own, {name: array}
    roles: list = dataclasses.field(default_factory=list)  # of the inputs
    values: drawn_numbers.Values | None = None  # which were drawn


def planned(model, expected, input_roles, batch=None, alike=False):
    """The `Plan` of a model.

    Args:
        expected: the inputs as a flat list of `example_inputs.Expected`.
        batch: the rows of every call, if they are fixed.
        alike: whether the open axes of all inputs have one size in a call.

    Raises:
        ValueError: the model fails on all that is tried.
    """
    judge = trials.Judge(model, expected, input_roles)
    first = _first(judge, batch)
    fixed = _fixed(model, judge, first, batch)
    if fixed and first[0] != fixed:
        first = _first(judge, fixed)
    others = _others(judge, first, batch or fixed)
    if not alike:
        others = _unlike(judge, others)
    if judge.open_axes and not judge.late and len({sizes for _, sizes in (first, *others)}) == 1:
        log.warning(
            "%s: of the sizes tried (%s) it takes only %s, at which the file was compared; give examples= of others",
            model.name, _tried(judge), listed(first[1], write=str),
        )  # fmt: skip
    draw, calls, number = np.random.default_rng(0), [], 0
    for rows, sizes in _enough((first, *others)):
        patterns = range(number, number + rows)
        calls.append(
            drawn_numbers.drawn(expected, input_roles, judge.shapes(rows, sizes), patterns, draw, judge.values)
        )
        number += rows
    return Plan(calls, fixed, None, input_roles, judge.values)


def _enough(found):
    """The calls, and the first ones again until every way of padding has had a row."""
    rows = sum(rows for rows, _ in found)
    for number in itertools.count():
        if number >= len(found) and rows >= drawn_numbers.PATTERNS:
            return
        again = found[number % len(found)]
        rows += again[0] if number >= len(found) else 0
        yield again


def _first(judge, batch):
    """(rows, sizes) of a first call."""
    own, axes = own_batch(judge.model), len(judge.open_axes)
    rows = [batch] if batch else list(dict.fromkeys((SIZES[0][0], own or SIZES[0][0])))
    likely = dict.fromkeys((*LIKELY, *_hinted(judge.model))) if axes else (1,)
    stages = ((rows, likely), (rows, OTHERS if axes else ()), (() if batch else ROWS, likely))
    for numbers, sizes in stages:
        for size, number in itertools.product(sizes, numbers):
            if judge.takes(number, [size] * axes, every=sizes is likely):
                return number, (size,) * axes
            if judge.late:
                break
        if settled := judge.settle():
            return settled
    for sizes in itertools.product((4, 8, 12, 16, 32, 64), repeat=axes) if 1 < axes < 5 else ():
        if not judge.late and judge.takes(rows[-1], sizes, every=False):
            return rows[-1], sizes
    raise _failed(judge)


def _failed(judge):
    telling = max(judge.errors, key=judge.errors.count, default="")
    return ValueError(
        f"{judge.model.name}: the model itself fails on all inputs drawn for it, of {_tried(judge)}; it says: "
        f"{telling}; give examples=, inputs as it takes them"
    )


def _tried(judge):
    """The batches and sizes that were tried, as a text."""
    rows = sorted({rows for rows, _ in judge.tried})
    sizes = list(dict.fromkeys(size for _, sizes in judge.tried for size in sizes))
    words = f"{listed(rows, write=str)} row{'s' if rows != [1] else ''}"
    return words + (f" and open axes of {listed(sizes, 12, str)}" if sizes else "")


def _others(judge, first, batch):
    """(rows, sizes) of two more calls, of other sizes if the model takes them."""
    found = [first]
    for rows, size in SIZES[1:]:
        numbers = [batch] if batch else list(dict.fromkeys((rows, first[0])))
        found.append(_another(judge, found, numbers, size))
    return found[1:]


def _another(judge, found, numbers, size):
    """(rows, sizes) of one more call; at last those of the first."""
    known = {sizes for _, sizes in found}
    unequal = [tuple(times * size for size in found[0][1]) for times in (2, 3, 4)] if len(set(found[0][1])) > 1 else []
    first = max(found[0][1], default=0)
    sizes = (size, 2 * first, first + 1, first + first // 2, 3 * first, *LIKELY, *_hinted(judge.model), *OTHERS)
    candidates = [(each,) * len(judge.open_axes) for each in dict.fromkeys(sizes)] if judge.open_axes else []
    for candidate in [each for each in (*unequal, *candidates) if each not in known][:MORE]:
        for number in numbers:
            if not judge.late and judge.takes(number, candidate):
                return number, candidate
    return next(((number, found[0][1]) for number in numbers if judge.takes(number, found[0][1])), found[0])


def _unlike(judge, others):
    """The calls, the last with axes of different sizes, if the model takes that.

    Not with an input of booleans: it is a mask, and Keras takes one of more steps than there are without a word.
    """
    if any(one.kind == "bool" for one in judge.expected):
        return others
    sizes = sorted({sizes[0] for _, sizes in others if sizes}, reverse=True)
    if len(judge.open_axes) < 2 or len(sizes) < 2:
        return others
    for number in (lambda index, axis: index + axis, lambda index, _: index, lambda _, axis: axis):
        unlike = tuple(sizes[number(*place) % 2] for place in judge.open_axes)
        if len(set(unlike)) > 1 and judge.takes(others[-1][0], unlike):
            return [*others[:-1], (others[-1][0], unlike)]
    return others


def own_batch(model):
    """The batch size that the model's inputs fix; None if they fix none."""
    return max({tensor.shape[0] for tensor in keras.tree.flatten(model._inputs_struct)} - {None}, default=None)


def _fixed(model, judge, first, batch):
    """The batch that the inputs fix, if the model takes no other; else None."""
    own = own_batch(model)
    if batch or own is None:
        return None
    takes_other = first[0] != own or (own == SIZES[0][0] and judge.takes(2, first[1]))
    return None if takes_other and _traces(model) else own


def fixed_batch(model, arrays):
    """The batch that the inputs fix, if the model does not take other rows of these; else None."""
    own = own_batch(model)
    if own is None:
        return None
    try:
        drawn_inputs.asked(model, [array[: own - 1 or 2] for array in arrays])
    except Exception:  # of the model's own code, which may raise anything
        return own
    return None if _traces(model) else own


def _traces(model):
    """Whether a model whose inputs fix a batch can be traced without one."""
    return traced_uses.traced(model, model_signatures.specification(model)) is not None


def _hinted(model):
    """Sizes that the model's own operations ask for: of a Reshape, of a table of positions."""
    sizes = []
    for operation in model.operations:
        shape = getattr(operation, "target_shape", None) or getattr(operation, "newshape", None)
        known = [size for size in keras.tree.flatten(shape or ()) if isinstance(size, int) and size > 0]
        length = getattr(operation, "sequence_length", None)
        sizes += [math.prod(known), *known] if known else [length] if isinstance(length, int) else []
    return tuple(size for size in dict.fromkeys(sizes) if 0 < size <= 2**14)

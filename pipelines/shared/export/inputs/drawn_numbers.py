"""Inputs on which an export is compared with its model: drawn at random, and padded in every way that can occur.

Rows have, in turn, no step masked; some in the middle; the last; the first; all; all but one. Lengths are those of the
whole row, 1, 0 and others. Ids go up to the last one of their Embedding's vocabulary. See `input_roles` for what masks
a step, and `tried_calls` for the shapes.
"""

import dataclasses

import numpy as np

PATTERNS = 6
PLAIN = 10  # numbers below this stand for those whose use is not known
STEPS = 7  # of lengths beside inputs without steps
KINDS = ("normal", "positive", "unit", "large")  # any numbers; those from 0.1 up; between 0 and 1; from 1.1 up
LIMITS = (None, 2, 1)  # what whole numbers of unknown use are below: as of their `Role`, or less


@dataclasses.dataclass(frozen=True)
class Values:
    """Which numbers are drawn."""

    kind: str = KINDS[0]
    limit: int | None = LIMITS[0]


@dataclasses.dataclass
class Role:
    """What a model does with one of its inputs, as far as that can be read from the model."""

    vocabulary: int | None = None  # its size; ids are below it
    masked: float | None = None  # the value that a masked step holds
    lengths: bool = False
    lowest: int = 0  # the first id
    positions: bool = False  # numbers of steps, from `lowest`
    choices: tuple[int, ...] = ()  # the numbers that are looked up, and one that is not

    @property
    def shortest(self):
        """The least length: of a row whose last step is looked up it is 1."""
        return self.lowest if self.positions else 0

    def bounds(self, kind, steps, limit=None):
        """(the lowest whole number, the first one too large) of a type, for rows of so many steps.

        limit: the first number too large where the model says nothing of one.
        """
        if self.lengths:
            return self.shortest, min(self.vocabulary or steps + 1, steps + 1)
        if self.positions:
            return self.lowest, max(self.lowest + 1, min(self.vocabulary or steps + self.lowest, steps + self.lowest))
        if self.choices:
            return min(self.choices), max(self.choices) + 1
        if self.vocabulary:
            return min(self.lowest, self.vocabulary - 1), self.vocabulary
        if limit is None:
            limit = {"uint8": 256, "int8": 128}.get(kind, PLAIN)
        return 0, limit


def drawn(expected, input_roles, shapes, patterns, draw, values=None):
    """One call: an array for each input, whose rows are masked as the patterns say.

    Args:
        expected: the inputs as a flat list of `example_inputs.Expected`. input_roles: a `Role` for each.
        shapes: the shape of each, with a row for each of the `patterns`. draw: a NumPy generator.
    """
    steps, values = steps_of(expected, shapes), values or Values()
    return [
        _drawn(np.dtype(one.kind), role, shape, patterns, draw, values, steps)
        for one, role, shape in zip(expected, input_roles, shapes, strict=True)
    ]


def steps_of(expected, shapes):
    """How many steps the rows have that lengths count: the fewest of all inputs with an open axis, else of any."""
    timed = [(one.shape[1], shape[1]) for one, shape in zip(expected, shapes, strict=True) if len(shape) > 1]
    sizes = [size for known, size in timed if known is None] or [size for _, size in timed if size > 1]
    return min(sizes, default=STEPS)


def _drawn(kind, role, shape, patterns, draw, values, steps):
    shape = (len(patterns), *shape[1:])
    if kind.kind == "b":
        tensor = draw.random(shape) < 0.7
    elif kind.kind in "iu" or role.vocabulary or role.lengths:
        tensor = _whole_numbers(role, kind.name, shape, draw, values, steps)
    else:
        tensor = _numbers(shape, draw, values.kind)
    return padded(tensor.astype(kind), role, patterns, steps)


def _whole_numbers(role, kind, shape, draw, values, steps):
    if role.choices:
        return draw.choice(role.choices, shape)
    lowest, limit = role.bounds(kind, steps, values.limit)
    tensor = draw.integers(lowest, max(limit, lowest + 1), shape)
    if (role.vocabulary or role.positions) and not role.lengths and tensor.size:
        one_a_row = tensor.size == len(tensor)
        places = tensor.reshape(-1) if one_a_row else tensor.T
        places[len(places) // 2] = limit - 1  # in the middle, which few rows have masked
    return tensor


def _numbers(shape, draw, kind):
    if kind == "unit":
        return draw.uniform(0.05, 0.95, shape)
    tensor = draw.normal(size=shape)
    return tensor if kind == "normal" else np.abs(tensor) + (0.1 if kind == "positive" else 1.1)


def padded(tensor, role, patterns, steps):
    """A copy of the rows in which each has the steps masked, or the length, that its pattern says."""
    tensor = tensor.copy()
    if role.lengths and tensor.size == len(tensor):
        lengths = (steps, 1, 0, max(steps // 2, 1), steps, max(steps - 1, 0))
        limit = role.bounds("", steps)[1] - 1
        tensor.reshape(-1)[:] = [max(role.shortest, min(lengths[pattern % PATTERNS], limit)) for pattern in patterns]
    elif tensor.ndim > 1 and (role.masked is not None or tensor.dtype == bool):
        for row, pattern in zip(tensor, patterns, strict=True):
            row[masked_steps(pattern, len(row))] = False if tensor.dtype == bool else role.masked
            if tensor.dtype == bool and pattern % PATTERNS == 0:
                row[:] = True
    return tensor


def masked_steps(pattern, steps):
    """Which steps of a row are masked: none, in the middle, the last, the first, all, all but one."""
    middle = steps // 2
    masked = np.zeros(steps, bool)
    for where in [(), (middle, middle + 2), (-1, -2), (0, 1), range(steps), range(steps)][pattern % PATTERNS]:
        masked[where % steps if steps else 0] = True
    masked[middle : middle + 1] &= pattern % PATTERNS != 5
    return masked


def masks(input_roles, tensors):
    """Whether any step of the inputs can be masked."""
    return any(
        role.masked is not None or role.lengths or tensor.dtype == bool
        for role, tensor in zip(input_roles, tensors, strict=True)
    )

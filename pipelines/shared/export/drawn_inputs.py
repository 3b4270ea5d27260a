"""Inputs on which an export is compared with its model: drawn at random, and padded in every way that can occur.

Rows have, in turn, no step masked; some in the middle; the last; the first; all; all but one. Lengths are those of the
whole row, 1, 0 and others. Ids go up to the last one of their Embedding's vocabulary. See `input_roles` for what masks
a step, and `tried_calls` for the shapes.
"""

import dataclasses

import numpy as np

from pipelines.shared.messages import brief

PATTERNS = 6
PLAIN = 10  # numbers below this stand for those whose use is not known
STEPS = 7  # of lengths beside inputs without steps
KINDS = ("normal", "positive", "unit")  # any numbers; those from 0.1 up; those between 0 and 1
WORDS = ("a", "few", "words", "a few words", "")
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
    positions: bool = False  # numbers of steps, from 0
    choices: tuple = ()  # the numbers or words that are looked up, and one that is not

    def bounds(self, kind, steps, limit=None):
        """(the lowest whole number, the first one too large) of a type, for rows of so many steps.

        limit: the first number too large where the model says nothing of one.
        """
        if self.lengths:
            return 0, min(self.vocabulary or steps + 1, steps + 1)
        if self.positions:
            return 0, max(1, min(self.vocabulary or steps, steps))
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
        _texts(role, shape, patterns, draw)
        if one.kind == "string"
        else _drawn(np.dtype(one.kind), role, shape, patterns, draw, values, steps)
        for one, role, shape in zip(expected, input_roles, shapes, strict=True)
    ]


def steps_of(expected, shapes):
    """How many steps the rows have that lengths count: the fewest of all inputs with an open axis, else of any."""
    timed = [(one.shape[1], shape[1]) for one, shape in zip(expected, shapes, strict=True) if len(shape) > 1]
    sizes = [size for known, size in timed if known is None] or [size for _, size in timed if size > 1]
    return min(sizes, default=STEPS)


def _texts(role, shape, patterns, draw):
    """Texts of words that are looked up, for models that no `.tflite` is made of."""
    return draw.choice(role.choices or WORDS, (len(patterns), *shape[1:]))


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
    if role.vocabulary and not role.lengths and tensor.size:
        tensor.T[tensor.T.shape[0] // 2] = limit - 1  # in the middle, which few rows have masked
    return tensor


def _numbers(shape, draw, kind):
    if kind == "unit":
        return draw.uniform(0.05, 0.95, shape)
    tensor = draw.normal(size=shape)
    return np.abs(tensor) + 0.1 if kind == "positive" else tensor


def padded(tensor, role, patterns, steps):
    """A copy of the rows in which each has the steps masked, or the length, that its pattern says."""
    tensor = tensor.copy()
    if role.lengths and tensor.size == len(tensor):
        lengths = (steps, 1, 0, max(steps // 2, 1), steps, max(steps - 1, 0))
        limit = role.bounds("", steps)[1] - 1
        tensor.reshape(-1)[:] = [min(lengths[pattern % PATTERNS], limit) for pattern in patterns]
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


def asked(model, tensors):
    """The model's own answers, in the structure that it returns; it may raise anything."""
    import keras  # not loaded where a file's inputs are drawn, without a model
    import tensorflow as tf

    from pipelines.shared.export import model_answers

    inputs = keras.tree.pack_sequence_as(model._inputs_struct, [tf.constant(tensor) for tensor in tensors])
    return model_answers.answers(model, inputs)


def answers(model, tensors):
    """The model's own answers, in the structure that it returns.

    Raises:
        ValueError: the model itself fails, on rows that only occur with padding.
    """
    try:
        return asked(model, tensors)
    except Exception as error:  # of the model's own code, which may raise anything
        shown = ", ".join(
            f"{tensor.dtype} {tensor.shape}" + (f" {tensor.tolist()}" if tensor.ndim == 1 else "") for tensor in tensors
        )
        raise ValueError(
            f"{model.name}: the model itself fails on inputs it is compared on ({shown[:200]}), in which rows are "
            f"masked or of length 0: {reason(error)}; if it is never called with such rows, give examples=, inputs as "
            "it takes them"
        ) from error


# How lines begin that TensorFlow writes around the error of a graph.
_AROUND = ("Graph execution error", "Detected at node", "File ", "<stack", "Stack trace", "[[", "defined at")


def reason(error):
    """What a model's error says, in one line, without what Keras and TensorFlow write around it."""
    text = str(getattr(error, "message", error) or error)
    for mark in ("\x1b[1m", "\x1b[0m"):
        text = text.replace(mark, " ")
    head, _, rest = text.partition("Exception encountered when calling ")
    layer, _, said = rest.partition(".call().") if rest and not head.strip() else ("", "", text)
    lines = [line.partition("}} ")[2] or line for line in map(str.strip, said.splitlines())
             if line and not line.startswith(_AROUND)]  # fmt: skip
    said = brief(next(iter(lines), "") or type(error).__name__, 200)
    return f"{layer}: {said}" if layer else said

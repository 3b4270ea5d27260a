"""Inputs on which an export is compared with its model: drawn at random, and with all that padding can be, on purpose.

    calls = drawn_inputs.calls(model)        # a list of input arrays for each call, of different shapes

Rows come, in turn, with no step masked; some in the middle; the last; the first; all; all but one. Lengths are those of
the whole row, 1, 0 and others. What masks a step is read from the model: id 0 of a `mask_zero` Embedding, the value of
a `Masking`, False in an input of booleans. Ids reach the last of the vocabulary that they are looked up in.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from layers import SequenceMask, TokenDropout
from layers.conversion import across_time

# The sizes given to axes the model leaves open, call by call: (batch, all others).
SIZES = ((1, 7), (3, 12), (6, 5))
PATTERNS = 6
# Layers that give outside of training what they are given.
_SAME = (
    keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.GaussianNoise, keras.layers.Identity,
    TokenDropout,
)  # fmt: skip


@dataclasses.dataclass
class Role:
    """What a model does with one of its inputs, where that can be read from it."""

    vocabulary: int | None = None  # ids are below it
    masked: float | None = None  # what a step holds that is masked
    lengths: bool = False


def roles(model):
    """A `Role` for each input of a functional model, flat."""
    inputs = keras.tree.flatten(model._inputs_struct)
    found = [Role() for _ in inputs]
    _read(model, dict(zip(map(id, inputs), found, strict=True)))
    maskings = [layer.mask_value for layer in model._flatten_layers() if isinstance(layer, keras.layers.Masking)]
    for role in found:
        if role.masked is None and role.vocabulary is None and maskings:
            role.masked = maskings[0]  # further in, where it may come through
    return found


def _read(model, known):
    """Adds to the roles of tensors, {id: role}, what the calls of a model's layers say."""
    for layer, inner, arguments, outputs in across_time.calls(model):
        given = [(name, known[id(tensor)]) for name, tensor in _named(arguments) if id(tensor) in known]
        for name, role in given:
            _note(role, layer, name)
        if inner is not None:
            tensors = keras.tree.flatten([arguments.args, arguments.kwargs])
            inputs = keras.tree.flatten(inner._inputs_struct)
            _read(inner, {id(x): known[id(y)] for x, y in zip(inputs, tensors, strict=False) if id(y) in known})
        elif given and isinstance(layer, _SAME):
            known |= {id(output): given[0][1] for output in outputs}


def _named(arguments):
    """(place or keyword, tensor) of a call."""
    for place, value in [*enumerate(arguments.args), *arguments.kwargs.items()]:
        yield from ((place, each) for each in keras.tree.flatten(value))


def _note(role, layer, name):
    if vocabulary := _vocabulary(layer):
        role.vocabulary = min(filter(None, (role.vocabulary, vocabulary)))
    if getattr(layer, "mask_zero", False):
        role.masked = 0
    if isinstance(layer, keras.layers.Masking):
        role.masked = layer.mask_value
    if name == "lengths" or (isinstance(layer, SequenceMask) and name == 1):
        role.lengths = True


def calls(model, specification, batch=None):
    """Lists of input arrays, a list a call, of different shapes but for a fixed batch.

    Args:
        specification: the inputs as tf.TensorSpec, flat. batch: that of every call, where it is fixed.
    """
    draw, found, first, known = np.random.default_rng(0), [], 0, roles(model)
    smallest = min((role.vocabulary for role in known if role.vocabulary), default=_smallest(model))
    while len(found) < len(SIZES) or (batch and first < PATTERNS):
        rows, size = SIZES[len(found) % len(SIZES)]
        patterns = range(first, first + (batch or rows))
        found.append([_drawn(each, role, draw, patterns, size, role.vocabulary or smallest)
                      for each, role in zip(specification, known, strict=True)])  # fmt: skip
        first += batch or rows
    return found


def _smallest(model):
    return min(filter(None, map(_vocabulary, model._flatten_layers())), default=2)


def _vocabulary(layer):
    """Of an Embedding, Keras's or of this package; None for a layer without one."""
    return getattr(layer, "input_dim", None) or getattr(layer, "vocabulary_size", None)


def _drawn(each, role, draw, patterns, size, vocabulary):
    """One input, a row for each pattern; `size` is that of its open axes."""
    shape = [len(patterns), *(size if axis is None else axis for axis in each.shape[1:])]
    if each.dtype.is_bool:
        value = draw.random(shape) < 0.7
    elif each.dtype.is_integer:
        timed = len(shape) > 1 or (role.vocabulary and not role.lengths)
        value = draw.integers(0, vocabulary, shape) if timed else draw.integers(1, size + 1, shape)
        if timed:
            value.T[value.T.shape[0] // 2] = vocabulary - 1  # in the middle, which few rows have masked
    else:
        value = draw.normal(size=shape)
    return padded(value.astype(each.dtype.as_numpy_dtype), role, patterns, size)


def with_padding(model, tensors, batch=None):
    """Calls of a user's rows, padded in every way; none where the model masks nothing that is known."""
    known, found = roles(model), []
    steps = next((x.shape[1] for x in tensors if x.ndim > 1), 0)
    if not any(
        role.masked is not None or role.lengths or x.dtype == bool for role, x in zip(known, tensors, strict=True)
    ):
        return []
    rows = batch or PATTERNS
    for first in range(0, PATTERNS, rows):
        patterns = range(first, first + rows)
        chosen = [x[[row % len(x) for row in patterns]] for x in tensors]
        found.append([padded(x, role, patterns, steps) for x, role in zip(chosen, known, strict=True)])
    return found


def padded(value, role, patterns, steps):
    """The rows with those steps masked that their patterns say, or as lengths."""
    value = value.copy()
    if role.lengths and value.ndim == 1:
        value[:] = [(steps, 1, 0, max(steps // 2, 1), steps, max(steps - 1, 0))[each % PATTERNS] for each in patterns]
    elif value.ndim > 1 and (role.masked is not None or value.dtype == bool):
        for row, pattern in zip(value, patterns, strict=True):
            row[masked_steps(pattern, len(row))] = False if value.dtype == bool else role.masked
            if value.dtype == bool and pattern % PATTERNS == 0:
                row[:] = True
    return value


def masked_steps(pattern, steps):
    """Which steps of a row are masked: none, in the middle, the last, the first, all, all but one."""
    middle = steps // 2
    masked = np.zeros(steps, bool)
    for where in [(), (middle, middle + 2), (-1, -2), (0, 1), range(steps), range(steps)][pattern % PATTERNS]:
        masked[where % steps if steps else 0] = True
    masked[middle : middle + 1] &= pattern % PATTERNS != 5
    return masked


def answers(model, tensors):
    """The model's own, as it gives them.

    Raises:
        ValueError: it fails by itself, on rows that only padding makes.
    """
    given = keras.tree.pack_sequence_as(model._inputs_struct, [tf.constant(tensor) for tensor in tensors])
    try:
        return model(given, training=False)
    except tf.errors.InvalidArgumentError as error:
        shown = ", ".join(f"{x.dtype} {x.shape}" + (f" {x.tolist()}" if x.ndim == 1 else "") for x in tensors)
        raise ValueError(
            f"{model.name}: the model itself fails on inputs it is compared on ({shown[:200]}), in which rows are "
            f"masked or of length 0: {' '.join(error.message.split())[:200]}"
        ) from error

"""Inputs on which an export is compared with its model: drawn at random, and padded in every way that can occur.

    calls = drawn_inputs.calls(model)        # one list of input arrays per call, of different shapes

Rows have, in turn, no step masked; some in the middle; the last; the first; all; all but one. Lengths are those of the
whole row, 1, 0 and others. What masks a step is read from the model: id 0 of a `mask_zero` Embedding, the value of a
`Masking`, False in an input of booleans. Ids go up to the last one of their Embedding's vocabulary.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from layers import SequenceMask, TokenDropout
from layers.conversion import across_time
from pipelines.shared.export import model_answers

# The sizes of the axes that the model leaves open, call by call: (batch, all others).
SIZES = ((1, 7), (3, 12), (6, 5))
PATTERNS = 6
# Layers that pass their input on unchanged outside of training.
_SAME = (
    keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.GaussianNoise, keras.layers.Identity,
    TokenDropout,
)  # fmt: skip


@dataclasses.dataclass
class Role:
    """What a model does with one of its inputs, as far as that can be read from the model."""

    vocabulary: int | None = None  # its size; ids are below it
    masked: float | None = None  # the value that a masked step holds
    lengths: bool = False


def roles(model):
    """A flat list of one `Role` for each input of a functional model."""
    inputs = keras.tree.flatten(model._inputs_struct)
    input_roles = [Role() for _ in inputs]
    _read(model, dict(zip(map(id, inputs), input_roles, strict=True)))
    maskings = [layer.mask_value for layer in model._flatten_layers() if isinstance(layer, keras.layers.Masking)]
    for role in input_roles:
        if role.masked is None and role.vocabulary is None and maskings:
            role.masked = maskings[0]  # a Masking further in, which the input may reach
    return input_roles


def _read(model, known):
    """Adds to the roles of tensors, `known` as {id: role}, what the calls of a model's layers show."""
    for layer, inner, arguments, outputs in across_time.calls(model):
        keyed_roles = [(key, known[id(tensor)]) for key, tensor in _named(arguments) if id(tensor) in known]
        for key, role in keyed_roles:
            _note(role, layer, key)
        if inner is not None:
            tensors = keras.tree.flatten([arguments.args, arguments.kwargs])
            inputs = keras.tree.flatten(inner._inputs_struct)
            _read(
                inner,
                {
                    id(inner_input): known[id(tensor)]
                    for inner_input, tensor in zip(inputs, tensors, strict=False)
                    if id(tensor) in known
                },
            )
        elif keyed_roles and isinstance(layer, _SAME):
            known |= {id(output): keyed_roles[0][1] for output in outputs}


def _named(arguments):
    """(position or keyword, tensor) for each tensor in the arguments of a call."""
    for key, value in [*enumerate(arguments.args), *arguments.kwargs.items()]:
        yield from ((key, tensor) for tensor in keras.tree.flatten(value))


def _note(role, layer, key):
    if vocabulary := _vocabulary(layer):
        role.vocabulary = min(filter(None, (role.vocabulary, vocabulary)))
    if getattr(layer, "mask_zero", False):
        role.masked = 0
    if isinstance(layer, keras.layers.Masking):
        role.masked = layer.mask_value
    if key == "lengths" or (isinstance(layer, SequenceMask) and key == 1):
        role.lengths = True


def calls(model, specification, batch=None):
    """Lists of input arrays, one list per call; their shapes differ, except for a fixed batch.

    Args:
        specification: the inputs as a flat list of tf.TensorSpec. batch: the batch size of every call, if it is fixed.
    """
    draw, drawn_calls, first, input_roles = np.random.default_rng(0), [], 0, roles(model)
    smallest = min((role.vocabulary for role in input_roles if role.vocabulary), default=_smallest(model))
    while len(drawn_calls) < len(SIZES) or (batch and first < PATTERNS):
        rows, size = SIZES[len(drawn_calls) % len(SIZES)]
        patterns = range(first, first + (batch or rows))
        drawn_calls.append([_drawn(tensor_spec, role, draw, patterns, size, role.vocabulary or smallest)
                            for tensor_spec, role in zip(specification, input_roles, strict=True)])  # fmt: skip
        first += batch or rows
    return drawn_calls


def _smallest(model):
    return min(filter(None, map(_vocabulary, model._flatten_layers())), default=2)


def _vocabulary(layer):
    """The vocabulary size of an Embedding, Keras's or this package's; None for a layer without a vocabulary."""
    return getattr(layer, "input_dim", None) or getattr(layer, "vocabulary_size", None)


def _drawn(tensor_spec, role, draw, patterns, size, vocabulary):
    """One input with a row for each pattern; `size` is the size of its open axes."""
    shape = [len(patterns), *(size if axis is None else axis for axis in tensor_spec.shape[1:])]
    if tensor_spec.dtype.is_bool:
        tensor = draw.random(shape) < 0.7
    elif tensor_spec.dtype.is_integer:
        timed = len(shape) > 1 or (role.vocabulary and not role.lengths)
        tensor = draw.integers(0, vocabulary, shape) if timed else draw.integers(1, size + 1, shape)
        if timed:
            tensor.T[tensor.T.shape[0] // 2] = vocabulary - 1  # in the middle, which few rows have masked
    else:
        tensor = draw.normal(size=shape)
    return padded(tensor.astype(tensor_spec.dtype.as_numpy_dtype), role, patterns, size)


def with_padding(model, tensors, batch=None):
    """Calls with a user's rows, padded in every way; none if the model is not known to mask anything."""
    input_roles, padded_calls = roles(model), []
    steps = next((tensor.shape[1] for tensor in tensors if tensor.ndim > 1), 0)
    if not any(
        role.masked is not None or role.lengths or tensor.dtype == bool
        for role, tensor in zip(input_roles, tensors, strict=True)
    ):
        return []
    rows = batch or PATTERNS
    for first in range(0, PATTERNS, rows):
        patterns = range(first, first + rows)
        chosen = [tensor[[row % len(tensor) for row in patterns]] for tensor in tensors]
        padded_calls.append(
            [padded(tensor, role, patterns, steps) for tensor, role in zip(chosen, input_roles, strict=True)]
        )
    return padded_calls


def padded(tensor, role, patterns, steps):
    """A copy of the rows in which each has the steps masked, or the length, that its pattern says."""
    tensor = tensor.copy()
    if role.lengths and tensor.ndim == 1:
        tensor[:] = [
            (steps, 1, 0, max(steps // 2, 1), steps, max(steps - 1, 0))[pattern % PATTERNS] for pattern in patterns
        ]
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


def answers(model, tensors):
    """The model's own answers, in the structure that it returns.

    Raises:
        ValueError: the model itself fails, on rows that only occur with padding.
    """
    inputs = keras.tree.pack_sequence_as(model._inputs_struct, [tf.constant(tensor) for tensor in tensors])
    try:
        return model_answers.answers(model, inputs)
    except tf.errors.InvalidArgumentError as error:
        shown = ", ".join(
            f"{tensor.dtype} {tensor.shape}" + (f" {tensor.tolist()}" if tensor.ndim == 1 else "") for tensor in tensors
        )
        raise ValueError(
            f"{model.name}: the model itself fails on inputs it is compared on ({shown[:200]}), in which rows are "
            f"masked or of length 0: {' '.join(error.message.split())[:200]}"
        ) from error

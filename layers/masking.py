"""Masks from lengths: which steps of a padded batch are real.

    mask = layers.sequence_mask([2, 3], 4)      # [[True, True, False, False], [True, True, True, False]]

A mask is boolean, (batch, time), True at a real step. It is passed to a layer by hand, as `mask=`.
"""

import keras

from layers import checks
from layers.annotations import Tensor

_LOWEST = -1e9  # below any score; a mobile softmax gives NaN for much lower numbers


def concrete(tensor):
    """The tensor as a NumPy array when its numbers are known (eager), else None (while a graph is traced)."""
    try:
        return keras.ops.convert_to_numpy(tensor)
    except (NotImplementedError, TypeError, ValueError, AttributeError):
        return None


def check_lengths(lengths, time):
    """Lengths within the time axis, checked when they are known; returns them as an integer tensor."""
    lengths = keras.ops.convert_to_tensor(lengths)
    known = concrete(lengths)
    if known is not None and isinstance(time, int) and known.size and not 0 <= known.min() <= known.max() <= time:
        raise ValueError(
            f"lengths: expected numbers between 0 and the time axis, {time}, received {known.min()} to {known.max()}"
        )
    return keras.ops.cast(lengths, "int32")


def sequence_mask(lengths: Tensor, time: int | Tensor) -> Tensor:
    """The mask m[b, t] = t < lengths[b].

    lengths: (batch,) integers; time: the size of the time axis, an integer or a scalar tensor.
    Returns booleans (batch, time). A row of length 0 has no real step.
    """
    lengths = check_lengths(lengths, time)
    checks.rank("lengths", lengths.shape, ("batch",))
    steps = keras.ops.arange(time, dtype="int32")  # (time,)
    return keras.ops.expand_dims(steps, 0) < keras.ops.expand_dims(lengths, 1)  # (batch, time)


def resolve_mask(mask, lengths, sequences, more_axes=()):
    """One boolean (batch, time) mask, or None, out of what the caller gave (a mask and lengths are both obeyed).

    more_axes: the sizes of those that a mask may have besides.
    """
    if mask is not None:
        mask = keras.ops.cast(mask, "bool")
        checks.mask_shape(mask.shape, sequences.shape, more_axes)
    if lengths is None:
        return mask
    lengths = keras.ops.convert_to_tensor(lengths)
    checks.lengths_shape(lengths.shape, sequences.shape)
    from_lengths = sequence_mask(lengths, keras.ops.shape(sequences)[1])
    if mask is None:
        return from_lengths
    return keras.ops.logical_and(mask, keras.ops.expand_dims(from_lengths, tuple(range(2, len(mask.shape)))))


def masked_softmax(scores, real, axis):
    """softmax of the real scores, in float32 at least; where none is real all are 0. real: booleans or None for all."""
    scores = keras.ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
    if real is not None:
        scores = keras.ops.where(real, scores, _LOWEST)
    # The softmax of a single score is 1, and Keras warns about it.
    weights = keras.ops.ones_like(scores) if scores.shape[axis] == 1 else keras.ops.softmax(scores, axis=axis)
    return weights if real is None else keras.ops.where(real, weights, 0)


@keras.saving.register_keras_serializable(package="unroll")
class SequenceMask(keras.layers.Layer):
    """`sequence_mask` as a layer, for a functional model whose time axis is unknown.

        m[b, t] = t < lengths[b]

    call(sequences, lengths): sequences (batch, time) or (batch, time, features), of which only the time axis is
    read; lengths (batch,) -> booleans (batch, time).

        ids = keras.Input([None], dtype="int32"); lengths = keras.Input([], dtype="int32")
        mask = layers.SequenceMask()(ids, lengths)
    """

    def call(self, sequences: Tensor, lengths: Tensor) -> Tensor:
        return sequence_mask(lengths, keras.ops.shape(sequences)[1])

    def compute_output_spec(self, sequences, lengths):
        checks.rank("lengths", lengths.shape, ("batch",))
        return keras.KerasTensor(sequences.shape[:2], dtype="bool")

"""What the loops of decoding share: their state, their tokens and logits as they come in, and the loop itself."""

from typing import NamedTuple

import keras

from layers import checks
from layers.annotations import Tensor
from layers.masking import concrete

IMPOSSIBLE = float("-inf")


class Decoded(NamedTuple):
    """Tokens (batch, [best,] time), how many of each sequence are real, and its score, (batch, [best]) both."""

    tokens: Tensor
    lengths: Tensor
    scores: Tensor


def loop(condition, body, variables):
    """`keras.ops.while_loop`; TensorFlow must be told that each shape stays as it was."""

    def same_shapes(*variables):
        following = body(*variables)
        if keras.backend.backend() == "tensorflow":
            for old, new in zip(variables, following, strict=True):
                new.set_shape(old.shape)
        return following

    return keras.ops.while_loop(condition, same_shapes, variables)


def zero():
    return keras.ops.zeros((), dtype="int32")


def tensors_of(state, before=None):
    """The tensors of a state; as many as `before`, if that is given."""
    tensors = keras.tree.flatten(state)
    if before is not None and len(tensors) != len(before):
        raise ValueError(
            f"state: expected `step` to return as many tensors as it takes, {len(before)}, received {len(tensors)}"
        )
    for tensor in tensors:
        if len(tensor.shape) < 1:
            raise ValueError("state: expected tensors with the batch as first axis, received a scalar")
    return tensors


def first_tokens(start, state=()):
    """`start` as a tensor (batch,) of int32, with as many rows as the tensors of the state have."""
    start = keras.ops.convert_to_tensor(start)
    checks.rank("start", start.shape, ("batch",))
    if start.shape[0] != 0 and "int" not in keras.backend.standardize_dtype(start.dtype):
        dtype = keras.backend.standardize_dtype(start.dtype)
        raise ValueError(f"start: expected integers (batch,), received {dtype}")
    for tensor in tensors_of(state):
        checks.same_size("state", "a batch", start.shape[0], tensor.shape[0])
    return keras.ops.cast(start, "int32")


def checked_length(max_length):
    """A positive integer, or a scalar tensor as it is."""
    if keras.ops.is_tensor(max_length):
        checks.rank("max_length", max_length.shape, ())
        return max_length
    return checks.positive("max_length", max_length)


def is_end(end_id):
    """-> a function of tokens: whether each is one of `end_id`."""
    known = concrete(end_id)
    if known is not None and (known.ndim > 1 or known.dtype.kind not in "iu" or not known.size):
        raise ValueError(f"end_id: expected an integer or a list of integers, received {end_id!r}; -1 is no token's")
    if known is not None and known.size == 1:
        return lambda tokens: tokens == int(known.ravel()[0])
    ids = keras.ops.reshape(keras.ops.cast(end_id, "int32"), (-1,))  # (ids,)
    return lambda tokens: keras.ops.any(keras.ops.expand_dims(tokens, -1) == ids, axis=-1)


def checked_logits(logits):
    """What `step` returned, (batch, vocabulary), in float32."""
    checks.rank("logits", logits.shape, ("batch", "vocabulary"))
    if logits.shape[-1] is None or logits.shape[-1] < 1:
        raise ValueError(
            f"logits: expected those of a vocabulary of known size, received the shape {tuple(logits.shape)}"
        )
    return keras.ops.cast(logits, "float32")


def log_softmax(logits):
    """-inf stays -inf, also where every logit is, for which `keras.ops.log_softmax` is NaN."""
    return keras.ops.where(logits == IMPOSSIBLE, IMPOSSIBLE, keras.ops.log_softmax(logits))


def written(tokens, token, t, times):
    """Tokens (..., max_length) with token (...) at step t; times: the numbers of all steps, (max_length,)."""
    return keras.ops.where(times == t, keras.ops.expand_dims(token, -1), tokens)

"""A chain of tags whose neighbours depend on one another: a linear-chain conditional random field.

    scores = layers.CRF(tags=5)(emissions, lengths=lengths)     # (batch, time, 5, 5)
    layers.crf_log_likelihood(scores, tags, lengths)            # (batch,), whose negative is the loss
    layers.crf_viterbi(scores, lengths)                         # the best tags (batch, time), their scores (batch,)
    layers.crf_marginals(scores, lengths)                       # a probability a tag (batch, time, 5)

All of it is float32, in half precision too, and converts to LiteRT with builtin operations.
"""

from typing import Any

import keras

from layers import checks, loops
from layers.annotations import Tensor
from layers.masking import sequence_mask

LOWEST = -1e9  # the score of what is impossible

ops = keras.ops


@keras.saving.register_keras_serializable(package="unroll")
class CRF(keras.layers.Layer):
    """Scores of a tag after another, out of scores of single tags (Lafferty, McCallum & Pereira 2001).

        psi_t(i, j) = emissions_t(j) + A(i, j);   psi_0(i, j) = emissions_0(j) + start(j) for any i
        psi_last(i, j) = ... + end(j);            p(y) = exp(sum_t psi_t(y_(t-1), y_t)) / sum of the same over all y

    tags: how many there are.
    call(emissions, lengths=None): (batch, time, tags) -> psi (batch, time, tags, tags), which the functions of this
    module read. lengths: integers (batch,), of rows padded on the right; by default all steps are real.

    >>> scores = CRF(tags=2)(keras.ops.zeros((1, 3, 2)))
    >>> scores.shape, round(float(crf_log_likelihood(scores, [[0, 1, 1]])[0]), 2)  # one of 8 equal sequences
    (TensorShape([1, 3, 2, 2]), -2.08)
    """

    def __init__(self, tags: int, **layer_options: Any):
        super().__init__(**{"dtype": "float32", **layer_options})
        self.tags = checks.positive("tags", tags)

    def build(self, emissions_shape, lengths_shape=None):
        self._check(emissions_shape, lengths_shape)
        size = self.tags
        self.transitions = self.add_weight(name="transitions", shape=(size, size), initializer="zeros")
        self.start = self.add_weight(name="start", shape=(size,), initializer="zeros")
        self.end = self.add_weight(name="end", shape=(size,), initializer="zeros")

    def call(self, emissions: Tensor, lengths: Tensor | None = None) -> Tensor:
        self._check(emissions.shape, None if lengths is None else ops.convert_to_tensor(lengths).shape)
        steps = ops.expand_dims(ops.arange(ops.shape(emissions)[1], dtype="int32"), 0)  # (1, time)
        last = ops.expand_dims(_lengths(emissions, lengths) - 1, 1)  # (batch, 1)
        ends = ops.expand_dims(ops.cast(ops.equal(steps, last), emissions.dtype), -1) * self.end
        first = ops.reshape(ops.cast(ops.equal(steps, 0), emissions.dtype), (1, -1, 1, 1))
        between = ops.expand_dims(ops.expand_dims(self.transitions, 0), 0)  # (1, 1, tags, tags)
        before = first * ops.reshape(self.start, (1, 1, 1, -1)) + (1 - first) * between  # (1, time, tags, tags)
        return ops.expand_dims(emissions + ends, 2) + before

    def _check(self, emissions, lengths):
        checks.rank("emissions", emissions, ("batch", "time", "tags"))
        checks.same_size("emissions", "tags", self.tags, emissions[2])
        if lengths is not None:
            checks.lengths_shape(lengths, emissions)

    def compute_output_shape(self, emissions_shape, lengths_shape=None):
        self._check(emissions_shape, lengths_shape)
        return (*emissions_shape, self.tags)

    def get_config(self):
        return {**super().get_config(), "tags": self.tags}


def crf_log_likelihood(scores: Tensor, tags: Tensor, lengths: Tensor | None = None) -> Tensor:
    """ln p(tags), float32 (batch,), by the forward algorithm; 0 for a row without a step.

    scores: of a `CRF` (batch, time, tags, tags). tags: integers (batch, time); what is past a row's length is not read.
    """
    scores, lengths, mask = _read(scores, lengths)
    size = scores.shape[-1]
    tags = ops.where(mask, ops.cast(tags, "int32"), 0)
    before = ops.pad(tags[:, :-1], ((0, 0), (1, 0)))  # (batch, time)
    flat = ops.reshape(scores, (*_axes(scores), size * size))
    chosen = ops.take_along_axis(flat, ops.expand_dims(before * size + tags, -1), axis=-1)[..., 0]
    _, (alpha,) = _forward(scores, mask, return_sequences=False)
    return ops.sum(ops.where(mask, chosen, 0.0), axis=1) - _log_sum_exp(alpha, axis=1)


def crf_viterbi(scores: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(the tags int32 (batch, time) with the highest score, 0 past a row's length; the score (batch,)).

    Reference: Viterbi 1967. Of equal sequences the one with the lower tags at the end.
    """
    scores, lengths, mask = _read(scores, lengths)
    size = scores.shape[-1]

    def step(psi, states):
        total = ops.expand_dims(states[0], 2) + _square(psi, size)  # (batch, before, tag)
        return _place(total, 1), [ops.max(total, axis=1)]

    pointers, (delta,) = loops.run(step, _in_time(scores), [_start(scores)], ops.transpose(mask), (size,), True)
    last = ops.expand_dims(_place(delta, 1), 1)  # (batch, 1)
    numbers = ops.expand_dims(ops.arange(size, dtype="float32"), 0)  # (1, tags)

    def back(pointer, states):
        own = ops.cast(ops.equal(numbers, states[0]), "float32")  # (batch, tags)
        return states[0], [ops.sum(pointer * own, axis=1, keepdims=True)]

    tags, _ = loops.run(back, ops.flip(pointers, 0), [last], ops.flip(ops.transpose(mask), 0), (1,), True)
    tags = ops.transpose(ops.squeeze(ops.flip(tags, 0), -1))  # (batch, time)
    best = ops.where(ops.equal(lengths, 0), 0.0, ops.max(delta, axis=1))
    return ops.where(mask, ops.cast(tags, "int32"), 0), best


def crf_marginals(scores: Tensor, lengths: Tensor | None = None) -> Tensor:
    """p(y_t = j), float32 (batch, time, tags), by the forward and the backward algorithm; 0 past a row's length."""
    scores, lengths, mask = _read(scores, lengths)
    size = scores.shape[-1]
    alpha, _ = _forward(scores, mask, return_sequences=True)

    def step(psi, states):
        following = _log_sum_exp(_square(psi, size) + ops.expand_dims(states[0], 1), axis=2)
        return states[0], [following]

    none = ops.zeros_like(scores[:, 0, 0])  # (batch, tags)
    beta, _ = loops.run(step, ops.flip(_in_time(scores), 0), [none], ops.flip(ops.transpose(mask), 0), (size,), True)
    probabilities = ops.softmax(ops.transpose(alpha + ops.flip(beta, 0), (1, 0, 2)), axis=-1) if size > 1 else None
    probabilities = ops.ones_like(scores[:, :, 0]) if probabilities is None else probabilities
    return ops.where(ops.expand_dims(mask, -1), probabilities, 0.0)


def _forward(scores, mask, return_sequences):
    """alpha_t(j), the log of the sum over all sequences up to t that end with j: (time, batch, tags), [the last]."""
    size = scores.shape[-1]

    def step(psi, states):
        following = _log_sum_exp(ops.expand_dims(states[0], 2) + _square(psi, size), axis=1)
        return following, [following]

    return loops.run(step, _in_time(scores), [_start(scores)], ops.transpose(mask), (size,), return_sequences)


def _read(scores, lengths):
    """(scores in float32, lengths (batch,), the mask (batch, time))."""
    scores = ops.cast(ops.convert_to_tensor(scores), "float32")
    checks.rank("scores", scores.shape, ("batch", "time", "tags", "tags"))
    checks.same_size("scores", "the last axis", scores.shape[2], scores.shape[3])
    lengths = _lengths(scores, lengths)
    return scores, lengths, sequence_mask(lengths, ops.shape(scores)[1])


def _lengths(sequences, lengths):
    if lengths is not None:
        return ops.cast(lengths, "int32")
    some = ops.reshape(sequences, (*_axes(sequences), -1))[:, 0, 0]  # (batch,)
    return ops.cast(ops.zeros_like(some), "int32") + ops.shape(sequences)[1]


def _axes(sequences):
    return ops.shape(sequences)[0], ops.shape(sequences)[1]


def _start(scores):
    """alpha before the first step: psi_0 is the same from any tag, so only the first counts."""
    none = ops.zeros_like(scores[:, 0, 0])  # (batch, tags)
    return ops.where(ops.equal(ops.arange(scores.shape[-1]), 0), none, none + LOWEST)


def _in_time(scores):
    """(time, batch, tags x tags)"""
    size = scores.shape[-1]
    return ops.transpose(ops.reshape(scores, (*_axes(scores), size * size)), (1, 0, 2))


def _square(psi, size):
    return ops.reshape(psi, (-1, size, size))


def _place(x, axis):
    """argmax as float32, without the operation on bits in Keras's, which LiteRT lacks; the first among equals."""
    size = x.shape[axis]
    shape = [size if number == axis else 1 for number in range(len(x.shape))]
    numbers = ops.reshape(ops.arange(size, dtype="float32"), shape)
    return ops.min(ops.where(ops.equal(x, ops.max(x, axis=axis, keepdims=True)), numbers, float(size)), axis=axis)


def _log_sum_exp(x, axis):
    """Without the test for infinity of TensorFlow's, which LiteRT lacks."""
    highest = ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    return ops.squeeze(ops.log(ops.sum(ops.exp(x - highest), axis=axis, keepdims=True)) + highest, axis)

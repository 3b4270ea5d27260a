"""Pooling over all steps so far, with what it needs of them as states: a mean and a count, a sum, a greatest number.

The answer at each step is that to the sequence up to it. A mean is updated as m (n - 1) / n + x / n, so that it stays
exact over millions of steps, where a sum would grow until a step adds nothing to it.
"""

import keras
from keras.src.ops import numpy as operations

from layers.conversion.one_step import Call, OneStep, beside, where
from layers.masking import resolve_mask
from layers.ngram_scores import NgramScores
from layers.pooling import SequencePooling

_K = keras.layers


class _Pooled(OneStep):
    """A pooling. To be subclassed: `update(x, real, before)` -> its answer and the next states, x (batch, ...)."""

    def read(self, ones, sequences, mask=None, lengths=None):
        lengths = None if any(lengths is one for one in ones) else lengths
        return Call(sequences, resolve_mask(mask, lengths, sequences))

    def is_over_time(self, call, padded):
        axis = getattr(self.operation, "axis", 1)
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        along = None not in axes and [one % len(call.sequences.shape) for one in axes] == [1]
        return along and super().is_over_time(call, padded)

    def observe(self, call, outputs):
        self.shapes = [tuple(call.sequences.shape[2:]), (1,)]

    def step(self, original, call, before, begun):
        x = call.sequences[:, 0]
        real = keras.ops.ones_like(before[1], dtype="bool") if call.mask is None else call.mask  # (batch, 1)
        output, states = self.update(x, real, before)
        keepdims = getattr(self.operation, "keepdims", False)
        return keras.ops.expand_dims(output, 1) if keepdims else output, states


class Mean(_Pooled):
    """m and the number of steps that count."""

    def update(self, x, real, before):
        mean, count = before
        steps = count + keras.ops.cast(real, count.dtype)
        share = beside(1 / keras.ops.maximum(steps, 1), x)
        mean = where(real, keras.ops.cast(mean, x.dtype) * (1 - share) + x * share, mean)
        if isinstance(self.operation, SequencePooling):
            return mean, [mean, steps]
        return mean * beside(steps / steps, mean), [mean, steps]  # NaN before the first step, as Keras answers


class Max(_Pooled):
    """The greatest so far, and whether there was one."""

    greater = staticmethod(keras.ops.maximum)

    def update(self, x, real, before):
        highest, seen = before
        following = where(seen > 0, self.greater(highest, x), x)
        highest = where(real, following, highest)
        return highest, [highest, keras.ops.maximum(seen, keras.ops.cast(real, seen.dtype))]


class Min(Max):
    """The smallest so far, and whether there was one."""

    greater = staticmethod(keras.ops.minimum)


class Sum(_Pooled):
    """The sum so far."""

    def observe(self, call, outputs):
        self.shapes = [tuple(call.sequences.shape[2:])]

    def step(self, original, call, before, begun):
        total = before[0] + keras.ops.cast(call.sequences[:, 0], before[0].dtype)
        in_time = isinstance(self.operation, operations.Cumsum) or self.operation.keepdims
        output = keras.ops.cast(total, call.sequences.dtype)
        return keras.ops.expand_dims(output, 1) if in_time else output, [total]


class Ngrams(_Pooled):
    """`NgramScores`. States: the sum so far; the tokens before, as id + 1, or 0 where there was no real one."""

    def observe(self, call, outputs):
        before = [(self.operation.order - 1,)] if self.operation.order > 1 else []
        self.shapes = [(self.operation.units,), *before]

    def step(self, original, call, before, begun):
        layer, ids = self.operation, keras.ops.cast(call.sequences, "int32")  # (batch, 1)
        real = keras.ops.ones_like(ids, dtype="bool") if call.mask is None else call.mask
        newest = keras.ops.where(real, ids + 1, 0)
        tokens = keras.ops.concatenate([*(keras.ops.cast(one, "int32") for one in before[1:]), newest], axis=1)
        added = 0
        for order in range(1, layer.order + 1):
            run = tokens[:, layer.order - order :]  # (batch, order)
            whole = keras.ops.all(run > 0, axis=1, keepdims=True)
            rows = layer.rows(keras.ops.maximum(run - 1, 0), order)[-1]
            scores = keras.ops.take(layer.table, rows[:, 0], axis=0)
            added += scores * keras.ops.cast(whole, scores.dtype)
        total = where(real, before[0] + keras.ops.cast(added, before[0].dtype), before[0])
        kept = [keras.ops.cast(tokens[:, 1:], one.dtype) for one in before[1:]]
        return keras.ops.cast(total, layer.compute_dtype) + layer.bias, [total, *kept]


_OPERATIONS = {operations.Mean: Mean, operations.Max: Max, operations.Min: Min, operations.Sum: Sum,
               operations.Cumsum: Sum}  # fmt: skip


def of(operation):
    """What carries the states of a pooling over time; None for anything else."""
    if isinstance(operation, SequencePooling):
        kinds = {"mean": Mean, "max": Max}
        return kinds[operation.mode](operation) if operation.mode in kinds else None
    if isinstance(operation, NgramScores):
        return Ngrams(operation)
    if isinstance(operation, (_K.GlobalAveragePooling1D, _K.GlobalMaxPooling1D)):
        kind = Mean if isinstance(operation, _K.GlobalAveragePooling1D) else Max
        return kind(operation) if operation.data_format == "channels_last" else None
    kind = _OPERATIONS.get(type(operation))
    return kind(operation) if kind and getattr(operation, "initial", None) is None else None

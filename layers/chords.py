"""A density of the chord at a step, given the state of a sequence: keys one after another, or each by itself.

    likelihood = layers.ChordDecoder(128)(states, chords)      # (batch, time): log p(chord_t | state_t)

A chord is its keys in rising order, then the end: integers (voices,), where `keys` stands for the end and for what
follows it. Three of 88 keys, with room for five: [39, 43, 46, 88, 88]. Silence has no keys: [88, 88, 88, 88, 88].
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.recurrent import GRU

_IMPOSSIBLE = -1e9


class ChordDensity(keras.layers.Layer):
    """A density over chords. To be subclassed: a subclass writes `call`, `begin` and `next`.

        call(context (batch, time, features), chords (batch, time, voices)) -> log p(chords | context) (batch, time)
        begin(context (batch, features)) -> state                   before the first key of a chord
        next(key (batch,), context, state) -> logits (batch, keys + 1), state      of the key after `key`, or the end

    The first `key` of a chord is the end of the one before. The last number of a chord must be the end.
    """

    def __init__(self, keys: int = 88, **layer_options: Any):
        super().__init__(**layer_options)
        self.keys = checks.positive("keys", keys)

    def _check(self, context, chords):
        checks.rank("context", context.shape, ("batch", "time", "features"))
        checks.rank("chords", chords.shape, ("batch", "time", "voices"))

    def roll(self, chords: Tensor) -> Tensor:
        """Chords (..., voices) as zeros and ones (..., keys)."""
        one_hot = keras.ops.one_hot(chords, self.keys + 1, dtype=self.compute_dtype)  # (..., voices, keys + 1)
        return keras.ops.sum(one_hot, axis=-2)[..., : self.keys]

    def compute_output_shape(self, context_shape, chords_shape):
        return tuple(context_shape[:2])

    def get_config(self):
        return {**super().get_config(), "keys": self.keys}


@keras.saving.register_keras_serializable(package="unroll")
class ChordDecoder(ChordDensity):
    """The keys of a chord, each given those below it: a recurrent net from the lowest key up.

        log p(chord | h) = sum_j log p(n_j | n_1 < ... < n_{j-1}, h),    the last n_j the end
        s_0 = tanh(h W_s + b_s);   s_j = GRU(E[n_{j-1}] + h W_x, s_{j-1})
        p(n_j) = softmax(s_j W_o + b_o + h W_h) over the end and the keys above n_{j-1}

    So a chord has the joint probability of its notes, as in RNN-NADE, but in as many steps as it has notes instead of
    one for each key. Call, shapes and steps are `ChordDensity`'s. Masking: none; leave padded steps out of
    the sum.

    Reference: Boulanger-Lewandowski, Bengio, Vincent 2012, "Modeling temporal dependencies in high-dimensional
    sequences", arXiv:1206.6392 (a joint density at each step); Larochelle & Murray 2011 (NADE).

        likelihood = layers.ChordDecoder(16)(keras.ops.ones((2, 5, 8)), keras.ops.full((2, 5, 4), 88))   # (2, 5)
    """

    def __init__(self, units: int, keys: int = 88, dropout: float = 0.0, **layer_options: Any):
        super().__init__(keys, **layer_options)
        self.units = checks.positive("units", units)
        self.dropout = checks.fraction("dropout", dropout)
        parts = {"dtype": self.dtype_policy}
        self.embedding = keras.layers.Embedding(keys + 1, units, name="embedding", **parts)
        self.start = keras.layers.Dense(units, "tanh", name="start", **parts)
        self.condition = keras.layers.Dense(units, use_bias=False, name="condition", **parts)
        self.recurrent = GRU(units, return_sequences=True, name="recurrent", **parts)
        self.outputs = keras.layers.Dense(keys + 1, name="outputs", **parts)
        self.direct = keras.layers.Dense(keys + 1, use_bias=False, name="direct", **parts)
        self.drop = keras.layers.Dropout(dropout, **parts)

    def build(self, context_shape, chords_shape=None):
        checks.rank("context", context_shape, ("batch", "time", "features"))
        inner = (None, None, self.units)
        shapes = [(None, None), context_shape, context_shape, inner, inner, context_shape]
        made = [self.embedding, self.start, self.condition, self.recurrent, self.outputs, self.direct]
        for layer, shape in zip(made, shapes, strict=True):
            layer.build(shape)

    def call(self, context: Tensor, chords: Tensor, training: bool = False) -> Tensor:
        self._check(context, chords)
        batch, time = keras.ops.shape(context)[:2]
        context = keras.ops.reshape(context, (-1, context.shape[-1]))  # (batch x time, features)
        chords = keras.ops.reshape(keras.ops.cast(chords, "int32"), (-1, keras.ops.shape(chords)[-1]))  # (..., voices)
        before = keras.ops.concatenate([keras.ops.full_like(chords[:, :1], self.keys), chords[:, :-1]], axis=1)
        inputs = self.embedding(before) + keras.ops.expand_dims(self.condition(context), 1)
        states = self.recurrent(inputs, initial_state=[self.start(context)], training=training)  # (..., voices, units)
        logits = self.outputs(self.drop(states, training=training))
        logits = self._above(before, logits + keras.ops.expand_dims(self.direct(context), 1))
        drawn = keras.ops.one_hot(chords, self.keys + 1, dtype="bool")
        logs = keras.ops.sum(keras.ops.where(drawn, keras.ops.log_softmax(logits), 0.0), axis=-1)  # (..., voices)
        ended = keras.ops.cumsum(keras.ops.cast(chords == self.keys, "int32"), axis=1)
        counted = ended - keras.ops.cast(chords == self.keys, "int32") == 0  # up to the first end, with it
        return keras.ops.reshape(keras.ops.sum(keras.ops.where(counted, logs, 0.0), axis=1), (batch, time))

    def begin(self, context: Tensor) -> list[Tensor]:
        """-> [s_0 (batch, units)]"""
        return [self.start(context)]

    def next(self, key: Tensor, context: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The logits of the key after `key`, or of the end; impossible ones are -1e9."""
        cell = self.recurrent.cell
        output, state = cell.recur(cell.project(self.embedding(key) + self.condition(context)), list(state))
        return self._above(key, self.outputs(output) + self.direct(context)), state

    def _above(self, before, logits):
        """Logits (..., keys + 1), in float32, without the keys up to `before` (...)."""
        before = keras.ops.expand_dims(keras.ops.where(before == self.keys, -1, before), -1)
        possible = keras.ops.arange(self.keys + 1, dtype="int32") > before
        return keras.ops.where(possible, keras.ops.cast(logits, "float32"), _IMPOSSIBLE)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "dropout": self.dropout}


@keras.saving.register_keras_serializable(package="unroll")
class IndependentKeys(ChordDensity):
    """Every key by itself, as in most recurrent nets for piano rolls (Bai et al. 2018, arXiv:1803.01271).

        log p(chord | h) = sum_k log sigmoid(a_k if k sounds else -a_k),    a = h W + b

    `next` gives the same density key by key: log p(n_j = k) = log sigmoid(a_k) + sum of log sigmoid(-a_i) over the keys
    i between n_{j-1} and k. Call, shapes and steps are `ChordDensity`'s.

        likelihood = layers.IndependentKeys()(keras.ops.ones((2, 5, 8)), keras.ops.full((2, 5, 4), 88))   # (2, 5)
    """

    def __init__(self, keys: int = 88, **layer_options: Any):
        super().__init__(keys, **layer_options)
        self.outputs = keras.layers.Dense(keys, name="outputs", dtype=self.dtype_policy)

    def build(self, context_shape, chords_shape=None):
        checks.rank("context", context_shape, ("batch", "time", "features"))
        self.outputs.build(context_shape)

    def call(self, context: Tensor, chords: Tensor) -> Tensor:
        self._check(context, chords)
        signs = 2 * keras.ops.cast(self.roll(chords), "float32") - 1  # (batch, time, keys)
        return keras.ops.sum(keras.ops.log_sigmoid(signs * keras.ops.cast(self.outputs(context), "float32")), axis=-1)

    def begin(self, context: Tensor) -> list[Tensor]:
        """-> [], since there is nothing to remember."""
        return []

    def next(self, key: Tensor, context: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The logits of the key after `key`, or of the end; impossible ones are -1e9."""
        activations = keras.ops.cast(self.outputs(context), "float32")  # (batch, keys)
        silent = keras.ops.log_sigmoid(-activations)
        below = keras.ops.pad(keras.ops.cumsum(silent, axis=-1), ((0, 0), (1, 0)))  # (batch, keys + 1) all below a key
        sounds = keras.ops.pad(keras.ops.log_sigmoid(activations), ((0, 0), (0, 1)))  # the end: nothing sounds
        before = keras.ops.expand_dims(keras.ops.where(key == self.keys, -1, key), -1)
        possible = keras.ops.arange(self.keys + 1, dtype="int32") > before
        return keras.ops.where(possible, sounds + below, _IMPOSSIBLE), state


@keras.saving.register_keras_serializable(package="unroll")
class ChordsBefore(keras.layers.Layer):
    """The chord of the step before as zeros and ones, and a flag at the first step: what a recurrent net reads.

        y_t = [roll(chord_{t-1}); 0],   y_0 = [0; 1]

    call(chords): integers (batch, time, voices) -> (batch, time, keys + 1). Masking: none.

        before = layers.ChordsBefore()(keras.ops.array([[[39, 88], [46, 88]]]))     # (1, 2, 89)
    """

    def __init__(self, keys: int = 88, **layer_options: Any):
        super().__init__(**layer_options)
        self.keys = checks.positive("keys", keys)

    def call(self, chords: Tensor) -> Tensor:
        checks.rank("chords", chords.shape, ("batch", "time", "voices"))
        one_hot = keras.ops.one_hot(chords, self.keys + 1, dtype=self.compute_dtype)  # (batch, time, voices, keys + 1)
        roll = keras.ops.sum(one_hot, axis=-2)[:, :-1, : self.keys]  # (batch, time - 1, keys)
        roll = keras.ops.pad(roll, ((0, 0), (1, 0), (0, 0)))  # (batch, time, keys)
        steps = keras.ops.cumsum(keras.ops.ones_like(roll[:, :, :1]), axis=1)  # 1, 2, ...
        return keras.ops.concatenate([roll, keras.ops.cast(steps < 1.5, roll.dtype)], axis=-1)

    def compute_output_shape(self, chords_shape):
        return (*chords_shape[:2], self.keys + 1)

    def get_config(self):
        return {**super().get_config(), "keys": self.keys}

"""A decoder that attends: recurrent layers over the target, additive attention to a memory, one output vector a token.

decoder = layers.AttentionDecoder(layers.GRU(64), layers.BahdanauAttention(64), [layers.GRU(64)], output_size=32)
outputs, weights = decoder(vectors, memory, lengths=[7, 5])      # training: all steps of the target at once
keys, state = decoder.begin(memory, lengths=[7, 5])              # decoding: one step after another
output, state, weights = decoder.step(vector, state, memory, keys, mask)
"""

from collections.abc import Sequence
from typing import Any

import keras

from layers import checks, loops
from layers.annotations import Tensor
from layers.attention import BahdanauAttention, LuongAttention
from layers.masking import resolve_mask
from layers.recurrent import SequenceLayer


@keras.saving.register_keras_serializable(package="unroll")
class AttentionDecoder(keras.layers.Layer):
    """Recurrent layers over a target, with attention to a memory between the first and the others.

        s_t  = lower(e_t, s_{t-1})                              `input_feeding`: lower([e_t; o_{t-1}], s_{t-1})
        c_t  = attention(s_t, memory)
        u_t  = upper([s_t; c_t], u_{t-1})                       each of the upper layers; s_t where there are none
        o_t  = tanh(W [u_t; c_t; e_t] + b)

    All states start as tanh(W_0 mean(memory) + b_0), the mean over real steps. Attention reads the state of the same
    step, as in Luong et al.; so without input feeding only the recurrent layers wait for the step before, and in
    training each part is computed for all steps of the target at once.

    Args:
        lower: `RNN`, `LSTM` or `GRU`; it is run with `return_sequences=True`.
        attention: `BahdanauAttention` or `LuongAttention`.
        upper: a list of layers of the same kinds.
        output_size: the width of o_t.
        dropout: rate on the inputs of the upper layers and of W.
        input_feeding: give o_{t-1} to the lower layer (Luong et al. 2015, section 3.3). Slower in training: a loop.

    Call: `decoder(vectors, memory, mask=None, lengths=None, training=False)` with vectors (batch, time, features) of
    the target's tokens and memory (batch, steps, features) -> outputs (batch, time, output_size) and the weights of the
    attention (batch, time, steps).

    Masking: `mask` (batch, steps) or `lengths` (batch,) say which steps of the memory are real. The target needs none:
    no step depends on a later one.

    Reference: Bahdanau et al. 2014, https://arxiv.org/abs/1409.0473; Luong et al. 2015,
    https://arxiv.org/abs/1508.04025.

    Example:

    >>> import layers
    >>> decoder = layers.AttentionDecoder(layers.GRU(8), layers.BahdanauAttention(8), output_size=6)
    >>> outputs, weights = decoder(keras.ops.ones((2, 4, 3)), keras.ops.ones((2, 5, 7)), lengths=[5, 2])
    >>> tuple(outputs.shape), tuple(weights.shape)
    ((2, 4, 6), (2, 4, 5))
    """

    def __init__(
        self,
        lower: SequenceLayer,
        attention: BahdanauAttention | LuongAttention,
        upper: Sequence[SequenceLayer] = (),
        *,
        output_size: int,
        dropout: float = 0.0,
        input_feeding: bool = False,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.lower, self.attention, self.upper = lower, attention, list(upper)
        self.output_size = checks.positive("output_size", output_size)
        self.dropout = checks.fraction("dropout", dropout)
        self.input_feeding = bool(input_feeding)
        for layer in self.recurrent_layers:
            if not isinstance(layer, SequenceLayer):
                raise ValueError(f"{self.name}: expected `RNN`, `LSTM` or `GRU` layers, received {layer!r}")
            layer.return_sequences, layer.return_state = True, False
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.bridge = keras.layers.Dense(sum(self.state_sizes), "tanh", dtype=self.dtype_policy, name="bridge")
        self.readout = keras.layers.Dense(output_size, "tanh", dtype=self.dtype_policy, name="readout")
        self.supports_masking = True  # takes a mask and passes none on

    @property
    def recurrent_layers(self):
        return [self.lower, *self.upper]

    @property
    def state_sizes(self):
        """The sizes of all states, flat, those of the lower layer first."""
        return [size for layer in self.recurrent_layers for size in layer.state_size]

    def build(self, vectors_shape, memory_shape, mask_shape=None, lengths_shape=None):
        checks.rank("vectors", vectors_shape, ("batch", "time", "features"))
        checks.rank("memory", memory_shape, ("batch", "steps", "features"))
        batch, time, features = vectors_shape
        fed = features + self.output_size if self.input_feeding else features
        width, context = self.lower.output_size, memory_shape[-1]
        shapes = [(self.bridge, (batch, context)), (self.lower, (batch, time, fed))]
        for layer in self.upper:
            shapes.append((layer, (batch, time, width + context)))
            width, context = layer.output_size, 0
        shapes.append((self.readout, (batch, time, width + memory_shape[-1] + features)))
        for layer, shape in shapes:
            _build(layer, shape)
        _build(self.attention, (batch, time, self.lower.output_size), tuple(memory_shape))

    def begin(
        self, memory: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """-> the keys of the memory (batch, steps, units) and the first state, for `step`."""
        mask = resolve_mask(mask, lengths, memory)
        keys, states = self.attention.project(memory), self._first_states(memory, mask)
        fed = [keras.ops.zeros((keras.ops.shape(memory)[0], self.output_size), self.compute_dtype)]
        return keys, [*states, *(fed if self.input_feeding else [])]

    def _first_states(self, memory, mask):
        memory = keras.ops.cast(memory, keras.backend.result_type(self.compute_dtype, "float32"))
        real = keras.ops.ones_like(memory[:, :, 0]) if mask is None else keras.ops.cast(mask, memory.dtype)
        real = keras.ops.expand_dims(real, -1)  # (batch, steps, 1)
        mean = keras.ops.sum(memory * real, axis=1) / keras.ops.maximum(keras.ops.sum(real, axis=1), 1)
        mean = keras.ops.cast(mean, self.compute_dtype)  # (batch, features)
        start, states = self.bridge(mean), []
        for size in self.state_sizes:
            states.append(start[:, :size])
            start = start[:, size:]
        return states

    def step(
        self,
        vector: Tensor,
        state: list[Tensor],
        memory: Tensor,
        keys: Tensor,
        mask: Tensor | None = None,
        training: bool = False,
    ) -> tuple[Tensor, list[Tensor], Tensor]:
        """One token: vector (batch, features) -> output (batch, output_size), next state, weights (batch, steps).

        training: applies the dropout between the layers. A cell's own dropout uses one mask for a whole sequence, so a
        single step has none.
        """
        return self._step(vector, state, memory, keys, mask, training, False)

    def _step(self, vector, state, memory, keys, mask, training, drawn):
        """drawn: whether the masks of the cells' own dropout have been drawn."""
        states = iter(state)
        x = keras.ops.concatenate([vector, state[-1]], -1) if self.input_feeding else vector
        x, following = self._advance(self.lower, x, states, drawn)
        context, weights = self.attention(x, memory, keys=keys, mask=mask)
        joined = keras.ops.concatenate([x, context], -1)
        for layer in self.upper:
            x, states_of_layer = self._advance(layer, self.drop(joined, training=training), states, drawn)
            following += states_of_layer
            joined = x
        output = self._output(x, context, vector, training)
        return output, [*following, *([output] if self.input_feeding else [])], weights

    def _advance(self, layer, x, states, drawn):
        """One step of a recurrent layer -> its output and its states."""
        own = [next(states) for _ in layer.state_size]
        nested = isinstance(layer.cell.state_size, (list, tuple))
        packed = keras.tree.pack_sequence_as(layer.cell.state_size, own) if nested else own[0]
        output, following = layer.cell(x, packed, **({"training": True} if drawn else {}))
        return output, keras.tree.flatten(following)

    def _output(self, x, context, vector, training):
        return self.readout(self.drop(keras.ops.concatenate([x, context, vector], -1), training=training))

    def call(
        self,
        vectors: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        lengths: Tensor | None = None,
        training: bool = False,
    ) -> tuple[Tensor, Tensor]:
        mask = resolve_mask(mask, lengths, memory)
        if self.input_feeding:
            return self._step_by_step(vectors, memory, mask, training)
        states = iter(self._first_states(memory, mask))
        x = self._whole(self.lower, vectors, states, training)  # (batch, time, units)
        context, weights = self.attention(x, memory, mask=mask)  # (batch, time, features), (batch, time, steps)
        joined = keras.ops.concatenate([x, context], -1)
        for layer in self.upper:
            joined = x = self._whole(layer, self.drop(joined, training=training), states, training)
        return self._output(x, context, vectors, training), weights

    def _whole(self, layer, x, states, training):
        return layer(x, initial_state=[next(states) for _ in layer.state_size], training=training)

    def _step_by_step(self, vectors, memory, mask, training):
        """`call` with input feeding: a loop whose output is [o_t; s_t]; the weights follow from all s_t at once."""
        keys, state = self.begin(memory, mask)
        drawn = training and self._draw_dropout(vectors, memory, state)

        def step(vector, state):
            output, following, _ = self._step(vector, state, memory, keys, mask, training, drawn)
            return keras.ops.concatenate([output, following[0]], -1), following

        width = self.output_size + self.state_sizes[0]
        both, _ = loops.run(step, keras.ops.transpose(vectors, (1, 0, 2)), state, None, (width,), True)
        for layer in self.recurrent_layers:
            layer._forget_dropout(layer.cell)
        both = keras.ops.transpose(both, (1, 0, 2))  # (batch, time, output_size + units)
        outputs, queries = both[..., : self.output_size], both[..., self.output_size :]
        return outputs, self.attention(queries, memory, keys=keys, mask=mask)[1]

    def _draw_dropout(self, vectors, memory, state):
        """Draws the masks of the cells' own dropout, one a sequence, before the loop -> whether there are any."""
        cells = [cell for layer in self.recurrent_layers for cell in layer.cell._flatten_layers()]
        if not any(getattr(cell, name, 0) for cell in cells for name in ("dropout", "recurrent_dropout")):
            return False
        states, batch = iter(state), keras.ops.shape(vectors)[0]
        x = keras.ops.concatenate([vectors[:, 0], state[-1]], -1)
        for layer in self.recurrent_layers:
            layer._draw_dropout(layer.cell, x, [next(states) for _ in layer.state_size])
            x = keras.ops.zeros((batch, layer.output_size), dtype=self.compute_dtype)
            x = keras.ops.concatenate([x, memory[:, 0]], -1) if layer is self.lower else x
        return True

    def compute_output_shape(self, vectors_shape, memory_shape, mask_shape=None, lengths_shape=None):
        checks.rank("vectors", vectors_shape, ("batch", "time", "features"))
        checks.rank("memory", memory_shape, ("batch", "steps", "features"))
        if mask_shape is not None:
            checks.mask_shape(mask_shape, memory_shape)
        if lengths_shape is not None:
            checks.lengths_shape(lengths_shape, memory_shape)
        batch, time = vectors_shape[:2]
        return (batch, time, self.output_size), (batch, time, memory_shape[1])

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        config = {
            "lower": serialize(self.lower),
            "attention": serialize(self.attention),
            "upper": [serialize(layer) for layer in self.upper],
            "output_size": self.output_size,
            "dropout": self.dropout,
            "input_feeding": self.input_feeding,
        }
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        config["lower"], config["attention"] = deserialize(config["lower"]), deserialize(config["attention"])
        config["upper"] = [deserialize(layer) for layer in config["upper"]]
        return cls(**config)


def _build(layer, *shapes):
    if not layer.built:  # a layer of a loaded model has been built before
        layer.build(*shapes)
        layer.built = True

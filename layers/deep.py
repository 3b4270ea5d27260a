"""A stack of recurrent layers, each on the whole output sequence of the one below.

stack = layers.Deep([layers.LSTM(64, return_sequences=True), layers.LSTM(64)], dropout=0.2)
last = stack(sequences, lengths=[7, 5])        # (2, 64)
"""

from collections.abc import Sequence
from typing import Any

import keras

from layers import checks, inner_layers
from layers.annotations import Tensor
from layers.bidirectional import Bidirectional
from layers.sequence_layer import SequenceLayer


@keras.saving.register_keras_serializable(package="unroll")
class Deep(keras.layers.Layer):
    """Recurrent layers stacked on one another (Graves 2013), with residual connections if asked (Wu et al. 2016).

        y_0 = x;   y_k = layer_k(dropout(y_{k-1}))           plus y_{k-1} with `residual`, where the widths agree

    layers: `RNN`, `LSTM`, `GRU`, `Bidirectional` ... layers, of this package or of Keras; all but the last with
    `return_sequences=True`.
    dropout: the rate between layers (not on the input of the first).
    residual: add a layer's input to its output; skipped where the widths differ (a first layer on narrow features) and
    on a last layer that returns one step only.
    call(sequences, initial_state=None, mask=None, lengths=None, training=False): as the layers'; states are those of
    all layers, the lowest first, returned when the layers have `return_state=True`. Every layer gets the same mask.

        stack = layers.Deep([layers.GRU(8, return_sequences=True), layers.GRU(8, return_sequences=True)], residual=True)
        outputs = stack(keras.ops.ones((2, 5, 8)))   # (2, 5, 8)
    """

    def __init__(
        self,
        layers: Sequence[SequenceLayer | Bidirectional | keras.layers.Layer],
        residual: bool = False,
        dropout: float = 0.0,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        if not layers:
            raise ValueError(f"layers: expected at least one recurrent layer, received {layers!r}")
        self.layers = list(layers)
        self.residual = residual
        self.dropout = checks.fraction("dropout", dropout)
        self.dropouts = [keras.layers.Dropout(dropout, dtype=self.dtype_policy) for _ in self.layers[1:]]
        self.supports_masking = True
        self._check_layers()

    def _check_layers(self):
        for number, layer in enumerate(self.layers):
            for part in ("return_sequences", "return_state"):
                if not hasattr(layer, part):
                    raise ValueError(
                        f"layers[{number}]: expected a recurrent layer, received {layer!r} without `{part}`"
                    )
        for layer in self.layers[:-1]:
            if not layer.return_sequences:
                raise ValueError(
                    "layers: expected return_sequences=True of all but the last, "
                    f"received {layer.name} with return_sequences=False"
                )
        if len({layer.return_state for layer in self.layers}) > 1:
            states = [layer.return_state for layer in self.layers]
            raise ValueError(f"layers: expected the same `return_state` of all, received {states}")

    @property
    def return_sequences(self):
        return self.layers[-1].return_sequences

    @property
    def return_state(self):
        return self.layers[-1].return_state

    @property
    def state_size(self):
        return [size for layer in self.layers for size in inner_layers.state_sizes(layer)]

    @property
    def output_size(self):
        return inner_layers.output_size(self.layers[-1])

    def build(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        checks.rank("sequences", sequences_shape, ("batch", "time", "features"))
        shape = tuple(sequences_shape)
        for layer in self.layers:
            if not layer.built:
                layer.build(shape)
                layer.built = True
            shape = (*shape[:2], inner_layers.output_size(layer))

    def reset_state(self):
        """Forget the states kept by `stateful`."""
        for layer in self.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()

    def call(
        self,
        sequences: Tensor,
        initial_state: list[Tensor] | None = None,
        mask: Tensor | None = None,
        lengths: Tensor | None = None,
        training: bool = False,
    ) -> Tensor | tuple[Tensor, ...]:
        y, following = sequences, []
        for index, (layer, state) in enumerate(zip(self.layers, self._by_layer(initial_state), strict=True)):
            below = self.dropouts[index - 1](y, training=training) if index else y
            output = inner_layers.called(layer, below, state, mask=mask, lengths=lengths, training=training)
            if self.return_state:
                output, *states = output
                following += inner_layers.cast(inner_layers.flat(states), self.compute_dtype)
            output = inner_layers.cast(output, self.compute_dtype)
            y = output + y if self.residual and output.shape[1:] == y.shape[1:] else output
        return (y, *following) if self.return_state else y

    def step(self, inputs: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """One step outside training: (batch, features) and all states -> the output (batch, units), the next states.

        For layers of one cell; a `Bidirectional` layer has to read to the end first.
        """
        y, following = keras.ops.convert_to_tensor(inputs), []
        for layer, state in zip(self.layers, self._by_layer(states), strict=True):
            nested = isinstance(layer.cell.state_size, (list, tuple))
            packed = inner_layers.nested(layer.cell.state_size, state) if nested else state[0]
            output, state = layer.cell(y, packed)
            following += keras.tree.flatten(state)
            y = output + y if self.residual and output.shape[1:] == y.shape[1:] else output
        return y, following

    def _by_layer(self, states):
        if states is None:
            return [None] * len(self.layers)
        states = inner_layers.flat(states)
        checks.same_size(f"initial_state of {self.name}", "a list", len(self.state_size), len(states))
        states = iter(states)
        return [[next(states) for _ in inner_layers.state_sizes(layer)] for layer in self.layers]

    def compute_mask(self, sequences, previous_mask):
        mask = previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(self.state_size) if self.return_state else mask

    def compute_output_shape(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        shape, following = tuple(sequences_shape), []
        for layer, state in zip(self.layers, self._by_layer(initial_state_shape), strict=True):
            shape = inner_layers.output_shape(layer, shape, state, mask_shape, lengths_shape)
            if self.return_state:
                shape, *states = shape
                following += inner_layers.flat(states)
        return (shape, *following) if self.return_state else shape

    def get_config(self):
        inner = [keras.saving.serialize_keras_object(layer) for layer in self.layers]
        config = {"layers": inner, "residual": self.residual, "dropout": self.dropout}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        inner = [keras.saving.deserialize_keras_object(layer, custom_objects) for layer in config["layers"]]
        return cls(**{**config, "layers": inner})

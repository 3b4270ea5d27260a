"""A recurrent layer run in both directions of time.

layer = layers.Bidirectional(layers.LSTM(64, return_sequences=True))
outputs = layer(sequences, lengths=[7, 5])     # (2, time, 128)
"""

from collections.abc import Sequence
from typing import Any

import keras

from layers import checks, inner_layers, loops
from layers.annotations import Tensor
from layers.sequence_layer import SequenceLayer

MERGES = {
    "concat": lambda forward, backward: keras.ops.concatenate([forward, backward], axis=-1),
    "sum": lambda forward, backward: forward + backward,
    "mul": lambda forward, backward: forward * backward,
    "ave": lambda forward, backward: (forward + backward) / 2,
    None: lambda forward, backward: (forward, backward),
}


@keras.saving.register_keras_serializable(package="unroll")
class Bidirectional(keras.layers.Layer):
    """Reads a sequence forwards and backwards (Schuster and Paliwal 1997).

        y_t = merge(forward(x_1 .. x_t), backward(x_n .. x_t))

    layer: a recurrent layer, `RNN`, `LSTM`, `GRU` ..., of this package or of Keras; the backward one is made like it
    unless `backward_layer` is given.
    merge_mode: "concat", "sum", "mul", "ave", or None to return both outputs.
    weights: arrays to start from, those of the forward layer first.
    call(sequences, initial_state=None, mask=None, lengths=None, training=False): as the layer's; states are the forward
    ones followed by the backward ones.
    Masking: padding is skipped in both directions, and outputs at padded steps are zero.

        outputs = layers.Bidirectional(layers.GRU(8), merge_mode="sum")(keras.ops.ones((2, 5, 3)))  # (2, 8)
    """

    def __init__(
        self,
        layer: SequenceLayer | keras.layers.Layer,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: SequenceLayer | keras.layers.Layer | None = None,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        _check_layers(layer, weights, backward_layer)
        self.merge_mode = checks.one_of("merge_mode", merge_mode, MERGES)
        self.forward_layer = _copy(layer, "forward", go_backwards=layer.go_backwards)
        backward = backward_layer or layer
        go_backwards = backward.go_backwards if backward_layer else not layer.go_backwards
        self.backward_layer = _copy(backward, "backward", go_backwards=go_backwards)
        _check_pair(self.forward_layer, self.backward_layer)
        self.given_backward = backward_layer is not None
        self.first_weights = list(weights) if weights else None
        self.supports_masking = True

    @property
    def return_sequences(self):
        return self.forward_layer.return_sequences

    @property
    def return_state(self):
        return self.forward_layer.return_state

    @property
    def stateful(self):
        return getattr(self.forward_layer, "stateful", False)

    @property
    def state_size(self):
        return [*inner_layers.state_sizes(self.forward_layer), *inner_layers.state_sizes(self.backward_layer)]

    @property
    def output_size(self):
        both = [inner_layers.output_size(layer) for layer in (self.forward_layer, self.backward_layer)]
        return sum(both) if self.merge_mode == "concat" else both[0]

    def build(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
                layer.built = True
        if self.first_weights is not None:
            half = len(self.first_weights) // 2
            self.forward_layer.set_weights(self.first_weights[:half])
            self.backward_layer.set_weights(self.first_weights[half:])
            self.first_weights = None

    def reset_state(self):
        """Forget the states kept by `stateful`."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self):
        """Keras's other name for `reset_state`."""
        self.reset_state()

    def call(
        self,
        sequences: Tensor,
        initial_state: list[Tensor] | None = None,
        mask: Tensor | None = None,
        lengths: Tensor | None = None,
        training: bool = False,
    ) -> Tensor | tuple[Tensor, ...]:
        states = self._halves(initial_state)
        options = {"mask": mask, "lengths": lengths, "training": training}
        with loops.beside(2):
            forward = inner_layers.called(self.forward_layer, sequences, states[0], **options)
            backward = inner_layers.called(self.backward_layer, sequences, states[1], **options)
        following = ()
        if self.return_state:
            (forward, *first), (backward, *second) = forward, backward
            following = tuple(inner_layers.cast([*first, *second], self.compute_dtype))
        forward, backward = inner_layers.cast([forward, backward], self.compute_dtype)
        if self.return_sequences:  # the one that ran from the end has its outputs in that order
            forward, backward = (
                keras.ops.flip(y, 1) if layer.go_backwards else y
                for layer, y in ((self.forward_layer, forward), (self.backward_layer, backward))
            )
        output = MERGES[self.merge_mode](forward, backward)
        if not self.return_state:
            return output
        return (*output, *following) if self.merge_mode is None else (output, *following)

    def _halves(self, states):
        if states is None:
            return None, None
        states = inner_layers.flat(states)
        checks.same_size(f"initial_state of {self.name}", "a list", len(self.state_size), len(states))
        count = len(inner_layers.state_sizes(self.forward_layer))
        return states[:count], states[count:]

    def compute_mask(self, sequences, previous_mask):
        mask = previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask
        mask = mask if self.return_sequences else None
        outputs = [mask, mask] if self.merge_mode is None else [mask]
        if self.return_state:
            return outputs + [None] * len(self.state_size)
        return outputs if self.merge_mode is None else mask

    def compute_output_shape(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        halves = self._halves(initial_state_shape)
        shapes = [
            inner_layers.output_shape(layer, sequences_shape, half, mask_shape, lengths_shape)
            for layer, half in zip((self.forward_layer, self.backward_layer), halves, strict=True)
        ]
        states = ()
        if self.return_state:
            states = (*shapes[0][1:], *shapes[1][1:])
            shapes = [shape[0] for shape in shapes]
        width = shapes[0][-1] + shapes[1][-1] if self.merge_mode == "concat" else shapes[0][-1]
        merged = tuple(shapes) if self.merge_mode is None else ((*shapes[0][:-1], width),)
        return (*merged, *states) if len(merged) + len(states) > 1 else merged[0]

    def get_config(self):
        backward = keras.saving.serialize_keras_object(self.backward_layer) if self.given_backward else None
        layer = keras.saving.serialize_keras_object(self.forward_layer)
        config = {"layer": layer, "backward_layer": backward, "merge_mode": self.merge_mode}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        layers = {name: config.get(name) for name in ("layer", "backward_layer")}
        layers = {
            name: layer and keras.saving.deserialize_keras_object(layer, custom_objects)
            for name, layer in layers.items()
        }
        return cls(**{**config, **layers})


def _copy(layer, direction, go_backwards):
    """A fresh layer of the same configuration, named by its direction."""
    config = keras.saving.serialize_keras_object(layer)
    name = layer.name.removeprefix("forward_").removeprefix("backward_")
    config["config"] |= {"name": f"{direction}_{name}", "go_backwards": go_backwards}
    if hasattr(layer, "zero_output_for_mask"):
        config["config"]["zero_output_for_mask"] = layer.return_sequences
    return keras.saving.deserialize_keras_object(config)


def _check_layers(layer, weights, backward_layer):
    if isinstance(weights, keras.layers.Layer):
        raise ValueError(f"weights: expected arrays, received {weights!r}; name it, `backward_layer=...`")
    for name, one in (("layer", layer), ("backward_layer", backward_layer)):
        if one is None and name == "backward_layer":
            continue
        if not isinstance(one, keras.layers.Layer):
            raise ValueError(f"{name}: expected a recurrent layer, received {one!r}")
        for part in ("go_backwards", "return_sequences", "return_state"):
            if not hasattr(one, part):
                raise ValueError(f"{name}: expected a recurrent layer, received {one!r} without `{part}`")


def _check_pair(forward, backward):
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            "backward_layer: expected one that differs from `layer` in `go_backwards`, "
            f"received go_backwards={forward.go_backwards} in both"
        )
    for name in ("return_sequences", "return_state", "stateful"):
        if getattr(forward, name, False) != getattr(backward, name, False):
            raise ValueError(
                f"backward_layer: expected {name}={getattr(forward, name, False)} as of `layer`, "
                f"received {getattr(backward, name, False)}"
            )

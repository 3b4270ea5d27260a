"""A recurrent layer run in both directions of time.

layer = layers.Bidirectional(layers.LSTM(64, return_sequences=True))
outputs = layer(sequences, lengths=[7, 5])     # (2, time, 128)
"""

from typing import Any

import keras

from layers import checks, loops
from layers.annotations import Tensor
from layers.recurrent import SequenceLayer

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

    layer: a recurrent layer, `RNN`, `LSTM` or `GRU`; the backward one is made like it unless `backward_layer` is given.
    merge_mode: "concat", "sum", "mul", "ave", or None to return both outputs.
    call(sequences, initial_state=None, mask=None, lengths=None, training=False): as the layer's; states are the forward
    ones followed by the backward ones.
    Masking: padding is skipped in both directions, and outputs at padded steps are zero.

        outputs = layers.Bidirectional(layers.GRU(8), merge_mode="sum")(keras.ops.ones((2, 5, 3)))  # (2, 8)
    """

    def __init__(
        self,
        layer: SequenceLayer,
        merge_mode: str | None = "concat",
        backward_layer: SequenceLayer | None = None,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.merge_mode = checks.one_of("merge_mode", merge_mode, MERGES)
        self.forward_layer = _copy(layer, "forward", go_backwards=layer.go_backwards)
        backward = backward_layer or layer
        go_backwards = backward.go_backwards if backward_layer else not layer.go_backwards
        self.backward_layer = _copy(backward, "backward", go_backwards=go_backwards)
        _check_pair(self.forward_layer, self.backward_layer)
        self.given_backward = backward_layer is not None
        self.supports_masking = True

    @property
    def return_sequences(self):
        return self.forward_layer.return_sequences

    @property
    def return_state(self):
        return self.forward_layer.return_state

    @property
    def state_size(self):
        return [*self.forward_layer.state_size, *self.backward_layer.state_size]

    @property
    def output_size(self):
        both = (self.forward_layer.output_size, self.backward_layer.output_size)
        return sum(both) if self.merge_mode == "concat" else both[0]

    def build(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
                layer.built = True

    def reset_state(self):
        """Forget the states kept by `stateful`."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

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
            forward = self.forward_layer(sequences, initial_state=states[0], **options)
            backward = self.backward_layer(sequences, initial_state=states[1], **options)
        following = ()
        if self.return_state:
            (forward, *first), (backward, *second) = forward, backward
            following = (*first, *second)
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
        checks.same_size(f"initial_state of {self.name}", "a list", len(self.state_size), len(states))
        count = len(self.forward_layer.state_size)
        return list(states[:count]), list(states[count:])

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
            layer.compute_output_shape(sequences_shape, half, mask_shape, lengths_shape)
            for layer, half in zip((self.forward_layer, self.backward_layer), halves, strict=True)
        ]
        states = ()
        if self.return_state:
            states = (*shapes[0][1:], *shapes[1][1:])
            shapes = [shape[0] for shape in shapes]
        merged = tuple(shapes) if self.merge_mode is None else ((*shapes[0][:-1], self.output_size),)
        return (*merged, *states) if len(merged) + len(states) > 1 else merged[0]

    def get_config(self):
        backward = keras.saving.serialize_keras_object(self.backward_layer) if self.given_backward else None
        layer = keras.saving.serialize_keras_object(self.forward_layer)
        config = {"layer": layer, "backward_layer": backward, "merge_mode": self.merge_mode}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        for name in ("layer", "backward_layer"):
            config[name] = keras.saving.deserialize_keras_object(config[name]) if config[name] else None
        return cls(**config)


def _copy(layer, direction, go_backwards):
    """A fresh layer of the same configuration, named by its direction."""
    config = keras.saving.serialize_keras_object(layer)
    name = layer.name.removeprefix("forward_").removeprefix("backward_")
    config["config"] |= {"name": f"{direction}_{name}", "go_backwards": go_backwards}
    config["config"]["zero_output_for_mask"] = layer.return_sequences
    return keras.saving.deserialize_keras_object(config)


def _check_pair(forward, backward):
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            "backward_layer: expected one that differs from `layer` in `go_backwards`, "
            f"received go_backwards={forward.go_backwards} in both"
        )
    for name in ("return_sequences", "return_state", "stateful"):
        if getattr(forward, name) != getattr(backward, name):
            raise ValueError(
                f"backward_layer: expected {name}={getattr(forward, name)} as of `layer`, "
                f"received {getattr(backward, name)}"
            )

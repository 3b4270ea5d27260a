"""A model of recurrent layers one step at a time, for streams: each layer's states are given, and given back.

steps = streaming.Steps(model)
with steps.one(states) as following:        # a tensor (batch, size) for each of `steps.state_sizes`
    output = model(frames)                  # (batch, 1, features)
# following: the states after this step
"""

import contextlib

import keras

from layers import stock
from layers.cells import RecurrentCell
from layers.recurrent import SequenceLayer


class Steps:
    """The recurrent layers of a model, Keras's own or of this package, in an order that stays.

    Layers that are called twice, or that are given states by the model, would be mistaken: compare with the model.

    Raises:
        ValueError: one of them reads from the end of a sequence, or the model has none.
    """

    def __init__(self, model):
        found = [each for each in model._flatten_layers() if isinstance(each, (SequenceLayer, keras.layers.RNN))]
        for layer in found:
            if layer.go_backwards:
                raise ValueError(
                    f"{layer.name} ({type(layer).__name__}): it reads a sequence from its end, as a Bidirectional "
                    "layer does, and has no step; train a model without it to stream"
                )
        if not found:
            raise ValueError(f"{model.name}: expected a recurrent layer, received none; there is no state to carry")
        self._layers = [
            (layer, layer if isinstance(layer, SequenceLayer) else stock.sequence_layer(layer)) for layer in found
        ]
        self.state_sizes = [size for _, ours in self._layers for size in ours.state_size]

    @contextlib.contextmanager
    def one(self, states):
        """Inside, each layer takes one step from `states`; yields the list that the next states are put in."""
        following, given = [None] * len(states), iter(enumerate(states))
        with contextlib.ExitStack() as replaced:
            for layer, ours in self._layers:
                places = [next(given) for _ in ours.state_size]
                name = "_run" if layer is ours else "inner_loop"
                replaced.enter_context(stock.replaced(layer, name, _replacement(layer, ours, places, following)))
            yield following


def _replacement(layer, ours, places, following):
    """What takes the place of the layer's loop: one step from the states at `places`."""
    before = [state for _, state in places]

    def step(sequences):
        x = sequences[:, 0]  # (batch, features)
        if isinstance(ours.cell, RecurrentCell):
            output, states = ours.cell.recur(ours.cell.project(x), before)
        else:
            output, states = ours._foreign_step(x, before, False)(x, before)
        for (place, _), state in zip(places, states, strict=True):
            following[place] = state
        return keras.ops.expand_dims(output, 1) if layer.return_sequences else output, list(states)

    def run(sequences, states, mask, lengths, training):
        return step(sequences)

    def inner_loop(sequences, initial_state, mask, training=False):
        output, states = step(sequences)
        return output, output, keras.tree.pack_sequence_as(initial_state, states)

    return run if layer is ours else inner_loop

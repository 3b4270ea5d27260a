"""A model of recurrent layers one step at a time, for streams: each layer's states are passed in and returned.

steps = streaming.Steps(model)
with steps.one(states) as following:        # a tensor (batch, size) for each of `steps.state_sizes`
    output = model(frames)                  # (batch, 1, features)
# following: the states after this step

A step that a mask leaves out keeps the states and repeats the output, as in a whole sequence. For a cell whose output
is not one of its states, and for `SequencePooling("last")`, the repeated output becomes a state of its own, where a
mask reaches them.
"""

import contextlib
import math

import keras

from layers.beside_steps import BesideSteps
from layers.cells import RecurrentCell
from layers.conversion import across_time, stock
from layers.conversion.replacing import replaced
from layers.masking import resolve_mask
from layers.pooling import SequencePooling
from layers.recurrent import SequenceLayer

# Cells whose output is the first of their states.
_FIRST = (RecurrentCell, keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)


class Steps:
    """The layers of a model that carry something from step to step, Keras's own or of this package.

    model: functional. Their order is fixed; `state_sizes` are those of all, flat.

    Raises:
        ValueError: one of its layers needs more than one step, is called twice or given states, or none is recurrent.
    """

    def __init__(self, model):
        across_time.check(model)
        layers = across_time.over_time(model)
        recurrent = [_of(layer) for layer in layers if isinstance(layer, (SequenceLayer, keras.layers.RNN))]
        if not recurrent:
            raise ValueError(f"{model.name}: expected a recurrent layer, received none; there is no state to carry")
        pooled = [_Pooled(layer) for layer in layers if isinstance(layer, SequencePooling)]
        beside = [_Beside(layer) for layer in layers if isinstance(layer, BesideSteps) and layer.before]
        self._layers = [*recurrent, *pooled, *beside]
        self._see_masks(model)

    @property
    def state_sizes(self):
        return [size for layer in self._layers for size in layer.sizes]

    def _see_masks(self, model):
        """Runs one step of zeros, by which each layer sees whether it is given a mask."""
        inputs = [
            keras.ops.zeros((1, *(size or 1 for size in tensor.shape[1:])), tensor.dtype)
            for tensor in keras.tree.flatten(model._inputs_struct)
        ]
        inputs = [keras.ops.ones_like(x) if len(x.shape) == 1 else x for x in inputs]
        states = [keras.ops.zeros((1, size)) for size in self.state_sizes]
        with self.one(states, [x for x in inputs if len(x.shape) == 1]):
            model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)

    @contextlib.contextmanager
    def one(self, states, lengths=()):
        """Inside, each layer takes one step from `states`; yields the list that collects the next states.

        lengths: the inputs that are lengths. For one step they are ones and mask nothing.
        """
        remaining, following = iter(states), []
        with contextlib.ExitStack() as replaced:
            for layer in self._layers:
                before = [next(remaining) for _ in layer.sizes]
                after = slice(len(following), len(following) + len(before))
                following += before
                replaced.enter_context(layer.stepping(before, following, after, lengths))
            yield following


class _Stepped:
    """A layer that is replaced by one step of it. To be subclassed."""

    method = "_run"  # the one that is replaced

    def __init__(self, layer):
        self.layer, self.sizes = layer, []

    def stepping(self, before, following, after, lengths):
        """Replaced by a step from the states `before`; those after it come into `following[after]`."""

        def step(sequences, mask, lengths_of_layer):
            of_one_step = any(lengths_of_layer is ones for ones in lengths)
            mask = resolve_mask(mask, None if of_one_step else lengths_of_layer, sequences)
            if mask is not None:
                self.see_mask(sequences)
            output, states = self.step(sequences[:, 0], before, mask)
            if len(before) == len(self.sizes):
                following[after] = states
            return output, states

        return replaced(self.layer, self.method, self.method_of(step))


class _Pooled(_Stepped):
    """`SequencePooling("last")`: the last real step so far is its state."""

    method = "call"

    def see_mask(self, sequences):
        self.sizes = [sequences.shape[-1]]

    def method_of(self, step):
        def call(sequences, mask=None, lengths=None):
            return step(sequences, mask, lengths)[0]

        return call

    def step(self, x, states, mask):
        if mask is None or not states:
            return x, []
        output = keras.ops.where(mask, x, keras.ops.cast(states[0], x.dtype))
        return output, [output]


class _Beside(_Stepped):
    """`BesideSteps` that only looks back: the steps before are its state, one behind another."""

    method = "call"

    def __init__(self, layer):
        super().__init__(layer)
        self.sizes = [layer.before * math.prod(layer.step_shape)]

    def see_mask(self, sequences):
        pass

    def method_of(self, step):
        def call(sequences, mask=None, lengths=None):
            return keras.ops.expand_dims(step(sequences, mask, lengths)[0], 1)

        return call

    def step(self, x, states, mask):
        if mask is not None:
            x = x * keras.ops.cast(keras.ops.reshape(mask, (-1, *[1] * (len(x.shape) - 1))), x.dtype)
        shape = (-1, self.layer.before, *self.layer.step_shape)
        before = keras.ops.cast(keras.ops.reshape(states[0], shape), x.dtype)
        steps = [*(before[:, number] for number in range(self.layer.before)), x]
        kept = keras.ops.stack(steps[1:], axis=1)
        kept = keras.ops.reshape(keras.ops.cast(kept, states[0].dtype), (-1, self.sizes[0]))
        return keras.ops.concatenate(steps, axis=-1), [kept]


class _Recurrent(_Stepped):
    """A recurrent layer, run by `ours`: itself, or its twin in this package."""

    def __init__(self, layer, ours):
        super().__init__(layer)
        self.output_shape, self.shapes = ours.shapes_of_step()
        self.ours, self.sizes, self.shown = ours, [math.prod(shape) for shape in self.shapes], _shown(ours.cell)

    def see_mask(self, sequences):
        if self.shown is None and not self.ours.zero_output_for_mask:
            self.shown, self.sizes = len(self.sizes), [*self.sizes, math.prod(self.output_shape)]

    def method_of(self, step):
        def run(sequences, states, mask, lengths, training):
            output, states = step(sequences, mask, lengths)
            return self._in_time(output), states[: len(self.ours.state_size)]

        return run

    def _in_time(self, output):
        return keras.ops.expand_dims(output, 1) if self.layer.return_sequences else output

    def step(self, x, states, mask):
        own = states[: len(self.ours.state_size)]
        before = [keras.ops.reshape(state, (-1, *shape)) for state, shape in zip(own, self.shapes, strict=True)]
        if isinstance(self.ours.cell, RecurrentCell):
            output, following = self.ours.cell.recur(self.ours.cell.project(x), before)
        else:
            output, following = self.ours._foreign_step(x, before, False)(x, before)
        following = [_row(state) for state in following]
        if mask is None:
            return output, [*following, *states[len(own) :]]
        following = [keras.ops.where(mask, *pair) for pair in zip(following, own, strict=True)]
        if self.ours.zero_output_for_mask:
            return self._chosen(mask, output, keras.ops.zeros_like(_row(output))), following
        if self.shown >= len(states):  # seen for the first time
            return output, following
        output = self._chosen(mask, output, states[self.shown])
        return output, [*following, _row(output)] if len(states) > len(own) else following

    def _chosen(self, mask, output, row):
        """The output, or the row (batch, numbers) where a mask (batch, 1) leaves the step out."""
        return keras.ops.reshape(keras.ops.where(mask, _row(output), row), (-1, *self.output_shape))


def _row(tensor):
    """(batch, ...) -> (batch, numbers)"""
    return keras.ops.reshape(tensor, (-1, math.prod(tensor.shape[1:])))


class _Stock(_Recurrent):
    """A layer of Keras's."""

    method = "inner_loop"

    def method_of(self, step):
        def inner_loop(sequences, initial_state, mask, training=False):
            mask = keras.tree.flatten(mask)[0] if mask is not None else None
            output, states = step(sequences, mask, None)
            states = states[: len(self.ours.state_size)]
            states = keras.tree.pack_sequence_as(initial_state, states)
            return output, self._in_time(output), states

        return inner_loop


def _of(layer):
    return _Recurrent(layer, layer) if isinstance(layer, SequenceLayer) else _Stock(layer, stock.sequence_layer(layer))


def _shown(cell):
    """Which of a cell's states is its output; None where that is not known."""
    if isinstance(cell, keras.layers.StackedRNNCells):
        inner = _shown(cell.cells[-1])
        below = len(keras.tree.flatten([lower.state_size for lower in cell.cells[:-1]]))
        return None if inner is None else below + inner
    return 0 if isinstance(cell, _FIRST) else None

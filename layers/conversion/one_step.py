"""One step of what carries something from step to step: recurrent layers, windows that look back, the last step.

Each is first observed while the model answers to a sequence of one step, which shows the shapes of its states, and
whether a mask reaches it or its states start from other numbers than zero. Then its method is replaced by one step.
"""

import dataclasses
import math
from typing import Any

import keras
from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

from layers import inner_layers
from layers.beside_steps import BesideSteps
from layers.cells import RecurrentCell
from layers.conversion import across_time, windows
from layers.conversion.replacing import replaced
from layers.masking import resolve_mask
from layers.pooling import SequencePooling
from layers.sequence_layer import SequenceLayer

# Cells whose output is the first of their states.
_FIRST = (RecurrentCell, keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell, ConvLSTMCell)

_STREAMING = "streaming: "
_TWICE = (
    "is called twice, and each call would have states of its own; give the second call a layer of its own, with these "
    "weights"
)
_BACKWARDS = (
    ": it reads a sequence from its end, as a Bidirectional layer does, and has no step; train a model without it to "
    "stream"
)


@dataclasses.dataclass
class Call:
    """What a layer is called with: sequences (batch, time, ...), a mask (batch, time), the states it starts from."""

    sequences: Any
    mask: Any = None
    initial: Any = ()


def beside(of_step, tensor):
    """(batch, 1), or (batch, 1, height, width) of pixels, with as many axes as another tensor, without that of time."""
    of_step = of_step[:, 0]
    return keras.ops.reshape(of_step, (-1, *of_step.shape[1:], *[1] * (len(tensor.shape) - len(of_step.shape))))


def where(condition, new, old):
    """One or the other of two tensors, row by row, or pixel by pixel: condition (batch, 1, ...)."""
    return keras.ops.where(beside(condition, new), new, keras.ops.cast(old, new.dtype))


class OneStep:
    """A layer or an operation that carries states. To be subclassed.

    A subclass says what its method is called with (`read`), which states it has (`observe` sets `shapes`, without the
    batch), and what one step is (`step`) -> what the method returns, the next states. ones: lengths of the model, which
    mask nothing of one step.
    """

    method = "call"

    def __init__(self, operation):
        self.operation, self.shapes, self.refused = operation, [], None
        self.reached, self.starts = False, False  # starts: from other numbers than zeros

    def read(self, ones, sequences):
        return Call(sequences)

    def observe(self, call, outputs):
        raise NotImplementedError

    def step(self, original, call, before, begun):
        raise NotImplementedError

    def is_over_time(self, call, padded):
        """Whether it is called on the one step that the model is; on an axis of another size it is left as it is."""
        return call.sequences.shape[1] == 1

    def observing(self, ones, padded):
        """The method replaced by itself, with a look at what it is called with. padded: tensors with zeros in front."""
        original = getattr(self.operation, self.method)

        def run(*args, **kwargs):
            call, outputs = self.read(ones, *args, **kwargs), original(*args, **kwargs)
            if self.is_over_time(call, padded):
                if self.reached:
                    self.refused = f"{_STREAMING}{across_time.named(self.operation)} {_TWICE}"
                self.reached = True
                self.observe(call, outputs)
            return outputs

        return replaced(self.operation, self.method, run)

    def stepping(self, before, keep, begun, ones):
        """The method replaced by one step; keep: is called with the next states."""
        original = getattr(self.operation, self.method)

        def run(*args, **kwargs):
            output, states = self.step(original, self.read(ones, *args, **kwargs), before, begun)
            keep(states)
            return output

        return replaced(self.operation, self.method, run)


class Recurrent(OneStep):
    """A recurrent layer of this package. States: its cell's; the output too where a mask has to repeat it."""

    method = "_run"

    def __init__(self, operation):
        super().__init__(operation)
        self.shown, self.own = _shown(operation.cell), 0

    def read(self, ones, sequences, states, mask, of_rows, training):
        of_rows = None if any(of_rows is one for one in ones) else of_rows
        return Call(sequences, resolve_mask(mask, of_rows, sequences), states)

    def observe(self, call, outputs):
        if self.operation.go_backwards:
            self.refused = f"{_STREAMING}{across_time.named(self.operation)}{_BACKWARDS}"
        initial = keras.tree.flatten(call.initial)
        self.shapes, self.own = [tuple(state.shape[1:]) for state in initial], len(initial)
        self.starts = self.starts or any(keras.ops.convert_to_numpy(state).any() for state in initial)
        repeats = call.mask is not None and not self.operation.zero_output_for_mask
        if repeats and (self.shown is None or self.starts):
            output = keras.tree.flatten(outputs)[0]
            size = output.shape[2:] if self._shows_all(outputs) else output.shape[1:]
            self.shown, self.shapes = self.own, [*self.shapes, tuple(size)]

    def _shows_all(self, outputs):
        return self.operation.return_sequences

    def step(self, original, call, before, begun):
        own, initial = before[: self.own], keras.tree.flatten(call.initial)
        if self.starts:
            own = [where(begun > 0, *pair) for pair in zip(own, initial, strict=True)]
        output, following = self._cell(call.sequences[:, 0], own, call.initial)
        if call.mask is not None:
            following = [where(call.mask, *pair) for pair in zip(following, own, strict=True)]
            repeated = keras.ops.zeros_like(output)
            if not self.operation.zero_output_for_mask:
                repeated = own[self.shown] if self.shown < self.own else before[self.shown]
            output = where(call.mask, output, repeated)
        states = following if len(before) == self.own else [*following, output]
        return self.returned(output, following, call.initial), states

    def _cell(self, x, states, nest):
        """One step of the cell -> output, states, flat."""
        cell = self.operation.cell
        if isinstance(cell, RecurrentCell):
            return cell.recur(cell.project(x), states)
        run, options = cell if callable(cell) else cell.call, {}
        if getattr(cell, "_call_has_training_arg", False):
            options["training"] = False
        output, following = run(x, self.nested(states, nest), **options)
        following = zip(keras.tree.flatten(following), states, strict=True)
        return output, [keras.ops.cast(state, before.dtype) for state, before in following]

    def nested(self, states, nest):
        """The states as the cell takes them."""
        pack = self.operation.cell.state_size
        return inner_layers.nested(pack, states) if isinstance(pack, (list, tuple)) else states

    def returned(self, output, states, nest):
        return keras.ops.expand_dims(output, 1) if self.operation.return_sequences else output, states


class Stock(Recurrent):
    """A recurrent layer of Keras's."""

    method = "inner_loop"

    def read(self, ones, sequences, initial_state, mask, training=False):
        mask = None if mask is None else keras.ops.cast(keras.tree.flatten(mask)[0], "bool")
        return Call(sequences, mask, initial_state)

    def _shows_all(self, outputs):
        return False  # the last output comes first

    def nested(self, states, nest):
        return keras.tree.pack_sequence_as(nest, states)

    def returned(self, output, states, nest):
        return output, keras.ops.expand_dims(output, 1), self.nested(states, nest)


class Window(OneStep):
    """A convolution or a pooling of windows that looks back only. State: the steps that it reaches back to."""

    def is_over_time(self, call, padded):
        if windows.is_causal(self.operation) or windows.pads_itself(self.operation):
            return super().is_over_time(call, padded)
        return any(call.sequences is tensor for tensor in padded)

    def observe(self, call, outputs):
        self.shapes = [(windows.reach(self.operation), *call.sequences.shape[2:])]

    def step(self, original, call, before, begun):
        steps = [keras.ops.cast(before[0], call.sequences.dtype), call.sequences]
        window = keras.ops.concatenate(steps, 1)
        if windows.pads_itself(self.operation):
            return original(window)[:, -1:], [window[:, 1:]]
        with replaced(self.operation, "padding", "valid"):
            return original(window), [window[:, 1:]]


class LookingAhead(OneStep):
    """A window, inside of a layer, that needs later steps."""

    def observe(self, call, outputs):
        reason = windows.reason(self.operation, 0)
        self.refused = f"{_STREAMING}{across_time.named(self.operation)} {reason}"


class Padded(OneStep):
    """Zeros before a sequence, for the window behind: they are the states that it starts from."""

    def observing(self, ones, padded):
        original = self.operation.call

        def run(*args, **kwargs):
            padded.append(original(*args, **kwargs))
            self.reached = True
            return padded[-1]

        return replaced(self.operation, "call", run)

    def stepping(self, before, keep, begun, ones):
        return replaced(self.operation, *windows.without_front(self.operation))


class Last(OneStep):
    """`SequencePooling("last")`. State: the last real step so far, where a mask reaches it."""

    def read(self, ones, sequences, mask=None, lengths=None):
        lengths = None if any(lengths is one for one in ones) else lengths
        return Call(sequences, resolve_mask(mask, lengths, sequences))

    def observe(self, call, outputs):
        self.shapes = [] if call.mask is None else [tuple(call.sequences.shape[2:])]

    def step(self, original, call, before, begun):
        x = call.sequences[:, 0]
        if not before:
            return x, []
        output = where(call.mask, x, before[0])
        return output, [output]


class Beside(Last):
    """`BesideSteps` that only looks back. State: the steps before, one behind another."""

    def observe(self, call, outputs):
        self.shapes = [(self.operation.before * math.prod(self.operation.step_shape),)]

    def step(self, original, call, before, begun):
        x, layer = call.sequences[:, 0], self.operation
        x = x if call.mask is None else x * keras.ops.cast(beside(call.mask, x), x.dtype)
        steps = keras.ops.cast(keras.ops.reshape(before[0], (-1, layer.before, *layer.step_shape)), x.dtype)
        steps = [*(steps[:, number] for number in range(layer.before)), x]
        kept = keras.ops.reshape(keras.ops.stack(steps[1:], axis=1), (-1, *self.shapes[0]))
        output = keras.ops.concatenate(steps, axis=-1)
        return keras.ops.expand_dims(output, 1), [keras.ops.cast(kept, before[0].dtype)]


def of(operation):
    """What carries the states of a layer or an operation; None where there is nothing to carry, or it is a pooling."""
    if isinstance(operation, SequenceLayer):
        return Recurrent(operation)
    if isinstance(operation, keras.layers.RNN):
        return Stock(operation)
    if isinstance(operation, SequencePooling) and operation.mode == "last":
        return Last(operation)
    if isinstance(operation, BesideSteps) and operation.before and not operation.after:
        return Beside(operation)
    if windows.has_window(operation) and windows.reach(operation):
        looks_back = operation.strides[0] == 1 and operation.padding != "same"
        if looks_back or windows.pads_itself(operation):
            return Window(operation)
        return LookingAhead(operation)
    return Padded(operation) if (windows.padding(operation) or (0, 0)) > (0, 0) else None


def _shown(cell):
    """Which of a cell's states is its output; None where that is not known."""
    if isinstance(cell, keras.layers.StackedRNNCells):
        inner = _shown(cell.cells[-1])
        below = len(keras.tree.flatten([lower.state_size for lower in cell.cells[:-1]]))
        return None if inner is None else below + inner
    return 0 if isinstance(cell, _FIRST) else None

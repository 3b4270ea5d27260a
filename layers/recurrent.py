"""Recurrent layers over whole sequences: `RNN` of any cell, `LSTM` and `GRU`.

    layer = layers.LSTM(64, return_sequences=True)
    outputs = layer(sequences, lengths=[7, 5])     # (2, time, 64); steps past a row's length are skipped

Weights, gate order and meaning of every argument are Keras's: `set_weights(keras_layer.get_weights())` works both ways.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

from layers import checks, loops
from layers.annotations import Tensor
from layers.cells import GRUCell, LSTMCell, RecurrentCell
from layers.kept_states import KeepsStates
from layers.masking import resolve_mask

_OPTIONS = ("return_sequences", "return_state", "go_backwards", "stateful", "zero_output_for_mask")


class SequenceLayer(KeepsStates):
    """A cell applied over time. To be subclassed: a subclass makes the cell. What `RNN`, `LSTM` and `GRU` share:

        output_t, state_t = cell(x_t, state_{t-1})

    call(sequences, initial_state=None, mask=None, lengths=None, training=False):
        sequences     (batch, time, features)
        initial_state a list of (batch, size), one for each state; zeros (or the kept ones, if stateful) by default
        mask          booleans (batch, time), True at a real step
        lengths       integers (batch,): only the first lengths[b] steps of row b are real
    Returns the last output (batch, units), or all (batch, time, units) with `return_sequences`, followed by the last
    states with `return_state`.

    Masking: at a masked step the state stays and the output repeats (or is zero, with `zero_output_for_mask`). A row
    without a real step returns its initial state, and an output of zeros.
    go_backwards: from the last step to the first; outputs come in that order.
    stateful: the last states of a call start the next; all batches must be of one size. `reset_state()` forgets them.
    States are not weights (`get_weights` is without them, as in Keras), but files hold them; see `kept_states`.
    """

    def __init__(
        self,
        cell: keras.layers.Layer,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        zero_output_for_mask: bool = False,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.supports_jit = not loops.by_cudnn(cell)  # XLA cannot compile cuDNN; `fit` then does without XLA

    @property
    def state_size(self):
        """The sizes of the states, flat."""
        return keras.tree.flatten(self.cell.state_size)

    @property
    def output_size(self):
        """The width of an output."""
        return getattr(self.cell, "output_size", None) or self.state_size[0]

    def build(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        checks.rank("sequences", sequences_shape, ("batch", "time", "features"))
        if not self.cell.built:
            self.cell.build((sequences_shape[0], sequences_shape[2]))
            self.cell.built = True
        self.features = sequences_shape[2]
        if self.stateful and self.states is None:
            self.keep_states(sequences_shape[0], self.state_size)

    def check_shapes(self, sequences, initial_state=None, mask=None, lengths=None):
        """Checks every shape against the layer's."""
        checks.rank("sequences", sequences, ("batch", "time", "features"))
        checks.same_size(f"sequences of {self.name}", "features", self.features, sequences[2])
        if mask is not None:
            checks.mask_shape(mask, sequences)
        if lengths is not None:
            checks.lengths_shape(lengths, sequences)
        if initial_state is None:
            return
        checks.same_size(f"initial_state of {self.name}", "a list", len(self.state_size), len(initial_state))
        for size, state in zip(self.state_size, initial_state, strict=True):
            checks.rank("initial_state", state, ("batch", "size"))
            checks.same_size(f"initial_state of {self.name}", "a batch", sequences[0], state[0])
            checks.same_size(f"initial_state of {self.name}", "a state", size, state[1])

    def call(
        self,
        sequences: Tensor,
        initial_state: list[Tensor] | None = None,
        mask: Tensor | None = None,
        lengths: Tensor | None = None,
        training: bool = False,
    ) -> Tensor | tuple[Tensor, ...]:
        initial = None if initial_state is None else _as_list(initial_state)
        shapes = None if initial is None else [state.shape for state in initial]
        mask, lengths = (None if m is None else keras.ops.convert_to_tensor(m) for m in (mask, lengths))
        self.check_shapes(sequences.shape, shapes, getattr(mask, "shape", None), getattr(lengths, "shape", None))
        sequences = self.of_kept_batch(sequences) if self.stateful else sequences
        start = self._start(sequences, initial)
        output, states = self._run(sequences, start, mask, lengths, training)
        if self.stateful:
            for kept, state in zip(self.states, states, strict=True):
                kept.assign(state)
        return (output, *states) if self.return_state else output

    def _start(self, sequences, initial):
        if initial is None and self.stateful:
            initial = self.kept(sequences)
        if initial is not None:
            return [keras.ops.cast(state, self.compute_dtype) for state in initial]
        batch = keras.ops.shape(sequences)[0]
        return [keras.ops.zeros((batch, size), dtype=self.compute_dtype) for size in self.state_size]

    def _run(self, sequences, states, mask, lengths, training):
        """-> the output or outputs, and the last states."""
        masks = (None, None)
        if isinstance(self.cell, RecurrentCell):
            masks = self.cell.dropout_masks(_one_step(sequences, states), states[0], training)
            sequences = sequences if masks[0] is None else sequences * keras.ops.expand_dims(masks[0], 1)
        if loops.runs_whole(self.cell):
            from layers.on_tensorflow.sequences import run

            outputs, states = run(self, sequences, states, mask, lengths, masks[1], training)
        else:
            mask = resolve_mask(mask, lengths, sequences)
            outputs, states = self._loop(sequences, mask, states, masks[1], training)
        self._forget_dropout(self.cell)
        return outputs, states

    def _loop(self, sequences, mask, states, hidden_mask, training):
        if sequences.shape[1] == 0:
            return self._no_step(sequences, states, hidden_mask, training)
        inputs = keras.ops.transpose(sequences, (1, 0, 2))  # (time, batch, features)
        mask = None if mask is None else keras.ops.transpose(mask)  # (time, batch)
        inputs, mask = (keras.ops.flip(s, 0) if self.go_backwards and s is not None else s for s in (inputs, mask))
        if isinstance(self.cell, RecurrentCell):
            inputs = self.cell.project(inputs)

            def step(x, states):
                return self.cell.recur(x, states, hidden_mask)
        else:
            step = self._foreign_step(inputs, states, training)
        outputs, states = loops.run(step, inputs, states, mask, self.output_size, self.return_sequences)
        if self.zero_output_for_mask and mask is not None:
            real = mask if self.return_sequences else keras.ops.any(mask[-1:], axis=0)  # there may be no step
            outputs = keras.ops.where(keras.ops.expand_dims(real, -1), outputs, 0)
        return keras.ops.transpose(outputs, (1, 0, 2)) if self.return_sequences else outputs, states

    def _no_step(self, sequences, states, hidden_mask, training):
        """`_loop` over no steps: over a single masked one, which is then removed."""
        sequences = keras.ops.pad(sequences, ((0, 0), (0, 1), (0, 0)))
        mask = keras.ops.zeros(keras.ops.shape(sequences)[:2], dtype="bool")
        outputs, states = self._loop(sequences, mask, states, hidden_mask, training)
        return outputs[:, :0] if self.return_sequences else outputs, states

    def _foreign_step(self, inputs, states, training):
        """A step of a cell of Keras's or of the user's, whose dropout masks must exist before the loop."""
        pack, options = self.cell.state_size, {}
        if getattr(self.cell, "_call_has_training_arg", False):
            options["training"] = training
        if training:
            self._draw_dropout(self.cell, _one_step(inputs, states), states)

        def step(x, states):
            nested = isinstance(pack, (list, tuple))
            output, states = self.cell(x, keras.tree.pack_sequence_as(pack, states) if nested else states, **options)
            return output, keras.tree.flatten(states)

        return step

    def _draw_dropout(self, cell, x, states):
        if isinstance(cell, DropoutRNNCell):
            cell.get_dropout_mask(x)
            cell.get_recurrent_dropout_mask(states[0])
        for inner in getattr(cell, "cells", ()):
            count = len(keras.tree.flatten(inner.state_size))
            self._draw_dropout(inner, x, states[:count])
            x, _ = inner(x, states[:count])
            states = states[count:]

    def _forget_dropout(self, cell):
        if isinstance(cell, DropoutRNNCell):
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()
        for inner in getattr(cell, "cells", ()):
            self._forget_dropout(inner)

    def compute_mask(self, sequences, previous_mask):
        mask = previous_mask[0] if isinstance(previous_mask, (list, tuple)) else previous_mask
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(self.state_size) if self.return_state else mask

    def compute_output_shape(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        states = None if initial_state_shape is None else _shape_list(initial_state_shape)
        self.check_shapes(sequences_shape, states, mask_shape, lengths_shape)
        batch, time = sequences_shape[:2]
        output = (batch, time, self.output_size) if self.return_sequences else (batch, self.output_size)
        return (output, *((batch, size) for size in self.state_size)) if self.return_state else output

    def options(self):
        """The arguments all sequence layers share, for `get_config`."""
        return {name: getattr(self, name) for name in _OPTIONS}


def _one_step(sequences, states):
    """Zeros in place of x_t (batch, features), where only its shape counts; there may be no step."""
    return keras.ops.zeros((keras.ops.shape(states[0])[0], sequences.shape[-1]), dtype=states[0].dtype)


def _as_list(states):
    return keras.tree.flatten(states)


def _shape_list(shapes):
    return [shapes] if isinstance(shapes[0], (int, type(None))) else list(shapes)


@keras.saving.register_keras_serializable(package="unroll")
class RNN(SequenceLayer):
    """Any cell over time: one of this package, one of Keras, or your own.

        output_t, state_t = cell(x_t, state_{t-1})

    Call, shapes and masking are `SequenceLayer`'s. A list of cells is stacked, each on the outputs of the one before.

        outputs = layers.RNN(layers.GRUCell(8), return_sequences=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 8)
    """

    def __init__(self, cell: keras.layers.Layer | Sequence[keras.layers.Layer], **options: Any):
        cell = keras.layers.StackedRNNCells(list(cell)) if isinstance(cell, (list, tuple)) else cell
        for part in ("call", "state_size"):
            if not hasattr(cell, part):
                raise ValueError(
                    f"cell: expected an object with `call` and `state_size`, received {cell!r} without `{part}`"
                )
        super().__init__(cell, **options)

    def get_config(self):
        cell = keras.saving.serialize_keras_object(self.cell)
        return {**super().get_config(), **self.options(), "cell": cell}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("cell")), **config)


def _split_options(options):
    """The keyword arguments of a layer with a cell inside: (the sequence layer's, the cell's)."""
    own = {*_OPTIONS, "name", "trainable", "dtype", "activity_regularizer"}
    layer = {name: value for name, value in options.items() if name in own}
    cell = {name: value for name, value in options.items() if name not in own}
    return layer, cell | {name: options[name] for name in ("dtype", "trainable") if name in options}


def _cell_config(cell):
    config = cell.get_config()
    return {name: value for name, value in config.items() if name not in ("name", "trainable", "dtype")}


@keras.saving.register_keras_serializable(package="unroll")
class LSTM(SequenceLayer):
    """Long short-term memory over time (Hochreiter and Schmidhuber 1997): forget, store, update, output.

        i, f, g, o = x_t W + h_{t-1} U + b
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);   h_t = sigmoid(o) tanh(c_t)

    LSTM(units, ...): the arguments of `LSTMCell` and of `SequenceLayer`, named as Keras's. Call, shapes and masking are
    `SequenceLayer`'s; the states are h and c.

        outputs, h, c = layers.LSTM(8, return_sequences=True, return_state=True)(keras.ops.ones((2, 5, 3)))
    """

    def __init__(self, units: int, **options: Any):
        layer, cell = _split_options(options)
        super().__init__(LSTMCell(units, name="lstm_cell", **cell), **layer)

    @property
    def units(self):
        return self.cell.units

    def get_config(self):
        return {**super().get_config(), **self.options(), **_cell_config(self.cell)}


@keras.saving.register_keras_serializable(package="unroll")
class GRU(SequenceLayer):
    """Gated recurrent units over time (Cho et al. 2014); `reset_after=False` is the paper's form.

        z, r from x_t and h_{t-1};   h_t = z h_{t-1} + (1 - z) tanh(x_t W_h + r (h_{t-1} U_h))

    GRU(units, ...): the arguments of `GRUCell` and of `SequenceLayer`, named as Keras's. Call, shapes and masking are
    `SequenceLayer`'s; the state is h.

        last = layers.GRU(8)(keras.ops.ones((2, 5, 3)), lengths=[5, 2])   # (2, 8)
    """

    def __init__(self, units: int, **options: Any):
        layer, cell = _split_options(options)
        super().__init__(GRUCell(units, name="gru_cell", **cell), **layer)

    @property
    def units(self):
        return self.cell.units

    def get_config(self):
        return {**super().get_config(), **self.options(), **_cell_config(self.cell)}

"""A cell applied over time: what every recurrent layer shares.

class Elman(SequenceLayer):                        # a subclass makes the cell
    def __init__(self, units, **options):
        super().__init__(layers.RNNCell(units), **options)
"""

import contextlib
from typing import Any

import keras
from keras.src.backend import AutocastScope
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell
from keras.src.utils.tracking import DotNotTrackScope

from layers import checks, inner_layers, loops
from layers.annotations import Tensor
from layers.cells import RecurrentCell
from layers.kept_states import KeepsStates
from layers.masking import resolve_mask

OPTIONS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")


class SequenceLayer(KeepsStates):
    """A cell applied over time. To be subclassed: a subclass makes the cell. What `RNN`, `LSTM`, `GRU` ... share:

        output_t, state_t = cell(x_t, state_{t-1})

    call(sequences, initial_state=None, mask=None, lengths=None, training=False):
        sequences     (batch, time, features); whole numbers are cast
        initial_state a list of (batch, size), one for each state; those of the cell's `get_initial_state`, zeros as a
                      rule (or the kept ones, if stateful) by default
        mask          booleans (batch, time), True at a real step
        lengths       integers (batch,): only the first lengths[b] steps of row b are real
    Returns the last output (batch, units), or all (batch, time, units) with `return_sequences`, followed by the last
    states with `return_state`.

    Masking: at a masked step the state stays and the output repeats (or is zero, with `zero_output_for_mask`). A row
    without a real step returns its initial state, and an output of zeros.
    go_backwards: from the last step to the first; outputs come in that order.
    stateful: the last states of a call start the next; all batches must be of one size. `reset_state()` forgets them.
    States are not weights (`get_weights` is without them, as in Keras), but files hold them; see `kept_states`.
    unroll: is kept, and changes nothing: the loop runs as its back end runs it best, with the same numbers.
    """

    nest = ()

    def __init__(
        self,
        cell: keras.layers.Layer,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.features = None  # not known before `build`
        self.cell = cell
        self.return_sequences = bool(return_sequences)
        self.return_state = bool(return_state)
        self.go_backwards = bool(go_backwards)
        self.stateful = bool(stateful)
        self.unroll = bool(unroll)
        self.zero_output_for_mask = bool(zero_output_for_mask)
        self.supports_masking = True
        self.supports_jit = not loops.by_cudnn(cell)  # XLA cannot compile cuDNN; `fit` then does without XLA

    @property
    def state_size(self):
        """The sizes of the states, flat; of a state of more axes, that of the last."""
        if self.nest:
            return [state.shape[-1] for state in keras.tree.flatten(self.nest)]
        return keras.tree.flatten(self.cell.state_size)

    @property
    def output_size(self):
        """The width of an output."""
        return getattr(self.cell, "output_size", None) or self.state_size[0]

    def shapes_of_step(self, step_shape=None):
        """The shapes of an output and of each state, flat, without the batch; before `build`, for steps of a shape."""
        if isinstance(self.cell, RecurrentCell):
            shape = self.cell.state_shape(step_shape)
            return shape, [shape] * len(self.state_size)
        shapes = [(size,) for size in self.state_size]
        return (self.output_size,), [tuple(x.shape[1:]) for x in keras.tree.flatten(self.nest)] or shapes

    @property
    def cell_dtype(self):
        """The type that the cell computes in, which may have a policy of its own."""
        return getattr(self.cell, "compute_dtype", None) or self.compute_dtype

    def build(self, sequences_shape, initial_state_shape=None, mask_shape=None, lengths_shape=None):
        self._check_rank(sequences_shape)
        if not getattr(self.cell, "built", True):
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True
        self.features = sequences_shape[-1]
        with DotNotTrackScope():
            self.nest = self._nest_of_states()
        if self.stateful and self.states is None:
            self.keep_states(sequences_shape[0], self.shapes_of_step()[1])

    def _nest_of_states(self):
        """The states of a user's cell, nested as it nests them; () where its `state_size` tells how."""
        own = getattr(self.cell, "get_initial_state", None)
        if own is None or isinstance(self.cell, RecurrentCell):
            return ()
        states = own(batch_size=1)
        shapes = [tuple(state.shape) for state in keras.tree.flatten(states)]
        if shapes == [(1, size) for size in keras.tree.flatten(self.cell.state_size)]:
            return ()
        return keras.tree.map_structure(lambda state: keras.KerasTensor(state.shape, state.dtype), states)

    def _check_rank(self, sequences):
        """A cell of Keras's or of the user's may take steps of more axes."""
        if isinstance(self.cell, RecurrentCell) or len(sequences) < 3:
            checks.rank(f"sequences of {self.name}", sequences, ("batch", "time", "features"))

    def _check_step(self, sequences):
        checks.same_size(f"sequences of {self.name}", "features", self.features, sequences[-1])

    def mask_axes(self, sequences):
        """The axes that a mask may have behind batch and time, of sequences of a shape."""
        return ()

    def check_shapes(self, sequences, initial_state=None, mask=None, lengths=None):
        """Checks every shape against the layer's."""
        self._check_rank(sequences)
        self._check_step(sequences)
        if mask is not None:
            checks.mask_shape(mask, sequences, self.mask_axes(sequences))
        if lengths is not None:
            checks.lengths_shape(lengths, sequences)
        if initial_state is None:
            return
        checks.same_size(f"initial_state of {self.name}", "a list", len(self.state_size), len(initial_state))
        for shape, state in zip(self.shapes_of_step(tuple(sequences[2:]))[1], initial_state, strict=True):
            checks.state_shape(f"initial_state of {self.name}", (sequences[0], *shape), state)

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
        if not self.return_state:
            return output
        states = [_cast(state, self.compute_dtype) for state in states]
        return (output, *self._packed(states))

    def get_initial_state(self, batch_size: int | Tensor) -> list[Tensor]:
        """The states that a sequence starts from, flat: the cell's own, or zeros where it says nothing of them."""
        own = getattr(self.cell, "get_initial_state", None)
        if own is not None:
            return [_cast(state, self.cell_dtype) for state in keras.tree.flatten(own(batch_size=batch_size))]
        return [keras.ops.zeros((batch_size, *shape), dtype=self.cell_dtype) for shape in self.shapes_of_step()[1]]

    def _start(self, sequences, initial):
        if initial is None and self.stateful:
            initial = self.kept(sequences)
        if initial is not None:
            return [keras.ops.cast(state, self.cell_dtype) for state in initial]
        return self.get_initial_state(keras.ops.shape(sequences)[0])

    def _packed(self, flat):
        """States, or their shapes, as the cell nests them: one list a cell in a stack."""
        if self.nest:
            packed = keras.tree.pack_sequence_as(self.nest, flat)
            return packed if isinstance(packed, (list, tuple)) else [packed]
        pack = self.cell.state_size
        return inner_layers.nested(pack, flat) if isinstance(pack, (list, tuple)) else flat

    def _precision(self):
        """A cell of another policy than the layer's computes in its own."""
        policy = getattr(self.cell, "dtype_policy", self.dtype_policy)
        return contextlib.nullcontext() if policy.name == self.dtype_policy.name else AutocastScope(self.cell_dtype)

    def _run(self, sequences, states, mask, lengths, training):
        """-> the output or outputs, and the last states."""
        masks = (None, None)
        with self._precision():
            if isinstance(self.cell, RecurrentCell):
                sequences = _cast(sequences, self.cell_dtype)
                masks = self.cell.dropout_masks(_one_step(sequences, states), states[0], training)
                sequences = sequences if masks[0] is None else sequences * keras.ops.expand_dims(masks[0], 1)
            if loops.runs_whole(self.cell):
                from layers.on_tensorflow.sequences import run

                outputs, states = run(self, sequences, states, mask, lengths, masks[1], training)
            else:
                mask = resolve_mask(mask, lengths, sequences, self.mask_axes(sequences.shape))
                outputs, states = self._loop(sequences, mask, states, masks[1], training)
        self._forget_dropout(self.cell)
        return _cast(outputs, self.compute_dtype), states

    def _loop(self, sequences, mask, states, hidden_mask, training):
        if sequences.shape[1] == 0:
            return self._no_step(sequences, states, hidden_mask, training)
        inputs = loops.other_major(sequences)  # (time, batch, features)
        mask = None if mask is None else loops.other_major(mask)  # (time, batch)
        inputs, mask = (keras.ops.flip(s, 0) if self.go_backwards and s is not None else s for s in (inputs, mask))
        if isinstance(self.cell, RecurrentCell):
            inputs = self.cell.project(inputs)

            def step(x, states):
                return self.cell.recur(x, states, hidden_mask)
        else:
            step = self._foreign_step(inputs, states, training)
        shape, _ = self.shapes_of_step()
        outputs, states = loops.run(step, inputs, states, mask, shape, self.return_sequences)
        if self.zero_output_for_mask and mask is not None:
            real = mask if self.return_sequences else keras.ops.any(mask[-1:], axis=0)  # there may be no step
            outputs = keras.ops.where(loops.beside_axes(real, outputs), outputs, 0)
        return loops.other_major(outputs) if self.return_sequences else outputs, states

    def _no_step(self, sequences, states, hidden_mask, training):
        """`_loop` over no steps: over a single masked one, which is then removed."""
        sequences = keras.ops.pad(sequences, ((0, 0), (0, 1), *((0, 0),) * (len(sequences.shape) - 2)))
        mask = keras.ops.zeros(keras.ops.shape(sequences)[:2], dtype="bool")
        outputs, states = self._loop(sequences, mask, states, hidden_mask, training)
        return outputs[:, :0] if self.return_sequences else outputs, states

    def _foreign_step(self, inputs, states, training):
        """A step of a cell of Keras's or of the user's, whose dropout masks must exist before the loop."""
        pack, options = self.cell.state_size, {}
        run = self.cell if callable(self.cell) else self.cell.call
        if getattr(self.cell, "_call_has_training_arg", False):
            options["training"] = training
        if training:
            self._draw_dropout(self.cell, _one_step(inputs, states), states)

        def step(x, states):
            nested = self.nest or isinstance(pack, (list, tuple))
            output, following = run(x, self._packed(states) if nested else states, **options)
            following = zip(keras.tree.flatten(following), states, strict=True)
            return _cast(output, states[0].dtype), [_cast(state, before.dtype) for state, before in following]

        return step

    def _draw_dropout(self, cell, x, states):
        if isinstance(cell, DropoutRNNCell):
            cell.get_dropout_mask(_cast(x, states[0].dtype))
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
        states = None if initial_state_shape is None else inner_layers.flat(initial_state_shape)
        self.check_shapes(sequences_shape, states, mask_shape, lengths_shape)
        batch, time = sequences_shape[:2]
        shape, state_shapes = self.shapes_of_step(tuple(sequences_shape[2:]))
        output = (batch, time, *shape) if self.return_sequences else (batch, *shape)
        return (output, *self._packed([(batch, *state) for state in state_shapes])) if self.return_state else output

    def options(self):
        """The arguments all sequence layers share, for `get_config`."""
        return {name: getattr(self, name) for name in OPTIONS}


def _one_step(sequences, states):
    """Zeros in place of x_t (batch, features), where only its shape counts; there may be no step."""
    return keras.ops.zeros((keras.ops.shape(states[0])[0], *sequences.shape[2:]), dtype=sequences.dtype)


def _cast(tensor, dtype):
    return tensor if keras.backend.standardize_dtype(tensor.dtype) == dtype else keras.ops.cast(tensor, dtype)


def _as_list(states):
    return keras.tree.flatten(states)

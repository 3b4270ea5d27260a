"""Recurrent layers over whole sequences: `RNN` of any cell, `LSTM`, `GRU` and `SimpleRNN`.

    layer = layers.LSTM(64, return_sequences=True)
    outputs = layer(sequences, lengths=[7, 5])     # (2, time, 64); steps past a row's length are skipped

Weights, gate order, the arguments and their order are Keras's: `set_weights(keras_layer.get_weights())` and
`from_config(keras_layer.get_config())` work. `docs/layers.md` has what is different.
"""

import copy
import operator
from collections.abc import Sequence
from typing import Any

import keras

from layers import arguments, checks
from layers.cells import GRUCell, LSTMCell, RNNCell
from layers.sequence_layer import OPTIONS, SequenceLayer


@keras.saving.register_keras_serializable(package="unroll")
class RNN(SequenceLayer):
    """Any cell over time: one of this package, one of Keras, or your own.

        output_t, state_t = cell(x_t, state_{t-1})

    RNN(cell, ...): the arguments of `SequenceLayer`. Call, shapes and masking are its too. A list of cells is stacked,
    each on the outputs of the one before; with `return_state` each cell's states come as they are in its `state_size`,
    a tensor or a list.

        outputs = layers.RNN(layers.GRUCell(8), return_sequences=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 8)
    """

    def __init__(self, cell: keras.layers.Layer | Sequence[keras.layers.Layer], *by_position: Any, **options: Any):
        for number, one in enumerate(cell if isinstance(cell, (list, tuple)) else [cell]):
            _check_cell(f"cell[{number}]" if isinstance(cell, (list, tuple)) else "cell", one)
        if isinstance(cell, (list, tuple)):
            cell = keras.layers.StackedRNNCells(list(cell))
        super().__init__(cell, *by_position, **arguments.without_time_major("RNN", options))

    def get_config(self):
        cell = keras.saving.serialize_keras_object(self.cell)
        return {**super().get_config(), **self.options(), "cell": cell}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = copy.deepcopy(config)  # Keras's stack of cells takes its own apart
        return cls(keras.saving.deserialize_keras_object(config.pop("cell"), custom_objects), **config)


def _check_cell(name, cell):
    for part in ("call", "state_size"):
        if not hasattr(cell, part):
            raise ValueError(
                f"{name}: expected an object with `call` and `state_size`, received {cell!r} without `{part}`"
            )


class OneCellLayer(SequenceLayer):
    """A layer of one kind of cell, whose arguments it takes beside `SequenceLayer`'s. To be subclassed.

    A subclass sets `cell_kind` and `order`, the names of what may be given by position behind the `first`.
    """

    cell_kind = None
    cell_name = None
    first = "units"
    order = ()

    def __init__(self, units: int, *by_position: Any, **options: Any):
        owner = type(self).__name__
        options = arguments.named(owner, self.order, by_position, arguments.without_time_major(owner, options))
        arguments.check_known(owner, options, {self.first, *self.order, *arguments.OF_LAYERS})
        layer, cell = _split_options(options)
        super().__init__(self.make_cell(units, name=self.cell_name, **cell), **layer)

    def make_cell(self, units, **options):
        """The cell of the layer's arguments."""
        return self.cell_kind(units, **options)

    def get_config(self):
        regularizer = keras.regularizers.serialize(self.activity_regularizer) if self.activity_regularizer else None
        own = {**self.options(), "activity_regularizer": regularizer}
        return {**super().get_config(), **own, **_cell_config(self.cell)}


def _split_options(options):
    """The keyword arguments of a layer with a cell inside: (the sequence layer's, the cell's)."""
    own = {*OPTIONS, *arguments.OF_KERAS, "activity_regularizer"}
    layer = {name: value for name, value in options.items() if name in own}
    cell = {name: value for name, value in options.items() if name not in own}
    return layer, cell | {name: options[name] for name in ("dtype", "trainable") if name in options}


def _cell_config(cell):
    config = cell.get_config()
    return {name: value for name, value in config.items() if name not in ("name", "trainable", "dtype")}


def shows_its_cell(kind):
    """A class decorator: a layer's `units`, `activation` ... are its cell's."""
    cell = {kind.first, "implementation", *kind.order} - {*dir(SequenceLayer), *OPTIONS, "use_cudnn"}
    for name in cell - {"activity_regularizer"}:
        setattr(kind, name, property(operator.attrgetter(f"cell.{name}")))
    return kind


class CudnnLayer(OneCellLayer):
    """A `OneCellLayer` for whose cell cuDNN has a loop. To be subclassed."""

    def __init__(self, units: int, *by_position: Any, **options: Any):
        options = arguments.named(type(self).__name__, self.order, by_position, options)
        use_cudnn = checks.one_of("use_cudnn", options.pop("use_cudnn", "auto"), ("auto", True, False))
        super().__init__(units, **options)
        self.use_cudnn = use_cudnn
        self.supports_jit = self.supports_jit or use_cudnn is False

    def get_config(self):
        return {**super().get_config(), "use_cudnn": self.use_cudnn}


@keras.saving.register_keras_serializable(package="unroll")
@shows_its_cell
class LSTM(CudnnLayer):
    """Long short-term memory over time (Hochreiter and Schmidhuber 1997): forget, store, update, output.

        i, f, g, o = x_t W + h_{t-1} U + b
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);   h_t = sigmoid(o) tanh(c_t)

    LSTM(units, ...): the arguments of `LSTMCell` and of `SequenceLayer`, named and in the order of Keras's. Call,
    shapes and masking are `SequenceLayer`'s; the states are h and c.
    use_cudnn: False keeps off cuDNN's loop, which trains on a GPU; the numbers are the same.

        outputs, h, c = layers.LSTM(8, return_sequences=True, return_state=True)(keras.ops.ones((2, 5, 3)))
    """

    cell_kind, cell_name, order = LSTMCell, "lstm_cell", arguments.LSTM


@keras.saving.register_keras_serializable(package="unroll")
@shows_its_cell
class GRU(CudnnLayer):
    """Gated recurrent units over time (Cho et al. 2014); `reset_after=False` is the paper's form.

        z, r from x_t and h_{t-1};   h_t = z h_{t-1} + (1 - z) tanh(x_t W_h + r (h_{t-1} U_h))

    GRU(units, ...): the arguments of `GRUCell` and of `SequenceLayer`, named and in the order of Keras's. Call, shapes
    and masking are `SequenceLayer`'s; the state is h.
    use_cudnn: False keeps off cuDNN's loop, which trains on a GPU; the numbers are the same.

        last = layers.GRU(8)(keras.ops.ones((2, 5, 3)), lengths=[5, 2])   # (2, 8)
    """

    cell_kind, cell_name, order = GRUCell, "gru_cell", arguments.GRU


@keras.saving.register_keras_serializable(package="unroll")
@shows_its_cell
class SimpleRNN(OneCellLayer):
    """The simple recurrent network over time (Elman 1990).

        h_t = tanh(x_t W + h_{t-1} U + b)

    SimpleRNN(units, ...): the arguments of `RNNCell` and of `SequenceLayer`, named and in the order of Keras's. Call,
    shapes and masking are `SequenceLayer`'s; the state is h.

        last = layers.SimpleRNN(8)(keras.ops.ones((2, 5, 3)))   # (2, 8)
    """

    cell_kind, cell_name, order = RNNCell, "simple_rnn_cell", arguments.SIMPLE

"""Keras's own recurrent layers with the loop of this package, for export: in place, in whatever model.

    with layers.portable(), stock.portable_loops(model):
        concrete = tf.function(model).get_concrete_function(specification)

Weights stay where they are. An `LSTM`, a `GRU`, a `SimpleRNN` or an `RNN` of their cells computes by this package's
cell of the same equation, which projects all steps at once. An `RNN` of any other cell runs the cell's own step, and
`TimeDistributed` its layer, by `loop_functions`.
"""

import contextlib

import keras
from keras.src.layers.rnn.conv_lstm import ConvLSTMCell as KerasConvLSTMCell

from layers.cells import GRUCell, LSTMCell, RNNCell
from layers.conv_lstm_cell import ConvLSTMCell
from layers.conversion import layers_in_time, loop_functions
from layers.conversion.replacing import replaced
from layers.recurrent import RNN

_TWINS = {
    keras.layers.LSTMCell: LSTMCell, keras.layers.GRUCell: GRUCell, keras.layers.SimpleRNNCell: RNNCell,
    KerasConvLSTMCell: ConvLSTMCell,
}  # fmt: skip
_OPTIONS = ("activation", "recurrent_activation", "use_bias", "reset_after")
_OF_CONVOLUTIONS = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")


@contextlib.contextmanager
def portable_loops(model):
    """Inside, each `keras.layers.RNN` and `TimeDistributed` of the model runs by loops that convert."""
    recurrent = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN)]
    with contextlib.ExitStack() as changed:
        changed.enter_context(loop_functions.portable())
        changed.enter_context(layers_in_time.in_one_call(model))
        changed.enter_context(layers_in_time.without_dropout(model))
        for layer in recurrent:
            if type(layer.cell) in _TWINS and layers_in_time.calls_as_keras(layer, "inner_loop"):
                changed.enter_context(replaced(layer, "inner_loop", inner_loop(layer, sequence_layer(layer))))
        yield


def sequence_layer(layer):
    """This package's `RNN` with the same weights and the same way through time."""
    options = {name: getattr(layer, name) for name in ("return_sequences", "go_backwards", "zero_output_for_mask")}
    return RNN(_twin(layer.cell), **options)


def inner_loop(layer, ours):
    """What takes the place of `keras.layers.RNN.inner_loop`, by `ours`: -> the last output, all outputs, states."""

    def run(sequences, initial_state, mask, training=False):
        mask = keras.ops.cast(keras.tree.flatten(mask)[0], "bool") if mask is not None else None
        states = keras.tree.flatten(initial_state)
        output, following = ours._loop(sequences, mask, states, None, training)
        if not keras.tree.is_nested(initial_state):
            initial_state = [initial_state]
        following = keras.tree.pack_sequence_as(initial_state, following)
        return (output[:, -1], output, following) if layer.return_sequences else (output, output, following)

    return run


def _twin(cell):
    """This package's cell of the same equation with the same weights; any other cell as it is."""
    if type(cell) not in _TWINS:
        return cell
    options = {name: getattr(cell, name) for name in _OPTIONS if hasattr(cell, name)}
    twin = _made_like(cell, dtype=cell.dtype_policy, **options)
    for name in ("kernel", "recurrent_kernel", "bias"):
        setattr(twin, name, getattr(cell, name))
    twin.built = True
    return twin


def _made_like(cell, **options):
    if type(cell) is not KerasConvLSTMCell:
        return _TWINS[type(cell)](cell.units, **options)
    options |= {name: getattr(cell, name) for name in _OF_CONVOLUTIONS}
    twin = ConvLSTMCell(cell.rank, cell.filters, **options)
    twin.see(cell.input_spec.shape)
    return twin

"""Convolutional LSTMs over time: `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`, of frames of one to three axes.

layer = layers.ConvLSTM2D(32, 3, padding="same", return_sequences=True)
outputs = layer(video, lengths=[7, 5])          # (2, time, rows, columns, channels) -> (2, time, rows, columns, 32)

A step has two convolutions, of the input and of the state, for all gates, where Keras's has eight; they take what time
there is, so that both train equally fast. Weights, arguments and numbers are Keras's.
"""

from typing import Any

from keras.saving import register_keras_serializable

from layers import arguments, checks
from layers.conv_lstm_cell import ConvLSTMCell
from layers.recurrent import OneCellLayer, shows_its_cell


class ConvLSTM(OneCellLayer):
    """What the three share. To be subclassed: a subclass sets `axes`, the names of a frame's."""

    cell_kind, cell_name, order, first = ConvLSTMCell, "conv_lstm_cell", arguments.CONV_LSTM, "filters"
    axes = ()

    def __init__(self, filters: int, kernel_size: int | tuple[int, ...], *by_position: Any, **options: Any):
        super().__init__(filters, kernel_size, *by_position, **options)

    def make_cell(self, filters, **options):
        return ConvLSTMCell(len(self.axes), filters, **options)

    def _check_rank(self, sequences):
        last = self.cell.axis == -1
        frame = (*self.axes, "channels") if last else ("channels", *self.axes)
        checks.rank(f"sequences of {self.name}", sequences, ("batch", "time", *frame))

    def mask_axes(self, sequences):
        """A mask may be of pixels, as `Masking` gives it: those of the states stay, and of the outputs repeat."""
        shape = self.cell.state_shape(tuple(sequences[2:]))
        return shape[:-1] if self.cell.axis == -1 else ()

    def _check_step(self, sequences):
        if self.built:
            for size, other in zip(self.cell.frame_shape, sequences[2:], strict=True):
                checks.same_size(f"sequences of {self.name}", "an axis", size, other)

    def get_config(self):
        own = ("rank", "units", "implementation")
        return {name: value for name, value in super().get_config().items() if name not in own}


@register_keras_serializable(package="unroll")
@shows_its_cell
class ConvLSTM1D(ConvLSTM):
    """A convolutional LSTM over sequences of rows (Shi et al. 2015).

        i, f, g, o = x_t * W + h_{t-1} * U + b          * is a convolution
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);   h_t = sigmoid(o) tanh(c_t)

    ConvLSTM1D(filters, kernel_size, ...): the arguments of `keras.layers.ConvLSTM1D`, named and in its order.
    call: sequences (batch, time, rows, channels), of which all but batch and time are known; initial_state, mask and
    lengths as of `SequenceLayer`. Returns (batch, rows, filters), or (batch, time, rows, filters) with
    `return_sequences`; the states, h and c, have the shape of an output. With `data_format="channels_first"` the
    channels come before the rows.

        last = layers.ConvLSTM1D(4, 3, padding="same")(keras.ops.ones((2, 5, 8, 3)))   # (2, 8, 4)
    """

    axes = ("rows",)


@register_keras_serializable(package="unroll")
@shows_its_cell
class ConvLSTM2D(ConvLSTM):
    """A convolutional LSTM over sequences of pictures (Shi et al. 2015).

        i, f, g, o = x_t * W + h_{t-1} * U + b          * is a convolution
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);   h_t = sigmoid(o) tanh(c_t)

    ConvLSTM2D(filters, kernel_size, ...): the arguments of `keras.layers.ConvLSTM2D`, named and in its order.
    call: sequences (batch, time, rows, columns, channels), the rest as of `ConvLSTM1D`.

        last = layers.ConvLSTM2D(4, 3)(keras.ops.ones((2, 5, 8, 8, 3)), lengths=[5, 2])   # (2, 6, 6, 4)
    """

    axes = ("rows", "columns")


@register_keras_serializable(package="unroll")
@shows_its_cell
class ConvLSTM3D(ConvLSTM):
    """A convolutional LSTM over sequences of volumes (Shi et al. 2015).

        i, f, g, o = x_t * W + h_{t-1} * U + b          * is a convolution
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);   h_t = sigmoid(o) tanh(c_t)

    ConvLSTM3D(filters, kernel_size, ...): the arguments of `keras.layers.ConvLSTM3D`, named and in its order.
    call: sequences (batch, time, depth, rows, columns, channels), the rest as of `ConvLSTM1D`.

        last = layers.ConvLSTM3D(2, 2)(keras.ops.ones((2, 3, 4, 4, 4, 1)))   # (2, 3, 3, 3, 2)
    """

    axes = ("depth", "rows", "columns")

"""The LSTM whose products are convolutions: one time step of frames (Shi et al. 2015).

cell = ConvLSTMCell(2, filters=8, kernel_size=3, padding="same")        # of pictures; 1 of sequences, 3 of volumes
output, [h, c] = cell(frame, [h, c])                                   # frame (batch, rows, columns, channels)
"""

from typing import Any

import keras
from keras.src.ops.operation_utils import compute_conv_output_shape

from layers import checks
from layers.annotations import Tensor
from layers.cells import LSTMCell


@keras.saving.register_keras_serializable(package="unroll")
class ConvLSTMCell(LSTMCell):
    """The convolutional LSTM of frames (Shi et al. 2015, "Convolutional LSTM Network"), without peepholes.

        i, f, g, o = x_t * W + h_{t-1} * U + b          * is a convolution
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);   h_t = sigmoid(o) tanh(c_t)

    rank: of a frame, 1 to 3. kernel_size, strides, padding ("valid", "same"), data_format and dilation_rate are those
    of the convolution of x; that of h keeps the size of the states. Other arguments are `LSTMCell`'s.
    Weights: kernel (*kernel_size, channels, 4 x filters), recurrent_kernel (*kernel_size, filters, 4 x filters), bias.
    """

    elementwise = False  # `combine` is, but no loop of products can run it

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        **options: Any,
    ):
        super().__init__(checks.positive("filters", filters), **options)
        self.rank, self.filters = rank, self.units
        self.kernel_size = checks.sizes("kernel_size", kernel_size, rank)
        self.strides = checks.sizes("strides", strides, rank)
        self.padding = checks.one_of("padding", str(padding).lower(), ("valid", "same"))
        self.data_format = checks.one_of(
            "data_format", data_format or keras.config.image_data_format(), ("channels_last", "channels_first")
        )
        self.dilation_rate = checks.sizes("dilation_rate", dilation_rate, rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "Specifying `strides > 1` is not compatible with `dilation_rate > 1`: expected one of them to be 1, "
                f"received strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.frame_shape = None  # not known before `build`

    @property
    def axis(self):
        """That of the channels of a frame."""
        return 1 if self.data_format == "channels_first" else -1

    def build(self, input_shape):
        self.see(input_shape)
        channels = input_shape[self.axis]
        columns = self.gates * self.filters
        self.kernel = self._weight("kernel", (*self.kernel_size, channels, columns), self.kernel_initializer)
        shape = (*self.kernel_size, self.filters, columns)
        self.recurrent_kernel = self._weight("recurrent_kernel", shape, self.recurrent_initializer)
        self.bias = self._weight("bias", (columns,), self.bias_start) if self.use_bias else None

    def see(self, input_shape):
        """Takes in the shape of a frame (batch, ...), by which the states have theirs."""
        if None in input_shape[1:]:
            raise ValueError(
                f"{self.name}: expected frames of a known size, received {tuple(input_shape)}; give it to `keras.Input`"
            )
        self.frame_shape = tuple(input_shape[1:])

    def state_shape(self, step_shape: tuple | None = None) -> tuple:
        frames = (1, *(step_shape or self.frame_shape))
        convolution = self.kernel_size, self.strides, self.padding, self.data_format, self.dilation_rate
        return tuple(compute_conv_output_shape(frames, self.filters, *convolution)[1:])

    def project(self, inputs: Tensor) -> Tensor:
        """x as it is, which `recur` convolves.

        Convolving all steps before the loop makes tensors of four times as many channels as there are filters, and
        training took 1 to 16 % longer by it (8 x 8 to 32 x 32 pixels, 32 and 64 filters, batches of 4 and 32).
        """
        return inputs

    def _of_input(self, frames):
        """x * W + b, of one step."""
        options = {"strides": self.strides, "padding": self.padding, "dilation_rate": self.dilation_rate}
        convolved = self._convolved(frames, self.kernel, **options)
        if self.bias is None:
            return convolved
        return convolved + (self.bias if self.axis == -1 else keras.ops.reshape(self.bias, (-1, *[1] * self.rank)))

    def _convolved(self, frames, kernel, **options):
        """A convolution with the channels last, as processors and LiteRT have it."""
        if self.axis == -1:
            return keras.ops.conv(frames, kernel, data_format="channels_last", **options)
        convolved = keras.ops.conv(keras.ops.moveaxis(frames, 1, -1), kernel, data_format="channels_last", **options)
        return keras.ops.moveaxis(convolved, -1, 1)

    def recur(
        self, projected: Tensor, states: list[Tensor], hidden_mask: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        hidden = states[0] if hidden_mask is None else states[0] * hidden_mask
        recurrent = self._convolved(hidden, self.recurrent_kernel, padding="same")
        states = self.combine(self._of_input(projected), recurrent, states)
        return states[0], states

    def combine(self, projected: Tensor, recurrent: Tensor, states: list[Tensor]) -> list[Tensor]:
        i, f, g, o = keras.ops.split(projected + recurrent, 4, axis=self.axis)
        c = self.recurrent_activation(f) * states[1] + self.recurrent_activation(i) * self.activation(g)
        return [self.recurrent_activation(o) * self.activation(c), c]

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        shape = (batch_size, *self.state_shape())
        return [keras.ops.zeros(shape, dtype=self.compute_dtype) for _ in range(self.state_count)]

    def get_config(self):
        names = ("rank", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate")
        config = {**super().get_config(), **{name: getattr(self, name) for name in names}}
        return {name: value for name, value in config.items() if name != "units"}

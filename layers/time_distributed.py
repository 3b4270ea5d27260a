"""A layer applied to every time step by itself.

frames = layers.TimeDistributed(keras.layers.Conv2D(8, 3))     # (batch, time, height, width, channels)
"""

from typing import Any

import keras

from layers import loops
from layers.annotations import Tensor


@keras.saving.register_keras_serializable(package="unroll")
class TimeDistributed(keras.layers.Wrapper):
    """The same layer at every step, all steps in one call: time is folded into the batch.

        y_{b,t} = layer(x_{b,t})

    layer: any layer that maps a batch of steps, (batch, ...) -> (batch, ...).
    call(inputs, training=None, mask=None): inputs (batch, time, ...), of any number of steps, known or not; the mask
    (batch, time) goes on to the layer where it takes one, and to the layers behind.
    The statistics of a batch (BatchNormalization in training) are over all steps; Keras's own are over one step at a
    time, the last of which decides.

        outputs = layers.TimeDistributed(keras.layers.Dense(4))(keras.ops.ones((2, 5, 3)))   # (2, 5, 4)
    """

    def __init__(self, layer: keras.layers.Layer, **layer_options: Any):
        if not isinstance(layer, keras.layers.Layer):
            raise ValueError(f"layer: expected a layer of Keras's or of your own, received {layer!r}")
        super().__init__(layer, **layer_options)
        self.supports_masking = True

    def build(self, input_shape):
        super().build(_of_a_step(input_shape))

    def compute_output_shape(self, input_shape):
        batch, *rest = self.layer.compute_output_shape(_of_a_step(input_shape))
        return (batch, input_shape[1], *rest)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        options = {"training": training} if self.layer._call_has_training_arg else {}
        if mask is not None:
            _check_mask(mask.shape, inputs.shape)
            if self.layer._call_has_mask_arg:
                options["mask"] = folded(mask)
        outputs = self.layer(folded(inputs), **options)
        if keras.backend.is_float_dtype(outputs.dtype):
            outputs = keras.ops.cast(outputs, self.compute_dtype)
        return unfolded(outputs, inputs)


def _of_a_step(shape):
    if len(shape) < 3:
        raise ValueError(f"inputs: expected the shape (batch, time, ...) of 3 axes or more, received {tuple(shape)}")
    return (shape[0], *shape[2:])


def folded(tensor):
    """(batch, time, ...) -> (batch x time, ...)"""
    batch, time, *rest = keras.ops.shape(tensor)
    # LiteRT knows a size that is left out before a call begins, and a product only in the midst of it.
    rows = -1 if loops.is_portable() else batch * time
    return keras.ops.reshape(tensor, (rows, *rest))


def unfolded(outputs, inputs):
    """(batch x time, ...) -> (batch, time, ...), with the batch and the time of the inputs."""
    batch, time = keras.ops.shape(inputs)[:2]
    return keras.ops.reshape(outputs, (batch, time, *keras.ops.shape(outputs)[1:]))


def _check_mask(mask, inputs):
    pairs = zip(mask, inputs[:2], strict=False)
    if len(mask) < 2 or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ValueError(
            f"The `mask` passed to the `TimeDistributed` layer has a shape of {tuple(mask)}: expected (batch, time) as "
            f"of the inputs, {tuple(inputs[:2])}"
        )

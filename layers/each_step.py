"""A layer or a model applied to all steps of a sequence at once, such as a network for pictures to all frames.

features = layers.EachStep(encoder)(frames, lengths=[30, 22])     # (2, 30, 32, 64, 1) -> (2, 30, 128)
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.masking import resolve_mask


@keras.saving.register_keras_serializable(package="unroll")
class EachStep(keras.layers.Layer):
    """y_t = layer(x_t) for each step t, with batch and time folded into one axis, so that it is one call.

    layer: any layer or model of one input and one output, (batch, ...) -> (batch, ...).
    call(sequences, mask=None, lengths=None, training=False): (batch, time, ...) -> (batch, time, ...). Outputs at
    masked steps are zero. Batch and time may both be unknown.

    `keras.layers.TimeDistributed` calls its layer step by step or by a vectorized map; this is one convolution over all
    frames, several times as fast, and converts to LiteRT.

        frames = layers.EachStep(keras.layers.Flatten())(keras.ops.ones((2, 5, 4, 4)))     # (2, 5, 16)
    """

    def __init__(self, layer: keras.layers.Layer, **layer_options: Any):
        super().__init__(**layer_options)
        self.layer = layer
        self.supports_masking = True

    def build(self, sequences_shape, mask_shape=None, lengths_shape=None):
        checks.at_least_rank("sequences", sequences_shape, 3)
        if not self.layer.built:
            self.layer.build((None, *sequences_shape[2:]))

    def call(
        self, sequences: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None, training: bool = False
    ) -> Tensor:
        batch, time = keras.ops.shape(sequences)[:2]
        folded = keras.ops.reshape(sequences, (-1, *sequences.shape[2:]))  # (batch x time, ...)
        output = self.layer(folded, training=training) if self.layer._call_has_training_arg else self.layer(folded)
        output = keras.ops.reshape(output, (batch, time, *output.shape[1:]))
        real = resolve_mask(mask, lengths, sequences)
        if real is None:
            return output
        real = keras.ops.reshape(real, (batch, time, *[1] * (len(output.shape) - 2)))
        return output * keras.ops.cast(real, output.dtype)

    def compute_output_shape(self, sequences_shape, mask_shape=None, lengths_shape=None):
        inner = self.layer.compute_output_shape((None, *sequences_shape[2:]))
        return (*sequences_shape[:2], *inner[1:])

    def get_config(self):
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "layer": keras.saving.deserialize_keras_object(config["layer"])})

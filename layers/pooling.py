"""One vector out of a sequence, padding left out.

pooled = layers.SequencePooling("max")(outputs, mask=mask)      # (batch, time, features) -> (batch, features)
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.masking import masked_softmax, resolve_mask

MODES = ("last", "max", "mean", "attention")


@keras.saving.register_keras_serializable(package="unroll")
class SequencePooling(keras.layers.Layer):
    """A sequence as one vector: y = sum_t w_t x_t over the real steps, or their maximum.

        last        w is one at the last real step
        mean        w = 1 / number of real steps
        max         y_j = max_t x_tj
        attention   w = softmax_t(v tanh(x_t W + b)), learned (Yang et al. 2016)

    call(sequences, mask=None, lengths=None): (batch, time, features) -> (batch, features).
    Masking: padded steps do not count; a row without a real step gives zeros.

        pooled = layers.SequencePooling("mean")(keras.ops.ones((2, 5, 3)), lengths=[5, 2])   # (2, 3)
    """

    def __init__(self, mode: str = "last", **layer_options: Any):
        super().__init__(**layer_options)
        self.mode = checks.one_of("mode", mode, MODES)
        self.supports_masking = True

    def build(self, sequences_shape, mask_shape=None, lengths_shape=None):
        checks.rank("sequences", sequences_shape, ("batch", "time", "features"))
        if self.mode == "attention":
            features = sequences_shape[-1]
            self.kernel = self.add_weight(name="kernel", shape=(features, features), initializer="glorot_uniform")
            self.bias = self.add_weight(name="bias", shape=(features,), initializer="zeros")
            self.query = self.add_weight(name="query", shape=(features, 1), initializer="glorot_uniform")

    def call(self, sequences: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None) -> Tensor:
        mask = resolve_mask(mask, lengths, sequences)
        if mask is None:
            mask = keras.ops.ones_like(sequences[:, :, 0], dtype="bool")
        mask = keras.ops.expand_dims(mask, -1)  # (batch, time, 1)
        if self.mode == "max":
            return self._max(sequences, mask)
        # In float32 at least: bfloat16 counts only to 256.
        wide = keras.ops.cast(sequences, keras.backend.result_type(sequences.dtype, "float32"))
        real = keras.ops.cast(mask, wide.dtype)
        weights = getattr(self, f"_{self.mode}")(sequences, real)  # (batch, time, 1)
        pooled = keras.ops.sum(weights * keras.ops.where(mask, wide, 0), axis=1)
        return keras.ops.cast(pooled, sequences.dtype)

    def _max(self, sequences, mask):
        highest = keras.ops.max(keras.ops.where(mask, sequences, -float("inf")), axis=1, initial=-float("inf"))
        return keras.ops.where(keras.ops.any(mask, axis=1), highest, 0)

    def _last(self, sequences, real):
        later = keras.ops.flip(keras.ops.cumsum(keras.ops.flip(real, 1), axis=1), 1)  # real steps from t on
        return real * keras.ops.cast(keras.ops.equal(later, 1), real.dtype)

    def _mean(self, sequences, real):
        return real / keras.ops.maximum(keras.ops.sum(real, axis=1, keepdims=True), 1)

    def _attention(self, sequences, real):
        scores = keras.ops.matmul(keras.ops.tanh(keras.ops.matmul(sequences, self.kernel) + self.bias), self.query)
        return masked_softmax(scores, real > 0, axis=1)

    def compute_mask(self, sequences, previous_mask):
        return None

    def compute_output_shape(self, sequences_shape, mask_shape=None, lengths_shape=None):
        checks.rank("sequences", sequences_shape, ("batch", "time", "features"))
        if mask_shape is not None:
            checks.mask_shape(mask_shape, sequences_shape)
        if lengths_shape is not None:
            checks.lengths_shape(lengths_shape, sequences_shape)
        return (sequences_shape[0], sequences_shape[2])

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}

"""One table of vectors for the tokens that come in and for the scores of the tokens that go out.

vectors = layers.TiedEmbedding(8000, 256)
x = vectors(ids)                               # (batch, time) -> (batch, time, 256)
logits = vectors(outputs, reverse=True)        # (batch, time, 256) -> (batch, time, 8000)
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.embedding import PADDING, check_ids


@keras.saving.register_keras_serializable(package="unroll")
class TiedEmbedding(keras.layers.Layer):
    """A table of vectors E, read by row for ids and as a product for logits (Press & Wolf 2017, arXiv:1608.05859).

        y = E[id], zeros for padding (id 0)             call(ids)
        logits = x E' + b                               call(x, reverse=True)

    call: integers (batch, time) -> (batch, time, dimension), or floats (..., dimension) with `reverse=True` -> float32
    (..., vocabulary_size). Masking: none made; pass `mask=` or `lengths=` on to the layers that follow.

        vectors = layers.TiedEmbedding(100, 8)
        x = vectors(keras.ops.array([[5, 7, 0]]))      # (1, 3, 8)
        logits = vectors(x, reverse=True)              # (1, 3, 100)

    Rows start with variance 1 / dimension, so that logits of outputs of size 1 start at about 1.
    """

    def __init__(self, vocabulary_size: int, dimension: int, **layer_options: Any):
        super().__init__(**layer_options)
        self.vocabulary_size = checks.positive("vocabulary_size", vocabulary_size)
        self.dimension = checks.positive("dimension", dimension)
        self.build(None)

    def build(self, inputs_shape):
        start = keras.initializers.RandomNormal(stddev=self.dimension**-0.5)
        self.embeddings = self.add_weight((self.vocabulary_size, self.dimension), start, name="embeddings")
        self.bias = self.add_weight((self.vocabulary_size,), "zeros", name="bias")
        self.built = True

    def call(self, inputs: Tensor, reverse: bool = False) -> Tensor:
        if reverse:
            checks.same_size("vectors", "features", self.dimension, inputs.shape[-1])
            logits = keras.ops.matmul(inputs, keras.ops.transpose(keras.ops.cast(self.embeddings, inputs.dtype)))
            return keras.ops.cast(logits, "float32") + keras.ops.cast(self.bias, "float32")
        check_ids(inputs, self.vocabulary_size)
        ids = keras.ops.cast(inputs, "int32")
        real = keras.ops.expand_dims(keras.ops.not_equal(ids, PADDING), -1)
        vectors = keras.ops.take(self.embeddings, ids, axis=0)
        return vectors * keras.ops.cast(real, vectors.dtype)

    def compute_output_spec(self, inputs, reverse=False):
        if reverse:
            return keras.KerasTensor((*inputs.shape[:-1], self.vocabulary_size), dtype="float32")
        return keras.KerasTensor((*inputs.shape, self.dimension), dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size, "dimension": self.dimension}

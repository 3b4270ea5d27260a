"""Token ids as vectors: learned (`Embedding`) or one-hot (`OneHot`); ids dropped at random (`TokenDropout`).

    vectors = layers.Embedding(10000, 64)(ids)          # (batch, time) -> (batch, time, 64)

Id 0 is padding, id 1 the unknown token.
"""

from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Identifier, Tensor
from layers.masking import concrete

PADDING = 0


def check_ids(ids, vocabulary_size):
    """Ids inside the vocabulary, checked when they are known; in a traced graph the lookup itself fails on CPU."""
    known = concrete(ids)
    if known is not None and known.size and not 0 <= known.min() <= known.max() < vocabulary_size:
        raise ValueError(
            f"ids: expected numbers between 0 and {vocabulary_size - 1}, as vocabulary_size={vocabulary_size}, "
            f"received {known.min()} to {known.max()}"
        )


@keras.saving.register_keras_serializable(package="unroll")
class Embedding(keras.layers.Layer):
    """A table of vectors, one for each token.

        y = E[id], and zeros for padding (id 0), whose row is never trained

    vectors: pretrained rows (vocabulary_size, dimension) to start from, such as GloVe's; they are saved with the
    weights, not with the configuration. trainable=False freezes them.
    call(ids): integers (batch, time) -> (batch, time, dimension). Masking: none made; pass `mask=` or `lengths=` on to
    the layers that follow.

        vectors = layers.Embedding(100, 8)(keras.ops.array([[5, 7, 0]]))     # (1, 3, 8)
    """

    def __init__(
        self,
        vocabulary_size: int,
        dimension: int,
        vectors: Tensor | None = None,
        embeddings_initializer: Identifier = "uniform",
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.vocabulary_size = checks.positive("vocabulary_size", vocabulary_size)
        self.dimension = checks.positive("dimension", dimension)
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.vectors = None if vectors is None else np.asarray(vectors, "float32")
        if vectors is not None and self.vectors.shape != (vocabulary_size, dimension):
            raise ValueError(
                f"vectors: expected the shape (vocabulary_size, dimension) = ({vocabulary_size}, {dimension}), "
                f"received {self.vectors.shape}"
            )

    def build(self, ids_shape):
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.vocabulary_size, self.dimension), initializer=self._start
        )

    def _start(self, shape, dtype=None):
        table = self.embeddings_initializer(shape, dtype=dtype) if self.vectors is None else self.vectors
        return keras.ops.cast(keras.ops.slice_update(table, (0, 0), keras.ops.zeros((1, self.dimension))), dtype)

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        check_ids(ids, self.vocabulary_size)
        ids = keras.ops.cast(ids, "int32")
        if training and keras.backend.backend() == "tensorflow":
            from layers.on_tensorflow.lookup import lookup

            return lookup(self._rows, ids)
        return self._rows(ids)

    def _rows(self, ids):
        real = keras.ops.expand_dims(keras.ops.not_equal(ids, PADDING), -1)
        vectors = keras.ops.take(self.embeddings, ids, axis=0)
        return vectors * keras.ops.cast(real, vectors.dtype)

    def nearest(self, token: int | Tensor, count: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The `count` tokens nearest by cosine to a token's id or to a vector (dimension,) -> ids, cosines.

        Padding is never among them, nor the token itself.
        """
        table = keras.ops.convert_to_numpy(self.embeddings)
        vector = table[token] if np.ndim(token) == 0 else np.asarray(token)
        if vector.shape != (self.dimension,):
            raise ValueError(
                f"token: expected an id or a vector ({self.dimension},), received the shape {vector.shape}"
            )
        norms = np.linalg.norm(table, axis=1) * np.linalg.norm(vector)
        cosines = table @ vector / np.maximum(norms, 1e-12)
        cosines[PADDING] = -np.inf
        if np.ndim(token) == 0:
            cosines[token] = -np.inf
        ids = np.argsort(-cosines, kind="stable")[:count]
        return ids, cosines[ids]

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.dimension)

    def get_config(self):
        config = {
            "vocabulary_size": self.vocabulary_size,
            "dimension": self.dimension,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="unroll")
class OneHot(keras.layers.Layer):
    """Ids as rows of the identity: y_j = 1 where j = id, else 0.

    call(ids): integers (batch, time) -> (batch, time, vocabulary_size). Masking: none made.

        rows = layers.OneHot(5)(keras.ops.array([[3, 0]]))     # (1, 2, 5)
    """

    def __init__(self, vocabulary_size: int, **layer_options: Any):
        super().__init__(**layer_options)
        self.vocabulary_size = checks.positive("vocabulary_size", vocabulary_size)

    def call(self, ids: Tensor) -> Tensor:
        check_ids(ids, self.vocabulary_size)
        return keras.ops.one_hot(keras.ops.cast(ids, "int32"), self.vocabulary_size, dtype=self.compute_dtype)

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.vocabulary_size)

    def get_config(self):
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size}


@keras.saving.register_keras_serializable(package="unroll")
class TokenDropout(keras.layers.Layer):
    """In training, tokens are dropped at random (Iyyer et al. 2015, "word dropout").

        id_t -> padding (id 0, whose vector is zero) with probability `rate`, else id_t

    So a network learns not to rely on single words. The step remains a real one: pass `lengths` or a mask made before.
    The unknown token would not do: its vector would get most of the gradient, and clipping by global norm would starve
    the rest.
    call(ids, training=False): integers (batch, time) -> the same shape. Outside training ids pass unchanged.

        ids = layers.TokenDropout(0.3)(keras.ops.array([[5, 7, 0]]), training=True)     # (1, 3)
    """

    def __init__(self, rate: float, seed: int | None = None, **layer_options: Any):
        super().__init__(**layer_options)
        self.rate = checks.fraction("rate", rate)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        if not training or not self.rate:
            return ids
        lost = keras.random.uniform(keras.ops.shape(ids), seed=self.seed_generator) < self.rate
        return keras.ops.where(lost, keras.ops.cast(PADDING, ids.dtype), ids)

    def compute_output_spec(self, ids, training=False):
        return keras.KerasTensor(ids.shape, dtype=ids.dtype)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}

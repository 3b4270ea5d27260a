"""Attention over the steps of a sequence: additive (Bahdanau et al. 2014) and multiplicative (Luong et al. 2015)."""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.masking import masked_softmax


@keras.saving.register_keras_serializable(package="unroll")
class BahdanauAttention(keras.layers.Layer):
    """Additive attention with its learned projections.

        score_j = v . tanh(W_q query + W_k values_j + b)
        weights = softmax(score)                            over the real steps j
        context = sum_j weights_j values_j

    Call: `attention(query, values, keys=None, mask=None) -> (context, weights)` with query (batch, features) or
    (batch, queries, features), values (batch, time, features), context and weights of shapes (batch, features) and
    (batch, time), with an axis of queries after the batch where the query has one. `keys = attention.project(values)`
    is W_k values (batch, time, units): in a decoder, project once and pass them at every step.

    Masking: `mask` (batch, time), True where values are real. A row without a real step has weights and context 0.

    Args:
        units: size of the space where query and values meet.
        use_bias: whether to add b.

    Reference: Bahdanau et al. 2014, https://arxiv.org/abs/1409.0473, appendix A.1.2.

    Example:

    >>> attention = BahdanauAttention(8)
    >>> values = keras.random.normal((2, 5, 3))
    >>> mask = keras.ops.convert_to_tensor([[True] * 5, [True] * 2 + [False] * 3])
    >>> context, weights = attention(keras.ops.ones((2, 4)), values, keys=None, mask=mask)
    >>> tuple(context.shape), tuple(weights.shape)
    ((2, 3), (2, 5))
    >>> float(keras.ops.sum(weights[1, 2:]))
    0.0
    """

    def __init__(self, units: int, use_bias: bool = True, **layer_options: Any):
        super().__init__(**layer_options)
        self.supports_masking = True  # takes a mask and passes none on
        self.units = checks.positive("units", units)
        self.use_bias = use_bias

    def build(self, query_shape, values_shape, keys_shape=None, mask_shape=None):
        _check_shapes(query_shape, values_shape, keys_shape, mask_shape, self.units)
        self.value_features = values_shape[-1]
        self.query_kernel = self.add_weight((query_shape[-1], self.units), name="query_kernel")
        self.key_kernel = self.add_weight((values_shape[-1], self.units), name="key_kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias") if self.use_bias else None
        self.scale = self.add_weight((self.units, 1), name="scale")

    def project(self, values: Tensor) -> Tensor:
        """The keys W_k values, (batch, time, units), to be computed once a sequence."""
        if not self.built:
            raise ValueError(
                f"{self.name}: expected a layer with weights, received one before its first call; `build` it"
            )
        checks.rank("values", values.shape, ("batch", "time", "features"))
        checks.same_size("values", "features", self.value_features, values.shape[-1])
        return keras.ops.matmul(keras.ops.cast(values, self.compute_dtype), self.key_kernel)

    def call(
        self, query: Tensor, values: Tensor, keys: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        _check_shapes(query.shape, values.shape, getattr(keys, "shape", None), getattr(mask, "shape", None), self.units)
        keys = self.project(values) if keys is None else keys
        query = keras.ops.matmul(query, self.query_kernel)  # (batch, [queries,] units)
        if self.bias is not None:
            query = query + self.bias
        if len(query.shape) == 3:
            keys = keras.ops.expand_dims(keys, 1)  # (batch, 1, time, units)
        query = keras.ops.expand_dims(query, -2)  # (batch, [queries,] 1, units)
        score = keras.ops.matmul(keras.ops.tanh(query + keys), self.scale)  # (batch, [queries,] time, 1)
        return _attend(keras.ops.squeeze(score, -1), values, mask)

    def compute_mask(self, query, previous_mask=None):
        return None

    def compute_output_shape(self, query_shape, values_shape, keys_shape=None, mask_shape=None):
        _check_shapes(query_shape, values_shape, keys_shape, mask_shape, self.units)
        return _output_shapes(query_shape, values_shape)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "use_bias": self.use_bias}


@keras.saving.register_keras_serializable(package="unroll")
class LuongAttention(keras.layers.Layer):
    """Multiplicative attention.

        score_j = query . values_j              "dot"
        score_j = query . (W values_j)          "general"
        weights = softmax(score),   context = sum_j weights_j values_j

    Call, shapes and masking are those of `BahdanauAttention`; `project(values)` gives the keys (batch, time, query
    features): W values, or the values themselves for "dot", whose query must have as many features as the values.

    Reference: Luong et al. 2015, https://arxiv.org/abs/1508.04025.

    Example:

    >>> context, weights = LuongAttention("general")(keras.ops.ones((2, 4)), keras.ops.ones((2, 5, 3)))
    >>> tuple(context.shape), tuple(weights.shape)
    ((2, 3), (2, 5))
    """

    def __init__(self, score: str = "dot", **layer_options: Any):
        super().__init__(**layer_options)
        self.supports_masking = True  # takes a mask and passes none on
        self.score = checks.one_of("score", score, ("dot", "general"))
        self.kernel = None

    def build(self, query_shape, values_shape, keys_shape=None, mask_shape=None):
        _check_shapes(query_shape, values_shape, keys_shape, mask_shape, query_shape[-1])
        self.value_features = values_shape[-1]
        if self.score == "general":
            self.kernel = self.add_weight((values_shape[-1], query_shape[-1]), name="kernel")
        else:
            checks.same_size("query with score='dot'", "features", values_shape[-1], query_shape[-1])

    def project(self, values: Tensor) -> Tensor:
        """The keys, (batch, time, query features), to be computed once a sequence."""
        if not self.built:
            raise ValueError(
                f"{self.name}: expected a layer with weights, received one before its first call; `build` it"
            )
        checks.rank("values", values.shape, ("batch", "time", "features"))
        checks.same_size("values", "features", self.value_features, values.shape[-1])
        values = keras.ops.cast(values, self.compute_dtype)
        return values if self.kernel is None else keras.ops.matmul(values, self.kernel)

    def call(
        self, query: Tensor, values: Tensor, keys: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        _check_shapes(
            query.shape, values.shape, getattr(keys, "shape", None), getattr(mask, "shape", None), query.shape[-1]
        )
        keys, query = (_wide(x) for x in (self.project(values) if keys is None else keys, query))
        if len(query.shape) == 2:
            score = keras.ops.squeeze(keras.ops.matmul(keys, keras.ops.expand_dims(query, -1)), -1)  # (batch, time)
        else:
            score = keras.ops.matmul(query, keras.ops.swapaxes(keys, 1, 2))  # (batch, queries, time)
        return _attend(score, values, mask)

    def compute_mask(self, query, previous_mask=None):
        return None

    def compute_output_shape(self, query_shape, values_shape, keys_shape=None, mask_shape=None):
        _check_shapes(query_shape, values_shape, keys_shape, mask_shape, query_shape[-1])
        return _output_shapes(query_shape, values_shape)

    def get_config(self):
        return {**super().get_config(), "score": self.score}


def _wide(tensor):
    """In float32 at least: the product of two float16 numbers may overflow float16."""
    return keras.ops.cast(tensor, keras.backend.result_type(tensor.dtype, "float32"))


def _attend(score, values, mask):
    """Scores (batch, [queries,] time) to context and weights; the softmax in float32 at least."""
    dtype, single = values.dtype, len(score.shape) == 2
    if mask is not None:
        mask = keras.ops.cast(mask, "bool")
        mask = mask if single else keras.ops.expand_dims(mask, 1)
    weights = masked_softmax(score, mask, -1)
    weights = keras.ops.cast(weights, dtype)
    if single:
        return keras.ops.squeeze(keras.ops.matmul(keras.ops.expand_dims(weights, 1), values), 1), weights
    return keras.ops.matmul(weights, values), weights


def _check_shapes(query, values, keys, mask, units):
    if len(query) not in (2, 3):
        raise ValueError(
            f"query: expected the shape (batch, features) or (batch, queries, features), received {tuple(query)}"
        )
    checks.rank("values", values, ("batch", "time", "features"))
    checks.same_size("query", "a batch", values[0], query[0])
    if keys is not None:
        checks.rank("keys", keys, ("batch", "time", "units"))
        checks.same_size("keys", "a time axis", values[1], keys[1])
        checks.same_size("keys", "units", units, keys[2])
    if mask is not None:
        checks.mask_shape(mask, values)


def _output_shapes(query, values):
    return (*query[:-1], values[-1]), (*query[:-1], values[1])

"""Cross-entropy of token ids with label smoothing, without building the smoothed targets.

loss = layers.SmoothedCrossentropy(0.1)
loss(ids, logits, sample_weight=real)        # ids (batch, time), logits (batch, time, vocabulary)
"""

import keras

from layers import checks
from layers.annotations import Tensor


@keras.saving.register_keras_serializable(package="unroll")
class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy whose targets are spread in part over all classes (Szegedy et al. 2016, arXiv:1512.00567).

        q = (1 - smoothing) one_hot(y) + smoothing / classes
        loss = - sum_k q_k log softmax(logits)_k  =  crossentropy(y) + smoothing (logits_y - mean(logits))

    Call: `loss(y, logits, sample_weight=None)` with integers y (...,), logits (..., classes) and weights (...,), 0 at
    padding; a mean over the weights by default, so that each token counts the same. Computed in float32 at least:
    float16 holds neither ids above 2,048 nor the sum of many losses.

    >>> loss = SmoothedCrossentropy(0.1)
    >>> round(float(loss(keras.ops.array([2]), keras.ops.array([[0.0, 1.0, 3.0]]))), 4)
    0.3365
    """

    def __init__(
        self,
        smoothing: float = 0.0,
        reduction: str | None = "mean_with_sample_weight",
        name: str = "smoothed_crossentropy",
        dtype: str | None = None,
    ):
        wide = keras.backend.result_type(
            keras.dtype_policies.get(dtype or keras.config.floatx()).compute_dtype, "float32"
        )
        super().__init__(name=name, reduction=reduction, dtype=wide)
        self.smoothing = checks.fraction("smoothing", smoothing)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels = keras.ops.cast(y_true, "int32")
        if keras.backend.backend() == "tensorflow":
            return _tensorflow(labels, y_pred, self.smoothing)
        losses = keras.ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=True)
        if not self.smoothing:
            return losses
        own = keras.ops.take_along_axis(y_pred, keras.ops.expand_dims(labels, -1), axis=-1)  # (..., 1)
        return losses + self.smoothing * (keras.ops.squeeze(own, -1) - keras.ops.mean(y_pred, axis=-1))

    def get_config(self):
        return {"name": self.name, "reduction": self.reduction, "smoothing": self.smoothing}


def _tensorflow(labels, logits, smoothing):
    """The same with the gradient softmax(logits) - q in one tensor, updated in place."""
    import tensorflow as tf

    @tf.custom_gradient
    def run(logits):
        losses, softmax_less_label = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=logits, labels=rows)
        if smoothing:
            own = tf.gather(logits, rows, batch_dims=1)
            losses = losses + smoothing * (own - tf.reduce_mean(logits, -1))

        def gradient(upstream):
            upstream = tf.expand_dims(upstream, -1)  # (rows, 1)
            if not smoothing:
                return softmax_less_label * upstream
            indices = tf.stack([tf.range(tf.size(rows)), rows], -1)
            spread = (softmax_less_label - smoothing / logits.shape[-1]) * upstream
            return tf.tensor_scatter_nd_add(spread, indices, smoothing * upstream[:, 0])

        return losses, gradient

    rows = tf.reshape(labels, [-1])
    losses = run(tf.reshape(logits, [-1, logits.shape[-1]]))
    return tf.reshape(losses, tf.shape(labels))

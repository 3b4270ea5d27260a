"""Gradient clipping by global norm that is exact, as optimizers.

    g <- g * min(1, c / ||g||),   ||g|| = sqrt(sum over all weights of g^2)

Keras's `global_clipnorm` measures an embedding's gradient before its rows are summed (a token that stands twice in a
batch counts as two rows), and under `tf.distribute` each replica's part before the parts are summed. Here rows and
replicas are summed first, so that the gradient applied is never longer than `clip_norm`.

Reference: Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural networks", arXiv:1211.5063.
"""

import keras


def clip_by_global_norm(gradients, clip_norm):
    """(clipped gradients, norm before clipping); None stays None.

    >>> import keras
    >>> clipped, norm = clip_by_global_norm([keras.ops.array([3.0]), keras.ops.array([4.0])], 1.0)
    >>> round(float(norm), 4), [round(float(gradient[0]), 4) for gradient in clipped]
    (5.0, [0.6, 0.8])
    """
    squares = [keras.ops.sum(keras.ops.square(keras.ops.cast(g, "float32"))) for g in gradients if g is not None]
    norm = keras.ops.sqrt(sum(squares))
    scale = clip_norm / keras.ops.maximum(norm, clip_norm)
    return [None if g is None else g * keras.ops.cast(scale, g.dtype) for g in gradients], norm


class GlobalNormClipping:
    """Mixin for a Keras optimizer: `class ClippedSGD(GlobalNormClipping, keras.optimizers.SGD)`.

    Args:
        clip_norm: the global norm at the most; None turns clipping off.
    """

    def __init__(self, *args, clip_norm=None, **kwargs):
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError(f"clip_norm: expected a number above 0 or None, received {clip_norm!r}")
        super().__init__(*args, **kwargs)
        self.clip_norm = clip_norm

    def apply(self, grads, trainable_variables=None):
        if self.clip_norm is None:
            return super().apply(grads, trainable_variables)
        if keras.backend.backend() == "tensorflow":
            grads, replicas = _summed(list(grads))
            # The optimizer sums over the replicas once more.
            grads = [g if g is None else g / replicas for g in clip_by_global_norm(grads, self.clip_norm)[0]]
        else:
            grads = clip_by_global_norm(list(grads), self.clip_norm)[0]
        return super().apply(grads, trainable_variables)

    def get_config(self):
        return {**super().get_config(), "clip_norm": self.clip_norm}


def _summed(gradients):
    """(TensorFlow gradients with rows and replicas summed, count of replicas)."""
    import tensorflow as tf

    gradients = [g if g is None else tf.convert_to_tensor(g) for g in gradients]
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync if context else 1
    if replicas > 1:
        places = [place for place, g in enumerate(gradients) if g is not None]
        total = context.all_reduce(tf.distribute.ReduceOp.SUM, [gradients[place] for place in places])
        for place, gradient in zip(places, total, strict=True):
            gradients[place] = gradient
    return gradients, replicas


@keras.saving.register_keras_serializable(package="unroll")
class ClippedAdam(GlobalNormClipping, keras.optimizers.AdamW):
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101; without decay, Adam) whose gradients are clipped exactly.

    >>> import layers
    >>> optimizer = layers.ClippedAdam(1e-3, weight_decay=0.0, clip_norm=1.0)
    """

"""Gradient clipping by global norm that is exact, as optimizers.

    g <- g * min(1, c / ||g||),   ||g|| = sqrt(sum over all weights of g^2)

Keras's `global_clipnorm` measures an embedding's gradient before its rows are summed (a token that stands twice in a
batch counts as two rows), and under `tf.distribute` each replica's part before the parts are summed. Here rows and
replicas are summed first, so that the gradient applied is never longer than `clip_norm`.

Reference: Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural networks", arXiv:1211.5063.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from layers.annotations import Tensor


def clip_by_global_norm(gradients: Sequence[Tensor | None], clip_norm: float) -> tuple[list[Tensor | None], Tensor]:
    """(clipped gradients, norm before clipping); None stays None.

    Each gradient keeps its type; the norm is taken in float32 at least, with the gradients divided by the largest of
    all their numbers, so that no square overflows. Where any number is inf or NaN so is the norm, and all gradients
    become NaN.

    >>> import keras
    >>> clipped, norm = clip_by_global_norm([keras.ops.array([3.0]), keras.ops.array([4.0])], 1.0)
    >>> round(float(norm), 4), [round(float(gradient[0]), 4) for gradient in clipped]
    (5.0, [0.6, 0.8])
    """
    gradients = [g if g is None else keras.ops.convert_to_tensor(g) for g in gradients]
    wide = [_wide(g) for g in gradients if g is not None]
    if not wide:
        return gradients, keras.ops.zeros(())
    largest = _largest([keras.ops.max(keras.ops.abs(g), initial=0.0) for g in wide])
    finite = keras.ops.isfinite(largest)
    most = float(np.finfo(keras.backend.standardize_dtype(largest.dtype)).max) ** 0.95  # its reciprocal is exact enough
    unit = keras.ops.where(finite, keras.ops.clip(largest, 1 / most, most), 1.0)
    root = keras.ops.sqrt(sum(keras.ops.sum(keras.ops.square(g / keras.ops.cast(unit, g.dtype))) for g in wide))
    norm = unit * root
    factor = keras.ops.where(finite, clip_norm / keras.ops.maximum(root, 1.0), float("nan"))
    return [g if g is None else _shortened(g, unit, factor, (norm <= clip_norm) & finite) for g in gradients], norm


def _wide(gradient):
    return keras.ops.cast(gradient, keras.backend.result_type(gradient.dtype, "float32"))


def _largest(numbers):
    return keras.ops.max(keras.ops.stack([keras.ops.cast(number, numbers[0].dtype) for number in numbers]))


def _shortened(gradient, unit, factor, short):
    """gradient / unit * factor, or the gradient where it is short enough."""
    wide = _wide(gradient)
    shorter = wide / keras.ops.cast(unit, wide.dtype) * keras.ops.cast(factor, wide.dtype)
    return keras.ops.cast(keras.ops.where(short, wide, shorter), gradient.dtype)


class GlobalNormClipping:
    """Mixin for a Keras optimizer: `class ClippedSGD(GlobalNormClipping, keras.optimizers.SGD)`.

    What is clipped is the gradient that is applied: after loss scaling is undone and `gradient_accumulation_steps`
    batches are averaged, before weight decay. Keras's own `clipnorm`, `clipvalue` or `global_clipnorm`, if given too,
    follow.

    Args:
        clip_norm: the largest global norm; None turns clipping off.
    """

    def __init__(self, *args: Any, clip_norm: float | None = None, **kwargs: Any):
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError(f"clip_norm: expected a number above 0 or None, received {clip_norm!r}")
        super().__init__(*args, **kwargs)
        self.clip_norm = None if clip_norm is None else float(clip_norm)

    def _clip_gradients(self, grads):
        """Keras calls it on the gradients that are about to be applied."""
        if self.clip_norm is None:
            return super()._clip_gradients(grads)
        if keras.backend.backend() != "tensorflow":
            return super()._clip_gradients(clip_by_global_norm(grads, self.clip_norm)[0])
        grads, replicas = _summed(grads)
        grads = super()._clip_gradients(clip_by_global_norm(grads, self.clip_norm)[0])
        return [g / replicas for g in grads]  # the optimizer sums over the replicas once more

    def get_config(self):
        return {**super().get_config(), "clip_norm": self.clip_norm}


def _summed(gradients):
    """(TensorFlow gradients with rows and replicas summed, count of replicas)."""
    import tensorflow as tf

    gradients = [tf.convert_to_tensor(g) for g in gradients]
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync if context else 1
    if replicas > 1:
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    return gradients, replicas


@keras.saving.register_keras_serializable(package="unroll")
class ClippedAdam(GlobalNormClipping, keras.optimizers.AdamW):
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101; without decay, Adam) whose gradients are clipped exactly.

    >>> import layers
    >>> optimizer = layers.ClippedAdam(1e-3, weight_decay=0.0, clip_norm=1.0)
    """

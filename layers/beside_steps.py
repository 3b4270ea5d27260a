"""Steps with those before and after them: how a network of single pictures sees motion.

beside = layers.BesideSteps(before=2, after=2)(frames, lengths=[30, 22])     # (2, 30, 32, 64, 1) -> (2, 30, 32, 64, 5)
"""

from typing import Any

import keras

from layers import checks
from layers.annotations import Tensor
from layers.masking import resolve_mask


@keras.saving.register_keras_serializable(package="unroll")
class BesideSteps(keras.layers.Layer):
    """Puts the steps around each step beside it, along the last axis; outside of the sequence they are zeros.

        y_t = [x_{t - before}, ..., x_t, ..., x_{t + after}]

    A two-dimensional convolution of y is a three-dimensional one of x, whose kernel is before + 1 + after steps long.

    before, after: how many steps. With after=0 it looks back only.
    call(sequences, mask=None, lengths=None): (batch, time, ..., features) -> the same with (before + 1 + after) times
    the features. Masked steps count as zeros, so padding changes nothing.

    >>> BesideSteps(1, 1)(keras.ops.array([[[1.0], [2.0], [3.0]]])).numpy().tolist()
    [[[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 0.0]]]
    """

    def __init__(self, before: int, after: int = 0, **layer_options: Any):
        super().__init__(**layer_options)
        self.before, self.after = checks.whole("before", before, 0), checks.whole("after", after, 0)
        self.supports_masking = True

    def build(self, sequences_shape, mask_shape=None, lengths_shape=None):
        checks.at_least_rank("sequences", sequences_shape, 3)
        self.step_shape = tuple(sequences_shape[2:])

    def call(self, sequences: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None) -> Tensor:
        sequences = keras.ops.convert_to_tensor(sequences)
        real = resolve_mask(mask, lengths, sequences)
        if real is not None:
            shape = (*keras.ops.shape(real), *[1] * (len(sequences.shape) - 2))
            sequences = sequences * keras.ops.cast(keras.ops.reshape(real, shape), sequences.dtype)
        widths = [(0, 0), (self.before, self.after), *[(0, 0)] * (len(sequences.shape) - 2)]
        padded, time = keras.ops.pad(sequences, widths), keras.ops.shape(sequences)[1]
        return keras.ops.concatenate([padded[:, first : first + time] for first in range(self._count)], axis=-1)

    @property
    def _count(self):
        return self.before + 1 + self.after

    def compute_output_shape(self, sequences_shape, mask_shape=None, lengths_shape=None):
        return (*sequences_shape[:-1], self._count * sequences_shape[-1])

    def get_config(self):
        return {**super().get_config(), "before": self.before, "after": self.after}

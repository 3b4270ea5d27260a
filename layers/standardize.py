"""Numbers in their own units to numbers of mean 0 and scale 1, and back.

scaled = layers.Standardize(means, scales)(values)      # (batch, time, columns)
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Tensor


@keras.saving.register_keras_serializable(package="unroll")
class Standardize(keras.layers.Layer):
    """Subtracts a mean and divides by a scale, those of a column, or of a column and the sequence's own row.

        scaled = (x - mean) / scale;   with inverse=True   x = scaled scale + mean

    means, scales: (columns,), or (rows, columns) where every sequence names its row, such as the number of a patient.
    They are weights that no training moves; files hold them. A NaN stays one.
    call(values, row=None, first=0, inverse=False): (batch, time, columns, ...) -> the same shape. values may be fewer
    columns, those from `first` on. row: integers (batch,), needed if there is more than one row.

    >>> layer = Standardize([10.0, 0.0], [2.0, 1.0])
    >>> scaled = layer(keras.ops.convert_to_tensor([[[12.0, 3.0]]]))
    >>> scaled.numpy().tolist(), layer(scaled, inverse=True).numpy().tolist()
    ([[[1.0, 3.0]]], [[[12.0, 3.0]]])
    """

    def __init__(
        self,
        means: Sequence | None = None,
        scales: Sequence | None = None,
        shape: tuple[int, int] | None = None,
        **layer_options: Any,
    ):
        layer_options.setdefault("dtype", "float32")  # half precision would cut off digits of what is measured
        super().__init__(**layer_options)
        if (means is None) == (shape is None):
            raise ValueError("Standardize: expected means and scales, or the shape (rows, columns) of both")
        if means is None:
            means, scales = np.zeros(shape, "float32"), np.ones(shape, "float32")
        start = [np.atleast_2d(np.asarray(array, "float32")) for array in (means, scales)]
        if start[0].shape != start[1].shape or start[0].ndim != 2:
            raise ValueError(
                f"scales: expected as many as means, {np.shape(means)}, received the shape {np.shape(scales)}"
            )
        if not (start[1] > 0).all():
            raise ValueError("scales: expected numbers above 0; give 1 for a column that is constant")
        self.shape = tuple(map(int, start[0].shape))
        self.means, self.scales = (
            self.add_weight(
                shape=self.shape, name=name, trainable=False, initializer=lambda *_, array=array, **__: array
            )
            for name, array in zip(("means", "scales"), start, strict=True)
        )

    def statistics(self, columns: slice, row: Tensor | None, rank: int) -> tuple[Tensor, Tensor]:
        """The means and scales of columns, (1 or batch, 1, columns), with axes of size 1 behind up to `rank`."""
        if row is None and self.shape[0] > 1:
            raise ValueError(f"row: expected the row of each sequence, one of {self.shape[0]}, received none")
        tables = [keras.ops.convert_to_tensor(table) for table in (self.means, self.scales)]
        if row is not None:
            tables = [keras.ops.take(table, row, axis=0) for table in tables]
        shape = (-1, 1, columns.stop - columns.start, *[1] * (rank - 3))
        return tuple(keras.ops.reshape(table[:, columns], shape) for table in tables)

    def call(self, values: Tensor, row: Tensor | None = None, first: int = 0, inverse: bool = False) -> Tensor:
        columns = slice(first, first + values.shape[2])
        if columns.stop > self.shape[1]:
            raise ValueError(f"values: expected at most {self.shape[1] - first} columns, received {values.shape[2]}")
        means, scales = self.statistics(columns, row, len(values.shape))
        return values * scales + means if inverse else (values - means) / scales

    def build(self, values_shape, row_shape=None):
        if len(values_shape) < 3:
            checks.rank("values", values_shape, ("batch", "time", "columns"))

    def compute_output_shape(self, values_shape, row_shape=None):
        return tuple(values_shape)

    def get_config(self):
        return {**super().get_config(), "shape": self.shape}

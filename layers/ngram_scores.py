"""A linear model of n-grams: each token and each run of neighbours has a score, and a text their sum.

    scores = layers.NgramScores(10000, order=2, buckets=2**18, units=2)(ids, lengths=lengths)   # (batch, 2)

A token has a row of its own; longer n-grams share `buckets` rows by a hash of their ids, which is integer arithmetic
alone, so that an export needs no table of strings.
"""

from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Identifier, Tensor
from layers.embedding import check_ids
from layers.masking import resolve_mask

MOST = 2**31 - 1  # what an int32 can hold


@keras.saving.register_keras_serializable(package="unroll")
class NgramScores(keras.layers.Layer):
    """The sum of the scores of all n-grams of a text, of every order from 1 to `order`, each as often as it occurs.

        y = b + sum_n sum_t E[row(id_{t-n+1} .. id_t)]
        row of one token = id,   of more = vocabulary_size + h_n,   h_1 = id,   h_n = (h_{n-1} a + id + n) mod buckets

    a is the largest odd number with which int32 does not overflow. With log-count ratios as the table it is the linear
    model of Wang & Manning 2012, "Baselines and Bigrams".
    table, bias: numbers to start from, (rows, units) and (units,); zeros by default.
    call(ids, mask=None, lengths=None): integers (batch, time) -> (batch, units). Padded steps count for nothing.

        scores = layers.NgramScores(100, order=2, buckets=50, units=3)(keras.ops.array([[5, 7, 0]]), lengths=[2])
    """

    def __init__(
        self,
        vocabulary_size: int,
        order: int = 2,
        buckets: int = 2**18,
        units: int = 1,
        table: Tensor | None = None,
        bias: Tensor | None = None,
        table_initializer: Identifier = "zeros",
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.vocabulary_size = checks.positive("vocabulary_size", vocabulary_size)
        self.order = checks.positive("order", order)
        self.buckets = checks.positive("buckets", buckets)
        self.units = checks.positive("units", units)
        factor = (MOST - vocabulary_size - order) // max(vocabulary_size, buckets)
        if factor < 3:
            raise ValueError(f"buckets: expected at most {MOST // 4:,}, as tokens too, received {buckets:,}")
        self.factor = factor - (factor + 1) % 2  # odd, so that it has no divisor with a power of two in common
        self.table_initializer = keras.initializers.get(table_initializer)
        self.start = {
            "table": self._checked("table", table, (self.rows_of_table, units)),
            "bias": self._checked("bias", bias, (units,)),
        }
        self.supports_masking = True

    @property
    def rows_of_table(self):
        """Rows of the table: one a token, and one a bucket where there are longer n-grams."""
        return self.vocabulary_size + (self.buckets if self.order > 1 else 0)

    def _checked(self, name, values, shape):
        values = None if values is None else np.asarray(values, "float32")
        if values is not None and values.shape != shape:
            raise ValueError(f"{name}: expected the shape {shape}, received {values.shape}")
        return values

    def build(self, ids_shape, mask_shape=None, lengths_shape=None):
        shape = (self.rows_of_table, self.units)
        self.table = self.add_weight(name="table", shape=shape, initializer=self._start("table"))
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer=self._start("bias"))

    def _start(self, name):
        values = self.start[name]
        if values is None:
            return self.table_initializer if name == "table" else "zeros"
        return lambda shape, dtype=None: keras.ops.cast(values, dtype)

    def rows(self, ids: Tensor, most: int | None = None) -> list[Tensor]:
        """Rows of the table, of n-grams of each order (up to `most`): [int32 (batch, time), (batch, time - 1), ...].

        The n-gram of order n that begins at step t is the entry t of its order's rows.
        """
        ids = keras.ops.cast(ids, "int32")
        rows, hashed = [ids], ids
        for order in range(2, (most or self.order) + 1):
            hashed = (hashed[:, :-1] * self.factor + ids[:, order - 1 :] + order) % self.buckets
            rows.append(hashed + self.vocabulary_size)
        return rows

    def call(self, ids: Tensor, mask: Tensor | None = None, lengths: Tensor | None = None) -> Tensor:
        check_ids(ids, self.vocabulary_size)
        return self.summed(self.rows(ids), self._real(ids, mask, lengths), self.table) + self.bias

    def _real(self, ids, mask, lengths):
        mask = resolve_mask(mask, lengths, keras.ops.expand_dims(ids, -1))
        return keras.ops.ones_like(ids, dtype="bool") if mask is None else mask

    def summed(self, rows, mask, table):
        """The scores of n-grams without padding in them, summed: (batch, units)."""
        total, real = 0, mask
        for order, numbers in enumerate(rows, 1):
            if order > 1:
                real = keras.ops.logical_and(real[:, :-1], mask[:, order - 1 :])
            scores = keras.ops.take(table, numbers, axis=0)  # (batch, time, units)
            total += keras.ops.sum(scores * keras.ops.cast(keras.ops.expand_dims(real, -1), scores.dtype), axis=1)
        return total

    def compute_mask(self, ids, previous_mask):
        return None

    def compute_output_shape(self, ids_shape, mask_shape=None, lengths_shape=None):
        return (ids_shape[0], self.units)

    def get_config(self):
        config = {name: getattr(self, name) for name in ("vocabulary_size", "order", "buckets", "units")}
        initializer = keras.initializers.serialize(self.table_initializer)
        return {**super().get_config(), **config, "table_initializer": initializer}

"""A linear model of n-grams: each token and each run of neighbours has a score, and a text their sum.

    scores = layers.NgramScores(10000, order=2, buckets=2**18, units=2)(ids, lengths=lengths)   # (batch, 2)

A token has a row of its own; longer n-grams share `buckets` rows by a hash of their ids, which is integer arithmetic
alone, so that an export needs no table of strings.

Reference of the hash: Knuth 1998, "The Art of Computer Programming", volume 3, section 6.4.
"""

from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Identifier, Tensor
from layers.embedding import check_ids
from layers.masking import resolve_mask

MOST = 2**31 - 1  # what an int32 can hold
GOLDEN = (5**0.5 - 1) / 2


@keras.saving.register_keras_serializable(package="unroll")
class NgramScores(keras.layers.Layer):
    """The sum of the scores of all n-grams of a text, of every order from 1 to `order`, each as often as it occurs.

        y = b + sum_n sum_t E[row(id_{t-n+1} .. id_t)]
        row of one token = id,   of more = vocabulary_size + h_n,   h_1 = id,   h_n = (h_{n-1} a + id + n) mod buckets

    With log-count ratios as the table it is the linear model of Wang & Manning 2012, "Baselines and Bigrams".
    table, bias: numbers to start from, (rows, units) and (units,); zeros by default.
    multiplier: a, the golden section of `buckets` by default, so that pairs of small ids, which are frequent ones where
    ids go by frequency, have rows far apart. It is applied digit by digit, so that int32 never overflows.
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
        multiplier: int | None = None,
        **layer_options: Any,
    ):
        super().__init__(**layer_options)
        self.vocabulary_size = checks.positive("vocabulary_size", vocabulary_size)
        self.order = checks.positive("order", order)
        self.buckets = checks.positive("buckets", buckets)
        self.units = checks.positive("units", units)
        room = MOST // 2 // max(vocabulary_size, buckets)
        if room < 2:
            raise ValueError(f"buckets: expected at most {MOST // 4:,}, as tokens too, received {buckets:,}")
        golden = int(GOLDEN * buckets) | 1  # odd, so that it has no divisor with a power of two in common
        self.multiplier = golden if multiplier is None else checks.positive("multiplier", multiplier)
        self.bits = room.bit_length() - 1  # of a digit
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
            hashed = (self._multiplied(hashed[:, :-1]) + ids[:, order - 1 :] + order) % self.buckets
            rows.append(hashed + self.vocabulary_size)
        return rows

    def _multiplied(self, numbers):
        """numbers * multiplier mod buckets, from the multiplier's first digit to its last."""
        product = 0
        for place in reversed(range(0, self.multiplier.bit_length(), self.bits)):
            digit = (self.multiplier >> place) % (1 << self.bits)
            product = (product * (1 << self.bits) + numbers * digit) % self.buckets
        return product

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
        names = ("vocabulary_size", "order", "buckets", "units", "multiplier")
        config = {name: getattr(self, name) for name in names}
        initializer = keras.initializers.serialize(self.table_initializer)
        return {**super().get_config(), **config, "table_initializer": initializer}

    @classmethod
    def from_config(cls, config):
        if "multiplier" not in config:  # of a model that was saved before there was one
            tokens, buckets = config["vocabulary_size"], config["buckets"]
            factor = (MOST - tokens - config["order"]) // max(tokens, buckets)
            config = {**config, "multiplier": factor - (factor + 1) % 2}
        return super().from_config(config)

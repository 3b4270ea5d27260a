"""Words out of their letters, for words that were never seen: a recurrent reading, and how they begin and end.

    letters = ...                                            # ids (batch, time, letters) of each word, 0 is padding
    layers.LetterEncoder(100, 32, units=48)(letters)         # (batch, time, 96)
    layers.AffixEmbedding(range(100), 2**14, 24)(letters)    # (batch, time, 168)

Each word is read by itself, so what is made of it does not depend on the others.
"""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from layers import checks
from layers.annotations import Tensor
from layers.bidirectional import Bidirectional
from layers.embedding import Embedding
from layers.recurrent import GRU

ops = keras.ops


class _OfWords(keras.layers.Layer):
    """A layer that makes of each word's letters a vector. To be subclassed."""

    within_steps = True  # its recurrent layers read a step, and none of them carries a state to the next

    def _check(self, shape):
        checks.rank("letters", shape, ("batch", "time", "letters"))

    def compute_output_shape(self, letters_shape):
        self._check(letters_shape)
        return (*letters_shape[:2], self.output_size)

    def compute_output_spec(self, letters, training=False):
        return keras.KerasTensor(self.compute_output_shape(letters.shape), dtype=self.compute_dtype)


@keras.saving.register_keras_serializable(package="unroll")
class LetterEncoder(_OfWords):
    """The last states of a GRU that reads a word's letters forwards and of one that reads them backwards.

        y = [GRU(E[letters]), GRU(E[letters reversed])]        (Lample et al. 2016, arXiv:1603.01360)

    vocabulary_size: of letters; dimension: of a letter's vector; units: of each GRU.
    call(letters, training=False): ids (batch, time, letters) of letters, padding (0) behind them
    -> (batch, time, 2 units), zeros for a word without letters.

        vectors = layers.LetterEncoder(30, 8, units=4)(keras.ops.array([[[5, 7, 0], [3, 0, 0]]]))      # (1, 2, 8)
    """

    def __init__(self, vocabulary_size: int, dimension: int, units: int, **layer_options: Any):
        super().__init__(**layer_options)
        self.vocabulary_size = checks.positive("vocabulary_size", vocabulary_size)
        self.dimension = checks.positive("dimension", dimension)
        self.units = checks.positive("units", units)
        start = keras.initializers.RandomNormal(stddev=0.1)
        self.embedding = Embedding(vocabulary_size, dimension, embeddings_initializer=start, dtype=self.dtype_policy)
        self.reader = Bidirectional(GRU(units, dtype=self.dtype_policy), dtype=self.dtype_policy)
        self.supports_jit = False  # XLA would compile anew for each number of words in a batch

    @property
    def output_size(self):
        return 2 * self.units

    def build(self, letters_shape):
        self._check(letters_shape)
        self.embedding.build((None, letters_shape[2]))
        self.reader.build((None, letters_shape[2], self.dimension))

    def call(self, letters: Tensor, training: bool = False) -> Tensor:
        self._check(letters.shape)
        batch, time = ops.shape(letters)[0], ops.shape(letters)[1]
        words = ops.reshape(letters, (-1, letters.shape[2]))  # (words, letters)
        lengths = ops.sum(ops.cast(ops.not_equal(words, 0), "int32"), axis=-1)
        states = self.reader(self.embedding(words, training=training), lengths=lengths, training=training)
        return ops.reshape(states, (batch, time, self.output_size))

    def get_config(self):
        own = {name: getattr(self, name) for name in ("vocabulary_size", "dimension", "units")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="unroll")
class AffixEmbedding(_OfWords):
    """Vectors for how a word begins and ends, letter case aside; rare affixes may share one.

        y = [E[h(first 1)], ..., E[h(first 3)], E[h(last 1)], ..., E[h(last 4)]];   zeros where a word is shorter
        h(l_1 ... l_k) = 1 + (seed_k b^k + l_1 b^(k-1) + ... + l_k) mod (buckets - 1), taken letter by letter

    folded: {letter's id: that of its small letter}, as a list. buckets: rows of the table E. dimension: of a row.
    beginnings, ends: how many letters of a word make an affix.
    call(letters, training=False): ids (batch, time, letters), padding (0) behind them
    -> (batch, time, affixes x dimension).

        vectors = layers.AffixEmbedding(range(30), 64, 4)(keras.ops.array([[[5, 7, 0], [3, 0, 0]]]))   # (1, 2, 28)

    Reference: the features of Ratnaparkhi 1996, EMNLP; hashed as by Weinberger et al. 2009, arXiv:0902.2206.
    """

    BASE = 31_337  # times the buckets, of which a table of 65,536 is the largest, it is below 2 ** 31
    MOST = 65_536

    def __init__(
        self, folded: Iterable[int], buckets: int, dimension: int, beginnings: Iterable[int] = (1, 2, 3),
        ends: Iterable[int] = (1, 2, 3, 4), **layer_options: Any,
    ):  # fmt: skip
        super().__init__(**layer_options)
        self.folded = [int(letter) for letter in folded]
        self.buckets = checks.positive("buckets", buckets)
        if not 2 <= self.buckets <= self.MOST:
            raise ValueError(f"buckets: expected a number from 2 to {self.MOST}, received {buckets}")
        self.dimension = checks.positive("dimension", dimension)
        self.beginnings, self.ends = list(beginnings), list(ends)
        start = keras.initializers.RandomNormal(stddev=0.1)
        self.embedding = Embedding(buckets, dimension, embeddings_initializer=start, dtype=self.dtype_policy)

    @property
    def output_size(self):
        return self.dimension * (len(self.beginnings) + len(self.ends))

    def build(self, letters_shape):
        self._check(letters_shape)
        self.embedding.build((None, None))

    def call(self, letters: Tensor, training: bool = False) -> Tensor:
        ids = self.ids(letters)  # (batch, time, affixes)
        batch, time, affixes = ops.shape(ids)[0], ops.shape(ids)[1], ids.shape[2]
        vectors = self.embedding(ops.reshape(ids, (-1, affixes)), training=training)
        return ops.reshape(vectors, (batch, time, self.output_size))

    def ids(self, letters: Tensor) -> Tensor:
        """The rows of the table, int32 (batch, time, affixes); 0 where a word is shorter than the affix."""
        self._check(letters.shape)
        letters = ops.take(ops.convert_to_tensor(np.array(self.folded, "int32")), ops.cast(letters, "int32"))
        count = ops.sum(ops.cast(ops.not_equal(letters, 0), "int32"), axis=-1)  # (batch, time)
        longest = letters.shape[2]
        hashes = [
            self._hash([self._at(letters, ops.zeros_like(count) + place) for place in range(size)], number)
            for number, size in enumerate(self.beginnings)
        ] + [
            self._hash([self._at(letters, count - size + place) for place in range(size)], 64 + number)
            for number, size in enumerate(self.ends)
        ]
        sizes = [min(size, longest + 1) for size in (*self.beginnings, *self.ends)]
        ids = [ops.where(count >= size, one, 0) for one, size in zip(hashes, sizes, strict=True)]
        return ops.stack(ids, axis=-1)

    def _at(self, letters, place):
        """The letter at a place of each word, (batch, time); 0 where there is none."""
        places = ops.arange(letters.shape[2], dtype="int32")
        chosen = ops.equal(ops.reshape(places, (1, 1, -1)), ops.expand_dims(place, -1))
        return ops.sum(ops.where(chosen, letters, 0), axis=-1)

    def _hash(self, letters, seed):
        value = ops.zeros_like(letters[0]) + (seed + 1) % (self.buckets - 1)
        for letter in letters:
            value = ops.mod(value * self.BASE + letter, self.buckets - 1)
        return value + 1

    def get_config(self):
        names = ("folded", "buckets", "dimension", "beginnings", "ends")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

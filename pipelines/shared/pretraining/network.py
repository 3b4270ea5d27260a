"""The network that tells words: of each window -ln p of the next word, and where it reads both ways of the word before.

    ids (batch, time) -> vectors -> one recurrent layer -> projected to the vectors' size
    p(word) = softmax over the vocabulary of  projected . vector(word) + bias(word)

The output table is the table of vectors (Press & Wolf 2017, arXiv:1608.05859). In training the sum over the vocabulary
is estimated by the true word and `SAMPLES` others, drawn log-uniformly by rank, each divided by how often it is drawn
(importance sampling, Bengio & Senecal 2008); in validation it is exact.
"""

import math

import keras
import numpy as np
import tensorflow as tf

import layers
from pipelines.shared.networks import recurrent

SAMPLES = 512
NEVER = -1e9

ops = keras.ops


def axis_names(preprocessor):
    """Words along the first axis of the table of vectors."""
    return {"vectors": [(preprocessor.text.vocabulary, (0,))]}


def build(preprocessor, config, shares):
    """The network: {"ids", "lengths"} -> the mean of -ln p over the batch (batch,), the same for each window.

    shares: of each word among all, (vocabulary,), from which the biases start.
    """
    size = len(preprocessor.text.vocabulary)
    ids = keras.Input((None,), dtype="int32", name="ids")  # (batch, time)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    start = np.random.default_rng(config.seed).normal(0, 0.1, (size, config.embedding_size))
    table = layers.Embedding(size, config.embedding_size, vectors=start, name="vectors")
    x = keras.layers.Dropout(config.dropout)(table(ids))  # (batch, time, embedding)
    read = recurrent.stack(config, bidirectional=config.bidirectional, name="recurrent")
    x = read(x, lengths=lengths)  # (batch, time, units), twice the units both ways
    x = keras.layers.Dropout(config.dropout)(x)
    halves = [x[..., : config.units], x[..., config.units :]] if config.bidirectional else [x]
    projected = [keras.layers.Dense(config.embedding_size)(half) for half in halves]
    loss = WordLoss(table, np.log(shares), seed=config.seed, name="words")
    return keras.Model({"ids": ids, "lengths": lengths}, loss(projected, ids, lengths), name="pretraining")


def reader(model):
    """The part that other networks start from: ids, lengths -> (batch, time, units)."""
    ids, lengths = model.input["ids"], model.input["lengths"]
    x = model.get_layer("recurrent")(model.get_layer("vectors")(ids), lengths=lengths)
    return keras.Model({"ids": ids, "lengths": lengths}, x, name="reader")


def mean_loss(targets, losses):
    """The network's output is its loss already."""
    return ops.mean(losses)


@keras.saving.register_keras_serializable(package="unroll")
class WordLoss(keras.layers.Layer):
    """-ln p of the words beside each word of a window, the mean over all directions and words of a batch.

    table: `layers.Embedding`, whose rows are the output vectors too. biases: of each word, to start from.
    call(projected, ids, lengths): a list of (batch, time, embedding), to tell the next word and, if there are two, the
    one before; ids (batch, time), lengths (batch,) -> (batch,).
    """

    def __init__(self, table, biases, seed=0, **layer_options):
        super().__init__(**layer_options)
        self.table, self.size = table, table.vocabulary_size
        self.random = keras.random.SeedGenerator(seed)
        start = keras.initializers.Constant(np.asarray(biases, "float32"))
        self.biases = self.add_weight(name="biases", shape=(self.size,), initializer=start)

    def get_config(self):
        return {**super().get_config(), "table": keras.saving.serialize_keras_object(self.table), "biases": [0.0]}

    def call(self, projected, ids, lengths, training=False):
        real = ops.cast(tf.sequence_mask(lengths, tf.shape(ids)[1]), "float32")[:, 1:]  # of two words side by side
        pairs = [(projected[0][:, :-1], ids[:, 1:]), *[(part[:, 1:], ids[:, :-1]) for part in projected[1:]]]
        loss = self._sampled if training else self._exact
        candidates = self._drawn() if training else None
        total = sum(ops.sum(loss(*pair, candidates) * real) for pair in pairs)
        mean = total / (len(pairs) * ops.maximum(ops.sum(real), 1.0))
        return ops.zeros_like(ops.cast(lengths, "float32")) + mean

    def _exact(self, states, words, _):
        logits = ops.matmul(states, ops.transpose(self.table.embeddings)) + self.biases  # (batch, time, vocabulary)
        return ops.sparse_categorical_crossentropy(words, logits, from_logits=True)

    def _drawn(self):
        """(ids (samples,), their output vectors, biases less the logarithm of how often they are drawn)."""
        uniform = keras.random.uniform((SAMPLES,), seed=self.random)
        ids = ops.minimum(ops.cast(ops.exp(uniform * math.log(self.size + 1)) - 1, "int32"), self.size - 1)
        return ids, self.table(ids, training=True), tf.gather(self.biases, ids) - self._expected(ids)

    def _expected(self, ids):
        """The logarithm of how often ids are drawn."""
        rank = ops.cast(ids, "float32")
        return ops.log(SAMPLES * ops.log((rank + 2) / (rank + 1)) / math.log(self.size + 1))

    def _sampled(self, states, words, candidates):
        ids, vectors, biases = candidates
        own = ops.sum(states * self.table(words, training=True), axis=-1)  # (batch, time)
        own = own + tf.gather(self.biases, words)
        others = ops.matmul(states, ops.transpose(vectors)) + biases  # (batch, time, samples)
        others = ops.where(ops.expand_dims(words, -1) == ids, NEVER, others)  # the true word counts once
        return ops.logsumexp(ops.concatenate([ops.expand_dims(own, -1), others], axis=-1), axis=-1) - own

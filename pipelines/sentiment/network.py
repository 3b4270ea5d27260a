"""The network: token ids -> vectors -> recurrent layers -> pooling over time -> a probability a class."""

import logging

import keras
import numpy as np
import tensorflow as tf

import layers
from pipelines.shared import defaults
from pipelines.shared.networks import recurrent
from pipelines.shared.text import tokenization

log = logging.getLogger("unroll")

settings_for = defaults.settings_for
calibrate = defaults.calibrate
watch = defaults.watch
LOOKS_BACK = {"bidirectional": [False], "pooling": ["last", "max", "mean", "max_mean"]}


def build(preprocessor, config):
    """The network: {"ids", "lengths"} -> probabilities (batch, classes)."""
    ids = keras.Input((None,), dtype="int32", name="ids")  # (batch, time)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    x = layers.TokenDropout(config.word_dropout)(ids)  # (batch, time)
    vectors = _vectors(preprocessor, config)(x)  # (batch, time, embedding)
    x = keras.layers.Dropout(config.embedding_dropout)(vectors)
    x = _recurrent(config)(x, lengths=lengths)  # (batch, time, units); pooled by last: (batch, units)
    if config.pooling != "last":
        pools = [layers.SequencePooling(mode)(x, lengths=lengths) for mode in config.pooling.split("_")]
        x = pools[0] if len(pools) == 1 else keras.layers.Concatenate()(pools)  # (batch, units x pools)
    if config.wide:
        x = keras.layers.Concatenate()([x, layers.SequencePooling("mean")(vectors, lengths=lengths)])
    x = keras.layers.Dropout(config.dropout)(x)
    y = keras.layers.Dense(len(preprocessor.labels), "softmax", dtype="float32", name="probabilities")(x)
    return keras.Model({"ids": ids, "lengths": lengths}, y, name="sentiment")


def _vectors(preprocessor, config):
    vocabulary = preprocessor.text.vocabulary
    if config.input == "one_hot":
        return layers.OneHot(len(vocabulary), name="vectors")
    if config.vectors:
        vectors, count = tokenization.read_vectors(config.vectors, vocabulary, config.seed)
        log.warning("%s: vectors for %d of %d tokens", config.vectors, count, len(vocabulary))
        learned = config.train_vectors
        return layers.Embedding(*vectors.shape, vectors=vectors, trainable=learned, name="vectors")
    vectors = np.random.default_rng(config.seed).normal(0, 0.1, (len(vocabulary), config.embedding_size))
    if config.embedding_initializer == "class_ratios" and preprocessor.class_ratios is not None:
        ratios = preprocessor.class_ratios[:, : config.embedding_size]
        vectors[:, : ratios.shape[1]] = ratios
    return layers.Embedding(*vectors.shape, vectors=vectors, name="vectors")


def _recurrent(config):
    penalty = keras.regularizers.L2(config.l2) if config.l2 else None
    return recurrent.stack(
        config,
        bidirectional=config.bidirectional,
        return_sequences=config.pooling != "last",
        name="recurrent",
        activation=config.activation,
        kernel_initializer=config.kernel_initializer,
        recurrent_initializer=config.recurrent_initializer,
        kernel_regularizer=penalty,
        recurrent_regularizer=penalty,
    )


def axis_names(preprocessor):
    """Words along the first axis of the table of vectors, labels along the last one of the last layer."""
    return {
        "vectors": [(preprocessor.text.vocabulary, (0,))],
        "probabilities": [(preprocessor.labels, (-1,))],
    }


def compiled(config):
    return {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def infer(artifact):
    """A function ids (batch, time), lengths (batch,) -> {"probabilities": (batch, classes)}, traced once."""
    specification = [tf.TensorSpec([None, None], tf.int32, "ids"), tf.TensorSpec([None], tf.int32, "lengths")]

    @tf.function(autograph=False, input_signature=specification)
    def from_ids(ids, lengths):
        return {"probabilities": artifact.model({"ids": ids, "lengths": lengths})}

    return from_ids

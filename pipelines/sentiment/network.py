"""The network: token ids -> vectors -> recurrent layers -> pooling over time -> a score a class -> probabilities.

The last layers, the loss and what they mean are those of `kinds`: classes, several labels or a number.
"""

import logging

import keras
import numpy as np
import tensorflow as tf

import layers
from pipelines.sentiment import blending, choosing, kinds, thresholds
from pipelines.shared import defaults
from pipelines.shared.networks import recurrent
from pipelines.shared.text import tokenization

log = logging.getLogger("unroll")

settings_for = choosing.settings_for
watch = defaults.watch
completed = blending.completed
LOOKS_BACK = {"bidirectional": [False], "pooling": ["last", "max", "mean", "max_mean"]}


def build(preprocessor, config):
    """The network: {"ids", "lengths"} -> probabilities (batch, classes), or as `kinds` says."""
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
    kind = kinds.of(preprocessor)
    last = keras.layers.Dense(kind.units(preprocessor), dtype="float32", name="scores")
    scores = last(x)  # (batch, classes)
    return keras.Model({"ids": ids, "lengths": lengths}, kind.outputs(scores), name="sentiment")


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
    words, labels = preprocessor.text.vocabulary, preprocessor.labels
    return {"vectors": [(words, (0,))], "scores": [(labels, (-1,))] if labels else []}


def compiled(config):
    return kinds.of(config).compiled(config)


def calibrate(model, preprocessor, baseline, examples, config):
    """The model with its n-grams, as `kinds` has it answer; threshold="f1" is chosen by the validation examples too."""
    model = kinds.of(preprocessor).finished(blending.blended(model, preprocessor, examples), preprocessor)
    if config.threshold == "f1":
        preprocessor.threshold = thresholds.learned(model, preprocessor, examples)
    return model


def infer(artifact):
    """A function ids (batch, time), lengths (batch,) -> {"probabilities": (batch, classes)}, traced once.

    Of numbers it is {"value": (batch,)}.
    """
    specification = [tf.TensorSpec([None, None], tf.int32, "ids"), tf.TensorSpec([None], tf.int32, "lengths")]
    output = kinds.of(artifact.preprocessor).OUTPUT

    @tf.function(autograph=False, input_signature=specification)
    def from_ids(ids, lengths):
        return {output: artifact.model({"ids": ids, "lengths": lengths})}

    return from_ids

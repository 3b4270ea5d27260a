"""Sentiment: a text in, its class out (many-to-one).

    unroll sentiment train                            the built-in sample: order and distance decide
    unroll sentiment train --data reviews.csv         columns `text` and `label`, two or more classes

    text -> ids (batch, time) -> vectors -> recurrent layers -> pooling over time -> a probability a class

Reference: Hochreiter & Schmidhuber 1997 (LSTM); pooling over time: Johnson & Zhang 2016, arXiv:1602.02373.
TensorFlow is loaded by the functions that need it, so that `--help` is quick.
"""

import dataclasses
import logging

import pipelines
from pipelines import settings, text_classification
from pipelines.settings import option
from pipelines.task import Task

log = logging.getLogger("unroll")

INITIALIZERS = (
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_normal",
    "orthogonal",
    "random_uniform",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, settings.Text):
    """Sentiment"""

    text_column: str = option("text", "name of the column that holds the texts")
    label_column: str = option("label", "name of the column that holds the labels")
    valid_fraction: float = option(0.1, "cut off for validation when none is given", above=0, below=1)
    test_fraction: float = option(0.1, "cut off for the test when none is given", at_least=0, below=1)
    input: str = option("embedding", "what a token becomes", choices=("embedding", "one_hot"))
    embedding_size: int = option(64, "length of a token's vector", at_least=1, search=[32, 64, 128])
    vectors: str | None = option(None, "text file of pretrained vectors (GloVe, fastText); sets the embedding size")
    train_vectors: bool = option(True, "go on training pretrained vectors")
    cell: str = option("lstm", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int = option(64, "size of the recurrent state", at_least=1, search=[32, 64, 128])
    depth: int = option(1, "recurrent layers one on another", at_least=1, search=[1, 2])
    bidirectional: bool = option(True, "read backwards too")
    pooling: str = option("max", "of the outputs over time", choices=("last", "max", "mean", "attention"))
    dropout: float = option(
        0.3, "part of vectors and outputs dropped in training", at_least=0, below=1, search=(0.0, 0.6)
    )
    word_dropout: float = option(0.0, "part of whole tokens dropped in training", at_least=0, below=1)
    recurrent_dropout: float = option(0.0, "part of the recurrent state dropped in training", at_least=0, below=1)
    l2: float = option(0.0, "weight of the squared recurrent weights in the loss", at_least=0)
    activation: str = option("tanh", "of the recurrent cell", choices=("tanh", "relu", "selu", "softsign"))
    kernel_initializer: str = option("glorot_uniform", "of the weights of the inputs", choices=INITIALIZERS)
    recurrent_initializer: str = option("orthogonal", "of the weights of the state", choices=INITIALIZERS)


def build(preprocessor, config):
    """The network: {"ids", "lengths"} -> probabilities (batch, classes)."""
    import keras

    import layers

    ids = keras.Input((None,), dtype="int32", name="ids")  # (batch, time)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    mask = layers.SequenceMask()(ids, lengths)  # (batch, time)
    x = _vectors(preprocessor, config)(ids)  # (batch, time, embedding)
    if config.word_dropout:
        x = keras.layers.Dropout(config.word_dropout, noise_shape=(None, None, 1))(x)
    x = keras.layers.Dropout(config.dropout)(x)
    stack = [_recurrent(config, level < config.depth - 1) for level in range(config.depth)]
    x = layers.Deep(stack, dropout=config.dropout)(
        x, mask=mask
    )  # (batch, time, units), or (batch, units) if pooled by last
    if config.pooling != "last":
        x = layers.SequencePooling(config.pooling)(x, mask=mask)  # (batch, units)
    x = keras.layers.Dropout(config.dropout)(x)
    y = keras.layers.Dense(len(preprocessor.labels), "softmax", dtype="float32", name="probabilities")(x)
    return keras.Model({"ids": ids, "lengths": lengths}, y, name="sentiment")


def _vectors(preprocessor, config):
    import layers

    vocabulary = preprocessor.text.vocabulary
    if config.input == "one_hot":
        return layers.OneHot(len(vocabulary))
    if not config.vectors:
        return layers.Embedding(len(vocabulary), config.embedding_size)
    vectors, found = pipelines.text.read_vectors(config.vectors, vocabulary, config.seed)
    log.warning("%s: vectors for %d of %d tokens", config.vectors, found, len(vocabulary))
    return layers.Embedding(len(vocabulary), vectors.shape[1], vectors=vectors, trainable=config.train_vectors)


def _recurrent(config, inner):
    import keras

    import layers

    penalty = keras.regularizers.L2(config.l2) if config.l2 else None
    options = {
        "activation": config.activation,
        "recurrent_dropout": config.recurrent_dropout,
        "kernel_initializer": config.kernel_initializer,
        "recurrent_initializer": config.recurrent_initializer,
        "kernel_regularizer": penalty,
        "recurrent_regularizer": penalty,
    }
    sequences = inner or config.pooling != "last"
    if config.cell == "rnn":
        layer = layers.RNN(layers.RNNCell(config.units, **options), return_sequences=sequences)
    else:
        layer = {"lstm": layers.LSTM, "gru": layers.GRU}[config.cell](
            config.units, return_sequences=sequences, **options
        )
    return layers.Bidirectional(layer) if config.bidirectional else layer


task = Task(
    name="sentiment",
    Config=Config,
    load_splits=text_classification.load_splits,
    load_examples=text_classification.load_examples,
    prepare=text_classification.prepare,
    restore=text_classification.restore,
    build=build,
    batches=text_classification.batches,
    compiled={"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
    fit_baseline=text_classification.fit_baseline,
    load_baseline=text_classification.load_baseline,
    score=text_classification.score,
    read_inputs=text_classification.read_inputs,
    answer=text_classification.answer,
    sections=text_classification.sections,
    serving=text_classification.serving,
    mobile=text_classification.mobile,
    probes=text_classification.probes,
    encode=text_classification.encode,
)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load

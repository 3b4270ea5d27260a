"""Sentiment: a text in, its class out (many-to-one).

    unroll sentiment train                            the built-in sample: order and distance decide
    unroll sentiment train --data reviews.csv         columns `text` and `label`, two or more classes

    text -> ids (batch, time) -> vectors -> recurrent layers -> pooling over time -> a probability a class

Reference: Hochreiter & Schmidhuber 1997 (LSTM); pooling over time: Johnson & Zhang 2016, arXiv:1602.02373.
TensorFlow is loaded by the functions that need it, so that `--help` is quick.
"""

import dataclasses
import logging

import numpy as np

import pipelines
from pipelines import settings
from pipelines.sentiment import data as labelled_texts
from pipelines.sentiment import text_classification
from pipelines.settings import option
from pipelines.task import Task

log = logging.getLogger("unroll")

POOLINGS = ("last", "max", "mean", "max_mean", "attention")
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
class Config(settings.Training, settings.Text, settings.Data):
    """Network"""

    input: str = option("embedding", "what a token becomes", choices=("embedding", "one_hot"))
    embedding_initializer: str = option(
        "random", "where vectors start; class_ratios: some of their numbers at the token's log-count ratio in each "
        "class (Wang & Manning 2012), which helps small data", choices=("random", "class_ratios"),
    )  # fmt: skip
    embedding_size: int = option(64, "length of a token's vector", at_least=1, search=[32, 64, 128])
    vectors: str | None = option(None, "text file of pretrained vectors (GloVe, fastText); sets the embedding size")
    train_vectors: bool = option(True, "go on training pretrained vectors")
    cell: str = option("lstm", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int = option(64, "size of the recurrent state", at_least=1, search=[32, 64, 128])
    depth: int = option(1, "recurrent layers one on another", at_least=1, search=[1, 2])
    bidirectional: bool = option(True, "read backwards too")
    pooling: str = option("max", "of the outputs over time", choices=POOLINGS)
    wide: bool = option(False, "give the mean of the vectors to the last layer too (Cheng et al. 2016)")
    word_dropout: float = option(0.0, "part of the tokens lost in training", at_least=0, below=1)
    embedding_dropout: float = option(0.3, "part of the vectors' numbers dropped in training", at_least=0, below=1)
    dropout: float = option(0.3, "part of the outputs dropped in training", at_least=0, below=1, search=(0.0, 0.6))
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
    x = layers.TokenDropout(config.word_dropout)(ids)  # (batch, time)
    vectors = _vectors(preprocessor, config)(x)  # (batch, time, embedding)
    x = keras.layers.Dropout(config.embedding_dropout)(vectors)
    stack = [_recurrent(config, level < config.depth - 1) for level in range(config.depth)]
    x = layers.Deep(stack, dropout=config.dropout)(x, lengths=lengths)  # (batch, time, units), pooled by last: no time
    if config.pooling != "last":
        pools = [layers.SequencePooling(mode)(x, lengths=lengths) for mode in config.pooling.split("_")]
        x = pools[0] if len(pools) == 1 else keras.layers.Concatenate()(pools)  # (batch, units x pools)
    if config.wide:
        x = keras.layers.Concatenate()([x, layers.SequencePooling("mean")(vectors, lengths=lengths)])
    x = keras.layers.Dropout(config.dropout)(x)
    y = keras.layers.Dense(len(preprocessor.labels), "softmax", dtype="float32", name="probabilities")(x)
    return keras.Model({"ids": ids, "lengths": lengths}, y, name="sentiment")


def _vectors(preprocessor, config):
    import layers

    vocabulary = preprocessor.text.vocabulary
    if config.input == "one_hot":
        return layers.OneHot(len(vocabulary))
    if config.vectors:
        vectors, found = pipelines.text.read_vectors(config.vectors, vocabulary, config.seed)
        log.warning("%s: vectors for %d of %d tokens", config.vectors, found, len(vocabulary))
        return layers.Embedding(len(vocabulary), vectors.shape[1], vectors=vectors, trainable=config.train_vectors)
    vectors = np.random.default_rng(config.seed).normal(0, 0.1, (len(vocabulary), config.embedding_size))
    if config.embedding_initializer == "class_ratios" and preprocessor.class_ratios is not None:
        ratios = preprocessor.class_ratios[:, : config.embedding_size]
        vectors[:, : ratios.shape[1]] = ratios
    return layers.Embedding(*vectors.shape, vectors=vectors)


def prepare(examples, config):
    """Vocabulary, labels and each token's log-count ratios, of the training split alone."""
    _check_effects(config)
    preprocessor = text_classification.prepare(examples, config)
    preprocessor.class_ratios = _class_ratios(preprocessor, examples)
    return preprocessor


def _check_effects(config):
    """Settings of vectors where the network has none of that kind.

    Raises:
        ValueError: one that would change nothing.
    """
    for name, given, needed, there in (
        ("vectors", config.vectors, "input='embedding'", config.input == "embedding"),
        ("train_vectors", not config.train_vectors, "vectors=FILE", config.vectors),
        ("embedding_initializer", config.embedding_initializer != "random", "input='embedding' and no vectors",
         config.input == "embedding" and not config.vectors),
    ):  # fmt: skip
        if given and not there:
            raise ValueError(f"{name}={getattr(config, name)!r}: has an effect with {needed} alone; leave it out")


def _class_ratios(preprocessor, examples):
    """log p(token | class) - log mean over classes of it, (vocabulary, classes), over texts, counts plus one.

    Reference: Wang & Manning 2012, "Baselines and Bigrams", ACL.
    """
    counts = np.ones((len(preprocessor.text.vocabulary), len(preprocessor.labels)))
    pairs = zip(preprocessor.sequences(examples["text"]), preprocessor.classes(examples["label"]), strict=True)
    for ids, target in pairs:
        counts[np.unique(ids), target] += 1
    shares = counts / counts.sum(axis=0)
    return np.log(shares / shares.mean(axis=1, keepdims=True))


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
    load_splits=labelled_texts.load_splits,
    load_examples=labelled_texts.load_examples,
    prepare=prepare,
    load_preprocessor=text_classification.restore,
    build=build,
    batches=text_classification.batches,
    compiled=text_classification.compiled,
    fit_baseline=text_classification.fit_baseline,
    load_baseline=text_classification.load_baseline,
    infer=text_classification.infer,
    score=text_classification.score,
    read_inputs=text_classification.read_inputs,
    answer=text_classification.answer,
    sections=text_classification.sections,
    serving=text_classification.serving,
    mobile=text_classification.mobile,
    probes=text_classification.probes,
    encode=text_classification.encode,
    preparation=lambda artifact: pipelines.text.preparation(artifact.preprocessor.text),
    serve=text_classification.serve,
    causal={"bidirectional": False, "pooling": "last", "wide": False},
)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove

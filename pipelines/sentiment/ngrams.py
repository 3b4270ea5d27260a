"""The linear part of the network: scores of tokens and their neighbours, fitted before the recurrent part is trained.

    tables = fit(preprocessor, examples, config)         log-count ratios, weighed by a linear model
    layer = training_layer(tables)                      in training: what models without the text's fold say
                                                        afterwards and in validation: what that of all texts says
A linear model knows its own training texts by heart, so that beside it a network would learn nothing. The texts are
therefore divided into folds by their ids; in training, a text's scores come from a model that was fitted without its
fold. From these the recurrent part learns what order and distance say besides.

References: Wang & Manning 2012, "Baselines and Bigrams", ACL; Wolpert 1992, "Stacked generalization" (the folds).
"""

import concurrent.futures
import dataclasses
import logging
import math
import os

import keras
import numpy as np
import scipy.sparse
import sklearn.linear_model

import layers
from pipelines.sentiment import kinds
from pipelines.shared.batches import bucketing

log = logging.getLogger("unroll")

FOLDS, FEWER_FOLDS = 5, 3
MANY = 3_000_000  # tokens, from which on the folds are fewer
MOST_NUMBERS = 2**26  # in the tables of all folds together
MOST_TOKENS = 20_000_000  # times columns, that the linear models are fitted on
LAST_BUCKETS = 21  # the binary logarithm of the most buckets
AT_ONCE = 1024  # texts


@dataclasses.dataclass(frozen=True, eq=False)
class Tables:
    """The linear models: `tables` (folds + 1, rows, columns) and `biases` (folds + 1, columns), the last one of all."""

    vocabulary_size: int
    order: int
    buckets: int
    tables: np.ndarray
    biases: np.ndarray


@keras.saving.register_keras_serializable(package="unroll")
class CrossFittedNgrams(layers.NgramScores):
    """`layers.NgramScores` whose table depends in training on the text's fold; see above."""

    def __init__(self, *arguments, fold_tables=None, fold_biases=None, **options):
        super().__init__(*arguments, **options)
        self.folds = 0 if fold_tables is None else len(fold_tables)
        if self.folds:
            # Plain tensors: they are fitted anew by a training that goes on, and no artifact needs them.
            self._fold_tables = keras.ops.convert_to_tensor(fold_tables.reshape(-1, self.units))
            self._fold_biases = keras.ops.convert_to_tensor(fold_biases)

    def call(self, ids, mask=None, lengths=None, training=False):
        if not training or not self.folds:
            return super().call(ids, mask=mask, lengths=lengths)
        real = self._real(ids, mask, lengths)
        fold = fold_of(ids, real, self.folds)  # (batch,)
        first = keras.ops.expand_dims(fold * self.rows_of_table, -1)
        rows = [numbers + first for numbers in self.rows(ids)]
        return self.summed(rows, real, self._fold_tables) + keras.ops.take(self._fold_biases, fold, axis=0)


def fold_of(ids, mask, folds):
    """The folds of texts by their ids and the order of these: int32 (batch,), each from 0 to `folds` - 1.

    >>> fold_of(np.array([[5, 7, 0], [7, 5, 9]]), np.array([[True, True, False], [True, True, True]]), 5).numpy()
    array([3, 4], dtype=int32)
    """
    ids = keras.ops.cast(ids, "int32")
    positions = keras.ops.arange(keras.ops.shape(ids)[1], dtype="int32") % 31 + 1  # prevents an overflow
    mixed = (ids * positions) % 8191
    return keras.ops.sum(keras.ops.where(mask, mixed, 0), axis=1) % folds


def fit(preprocessor, examples, config):
    """The `Tables` of the training split, or None if the settings want none."""
    if not config.ngrams:
        return None
    sequences = preprocessor.sequences(examples["text"])
    targets, indicators = _columns(preprocessor, examples)
    weights = _weights(preprocessor, examples, targets.shape)
    tokens, columns, vocabulary_size = int(sequences.lengths.sum()), targets.shape[1], len(preprocessor.text.vocabulary)
    folds = FOLDS if tokens * columns < MANY else FEWER_FOLDS
    buckets = _buckets(tokens * config.ngrams, MOST_NUMBERS // (columns * (folds + 1)) - vocabulary_size)
    layer = layers.NgramScores(vocabulary_size, config.ngrams, buckets, columns)
    rows = _drawn(len(sequences), MOST_TOKENS / max(1, tokens * columns * config.ngrams))
    features, fold = _counted(layer, sequences.picked(rows), folds)
    model = _number if preprocessor.target == "number" else _label

    def on(number):
        kept = fold != number
        fitted = [
            model(features[kept], *column, config.ngram_penalty)
            for column in zip(*(part[rows][kept].T for part in (targets, indicators, weights)), strict=True)
        ]
        return tuple(np.stack(part, axis=-1).astype("float32") for part in zip(*fitted, strict=True))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tables, biases = zip(*pool.map(on, range(folds + 1)), strict=True)  # no text is in the last fold
    return Tables(vocabulary_size, config.ngrams, buckets, np.stack(tables), np.stack(biases))


def _columns(preprocessor, examples):
    """(targets, indicators), each (texts, columns): what each column of the table is to tell, and the texts that count
    as its positive ones. Two classes have a single column, as of a logistic regression."""
    indicators = preprocessor.indicators(examples["label"])
    if preprocessor.target == "number":
        return preprocessor.learned_targets(examples["label"]), indicators[:, 1:]
    indicators = indicators[:, 1:] if preprocessor.target == "class" and indicators.shape[1] == 2 else indicators
    return indicators, indicators


def _weights(preprocessor, examples, shape):
    """What each text counts in each column, as in the loss of the network."""
    if preprocessor.balance is None:
        return np.ones(shape, np.float32)
    values = preprocessor.targets(examples["label"])
    weights = np.asarray(kinds.of(preprocessor).weights(values, preprocessor.balance))
    return np.broadcast_to(weights.reshape(len(values), -1), shape)


def _buckets(ngrams, most):
    """A power of two: twice as many buckets as there are n-grams, if that is not too much."""
    return 2 ** min(max(10, math.ceil(math.log2(2 * max(1, ngrams)))), LAST_BUCKETS, int(math.log2(max(2, most))))


def _drawn(count, share):
    """The numbers of the texts on which the linear models are fitted: all, or an even part of them."""
    if share >= 1:
        return np.arange(count)
    rows = np.sort(np.random.default_rng(0).permutation(count)[: max(1, int(count * share))])
    log.info("scores of n-grams: fitted on %d of %d texts", len(rows), count)
    return rows


def _counted(layer, sequences, folds):
    """(how often each row of the table occurs in each text, sparse (texts, rows); the texts' folds)."""
    texts, rows, fold = [], [], np.zeros(len(sequences), np.int32)
    for positions, ids, lengths in bucketing.in_length_order(sequences, AT_ONCE):
        mask = np.arange(ids.shape[1]) < lengths[:, None]
        fold[positions] = keras.ops.convert_to_numpy(fold_of(ids, mask, folds))
        for order, numbers in enumerate(layer.rows(ids)):
            real = mask[:, order:]  # an n-gram is real where its last token is
            rows.append(keras.ops.convert_to_numpy(numbers)[real])
            texts.append(np.repeat(positions, real.sum(axis=1)))
    texts, rows = np.concatenate(texts), np.concatenate(rows)
    shape = (len(sequences), layer.rows_of_table)
    counts = scipy.sparse.csr_matrix((np.ones(len(rows), np.float32), (texts, rows)), shape)
    counts.sum_duplicates()
    return counts, fold


def _ratios(features, indicator):
    """log p(n-gram | positive) - log p(n-gram | others), (rows,); p from the number of texts that have it, plus one."""
    holds = features.copy()
    holds.data[:] = 1
    positive, others = (1 + np.asarray(holds[part].sum(axis=0)).ravel() for part in (indicator == 1, indicator == 0))
    return np.log(positive / positive.sum()) - np.log(others / others.sum())


def _label(features, target, indicator, weights, penalty):
    """(scores of the rows, bias) of a logistic regression whose features are counts times log-count ratios."""
    positive = target.sum()
    if not 0 < positive < len(target):  # of one kind alone: what is known is its share
        return np.zeros(features.shape[1]), math.log((positive + 1) / (len(target) - positive + 1))
    ratios = _ratios(features, indicator)
    model = sklearn.linear_model.LogisticRegression(
        C=1 / penalty, dual=True, solver="liblinear", tol=0.01, max_iter=1000, random_state=0
    )
    model.fit(features.multiply(ratios).tocsr(), target, sample_weight=weights)
    return model.coef_[0] * ratios, model.intercept_[0]


def _number(features, target, indicator, weights, penalty):
    """(scores of the rows, bias) of a ridge regression whose features are counts times log-count ratios."""
    ratios = _ratios(features, indicator) if 0 < indicator.sum() < len(indicator) else np.ones(features.shape[1])
    model = sklearn.linear_model.Ridge(alpha=penalty, solver="sparse_cg", tol=1e-3)
    model.fit(features.multiply(ratios).tocsr(), target)
    return model.coef_ * ratios, model.intercept_


def training_layer(tables):
    """The layer of the network that is trained, whose scores depend in training on the text's fold."""
    *of_folds, table = tables.tables
    *of_biases, bias = tables.biases
    return CrossFittedNgrams(
        tables.vocabulary_size, tables.order, tables.buckets, table.shape[-1], table=table, bias=bias,
        fold_tables=np.stack(of_folds), fold_biases=np.stack(of_biases), trainable=False, dtype="float32",
        name="ngrams",
    )  # fmt: skip

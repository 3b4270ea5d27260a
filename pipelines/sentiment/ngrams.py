"""The linear part of a text classifier: scores of tokens and their neighbours, summed with those of the network.

    table = fit(preprocessor, examples, config)          log-count ratios, weighed by a linear model; training split
    model = blended(model, preprocessor, examples)       scores of the trained network and of n-grams, in the shares
                                                         with the least loss in validation

The two are learned apart: beside a linear model, which knows its own training texts by heart, the recurrent layers
would learn nothing, and beside one that was fitted without them not even that a "not" turns the word behind it.

Reference: Wang & Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL.
"""

import concurrent.futures
import dataclasses
import logging
import math
import os

import keras
import numpy as np
import scipy.optimize
import scipy.sparse
import scipy.special
import sklearn.linear_model

import layers
from pipelines.sentiment import kinds, log_count_ratios
from pipelines.shared.batches import bucketing

log = logging.getLogger("unroll")

MOST_NUMBERS = 2**25  # in a table
MOST_TOKENS = 40_000_000  # n-grams times columns, that the linear models are fitted on
LAST_BUCKETS = 21  # the binary logarithm of the most buckets
AT_ONCE = 1024  # texts
DOUBT = 10  # examples of validation that would outweigh the belief that both parts say as much


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """The linear model: `scores` (rows, columns) and `biases` (columns,), as `layers.NgramScores` takes them."""

    vocabulary_size: int
    order: int
    buckets: int
    scores: np.ndarray
    biases: np.ndarray


def fit(preprocessor, examples, config):
    """The `Table` of the training split, or None if the settings want none."""
    if not config.ngrams:
        return None
    sequences = preprocessor.sequences(examples["text"])
    targets, indicators = _columns(preprocessor, examples)
    weights = _weights(preprocessor, examples, targets.shape)
    ngrams, columns = int(sequences.lengths.sum()) * config.ngrams, targets.shape[1]
    vocabulary_size = len(preprocessor.text.vocabulary)
    buckets = _buckets(ngrams, MOST_NUMBERS // columns - vocabulary_size)
    share = MOST_TOKENS / max(1, ngrams * columns)
    rows = log_count_ratios.drawn(len(sequences), share, "scores of n-grams: fitted on")
    layer = layers.NgramScores(vocabulary_size, config.ngrams, buckets, columns)
    features = _counted(layer, sequences.picked(rows))
    model = _number if preprocessor.target == "number" else _label
    parts = (part[rows].T for part in (targets, indicators, weights))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        fitted = pool.map(lambda column: model(features, *column, config.ngram_penalty), zip(*parts, strict=True))
        scores, biases = (np.stack(part, axis=-1).astype("float32") for part in zip(*fitted, strict=True))
    return Table(vocabulary_size, config.ngrams, buckets, scores, biases)


def _columns(preprocessor, examples):
    """(targets, indicators), each (texts, columns): what each column of the table is to tell, and the texts that count
    as its positive ones. Two classes have a single column, as of a logistic regression."""
    indicators = preprocessor.indicators(examples["label"])
    if preprocessor.target == "number":
        return preprocessor.learned_targets(examples["label"]).reshape(-1, 1), indicators[:, 1:]
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


def _counted(layer, sequences):
    """How often each row of the table occurs in each text, sparse (texts, rows)."""
    texts, rows = [], []
    for positions, ids, lengths in bucketing.in_length_order(sequences, AT_ONCE):
        mask = np.arange(ids.shape[1]) < lengths[:, None]
        for order, numbers in enumerate(layer.rows(ids)):
            real = mask[:, order:]  # an n-gram is real where its last token is
            rows.append(keras.ops.convert_to_numpy(numbers)[real])
            texts.append(np.repeat(positions, real.sum(axis=1)))
    texts, rows = np.concatenate(texts), np.concatenate(rows)
    shape = (len(sequences), layer.rows_of_table)
    counts = scipy.sparse.csr_matrix((np.ones(len(rows), np.float32), (texts, rows)), shape)
    counts.sum_duplicates()
    return counts


def _label(features, target, indicator, weights, penalty):
    """(scores of the rows, bias) of a logistic regression whose features are counts times log-count ratios."""
    positive = target.sum()
    if not 0 < positive < len(target):  # of one kind alone: what is known is its share
        return np.zeros(features.shape[1]), math.log((positive + 1) / (len(target) - positive + 1))
    return log_count_ratios.weighed(features, target == 1, C=1 / penalty, sample_weight=weights)


def _number(features, target, indicator, weights, penalty):
    """(scores of the rows, bias) of a ridge regression whose features are counts times log-count ratios."""
    varies = 0 < indicator.sum() < len(indicator)
    ratios = log_count_ratios.ratios(features, indicator == 1) if varies else np.ones(features.shape[1])
    model = sklearn.linear_model.Ridge(alpha=penalty, solver="sparse_cg", tol=1e-3)
    model.fit(features.multiply(ratios).tocsr(), target)
    return model.coef_ * ratios, model.intercept_


def blended(model, preprocessor, examples):
    """A model that sums the scores of the trained one and those of n-grams; examples: the validation split."""
    table, kind = preprocessor.ngrams, kinds.of(preprocessor)
    if table is None or "scores" not in {layer.name for layer in model.layers}:
        return model
    ours, layer = model.get_layer("scores").output, _layer(table)  # (batch, units)
    theirs = _spread(layer(model.input["ids"], lengths=model.input["lengths"]), ours.shape[-1])
    scores = _answered(keras.Model(model.input, [ours, theirs]), preprocessor, examples)
    shares = _shares(preprocessor.target, *scores, preprocessor.learned_targets(examples["label"]))
    log.info("network and n-grams: shares of their scores %.2f and %.2f, by validation", *shares)
    layer.set_weights([shares[1] * weight for weight in layer.get_weights()])
    ours = keras.layers.Rescaling(shares[0], dtype="float32", name="share")(ours)
    both = keras.layers.Add(dtype="float32", name="sum")([ours, theirs])
    return keras.Model(model.input, kind.outputs(both), name=model.name)


def _layer(table):
    return layers.NgramScores(
        table.vocabulary_size, table.order, table.buckets, table.scores.shape[-1], table=table.scores,
        bias=table.biases, trainable=False, dtype="float32", name="ngrams",
    )  # fmt: skip


def _spread(scores, units):
    """(batch, columns) -> (batch, units): a single column is the odds of the second of two classes."""
    if scores.shape[-1] == units:
        return scores
    return keras.layers.Concatenate(dtype="float32", name="odds")([-scores / 2, scores / 2])


def _answered(model, preprocessor, examples):
    """The outputs of the model for each text, in order: arrays (texts, units)."""
    sequences = preprocessor.sequences(examples["text"])
    answers = [np.zeros((len(sequences), output.shape[-1]), np.float32) for output in model.outputs]
    for positions, ids, lengths in bucketing.in_length_order(sequences, 128):
        for answer, output in zip(answers, model({"ids": ids, "lengths": lengths}, training=False), strict=True):
            answer[positions] = output
    return answers


def _shares(target, ours, theirs, targets):
    """(a, b), neither negative, with which a ours + b theirs has the least loss, but for a little belief in halves.

    >>> right, none = np.array([[3.0, -3.0]] * 500), np.zeros((500, 2))
    >>> a, b = _shares("class", none, right, np.zeros(500, int))
    >>> b > 1, round(a, 2)
    (True, 0.5)
    """
    loss = LOSSES[target]

    def of(shares):
        belief = DOUBT / len(targets) * np.square(shares - 0.5).sum() / 2
        return loss(shares[0] * ours + shares[1] * theirs, targets) + belief

    return scipy.optimize.minimize(of, [0.5, 0.5], bounds=[(0, None)] * 2).x.tolist()


def _of_classes(scores, classes):
    return -scipy.special.log_softmax(scores, axis=1)[np.arange(len(classes)), classes].mean()


def _of_labels(scores, indicators):
    return np.logaddexp(0, np.where(indicators == 1, -scores, scores)).sum(axis=1).mean()


def _of_numbers(scores, numbers):
    return np.square(scores - np.reshape(numbers, scores.shape)).mean()


LOSSES = {"class": _of_classes, "several": _of_labels, "number": _of_numbers}

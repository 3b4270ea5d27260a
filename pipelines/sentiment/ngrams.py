"""The linear part of a text classifier: scores of tokens and their neighbours, summed with those of the network.

    table = fit(preprocessor, examples, config)     log-count ratios, weighed by a linear model; of the training split
    table.layer()                                   its scores as a layer
    table.with_more(preprocessor, examples)         fitted anew, to the same texts and to more of them

Runs of letters inside a token have scores too, which are part of the token's own in the end, as in a table of subwords
(Bojanowski et al. 2017): so rare tokens begin with what is known of those that are spelled alike.

References: Wang & Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL;
Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", TACL.
"""

import dataclasses
import itertools
import math

import keras
import numpy as np
import scipy.sparse
import sklearn.feature_extraction.text
import sklearn.linear_model

import layers
from pipelines.sentiment import kinds, log_count_ratios
from pipelines.shared.batches import bucketing
from pipelines.shared.data import stored

MOST_NUMBERS = 2**25  # in a table
MOST_TOKENS = 40_000_000  # n-grams times columns, that the linear models are fitted on
LAST_BUCKETS = 22  # the binary logarithm of the most buckets
AT_ONCE = 1024  # texts
LETTERS = 3  # in the shortest runs that have scores


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """The texts of a fit: ids, and arrays (texts, columns) as of `_columns` and `_weights`."""

    sequences: stored.Arrays
    targets: np.ndarray
    indicators: np.ndarray
    weights: np.ndarray

    def joined(self, other):
        """These texts and then the others."""
        sequences = stored.Arrays.of(itertools.chain(self.sequences, other.sequences))
        names = ("targets", "indicators", "weights")
        return Rows(sequences, *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names))


@dataclasses.dataclass(frozen=True, eq=False)
class Fit:
    """How scores are fitted: settings, and how often runs of letters stand in each token, sparse (tokens, runs).

    rates: as of `log_count_ratios`.
    """

    target: str
    penalty: float
    floor: float
    spelled: scipy.sparse.csr_matrix
    rates: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """The linear model: `scores` (rows, columns) and `biases` (columns,), as `layers.NgramScores` takes them.

    how, learned_from: of the fit. share: what the scores count for beside those of the network.
    """

    vocabulary_size: int
    order: int
    buckets: int
    scores: np.ndarray
    biases: np.ndarray
    how: "Fit"
    learned_from: Rows
    share: float = 1.0

    def layer(self):
        """The `layers.NgramScores` of these scores, by their share."""
        table, bias = self.weights()
        return layers.NgramScores(
            self.vocabulary_size, self.order, self.buckets, table.shape[-1], table=table, bias=bias, trainable=False,
            dtype="float32", name="ngrams",
        )  # fmt: skip

    def weights(self):
        """Those of `layer`."""
        return [self.share * self.scores, self.share * self.biases]

    def with_more(self, preprocessor, examples):
        """The table of the texts that this one was learned from and of these examples, with the same rows."""
        rows = self.learned_from.joined(_rows(preprocessor, examples))
        layer = layers.NgramScores(self.vocabulary_size, self.order, self.buckets, self.scores.shape[-1])
        scores, biases = _fitted(layer, rows, self.how)
        return dataclasses.replace(self, scores=scores, biases=biases, learned_from=rows)


def fit(preprocessor, examples, config):
    """The `Table` of the training split, or None if the settings want none."""
    if not config.ngrams:
        return None
    rows = _rows(preprocessor, examples)
    ngrams, columns = int(rows.sequences.lengths.sum()) * config.ngrams, rows.targets.shape[1]
    vocabulary_size = len(preprocessor.text.vocabulary)
    buckets = _buckets(ngrams, MOST_NUMBERS // columns - vocabulary_size)
    layer = layers.NgramScores(vocabulary_size, config.ngrams, buckets, columns)
    spelled = _spelled(preprocessor.text, config.ngram_letters)
    how = Fit(preprocessor.target, config.ngram_penalty, config.ngram_floor, spelled, rates=columns > 1)
    scores, biases = _fitted(layer, rows, how)
    return Table(vocabulary_size, config.ngrams, buckets, scores, biases, how, rows)


def _rows(preprocessor, examples):
    targets, indicators = _columns(preprocessor, examples)
    weights = _weights(preprocessor, examples, targets.shape)
    return Rows(preprocessor.sequences(examples["text"]), targets, indicators, weights)


def _fitted(layer, rows, how):
    """(scores (rows of the layer's table, columns), biases (columns,)), float32, of texts that may be drawn from."""
    numbers = int(rows.sequences.lengths.sum()) * layer.order * layer.units
    drawn = log_count_ratios.drawn(len(rows.sequences), MOST_TOKENS / max(1, numbers), "scores of n-grams: fitted on")
    features = _counted(layer, rows.sequences.picked(drawn))
    tokens, last = how.spelled.shape[0], features.shape[1]
    features = scipy.sparse.hstack([features, features[:, :tokens] @ how.spelled], "csr")
    model = _number if how.target == "number" else _label
    parts = (part[drawn].T for part in (rows.targets, rows.indicators, rows.weights))
    fitted = [
        model(features, *column, how) for column in zip(*parts, strict=True)
    ]  # liblinear's chance is of no thread
    scores, biases = (np.stack(part, axis=-1) for part in zip(*fitted, strict=True))
    scores[:tokens] += how.spelled @ scores[last:]
    return scores[:last].astype("float32"), biases.astype("float32")


def _spelled(text, longest):
    """Runs of LETTERS to so many letters in each token, the start of a word being one; sparse (tokens, runs).

    >>> from pipelines.shared.text import tokenization
    >>> _spelled(tokenization.TextPreprocessor(["[PAD]", "[UNK]", "good", "##goo"], "wordpiece"), 3).toarray().tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
    """
    inside = "##" if text.tokens == "wordpiece" else None
    letters = [token[2:] if inside and token.startswith(inside) else f" {token}" for token in text.vocabulary]
    shortest = min(LETTERS, longest)
    if not longest or max(map(len, letters[2:]), default=0) < shortest:
        return scipy.sparse.csr_matrix((len(letters), 0), dtype=np.float32)
    vectorizer = sklearn.feature_extraction.text.CountVectorizer(
        analyzer="char", ngram_range=(shortest, longest), lowercase=False, dtype=np.float32
    )
    return vectorizer.fit_transform(["", "", *letters[2:]])


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


def _label(features, target, indicator, weights, how):
    """(scores of the rows, bias) of a logistic regression whose features are counts times log-count ratios."""
    positive = target.sum()
    if not 0 < positive < len(target):  # of one kind alone: what is known is its share
        return np.zeros(features.shape[1]), math.log((positive + 1) / (len(target) - positive + 1))
    return log_count_ratios.weighed(
        features, target == 1, how.floor, how.rates, C=1 / how.penalty, sample_weight=weights
    )


def _number(features, target, indicator, weights, how):
    """(scores of the rows, bias) of a ridge regression whose features are counts times log-count ratios."""
    varies = 0 < indicator.sum() < len(indicator)
    ratios = log_count_ratios.ratios(features, indicator == 1, how.floor) if varies else np.ones(features.shape[1])
    model = sklearn.linear_model.Ridge(alpha=how.penalty, solver="sparse_cg", tol=1e-3)
    model.fit(features.multiply(ratios).tocsr(), target)
    return model.coef_ * ratios, model.intercept_

"""NB-SVM, the stronger of the linear models: words and pairs of words, present or not, times their log-count ratios.

    model = learn(texts, targets, class_count=2)
    model.scores(["not bad"])                       # (texts, classes); the greatest is the answer

    s_c = b_c + sum over the terms of the text of  w_c,term r_c,term
    r_c = log p(term | c) - log p(term | other classes), p from the number of texts that have it, plus one

Punctuation counts as words. Terms are hashed into 2^22 columns. w and b are those of a logistic regression of each
class against the others, where the paper has a support vector machine: it is as accurate.

Reference: Wang & Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL.
"""

import dataclasses

import numpy as np
import sklearn.feature_extraction.text

from pipelines.sentiment import log_count_ratios
from pipelines.shared.data import stored

COLUMNS = 2**22
MOST = 2**27  # bytes of texts, times columns of scores, from which it is learned
PIECE = 10_000  # texts


@dataclasses.dataclass(frozen=True, eq=False)
class NBSVM:
    """Weights of the terms that have one.

    terms: numbers of columns, ascending int32 (terms,). weights: (terms, classes). biases: (classes,), -inf for a class
    without training texts.
    """

    terms: np.ndarray
    weights: np.ndarray
    biases: np.ndarray

    def scores(self, texts):
        """(texts, classes): the odds of each class against the others, by their logarithms."""
        scores = np.tile(self.biases, (len(texts), 1))
        for start in range(0, len(texts), PIECE):
            counts = _vectorizer().transform(texts[start : start + PIECE])[:, self.terms]
            scores[start : start + PIECE] += counts @ self.weights
        return scores


def learn(texts, targets, class_count, balance=None):
    """The `NBSVM` of a training split.

    Args:
        texts: a list of strings. targets: integers (texts,) below `class_count`.
        balance: what an example of each class counts (classes,), or None for 1.

    >>> model = learn(["good", "very good", "bad", "very bad"], np.array([1, 1, 0, 0]), class_count=2)
    >>> model.scores(["not good !"]).argmax(axis=1).tolist()
    [1]
    """
    texts = stored.Texts.of(texts)
    seen = np.unique(targets)
    fitted = seen[1:] if len(seen) == 2 else seen  # of two classes one has the odds, the other their opposite
    share = MOST / max(1, int(texts.sizes.sum()) * len(fitted))
    rows = log_count_ratios.drawn(len(texts), share, "NB-SVM: learned from")
    features = _vectorizer().transform(texts.picked(rows))  # (texts, columns), sparse
    terms = np.unique(features.indices)
    features = features[:, terms]
    weights = np.zeros((len(terms), class_count), np.float32)
    biases = np.full(class_count, -np.inf, np.float32)
    biases[seen] = 0
    counting = None if balance is None else np.asarray(balance)[targets[rows]]
    for one in fitted:
        weights[:, one], biases[one] = _against_others(features, targets[rows] == one, counting)
    return NBSVM(terms.astype(np.int32), weights, biases)


def _vectorizer():
    return sklearn.feature_extraction.text.HashingVectorizer(
        n_features=COLUMNS, ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", binary=True, alternate_sign=False,
        norm=None, dtype=np.float32,
    )  # fmt: skip


def _against_others(features, positive, counting):
    """(weights (terms,), bias) of one class, of which `positive` tells the texts; counting: what each counts."""
    if positive.all() or not positive.any():
        return 0, 0
    return log_count_ratios.weighed(features, positive, sample_weight=counting)

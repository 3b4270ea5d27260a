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
import logging

import numpy as np
import sklearn.feature_extraction.text
import sklearn.linear_model

from pipelines.shared.data import stored

log = logging.getLogger("unroll")

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


def learn(texts, targets, class_count, balance=False):
    """The `NBSVM` of a training split.

    Args:
        texts: a list of strings. targets: integers (texts,) below `class_count`.
        balance: classes count alike, however frequent they are.

    >>> model = learn(["good", "very good", "bad", "very bad"], np.array([1, 1, 0, 0]), class_count=2)
    >>> model.scores(["not good !"]).argmax(axis=1).tolist()
    [1]
    """
    texts = stored.Texts.of(texts)
    seen = np.unique(targets)
    fitted = seen[1:] if len(seen) == 2 else seen  # of two classes one has the odds, the other their opposite
    rows = _drawn(texts, len(fitted))
    features = _vectorizer().transform(texts.picked(rows))  # (texts, columns), sparse
    terms = np.unique(features.indices)
    features = features[:, terms]
    weights = np.zeros((len(terms), class_count), np.float32)
    biases = np.full(class_count, -np.inf, np.float32)
    biases[seen] = 0
    for one in fitted:
        weights[:, one], biases[one] = _against_others(features, targets[rows] == one, balance)
    return NBSVM(terms.astype(np.int32), weights, biases)


def _vectorizer():
    return sklearn.feature_extraction.text.HashingVectorizer(
        n_features=COLUMNS, ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", binary=True, alternate_sign=False,
        norm=None, dtype=np.float32,
    )  # fmt: skip


def _drawn(texts, columns):
    """The numbers of the texts that it is learned from: all, or an even part of too many."""
    share = MOST / max(1, int(texts.sizes.sum()) * columns)
    if share >= 1:
        return np.arange(len(texts))
    rows = np.sort(np.random.default_rng(0).permutation(len(texts))[: max(1, int(len(texts) * share))])
    log.info("NB-SVM: learned from %d of %d texts", len(rows), len(texts))
    return rows


def _against_others(features, positive, balance):
    """(weights (terms,), bias) of one class, of which `positive` tells the texts."""
    if positive.all() or not positive.any():
        return 0, 0
    of_class, of_others = (1 + np.asarray(features[part].sum(axis=0)).ravel() for part in (positive, ~positive))
    ratios = (np.log(of_class / of_class.sum()) - np.log(of_others / of_others.sum())).astype(np.float32)
    model = sklearn.linear_model.LogisticRegression(
        dual=True, solver="liblinear", tol=0.01, max_iter=1000, random_state=0,
        class_weight="balanced" if balance else None,
    )  # fmt: skip
    model.fit(features.multiply(ratios).tocsr(), positive)
    return model.coef_[0] * ratios, model.intercept_[0]

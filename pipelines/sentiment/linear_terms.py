"""A linear model of the words and pairs of words of texts, as plain arrays: scores = x W + b.

x is tf-idf, (1 + ln count) idf scaled to length 1. A run of letters and digits is a word. Of texts that are too many
for memory, `LARGE`, the model is learned from a part that is drawn evenly.
"""

import dataclasses
import functools
import json
from collections.abc import Callable, Sequence

import numpy as np
import sklearn.feature_extraction.text

from pipelines.sentiment import log_count_ratios
from pipelines.shared.data import stored

MOST_TERMS = 100_000
TINY = 1_000  # texts; with fewer, a term counts even if only one text has it
LARGE = 2**26  # bytes of texts, of which all terms take a gigabyte
AT_ONCE = 10_000  # texts


@dataclasses.dataclass(frozen=True, eq=False)
class LinearTerms:
    """Terms are words and pairs of words; none if the training texts left none, and all scores are then the biases."""

    terms: tuple[str, ...]
    inverse_document_frequency: np.ndarray  # (terms,)
    weights: np.ndarray  # (terms, outputs)
    biases: np.ndarray  # (outputs,)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """x W + b, (texts, outputs)."""
        scores = np.tile(self.biases.astype(np.float64), (len(texts), 1))
        for start in range(0, len(texts) if self.terms else 0, AT_ONCE):
            part = texts[start : start + AT_ONCE]
            scores[start : start + AT_ONCE] += self._vectorizer.transform(part) @ self.weights
        return scores

    def arrays(self) -> dict[str, np.ndarray]:
        """The model as arrays, of which `of_arrays` makes it again."""
        arrays = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {**arrays, "terms": np.frombuffer(json.dumps(self.terms).encode(), np.uint8)}

    @functools.cached_property
    def _vectorizer(self):
        vectorizer = _new_vectorizer(vocabulary={term: index for index, term in enumerate(self.terms)})
        vectorizer.idf_ = self.inverse_document_frequency
        return vectorizer


def of_arrays(arrays) -> LinearTerms:
    """The model of what `LinearTerms.arrays` gave."""
    values = {field.name: arrays[field.name] for field in dataclasses.fields(LinearTerms)}
    return LinearTerms(**{**values, "terms": tuple(json.loads(values["terms"].tobytes()))})


def fit(texts: Sequence[str], targets: np.ndarray, biases: np.ndarray, fitted: Callable) -> LinearTerms:
    """A model of the training texts.

    Args:
        targets: (texts, ...).
        biases: (outputs,), those of a model without terms.
        fitted: a function of (features (texts, terms), targets) that returns (weights (terms, outputs), biases).
    """
    texts = stored.Texts.of(texts)
    share = LARGE / max(1, texts.sizes.sum())
    rows = log_count_ratios.drawn(len(texts), share, "linear baseline: of")
    vectorizer = new_vectorizer(len(rows))
    try:
        features = vectorizer.fit_transform(texts.picked(rows))
    except ValueError:  # scikit-learn raises it if no term is left
        return LinearTerms((), np.zeros(0), np.zeros((0, len(biases)), np.float32), biases)
    weights, biases = fitted(features, targets[rows])
    return of_vectorizer(vectorizer, np.asarray(weights, np.float32), np.asarray(biases, np.float32))


def of_vectorizer(vectorizer, weights, biases) -> LinearTerms:
    """The model of the terms that a vectorizer has learned."""
    return LinearTerms(tuple(vectorizer.get_feature_names_out().tolist()), vectorizer.idf_, weights, biases)


def new_vectorizer(texts: int):
    """One that is to learn its terms from so many texts."""
    return _new_vectorizer(min_df=1 if texts < TINY else 2, max_features=MOST_TERMS)


def _new_vectorizer(**options):
    return sklearn.feature_extraction.text.TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+", dtype=np.float32, **options
    )

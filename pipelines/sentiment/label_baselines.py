"""What a classifier of several labels a text has to beat: each label's share, and a linear model for each label.

    baseline = learn(texts, indicators)
    baseline.metrics(test_texts, truth)["baseline_linear_micro_f1"]

Linear: p_l = sigmoid(x w_l + b_l), a logistic regression for each label against the rest, of the terms of
`linear_terms`; its penalty is the one of `PENALTIES` with the least log loss of the most frequent labels on a tenth of
the training texts. Shares: p_l is the share of the training texts that have the label.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import scipy.special
import sklearn.linear_model
import sklearn.metrics

from pipelines.sentiment import linear_terms
from pipelines.shared.metrics import multilabel
from pipelines.shared.storage import baseline_files

PENALTIES = (1.0, 10.0, 100.0)  # C of scikit-learn
LOOKED_AT = 6  # labels
NUMBERS = ("micro_f1", "macro_f1", "average_precision", "auc", "exact_match")


@dataclasses.dataclass(frozen=True, eq=False)
class LabelBaseline:
    """Both baselines; label_shares (labels,)."""

    linear: linear_terms.LinearTerms
    label_shares: np.ndarray

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """The linear model's answer, (texts, labels)."""
        return scipy.special.expit(self.linear.scores(texts))

    def answers(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """{baseline: its probabilities (texts, labels)}."""
        return {"shares": np.tile(self.label_shares, (len(texts), 1)), "linear": self.probabilities(texts)}

    def metrics(self, texts: Sequence[str], truth, threshold: float | None = None) -> dict[str, float]:
        """{`baseline_{shares,linear}_{micro_f1, ...}`: value}; truth: 0 or 1 (texts, labels)."""
        names, numbers = list(map(str, range(len(self.label_shares)))), {}
        for name, probabilities in self.answers(texts).items():
            scored = multilabel.metrics(names, truth, probabilities, 0.5 if threshold is None else threshold)
            numbers |= {f"baseline_{name}_{key}": scored[key] for key in NUMBERS if key in scored}
        return numbers

    def save(self, folder) -> None:
        """Writes one file of arrays into the folder; see `baseline_files`."""
        baseline_files.save(folder, {**self.linear.arrays(), "label_shares": self.label_shares})


def of_arrays(arrays) -> LabelBaseline:
    """The baseline of what `LabelBaseline.save` wrote."""
    return LabelBaseline(linear_terms.of_arrays(arrays), arrays["label_shares"])


def learn(texts: Sequence[str], indicators, balance=None) -> LabelBaseline:
    """Both baselines of a training split.

    Args:
        indicators: 0 or 1 (texts, labels).
        balance: what texts without and with each label count in the linear model (2, labels), or None for 1.

    >>> baseline = learn(["good fun", "fun", "dull", "good"], np.array([[1, 1], [0, 1], [0, 0], [1, 0]]))
    >>> (baseline.probabilities(["good fun"])[0] > baseline.label_shares).tolist()
    [True, True]
    """
    shares = indicators.mean(axis=0)
    constant = np.clip(scipy.special.logit(shares), -30, 30)  # (labels,)

    def fitted(features, indicators):
        weights, biases = np.zeros((features.shape[1], len(shares))), constant.copy()
        penalty = _penalty(features, indicators, balance)
        for label, column in enumerate(indicators.T):
            if _varies(column):
                model = _fit(features, column, penalty, _counting(balance, label))
                weights[:, label], biases[label] = model.coef_[0], model.intercept_[0]
        return weights, biases

    return LabelBaseline(linear_terms.fit(texts, indicators, constant, fitted), shares)


def _penalty(features, indicators, balance):
    """The one of `PENALTIES` that suits texts best of which nothing was learned."""
    held = np.arange(len(indicators)) % 10 == 9
    frequent = np.argsort(-indicators.sum(axis=0), kind="stable")[:LOOKED_AT]
    columns = [(indicators[:, label], _counting(balance, label)) for label in frequent
               if _varies(indicators[~held, label])]  # fmt: skip
    if not held.any() or not columns:
        return PENALTIES[0]
    losses = [sum(_log_loss(_fit(features[~held], column[~held], penalty, counting), features[held], column[held])
                  for column, counting in columns) for penalty in PENALTIES]  # fmt: skip
    return PENALTIES[int(np.argmin(losses))]


def _varies(column):
    return column.any() and not column.all()


def _counting(balance, label):
    """What texts without and with a label count, {0: weight, 1: weight}; None for 1."""
    return None if balance is None else dict(enumerate(balance[:, label].tolist()))


def _fit(features, column, penalty, counting):
    model = sklearn.linear_model.LogisticRegression(C=penalty, max_iter=1000, class_weight=counting)
    return model.fit(features, column)


def _log_loss(model, features, column):
    return sklearn.metrics.log_loss(column, model.predict_proba(features)[:, 1], labels=[0, 1])

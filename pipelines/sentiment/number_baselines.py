"""What a predictor of a number has to beat: the mean, and ridge regression.

    baseline = learn(texts, numbers)
    baseline.metrics(test_texts, truth)["baseline_linear_rmse"]

Ridge: y = x w + b of the terms of `linear_terms`; its penalty is the one of `PENALTIES` with the least error on a tenth
of the training texts, which the others are then joined by.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import sklearn.linear_model

from pipelines.sentiment import linear_terms
from pipelines.shared.metrics import regression
from pipelines.shared.storage import baseline_files

NUMBERS = ("mae", "rmse", "r2", "pearson", "spearman")
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)


@dataclasses.dataclass(frozen=True, eq=False)
class NumberBaseline:
    """Both baselines; mean: of the training split."""

    linear: linear_terms.LinearTerms
    mean: float

    def values(self, texts: Sequence[str]) -> np.ndarray:
        """The linear model's answer, (texts,)."""
        return self.linear.scores(texts)[:, 0]

    def answers(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """{baseline: its numbers (texts,)}."""
        return {"mean": np.full(len(texts), self.mean), "linear": self.values(texts)}

    def metrics(self, texts: Sequence[str], truth) -> dict[str, float]:
        """{`baseline_{mean,linear}_{mae, ...}`: value}; truth: numbers (texts,)."""
        numbers = {}
        for name, values in self.answers(texts).items():
            scored = regression.metrics(truth, values)
            numbers |= {f"baseline_{name}_{key}": scored[key] for key in NUMBERS if key in scored}
        return numbers

    def save(self, folder) -> None:
        """Writes one file of arrays into the folder; see `baseline_files`."""
        baseline_files.save(folder, {**self.linear.arrays(), "mean": np.array(self.mean)})


def of_arrays(arrays) -> NumberBaseline:
    """The baseline of what `NumberBaseline.save` wrote."""
    return NumberBaseline(linear_terms.of_arrays(arrays), float(arrays["mean"]))


def learn(texts: Sequence[str], numbers) -> NumberBaseline:
    """Both baselines of a training split; numbers (texts,).

    >>> baseline = learn(["good", "bad", "good film", "bad film"] * 9, np.array([5.0, 1.0, 5.0, 1.0] * 9))
    >>> baseline.values(["good", "bad"]).round().tolist()
    [5.0, 1.0]
    """
    mean = float(np.mean(numbers))
    return NumberBaseline(linear_terms.fit(texts, np.asarray(numbers), np.array([mean]), _ridge), mean)


def _ridge(features, numbers):
    """(weights (terms, 1), biases (1,))"""
    held = np.arange(len(numbers)) % 10 == 9
    penalty = 1.0
    if held.any():
        errors = [np.square(_fit(features[~held], numbers[~held], one).predict(features[held]) - numbers[held]).mean()
                  for one in PENALTIES]  # fmt: skip
        penalty = PENALTIES[int(np.argmin(errors))]
    model = _fit(features, numbers, penalty)
    return model.coef_.reshape(-1, 1), np.array([model.intercept_]).reshape(1)


def _fit(features, numbers, penalty):
    return sklearn.linear_model.Ridge(alpha=penalty, solver="sparse_cg").fit(features, numbers)

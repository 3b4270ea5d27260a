"""Ridge regression in closed form, by sums over batches: memory depends on the number of features alone.

    parts = [Sums(features=3, outputs=1) for _ in range(4)]
    parts[0].add(x, y)                              float64 (rows, features), (rows, outputs); as often as you like
    weights, biases, penalty = chosen(parts)

    y = x W + b,    W = (X'X + rows a I)^-1 X'Y    with X and Y centred, so that the biases are not penalised

Reference: Hoerl & Kennard 1970, Ridge Regression: Biased Estimation for Nonorthogonal Problems.
"""

import dataclasses
import functools
import operator

import numpy as np

PENALTIES = tuple(10.0**power for power in range(-7, 3))  # a above, for features with a variance of about one


@dataclasses.dataclass
class Sums:
    """Sums over rows of the products of features and outputs.

    rows: their number. of_features (features,), of_outputs (outputs,). squares (features, features): X'X.
    products (features, outputs): X'Y. output_squares (outputs,): of Y**2.
    """

    features: dataclasses.InitVar[int]
    outputs: dataclasses.InitVar[int]

    def __post_init__(self, features, outputs):
        self.rows = 0
        self.of_features, self.of_outputs = np.zeros(features), np.zeros(outputs)
        self.squares, self.products = np.zeros((features, features)), np.zeros((features, outputs))
        self.output_squares = np.zeros(outputs)

    def add(self, x, y):
        """Adds rows, x (rows, features) and y (rows, outputs)."""
        self.rows += len(x)
        self.of_features += x.sum(axis=0)
        self.of_outputs += y.sum(axis=0)
        self.squares += x.T @ x
        self.products += x.T @ y
        self.output_squares += (y * y).sum(axis=0)

    def __add__(self, other):
        both = Sums(len(self.of_features), len(self.of_outputs))
        for name, value in vars(self).items():
            setattr(both, name, value + getattr(other, name))
        return both

    def changed(self, matrix, shift):
        """The sums of the rows with features X M and outputs Y - X S.

        Args:
            matrix: M (features, new features). shift: S (features, outputs).
        """
        new = Sums(matrix.shape[1], len(self.of_outputs))
        moved = self.squares @ shift  # (features, outputs)
        new.rows, new.of_features = self.rows, matrix.T @ self.of_features
        new.of_outputs = self.of_outputs - shift.T @ self.of_features
        new.squares, new.products = matrix.T @ self.squares @ matrix, matrix.T @ (self.products - moved)
        new.output_squares = self.output_squares + (shift * (moved - 2 * self.products)).sum(axis=0)
        return new

    def centred(self, features, outputs):
        """(X'X, X'Y, Y**2 in all) after `features` and `outputs`, such as means, are subtracted."""
        squares = self.squares - np.outer(self.of_features, features) - np.outer(features, self.of_features)
        products = self.products - np.outer(self.of_features, outputs) - np.outer(features, self.of_outputs)
        total = (self.output_squares - 2 * outputs * self.of_outputs + self.rows * outputs**2).sum()
        return (
            squares + self.rows * np.outer(features, features),
            products + self.rows * np.outer(features, outputs),
            total,
        )

    @property
    def means(self):
        """The means of the features and of the outputs."""
        return self.of_features / max(self.rows, 1), self.of_outputs / max(self.rows, 1)


def solved(sums, penalty):
    """Weights (features, outputs) and biases (outputs,) of one penalty."""
    means = sums.means
    values, vectors, products = _decomposed(sums, means)
    weights = vectors @ (products / (values + _strength(sums, penalty))[:, None])
    return weights, means[1] - means[0] @ weights


def chosen(parts, penalties=PENALTIES):
    """(weights, biases, penalty) of all rows; the penalty has the least error where each part is held out in turn.

    If fewer than two parts have rows, it is the greatest penalty.

    >>> draw = np.random.default_rng(0)
    >>> parts = [Sums(2, 1) for _ in range(2)]
    >>> for part in parts:
    ...     x = draw.normal(size=(1000, 2))
    ...     part.add(x, x @ [[2.0], [-1.0]] + 5)
    >>> weights, biases, penalty = chosen(parts)
    >>> weights.round(3).ravel().tolist(), biases.round(3).tolist()
    ([2.0, -1.0], [5.0])
    """
    together, parts = _total(parts), [part for part in parts if part.rows]
    if len(parts) < 2:
        return *solved(together, max(penalties)), max(penalties)
    errors = sum(_errors(_total(other for other in parts if other is not part), part, penalties) for part in parts)
    best = penalties[int(np.argmin(errors))]
    return *solved(together, best), best


def _total(parts):
    return functools.reduce(operator.add, parts)


def _errors(fit, held_out, penalties):
    """The sums of squares of the errors on the rows held out, (penalties,)."""
    means = fit.means
    values, vectors, products = _decomposed(fit, means)
    squares, outer, total = held_out.centred(*means)
    squares, outer = vectors.T @ squares @ vectors, vectors.T @ outer  # in the directions of `vectors`
    errors = []
    for penalty in penalties:
        weights = products / (values + _strength(fit, penalty))[:, None]
        errors.append(total + (weights * (squares @ weights - 2 * outer)).sum())
    return np.array(errors)


def _decomposed(sums, means):
    """The eigenvalues (features,) and eigenvectors of the centred X'X, and X'Y in their directions."""
    squares, products, _ = sums.centred(*means)
    values, vectors = np.linalg.eigh(squares)
    return np.maximum(values, 0), vectors, vectors.T @ products


def _strength(sums, penalty):
    return max(sums.rows, 1) * penalty

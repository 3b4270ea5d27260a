"""Forecasts of several models as one: weights that are not negative and sum to one, by the errors in validation.

    weights(errors, independent)     errors (models, rows, values), NaN where the truth is missing -> float64 (models,)

    least mean of rho(sum_k w_k e_k),  w_k >= 0,  sum w_k = 1         rho: squares up to the mean error, linear beyond

Rows stand in the order of time, and neighbours are alike: a long validation may hold few independent errors. So three
sets of weights are tried on whole parts of the rows that were held out, and mixtures of them: the best single model,
the least rho, and equal weights of the models that the least rho uses, which often last longer than weights that were
fitted (Diebold and Shin 2019). Where hardly any errors are independent, what validation says of the models is mostly
luck, and the weights are drawn towards equal ones of all models that come near the best (Stock and Watson 2004).

Reference: Breiman 1996, Stacked regressions; Wolpert 1992, Stacked generalization; Diebold & Shin 2019, Machine
learning for regularized survey forecast combination: partially-egalitarian LASSO and its derivatives; Stock & Watson
2004, Combination forecasts of output growth in a seven-country data set.
"""

import itertools

import numpy as np

# Mixtures of the best single model, equal weights and the least rho, tried in turn; the first among equals.
MIXTURES = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.0, 1.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.0, 0.0, 1.0))
PARTS = 4  # of the rows, each held out once
ROUNDS = 4  # of weighing errors anew
GAIN = 0.002  # by which a later mixture has to be better
USED = 0.05  # the least weight of a model that is used
FEW = 8  # independent rows that count as much as equal weights do
NEAR = 1.25  # times the least error: what comes near the best


def weights(errors, independent=float("inf")):
    """float64 (models,); see above.

    independent: how many of the rows are, about: their number, where neighbours have nothing in common.

    >>> errors = np.random.default_rng(0).normal(size=(2, 400, 1))
    >>> weights(errors).round(1).tolist(), weights(errors + [[[0]], [[9]]]).round(1).tolist()
    ([0.5, 0.5], [1.0, 0.0])
    >>> weights(errors[:1] * [[[1]], [[1.1]]], independent=8).tolist()  # as many as FEW: half of it equal
    [0.75, 0.25]
    """
    errors = _complete(np.asarray(errors, np.float64))
    if not errors.shape[1]:
        return np.eye(len(errors))[0]
    scale = max(float(np.abs(errors).mean(axis=(1, 2)).min()), 1e-12)
    told = np.array(_mixture(errors, scale)) @ _sets(errors, scale)
    costs = np.array([_rho(one, scale) for one in errors])
    near = costs <= NEAR * costs.min()
    share = FEW / (FEW + independent)
    return share * near / near.sum() + (1 - share) * told


def _sets(errors, scale):
    """(3, models): the best single model, equal weights, the least rho."""
    least = simplex(errors, scale)
    used = least >= USED
    return np.stack([_best(errors, scale), used / used.sum(), least])


def _complete(errors):
    """(models, rows, values) without NaN: what is missing has no error with any model."""
    return np.where(np.isnan(errors).any(axis=0), 0.0, errors)


def _rho(errors, scale):
    return float(np.mean(scale * (np.sqrt(scale**2 + np.square(errors)) - scale)))


def _best(errors, scale):
    return np.eye(len(errors))[int(np.argmin([_rho(one, scale) for one in errors]))]


def _mixture(errors, scale):
    """The one of `MIXTURES` that is best on parts of the rows held out."""
    parts = [part for part in np.array_split(np.arange(errors.shape[1]), PARTS) if len(part)]
    if len(parts) < 2:
        return MIXTURES[0]
    costs = np.zeros(len(MIXTURES))
    for part in parts:
        tried = np.array(MIXTURES) @ _sets(np.delete(errors, part, axis=1), scale)  # (mixtures, models)
        costs += [_rho(np.tensordot(one, errors[:, part], 1), scale) * len(part) for one in tried]
    return MIXTURES[int(np.argmax(costs <= costs.min() * (1 + GAIN)))]


def simplex(errors, scale):
    """float64 (models,): the weights of the least rho, by squares that are weighed anew (Huber 1964)."""
    flat = errors.reshape(len(errors), -1)
    chosen = np.full(len(flat), 1 / len(flat))
    for _ in range(ROUNDS):
        of_values = 1 / np.sqrt(scale**2 + np.square(chosen @ flat))
        chosen = _least_squares((flat * of_values) @ flat.T / flat.shape[1])
    return chosen


def _least_squares(products):
    """The w >= 0 with sum 1 of the least w' P w: the best of those that some of the models reach by equations."""
    models = len(products)
    products = products + np.eye(models) * (1e-9 * np.trace(products) + 1e-300)
    best, least = np.eye(models)[0], np.inf
    for count in range(1, models + 1):
        for some in itertools.combinations(range(models), count):
            part = np.linalg.lstsq(products[np.ix_(some, some)], np.ones(count), rcond=None)[0]
            if part.sum() <= 0 or (part < 0).any():
                continue
            w = np.zeros(models)
            w[list(some)] = part / part.sum()
            if (cost := w @ products @ w) < least:
                best, least = w, cost
    return best

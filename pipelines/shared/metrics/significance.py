"""Whether the difference of two models on the same examples is more than chance.

    tested = compared(outcomes.grouped(), outcomes.grouped("linear"), "mean")
    tested.difference, tested.error, tested.p_value, tested.test

    McNemar      answers that are right or wrong, each by itself: of those that one model alone has right, each is as
                 likely the one's as the other's; exact, by the binomial distribution (McNemar 1947)
    permutation  sums of groups: under the null hypothesis a group's answers are as likely the one's as the other's, so
                 that exchanging them in any groups gives as great a difference; all exchanges of few groups, drawn
                 ones of more (Fisher 1935; Noreen 1989)
    t-test       means of more than `LARGE` groups
    bootstrap    a metric that is no mean, of many groups: groups are drawn with replacement, and the differences are
                 moved to a mean of zero (Koehn 2004; Efron & Tibshirani 1993)

All are two-sided. Groups must not depend on one another: series, pieces, scenes, clips, or single examples.
"""

import dataclasses

import numpy as np
import scipy.stats

from pipelines.shared.metrics.forecasts import error_of_mean
from pipelines.shared.metrics.outcomes import FORMULAS

LEVEL = 0.05  # of p, below which a difference is taken to be there
CERTAIN = 0.01
MANY = 50  # groups, from which on they stand for others by being drawn again
LARGE = 20_000  # groups, whose means are as good as normal
ALL = 13  # groups, up to which all exchanges are looked at
DRAWS, LEAST, NUMBERS = 9_999, 1_999, 2e8  # random exchanges or samples; at the least; numbers drawn for them
SAMPLES = 1_999  # of the bootstrap
AT_ONCE = 2**22  # numbers


@dataclasses.dataclass(frozen=True)
class Tested:
    """difference: of the metric, the one's less the other's. error: its standard error. p_value: two-sided.
    test: which one, in words. groups: how many."""

    difference: float
    error: float
    p_value: float
    test: str
    groups: int


def compared(one: np.ndarray, other: np.ndarray, formula: str, seed: int = 0) -> Tested:
    """The test that suits two models' sums (groups, sums) of the same groups.

    >>> right, wrong = [[1.0, 1.0]] * 6, [[0.0, 1.0]] * 6
    >>> compared(np.array(right), np.array(wrong), "mean").p_value
    0.03125
    """
    score = FORMULAS[formula]
    difference = float(score(one.sum(axis=0)) - score(other.sum(axis=0)))
    groups, draw = len(one), np.random.default_rng(seed)
    if formula == "mean" and _yes_or_no(one) and _yes_or_no(other):
        error = error_of_mean(one[:, 0] - other[:, 0], one[:, 1])
        return Tested(difference, error, mcnemar(one[:, 0], other[:, 0]), "McNemar's exact test", groups)
    if formula != "mean" and groups >= MANY:
        differences = np.concatenate([score(a) - score(b) for a, b in _resampled(one, other, draw)])
        far = np.abs(differences - differences.mean()) >= abs(difference) * (1 - 1e-9)
        p_value = (1 + far.sum()) / (1 + len(far)) if difference else 1.0
        return Tested(difference, float(differences.std()), float(p_value), "paired bootstrap", groups)
    error = error_of_mean(one[:, 0] - other[:, 0], one[:, 1]) if formula == "mean" else float("nan")
    if formula == "mean" and groups > LARGE:
        p_value = 2 * scipy.stats.t.sf(abs(difference) / error, groups - 1) if error else 1.0
        return Tested(difference, error, float(p_value), "paired t-test", groups)
    return Tested(difference, error, permutation(one, other, formula, draw), "permutation test", groups)


def standard_error(sums: np.ndarray, formula: str, seed: int = 0) -> float:
    """The standard error of a metric, of sums (groups, sums); NaN of a single group."""
    if formula == "mean":
        return error_of_mean(sums[:, 0], sums[:, 1])
    if len(sums) < 2:
        return float("nan")
    samples = _resampled(sums, sums, np.random.default_rng(seed))
    return float(np.concatenate([FORMULAS[formula](drawn) for drawn, _ in samples]).std())


def raised(p_values) -> list[float]:
    """P-values of several tests, raised so that any false alarm among them is as rare as that of one (Holm 1979).

    >>> raised([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order, count, highest, result = np.argsort(p_values, kind="stable"), len(p_values), 0.0, [1.0] * len(p_values)
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (count - rank) * p_values[place]))
        result[place] = float(highest)
    return result


def mcnemar(one, other) -> float:
    """The two-sided p-value of answers that are right (1) or wrong (0), arrays (examples,).

    >>> mcnemar(np.array([1, 1, 1, 0]), np.array([0, 0, 0, 0]))
    0.25
    """
    only_one, only_other = int((one > other).sum()), int((other > one).sum())
    if not only_one + only_other:
        return 1.0
    return float(scipy.stats.binomtest(only_one, only_one + only_other).pvalue)


def permutation(one, other, formula="mean", draw=None) -> float:
    """The two-sided p-value of sums (groups, sums), by exchanging the two models' in some of the groups.

    >>> permutation(np.array([[3.0, 1], [2.0, 1], [4.0, 1]]), np.array([[1.0, 1], [1.0, 1], [1.0, 1]]))
    0.25
    """
    score, (differing,) = FORMULAS[formula], np.nonzero((one != other).any(axis=1))
    total, beside = one.sum(axis=0), other.sum(axis=0)
    real, moved = abs(score(total) - score(beside)), (other - one)[differing]
    groups, far, count = len(differing), 0, 0
    if not groups:
        return 1.0
    for exchanged in _exchanges(groups, draw or np.random.default_rng(0)):
        shift = exchanged @ moved
        differences = np.abs(score(total + shift) - score(beside - shift))
        far, count = far + int((differences >= real * (1 - 1e-9)).sum()), count + len(differences)
    return (far + 1) / (count + 1) if groups > ALL else far / count


def _exchanges(groups, draw):
    """Yields parts of the exchanges, float (exchanges, groups), 1 where a group's sums are exchanged."""
    if groups <= ALL:
        yield ((np.arange(2**groups)[:, None] >> np.arange(groups)) & 1).astype(float)
        return
    left = int(np.clip(NUMBERS / groups, LEAST, DRAWS))
    while left > 0:
        size = min(left, max(1, AT_ONCE // groups))
        yield draw.integers(0, 2, (size, groups), np.int8).astype(float)
        left -= size


def _resampled(one, other, draw):
    """Yields parts of the samples: two models' sums (samples, sums) of as many groups, drawn with replacement."""
    groups, left = len(one), SAMPLES
    while left > 0:
        size = min(left, max(1, AT_ONCE // groups))
        picked = draw.integers(0, groups, (size, groups))
        often = np.stack([np.bincount(row, minlength=groups) for row in picked]).astype(float)
        yield often @ one, often @ other
        left -= size


def _yes_or_no(sums):
    """Whether each group is one answer that is right or wrong."""
    return bool((sums[:, 1] == 1).all() and np.isin(sums[:, 0], (0, 1)).all())

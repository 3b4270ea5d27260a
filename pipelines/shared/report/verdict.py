"""The verdict in words: a model against the best of its baselines, with the doubt that its test leaves.

    against({"mae": 7.35, "baseline_linear_mae": 7.52, "baseline_last_value_mae": 8.78}, "mae", error=0.03)

A difference counts if it is more than twice its standard error; where none is known, if it is more than one percent.
"""

import math
from collections.abc import Mapping

CERTAIN = 2.0  # standard errors
NOTABLE = 0.01  # of the baseline's number, where no standard error is known


def best(metrics: Mapping[str, float], metric: str, lower: bool = True) -> str | None:
    """The name of the baseline that is best in a metric, `baseline_<name>_<metric>`; None if there is none.

    >>> best({"baseline_linear_mae": 7.5, "baseline_last_value_mae": 8.8}, "mae")
    'linear'
    """
    beginning, end = "baseline_", f"_{metric}"
    values = {
        name[len(beginning) : -len(end)]: value if lower else -value
        for name, value in metrics.items()
        if name.startswith(beginning) and name.endswith(end) and math.isfinite(value)
    }
    return min(values, key=values.get) if values else None


def against(
    metrics: Mapping[str, float], metric: str, error: float | None = None, called: str | None = None,
    names: Mapping[str, str] | None = None, lower: bool = True, scored: str = "the test split",
) -> str:  # fmt: skip
    """One or two sentences about `metric` and the same of the best baseline.

    Args:
        metrics: those of `Scores.score`. error: the standard error of the difference to the best baseline.
        called: the metric in words. names: {baseline: what it is called}. lower: whether lower is better.
        scored: what was scored, as in "on the test split".

    >>> against({"mae": 7.3, "baseline_linear_mae": 7.5}, "mae", error=0.03)
    'Better than the best baseline, linear, on the test split: mae 7.300 against 7.500, 2.7 % lower; the standard error of the difference is 0.030.'
    >>> against({"mae": 7.49, "baseline_linear_mae": 7.5}, "mae", error=0.03)
    'Not better than the best baseline, linear, on the test split as far as it can tell: mae 7.490 against 7.500; the standard error of the difference is 0.030. Prefer linear, which is simpler.'
    """  # noqa: E501 - sentences as they are printed
    name = best(metrics, metric, lower)
    if name is None or metric not in metrics:
        return ""
    ours, theirs = metrics[metric], metrics[f"baseline_{name}_{metric}"]
    baseline, called = (names or {}).get(name, name.replace("_", " ")), called or metric
    if not math.isfinite(ours):
        return f"Of no use: {called} is {ours} on {scored}; {baseline} has {_shown(theirs, theirs)}. Prefer it."
    gain = theirs - ours if lower else ours - theirs
    numbers = f"{called} {_shown(ours, theirs)} against {_shown(theirs, ours)}"
    doubt = _doubt(error, theirs)
    if not _differs(gain, error, theirs):
        return (
            f"Not better than the best baseline, {baseline}, on {scored} as far as it can tell: {numbers}{doubt}. "
            f"Prefer {baseline}, which is simpler."
        )
    change = f"{_change(ours, theirs)}{doubt}."
    if gain > 0:
        return f"Better than the best baseline, {baseline}, on {scored}: {numbers}, {change}"
    return f"Worse than the best baseline, {baseline}, on {scored}: {numbers}, {change} Use {baseline} instead."


def _differs(gain, error, theirs):
    if error is not None and math.isfinite(error):
        return abs(gain) > CERTAIN * error
    return abs(gain) > NOTABLE * abs(theirs)


def _change(ours, theirs):
    direction = "lower" if ours < theirs else "higher"
    return f"{abs(ours / theirs - 1):.1%} {direction}".replace("%", " %") if theirs else direction


def _doubt(error, theirs):
    if error is None or not math.isfinite(error):
        return ""
    return f"; the standard error of the difference is {_shown(error, theirs)}"


def _shown(value, beside):
    """Four digits of the greater of two numbers, and as many places of the other."""
    size = max(abs(value), abs(beside))
    if not size or not math.isfinite(size):
        return f"{value:.3f}"
    if size >= 1e7 or size < 1e-5:
        return f"{value:.3e}"
    return f"{value:,.{max(0, 3 - math.floor(math.log10(size)))}f}"

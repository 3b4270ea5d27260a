"""The few most important numbers of an artifact, with the digits that the verdict's standard error leaves.

    headline.of(artifact, {"accuracy": "accuracy", "macro F1": "macro_f1"})
    {"accuracy": "0.921 ± 0.004", "macro F1": "0.918"}

    headline.without_crowds(artifact.metrics)       (the numbers without those of many classes, what was left out)

Metrics whose error nobody knows get as many places as the verdict's, since both are of the same examples.
"""

import collections
from collections.abc import Mapping

from pipelines.shared.report import digits

CROWD = 20  # numbers with a first word in common


def of(artifact, names: Mapping[str, str]) -> dict[str, object]:
    """{title: number as a text} of {title: metric}; counts stay numbers, a metric that is missing is None."""
    return {title: _shown(artifact, name) for title, name in names.items()}


def without_crowds(metrics: Mapping[str, float]) -> tuple[dict[str, float], str]:
    """({metric: value}, a sentence): without numbers of single classes or columns, of which there are more than CROWD.

    These are names with a first word in common; of a name that others go on from, such as "mae", the number is kept.

    >>> without_crowds({"mae": 1.0, "mae_a": 0.5, "mae_b": 1.5})
    ({'mae': 1.0, 'mae_a': 0.5, 'mae_b': 1.5}, '')
    >>> without_crowds({"mae": 1.0, **{f"mae_{letter}": 1.0 for letter in "abcdefghijklmnopqrstuvwxyz"}})
    ({'mae': 1.0}, '26 more: mae_…')
    """
    heads = collections.Counter(name.partition("_")[0] for name in metrics if "_" in name)
    crowds = [head for head, count in heads.items() if count > CROWD]
    beginnings = {name[:place] for name in metrics for place, letter in enumerate(name) if letter == "_"}
    kept = {name: value for name, value in metrics.items()
            if name.partition("_")[0] not in crowds or name in beginnings}  # fmt: skip
    left_out = f"{len(metrics) - len(kept):,} more: {', '.join(f'{head}_…' for head in crowds)}"
    return kept, left_out if len(kept) < len(metrics) else ""


def error(artifact) -> float | None:
    """The standard error of the verdict's metric, None where it has none."""
    return None if artifact.verdict is None else artifact.verdict.model_error


def _shown(artifact, name):
    value = artifact.metrics.get(name)
    if value is None or value != value or (abs(value) > 1 and value % 1 == 0):
        return value
    if artifact.verdict is not None and name == artifact.verdict.metric:
        return digits.with_error(value, error(artifact))
    return digits.beside(value, error(artifact))

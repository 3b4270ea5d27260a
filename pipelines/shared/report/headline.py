"""The few most important numbers of an artifact, with the digits that the verdict's standard error leaves.

    headline.of(artifact, {"accuracy": "accuracy", "macro F1": "macro_f1"})
    {"accuracy": "0.921 ± 0.004", "macro F1": "0.918"}

Metrics whose error nobody knows get as many places as the verdict's, since both are of the same examples.
"""

from collections.abc import Mapping

from pipelines.shared.report import digits


def of(artifact, names: Mapping[str, str]) -> dict[str, object]:
    """{title: number as a text} of {title: metric}; counts stay numbers, a metric that is missing is None."""
    return {title: _shown(artifact, name) for title, name in names.items()}


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

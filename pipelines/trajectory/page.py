"""What a served model of paths may be asked for: where someone will be, from points of a plane."""

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.serving import arguments

POINTS, OTHERS, FUTURES, FAR = 1_000, 100, 100, 1e9
OPTIONS = {"futures": arguments.whole(0, FUTURES), "seed": arguments.whole(0, 2**31 - 1)}
ACTIONS, FILES = defaults.ACTIONS, defaults.FILES
BOUNDS = {"neighbour_counts": (0, OTHERS)}
to_json, listed, quicken = defaults.to_json, defaults.listed, defaults.quicken


def from_json(artifact, values):
    """{"points": [[x, y], ...], "neighbours": [[[x, y], [x, y]], ...]} each, or the points alone."""
    values = [value if isinstance(value, dict) else {"points": value} for value in values]
    for number, value in enumerate(values, 1):
        arguments.checked(value, {"points": _points, "neighbours": _neighbours}, ["points"], f"inputs, {number}")
    return artifact.task.read_inputs(values, artifact.config, {}) if values else []


def _points(value):
    fits = isinstance(value, list) and 0 < len(value) <= POINTS and all(map(_is_point, value))
    return None if fits else f"from 1 to {POINTS:,} points [x, y]"


def _neighbours(value):
    fits = isinstance(value, list) and len(value) <= OTHERS and all(
        isinstance(one, list) and len(one) == 2 and all(map(_is_point, one)) for one in value
    )  # fmt: skip
    return None if fits else f"at most {OTHERS} pairs of points [[x, y], [x, y]], where each was a step before and is"


def _is_point(value):
    return isinstance(value, list) and len(value) == 2 and not any(map(arguments.number(-FAR, FAR), value))


def examples(artifact):
    """Someone who walks in a curve, and another who comes along."""
    steps = np.arange(artifact.config.observed) * 0.5
    points = np.stack([steps, 0.02 * steps**2], axis=1).round(3)
    last = points[-1]
    other = np.stack([last + np.array([ahead, 0.3]) for ahead in (2.5, 2.0)])
    return [{"points": points.tolist(), "neighbours": [other.round(3).tolist()]}]


def card(artifact):
    """{"observed", "predicted", "neighbours"}: points that are seen and predicted, others that are looked at."""
    config = artifact.config
    return {"observed": config.observed, "predicted": config.predicted, "neighbours": config.neighbours}

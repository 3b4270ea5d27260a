"""The scores of predicted paths, and of the baselines on the same windows."""

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.export.quantized_scores import by_signature
from pipelines.shared.metrics import outcomes
from pipelines.trajectory import errors
from pipelines.trajectory.answers import paths
from pipelines.trajectory.windows import Windows

score_tflite = by_signature
WORTH_A_WARNING = defaults.WORTH_A_WARNING
retrained = defaults.retrained
BASELINES = {
    "linear": "the linear baseline",
    "constant_velocity": "walking straight on",
    "still": "standing still",
}


def answered(artifact, examples):
    """(paths, `errors.DRAWN` futures of each), as `answers.paths` gives them."""
    preprocessor = artifact.preprocessor
    return paths(artifact, preprocessor.tensors(*preprocessor.seen(Windows.of(examples["paths"]))), errors.DRAWN)


def score(artifact, examples, answered):
    """The metrics and those of the baselines: a flat dictionary of floats, in the units of the data."""
    best, futures = answered
    windows, observed = Windows.of(examples["paths"]), artifact.preprocessor.observed
    array = windows.array
    real = array[:, observed:] - array[:, observed - 1 : observed]
    numbers = {
        "windows": len(windows),
        **errors.of_path(best, real),
        **errors.of_best(futures, real),
        "energy": errors.energy(futures, np.float32(real)),
        **artifact.baseline.metrics(array[:, :observed], real),
    }
    return {name: float(value) for name, value in numbers.items()}


def outcomes_of(artifact, examples, answered):
    """The mean distance of each window's path, the model's and each baseline's; windows of one agent are alike."""
    observed = artifact.preprocessor.observed
    array = Windows.of(examples["paths"]).array
    real = array[:, observed:] - array[:, observed - 1 : observed]
    paths = {"": answered[0], **artifact.baseline.paths(array[:, :observed])}
    far = {name: errors.distances(path, real).mean(axis=1) for name, path in paths.items()}
    agents = zip(examples["scene"], examples["agent"], strict=True)
    numbers = {}
    groups = [numbers.setdefault((str(scene), str(agent)), len(numbers)) for scene, agent in agents]
    return outcomes.of_values(
        "ade", far, called="mean distance", lower=True, noun="agents", names=BASELINES, groups=groups
    )

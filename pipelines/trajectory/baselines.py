"""What a model of paths has to beat: standing still, walking straight on, and a linear model of the steps seen.

    baseline = learn(windows float64 (windows, observed + predicted, 2), observed=8)
    baseline.paths(points)["linear"]          (windows, predicted, 2), relative to the last seen point
    baseline.save(folder); load(folder)

    still                 the last seen point
    constant_velocity     the last displacement, again and again
    linear                constant velocity and a linear function of all displacements seen; axes are turned so that the
                          last one lies along the first axis; ridge regression of paths and of their mirror images
    turned (best of 20)   constant velocity in 20 directions, at quantiles of a normal distribution of 25 degrees around
                          the last one (after Schöller et al. 2020)

On ETH/UCY, mean of five scenes, constant velocity has ADE 0.534 m and FDE 1.148 m.
"""

import dataclasses

import numpy as np
import scipy.stats

from pipelines.shared.storage import baseline_files
from pipelines.trajectory import errors
from pipelines.trajectory.windows import Windows

RIDGE = 1e-3  # times the mean squared displacement, an example
DEGREES = 25.0  # of the turned walks


@dataclasses.dataclass(frozen=True, eq=False)
class PathBaseline:
    """weights: float64 (2 (observed - 1), 2 predicted), from displacements to what is added to constant velocity."""

    weights: np.ndarray

    def paths(self, points):
        """{name: paths (windows, predicted, 2)} of seen points (windows, observed, 2), relative to the last."""
        predicted = self.weights.shape[1] // 2
        straight = constant_velocity(points, predicted)
        axes = _axes(points)
        steps = _turned(np.diff(points, axis=1), axes).reshape(len(points), -1)
        added = (steps @ self.weights).reshape(len(points), predicted, 2)
        linear = straight + _turned(added, axes * [1, -1])
        return {"still": np.zeros_like(straight), "constant_velocity": straight, "linear": linear}

    def metrics(self, points, real):
        """{`baseline_<name>_{ade,fde}`: value}, and of the turned walks `baseline_turned_best_of_20_{ade,fde}`."""
        numbers = {}
        for name, path in self.paths(points).items():
            numbers |= {f"baseline_{name}_{key}": value for key, value in errors.of_path(path, real).items()}
        best = errors.of_best(turned_walks(points, real.shape[1], errors.DRAWN), real)
        return numbers | {f"baseline_turned_{key}": value for key, value in best.items()}

    def save(self, folder):
        """Writes one file of plain arrays into the folder; see `baseline_files`."""
        baseline_files.save(folder, dataclasses.asdict(self))


def constant_velocity(points, predicted):
    """The last displacement again and again, (windows, predicted, 2), of points (windows, observed, 2).

    >>> constant_velocity(np.array([[[0.0, 0.0], [1.0, 2.0]]]), 2).tolist()
    [[[1.0, 2.0], [2.0, 4.0]]]
    """
    return (points[:, -1:] - points[:, -2:-1]) * np.arange(1, predicted + 1)[:, None]


def turned_walks(points, predicted, count):
    """Constant velocity in `count` directions, (windows, count, predicted, 2)."""
    angles = np.deg2rad(DEGREES) * scipy.stats.norm.ppf((np.arange(count) + 0.5) / count)
    straight = constant_velocity(points, predicted)[:, None]
    axes = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([_turned(straight, np.repeat(axis[None], len(points), 0)) for axis in axes], axis=1)


def _axes(points):
    """Cosine and sine of the last displacement's direction, (windows, 2); 1 and 0 of none."""
    step = points[:, -1] - points[:, -2]
    length = np.linalg.norm(step, axis=1, keepdims=True)
    return np.where(length > 1e-9, step / np.maximum(length, 1e-9), [1.0, 0.0])


def _turned(points, axes):
    """As `network.turned`."""
    between = (slice(None), *[None] * (points.ndim - 2))
    cosine, sine = axes[:, 0][between], axes[:, 1][between]
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * cosine + y * sine, y * cosine - x * sine], axis=-1)


def fit(preprocessor, examples):
    """The baselines of a training split."""
    return learn(Windows.of(examples["paths"]).array, preprocessor.observed)


def learn(windows, observed):
    """The baselines of windows (windows, observed + predicted, 2).

    >>> turning = np.exp(1j * np.arange(5) / 4)  # on a circle
    >>> windows = np.stack([turning.real, turning.imag], axis=1)[None] * np.linspace(1, 2, 9)[:, None, None]
    >>> baseline = learn(windows, observed=3)
    >>> float(abs(baseline.paths(windows[:, :3])["linear"] - (windows[:, 3:] - windows[:, 2:3])).max()) < 0.01
    True
    """
    points, real = windows[:, :observed], windows[:, observed:] - windows[:, observed - 1 : observed]
    axes = _axes(points)
    steps = _turned(np.diff(points, axis=1), axes)
    rest = _turned(real - constant_velocity(points, real.shape[1]), axes)
    both = [np.concatenate([part, part * [1, -1]]).reshape(2 * len(points), -1) for part in (steps, rest)]
    x, y = both
    penalty = RIDGE * len(x) * max(float(np.square(x).mean()), 1e-12) * np.eye(x.shape[1])
    return PathBaseline(np.linalg.solve(x.T @ x + penalty, x.T @ y))


def load(folder):
    """The baselines that `save` wrote into the folder."""
    return baseline_files.load(folder, lambda arrays: PathBaseline(arrays["weights"]))

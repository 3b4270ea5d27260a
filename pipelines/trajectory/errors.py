"""How far paths are from real ones.

ade       mean distance over the points of a path, and over windows
fde       distance of the last point
miss_rate share of windows whose last point is more than `MISSED` away
best of k the least of these among k futures, for ADE and FDE each by itself
"""

import numpy as np

DRAWN = 20  # futures among which the best is looked for
MISSED = 2.0  # in the units of the data, metres; as in Argoverse (Chang et al. 2019)


def distances(paths, real):
    """The distance at each point, of arrays (..., predicted, 2).

    >>> distances(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]])).tolist()
    [5.0]
    """
    return np.linalg.norm(paths - real, axis=-1)


def of_path(paths, real):
    """{"ade", "fde", "miss_rate"} of paths (windows, predicted, 2).

    >>> of_path(np.array([[[0.0, 0.0], [3.0, 4.0]]]), np.zeros((1, 2, 2)))
    {'ade': 2.5, 'fde': 5.0, 'miss_rate': 1.0}
    """
    far = distances(paths, real)
    return {"ade": float(far.mean()), "fde": float(far[:, -1].mean()), "miss_rate": float((far[:, -1] > MISSED).mean())}


def of_best(futures, real):
    """{"best_of_<k>_ade", ..._fde, ..._miss_rate} of futures (windows, k, predicted, 2)."""
    far, count = distances(futures, real[:, None]), futures.shape[1]
    last = far[..., -1].min(axis=1)
    numbers = {"ade": far.mean(axis=-1).min(axis=1).mean(), "fde": last.mean(), "miss_rate": (last > MISSED).mean()}
    return {f"best_of_{count}_{name}": float(value) for name, value in numbers.items()}


def energy(futures, real):
    """The energy score of futures (windows, k, predicted, 2), the mean over windows; the less the better.

    It is the mean distance of a future from the real path, less half the mean distance of two futures.
    """
    far = distances(futures, real[:, None]).mean()
    count, apart = futures.shape[1], 0.0
    for shift in range(1, count):
        apart += distances(futures, np.roll(futures, shift, axis=1)).mean() / (count - 1)
    return float(far - apart / 2)

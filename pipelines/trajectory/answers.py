"""From seen points to the points ahead, which `predict` returns: the single best path, and futures drawn from noise."""

import numbers
from typing import Any, TypedDict

import numpy as np
import scipy.stats

from pipelines.shared import defaults
from pipelines.trajectory.data import Seen

VERBS = defaults.VERBS
BATCH = 512
MOST_FUTURES = 1_000


class Answer(TypedDict):
    """The answer of `predict` to one agent; paths are lists of [x, y], of one step after another."""

    scene: str
    agent: str
    frames: list[float]
    path: list[list[float]]
    futures: list[list[list[float]]]


def noise(futures, size, seed=0):
    """Standard normal numbers float32 (futures, size), spread more evenly than independent ones (Sobol's sequence).

    >>> noise(4, 2).shape
    (4, 2)
    """
    count = 2 ** int(np.ceil(np.log2(max(futures, 2))))  # which the sequence is balanced for
    drawn = scipy.stats.qmc.MultivariateNormalQMC(np.zeros(size), rng=np.random.default_rng(seed)).random(count)
    return drawn[:futures].astype(np.float32)


def paths(artifact, tensors, futures, seed=0):
    """(paths float32 (rows, predicted, 2), futures (rows, futures, predicted, 2)), relative to the last seen points.

    tensors: as of `Preprocessor.tensors`. All rows are answered with the same noise, so none depends on another.
    """
    config, count = artifact.config, len(tensors["points"])
    shared = noise(max(futures, 1), config.latent_size, seed)
    best = np.zeros((count, config.predicted, 2), np.float32)
    others = np.zeros((count, futures, config.predicted, 2), np.float32)
    for start in range(0, count, BATCH):
        part = slice(start, start + BATCH)
        rows = {name: value[part] for name, value in tensors.items()}
        rows["noise"] = np.repeat(shared[None], len(rows["points"]), axis=0)
        outputs = artifact.infer(*(rows[name] for name in artifact.model.input))
        best[part], others[part] = outputs["path"], np.asarray(outputs["futures"])[:, :futures]
    return best, others


def stacked(inputs: list[Seen], most):
    """(points, neighbours, counts) of inputs, as `Preprocessor.tensors` takes them; neighbours are padded to `most`."""
    points = np.stack([one.points for one in inputs])
    neighbours = np.zeros((len(inputs), most, 2, 2))
    counts = np.array([len(one.neighbours[:most]) for one in inputs], np.int32)
    for row, one in zip(neighbours, inputs, strict=True):
        row[: len(one.neighbours[:most])] = one.neighbours[:most]
    return points, neighbours, counts


def answer(artifact: Any, inputs: list[Seen], futures: int = 0, seed: int = 0) -> list[Answer]:
    """The points ahead of each agent: the single best path, and as many futures as asked for.

    Args:
        futures: paths drawn besides, each as likely as the others.
        seed: of their noise; the same seed gives the same futures.
    """
    _check("futures", futures, MOST_FUTURES)
    _check("seed", seed)
    if not inputs:
        return []
    points, neighbours, counts = stacked(inputs, artifact.preprocessor.neighbours)
    tensors = artifact.preprocessor.tensors(points, neighbours, counts)
    best, others = paths(artifact, tensors, futures, seed)
    last = points[:, -1:]
    rows = zip(inputs, best + last, others + last[:, None], strict=True)
    return [_answer(one, path, drawn, artifact.config.predicted) for one, path, drawn in rows]


def _answer(seen, path, futures, predicted):
    frames = [seen.frame + seen.step * number for number in range(1, predicted + 1)]
    frames = [round(frame, 6) for frame in frames]
    return {
        "scene": seen.scene,
        "agent": seen.agent,
        "frames": frames,
        "path": path.tolist(),
        "futures": futures.tolist(),
    }


def columns(inputs, answers):
    """frame, agent, x, y, and the number of the future, 0 for the single best path; of several files also scene."""
    table = {name: [] for name in ("scene", "frame", "agent", "x", "y", "future")}
    for one in answers:
        for number, path in enumerate([one["path"], *one["futures"]]):
            table["scene"] += [one["scene"]] * len(path)
            table["frame"] += [int(frame) if frame.is_integer() else frame for frame in one["frames"]]
            table["agent"] += [int(one["agent"]) if one["agent"].isdecimal() else one["agent"]] * len(path)
            table["x"] += [x for x, _ in path]
            table["y"] += [y for _, y in path]
            table["future"] += [number] * len(path)
    if len(set(table["scene"])) < 2:
        del table["scene"]
    return table


def _check(name, value, most=None):
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < 0 or (most is not None and value > most):
        bounds = "of at least 0" if most is None else f"from 0 to {most:,}"
        raise ValueError(f"{name}: expected a whole number {bounds}, received {value!r:.60}")

"""Paths to tensors: relative to the last seen point, and in training mirrored, of another size and with noise.

    points            float32 (batch, observed, 2), the seen points minus the last of them
    neighbours        float32 (batch, others, 2, 2), minus the same point: where each was a step before, and then
    neighbour_counts  int32 (batch,), how many of them are there; the rest is padding
    noise             float32 (batch, futures, latent_size), standard normal: a row a future

Differences are taken in float64, so that coordinates may be far from zero, as those of maps are. The network turns
paths so that the last displacement points along an axis; a turn of its input would change nothing.
"""

import logging

import numpy as np
import tensorflow as tf

from pipelines.shared.batches import bucketing
from pipelines.shared.storage import plain_json
from pipelines.trajectory.windows import Windows

log = logging.getLogger("unroll")

ALONE = 0.1  # part of the windows that training shows without their neighbours
NOTHING = 1e-9  # a mean displacement below it is none
MOST = 10**4  # steps or neighbours in the state of an artifact
KINDS = {
    "unit": (float, NOTHING, 1e300), "observed": (int, 2, MOST), "predicted": (int, 1, MOST),
    "neighbours": (int, 0, MOST),
}  # fmt: skip


class Preprocessor:
    """What the network must know of the training split.

    unit: the mean distance of points one step apart. observed, predicted, neighbours: as in the settings.
    """

    module = None  # no tables

    def __init__(self, unit, observed, predicted, neighbours):
        self.unit, self.observed, self.predicted, self.neighbours = unit, observed, predicted, neighbours

    def state(self):
        return {
            "unit": self.unit,
            "observed": self.observed,
            "predicted": self.predicted,
            "neighbours": self.neighbours,
        }

    def tensors(self, points, neighbours, counts):
        """The tensors of seen points (windows, observed, 2) and of neighbours as `Windows.neighbours` gives them, but
        for the noise; a dictionary of arrays."""
        last = points[:, -1:]
        tensors = {"points": (points - last).astype(np.float32)}
        if self.neighbours:
            there = np.arange(neighbours.shape[1]) < counts[:, None]
            moved = (neighbours - last[:, None]) * there[..., None, None]
            tensors |= {"neighbours": moved.astype(np.float32), "neighbour_counts": counts}
        return tensors

    def seen(self, windows):
        """What `tensors` takes, of windows."""
        return windows.array[:, : self.observed], *windows.neighbours(self.observed, self.neighbours)

    def targets(self, windows):
        """float32 (windows, predicted, 2): the points to predict minus the last seen one."""
        array = windows.array
        return (array[:, self.observed :] - array[:, self.observed - 1 : self.observed]).astype(np.float32)


def prepare(examples, config):
    """The preprocessor of a training split."""
    if config.buckets != type(config)().buckets:
        log.warning("buckets: no effect, all windows are of one length")
    array = Windows.of(examples["paths"]).array
    unit = float(np.linalg.norm(np.diff(array, axis=1), axis=-1).mean())
    return Preprocessor(unit if unit > NOTHING else 1.0, config.observed, config.predicted, config.neighbours)


def restore(state):
    """The preprocessor of a state.

    Raises:
        ValueError, KeyError, TypeError: what no training writes.
    """
    plain_json.check(state, KINDS)
    return Preprocessor(**state)


def batches(preprocessor, examples, config, training):
    """Batches of (inputs of `network.build`, points to predict (batch, predicted, 2)); see this module's docstring.

    In training, windows come in another order in every epoch, drawn anew: a half of them mirrored, each of another
    size, with noise on the points seen, and a few without their neighbours.
    """
    windows = Windows.of(examples["paths"])
    tensors = {name: tf.constant(value) for name, value in preprocessor.tensors(*preprocessor.seen(windows)).items()}
    targets = tf.constant(preprocessor.targets(windows))
    rows = tf.data.Dataset.range(len(windows))
    if training:
        rows = rows.shuffle(len(windows), seed=config.seed)
        chance = tf.data.Dataset.random(config.seed, rerandomize_each_iteration=True)
    else:
        chance = tf.data.Dataset.counter()
    unit = preprocessor.unit

    def batch(rows, seed):
        seeds = tf.stack([seed, 0])
        inputs, target = {name: tf.gather(value, rows) for name, value in tensors.items()}, tf.gather(targets, rows)
        if training:
            inputs, target = varied(inputs, target, seeds, config.scale, config.jitter * unit)
        noise = tf.random.stateless_normal([tf.shape(rows)[0], config.drawn, config.latent_size], seeds)
        return {**inputs, "noise": noise}, target

    pairs = tf.data.Dataset.zip(rows.batch(config.batch_size), chance)
    steps = tf.data.experimental.assert_cardinality(-(-len(windows) // config.batch_size))
    return bucketing.mapped(pairs, batch).apply(steps).prefetch(4)


def varied(inputs, target, seeds, scale, jitter):
    """Inputs and targets with mirrored paths, of sizes from 1 / (1 + scale) to 1 + scale, noise up to `jitter`."""
    rows = tf.shape(target)[0]

    def drawn(number, shape=(1, 1), low=0.0, high=1.0):
        return tf.random.stateless_uniform([rows, *shape], seeds + number, low, high)

    sizes = (1 + scale) ** drawn(1, low=-1.0)  # (rows, 1, 1)
    sides = tf.where(drawn(2) < 0.5, -1.0, 1.0)
    factors = tf.concat([sizes, sizes * sides], axis=-1)  # (rows, 1, 2)
    noise = tf.random.stateless_normal(tf.shape(inputs["points"]), seeds + 3) * jitter * drawn(4) ** 2
    points = inputs["points"] * factors + noise
    last = points[:, -1:]
    changed = {"points": points - last}
    if "neighbours" in inputs:
        counts = inputs["neighbour_counts"]
        changed["neighbours"] = inputs["neighbours"] * factors[:, None] - last[:, None]
        changed["neighbour_counts"] = tf.where(drawn(5, ())[:] < ALONE, 0, counts)
    return changed, target * factors - last

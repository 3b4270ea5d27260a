"""What is exported of a model of paths: seen points in and points ahead out, in the units of the data.

serving_default   of the SavedModel: numbers in float64, so that coordinates may be those of a map
ids               the same in float32; serving_default of the .tflite
alone             points in, the single best path out: no neighbours and no noise
"""

import numpy as np
import tensorflow as tf

from pipelines.shared import defaults
from pipelines.trajectory import answers, data

browser = defaults.browser
golden = defaults.golden
PADDED, alike = defaults.PADDED, defaults.alike
MEANINGS = {
    "points": "where someone was, x and y, one step after another, in the units of the training data",
    "neighbours": "others who are there now: where each was a step before, and where now, x and y; padding is 0",
    "neighbour_counts": "how many neighbours a row has",
    "noise": "standard normal numbers, a row a future",
    "path": "the single best path: x and y of the steps ahead",
    "futures": "a path for each row of noise, all as likely",
}
FUTURES = 3  # drawn for each probe


def serving(artifact):
    """The SavedModel's signatures."""
    infer, alone = artifact.task.network.infer(artifact), _alone(artifact)
    specification = [
        tf.TensorSpec(one.shape, tf.float64 if one.name in ("points", "neighbours") else one.dtype, one.name)
        for one in infer.input_signature
    ]

    @tf.function(autograph=False, input_signature=specification)
    def from_points(*tensors):
        named = {one.name: tensor for one, tensor in zip(specification, tensors, strict=True)}
        last = named["points"][:, -1:]  # (batch, 1, 2)
        named["points"] = tf.cast(named["points"] - last, tf.float32)
        if "neighbours" in named:
            named["neighbours"] = tf.cast(named["neighbours"] - last[:, None], tf.float32)
        outputs = infer(*named.values())
        path, futures = (tf.cast(outputs[name], tf.float64) for name in ("path", "futures"))
        return {"path": path + last, "futures": futures + last[:, None]}

    return {"serving_default": from_points, "ids": infer, "alone": alone}


def _alone(artifact):
    """The function of `alone`."""
    infer = artifact.task.network.infer(artifact)
    inputs = {one.name: one for one in infer.input_signature}

    @tf.function(autograph=False, input_signature=[inputs["points"]])
    def alone(points):
        rows = tf.shape(points)[0]
        tensors = {name: tf.zeros([rows, *(size or 1 for size in one.shape[1:])], one.dtype)
                   for name, one in inputs.items()}  # fmt: skip
        return {"path": infer(*(tensors | {"points": points}).values())["path"]}

    return alone


def mobile(artifact):
    """The .tflite's signatures; no files stand beside it."""
    return {"serving_default": artifact.task.network.infer(artifact), "alone": _alone(artifact)}, {}


def preparation(artifact):
    """How an app gets from positions to paths, in sentences."""
    config = artifact.config
    return [
        f"points: the last {config.observed} positions of a walker, the latest last, one step of the training data "
        "apart.",
        "Numbers are 32-bit: where coordinates are large, as those of a map are, subtract the last position from all "
        "before the call, and add it to the answers.",
        *(
            [
                f"neighbours: up to {config.neighbours} others, the nearest first, with their positions one step "
                "before and now; neighbour_counts says how many. Without any, give one row of zeros and the count 0."
            ]
            if config.neighbours
            else []
        ),
        f"noise (batch, futures, {config.latent_size}): independent numbers of a normal distribution of mean 0 and "
        "variance 1; the same numbers give the same futures.",
        f"path and the futures are the next {config.predicted} positions. `alone` takes points and gives the path.",
    ]


def probes(artifact, count=8, seed=0):
    """Raw inputs on which exports are compared with the model: one who stands, one who walks far from zero, one alone,
    and curves among neighbours."""
    draw, observed, unit = np.random.default_rng(seed), artifact.config.observed, artifact.preprocessor.unit
    still = np.repeat([[1.5, -2.0]], observed, axis=0) * unit
    far = np.arange(observed)[:, None] * [0.7, 0.7] * unit + 4_000 * unit
    turns = [np.cumsum(np.cumsum(draw.normal(0, 0.3, (observed, 2)), axis=0), axis=0) * unit for _ in range(count - 2)]
    inputs = [{"points": points.round(4).tolist()} for points in (still, far, *turns)]
    for number, one in enumerate(inputs[3:], 1):
        others = one["points"][-1] + draw.normal(0, 4 * unit, (number, 1, 2))
        one["neighbours"] = (others + draw.normal(0, unit, (number, 2, 2))).round(4).tolist()
    return inputs


def _tensors(artifact, inputs):
    """Raw tensors in float64, by the names of the network's inputs."""
    seen = data.read_inputs(inputs, artifact.config)
    most = max(1, *(len(one.neighbours) for one in seen))
    points, neighbours, counts = answers.stacked(seen, most)
    noise = np.random.default_rng(0).normal(size=(len(seen), FUTURES, artifact.config.latent_size))
    tensors = {
        "points": points, "neighbours": neighbours, "neighbour_counts": counts, "noise": noise.astype(np.float32)
    }  # fmt: skip
    return {name: tensors[name] for name in artifact.model.input}


def encode(artifact, inputs):
    """The tensors of `ids` in float32, and the model's answers."""
    tensors = {
        name: tensor.astype(np.float32) if tensor.dtype == np.float64 else tensor
        for name, tensor in _tensors(artifact, inputs).items()
    }
    return tensors, {name: value.numpy() for name, value in artifact.infer(*tensors.values()).items()}


def further(artifact, inputs):
    """The tensors of `alone` and the answers of the network."""
    points = {"points": encode(artifact, inputs)[0]["points"]}
    return {"alone": (points, {"path": _alone(artifact)(**points)["path"].numpy()})}


def serve(artifact, inputs):
    """The tensors of `serving_default` and the model's answers, as `predict` computes them."""
    tensors = _tensors(artifact, inputs)
    points = tensors["points"]
    others = [tensors[name] for name in ("neighbours", "neighbour_counts") if name in tensors] or [None, None]
    relative = artifact.preprocessor.tensors(points, *others) | {"noise": tensors["noise"]}
    outputs = artifact.infer(*(relative[name] for name in artifact.model.input))
    last = points[:, -1:]
    return tensors, {
        "path": outputs["path"].numpy() + last,
        "futures": outputs["futures"].numpy() + last[:, None],
    }

"""The network: seen points -> encoder -> decoder -> the points ahead, and others drawn from noise.

    points, relative to the last and turned so that the last displacement lies along the first axis
    -> displacements -> recurrent encoder -> state; neighbours -> attention by the state
    -> recurrent decoder -> changes of the displacement, added up -> a walk straight on with these changes
    noise, state -> changes of that path -> futures

The path is learned by its mean distance from the real one. Futures are learned by the energy score, which is least on
average where they are spread as the real ones are (Gneiting & Raftery 2007); their gradient stops at the state, so that
the path is the best that it can be.

    mean_k |future_k - real| - 1/2 mean_(j, k) |future_j - future_k|          |.|: mean over points of the distance
"""

import keras
import tensorflow as tf

import layers
from pipelines.shared import defaults
from pipelines.shared.networks import recurrent

LOOKS_BACK = None  # a call takes all seen points
watch = defaults.watch
settings_for = defaults.settings_for
axis_names = defaults.axis_names
calibrate = defaults.calibrate
completed = defaults.completed
SMALLEST = 1e-6  # of a unit; a displacement below it has no direction

ops = keras.ops


def build(preprocessor, config):
    """The network: {"points", ["neighbours", "neighbour_counts",] "noise"} -> paths (batch, 1 + futures, predicted, 2).

    Points and paths are in the units of the data, relative to any origin; the first path is the single best one.
    """
    points = keras.Input((config.observed, 2), name="points")
    noise = keras.Input((None, config.latent_size), name="noise")  # (batch, futures, latent_size)
    inputs = {"points": points}
    last = points[:, -1:]  # (batch, 1, 2)
    seen = (points - last) / preprocessor.unit
    axes = heading(seen)  # (batch, 2)
    seen = turned(seen, axes)  # (batch, observed, 2)
    steps = seen[:, 1:] - seen[:, :-1]  # (batch, observed - 1, 2)
    x = ops.concatenate([steps, seen[:, 1:] / config.observed], axis=-1)
    state = recurrent.stack(config, return_sequences=False, name="recurrent")(x)  # (batch, units)
    state = keras.layers.Dropout(config.dropout)(state)
    if config.neighbours:
        inputs["neighbours"] = keras.Input((None, 2, 2), name="neighbours")  # (batch, others, 2, 2)
        inputs["neighbour_counts"] = keras.Input((), dtype="int32", name="neighbour_counts")  # (batch,)
        others = (inputs["neighbours"] - last[:, None]) / preprocessor.unit
        company = _company(others, inputs["neighbour_counts"], axes, steps, state, config)  # (batch, units)
        state = ops.concatenate([state, company], axis=-1)
    straight = steps[:, -1:] * _counted(config)  # (batch, predicted, 2)
    path = straight + _decoded(state, config)
    futures = ops.expand_dims(path, 1) + _drawn(state, noise, config)  # (batch, futures, predicted, 2)
    paths = ops.concatenate([ops.expand_dims(path, 1), futures], axis=1)
    turned_back = turned(paths, axes * ops.reshape([1.0, -1.0], (1, 2)))
    outputs = turned_back * preprocessor.unit + ops.expand_dims(last, 1)
    return keras.Model({**inputs, "noise": noise}, outputs, name="trajectory")


def _counted(config):
    return ops.reshape(ops.arange(1, config.predicted + 1, dtype="float32"), (1, config.predicted, 1))


def heading(points):
    """Cosine and sine of the last displacement's direction (batch, 2), of points (batch, time, 2); 1 and 0 of none.

    >>> heading(ops.convert_to_tensor([[[0.0, 0.0], [0.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]]])).numpy().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    step = points[:, -1] - points[:, -2]
    length = ops.sqrt(ops.sum(ops.square(step), axis=-1, keepdims=True))  # (batch, 1)
    along = step / ops.maximum(length, SMALLEST)
    return ops.where(length > SMALLEST, along, ops.reshape([1.0, 0.0], (1, 2)))


def turned(points, axes):
    """Points (batch, ..., 2) turned so that the direction `axes` (batch, 2) comes to lie along the first axis.

    >>> turned(ops.convert_to_tensor([[[0.0, 2.0]]]), ops.convert_to_tensor([[0.0, 1.0]])).numpy().tolist()
    [[[2.0, 0.0]]]
    """
    between = (1,) * (len(points.shape) - 2)
    cosine, sine = ops.reshape(axes[:, 0], (-1, *between)), ops.reshape(axes[:, 1], (-1, *between))
    x, y = points[..., 0], points[..., 1]
    return ops.stack([x * cosine + y * sine, y * cosine - x * sine], axis=-1)


def _company(others, counts, axes, steps, state, config):
    """What the neighbours mean to a walker, (batch, units): additive attention over them, by the walker's state."""
    others = turned(others, axes)  # (batch, others, 2, 2)
    position, step = others[:, :, 1], others[:, :, 1] - others[:, :, 0]  # (batch, others, 2)
    distance = ops.sqrt(ops.sum(ops.square(position), axis=-1, keepdims=True) + 1e-3)
    own = ops.expand_dims(steps[:, -1], 1) + ops.zeros_like(position)
    x = ops.concatenate([position / (distance + 3), position / 12, 1 / (distance + 1), step, own], axis=-1)
    x = keras.layers.Dense(config.units, "relu")(x)  # (batch, others, units)
    mask = layers.SequenceMask()(x, counts)  # (batch, others)
    context, _ = layers.BahdanauAttention(config.units)(state, x, mask=mask)
    return keras.layers.Dropout(config.dropout)(keras.layers.Dense(config.units, "relu")(context))


def _decoded(state, config):
    """What is added to a walk straight on, (batch, predicted, 2)."""
    x = keras.layers.Dense(config.units, "relu")(state)
    x = keras.layers.RepeatVector(config.predicted)(x)  # (batch, predicted, units)
    x = keras.layers.Dropout(config.dropout)(recurrent.layer(config)(x))
    return ops.cumsum(keras.layers.Dense(2, kernel_initializer="zeros")(x), axis=1)


def _drawn(state, noise, config):
    """What each future adds to the path, (batch, futures, predicted, 2)."""
    x = keras.layers.Dense(config.units)(ops.stop_gradient(state))  # (batch, units)
    x = ops.relu(ops.expand_dims(x, 1) + keras.layers.Dense(config.units, use_bias=False)(noise))
    x = keras.layers.Dense(config.units, "relu")(x)  # (batch, futures, units)
    x = keras.layers.Dense(2 * config.predicted)(x)
    x = keras.layers.Reshape((-1, config.predicted, 2))(x)
    return ops.cumsum(x, axis=2) / config.predicted


def distances(paths, real):
    """The distance at each point, of tensors (..., predicted, 2)."""
    return ops.sqrt(ops.sum(ops.square(paths - real), axis=-1) + 1e-12)


def loss(real, paths):
    """The mean distance of the first of the paths (batch, 1 + futures, predicted, 2) and the others' energy score."""
    path, futures = paths[:, 0], paths[:, 1:]
    far = ops.mean(distances(futures, ops.expand_dims(real, 1)))
    apart = ops.mean(distances(ops.expand_dims(futures, 1), ops.expand_dims(futures, 2)))
    futures_count = ops.shape(futures)[1]
    unbiased = futures_count / ops.maximum(futures_count - 1, 1)  # a future is at no distance from itself
    return ops.mean(distances(path, real)) + far - apart * ops.cast(unbiased, "float32") / 2


def ade(real, paths):
    """Mean distance of the single path, (batch,)."""
    return ops.mean(distances(paths[:, 0], real), axis=-1)


def fde(real, paths):
    """Distance of the single path's last point, (batch,)."""
    return distances(paths[:, 0, -1], real[:, -1])


def compiled(config):
    metrics = [keras.metrics.MeanMetricWrapper(function, name=function.__name__) for function in (ade, fde)]
    return {"loss": loss, "metrics": metrics}


def infer(artifact):
    """The network as a function: its inputs -> {"path" (batch, predicted, 2), "futures"}, traced once."""
    names = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in artifact.model.inputs}

    @tf.function(autograph=False, input_signature=[names[name] for name in artifact.model.input])
    def from_points(*tensors):
        paths = artifact.model(dict(zip(artifact.model.input, tensors, strict=True)))
        return {"path": paths[:, 0], "futures": paths[:, 1:]}

    return from_points

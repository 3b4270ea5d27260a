"""What a forecast depends on: how much it moves with each value of its window."""

import numpy as np
import tensorflow as tf

from pipelines.forecasting.levels import levels


def influence(artifact, inputs, seed=0):
    """float (length, columns): the mean absolute derivative of the forecast, scaled, by each value, scaled.

    The derivative is of a random combination of steps and targets, +1 or -1 each, in each window; the root of its mean
    square is that of the derivatives of all of them (as Hutchinson's estimator of a trace has it, 1990).

    Args:
        inputs: of a batch of windows. seed: of the combinations.
    """
    preprocessor = artifact.preprocessor
    scales = artifact.baseline.statistics(inputs)[1].astype(np.float32)  # (batch or 1, 1, columns)
    middle = levels(artifact.config).index(0.5)
    total = np.zeros((len(inputs["values"]), preprocessor.length, len(preprocessor.columns)))
    draw, times = np.random.default_rng(seed), 4
    for _ in range(times):
        shape = (len(inputs["values"]), preprocessor.ahead, preprocessor.targets)
        signs = draw.choice(np.float32([-1, 1]), shape) / scales[..., : preprocessor.targets]
        total += _derivative(artifact.model, inputs, middle, signs) ** 2
    moved = np.sqrt(total / times / (preprocessor.ahead * preprocessor.targets)) * scales
    return moved.mean(axis=0)


def _derivative(model, inputs, middle, signs):
    """(batch, length, columns): of the sum of the forecast times signs; 0 where a value is missing."""
    tensors = {name: tf.convert_to_tensor(values) for name, values in inputs.items()}
    with tf.GradientTape() as tape:
        tape.watch(tensors["values"])
        outputs = model(tensors, training=False)
        combined = tf.reduce_sum(outputs[..., middle] * signs)
    gradient = tape.gradient(combined, tensors["values"])
    return np.nan_to_num(np.zeros(inputs["values"].shape) if gradient is None else gradient.numpy())

import keras
import numpy as np
import pytest

import layers

DRAW = np.random.default_rng(0)
LOGITS = DRAW.normal(size=(2, 3, 5), scale=3).astype("float32")
LABELS = np.array([[0, 4, 2], [3, 3, 1]])
WEIGHTS = np.array([[1, 1, 0], [1, 0, 0]], "float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def expected(smoothing):
    """The cross-entropy with smoothed targets written out, in float64, and its gradient before weighting."""
    logits = LOGITS.astype("float64")
    targets = (1 - smoothing) * np.eye(5)[LABELS] + smoothing / 5
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -(targets * logs).sum(-1), np.exp(logs) - targets


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_equals_written_out_targets(smoothing):
    losses, _ = expected(smoothing)
    loss = layers.SmoothedCrossentropy(smoothing)
    assert float(loss(LABELS, LOGITS)) == pytest.approx(losses.mean(), rel=1e-5)
    weighted = (losses * WEIGHTS).sum() / WEIGHTS.sum()
    assert float(loss(LABELS, LOGITS, sample_weight=WEIGHTS)) == pytest.approx(weighted, rel=1e-5)
    each = layers.SmoothedCrossentropy(smoothing, reduction=None)(LABELS, LOGITS)
    np.testing.assert_allclose(array(each), losses, rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the gradient by hand is TensorFlow's")
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("compiled", [False, True])
def test_gradient_equals_the_difference_of_distributions(smoothing, compiled):
    import tensorflow as tf

    loss, logits = layers.SmoothedCrossentropy(smoothing), tf.constant(LOGITS)

    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(LABELS, logits, sample_weight=WEIGHTS)
        return tape.gradient(value, logits)

    gradient = tf.function(gradient) if compiled else gradient
    wanted = expected(smoothing)[1] * WEIGHTS[..., None] / WEIGHTS.sum()
    np.testing.assert_allclose(gradient(), wanted, atol=1e-6)


def test_padding_trains_nothing_and_settings_stay():
    loss = layers.SmoothedCrossentropy(0.1)
    spoilt = np.where(WEIGHTS[..., None] > 0, LOGITS, 50)
    values = [float(loss(LABELS, logits, sample_weight=WEIGHTS)) for logits in (LOGITS, spoilt)]
    assert values[0] == pytest.approx(values[1])
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    with pytest.raises(ValueError, match="smoothing"):
        layers.SmoothedCrossentropy(1.0)

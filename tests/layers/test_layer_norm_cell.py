"""The layer-normalised LSTM beside its equations in NumPy."""

import keras
import numpy as np
import pytest

import layers

X = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(v, gain):
    return gain * (v - v.mean(-1, keepdims=True)) / np.sqrt(v.var(-1, keepdims=True) + 1e-3)


def outputs(x, kernel, recurrent_kernel, bias, kernel_gain, recurrent_gain, state_gain, state_shift):
    h, c, all_h = np.zeros((len(x), 4)), np.zeros((len(x), 4)), []
    for t in range(x.shape[1]):
        a = norm(x[:, t] @ kernel, kernel_gain) + norm(h @ recurrent_kernel, recurrent_gain) + bias
        i, f, g, o = np.split(a, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(norm(c, state_gain) + state_shift)
        all_h.append(h)
    return np.stack(all_h, 1)


def random_weights(layer):
    draw = np.random.default_rng(1)
    layer.build(X.shape)
    layer.set_weights([draw.normal(size=weight.shape) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("training", [False, True])
def test_equals_numpy(training):
    layer = random_weights(layers.RNN(layers.LayerNormLSTMCell(4), return_sequences=True))
    found = keras.ops.convert_to_numpy(layer(X, training=training))
    np.testing.assert_allclose(found, outputs(X, *layer.get_weights()), atol=1e-5)


def test_the_scale_of_inputs_is_of_no_account():
    layer = random_weights(layers.RNN(layers.LayerNormLSTMCell(4, epsilon=1e-12)))
    one, other = (keras.ops.convert_to_numpy(layer(scale * X)) for scale in (1, 100))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_large_numbers_in_half_precision():
    layer = layers.RNN(layers.LayerNormLSTMCell(4, dtype="mixed_float16"), dtype="mixed_float16")
    assert np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(layer(3000 * X), "float32"))).all()


def test_the_forget_gate_starts_at_one():
    for unit_forget_bias in (True, False):
        cell = layers.LayerNormLSTMCell(2, unit_forget_bias=unit_forget_bias)
        cell.build((None, 3))
        expected = [0, 0, 1, 1, 0, 0, 0, 0] if unit_forget_bias else [0] * 8
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(cell.bias), expected)
    assert layers.LayerNormLSTMCell.from_config(cell.get_config()).get_config() == cell.get_config()

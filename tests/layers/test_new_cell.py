"""A cell nobody foresaw, written as CONTRIBUTING.md says: it gets masks, its gradient by hand, XLA and export."""

import keras
import numpy as np
import pytest

import layers


@keras.saving.register_keras_serializable(package="test")
class MinimalCell(layers.RecurrentCell):
    """Minimal gated unit (Zhou et al. 2016), in the form that gates after the product.

    f = sigmoid(x W_f + h U_f + b_f);   h_t = (1 - f) h + f tanh(x W_h + b_h + f (h U_h))
    """

    gates = 2

    def combine(self, projected, recurrent, states):
        x_f, x_h = keras.ops.split(projected, 2, axis=-1)
        u_f, u_h = keras.ops.split(recurrent, 2, axis=-1)
        f = self.recurrent_activation(x_f + u_f)
        return [(1 - f) * states[0] + f * self.activation(x_h + f * u_h)]


X = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
LENGTHS = [5, 2, 0]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_outputs(x, kernel, recurrent_kernel, bias):
    h, outputs = np.zeros((len(x), 4)), []
    for t in range(x.shape[1]):
        a, p = x[:, t] @ kernel + bias, h @ recurrent_kernel
        f = sigmoid(a[:, :4] + p[:, :4])
        h = (1 - f) * h + f * np.tanh(a[:, 4:] + f * p[:, 4:])
        outputs.append(h)
    return np.stack(outputs, 1)


@pytest.mark.parametrize("training", [False, True])
def test_equals_numpy_with_padding(training):
    layer = layers.RNN(MinimalCell(4), return_sequences=True)
    outputs = keras.ops.convert_to_numpy(layer(X, lengths=LENGTHS, training=training))
    expected = numpy_outputs(X, *layer.get_weights())
    np.testing.assert_allclose(outputs[0], expected[0], atol=1e-6)
    np.testing.assert_allclose(outputs[1], np.concatenate([expected[1, :2], expected[1, [1, 1, 1]]]), atol=1e-6)
    np.testing.assert_array_equal(outputs[2], 0)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's graphs and tape")
def test_gradient_by_hand_equals_tensorflows():
    import tensorflow as tf

    layer = layers.RNN(MinimalCell(4), return_sequences=True)
    layer.build(X.shape)

    def gradients(training):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(layer(X, lengths=LENGTHS, training=training)))
        return tape.gradient(loss, [weight.value for weight in layer.trainable_weights])

    # Outside training TensorFlow differentiates a plain loop; in training the gradient is the layer's own.
    for one, other in zip(gradients(False), gradients(True), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    xla = tf.function(gradients, jit_compile=True)
    for one, other in zip(gradients(False), xla(True), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT converts TensorFlow's graphs")
def test_exports_and_saves(tmp_path):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    model = keras.Sequential([keras.Input([None, 2]), layers.RNN(MinimalCell(4))])
    model.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")

    served = tf.Module()
    served.held = [variable.value for variable in model.variables]
    with layers.portable():
        served.serve = tf.function(lambda x: {"output": model(x)}, [tf.TensorSpec([None, None, 2])], autograph=False)
        tf.saved_model.save(served, tmp_path, signatures=served.serve.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path))
    run = Interpreter(model_content=converter.convert()).get_signature_runner()
    for _ in range(2):
        np.testing.assert_allclose(run(x=X)["output"], model(X), atol=1e-6)

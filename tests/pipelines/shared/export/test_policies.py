"""Models that compute in other types of numbers than float32, or that Keras quantized, become `.tflite` in float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import layers
import pipelines
from pipelines.shared.export.models import accepted_models, single_precision

K = keras.layers


class Unregistered(K.Layer):
    """A layer of a user's own that Keras could not make from its configuration."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))

    def call(self, x):
        return keras.ops.tanh(x @ self.kernel)


def policied(policy):
    """Lambda, a layer of one's own, one model called twice, layers with other types, a NumPy array of float64."""
    inner = keras.Sequential([keras.Input([None, 4]), K.LSTM(4, return_sequences=True, dtype=policy)])
    x = keras.Input([None, 3], name="x")
    y = K.Lambda(lambda x: 2 * x + keras.ops.ones_like(x), dtype=policy)(x)
    y = inner(inner(Unregistered(4, dtype=policy)(y)))
    y = K.Dense(4, dtype="float64")(y) * np.linspace(0.0, 1.0, 4)
    y = layers.LSTM(3, return_sequences=True, dtype=policy)(K.LayerNormalization(autocast=False)(y))
    return keras.Model(x, {"each": y, "last": K.Dense(2, "softmax", dtype="float32")(K.GRU(3, dtype=policy)(y))})


def test_half_and_double_precision_with_layers_that_only_their_class_makes(tmp_path):
    model = policied("mixed_float16")
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    before = model(x)
    written = pipelines.export_keras(model, tmp_path / "model.tflite")
    run = Interpreter(str(written.path)).get_signature_runner()
    assert {detail["dtype"] for detail in run.get_output_details().values()} == {np.float32}
    for name, answer in run(x=x).items():
        np.testing.assert_allclose(answer, np.asarray(before[name], "float32"), atol=5e-3)
    # The model is as it was.
    assert {layer.dtype_policy.name for layer in model.layers[1:]} >= {"mixed_float16", "float64", "float32"}
    assert [keras.backend.standardize_dtype(tensor.dtype) for tensor in keras.tree.flatten(model(x))] == [
        "float16",
        "float32",
    ]
    np.testing.assert_array_equal(np.asarray(model(x)["last"]), np.asarray(before["last"]))


@pytest.mark.parametrize("policy", ["float64", "float16", "bfloat16"])
def test_weights_of_other_types_are_taken_as_they_are(policy):
    """Compared with a model of float32 that has the same weights."""
    model, single = (
        keras.Sequential([
            keras.Input([None, 3], dtype=kind),
            K.LSTM(4, recurrent_initializer="glorot_uniform", dtype=kind),
            K.Dense(2, dtype=kind),
        ])
        for kind in (policy, "float32")
    )  # fmt: skip
    single.set_weights([np.asarray(keras.ops.cast(weight, "float32")) for weight in model.weights])
    x = np.ones((2, 5, 3), "float32")
    with accepted_models.accepted(model) as accepted:
        assert accepted.inputs[0].dtype == "float32"
        np.testing.assert_allclose(accepted([x]), single(x), atol=1e-6)
    assert keras.backend.standardize_dtype(model(x).dtype) == policy
    assert {variable.dtype for variable in model.weights} == {policy}


def test_models_that_keras_quantized(tmp_path):
    """Weights count as they were rounded; int8 and int4 in one file."""
    ids = keras.Input([None], dtype="int32", name="ids")
    y = K.LSTM(8, return_sequences=True)(K.Embedding(11, 7, name="table")(ids))
    y = K.EinsumDense("btd,de->bte", output_shape=(None, 6), bias_axes="e", name="einsum")(y)
    y = K.Dense(5, "relu", name="dense")(y)
    model = keras.Model(ids, K.Dense(3, name="last")(K.GRU(4)(y)))
    x = np.random.default_rng(0).integers(0, 11, (3, 6)).astype("int32")
    whole = np.asarray(model(x))
    for name, mode in {"table": "int4", "einsum": "int8", "dense": "int4", "last": "int8"}.items():
        model.get_layer(name).quantize(mode)
    rounded = np.asarray(model(x))
    assert 1e-5 < np.abs(rounded - whole).max() < 0.1
    written = pipelines.export_keras(model, tmp_path / "model.tflite")
    answer = next(iter(Interpreter(str(written.path)).get_signature_runner()(ids=x).values()))
    assert np.abs(answer - rounded).max() < np.abs(whole - rounded).max() / 2
    np.testing.assert_array_equal(np.asarray(model(x)), rounded)


def test_what_is_left_of_other_types_in_a_graph_becomes_float32(tmp_path):
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def serve(x):
        return {"y": tf.cast(tf.cast(x, tf.float64) * np.float64(0.5), tf.float16)}

    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": serve})
    single_precision.rewrite(tmp_path)
    answer = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](x=tf.constant([3.0]))["y"]
    assert answer.dtype == tf.float32
    assert answer.numpy().tolist() == [1.5]

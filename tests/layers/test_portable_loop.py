"""The loop for export against Keras's own layers, in the LiteRT interpreter: where blocks of steps begin and end."""

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import layers

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT is TensorFlow's own")

UNITS, FEATURES = 4, 3
TIMES = (1, 31, 32, 33, 64, 70)


def converted(layer, folder, states=0):
    """The .tflite of a layer with unknown batch and time, as bytes."""
    specification = [
        tf.TensorSpec([None, None, FEATURES], name="sequences"),
        tf.TensorSpec([None], tf.int32, "lengths"),
    ]
    specification += [tf.TensorSpec([None, UNITS], name=f"state_{i}") for i in range(states)]

    class Served(tf.Module):
        @tf.function(input_signature=specification, autograph=False)
        def serve(self, sequences, lengths, *given):
            with layers.portable():
                found = layer(sequences, lengths=lengths, initial_state=list(given) or None)
            return {f"output_{i}": output for i, output in enumerate(keras.tree.flatten(found))}

    served = Served()
    served.held = [variable.value for variable in layer.variables]
    tf.saved_model.save(served, str(folder), signatures={"serving_default": served.serve})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return converter.convert()


def runner(content):
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_content=content).get_signature_runner()


def operations(content):
    """The set of builtin operations of a .tflite."""
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    return {names[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes}


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_sequences_of_any_length_equal_keras(cell, tmp_path):
    ours, theirs = (getattr(package, cell)(UNITS, return_sequences=True) for package in (layers, keras.layers))
    for layer in (ours, theirs):
        layer.build((None, None, FEATURES))
    ours.set_weights(theirs.get_weights())
    content = converted(ours, tmp_path)
    assert "DYNAMIC_UPDATE_SLICE" in operations(content)
    assert not {"ONE_HOT", "CUSTOM"} & operations(content)
    run, draw = runner(content), np.random.default_rng(0)
    for time in TIMES + TIMES[::-1]:
        x, lengths = draw.normal(size=(3, time, FEATURES)).astype("float32"), np.array([time, time // 2, 1], "int32")
        expected = theirs(x, mask=np.arange(time) < lengths[:, None])
        np.testing.assert_allclose(run(sequences=x, lengths=lengths)["output_0"], expected, atol=1e-6)


def test_states_go_through_the_blocks(tmp_path):
    """A sequence in one call equals its parts in two, the second from the states of the first."""
    layer = layers.LSTM(UNITS, return_sequences=True, return_state=True)
    layer.build((None, None, FEATURES))
    run = runner(converted(layer, tmp_path, states=2))
    draw = np.random.default_rng(1)
    x, start = draw.normal(size=(2, 70, FEATURES)).astype("float32"), draw.normal(size=(2, 2, UNITS)).astype("float32")

    def call(x, h, c):
        return run(sequences=x, lengths=np.full(2, x.shape[1], "int32"), state_0=h, state_1=c)

    whole, first = call(x, *start), call(x[:, :40], *start)
    second = call(x[:, 40:], first["output_1"], first["output_2"])
    parts = np.concatenate([first["output_0"], second["output_0"]], axis=1)
    np.testing.assert_allclose(parts, whole["output_0"], atol=1e-6)
    for state in ("output_1", "output_2"):
        np.testing.assert_allclose(second[state], whole[state], atol=1e-6)
    expected = layer(x, initial_state=list(start))
    np.testing.assert_allclose(whole["output_0"], expected[0], atol=1e-6)

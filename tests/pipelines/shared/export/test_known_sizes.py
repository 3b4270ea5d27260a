"""Sizes that follow from the inputs' sizes are known before a call: nothing gets its memory in its midst.

Where one does, XNNPACK may leave out copies in later calls; see `layers.conversion.products`.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import layers
import pipelines
from pipelines.shared.export import conversion, known_sizes


def unplanned(path, size=3):
    """{signature: the operations whose results have no memory once all memory is planned}."""
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(path.read_bytes()), 0))
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter, missing = Interpreter(str(path), experimental_op_resolver_type=plain), {}
    for signature in model.signatureDefs:
        name, number = signature.signatureKey.decode(), signature.subgraphIndex
        for detail in interpreter.get_signature_runner(name).get_input_details().values():
            sizes = np.array([size if open_ < 0 else open_ for open_ in detail["shape_signature"]], np.int32)
            interpreter._interpreter.ResizeInputTensor(int(detail["index"]), sizes, False, number)
        interpreter._interpreter.AllocateTensors(number)
        missing[name] = []
        for operator in model.subgraphs[number].operators:
            code = model.operatorCodes[operator.opcodeIndex]
            kind = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            used = {int(index) for other in model.subgraphs[number].operators for index in other.inputs}
            for index in {int(index) for index in operator.outputs} & used:
                try:
                    interpreter._interpreter.GetTensor(index, number)
                except ValueError:
                    missing[name].append(kind)
    return missing


def export(model, path, **options):
    pipelines.export_keras(model, path, overwrite=True, **options)
    return unplanned(path)


MODELS = {
    "dense": lambda x: keras.layers.Dense(4)(x),
    "lstm": lambda x: keras.layers.LSTM(4, return_sequences=True)(x),
    "gru": lambda x: keras.layers.GRU(4)(keras.layers.Masking()(x)),
    "both": lambda x: layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x),
    "attention": lambda x: layers.BahdanauAttention(4)(x[:, -1], layers.GRU(4, return_sequences=True)(x))[0],
}


@pytest.mark.parametrize("name", MODELS)
def test_all_memory_is_planned_before_a_call(name, tmp_path):
    inputs = keras.Input([None, 3])
    model = keras.Model(inputs, MODELS[name](inputs))
    assert export(model, tmp_path / "model.tflite") == {"serving_default": []}


def test_steps_and_forecasts_too(foresighted_exported, exported):
    for artifact in (foresighted_exported, exported):
        missing = unplanned(artifact.path / "mobile" / "model.tflite", 20)
        assert missing and not any(missing.values()), missing


def test_what_is_packed_stays_the_same(tmp_path):
    """Along any axis, of one part too, and in a loop; numbers that are no sizes as well."""

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 2], tf.int32, "x")])
    def serve(x):
        total = tf.while_loop(lambda t, _: t < 3, lambda t, y: (t + 1, y + tf.stack([t, t * 2])), (0, x[0]))[1]
        zeros = tf.zeros([tf.shape(x)[0], tf.shape(x)[1] + 1])
        return {"rows": tf.stack([x, x + 1], 0), "columns": tf.stack([x, x + 1], -1), "total": total,
                "one": tf.stack([x[:, 0]], 1), "zeros": zeros, "size": tf.stack([tf.shape(x)[0]])}  # fmt: skip

    tf.saved_model.save(tf.Module(), str(tmp_path / "saved"), signatures={"serve": serve})
    conversion.convert(tmp_path / "saved", tmp_path / "model.tflite")
    assert "PACK" not in conversion.operations(tmp_path / "model.tflite")
    x = np.array([[1, 2], [3, 4], [5, 6]], np.int32)
    answers = Interpreter(str(tmp_path / "model.tflite")).get_signature_runner("serve")(x=x)
    for key, expected in serve(x).items():
        np.testing.assert_array_equal(answers[key], expected)


def test_the_rewritten_model_is_one_of_tensorflow(tmp_path):
    packed = tf.function(lambda x: {"y": tf.stack([x, x * 2])}, input_signature=[tf.TensorSpec([], tf.int32, "x")])
    tf.saved_model.save(tf.Module(), str(tmp_path), signatures={"serve": packed})
    known_sizes.rewrite(tmp_path)
    answers = tf.saved_model.load(str(tmp_path)).signatures["serve"](x=tf.constant(3))
    np.testing.assert_array_equal(answers["y"], [3, 6])


def test_nan_and_infinities_come_out_as_they_are(tmp_path):
    inputs = keras.Input([None, 3])
    pipelines.export_keras(keras.Model(inputs, keras.layers.Identity()(inputs)), tmp_path / "same.tflite")
    x = np.array([[[np.nan, np.inf, -np.inf], [0.0, -1.0, 3e38]]], np.float32)
    for kind in (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        run = Interpreter(str(tmp_path / "same.tflite"), experimental_op_resolver_type=kind).get_signature_runner()
        (name,), (key,) = run.get_input_details(), run.get_output_details()
        np.testing.assert_array_equal(run(**{name: x})[key], x)

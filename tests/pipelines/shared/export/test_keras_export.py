"""Keras models of all kinds as `.tflite`: the numbers are compared with Keras's own, here and inside of the export."""

import sys

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import layers
import pipelines
from layers.conversion import fused
from pipelines.shared.export import conversion, keras_models
from pipelines.shared.export.inputs import compared_calls
from pipelines.shared.export.models import accepted_models
from pipelines.shared.export.models import conversions as model_conversion
from pipelines.shared.export.models import signatures as model_signatures


def sequential(*stack, shape=(None, 3), **options):
    return keras.Sequential([keras.Input(shape, **options), *stack])


def with_states():
    """An encoder's states start a decoder: two inputs, two outputs, states carried by hand."""
    source, target = keras.Input([None, 3], name="source"), keras.Input([None, 2], name="target")
    _, *states = keras.layers.LSTM(4, return_state=True)(source)
    outputs, h, _ = keras.layers.LSTM(4, return_sequences=True, return_state=True)(target, initial_state=states)
    return keras.Model([source, target], {"outputs": keras.layers.Dense(2)(outputs), "state": h})


def with_padding():
    inputs = {
        "ids": keras.Input([None], dtype="int32", name="ids"),
        "lengths": keras.Input([], dtype="int32", name="lengths"),
    }
    x = layers.Bidirectional(layers.GRU(4))(layers.Embedding(9, 3)(inputs["ids"]), lengths=inputs["lengths"])
    return keras.Model(inputs, keras.layers.Dense(2, name="scores")(x))


@keras.saving.register_keras_serializable(package="tests")
class Decaying(keras.layers.Layer):
    """h_t = h_{t-1} / 2 + x_t, a cell of a user's own."""

    state_size = output_size = 3

    def call(self, inputs, states):
        h = states[0] / 2 + inputs
        return h, [h]


MODELS = {
    "stock, masked, both directions": lambda: sequential(
        keras.layers.Embedding(9, 3, mask_zero=True),
        keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)),
        keras.layers.Bidirectional(keras.layers.GRU(4), merge_mode="sum"),
        shape=[None],
        dtype="int32",
    ),
    "stock cells of every kind, a known number of steps": lambda: sequential(
        keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.GRUCell(4, reset_after=False)], return_sequences=True),
        keras.layers.GRU(4, return_sequences=True, go_backwards=True, use_bias=False),
        keras.layers.SimpleRNN(2, return_sequences=True, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(2),
        shape=(6, 3),
    ),
    "a cell of one's own": lambda: sequential(keras.layers.RNN(Decaying())),
    "states from layer to layer": with_states,
    "our layers with lengths": with_padding,
}


def test_is_a_function_of_the_package():
    assert pipelines.export_keras is keras_models.export_keras


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_converts(make, tmp_path):
    """Answers are compared inside, in calls of two shapes; here once more, by an interpreter of its own."""
    model = make()
    written = pipelines.export_keras(model, tmp_path / "model.tflite")
    assert conversion.foreign(written.path) == []
    assert written.difference < 1e-5
    assert written.operations["WHILE"] >= 1
    assert str(written.path) in str(written)
    calls = compared_calls.calls(accepted_models.functional(model), None)
    run = Interpreter(str(written.path)).get_signature_runner()
    found = run(**dict(zip(run.get_input_details(), calls[0], strict=False))) if len(calls[0]) == 1 else None
    if found is not None:
        np.testing.assert_allclose(next(iter(found.values())), model(calls[0][0]), atol=1e-5)


def test_inputs_are_drawn_from_the_vocabulary():
    for embedding in (keras.layers.Embedding(9, 3), layers.Embedding(9, 3)):
        model = sequential(embedding, keras.layers.LSTM(4), shape=[None], dtype="int32")
        calls = compared_calls.calls(accepted_models.functional(model), None)
        assert {0, 8} <= set(np.concatenate([ids.ravel() for (ids,) in calls])) <= set(range(9))


def test_names_of_inputs_and_outputs(tmp_path):
    written = pipelines.export_keras(with_states(), tmp_path / "model.tflite")
    run = Interpreter(str(written.path)).get_signature_runner("serving_default")
    assert set(run.get_input_details()) == {"source", "target"}
    assert set(run.get_output_details()) == {"outputs", "state"}


def test_outputs_of_a_dictionary_keep_their_names_in_any_order(tmp_path):
    x = keras.Input([None, 3], name="x")
    y = keras.layers.LSTM(3, return_sequences=True)(x)
    model = keras.Model(x, {"second": y, "first": keras.layers.Dense(3)(y)})
    run = Interpreter(str(pipelines.export_keras(model, tmp_path / "model.tflite").path)).get_signature_runner()
    x = np.ones((1, 2, 3), "float32")
    for name, expected in model(x).items():
        np.testing.assert_allclose(run(x=x)[name], expected, atol=1e-5)


def test_two_outputs_of_one_name():
    assert model_signatures.distinct(["a", "b/c", "a", "a"]) == ["a", "b_c", "a_1", "a_2"]


def test_half_precision_becomes_float32(tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = sequential(keras.layers.LSTM(4))
    finally:
        keras.config.set_dtype_policy(policy)
    pipelines.export_keras(model, tmp_path / "model.tflite")
    run = Interpreter(str(tmp_path / "model.tflite")).get_signature_runner()
    assert next(iter(run.get_output_details().values()))["dtype"] == np.float32


# What a weight may be rounded by, of the greatest in its row: half a step of 8 bits, of 4, and of a 16-bit fraction.
@pytest.mark.parametrize(
    ("quantize", "smaller", "difference"),
    [
        ("dynamic", 0.45, 0.02),
        ("int4", 0.3, 0.3),
        pytest.param("float16", 0.65, 1e-3, marks=pytest.mark.slow),
        pytest.param("int8", 0.45, 0.02, marks=pytest.mark.slow),
    ],
)
def test_quantized(quantize, smaller, difference, tmp_path):
    if quantize.startswith("int"):
        pytest.importorskip("ai_edge_quantizer")
    keras.utils.set_random_seed(0)
    model = sequential(keras.layers.LSTM(64, return_sequences=True), keras.layers.Dense(64), shape=(None, 64))
    written = pipelines.export_keras(model, tmp_path / "model.tflite", quantize=quantize)
    assert 0 < written.difference < difference
    weights = 4 * model.count_params()
    assert written.size < smaller * weights + 20_000  # 20 kB: the graph itself
    assert conversion.foreign(written.path) == []


def test_a_layer_that_cannot_be_converted_is_named(tmp_path):
    import tensorflow as tf

    factors = keras.layers.Lambda(lambda x: tf.linalg.svd(x)[0], name="factors", output_shape=lambda shape: shape[:2])
    model = sequential(keras.layers.LSTM(4, return_sequences=True), factors)
    with pytest.raises(ValueError, match=r"factors \(Lambda\): LiteRT cannot compute Svd, .* as a weight"):
        pipelines.export_keras(model, tmp_path / "model.tflite")
    assert not list(tmp_path.iterdir())


def test_layers_and_models_that_are_refused(tmp_path):
    refused = {
        r"never called, .*; give input_signature=\[keras.Input": keras.Sequential([keras.layers.LSTM(4)]),
    }
    for message, model in refused.items():
        with pytest.raises(ValueError, match=message):
            pipelines.export_keras(model, tmp_path / "model.tflite")
    with pytest.raises(TypeError, match=r"expected a keras\.Model, received 'model\.keras'"):
        pipelines.export_keras("model.keras", tmp_path / "model.tflite")
    assert not list(tmp_path.iterdir())


def test_paths_that_are_refused(tmp_path, monkeypatch):
    model = sequential(keras.layers.LSTM(4))
    there = tmp_path / "there.tflite"
    there.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"there\.tflite exists already; .*overwrite=True"):
        pipelines.export_keras(model, there)
    with pytest.raises(ValueError, match=r"expected a file ending in \.tflite, received 'model\.onnx'"):
        pipelines.export_keras(model, "model.onnx")
    with pytest.raises(ValueError, match=r"quantize: expected None, dynamic, .* received 'int2'"):
        pipelines.export_keras(model, tmp_path / "model.tflite", quantize="int2")
    with pytest.raises(OSError, match="a file stands where a folder should"):
        pipelines.export_keras(model, there / "model.tflite")
    monkeypatch.setattr(conversion.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'unroll-rnn\[quantize\]'"):
        pipelines.export_keras(model, tmp_path / "model.tflite", quantize="int4")
    assert there.read_bytes() == b"mine"


def test_a_file_that_answers_otherwise_is_not_put_in_place(tmp_path, monkeypatch):
    model = sequential(keras.layers.LSTM(4))
    there = tmp_path / "model.tflite"
    there.write_bytes(b"mine")
    convert_model = model_conversion.convert

    def other_weights(model, *arguments):
        weights = model.get_weights()
        model.set_weights([weight + 0.05 for weight in weights])
        convert_model(model, *arguments)
        model.set_weights(weights)

    monkeypatch.setattr(model_conversion, "convert", other_weights)
    with pytest.raises(RuntimeError, match=r"differs from the model's by .* in call 1.*nothing was put in place"):
        pipelines.export_keras(model, there, overwrite=True)
    assert there.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [there]


def test_a_converter_that_crashes_is_contained(tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "_kept", [])
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="converter stopped with code 1: no message"):
        pipelines.export_keras(sequential(keras.layers.LSTM(4)), tmp_path / "model.tflite")


def test_examples(tmp_path):
    model = sequential(keras.layers.LSTM(4))
    x = np.random.default_rng(0).normal(size=(4, 5, 3))
    assert pipelines.export_keras(model, tmp_path / "model.tflite", examples=x).difference < 1e-5
    with pytest.raises(ValueError, match=r"examples: expected two rows or more for each of .*\(1, 5, 3\)"):
        pipelines.export_keras(model, tmp_path / "other.tflite", examples=x[:1])


def causal():
    """Stock and own layers, a cell of a user's own, what looks back and what pools, beside features a row."""
    x, features = keras.Input([None, 3], name="x"), keras.Input([4], name="features")
    y = keras.layers.Conv1D(4, 3, dilation_rate=2, padding="causal")(x)
    h, c = keras.layers.Dense(4, name="h")(features), keras.layers.Dense(4, name="c")(features)
    y = keras.layers.LSTM(4, return_sequences=True)(y, initial_state=[h, c])
    y = keras.layers.LayerNormalization()(y)
    y = layers.Deep([layers.GRU(4, return_sequences=True), layers.LSTM(4, return_sequences=True)], residual=True)(y)
    y = keras.layers.RNN(Decaying(), return_sequences=True)(keras.layers.Dense(3)(y))
    pooled = [keras.layers.GlobalAveragePooling1D()(y), keras.layers.GlobalMaxPooling1D()(y), features]
    outputs = {"each": y, "last": keras.layers.SimpleRNN(2)(y), "pooled": keras.layers.Concatenate()(pooled)}
    return keras.Model([x, features], outputs)


def test_step_by_step_equals_the_whole_sequence(tmp_path):
    model = causal()
    written = pipelines.export_keras(model, tmp_path / "model.tflite", streaming=True)
    interpreter = Interpreter(str(written.path))
    step, whole = (interpreter.get_signature_runner(name) for name in ("step", "serving_default"))
    draw = np.random.default_rng(1)
    x, features = draw.normal(size=(2, 40, 3)).astype("float32"), draw.normal(size=(2, 4)).astype("float32")
    beginning = {
        name: np.zeros((2, *detail["shape_signature"][1:]), "float32")
        for name, detail in step.get_input_details().items()
        if name.startswith("state_")
    }
    assert len(beginning) == 1 + 2 + 1 + 2 + 1 + 1 + 2 + 2 + 1
    for _ in range(2):  # nothing is left of the first sequence
        states, answers = beginning, []
        for t in range(40):
            answers.append(step(x=x[:, t], features=features, **states))
            states = {name: answers[-1][name] for name in states}
    for t in (0, 20, 39):
        expected = model([x[:, : t + 1], features])
        np.testing.assert_allclose(answers[t]["each"], expected["each"][:, -1], atol=1e-5)
        for name in ("last", "pooled"):
            np.testing.assert_allclose(answers[t][name], expected[name], atol=1e-5)
    np.testing.assert_allclose(whole(x=x, features=features)["last"], expected["last"], atol=1e-5)


def test_models_that_cannot_stream(tmp_path):
    refused = {
        r"backward_lstm\w* \(LSTM\): it reads a sequence from its end": sequential(
            keras.layers.Bidirectional(keras.layers.LSTM(4))
        ),
        "expected any number of steps": sequential(keras.layers.Dense(4), shape=(3,)),
        "expected a recurrent layer, .* received none": sequential(keras.layers.Dense(4)),
        r"frame by frame .* first to do so is lambda\w* \(Lambda\): it looks beyond one step": sequential(
            keras.layers.GRU(4, return_sequences=True), keras.layers.Lambda(lambda y: keras.ops.flip(y, 1))
        ),
    }
    for message, model in refused.items():
        with pytest.raises(ValueError, match=message):
            pipelines.export_keras(model, tmp_path / "model.tflite", streaming=True)
    assert not list(tmp_path.iterdir())


def stock_stack():
    return sequential(
        keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True), merge_mode="ave"),
        keras.layers.RNN(keras.layers.LSTMCell(4, use_bias=False), return_sequences=True, go_backwards=True),
        keras.layers.LSTM(2),
    )


def fused_and_padded():
    """Both directions, all outputs and the last, padding that repeats and padding of zeros; every one an output."""
    ids, lengths = (keras.Input(shape, dtype="int32", name=name) for name, shape in (("ids", [None]), ("lengths", [])))
    x = layers.Embedding(9, 3)(ids)
    stack = [layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.LSTM(5, return_sequences=True)]
    y = layers.Deep(stack)(x, lengths=lengths)
    zeros = layers.LSTM(4, zero_output_for_mask=True)(y, lengths=lengths)
    backward = layers.LSTM(4, go_backwards=True, recurrent_dropout=0.5)(y, lengths=lengths)
    return keras.Model({"ids": ids, "lengths": lengths}, {"y": y, "zeros": zeros, "backward": backward})


def with_random_weights(model):
    draw = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(draw.normal(size=weight.shape))
    return model


def test_fused_answers_call_after_call(tmp_path):
    """Nothing of a call is left to the next: not of one of the same shape, and not of one with no number in it."""
    model = with_random_weights(stock_stack())
    written = pipelines.export_keras(model, tmp_path / "model.tflite", fused=True)
    assert written.operations["UNIDIRECTIONAL_SEQUENCE_LSTM"] == 4
    assert "WHILE" not in written.operations
    assert conversion.foreign(written.path, allowed=conversion.RECURRENT) == []
    assert pipelines.verify(written.path).passed
    run = Interpreter(str(written.path)).get_signature_runner()
    (name,), draw = run.get_input_details(), np.random.default_rng(0)
    for steps in (9, 9, 1, 30, 30):
        x = draw.normal(size=(1, steps, 3)).astype("float32")
        np.testing.assert_allclose(next(iter(run(**{name: x}).values())), model(x), atol=1e-5)
        x[0, steps // 2, 1] = np.nan
        assert np.isnan(next(iter(run(**{name: x}).values()))).all() and np.isnan(model(x)).all()


def test_fused_obeys_lengths_and_rows_without_a_step(tmp_path):
    model = with_random_weights(fused_and_padded())
    run = Interpreter(
        str(pipelines.export_keras(model, tmp_path / "model.tflite", fused=True).path)
    ).get_signature_runner()
    for length in (5, 0, 9, 1, 0):
        ids = np.random.default_rng(length).integers(0, 9, (1, 9)).astype("int32")
        tensors = {"ids": ids, "lengths": np.array([length], "int32")}
        for name, expected in model(tensors).items():
            np.testing.assert_allclose(run(**tensors)[name], expected, atol=1e-5, err_msg=f"{name}, {length}")


def test_fused_obeys_any_mask_in_the_batch_of_the_model(tmp_path):
    model = keras.Sequential([
        keras.Input(batch_shape=[3, None], dtype="int32"),
        keras.layers.Embedding(4, 3, mask_zero=True),
        keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)),
        keras.layers.LSTM(2, return_sequences=True),
    ])  # fmt: skip
    ids = np.array([[0, 0, 1, 2, 0, 3], [0, 0, 0, 0, 0, 0], [1, 0, 0, 2, 3, 1], [3, 3, 3, 3, 3, 3]], "int32")
    written = pipelines.export_keras(with_random_weights(model), tmp_path / "model.tflite", fused=True, examples=ids)
    run = Interpreter(str(written.path)).get_signature_runner()
    (name,) = run.get_input_details()
    assert run.get_input_details()[name]["shape_signature"].tolist() == [3, -1]
    np.testing.assert_allclose(next(iter(run(**{name: ids[:3]}).values())), model(ids[:3]), atol=1e-5)
    with pytest.raises(ValueError, match="examples: expected 3 rows or more"):
        pipelines.export_keras(model, tmp_path / "other.tflite", fused=True, examples=ids[:2])


def test_fused_with_step_and_rounded_weights(tmp_path):
    keras.utils.set_random_seed(0)
    model = sequential(keras.layers.LSTM(64, return_sequences=True), shape=(None, 64))
    whole = pipelines.export_keras(model, tmp_path / "whole.tflite", fused=True, streaming=True)
    assert set(Interpreter(str(whole.path)).get_signature_list()) == {"serving_default", "step"}
    rounded = pipelines.export_keras(model, tmp_path / "rounded.tflite", fused=True, quantize="dynamic")
    assert 1e-5 < rounded.difference < 0.02
    assert rounded.size < 2 * model.count_params()
    with pytest.raises(ValueError, match="expected None, dynamic or float16 with fused=True, received 'int8'"):
        keras_models._check_quantization("int8", True)


def test_state_that_the_operation_keeps_is_seen(tmp_path, monkeypatch):
    """Without what clears it, it shows in the second call of one shape: at the export, and to verify."""
    monkeypatch.setattr(fused, "CLOSED", 0.0)
    model = sequential(keras.layers.LSTM(4))
    with pytest.raises(RuntimeError, match=r"differs from the model's by .* in call 4, .*nothing was put in place"):
        pipelines.export_keras(model, tmp_path / "model.tflite", fused=True)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(compared_calls, "TOLERANCE", 10.0)
    path = pipelines.export_keras(model, tmp_path / "model.tflite", fused=True).path
    assert conversion.foreign(path) == ["UNIDIRECTIONAL_SEQUENCE_LSTM"]
    assert "a call changes the answers of the next" in str(pipelines.verify(path))
    assert not pipelines.verify(path).passed


def test_layers_that_cannot_be_fused(tmp_path):
    x, state = keras.Input([None, 3]), keras.Input([4])
    given = keras.layers.LSTM(4, name="given")(x, initial_state=[state, state])
    regrouped = keras.layers.Lambda(lambda x: keras.ops.reshape(x, (-1, 4, 3)))
    refused = {
        r"backward_gru\w* \(GRU\): fused=True expected an LSTM, received GRUCell; give fused=False": sequential(
            keras.layers.Bidirectional(keras.layers.GRU(4))
        ),
        r"\(RNN\): fused=True expected an LSTM, received Decaying": sequential(keras.layers.RNN(Decaying())),
        "expected activation='tanh', received relu": sequential(layers.LSTM(4, activation="relu")),
        "expected recurrent_activation='sigmoid', received hard_sigmoid": sequential(
            keras.layers.LSTM(4, recurrent_activation="hard_sigmoid")
        ),
        "expected return_state=False, as the operation keeps": keras.Model(
            x, keras.layers.LSTM(4, return_state=True)(x)
        ),
        r"given \(LSTM\): fused=True expected to start from zeros": keras.Model([x, state], given),
        r"fused=True expected a known batch, received sequences of shape \(None, 4, 3\)": sequential(
            regrouped, layers.LSTM(4)
        ),
        "expected an LSTM to fuse, received no recurrent layer": sequential(keras.layers.Dense(4)),
    }
    for message, model in refused.items():
        with pytest.raises(ValueError, match=message):
            pipelines.export_keras(model, tmp_path / "model.tflite", fused=True)
    assert not list(tmp_path.iterdir())

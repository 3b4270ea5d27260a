"""Files as Keras 1 and 2 wrote them, made here of Keras 3's weights and configurations by hand."""

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

import pipelines
from pipelines.shared.foreign import cudnn_weights, keras2_files, keras_files

K = keras.layers
OLD = {"time_major": False, "implementation": 2, "unroll": False, "stateful": False, "go_backwards": False}


def layer(kind, name, calls, **config):
    return {"class_name": kind, "name": name, "inbound_nodes": calls, "config": {"name": name, **config}}


def written(model, path, configuration, version="2.15.0"):
    """A `.h5` with the weights of a model of today and the configuration of then."""
    model.save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(configuration)
        file.attrs["keras_version"] = version
    return path


@keras.saving.register_keras_serializable(package="tests")
def gates_of_then(x):
    return keras.ops.minimum(keras.ops.maximum(0.2 * x + 0.5, 0.0), 1.0)


def today():
    """States from layer to layer, a model called twice, hard sigmoids of then, attention by keyword, half precision."""
    source, target = keras.Input([None, 3], name="source"), keras.Input([None, 3], name="target")
    inner = keras.Sequential([keras.Input([None, 3]), K.Dense(3, name="inside")], name="inner")
    both = K.Bidirectional(K.LSTM(2, return_sequences=True, recurrent_activation=gates_of_then), name="both")
    _, *states = K.GRU(4, return_state=True, return_sequences=False, reset_after=False, name="reader")(both(source))
    y = K.GRU(4, return_sequences=True, reset_after=False, name="writer")(inner(inner(target)), initial_state=states)
    y = K.MultiHeadAttention(1, 2, name="heads")(y, value=y)
    y = K.TimeDistributed(K.Dense(2, dtype="mixed_float16", name="one"), name="each")(K.Attention(name="dot")([y, y]))
    return keras.Model([source, target], y)


def of_then():
    """The same, as tf.keras 2 wrote it; of the older GRUs `reset_after` is not written."""

    def lstm(units, **config):
        return {"class_name": "LSTM", "config": {"name": "lstm", "units": units, **OLD, **config}}

    gru = {"units": 4, **OLD, "recurrent_activation": "sigmoid"}
    inside = layer(
        "InputLayer", "i", [], batch_input_shape=[None, None, 3], dtype="float32", sparse=False, ragged=False
    )
    half = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    one = {"class_name": "Dense", "config": {"name": "one", "units": 2, "dtype": half}}
    stack = [
        inside | {"name": "source", "config": inside["config"] | {"name": "source"}},
        inside | {"name": "target", "config": inside["config"] | {"name": "target"}},
        layer("Bidirectional", "both", [[["source", 0, 0, {}]]], merge_mode="concat",
              layer=lstm(2, return_sequences=True, recurrent_activation="hard_sigmoid")),
        layer("GRU", "reader", [[["both", 0, 0, {}]]], return_state=True, **gru),
        layer("Sequential", "inner", [[["target", 0, 0, {}]], [["inner", 1, 0, {}]]],
              layers=[inside, {"class_name": "Dense", "config": {"name": "inside", "units": 3}}]),
        layer("GRU", "writer", [[["inner", 2, 0, {}], ["reader", 0, 1, {}]]], return_sequences=True, **gru),
        layer("MultiHeadAttention", "heads", [[["writer", 0, 0, {"value": ["writer", 0, 0], "mask": None}]]],
              num_heads=1, key_dim=2, query_shape=[None, 4], key_shape=[None, 4], value_shape=[None, 4]),
        layer("Attention", "dot", [[["heads", 0, 0, {}], ["heads", 0, 0, {}]]], use_scale=False, score_mode="dot"),
        layer("TimeDistributed", "each", [[["dot", 0, 0, {}]]], layer=one),
    ]  # fmt: skip
    config = {"name": "model", "layers": stack, "output_layers": [["each", 0, 0]]}
    return {"class_name": "Functional", "config": config | {"input_layers": [["source", 0, 0], ["target", 0, 0]]}}


def test_a_functional_model_of_keras_2_answers_as_it_did(tmp_path):
    model = today()
    loaded = pipelines.load_keras(written(model, tmp_path / "old.h5", of_then()))
    x = np.random.default_rng(0).normal(size=(2, 2, 4, 3)).astype("float32")
    np.testing.assert_allclose(loaded([x[0], x[1]]), model([x[0], x[1]]), atol=1e-6)
    assert keras.backend.standardize_dtype(loaded.get_layer("each").layer.compute_dtype) == "float16"


def test_operations_of_tensorflow_between_layers(tmp_path):
    """tf.concat([1 - 2 * x, x], -1)[:, -2:] and tf.where of it, as Keras 2 wrote them down."""

    def operation(name, function, call, kind="TFOpLambda"):
        return layer(kind, name, [call], function=function)

    rows = [{"start": None, "stop": None, "step": None}, {"start": -2, "stop": None, "step": None}]
    stack = [
        layer("InputLayer", "x", [], batch_input_shape=[None, 4, 3], dtype="float32"),
        operation("a", "math.multiply", ["x", 0, 0, {"y": 2.0, "name": None}]),
        operation("b", "math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["a", 0, 0], "name": None}]),
        operation("c", "concat", [["b", 0, 0, {"axis": -1}], ["x", 0, 0, {"axis": -1}]]),
        operation("d", "__operators__.getitem", ["c", 0, 0, {"slice_spec": rows}], "SlicingOpLambda"),
        operation("e", "math.greater", ["d", 0, 0, {"y": 0.5, "name": None}]),
        operation("f", "where", ["e", 0, 0, {"x": ["d", 0, 0], "y": 0.5}]),
        layer("LSTM", "g", [[["f", 0, 0, {}]]], units=2, **OLD),
    ]
    config = {"name": "model", "layers": stack, "input_layers": [["x", 0, 0]], "output_layers": [["g", 0, 0]]}
    x = keras.Input([4, 3])
    y = keras.ops.concatenate([1 - 2 * x, x], -1)[:, -2:]
    model = keras.Model(x, K.LSTM(2, name="g")(keras.ops.maximum(y, 0.5)))
    path = written(model, tmp_path / "old.h5", {"class_name": "Functional", "config": config})
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(pipelines.load_keras(path)([x]), model(x), atol=1e-6)


def test_weights_of_layers_for_cudnn(tmp_path):
    model = keras.Sequential([keras.Input([6, 3]), K.LSTM(5, return_sequences=True, name="a"), K.GRU(4, name="b")])
    model.set_weights([np.random.default_rng(0).normal(size=weight.shape) for weight in model.get_weights()])
    stack = [
        {"class_name": "CuDNNLSTM", "config": {"name": "a", "units": 5, "return_sequences": True,
                                               "batch_input_shape": [None, 6, 3]}},
        {"class_name": "CuDNNGRU", "config": {"name": "b", "units": 4}},
    ]  # fmt: skip
    path = written(model, tmp_path / "old.h5", {"class_name": "Sequential", "config": stack}, version="2.1.6")
    with h5py.File(path, "r+") as file:
        for name, gates in (("a", 4), ("b", 3)):
            group = file["model_weights"][name]
            for weight_name in [*group.attrs["weight_names"]]:
                value = np.asarray(group[weight_name])
                if value.shape[0] == 2 or value.ndim == 1:  # cuDNN adds two biases, of the input and of the state
                    value = value.ravel() if gates == 3 else np.concatenate([value / 4, 3 * value / 4])
                else:  # a gate's matrix is (units, inputs) there
                    value = np.hstack([gate.T.reshape(gate.shape) for gate in np.hsplit(value, gates)])
                del group[weight_name]
                group[weight_name] = value
    x = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")
    np.testing.assert_allclose(pipelines.load_keras(path)(x), model(x), atol=1e-6)


def test_weights_for_all_devices_are_left_alone(tmp_path):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        for name, shape in {"kernel:0": (3, 8), "recurrent_kernel:0": (2, 8), "bias:0": (8,)}.items():
            file[f"lstm/{name}"] = np.arange(np.prod(shape)).reshape(shape)
        cudnn_weights.convert(file)
        assert np.asarray(file["lstm/kernel:0"]).ravel().tolist() == [*range(24)]


def test_a_keras_file_of_keras_2(tmp_path):
    model, path = keras.Sequential([keras.Input([6, 3]), K.LSTM(4)]), tmp_path / "old.keras"
    model.save(tmp_path / "new.keras")
    with zipfile.ZipFile(tmp_path / "new.keras") as new, zipfile.ZipFile(path, "w") as old:
        for name in new.namelist():
            content = new.read(name).replace(b"batch_shape", b"batch_input_shape")
            content = content.replace(b'"units": 4', b'"units": 4, "time_major": false').replace(b'": "3.', b'": "2.')
            old.writestr(name, new.read(name) if name.endswith(".h5") else content)
    x = np.ones((2, 6, 3), "float32")
    np.testing.assert_array_equal(pipelines.load_keras(path)(x), model(x))


def test_what_keras_3_cannot_do_is_said():
    with pytest.raises(ValueError, match=r"mine \(LSTM\) with time_major=True"):
        keras2_files.translated({"class_name": "LSTM", "config": {"name": "mine", "time_major": True}})
    operation = {"class_name": "TFOpLambda", "config": {"name": "tf.io.read_file", "function": "io.read_file"}}
    with pytest.raises(ValueError, match=r"the operation io\.read_file of TensorFlow, .*keras\.ops in its place"):
        keras2_files.translated({"class_name": "Functional", "config": {"layers": [operation]}})


def test_files_that_hold_no_layers(tmp_path):
    model = keras.Sequential([keras.Input([6, 3]), K.LSTM(4)])
    model.save_weights(tmp_path / "mine.weights.h5")
    with pytest.raises(ValueError, match=r"it holds weights alone.*model\.load_weights"):
        keras_files.load_keras(tmp_path / "mine.weights.h5")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match=r"the folder of a SavedModel, .*model\.save\('model\.h5'\)"):
        keras_files.load_keras(tmp_path / "folder")

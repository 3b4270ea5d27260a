"""Configurations of saved Keras models that name something else than layers."""

import json
import zipfile

import keras
import pytest

import layers
from pipelines.shared.command_line import program
from pipelines.shared.foreign import keras_classes

OPENING = {
    "a lambda": ("keras.layers", "Lambda", {"name": "l", "function": {"class_name": "__lambda__", "config": {}}}),
    "another model": ("keras.layers", "TFSMLayer", {"filepath": "/tmp/model"}),
    "another module": ("os", "system", {"command": "true"}),
    "a module of Keras's": ("keras.src.utils.file_utils", "get_file", {}),
    "a class of another package": ("keras_hub.layers", "Thing", {}),
    "pickled code": ("keras.layers", "TorchModuleWrapper", {"module": "x"}),
    "a vocabulary elsewhere": ("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}),
    "a function that loads": (
        "keras.layers", "Activation",
        {"activation": {"module": "keras.models", "class_name": "function", "config": "load_model"}},
    ),
    "a function of Python's": (
        "keras.layers", "Activation", {"activation": {"module": "builtins", "class_name": "function", "config": "eval"}}
    ),
    "a package that is not there": ("keras.layers", "Dense", {"units": 1, "kernel_initializer": {
        "module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": "other>Zeros"}}),
}  # fmt: skip


def saved(path, *stack):
    keras.Sequential([keras.Input([None, 3]), *stack]).save(path)
    return path


def edited(path, edit):
    """The .keras file with its configuration changed by `edit(configuration)`."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    configuration = json.loads(content["config.json"])
    changed = edit(configuration)
    content["config.json"] = json.dumps(configuration).encode() if changed is None else changed
    with zipfile.ZipFile(path, "w") as archive:
        for name, each in content.items():
            archive.writestr(name, each)
    return path


@pytest.mark.parametrize("name", OPENING)
def test_what_opens_or_runs_something_is_refused(name, tmp_path, capfd):
    module, class_name, configuration = OPENING[name]

    def edit(model):
        model["config"]["layers"][1] |= {
            "module": module, "class_name": class_name, "config": {"name": "x", **configuration},
            "registered_name": None,
        }  # fmt: skip

    path = edited(saved(tmp_path / "model.keras", keras.layers.LSTM(2)), edit)
    with pytest.raises(ValueError, match="not loaded, its configuration names"):
        keras_classes.check(path)
    assert program.main(["convert", str(path), str(tmp_path / "model.tflite")]) == 1
    (line,) = [each for each in capfd.readouterr().err.splitlines() if each.startswith("unroll: error")]
    assert "its configuration names" in line
    assert len(line) < 600
    assert not (tmp_path / "model.tflite").exists()


def test_a_nested_one_is_refused(tmp_path):
    def edit(model):
        wrapped = model["config"]["layers"][1]["config"]["layer"]
        wrapped |= {"class_name": "Lambda", "module": "keras.layers"}

    path = edited(saved(tmp_path / "model.keras", keras.layers.TimeDistributed(keras.layers.Dense(2))), edit)
    with pytest.raises(ValueError, match="Lambda"):
        keras_classes.check(path)


def test_ordinary_models_pass(tmp_path):
    regular = keras.layers.Dense(
        2, activation=keras.activations.gelu, kernel_regularizer=keras.regularizers.L2(0.1),
        kernel_constraint="max_norm", bias_initializer=keras.initializers.Constant(0.1),
    )  # fmt: skip
    stack = [
        keras.layers.Masking(), keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True)), layers.LSTM(2),
        keras.layers.Activation(keras.ops.tanh), regular, keras.layers.LeakyReLU(),
    ]  # fmt: skip
    model = keras.Sequential([keras.Input([None, 3]), *stack])
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)), "mse", ["mae"])
    model.save(tmp_path / "model.keras")
    keras_classes.check(tmp_path / "model.keras")
    words = keras.layers.StringLookup(vocabulary=["a", "b"])
    functional_input = keras.Input([3], dtype="string")
    inner = keras.Sequential([keras.layers.Embedding(5, 2), keras.layers.SimpleRNN(2)])
    outputs = keras.ops.concatenate([inner(words(functional_input))] * 2, axis=-1)[:, 1:] * 2.0
    keras.Model(functional_input, outputs).save(tmp_path / "words.keras")
    keras_classes.check(tmp_path / "words.keras")


@pytest.mark.filterwarnings("ignore")
def test_older_files(tmp_path):
    saved(tmp_path / "model.h5", keras.layers.LSTM(2))
    keras_classes.check(tmp_path / "model.h5")
    saved(tmp_path / "lambda.h5", keras.layers.LSTM(2), keras.layers.Lambda(lambda x: x))
    with pytest.raises(ValueError, match="Lambda"):
        keras_classes.check(tmp_path / "lambda.h5")


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000, b"[1, 2]" * 2, b'{"a": ' + b"9" * 5000 + b"}"])
def test_damaged_configurations(content, tmp_path):
    path = edited(saved(tmp_path / "model.keras", keras.layers.LSTM(2)), lambda configuration: content)
    with pytest.raises(ValueError, match="configuration"):
        keras_classes.check(path)

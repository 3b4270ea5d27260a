"""Copies of a .tflite with sizes in the place of open axes, run by LiteRT's CompiledModel, which takes no open ones."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from conftest import output

import pipelines
from pipelines.shared.command_line import program
from pipelines.shared.export import conversion

COMPILED = """
import json, sys
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
model, x = CompiledModel.from_file(sys.argv[1]), np.load(sys.argv[2])
names = model.get_signature_list()["serving_default"]["outputs"]
shapes = json.loads(sys.argv[3])
given, taken = model.create_input_buffers(0), model.create_output_buffers(0)
found = []
for each in (x, 2 * x, x):
    given[0].write(each)
    model.run_by_index(0, given, taken)
    found.append({name: buffer.read(int(np.prod(shapes[name])), np.float32).tolist()
                  for name, buffer in zip(names, taken)})
print(json.dumps(found))
"""

COUNTED = """
import json, sys
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
model, counted = CompiledModel.from_file(sys.argv[1]), []
inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
for greatest in (3, 6, 1, 3):
    inputs[0].write(np.array([greatest, 0], "int32"))
    model.run_by_index(0, inputs, outputs)
    counted.append(outputs[0].read(6, np.int32).tolist())
print(json.dumps(counted))
"""


def test_a_compiled_model_answers_as_keras(tmp_path):
    """Outputs with open axes and outputs that come straight out of a loop, in three calls."""
    x = keras.Input([None, 3], name="x")
    y, h, c = keras.layers.LSTM(8, return_sequences=True, return_state=True)(x)
    model = keras.Model(x, {"y": y, "h": h, "c": c})
    pipelines.export_keras(model, tmp_path / "open.tflite")
    sizes = pipelines.fix_sizes(tmp_path / "open.tflite", tmp_path / "fixed.tflite", batch=4, steps=20)
    shapes = {"x": [4, 20, 3], "y": [4, 20, 8], "h": [4, 8], "c": [4, 8]}
    assert sizes == {"serving_default": shapes}
    given = np.random.default_rng(0).normal(size=shapes["x"]).astype("float32")
    np.save(tmp_path / "x.npy", given)
    answers = json.loads(output(COMPILED, tmp_path / "fixed.tflite", tmp_path / "x.npy", json.dumps(shapes)))
    for call, found in zip((given, 2 * given, given), answers, strict=True):
        for name, expected in model(call).items():
            np.testing.assert_allclose(np.reshape(found[name], shapes[name]), expected, atol=1e-5)


def test_the_file_of_a_phone_without_tensorflow(exported, tmp_path):
    """Rows padded to the sizes have the golden answers."""
    mobile = exported.path / "mobile"
    golden = json.loads((mobile / "golden.json").read_text("utf-8"))
    batch, steps = np.shape(golden["ids"])
    pipelines.fix_sizes(mobile / "model.tflite", tmp_path / "fixed.tflite", batch=batch, steps=steps + 5)
    run = runner(tmp_path / "fixed.tflite")
    ids = np.pad(np.array(golden["ids"], "int32"), [(0, 0), (0, 5)])
    found = run(ids=ids, lengths=np.array(golden["lengths"], "int32"))
    np.testing.assert_allclose(found["probabilities"], golden["probabilities"], atol=1e-5)
    assert conversion.operations(tmp_path / "fixed.tflite") == conversion.operations(mobile / "model.tflite")


def runner(path):
    return Interpreter(str(path)).get_signature_runner()


@pytest.fixture(scope="module")
def counting(tmp_path_factory):
    """A .tflite of two signatures; what `count` is given decides the size of its answer."""
    folder, specification = tmp_path_factory.mktemp("counting"), [tf.TensorSpec([None], tf.int32, "n")]
    module = tf.Module()
    count = tf.function(lambda n: {"y": tf.range(tf.reduce_max(n))}, input_signature=specification)
    double = tf.function(lambda n: {"y": 2 * n}, input_signature=specification)
    for name, signatures in (("both", {"count": count, "double": double}), ("one", {"count": count})):
        tf.saved_model.save(module, str(folder / name), signatures=signatures)
        conversion.convert(folder / name, folder / f"{name}.tflite", None)
    return folder


@pytest.mark.parametrize("limit, size", [(None, 7), (9, 9), (2, 2)])
def test_an_answer_whose_size_the_input_decides_is_filled_up_or_cut(counting, tmp_path, limit, size):
    assert pipelines.fix_sizes(counting / "both.tflite", tmp_path / "fixed.tflite", batch=3, steps=7, limit=limit) == {
        "double": {"n": [3], "y": [3]}, "count": {"n": [3], "y": [size]},
    }  # fmt: skip
    interpreter = Interpreter(str(tmp_path / "fixed.tflite"))
    assert interpreter.get_signature_runner("double")(n=np.array([1, 2, 3], "int32"))["y"].tolist() == [2, 4, 6]
    count = interpreter.get_signature_runner("count")
    for greatest in (4, 7, 1, 4):
        counted = [*range(greatest), *[0] * size][:size]
        assert count(n=np.array([1, greatest, 0], "int32"))["y"].tolist() == counted


def test_a_compiled_model_of_an_answer_whose_size_the_input_decides(counting, tmp_path):
    pipelines.fix_sizes(counting / "one.tflite", tmp_path / "fixed.tflite", batch=2, steps=6)
    printed = output(COUNTED, tmp_path / "fixed.tflite")
    assert json.loads(printed) == [[0, 1, 2, 0, 0, 0], [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0], [0, 1, 2, 0, 0, 0]]


def test_command(counting, tmp_path, capfd):
    line = ["fix", str(counting / "both.tflite"), str(tmp_path / "fixed.tflite"), "--batch", "5"]
    assert program.main(line) == 0
    assert "double: n (5,)" in capfd.readouterr().out
    double = Interpreter(str(tmp_path / "fixed.tflite")).get_signature_runner("double")
    assert double(n=np.arange(5, dtype="int32"))["y"].tolist() == [0, 2, 4, 6, 8]
    assert program.main(line) == 1
    assert "exists already" in capfd.readouterr().err


@pytest.mark.parametrize(
    "given, error, says",
    [
        ({"batch": 0}, ValueError, "batch: expected a whole number from 1 up, received 0"),
        ({"limit": -1}, ValueError, "limit: expected a whole number from 1 up, received -1"),
        ({"steps": 2.5}, ValueError, r"steps: expected a whole number from 1 up, received 2\.5"),
        ({"target": "fixed.bin"}, ValueError, r"expected a file ending in \.tflite"),
        ({"target": "there.tflite"}, FileExistsError, "overwrite=True"),
        ({"path": "none.tflite"}, FileNotFoundError, r"none\.tflite"),
        ({"path": "there.tflite"}, ValueError, "received a file of 4 bytes that is not one"),
    ],
)
def test_bad_input(given, error, says, counting, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.tflite").write_bytes(b"none")
    arguments = {"path": counting / "both.tflite", "target": "fixed.tflite"} | given
    with pytest.raises(error, match=says):
        pipelines.fix_sizes(**arguments)
    assert [each.name for each in tmp_path.iterdir()] == ["there.tflite"]


def test_a_damaged_file_is_one_line_and_leaves_nothing(counting, tmp_path, capfd):
    """Sizes and offsets overwritten anywhere in the file: refused or copied, by a process apart."""
    whole, rng, refused = (counting / "one.tflite").read_bytes(), np.random.default_rng(0), 0
    for place in rng.choice(len(whole) // 4, 6, replace=False) * 4:
        content = bytearray(whole)
        content[place : place + 4] = b"\xff\xff\xff\x7f"
        (tmp_path / "damaged.tflite").write_bytes(content)
        try:
            pipelines.fix_sizes(tmp_path / "damaged.tflite", tmp_path / "fixed.tflite", overwrite=True)
        except ValueError as error:
            refused += 1
            assert len(str(error)) < 500 and "\n" not in str(error)
        assert {each.name for each in tmp_path.iterdir()} <= {"damaged.tflite", "fixed.tflite"}
    assert refused
    assert capfd.readouterr().out == ""

import json
import shutil

import keras
import numpy as np
import pytest
from conftest import output

import pipelines
from pipelines.shared.checks import calls_in_turn, drawn_calls
from pipelines.shared.command_line import program
from pipelines.shared.foreign import saved_models


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A .tflite of builtin operations, with a golden.json beside it."""
    model = keras.Sequential([keras.Input([None, 3], name="x"), keras.layers.GRU(4, name="answer")])
    path = tmp_path_factory.mktemp("mobile") / "model.tflite"
    pipelines.export_keras(model, path)
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    golden = {"inputs": ["one", "two"], "x": x.tolist(), "answer": np.asarray(model(x)).tolist()}
    (path.parent / "golden.json").write_text(json.dumps(golden))
    return path


def convert(function, specification, **options):
    """A .tflite that no export of ours would be."""
    import tensorflow as tf

    module = tf.Module()
    module.count = tf.Variable(0.0)
    module.serve = tf.function(lambda x: function(module, x), input_signature=[specification])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.serve.get_concrete_function()], module)
    for name, value in options.items():
        setattr(converter, name, value)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    return converter.convert()


def results(path):
    return {check.name: check.result for check in pipelines.verify(path).checks}


def test_whole_file(file):
    found = pipelines.verify(file)
    assert found.passed
    assert results(file) == {
        "builtin operations": "passed",
        "signature serving_default": "passed",
        "serving_default: two calls": "passed",
        "serving_default: golden answers": "passed",
        "calls in turn": "passed",
    }
    assert "x float32 (?, ?, 3) -> answer float32 (?, 4)" in str(found)
    assert str(found).endswith("model.tflite: whole")
    assert pipelines.verify(file.parent).passed  # the folder


def test_a_later_call_that_answers_otherwise(file, monkeypatch):
    """As a file does whose copies XNNPACK leaves out: in one of many interpreters, from its second call on."""
    ask, calls = calls_in_turn._answers, []

    def answers(interpreter, name, tensors):
        calls.append(name)
        wrong = len(calls) > 60 and len(calls) % 2
        return {key: value + wrong * 1e-3 for key, value in ask(interpreter, name, tensors).items()}

    monkeypatch.setattr(calls_in_turn, "_answers", answers)
    draw = np.random.default_rng(0)
    inputs = {"serving_default": [{"x": draw.normal(size=(2, 5, 3)).astype("float32")} for _ in range(2)]}
    (found,) = calls_in_turn.rows(file, "file", inputs)
    assert found.result == "FAILED"
    assert "serving_default gave another answer in interpreter 15 than in a first call" in found.detail


def test_golden_answers_that_differ(file, tmp_path):
    folder = shutil.copytree(file.parent, tmp_path / "mobile")
    golden = json.loads((folder / "golden.json").read_text())
    golden["answer"][1][2] += 1e-3
    (folder / "golden.json").write_text(json.dumps(golden))
    found = pipelines.verify(folder)
    assert not found.passed
    assert "answer differ by 1.0e-03" in str(found)
    assert "1 of 5 checks failed" in str(found)


def test_flex_operations_and_variables_fail(tmp_path):
    import tensorflow as tf

    flex, stateful = tmp_path / "flex.tflite", tmp_path / "stateful.tflite"
    flex.write_bytes(convert(lambda _, x: tf.linalg.inv(x), tf.TensorSpec([3, 3])))
    count = convert(
        lambda module, x: x + module.count.assign_add(1.0),
        tf.TensorSpec([3]),
        experimental_enable_resource_variables=True,
    )
    stateful.write_bytes(count)
    assert "CUSTOM:FlexMatrixInverse" in str(pipelines.verify(flex))
    assert "VAR_HANDLE" in str(pipelines.verify(stateful))
    assert results(flex)["builtin operations"] == results(stateful)["builtin operations"] == "FAILED"


def test_a_file_without_signatures(file, tmp_path):
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(file.read_bytes()), 0))
    model.signatureDefs = None
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    (tmp_path / "bare.tflite").write_bytes(builder.Output())
    assert results(tmp_path / "bare.tflite")["signatures"] == "FAILED"


def test_what_is_no_model(file, tmp_path, capfd):
    content = file.read_bytes()
    wrong = {
        "cut.tflite": (content[: len(content) // 2], "damaged or truncated"),
        "head.tflite": (content[:40], "damaged or truncated"),
        "text.tflite": (b"not a model at all", "a file of 18 bytes that is not one"),
        "empty.tflite": (b"", "a file of 0 bytes that is not one"),
    }
    for name, (content, message) in wrong.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=message):
            pipelines.verify(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        pipelines.verify(tmp_path / "nothing")
    with pytest.raises(ValueError, match=r"expected an artifact .* received a folder of cut\.tflite"):
        pipelines.verify(tmp_path)
    assert program.main(["verify", str(tmp_path / "cut.tflite")]) == 1
    printed = capfd.readouterr()
    assert printed.err.splitlines()[-1].startswith("unroll: error: ")
    assert not printed.out


def test_command(file, tmp_path, capfd):
    assert program.main(["verify", str(file)]) == 0
    assert "whole" in capfd.readouterr().out
    broken = shutil.copytree(file.parent, tmp_path / "mobile")
    golden = json.loads((broken / "golden.json").read_text())
    (broken / "golden.json").write_text(json.dumps({**golden, "answer": [[0.0] * 4] * 2}))
    assert program.main(["verify", str(broken), "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["passed"] is False


def test_convert_command(tmp_path, capfd):
    model = keras.Sequential([keras.Input([None, 3]), keras.layers.SimpleRNN(4)])
    model.save(tmp_path / "model.keras")
    line = ["convert", str(tmp_path / "model.keras"), str(tmp_path / "model.tflite")]
    assert program.main(line) == 0
    assert "builtin operations" in capfd.readouterr().out
    assert program.main(line) == 1
    assert "exists already" in capfd.readouterr().err
    assert pipelines.verify(tmp_path / "model.tflite").passed


def test_artifact_with_all_its_exports(exported):
    found = pipelines.verify(exported.path)
    assert found.passed, str(found)
    subjects = {check.subject for check in found.checks}
    assert {exported.path.name, "mobile"} < subjects
    assert any(subject.startswith("serving/") for subject in subjects)
    names = [check.name for check in found.checks]
    assert names.count("ids: golden answers") == 2  # of serving/ and serving_ids/
    assert "serving_default: golden answers" in names


def test_operations_a_server_lacks(exported):
    """Of the text signature; the folder of ids alone needs none."""
    (ids,) = (exported.path / "serving_ids").glob("1")
    assert saved_models.foreign_operations(ids) == []
    served = saved_models.foreign_operations(exported.path / "serving" / "1")
    table = str(pipelines.verify(exported.path / "serving" / "1"))
    assert all(name in table for name in served)


def test_a_damaged_artifact(copied):
    (copied / "metrics.json").write_text("{}")
    found = pipelines.verify(copied)
    assert not found.passed
    assert "metrics.json is damaged" in str(found)


GOLDEN = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
golden = json.load(open(sys.argv[1] + "/golden.json"))
run = Interpreter(sys.argv[1] + "/model.tflite").get_signature_runner("serving_default")
found = run(**{name: np.array(golden[name], each["dtype"]) for name, each in run.get_input_details().items()})
assert not {"tensorflow", "keras", "layers", "pipelines"} & set(sys.modules)
print(max(np.abs(found[name] - golden[name]).max() for name in found))
"""


def test_the_same_by_numpy_and_litert_alone(file):
    assert float(output(GOLDEN, file.parent)) < 1e-5


def test_what_is_drawn_holds_padding_of_every_kind():
    inputs = {
        "x": {"shape_signature": [-1, -1, 2], "dtype": np.float32},
        "ids": {"shape_signature": [-1, -1], "dtype": np.int32},
        "lengths": {"shape_signature": [-1], "dtype": np.int32},
    }
    x, ids, lengths = drawn_calls.drawn(inputs, 3, 8).values()
    assert lengths.tolist() == [8, 0, 1]
    for value in (x, ids[..., None]):
        zero = (value == 0).all(-1)
        assert zero[1].all() and zero[2, 0] and zero[0, -1] and not zero.all(1)[[0, 2]].any()

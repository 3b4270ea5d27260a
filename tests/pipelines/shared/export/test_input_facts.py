"""What a .tflite says of its inputs stays in it, whatever is done with the file, and is not trusted."""

import json

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from conftest import output

import pipelines
from pipelines.shared.command_line import program
from pipelines.shared.export import conversion, flat_files
from pipelines.shared.export.inputs import drawn_numbers
from pipelines.shared.export.inputs import facts as input_facts
from pipelines.shared.export.inputs.example_inputs import Expected

K = keras.layers
COMPILED = """
import sys
from ai_edge_litert.compiled_model import CompiledModel
print(CompiledModel.from_file(sys.argv[1]).get_signature_list())
"""


def text_and_kind():
    ids = keras.Input((None,), dtype="int32", name="ids")
    kind, lengths = (keras.Input((), dtype="int32", name=name) for name in ("kind", "lengths"))
    x = K.LSTM(4)(K.Embedding(1000, 3, mask_zero=True)(ids))
    long = K.Lambda(lambda n: keras.ops.cast(keras.ops.arange(20) < n[:, None], "float32"), output_shape=(20,))(lengths)
    return keras.Model([ids, kind, lengths], K.Concatenate(name="y")([x, K.Embedding(3, 2)(kind), long]))


EXAMPLES = {"ids": np.array([[5, 6, 0], [7, 8, 9]]), "kind": np.array([2, 1]), "lengths": np.array([3, 2])}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The file, one that keeps its examples, one in 8 bits, and one of a stranger, without facts."""
    folder, model = tmp_path_factory.mktemp("facts"), text_and_kind()
    with conversion.one_process():
        pipelines.export_keras(model, folder / "plain.tflite")
        pipelines.export_keras(model, folder / "kept.tflite", examples=EXAMPLES, keep_examples=True)
        pipelines.export_keras(model, folder / "rounded.tflite", examples=EXAMPLES, quantize="dynamic")
        pipelines.export_keras(windows_of_16(), folder / "windows.tflite")
    for path, stranger in (("plain", "stranger"), ("windows", "long")):
        content = flat_files.opened((folder / f"{path}.tflite").read_bytes())
        content.metadata = [entry for entry in content.metadata if not entry.name.startswith(b"unroll")]
        (folder / f"{stranger}.tflite").write_bytes(flat_files.packed(content))
    return folder


def windows_of_16():
    return keras.Sequential([keras.Input((None, 3), name="x"), K.Conv1D(2, 16), K.GRU(2, name="y")])


def facts(path):
    return input_facts.read(path.read_bytes())["inputs"]


def test_what_the_file_says(folder):
    assert facts(folder / "plain.tflite") == {
        "ids": {"type": "int32", "shape": [None, None], "shapes": [[1, 7], [3, 12], [6, 5]], "masked": 0.0,
                "lowest": 0, "highest": 999},
        "kind": {"type": "int32", "shape": [None], "shapes": [[1], [3], [6]], "lowest": 0, "highest": 2},
        "lengths": {"type": "int32", "shape": [None], "shapes": [[1], [3], [6]], "lengths": True},
    }  # fmt: skip
    assert facts(folder / "rounded.tflite")["ids"]["highest"] == 999
    assert facts(folder / "rounded.tflite")["ids"]["shapes"][:2] == [[1, 3], [2, 3]]
    assert input_facts.read((folder / "stranger.tflite").read_bytes()) == {}


def test_examples_are_kept_only_where_that_is_asked_for(folder):
    kept = input_facts.kept_examples((folder / "kept.tflite").read_bytes())
    for name, array in EXAMPLES.items():
        np.testing.assert_array_equal(kept[name], array)
    for name in ("plain", "rounded"):
        assert input_facts.kept_examples((folder / f"{name}.tflite").read_bytes()) is None


@pytest.mark.parametrize("name", ["plain", "kept", "rounded", "stranger"])
def test_verify_and_fix_of_a_text_beside_a_category(folder, name, tmp_path):
    verification = pipelines.verify(folder / f"{name}.tflite")
    assert verification.passed, str(verification)
    sizes = pipelines.fix_sizes(folder / f"{name}.tflite", tmp_path / "fixed.tflite", batch=2, steps=9)
    assert sizes["serving_default"] == {"ids": [2, 9], "kind": [2], "lengths": [2], "y": [2, 26]}
    assert pipelines.verify(tmp_path / "fixed.tflite").passed
    before, after = ((path.read_bytes()) for path in (folder / f"{name}.tflite", tmp_path / "fixed.tflite"))
    assert input_facts.read(after) == input_facts.read(before)


@pytest.mark.parametrize("name", ["windows", "long"])
def test_verify_and_fix_of_a_file_that_needs_many_steps(folder, name, tmp_path):
    verification = pipelines.verify(folder / f"{name}.tflite")
    assert verification.passed, str(verification)
    sizes = pipelines.fix_sizes(folder / f"{name}.tflite", tmp_path / "fixed.tflite")
    assert sizes == {"serving_default": {"x": [1, 128, 3], "y": [1, 2]}}
    says = r"fails at x \(1, 9, 3\): .*; give another batch or other steps; "
    says += r"it was compared at x \(1, 16, 3\); examples=" if name == "windows" else "examples= give"
    with pytest.raises(ValueError, match=says):
        pipelines.fix_sizes(folder / f"{name}.tflite", tmp_path / "short.tflite", steps=9)


def test_the_fixed_copy_answers_and_loads(folder, tmp_path):
    pipelines.fix_sizes(folder / "kept.tflite", tmp_path / "fixed.tflite", batch=2, examples=EXAMPLES)
    run = Interpreter(str(tmp_path / "fixed.tflite")).get_signature_runner()
    whole = Interpreter(str(folder / "kept.tflite")).get_signature_runner()
    tensors = {name: array.astype("int32") for name, array in EXAMPLES.items()}
    np.testing.assert_array_equal(run(**tensors)["y"], whole(**tensors)["y"])
    assert run.get_input_details()["ids"]["shape"].tolist() == [2, 3]  # that of the examples
    assert "serving_default" in output(COMPILED, tmp_path / "fixed.tflite")


def test_data_is_aligned(folder):
    content = (folder / "plain.tflite").read_bytes()
    model = flat_files.schema.Model.GetRootAs(bytearray(content), 0)
    buffers = [model.Buffers(number) for number in range(model.BuffersLength())]
    starts = [buffer._tab.Vector(buffer._tab.Offset(4)) for buffer in buffers if not buffer.DataIsNone()]
    assert starts and not any(start % 16 for start in starts)


def test_commands(folder, tmp_path, capfd):
    np.savez(tmp_path / "inputs.npz", **EXAMPLES)
    np.savez(tmp_path / "wrong.npz", **EXAMPLES | {"kind": np.array([2, 7])})
    stranger, fixed = str(folder / "stranger.tflite"), str(tmp_path / "fixed.tflite")
    assert program.main(["verify", stranger, "--examples", str(tmp_path / "inputs.npz")]) == 0
    assert program.main(["verify", stranger, "--examples", str(tmp_path / "wrong.npz")]) == 1
    assert "two calls  FAILED" in capfd.readouterr().out
    assert program.main(["fix", stranger, fixed, "--examples", str(tmp_path / "inputs.npz")]) == 0
    assert "ids (1, 3)" in capfd.readouterr().out
    assert program.main(["verify", stranger, "--examples", str(tmp_path / "none.npz")]) == 1
    assert "there is no such file" in capfd.readouterr().err


def test_a_saved_model_takes_no_examples(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match=r"examples: expected them for a \.tflite"):
        pipelines.verify(tmp_path, examples=EXAMPLES)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts["inputs"]["ids"].update(shapes=[[10**9, 10**9]] * 3),
        lambda facts: facts["inputs"]["ids"].update(highest="many"),
        lambda facts: facts["inputs"]["ids"].update(highest=2**40),
        lambda facts: facts["inputs"]["kind"].update(shapes=[]),
        lambda facts: facts["inputs"].update(ids=[]),
        lambda facts: facts.clear(),
        lambda facts: facts["inputs"]["ids"].update(type="object"),
        lambda facts: facts["inputs"]["ids"].update(masked=float("nan")),
    ],
)
def test_facts_are_not_trusted(folder, tmp_path, change):
    content = (folder / "plain.tflite").read_bytes()
    said = input_facts.read(content)
    change(said)
    path = tmp_path / "hostile.tflite"
    path.write_bytes(flat_files.with_metadata(content, {input_facts.NAME: json.dumps(said).encode()}))
    verification = pipelines.verify(path)
    assert not verification.passed
    assert "its metadata unroll.inputs is damaged" in str(verification)
    assert input_facts.known(path.read_bytes()) == {}


def test_kept_examples_are_not_unpickled(folder, tmp_path):
    np.savez(tmp_path / "objects.npz", ids=np.array([print], dtype=object))
    content = (folder / "plain.tflite").read_bytes()
    for data in ((tmp_path / "objects.npz").read_bytes(), b"", b"PK"):
        with pytest.raises(ValueError, match=r"its metadata unroll\.examples is damaged"):
            input_facts.kept_examples(flat_files.with_metadata(content, {input_facts.EXAMPLES: data}))


def test_what_cannot_be_kept(tmp_path):
    with pytest.raises(ValueError, match="keep_examples: expected examples to keep, received none; give examples="):
        pipelines.export_keras(text_and_kind(), tmp_path / "model.tflite", keep_examples=True)
    with pytest.raises(ValueError, match="expected two rows of 524,288 bytes at most, received 1,000,000 bytes a row"):
        input_facts.check_kept({"x": np.zeros((4, 250_000), "float32")})
    assert input_facts._kept_rows({"x": np.zeros((400, 2500), "float32")}) == 104


def test_calls_by_facts():
    said = {"inputs": {"x": {"type": "float32", "shape": [None, None], "shapes": [[2, 5], [6, 9]], "masked": -1.0,
                             "values": "positive"},
                       "n": {"type": "int32", "shape": [None], "shapes": [[2], [6]], "lengths": True}}}  # fmt: skip
    expected = [Expected("x", "float32", (None, None)), Expected("n", "int32", (None,))]
    calls = input_facts.calls(expected, said)
    assert [call["x"].shape for call in calls] == [(2, 5), (6, 9)]
    assert all(((call["x"] > 0) | (call["x"] == -1)).all() for call in calls)
    assert set(calls[1]["n"]) <= {0, 1, 4, 8, 9}
    fixed = input_facts.calls([Expected("x", "float32", (1, 3)), Expected("n", "int32", (1,))], said)
    assert {call["x"].shape for call in fixed} == {(1, 3)}
    assert input_facts.calls([Expected("other", "float32", (None, None))], said) == []
    assert drawn_numbers.STEPS not in calls[0]["n"]

import copy
import dataclasses
import itertools
import json
import os
import re
import types

import numpy as np
import pytest
from conftest import TINY, output, reviews

import pipelines
from pipelines.shared.artifacts import layout
from pipelines.shared.command_line import program
from pipelines.shared.export import comparison, conversion, formats
from pipelines.shared.training import fitting

TEXTS = ["not bad at all", "", "The film was superb, but the ending was awful.", "qxzv " * 70]

SERVED = """
import json, sys
import tensorflow as tf, tensorflow_text
loaded = tf.saved_model.load(sys.argv[1])
found = loaded.signatures["serving_default"](text=tf.constant(json.loads(sys.argv[2])))
assert not {"layers", "pipelines"} & set(sys.modules)
print(json.dumps({name: value.numpy().astype("U" if name == "label" else float).tolist()
                  for name, value in found.items()}))
"""

CORE = """
import json, sys
import tensorflow as tf
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    signature = tf.compat.v1.saved_model.load(session, ["serve"], sys.argv[1]).signature_def["ids"]
    feed = {signature.inputs[name].name: value for name, value in json.loads(sys.argv[2]).items()}
    found = session.run(signature.outputs["probabilities"].name, feed)
assert "tensorflow_text" not in sys.modules
print(json.dumps(found.tolist()))
"""

PHONE = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
golden = json.load(open(sys.argv[1] + "/golden.json"))
runner = Interpreter(sys.argv[1] + "/model.tflite").get_signature_runner()
found = runner(ids=np.array(golden["ids"], "int32"), lengths=np.array(golden["lengths"], "int32"))
difference = np.abs(found["probabilities"] - golden["probabilities"]).max()
assert not {"tensorflow", "keras", "layers", "pipelines"} & set(sys.modules), sorted(sys.modules)
assert len(open(sys.argv[1] + "/labels.txt").read().split()) == found["probabilities"].shape[1]
assert len(open(sys.argv[1] + "/vocabulary.txt", encoding="utf-8").read().split("\\n")) > np.array(golden["ids"]).max()
print(difference)
"""


def runner(artifact):
    interpreter = formats.Interpreter(str(artifact.path / "mobile" / "model.tflite"))
    return interpreter.get_signature_runner("serving_default")


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_served_by_a_fresh_process(exported):
    found = json.loads(output(SERVED, exported.path / "serving" / "1", json.dumps(TEXTS)))
    expected = exported.predict(TEXTS)
    assert set(found) == {"label", "probability", "probabilities"}
    assert found["label"] == [answer["label"] for answer in expected]
    np.testing.assert_allclose(found["probability"], [answer["probability"] for answer in expected], atol=1e-5)
    each = [list(answer["probabilities"].values()) for answer in expected]
    np.testing.assert_allclose(found["probabilities"], each, atol=1e-5)


def test_ids_are_served_without_tensorflow_text(exported):
    """In a process that lacks tensorflow-text's operations, by the loader of TensorFlow 1, as a server does."""
    tensors, answers = exported.task.signatures.encode(exported, TEXTS)
    given = json.dumps({name: value.tolist() for name, value in tensors.items()})
    found = json.loads(output(CORE, exported.path / "serving_ids" / "1", given))
    np.testing.assert_allclose(found, answers["probabilities"], atol=1e-5)


def test_tflite_of_builtin_operations_alone(exported):
    path = exported.path / "mobile" / "model.tflite"
    assert conversion.foreign(path) == []
    assert conversion.operations(path)["WHILE"] >= 1


def test_golden_vectors_hold_for_a_consumer_without_tensorflow(exported):
    assert float(output(PHONE, exported.path / "mobile")) < 1e-5


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (2, 60)])
def test_batch_and_time_are_free_and_padding_changes_nothing(shape, exported):
    batch, time = shape
    draw = np.random.default_rng(0)
    ids = draw.integers(2, 50, (batch, time)).astype("int32")
    lengths = draw.integers(0, time + 1, batch).astype("int32")
    expected = exported.model.predict_on_batch({"ids": ids, "lengths": lengths})
    longer = np.concatenate([ids, np.full((batch, 5), 7, "int32")], axis=1)
    run = runner(exported)
    for given in (ids, longer, ids):  # calls in a row, of other shapes
        np.testing.assert_allclose(run(ids=given, lengths=lengths)["probabilities"], expected, atol=1e-5)


def test_an_export_has_the_number_of_its_version(moved, monkeypatch):
    """Another export of it takes the place of the first; nothing else is in the way."""
    written = iter("abcdef")
    monkeypatch.setattr(
        formats, "_save", lambda artifact, signatures, folder, *_: (folder / "saved_model.pb").write_text(next(written))
    )
    monkeypatch.setattr(formats, "_compare_served", lambda *_: None)
    monkeypatch.setattr(formats.serving_files, "describe", lambda *_: None)
    monkeypatch.setattr(formats.saved_models, "load", lambda *_: types.SimpleNamespace(signatures={}))
    path = moved.export("saved_model")["saved_model"]
    assert path == moved.path / "serving" / "1"
    (moved.path / "serving" / ".1.partial").mkdir()  # of an export of 0.1.0 that was killed
    facts = json.loads((moved.path / "artifact.json").read_text())
    layout.write_json(moved.path / "artifact.json", {**facts, "version": 7})
    for _ in range(2):
        again = pipelines.sentiment.load("tiny", directory=moved.path.parent).export("saved_model")["saved_model"]
        assert again.name == "7"
    assert (again / "saved_model.pb").read_text() == "e"
    for folder in ("serving", "serving_ids"):
        assert sorted(os.listdir(moved.path / folder)) == ["1", "7"]
    assert os.listdir(moved.path.parent) == ["tiny"]


def test_export_that_answers_otherwise_is_refused(exported, monkeypatch):
    """The SavedModel and the .tflite hold other weights than the model they are compared with."""
    before, save, weights = tree(exported.path), formats._save, exported.model.get_weights()

    def other_weights(artifact, *arguments):
        artifact.model.set_weights([weight + 0.05 for weight in weights])
        save(artifact, *arguments)
        artifact.model.set_weights(weights)

    monkeypatch.setattr(formats, "_save", other_weights)
    with pytest.raises(RuntimeError, match=r"SavedModel's signature \w+ differs .*; nothing was put in place"):
        exported.export("saved_model")
    with pytest.raises(RuntimeError, match=r"the \.tflite's signature \w+ in call 1 differs .* by"):
        exported.export("tflite")
    assert tree(exported.path) == before
    assert not [path for path in exported.path.rglob("*") if "partial" in path.name]


def test_converter_that_crashes_is_contained(exported, monkeypatch, tmp_path):
    before = tree(exported.path / "mobile")
    with pytest.raises(RuntimeError, match=r"converter stopped with code 1: .*untouched"):
        conversion.convert(tmp_path / "nothing", tmp_path / "model.tflite")
    monkeypatch.setattr(conversion, "_kept", [])
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(RuntimeError, match="converter stopped with code 1: no message"):
        exported.export("tflite")
    monkeypatch.undo()
    monkeypatch.setattr(conversion, "_kept", [])
    monkeypatch.setattr(conversion, "TIME_LIMIT", 0.01)
    with pytest.raises(RuntimeError, match=r"did not end within 0\.01 s"):
        conversion.convert(tmp_path / "nothing", tmp_path / "model.tflite")
    assert tree(exported.path / "mobile") == before


def test_telling_line_of_a_converter():
    assert conversion._telling("loc(x): error: 'tf.Foo' op is custom\nTraceback\nConverterError") == (
        "error: 'tf.Foo' op is custom"
    )
    assert conversion._telling("Traceback\nImportError: no tensorflow\n") == "ImportError: no tensorflow"


def test_unknown_format(trained):
    with pytest.raises(ValueError, match="format: expected one of saved_model, tflite, both, web, received 'onnx'"):
        trained.export("onnx")


def test_full_disk_keeps_the_exports(exported, monkeypatch):
    before = tree(exported.path)

    def full(*arguments, **options):
        raise formats.tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(formats.tf.saved_model, "save", full)
    for format in ("saved_model", "tflite"):
        with pytest.raises(OSError, match="the disk is full; free some space"):
            exported.export(format)
    assert tree(exported.path) == before


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.slow
def test_half_precision(precision, tmp_path):
    options = {**TINY, "units": 4, "precision": precision}
    live = pipelines.sentiment.train(reviews(), directory=tmp_path, **options)
    loaded = pipelines.sentiment.load(directory=tmp_path)
    assert loaded.evaluate(reviews(50)) == live.evaluate(reviews(50))
    written = loaded.export()
    assert conversion.foreign(written["tflite"]) == []
    assert formats.in_float32(loaded).model.compute_dtype == "float32"
    tensors, answers = live.task.signatures.encode(live, TEXTS)
    found = runner(live)(**tensors)["probabilities"]
    np.testing.assert_allclose(found, answers["probabilities"], atol=comparison.TOLERANCE[precision])


def built(trained, tmp_path, **options):
    """The artifact with a network of other options, untrained."""
    other = copy.copy(trained)
    other.path = tmp_path / "other"
    other.config = dataclasses.replace(trained.config, **options)
    with fitting.conditions(other.config):
        other.model = trained.task.network.build(trained.preprocessor, other.config)
    return other


VALUES = {"depth": (1, 2), "bidirectional": (False, True)}
NAMES = ("cell", "depth", "bidirectional", "pooling", "input")
CHOICES = {field.name: field.metadata["choices"] for field in dataclasses.fields(pipelines.sentiment.Config)}
COMBINATIONS = list(itertools.product(*(CHOICES[name] or VALUES[name] for name in NAMES)))
FEW = [
    ("rnn", 2, False, "last", "one_hot"), ("gru", 1, True, "attention", "embedding"),
    ("lstm", 2, True, "mean", "embedding"),
]  # fmt: skip


@pytest.mark.parametrize(
    "combination", [pytest.param(each, marks=[] if each in FEW else pytest.mark.slow) for each in COMBINATIONS]
)
def test_every_network_converts(combination, trained, tmp_path):
    other = built(trained, tmp_path, **dict(zip(NAMES, combination, strict=True)))
    assert formats.export_tflite(other).exists()  # compared with the model inside


@pytest.mark.parametrize("cell", ["lstm", pytest.param("gru", marks=pytest.mark.slow)])
def test_step_by_step_equals_the_model_on_the_text_so_far(cell, trained, tmp_path):
    other = built(trained, tmp_path, cell=cell, pooling="last" if cell == "gru" else "max_mean", depth=2)
    other.path.mkdir()
    path = other.export("tflite", streaming=True)["tflite"]
    assert conversion.foreign(path) == []
    step = formats.Interpreter(str(path)).get_signature_runner("step")
    assert len(step.get_input_details()) == 1 + (2 if cell == "gru" else 4 + 2 + 2)  # states; count, mean; seen, max
    ids = np.random.default_rng(0).integers(2, 50, (3, 20)).astype("int32")
    states = {
        name: np.zeros((3, *detail["shape_signature"][1:]), "float32")
        for name, detail in step.get_input_details().items()
        if name.startswith("state_")
    }
    for t in range(20):
        found = step(ids=ids[:, t], **states)
        states = {name: found[name] for name in states}
        expected = other.model({"ids": ids, "lengths": np.full(3, t + 1, "int32")})
        np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)
    described = json.loads((path.parent / "signature.json").read_text())
    assert described["signatures"]["step"]["inputs"]["ids"]["shape"] == [-1]
    assert "next token" in described["signatures"]["step"]["inputs"]["ids"]["meaning"]
    assert "zeros before the first step" in described["preparation"][-1]
    assert "Signature `step`" in (path.parent / "README.md").read_text("utf-8")
    assert pipelines.verify(path.parent).passed


def test_fused_answers_texts_of_other_and_of_the_same_lengths(trained, tmp_path):
    """With and without a signature `step` beside it; what is left of a call changes nothing in the next."""
    other = built(trained, tmp_path, cell="lstm", bidirectional=True)
    other.path.mkdir()
    path = other.export("tflite", fused=True)["tflite"]
    assert conversion.operations(path)["UNIDIRECTIONAL_SEQUENCE_LSTM"] == 2  # a direction each
    run = formats.Interpreter(str(path)).get_signature_runner("serving_default")
    draw = np.random.default_rng(0)
    for length in (9, 9, 4, 0, 9):
        given = {"ids": draw.integers(2, 50, (1, 11)).astype("int32"), "lengths": np.array([length], "int32")}
        np.testing.assert_allclose(run(**given)["probabilities"], other.model(given), atol=1e-5)
    assert pipelines.verify(path.parent).passed
    causal = built(trained, tmp_path / "causal", cell="lstm", pooling="last")
    causal.path.mkdir(parents=True)
    assert "step" in formats.Interpreter(str(causal.export("tflite", streaming=True, fused=True)["tflite"])
                                        ).get_signature_list()  # fmt: skip


@pytest.mark.parametrize(
    "how, says",
    [
        ({"cell": "gru"}, "fused=True expected an LSTM, received GRUCell; give fused=False"),
        ({"format": "saved_model"}, "fused: expected format='tflite' or 'both', received 'saved_model'"),
        ({"quantize": "dynamic"}, "fused: expected quantize=None, received 'dynamic'"),
    ],
)
def test_what_cannot_be_fused(how, says, trained, tmp_path):
    other = built(trained, tmp_path, cell=how.pop("cell", "lstm"))
    with pytest.raises(ValueError, match=re.escape(says)):
        other.export(fused=True, **how)
    assert not other.path.exists() or not list(other.path.iterdir())


def test_networks_that_need_the_whole_text_do_not_stream(trained, tmp_path):
    other = built(trained, tmp_path, bidirectional=True, pooling="attention")
    received = (
        r"received bidirectional=True, pooling='attention', .* train with bidirectional=False, pooling='last', or"
    )
    with pytest.raises(ValueError, match=received):
        other.export(streaming=True)
    with pytest.raises(ValueError, match=r"expected format='tflite' or 'both', received 'saved_model'"):
        other.export("saved_model", streaming=True)
    other = built(trained, tmp_path, bidirectional=True, pooling="max")
    other.task = dataclasses.replace(other.task, own={"network": {"LOOKS_BACK": {}}})
    with pytest.raises(ValueError, match=r"backward_gru\w* \(GRU\): it reads a sequence from its end"):
        formats.export_tflite(other, streaming=True)
    other = built(trained, tmp_path, pooling="attention")
    other.task = dataclasses.replace(other.task, own={"network": {"LOOKS_BACK": {}}})
    with pytest.raises(ValueError, match=r"frame by frame .* nothing was put in place"):
        formats.export_tflite(other, streaming=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_streaming_from_the_command_line(trained, capsys):
    place = ["--name", trained.path.name, "--directory", str(trained.path.parent)]
    assert program.main(["sentiment", "export", "--streaming", "--format", "saved_model", *place]) == 1
    assert "expected format='tflite' or 'both', received 'saved_model'" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["music", "translation", "forecasting"])
def test_tasks_with_a_step_of_their_own_accept_streaming(task):
    formats._check_streaming(types.SimpleNamespace(task=getattr(pipelines, task).task), "both")


def test_a_task_of_whole_windows_has_no_step():
    artifact = types.SimpleNamespace(task=pipelines.trajectory.task)
    with pytest.raises(ValueError, match="received one of trajectory, which takes a whole window in each call"):
        formats._check_streaming(artifact, "both")

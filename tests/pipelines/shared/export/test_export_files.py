"""What stands beside the exports, for servers and for apps; exports with rounded weights."""

import copy
import json
import multiprocessing
import re
import shutil

import numpy as np
import pytest
from conftest import output

import pipelines
from pipelines.shared.artifacts import layout
from pipelines.shared.export import quantized_scores, serving_files

# As an app: the facts of signature.json and golden.json, NumPy and LiteRT.
APP = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
golden, facts = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("golden", "signature"))
run = Interpreter(sys.argv[1] + "/" + facts["file"]).get_signature_runner("serving_default")
sides = facts["signatures"]["serving_default"]
given = {name: np.array(golden[name], each["type"]) for name, each in sides["inputs"].items()}
assert all(len(each["shape"]) == given[name].ndim for name, each in sides["inputs"].items())
found = run(**given)
assert set(found) == set(sides["outputs"])
assert not {"tensorflow", "keras", "layers", "pipelines"} & set(sys.modules)
print(max(np.abs(found[name] - golden[name]).max() for name in found))
"""


def test_an_app_needs_only_what_stands_there(exported):
    assert float(output(APP, exported.path / "mobile")) < 1e-5


def test_signature_and_page_of_the_mobile_folder(exported):
    mobile = exported.path / "mobile"
    facts = json.loads((mobile / "signature.json").read_text("utf-8"))
    inputs = facts["signatures"]["serving_default"]["inputs"]
    assert inputs["ids"]["shape"] == [-1, -1]
    assert inputs["lengths"]["type"] == "int32"
    assert all(each["meaning"] for side in facts["signatures"]["serving_default"].values() for each in side.values())
    assert any("vocabulary.txt" in line for line in facts["preparation"])
    page = (mobile / "README.md").read_text("utf-8")
    for word in ("```kotlin", "```swift", "probabilities", "golden.json", "labels.txt"):
        assert word in page


def test_preparation_gives_the_golden_ids(exported):
    """The steps written down, done by hand for the words of the golden inputs."""
    mobile = exported.path / "mobile"
    golden = json.loads((mobile / "golden.json").read_text("utf-8"))
    vocabulary = (mobile / "vocabulary.txt").read_text("utf-8").splitlines()
    number = {word: line for line, word in enumerate(vocabulary)}
    for text, ids, length in zip(golden["inputs"], golden["ids"], golden["lengths"], strict=True):
        words = [part for word in text.split() for part in re.findall(r"[^\W\d_]+|[\W\d_]+", word)]
        by_hand = [id_ for word in words for id_ in _pieces(word, number)]
        assert ids[:length] == by_hand[-exported.config.max_length :]


def _pieces(word, number):
    """The ids of the longest pieces from the start of a word on, or of the unknown token."""
    ids, start = [], 0
    while start < len(word):
        tried = ((end, ("##" if start else "") + word[start:end]) for end in range(len(word), start, -1))
        end, piece = next((found for found in tried if found[1] in number), (None, None))
        if piece is None:
            return [1]
        ids, start = [*ids, number[piece]], end
    return ids


def test_requests_that_warm_a_server_up(exported):
    """Read back by TensorFlow Serving's own classes where they are installed, else the record by its bytes."""
    import tensorflow as tf

    extra = exported.path / "serving" / "1" / "assets.extra" / "tf_serving_warmup_requests"
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(extra))]
    assert len(records) == 2
    for signature, record in zip((b"serving_default", b"ids"), records, strict=True):
        assert exported.path.name.encode() in record
        assert signature in record
    logs = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    loaded = tf.saved_model.load(str(exported.path / "serving" / "1"))
    for record in records:
        request = logs.PredictionLog.FromString(record).predict_log.request
        tensors = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        assert loaded.signatures[request.model_spec.signature_name](**tensors)


def test_a_warm_up_request_byte_by_byte():
    """Against the same message as protoc would encode it: field << 3 | 2, length, content."""
    inner = b"\x0a\x01m\x1a\x03ids"  # ModelSpec: name m, signature_name ids
    tensor = b"\x08\x03\x12\x04\x12\x02\x08\x01\x3a\x01\x07"  # TensorProto: int32, shape [1], int_val 7
    entry = b"\x0a\x01x\x12" + bytes([len(tensor)]) + tensor
    request = b"\x0a" + bytes([len(inner)]) + inner + b"\x12" + bytes([len(entry)]) + entry
    expected = b"\x32" + bytes([len(request) + 2]) + b"\x0a" + bytes([len(request)]) + request
    assert serving_files.prediction_log("m", "ids", {"x": np.array([7], "int32")}) == expected


def test_pages_and_settings_for_a_server(exported):
    for folder, signature in (("serving", "serving_default"), ("serving_ids", "ids")):
        page = (exported.path / folder / "README.md").read_text("utf-8")
        body = next(line for line in page.splitlines() if line.startswith("curl")).split("'")[1]
        assert json.loads(body)["signature_name"] == signature
        assert "prediction_service_pb2_grpc" in page
        name = f"{exported.path.name}{'_ids' if signature == 'ids' else ''}"
        assert f'name: "{name}"' in (exported.path / folder / "models.config").read_text()
        assert "pad_variable_length_inputs: true" in (exported.path / folder / "batching.config").read_text()


def _hold(path, held, release):
    with layout.alone(path, "export"):
        held.set()
        release.wait(60)


def test_an_export_beside_another_is_refused(moved):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(moved.path, held, release))
    other.start()
    assert held.wait(120)
    with pytest.raises(RuntimeError, match="another export of 'tiny' is running; wait until it is done"):
        moved.export("tflite")
    release.set()
    other.join()
    with layout.alone(moved.path, "export"):  # given back
        pass


def test_quantized_export_says_what_it_costs(exported, copied, caplog):
    caplog.set_level("INFO", logger="unroll")
    plain = (exported.path / "mobile" / "model.tflite").stat().st_size
    live = copy.copy(exported)
    live.path = copied
    path = live.export("tflite", quantize="dynamic")["tflite"]
    facts = json.loads((path.parent / "signature.json").read_text("utf-8"))
    before, after = facts["metrics"]["accuracy"]
    valid, scores = live.splits["valid"], live.task.scores
    assert before == scores.score(live, valid, scores.answered(live, valid))["accuracy"]
    assert abs(before - after) < 0.02
    assert facts["quantize"] == "dynamic"
    assert "accuracy" in caplog.text
    assert path.stat().st_size < plain
    assert "| accuracy |" in (path.parent / "README.md").read_text("utf-8")
    assert pipelines.verify(path.parent).passed
    with pytest.raises(ValueError, match="quantize: expected None, dynamic"):
        live.export(quantize="int2")


def test_quantized_export_without_the_data(moved, caplog):
    """It was trained on lists that are gone: the file is written, and said to be unmeasured."""
    path = moved.export("tflite", quantize="float16")["tflite"]
    assert "is not measured" in caplog.text
    assert json.loads((path.parent / "signature.json").read_text("utf-8"))["metrics"] == {}


def test_a_file_scores_as_the_network_does(exported, tmp_path):
    """The runner in the network's place: the unrounded file must give the same metrics."""
    path = shutil.copy(exported.path / "mobile" / "model.tflite", tmp_path)
    found = quantized_scores.measured(exported, path, "nothing")["metrics"]
    assert found
    assert all(before == pytest.approx(after, abs=1e-4) for before, after in found.values())

"""Exports and artifacts with files of any content: a line of the table each, never an exception."""

import json
import os
import shutil

import pytest
from conftest import ROOT

import pipelines
from pipelines.shared.artifacts import layout
from pipelines.shared.checks import rows
from pipelines.shared.export import checksums
from pipelines.shared.storage import plain_json

FROZEN = ROOT / "tests" / "frozen" / "0.1.0"
WRONG = {
    "empty": b"", "no JSON": b"not JSON", "no UTF-8": b'{"a": "\xff"}', "a list": b"[1, 2]", "null": b"null",
    "deep": b"[" * 100_000, "deep objects": b'{"a":' * 100_000, "a large number": b'{"a": ' + b"9" * 5000 + b"}",
    "twice": b'{"a": 1, "a": 2}',
}  # fmt: skip
GOLDEN = {
    "other types": {"ids": {"a": 1}, "lengths": "two", "probabilities": None},
    "ragged": {"ids": [[1], [1, 2]]}, "too large": {"ids": [[10**30]]}, "nested": {"ids": [[[[[[1]]]]]]},
    "wrong numbers": {"probabilities": [[float("nan")]]}, "objects": {"probabilities": [[{}]]},
    "another signature": {"signatures": {"tflite": "another"}}, "signatures": {"signatures": [1]},
    "given": {"given": 1}, "quantize": {"quantize": {"a": 1}}, "rows": {"lengths": []},
}  # fmt: skip


@pytest.fixture
def mobile(tmp_path):
    return shutil.copytree(FROZEN / "sentiment" / "mobile", tmp_path / "mobile")


@pytest.fixture
def artifact(tmp_path):
    return shutil.copytree(FROZEN / "sentiment", tmp_path / "sentiment")


def failed(path):
    """The details of the rows that failed, which have to be short and fit for a terminal."""
    found = pipelines.verify(path)
    assert all(len(check.detail) <= 500 and check.detail.isprintable() for check in found.checks)
    assert str(found)
    return [check.detail for check in found.checks if check.result == rows.FAILED]


@pytest.mark.parametrize("name", WRONG)
def test_a_golden_file_that_is_none(name, mobile):
    (mobile / "golden.json").write_bytes(WRONG[name])
    (detail,) = failed(mobile)
    assert "golden.json is damaged" in detail


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_answers_of_other_kinds(name, mobile):
    golden = json.loads((mobile / "golden.json").read_text("utf-8")) | GOLDEN[name]
    (mobile / "golden.json").write_text(json.dumps(golden))
    assert failed(mobile)


def test_golden_answers_set_no_tolerance(mobile):
    golden = json.loads((mobile / "golden.json").read_text("utf-8"))
    golden["probabilities"][0][0] += 0.01
    (mobile / "golden.json").write_text(json.dumps({**golden, "tolerance": 1e9}))
    (detail,) = failed(mobile)
    assert "at most 1e-05 is right" in detail


def test_what_is_no_file(mobile):
    golden = mobile / "golden.json"
    golden.unlink()
    for make in (golden.mkdir, lambda: golden.symlink_to("/dev/zero"), lambda: os.mkfifo(golden)):
        make()
        (detail,) = failed(mobile)
        assert "golden.json" in detail
        golden.rmdir() if golden.is_dir() else golden.unlink()
    with open(golden, "wb") as file:
        file.truncate(2**30)
    assert "67,108,864 bytes at most" in failed(mobile)[0]
    golden.unlink()
    (mobile / "model.tflite").unlink()
    os.mkfifo(mobile / "model.tflite")
    assert failed(mobile) == ["model.tflite is no file"]
    (mobile / "model.tflite").unlink()
    (mobile / "loop").symlink_to("loop")
    (mobile / "model.tflite").mkdir()
    assert "loop is a link that leads nowhere" in failed(mobile)[0]


def test_names_that_would_write_on_a_terminal(mobile):
    (mobile / "\x1b[31mred\n\u202e").symlink_to("/etc/hostname")
    (detail,) = failed(mobile)
    assert detail == r"\x1b[31mred\n\u202e is a link that leads out of the folder"
    folder = mobile.rename(mobile.parent / "\x1b[31m")
    assert "\x1b" not in str(pipelines.verify(folder))
    (folder.parent / "empty\n\x1b").mkdir()
    with pytest.raises(ValueError, match=r"received a folder of nothing") as raised:
        pipelines.verify(folder.parent / "empty\n\x1b")
    assert str(raised.value).isprintable()


def test_checksums_of_a_new_export(mobile):
    checksums.write(mobile)
    assert not failed(mobile)
    (mobile / "labels.txt").write_text("changed")
    (mobile / "README.md").unlink()
    (mobile / "more.txt").write_text("")
    assert failed(mobile) == ["changed: labels.txt", "missing: README.md", "not of the export: more.txt"]
    for content in (*WRONG.values(), b'{"model.tflite": 1}', b'{"../x": {"bytes": 1}}'):
        (mobile / "sha256.json").write_bytes(content)
        assert failed(mobile)


def test_checksums_of_a_saved_model(tmp_path):
    """Beside what a server reads; a version without them says so in a line that is no failure."""
    version = shutil.copytree(FROZEN / "sentiment" / "serving_ids" / "1", tmp_path / "1")
    assert [check.result for check in checksums.checks(version, "1")] == ["-"]
    checksums.write(version)
    assert (version / "assets.extra" / "sha256.json").exists()
    assert [check.result for check in checksums.checks(version, "1")] == ["passed"]
    (version / "variables" / "variables.index").write_bytes(b"other")
    (found,) = checksums.checks(version, "1")
    assert (found.result, found.detail) == ("FAILED", "changed: variables/variables.index")


def resealed(folder, name, content):
    """Writes a file of an artifact and its checksum."""
    (folder / name).write_bytes(content)
    facts = json.loads((folder / "artifact.json").read_text("utf-8"))
    facts["sha256"][name] = layout.checksum(folder / name)
    (folder / "artifact.json").write_text(json.dumps(facts))


OTHER = {
    "config.json": [b'{"units": "many"}', b'{"no": 1}'],
    "preprocessor.json": [b"{}", b'{"text": 1, "labels": 2}', b'{"text": {}, "labels": []}'],
    "metrics.json": [],
    "artifact.json": [b"{}", b'{"task": "sentiment", "format": 1, "sha256": 1}', b'{"format": []}'],
}


@pytest.mark.parametrize("name", OTHER)
def test_metadata_of_an_artifact(name, artifact):
    """One error of a few hundred characters, of whatever is in it."""
    for content in (*WRONG.values(), *OTHER[name]):
        if name == "artifact.json":
            (artifact / name).write_bytes(content)
        else:
            resealed(artifact, name, content)
        with pytest.raises((ValueError, TypeError)) as raised:
            pipelines.sentiment.load("sentiment", directory=artifact.parent)
        assert len(str(raised.value)) < 600


def test_an_artifact_is_verified_whatever_is_in_it(artifact):
    resealed(artifact, "preprocessor.json", b'{"words": 1}')
    (artifact / "serving" / "2").mkdir()
    (artifact / "serving" / ".3.partial").mkdir()
    shutil.copy(artifact / "serving" / "1" / "saved_model.pb", artifact / "serving" / ".3.partial")
    (artifact / "serving" / "1" / "saved_model.pb").write_bytes(b"damaged")
    rows = {(check.subject, check.name): check.result for check in pipelines.verify(artifact).checks}
    assert rows["sentiment", "files"] == rows["serving/2", "files"] == rows["serving/.3.partial", "files"] == "FAILED"
    assert rows["serving/1", "SavedModel"] == "FAILED"
    assert rows["serving_ids/1", "ids: golden answers"] == "passed"
    assert rows["mobile", "serving_default: golden answers"] == "passed"


def test_plain_json(tmp_path):
    (tmp_path / "fine.json").write_text('{"a": [1, NaN]}')
    assert list(plain_json.read(tmp_path / "fine.json")) == ["a"]
    with pytest.raises(ValueError, match="expected a list, received an object"):
        plain_json.read(tmp_path / "fine.json", list)

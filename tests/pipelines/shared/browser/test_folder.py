"""The folder of `--format web`: whole, compared with the model, put in place at once; what it refuses."""

import errno
import json
import re

import numpy as np
import packages
import pytest
from ai_edge_litert.interpreter import Interpreter

import pipelines
from pipelines.shared.browser import folder, site


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    return packages.put(tmp_path / "packages", monkeypatch)


def test_a_classifier(moved, runtime):
    web = moved.export("web", runtime=runtime)["web"]
    kept = json.loads(re.search(r"^const FILES = (.*);$", (web / "service-worker.js").read_text(), re.M)[1])
    written = {path.relative_to(web).as_posix() for path in web.rglob("*") if path.is_file()}
    assert written == {*kept, "service-worker.js", "sha256.json"}
    model = json.loads((web / "model.json").read_text())
    assert model["module"] == "sentiment/model.js" and f"static/{model['module']}" in written
    golden = json.loads((web / "check.json").read_text())["calls"]
    text, ids = next((call["values"]["text"], call["answer"]) for call in golden if call["answer"])
    assert moved.preprocessor.sequences([text])[0].tolist() == ids
    run = Interpreter(str(web / "model.tflite")).get_signature_runner(
        f"serving_default_{model['settings']['sizes'][-1]}"
    )
    filled = np.zeros([1, model["settings"]["sizes"][-1]], "int32")
    filled[0, : len(ids)] = ids
    found = run(ids=filled, lengths=np.array([len(ids)], "int32"))["probabilities"][0]
    expected = next(call["answer"]["probabilities"] for call in golden if call["values"] == {"input": text})
    np.testing.assert_allclose(found, [*expected.values()], rtol=0, atol=1e-5)
    assert "web" in pipelines.sentiment.list(directory=moved.path.parent)[0].exports
    assert pipelines.verify(web).passed


def test_one_that_differs_is_not_put_in_place(moved, runtime, monkeypatch):
    called = folder.fixed_sizes.called

    def damaged(path, target, shapes):
        called(path, target, shapes)
        kept = moved.model.get_weights()
        moved.model.set_weights([weight + 0.1 for weight in kept])

    monkeypatch.setattr(folder.fixed_sizes, "called", damaged)
    with pytest.raises(RuntimeError, match=r"serving_default_\d+ differs from the model"):
        moved.export("web", runtime=runtime)
    assert not (moved.path / "web").exists()


def test_a_full_disk_keeps_what_was_there(moved, runtime, monkeypatch):
    (moved.path / "web").mkdir()
    (moved.path / "web" / "index.html").write_text("old")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(site, "service_worker", full)
    monkeypatch.setattr(folder, "_write_model", lambda *arguments: None)
    with pytest.raises(OSError, match=r"the disk is full"):
        moved.export("web", runtime=runtime)
    assert [path.name for path in (moved.path / "web").iterdir()] == ["index.html"]


@pytest.mark.parametrize("name", ["streaming", "fused"])
def test_options_that_a_page_has_no_use_for(name, trained):
    with pytest.raises(ValueError, match=rf"{name}: expected format='tflite' or 'both', received 'web'"):
        trained.export("web", **{name: True})


def test_a_runtime_for_other_formats(trained, tmp_path):
    with pytest.raises(ValueError, match=r"runtime: expected format='web', received 'tflite'"):
        trained.export("tflite", runtime=tmp_path)


def test_a_task_without_a_page_in_the_browser(trained, monkeypatch):
    monkeypatch.setattr("pipelines.sentiment.signatures.browser", lambda artifact: None)
    with pytest.raises(ValueError, match=r"format web: expected a task with a page .*, received sentiment"):
        trained.export("web")


def test_names_become_no_html(moved):
    moved.path = moved.path.with_name("a<b>&'\"")
    page = site.files(moved)["index.html"].decode()
    assert "a<b>" not in page and "a&lt;b&gt;" in page
    assert not re.search(r"(?:https?:)?//[\w-]+\.\w", page)

import json
import os
import shutil
import signal
import time

import numpy as np
import pytest
from conftest import TINY, reviews, running

import pipelines
from pipelines.shared.artifacts import layout
from pipelines.shared.report import pages
from pipelines.shared.training import fitting

LONG = """
import sys
import pipelines
from pipelines.sentiment import sample as sentiment_sample
texts, labels = sentiment_sample.generate()
options = dict(units=8, embedding_size=8, bidirectional=False, buckets=1, patience=1000, schedule="constant")
pipelines.sentiment.train((texts[:300], labels[:300]), directory=sys.argv[1], name="cut", epochs=1000, **options)
"""


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def waited_for(found, process, seconds=240):
    """Waits until `found()` is true while the process runs."""
    end = time.monotonic() + seconds
    while not found():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "the training did not come that far"
        time.sleep(0.05)


def test_artifact_is_whole(trained):
    path = trained.path
    there = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    assert {*layout.CHECKED, "artifact.json", "report/index.html"} <= there
    assert not [
        name for name in there if name.endswith((".npz", ".partial")) and name not in ("baselines.npz", "outcomes.npz")
    ]
    for split in ("train", "validation"):
        assert list((path / "logs" / "tensorboard" / split).glob("events.*"))
    assert not (path.parent / "tiny.training").exists()
    assert len(fitting.read_log(path / "logs")) == TINY["epochs"]
    assert trained.history == fitting.history(path / "logs")
    assert "in memory" in (path / "report" / "index.html").read_text("utf-8")


def test_loaded_equals_live(trained, moved):
    assert moved.config == trained.config
    assert moved.metrics == trained.metrics == pytest.approx(trained.evaluate())
    assert moved.history == trained.history
    assert moved.evaluate(reviews(60)) == pytest.approx(trained.evaluate(reviews(60)))
    assert repr(moved).startswith("<sentiment artifact ")


def test_new_data_is_evaluated_beside_the_baselines(trained):
    numbers = trained.evaluate((["a superb film", "a dreadful film"], ["positive", "negative"]))
    assert {"accuracy", "baseline_linear_accuracy", "baseline_majority_accuracy"} <= set(numbers)
    assert numbers["baseline_majority_accuracy"] == 0.5
    assert all(isinstance(value, float) for value in numbers.values())


def test_own_test_split_that_was_in_memory_is_gone(moved):
    with pytest.raises(ValueError, match="evaluate: 'tiny' was trained on data in memory, which is gone; give data="):
        moved.evaluate()
    with pytest.raises(ValueError, match="train: 'tiny' was trained on data in memory"):
        moved.train()


@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped"])
def test_damaged_artifact_is_not_loaded(damage, copied):
    file = copied / "model.keras"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content if damage == "flipped" else content[:-100])
    if damage == "missing":
        file.unlink()
    error = FileNotFoundError if damage == "missing" else ValueError
    with pytest.raises(error, match=r"model\.keras is (missing|damaged.*); train again"):
        pipelines.sentiment.predict(["good"], name="tiny", directory=copied.parent)


@pytest.mark.parametrize("name", ["", "../x"])
@pytest.mark.parametrize("verb", ["train", "tune", "load", "evaluate", "export"])
def test_bad_names_are_refused_by_every_verb(verb, name, tmp_path):
    with pytest.raises(ValueError, match="name: expected letters"):
        getattr(pipelines.sentiment, verb)(name=name, directory=tmp_path / "in")
    assert not os.listdir(tmp_path)


def test_same_seed_same_weights_and_training_again_keeps_the_versions(trained, copied, capsys, caplog):
    directory, before = copied.parent, tree(copied)
    layout.write_json(copied / "artifact.json", {**json.loads(before["artifact.json"]), "last_version": 4})
    again = pipelines.sentiment.train(reviews(), directory=directory, name="tiny", **TINY)
    assert "tiny is there as version 1; the training makes version 5; kept: 1" in caplog.text
    assert tree(directory / "tiny.versions" / "1").keys() == before.keys()
    for left, right in zip(again.model.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert again.facts["version"] == 5  # one more than there ever was
    assert "tiny, version 5" in (again.path / "report" / "index.html").read_text("utf-8")
    printed = capsys.readouterr()
    assert f"epoch 1/{TINY['epochs']}" in printed.err
    assert "epoch" not in printed.out and "artifact.predict(" in printed.out  # the verdict, and what to do next

    first = pipelines.sentiment.load("tiny", version=1, directory=directory)
    assert first.metrics == trained.metrics
    assert (first.name, first.path) == ("tiny", directory / "tiny.versions" / "1")
    assert [(row.version, row.in_use) for row in pipelines.sentiment.list(directory=directory)] == [
        (5, True),
        (1, False),
    ]
    restored = pipelines.sentiment.restore("tiny", directory=directory)
    assert restored.facts["version"] == 1
    assert restored.path == copied
    with pytest.raises(RuntimeError, match="changed since it was loaded as version 5: version 1 stands there; load it"):
        again.export("tflite")
    assert not (copied / "mobile").exists()
    assert pipelines.sentiment.remove("tiny", 5, directory=directory) == [5]
    assert os.listdir(directory / "tiny.versions") == []


def test_a_second_training_of_a_name_is_refused_at_the_start(copied):
    """In another process, before it reads its data."""
    before = tree(copied)
    script = """
import sys
import pipelines
pipelines.sentiment.train("nowhere.csv", directory=sys.argv[1], name="tiny", resume="resume" in sys.argv)
"""
    with layout.alone(copied, "train"):
        for arguments in ((), ("resume",)):
            errors = running(script, copied.parent, *arguments).communicate(timeout=300)[1]
            assert "RuntimeError: train: another train of 'tiny' is running; wait until it is done" in errors
            assert f"process {os.getpid()} on " in errors
    assert tree(copied) == before


def test_full_disk_while_saving(copied, monkeypatch):
    """The old artifact stays, no folder is left, and nothing that was learned is lost."""
    before, directory = tree(copied), copied.parent
    write = pages.write

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages, "write", full)
    with pytest.raises(OSError, match=r"the disk is full; free some space.*untouched.*go on with resume=True"):
        pipelines.sentiment.train(reviews(), directory=directory, name="tiny", seed=1, **TINY)
    assert tree(copied) == before
    assert sorted(os.listdir(directory)) == ["tiny", "tiny.training"]
    with pytest.raises(ValueError, match="seed was 1 and is 2"):
        pipelines.sentiment.train(reviews(), directory=directory, name="tiny", seed=2, resume=True, **TINY)
    with pytest.raises(ValueError, match="examples was"):
        pipelines.sentiment.train(reviews(200), directory=directory, name="tiny", seed=1, resume=True, **TINY)
    monkeypatch.setattr(pages, "write", write)
    finished = pipelines.sentiment.train(reviews(), directory=directory, name="tiny", seed=1, resume=True, **TINY)
    assert len(finished.history["loss"]) == TINY["epochs"]
    assert sorted(os.listdir(directory)) == ["tiny", "tiny.versions"]
    assert tree(directory / "tiny.versions" / "1") == before


def test_unwritable_directory_is_said_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="a file stands where a folder should"):
        pipelines.sentiment.train(reviews(), directory=tmp_path / "file", **TINY)


def test_divergence_is_an_error_and_leaves_the_old_artifact(copied):
    before = tree(copied)
    with pytest.raises(FloatingPointError, match="the loss is not a number after epoch 1"):
        pipelines.sentiment.train(
            reviews(), directory=copied.parent, name="tiny", cell="rnn", activation="relu", learning_rate=10.0,
            clip_norm=None, **{**TINY, "epochs": 3, "units": 32},
        )  # fmt: skip
    assert tree(copied) == before


def test_killed_training_goes_on(tmp_path):
    """kill -9 after a few epochs of a process of its own; then the same call with resume."""
    process = running(LONG, tmp_path)
    folder = tmp_path / "cut.training"
    waited_for(lambda: any(fitting._epochs(path) >= 2 for path in folder.glob("last-*.npz")), process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with pytest.raises(FileNotFoundError, match=r"a training of it that was cut off; go on with: .* --resume"):
        pipelines.sentiment.load("cut", directory=tmp_path)
    learned = fitting._epochs(max(folder.glob("last-*.npz"), key=fitting._epochs))
    before = fitting.history(folder)["loss"][:learned]
    options = {**TINY, "patience": 1000, "schedule": "constant", "epochs": learned + 1}
    artifact = pipelines.sentiment.train(reviews(), directory=tmp_path, name="cut", resume=True, **options)
    assert artifact.history["loss"][:-1] == before
    assert len(artifact.history["loss"]) == learned + 1 == len(fitting.read_log(artifact.path / "logs"))
    assert os.listdir(tmp_path) == ["cut"]
    whole = pipelines.sentiment.train(reviews(), directory=tmp_path, name="whole", **options)
    assert artifact.history == whole.history


# A shell that starts a job in the background has it ignore Ctrl-C, and so has every process of that job.
COMMAND = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pipelines", run_name="__main__")
"""


def test_interrupted_command_says_how_to_go_on(tmp_path):
    """Ctrl-C to the real command line."""
    lines = ["text,label", *(f'"{text}",{label}' for text, label in zip(*reviews(), strict=True))]
    (tmp_path / "reviews.csv").write_text("\n".join(lines), "utf-8")
    command = "sentiment train --name cut --units 8 --embedding-size 8 --no-bidirectional --buckets 1 --epochs 1000"
    process = running(COMMAND, *command.split(), "--data", "reviews.csv", "--patience", "1000", cwd=tmp_path)
    folder = tmp_path / "saved_models" / "cut.training"
    waited_for(lambda: any(folder.glob("last-*.npz")), process)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert printed == ""
    assert "Stopped. What was learned up to the last whole epoch is in" in errors
    assert errors.rstrip().endswith("go on with resume=True (--resume)")
    assert "Traceback" not in errors
    assert any(folder.glob("last-*.npz"))


def test_own_source_is_trained_on_again(trained, copied, monkeypatch):
    """Without data, an artifact trains on what it was trained on, not on the built-in sample."""
    given = {}
    artifact = pipelines.sentiment.load("tiny", directory=copied.parent)
    artifact.facts["source"] = {"data": "/there/reviews.csv", "valid": None, "test": "/there/test.csv"}
    monkeypatch.setattr(type(artifact.task), "train", lambda task, **options: given.update(options))
    artifact.train(units=16)
    assert (given["data"], given["test"], given["units"], given["name"]) == (
        "/there/reviews.csv", "/there/test.csv", 16, "tiny",
    )  # fmt: skip
    assert given["config"]["embedding_size"] == TINY["embedding_size"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"), reason="needs mount")
@pytest.mark.slow
@pytest.mark.parametrize("size", [60, 250, 600])
def test_really_full_disk(size, tmp_path):
    """A file system of a few kilobytes: fills in the log, in a checkpoint or in the artifact."""
    import subprocess

    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("mount is not allowed here")
    try:
        with pytest.raises(OSError, match="the disk is full; free some space"):
            pipelines.sentiment.train(reviews(), directory=tmp_path, **{**TINY, "units": 64})
        assert not (tmp_path / "sentiment").exists()
        assert not (tmp_path / ".sentiment.partial").exists()
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)

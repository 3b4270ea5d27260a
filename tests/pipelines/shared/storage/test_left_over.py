"""What lies about after a training, prediction or search that was killed: nothing in the system's temporary folder.

An export leaves one file of AutoGraph's, which `tf.saved_model.save` makes, until its process ends.
"""

import json
import os
import signal

import pytest
from conftest import TINY, TINY_MUSIC, TINY_TRANSLATION, chorales, pairs, reviews, running

WORK = """
import json, os, signal, sys, warnings
warnings.simplefilter("ignore")
import pipelines
task, data, options, directory = json.loads(sys.argv[1])
pipeline = getattr(pipelines, task)
artifact = pipeline.train(data, directory=directory, name="mine", **options)
artifact.predict([60] if task == "music" else ["good"])
if task == "sentiment":
    pipeline.tune(data, directory=directory, name="mine", trials=1, space={"dropout": [0.1]}, **options)
print(sorted(os.listdir(os.environ["TMPDIR"])), flush=True)
os.kill(os.getpid(), signal.SIGKILL)  # no clearing up at the end
"""
TASKS = {
    "sentiment": lambda: ("sentiment", reviews(60), TINY),
    "translation": lambda: ("translation", pairs(100), {**TINY_TRANSLATION, "epochs": 1}),
    "piano_roll": lambda: ("music", chorales(), TINY_MUSIC),
    "events": lambda: ("music", chorales(), {**TINY_MUSIC, "model": "events"}),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "sentiment" else pytest.mark.slow) for name in TASKS]
)
def test_killed_process_leaves_no_temporary_files(name, tmp_path, monkeypatch):
    temporary, models = tmp_path / "temporary", tmp_path / "models"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    process = running(WORK, json.dumps([*TASKS[name](), str(models)]))
    printed, errors = process.communicate(timeout=500)
    assert process.returncode == -signal.SIGKILL, errors
    assert printed.splitlines()[-1] == "[]" and not os.listdir(temporary)
    assert not [path for path in models.iterdir() if "partial" in path.name]

"""Tunes out of a SavedModel and of a .tflite, the same as Python's from the same noise, in processes without Keras."""

import json

import numpy as np
import pytest
from conftest import output

from pipelines.music import scores as music_scores
from pipelines.music import signatures as music_exports
from pipelines.music.forms import piano_roll
from pipelines.music.reading import files as music_files
from pipelines.shared.export import conversion, formats

APP = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter

folder, pitch, steps, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
facts = json.load(open(f"{folder}/music.json"))
run = Interpreter(f"{folder}/model.tflite", num_threads=1).get_signature_runner("generate")
noise = np.load(f"{folder}/noise.npy")
found = run(
    chords=np.array([[[pitch - facts["lowest_pitch"], 88]]], "int32"), noise=noise, length=np.array([steps], "int32"),
    temperature=np.array([0.9], "float32"), top_k=np.array([2**31 - 1], "int32"), top_p=np.array([1.1], "float32"),
    allowed_keys=np.ones((1, 88), "float32"),
)
print(json.dumps(found["tokens"][0][: found["lengths"][0]].tolist()))
"""


def test_an_app_draws_the_tune_that_python_draws(tuneful_exported, tmp_path):
    from pipelines.music.tunes import sampling

    drawer = sampling.drawer_of(tuneful_exported)
    mobile = tuneful_exported.path / "mobile"
    for name in ("model.tflite", "music.json"):
        (tmp_path / name).write_bytes((mobile / name).read_bytes())
    np.save(tmp_path / "noise.npy", drawer.noise(1, 23, 7))
    tokens = np.array(json.loads(output(APP, tmp_path, 60, 24, 7)))
    (tune,) = tuneful_exported.generate(60, length=24, seed=7)
    notes = drawer.steps.notes(drawer.steps.from_pitches([60])[0], tokens, 24)
    np.testing.assert_allclose(notes / [2, 2, 1], np.array(tune.notes))
    assert tokens[-1] == drawer.steps.stop


def test_a_file_scores_as_the_network_does(tuneful_exported):
    """As it does to measure what rounding its weights cost."""
    examples = tuneful_exported.splits["valid"]
    interpreter = formats.Interpreter(str(tuneful_exported.path / "mobile" / "model.tflite"))
    found = tuneful_exported.task.scores.score_tflite(tuneful_exported, interpreter, examples)
    expected = music_scores.likelihood_measures(*music_scores.likelihoods(tuneful_exported, examples))
    assert set(found) == {"nll", "nll_with_first"}
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-5)


def test_step_by_step_is_generate(tuneful_exported):
    """An app that draws by itself from `step` gets the same tune."""
    from pipelines.music.tunes import sampling

    steps = sampling.drawer_of(tuneful_exported).steps
    noise = sampling.drawer_of(tuneful_exported).noise(1, 11, 3)
    interpreter = formats.Interpreter(str(tuneful_exported.path / "mobile" / "model.tflite"))
    start, step, generate = map(interpreter.get_signature_runner, ("start", "step", "generate"))
    state = start(chords=steps.from_pitches([60]))
    token, drawn = state.pop("token"), []
    asked = {"length": np.array([12], "int32"), "allowed_keys": np.ones((1, 88), "float32")}
    for time in range(noise.shape[1]):
        state = step(token=token, **asked, **state)
        token = np.array([(state.pop("logits")[0] + noise[0, time]).argmax()], "int32")
        drawn.append(int(token[0]))
        if drawn[-1] == steps.stop:
            break
    whole = generate(
        chords=steps.from_pitches([60]), noise=noise, temperature=np.ones(1, "float32"),
        top_k=np.array([99], "int32"), top_p=np.array([1.1], "float32"), **asked,
    )  # fmt: skip
    assert drawn == whole["tokens"][0][: whole["lengths"][0]].tolist()


def test_the_server_draws_from_a_seed_what_python_draws(tuneful_exported):
    script = """
import sys
import tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
found = serve(first=tf.constant([60, 64]), seed=tf.constant([5, 6]), length=tf.constant([16, 16]),
              temperature=tf.constant([0.9, 0.9]))
print(found["tokens"].numpy().tolist(), found["lengths"].numpy().tolist(), sep="\\n")
"""
    printed = output(script, tuneful_exported.path / "serving" / "1").splitlines()[-2:]
    tokens, lengths = map(json.loads, printed)
    from pipelines.music.tunes import sampling

    steps = sampling.drawer_of(tuneful_exported).steps
    for row, (pitch, seed) in enumerate([(60, 5), (64, 6)]):
        notes = steps.notes(steps.from_pitches([pitch])[0], np.array(tokens[row][: lengths[row]]), 16)
        (tune,) = tuneful_exported.generate(pitch, length=16, seed=seed)
        np.testing.assert_allclose(notes / [2, 2, 1], np.array(tune.notes))


def test_what_stands_beside_the_file(tuneful_exported):
    mobile = tuneful_exported.path / "mobile"
    assert not conversion.foreign(mobile / "model.tflite")
    names = (mobile / "vocabulary.txt").read_text().splitlines()
    assert (names[0], names[87], len(names)) == ("21", "108", 90)
    facts = json.loads((mobile / "music.json").read_text())
    assert facts["steps_per_quarter"] == 2
    assert json.loads((mobile / "golden.json").read_text())["tokens"]
    assert "chords" in " ".join(music_exports.preparation(tuneful_exported))


def test_chords_of_files_are_what_the_app_is_told():
    """The example of `preparation`: a middle C."""
    (piece,) = music_files.read([[[60]]])[""]
    assert piano_roll.chords(piano_roll.roll(piece.notes, 1, 1)).tolist() == [[39, 88]]


@pytest.mark.slow
def test_events_convert_too(eventful):
    path = eventful.export("tflite")["tflite"]
    assert not conversion.foreign(path)

"""What earlier releases wrote opens, answers, exports and goes on with this one. See tests/frozen/freeze.py."""

import json
import pathlib
import shutil

import numpy as np
import pytest

import pipelines

FROZEN = pathlib.Path(__file__).parents[1] / "frozen"
VERSIONS = sorted(folder.name for folder in FROZEN.iterdir() if (folder / "expected.json").exists())
EXPECTED = {version: json.loads((FROZEN / version / "expected.json").read_text("utf-8")) for version in VERSIONS}
NETWORKS = [(version, name) for version in VERSIONS for name in EXPECTED[version]]
each_network = pytest.mark.parametrize(("version", "name"), NETWORKS)
quick_ones = pytest.mark.parametrize(  # the others take as long again
    ("version", "name"),
    [
        pytest.param(*one, marks=[pytest.mark.slow] if one[1] in ("piano_roll", "translation", "events") else [])
        for one in NETWORKS
    ],
)


def plain(answers):
    """Answers of any task as JSON holds them."""
    if hasattr(answers[0], "notes"):
        return [[[float(x) for x in note] for note in tune.notes] for tune in answers]
    return json.loads(json.dumps(answers, default=float))


def same(found, expected, tolerance=1e-5):
    """Asserts that two structures of JSON are the same, numbers to a tolerance."""
    if isinstance(expected, dict):
        assert set(expected) <= set(found)
        for name, value in expected.items():
            same(found[name], value, tolerance)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other, tolerance)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)
    else:
        assert found == expected


@pytest.fixture
def frozen(version, name, tmp_path):
    """(copy of the version's folder with all of a network, what is expected of it)."""
    for folder in FROZEN.joinpath(version).glob(f"{name}*"):
        shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path, EXPECTED[version][name]


def source(expected):
    """The data as it was given: texts as a tuple of columns, music as a list, others as a mapping of columns."""
    return tuple(expected["data"]) if expected["task"] in ("sentiment", "translation") else expected["data"]


@each_network
def test_an_artifact_answers_as_it_did(version, name):
    expected = EXPECTED[version][name]
    artifact = getattr(pipelines, expected["task"]).load(name, directory=FROZEN / version)
    assert artifact.metrics == expected["metrics"]
    same(plain(artifact.predict(expected["inputs"])), expected["answers"])


@quick_ones
def test_exports_of_then_are_whole_and_new_ones_too(version, name, frozen):
    directory, expected = frozen
    before = pipelines.verify(directory / name)
    assert before.passed, before
    getattr(pipelines, expected["task"]).load(name, directory=directory).export(format="tflite")
    after = pipelines.verify(directory / name)
    assert after.passed, after


@quick_ones
def test_a_training_that_was_cut_off_then_ends_as_one_that_was_not(version, name, frozen):
    directory, expected = frozen
    train = getattr(pipelines, expected["task"]).train
    artifact = train(source(expected), name=f"{name}_cut", directory=directory, resume=True, **expected["options"])
    assert {name: len(values) for name, values in artifact.history.items()} == {
        name: len(values) for name, values in expected["history"].items()
    }
    # 0.1.0 drew a translator's subwords in an order that differed from process to process.
    count = 1 if expected["task"] == "translation" else expected["options"]["epochs"]
    for name, values in expected["history"].items():
        same(artifact.history[name][:count], values[:count], 1e-3)  # another machine rounds otherwise
    assert not list(directory.glob("*.training"))


@pytest.mark.parametrize("version", VERSIONS)
def test_stateful_models_load_with_their_states(version):
    import keras

    import layers

    layers.register()
    folder = FROZEN / version
    with np.load(folder / "stateful.npz") as arrays:
        x, y = arrays["x"], arrays["y"]
    model = keras.models.load_model(folder / "stateful.keras")
    np.testing.assert_allclose(model(x), y, atol=1e-6)
    model.reset_states() if hasattr(model, "reset_states") else [layer.reset_state() for layer in model.layers]
    model.load_weights(folder / "stateful.weights.h5")
    np.testing.assert_allclose(model(x), y, atol=1e-6)

"""`BesideSteps` against loops over single steps, with masks, in files and one step at a time."""

import keras
import numpy as np
import pytest

import layers


def drawn(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 0), (0, 1), (2, 3)])
def test_steps_beside_are_those_before_and_after(before, after):
    x = drawn(2, 5, 3, 2)
    output = array(layers.BesideSteps(before, after)(x))
    padded = np.pad(x, [(0, 0), (before, after), (0, 0), (0, 0)])
    for step in range(5):
        expected = np.concatenate([padded[:, step + place] for place in range(before + 1 + after)], axis=-1)
        np.testing.assert_array_equal(output[:, step], expected)


def test_padding_changes_nothing_beside():
    x, layer = drawn(2, 5, 3), layers.BesideSteps(1, 2)
    np.testing.assert_array_equal(array(layer(x, lengths=[3, 5]))[0, :3], array(layer(x[:1, :3]))[0])


def model(before=2, after=0):
    frames = keras.Input((None, 6, 5, 1), name="frames")
    lengths = keras.Input((), dtype="int32", name="lengths")
    inner = keras.Sequential([keras.Input((6, 5, before + 1 + after)), keras.layers.Flatten(), keras.layers.Dense(4)])
    x = layers.TimeDistributed(inner)(layers.BesideSteps(before, after)(frames, lengths=lengths))
    y = keras.layers.Dense(2, name="scores")(layers.GRU(3, return_sequences=True)(x, lengths=lengths))
    return keras.Model({"frames": frames, "lengths": lengths}, y)


def test_files_hold_both(tmp_path):
    made, batch = model(), {"frames": drawn(2, 5, 6, 5, 1), "lengths": np.array([5, 2], "int32")}
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(made(batch)), array(loaded(batch)), atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's own: graphs and LiteRT")
def test_step_by_step_is_as_the_whole_in_litert(tmp_path):
    import pipelines

    exported = pipelines.export_keras(model(), tmp_path / "model.tflite", streaming=True)
    assert exported.difference < 1e-5


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's own: graphs and LiteRT")
def test_steps_ahead_cannot_be_streamed(tmp_path):
    import pipelines

    with pytest.raises(ValueError, match="looks at the 1 steps after each"):
        pipelines.export_keras(model(after=1), tmp_path / "model.tflite", streaming=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.BesideSteps(-1), "before: expected an integer of at least 0, received -1"),
        (lambda: layers.BesideSteps(1, 0.5), "after: expected an integer of at least 0"),
        (lambda: layers.BesideSteps(1)(np.zeros((2, 3))), "sequences: expected"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

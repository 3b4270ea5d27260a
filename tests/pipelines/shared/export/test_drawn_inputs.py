"""What an export is compared on holds all that padding can be; masks made wrongly on purpose are noticed."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import layers
import pipelines
from pipelines.shared.export import comparison
from pipelines.shared.export.inputs import compared_calls
from pipelines.shared.export.models import accepted_models

INF, NAN = np.inf, np.nan


def calls(model, examples=None, batch=None):
    return compared_calls.calls(accepted_models.functional(model), examples, batch)


def patterns_of(masked):
    """The kinds of rows among (rows, steps) of masked steps."""
    kinds = {"none": ~masked.any(1), "all": masked.all(1), "first": masked[:, 0], "last": masked[:, -1],
             "middle": masked[:, masked.shape[1] // 2] & ~masked[:, 0] & ~masked[:, -1]}  # fmt: skip
    return {name for name, rows in kinds.items() if rows.any()}


ALL = {"none", "all", "first", "last", "middle"}


def sequential(*stack, shape=(None, 3), **options):
    return keras.Sequential([keras.Input(shape, **options), *stack])


def ids_masked():
    return sequential(
        keras.layers.Embedding(20000, 3, mask_zero=True), keras.layers.GRU(4), shape=[None], dtype="int32"
    )


def frames_masked(value=-1.5):
    return sequential(keras.layers.Dropout(0.1), keras.layers.Masking(value), keras.layers.LSTM(4))


@pytest.mark.parametrize("batch", [None, 1, 4])
def test_masked_steps_of_ids_and_frames(batch):
    found = [ids for (ids,) in calls(ids_masked(), batch=batch)]
    assert set().union(*(patterns_of(ids == 0) for ids in found)) == ALL
    assert all(ids.max() == 19999 or ids.max() == 0 for ids in found if len(ids) > 1)
    assert max(ids.max() for ids in found) == 19999
    assert set().union(*(patterns_of((x == -1.5).all(-1)) for (x,) in calls(frames_masked(), batch=batch))) == ALL


def test_each_input_is_drawn_by_what_is_done_with_it():
    small, large = (keras.Input([None], dtype="int32", name=name) for name in ("small", "large"))
    lengths, kept = keras.Input([], dtype="int32", name="lengths"), keras.Input([None], dtype="bool", name="kept")
    kind = keras.Input([], dtype="int32", name="kind")
    inner = keras.Sequential([keras.Input([None], dtype="int32"), layers.Embedding(500, 3)])
    x = keras.layers.Concatenate()([layers.Embedding(5, 3)(small), inner(large)])
    y = layers.LSTM(4)(x, lengths=lengths, mask=kept)
    model = keras.Model([small, large, lengths, kept, kind], [y, keras.layers.Embedding(7, 2)(kind)])
    found = [dict(zip(["small", "large", "lengths", "kept", "kind"], call, strict=True)) for call in calls(model)]
    greatest = {name: max(call[name].max() for call in found) for name in ("small", "large", "kind")}
    assert greatest == {"small": 4, "large": 499, "kind": 6}
    steps = [call["small"].shape[1] for call in found]
    assert {0, 1} <= {int(n) for call in found for n in call["lengths"]}
    assert any(n in call["lengths"] for n, call in zip(steps, found, strict=True))
    assert set().union(*(patterns_of(~call["kept"]) for call in found)) == ALL


def test_a_users_examples_are_also_padded_in_every_way():
    x = np.random.default_rng(0).normal(size=(4, 9, 3))
    given = calls(frames_masked(), x)
    np.testing.assert_array_equal(given[1][0], x.astype("float32"))
    assert set().union(*(patterns_of((x == -1.5).all(-1)) for (x,) in given)) == ALL
    assert len(calls(sequential(keras.layers.LSTM(4)), x)) == 2


def test_a_mask_that_is_dropped_is_noticed(tmp_path, monkeypatch):
    loop = layers.recurrent.SequenceLayer._loop
    monkeypatch.setattr(
        layers.recurrent.SequenceLayer, "_loop", lambda self, x, mask, *rest: loop(self, x, None, *rest)
    )
    with pytest.raises(RuntimeError, match="differs from the model's"):
        pipelines.export_keras(frames_masked(), tmp_path / "model.tflite")


@pytest.mark.parametrize("make", [ids_masked, frames_masked], ids=["Embedding", "Masking"])
def test_step_obeys_masks(make, tmp_path):
    model = make()
    path = pipelines.export_keras(model, tmp_path / "model.tflite", streaming=True).path
    step = Interpreter(str(path)).get_signature_runner("step")
    details = step.get_input_details()
    (name,) = [each for each in details if not each.startswith("state_")]
    x = calls(model)[-1][0]
    states = {each: np.zeros((len(x), 4), "float32") for each in details if each != name}
    for t in range(x.shape[1]):
        found = step(**{name: x[:, t]}, **states)
        states = {each: found[each] for each in states}
        (answer,) = (value for each, value in found.items() if not each.startswith("state_"))
        np.testing.assert_allclose(answer, model(x[:, : t + 1]), atol=1e-5)


def test_a_mask_made_of_several_steps_does_not_stream(tmp_path):
    x = keras.Input([None, 3])
    later = keras.ops.cumsum(keras.ops.any(keras.ops.not_equal(x, 0), -1), 1) > 2
    model = keras.Model(x, layers.GRU(4)(x, mask=later))
    with pytest.raises(ValueError, match=r"frame by frame .* makes a mask .* needs more than one"):
        pipelines.export_keras(model, tmp_path / "model.tflite", streaming=True)


def mean_by_lengths():
    x, lengths = keras.Input([None, 3]), keras.Input([], dtype="int32", name="lengths")
    y = layers.GRU(4, return_sequences=True)(x, lengths=lengths)
    total = keras.ops.sum(y, 1) / keras.ops.cast(keras.ops.expand_dims(lengths, 1), "float32")
    return keras.Model([x, lengths], total)


def test_a_model_that_answers_nan_to_an_empty_row(tmp_path, caplog):
    written = pipelines.export_keras(mean_by_lengths(), tmp_path / "model.tflite")
    assert written.difference < 1e-5
    assert "the model itself answers NaN to some of the inputs it was compared on, and so does the file" in str(written)
    assert "model.tflite: the model itself answers NaN" in caplog.text


def test_a_model_that_fails_on_an_empty_row_is_said(tmp_path):
    x, lengths = keras.Input([None, 3]), keras.Input([], dtype="int32", name="lengths")
    y = layers.GRU(4, return_sequences=True)(x, lengths=lengths)
    last = keras.ops.take_along_axis(y, keras.ops.reshape(lengths, (-1, 1, 1)) - 1, axis=1)
    first = keras.layers.Lambda(lambda n: __import__("tensorflow").debugging.check_numerics(1 / n, "empty"))(
        keras.ops.cast(lengths, "float32")
    )
    with pytest.raises(ValueError, match=r"the model itself fails on inputs it is compared on .* length 0"):
        pipelines.export_keras(keras.Model([x, lengths], [last, first]), tmp_path / "model.tflite")


@pytest.mark.parametrize(
    ("found", "expected", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5 / 2.5),
        ([0.1], [0.2], 0.1),
        ([NAN, 1.0], [NAN, 1.0], 0),
        ([NAN], [1.0], INF),
        ([1.0], [NAN], INF),
        ([INF, -INF], [INF, -INF], 0),
        ([INF], [-INF], INF),
        ([1.0], [[1.0]], INF),
        ([], [], 0),
    ],
)
def test_difference(found, expected, difference):
    np.testing.assert_allclose(comparison.difference(found, expected), difference)

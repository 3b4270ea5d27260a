"""Examples in every form that they are taken in, and hostile ones: each fault is one line."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.shared.export.inputs import compared_calls, example_inputs

EXPECTED = [
    example_inputs.Expected("x", "float32", (None, None, 3), ("series",)),
    example_inputs.Expected("kind", "int32", (None,)),
]
X, KIND = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32"), np.array([0, 2, 1, 2], "int32")


def written(tmp_path):
    np.savez(tmp_path / "inputs.npz", x=X, kind=KIND)
    return tmp_path / "inputs.npz"


@pytest.mark.parametrize(
    "make",
    [
        lambda _: {"x": X, "kind": KIND},
        lambda _: {"kind": KIND.astype("int64"), "series": X.astype("float64")},
        lambda _: [X, KIND],
        lambda _: (X.tolist(), KIND.astype("float32").tolist()),
        written,
        lambda tmp_path: str(written(tmp_path)),
        lambda tmp_path: np.load(written(tmp_path)),
        lambda _: tf.data.Dataset.from_tensor_slices((X, KIND)).batch(2),
        lambda _: tf.data.Dataset.from_tensor_slices(({"x": X, "kind": KIND}, KIND)).batch(2),
        lambda _: tf.data.Dataset.from_tensor_slices(((X, KIND), KIND)).batch(4),
        lambda _: [tf.constant(X), tf.constant(KIND)],
    ],
    ids=["names", "other types", "list", "lists", "path", "text", "npz", "batches", "by name", "targets", "tensors"],
)
def test_forms(make, tmp_path):
    arrays = example_inputs.arrays(make(tmp_path), EXPECTED)
    assert list(arrays) == ["x", "kind"]
    assert [array.dtype for array in arrays.values()] == ["float32", "int32"]
    np.testing.assert_array_equal(arrays["x"], X)
    np.testing.assert_array_equal(arrays["kind"], KIND)


def test_one_input():
    for examples in (X, [X], X.tolist(), {"x": X}, tf.data.Dataset.from_tensor_slices((X, KIND)).batch(4)):
        np.testing.assert_array_equal(example_inputs.arrays(examples, EXPECTED[:1])["x"], X)


def test_texts_for_a_saved_model(tmp_path):
    title, texts = example_inputs.Expected("title", "string", (None,)), ["good", "bad luck"]
    np.savez(tmp_path / "texts.npz", title=np.array(texts))
    for examples in (texts, np.array(texts), {"title": [text.encode() for text in texts]}, tmp_path / "texts.npz"):
        assert example_inputs.arrays(examples, [title])["title"].tolist() == texts
    with pytest.raises(ValueError, match=r"expected title string .* received an array of int64; give texts"):
        example_inputs.arrays(KIND.astype("int64"), [title])


def test_one_number_for_all_rows():
    limit = example_inputs.Expected("limit", "int32", ())
    arrays = example_inputs.arrays({"x": X, "limit": 7}, [EXPECTED[0], limit])
    assert arrays["limit"].shape == () and arrays["limit"] == 7
    with pytest.raises(ValueError, match=r"expected limit int32 \(\), received an array of the shape \(4,\)"):
        example_inputs.arrays({"x": X, "limit": KIND}, [EXPECTED[0], limit])


def test_of_many_rows_the_first_are_used():
    rows = np.broadcast_to(np.zeros((1, 2, 3), "float32"), (10**7, 2, 3))  # 240 MB if it were copied
    assert example_inputs.arrays(rows, EXPECTED[:1])["x"].shape == (example_inputs.MOST_ROWS, 2, 3)


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        ({"x": X}, "missing: kind"),
        ({"x": X, "kind": KIND, "y": X}, "unknown: y"),
        ([X], "expected 2 arrays, .* received 1"),
        (X, "expected 2 arrays, .* received 1"),
        ({"x": X[..., :2], "kind": KIND}, r"x float32 \(\?, \?, 3\), received an array of the shape \(4, 5, 2\)"),
        ({"x": X[0], "kind": KIND}, r"received an array of the shape \(5, 3\); give it with an axis of rows"),
        ({"x": X[:, :0], "kind": KIND}, "no axis of size 0"),
        ({"x": X, "kind": KIND[:2]}, "as many rows of each input"),
        ({"x": X, "kind": KIND + 0.5}, "expected kind int32 .* received 0.5"),
        ({"x": X, "kind": np.array([0, 1, 2, 2**40])}, "received 1099511627776"),
        ({"x": X, "kind": np.array([0, 1, np.nan, 2])}, "received nan"),
        ({"x": X, "kind": np.array(["a"] * 4)}, "give an array of numbers"),
        ({"x": X, "kind": np.array([None] * 4)}, "rows of different lengths, or objects"),
        ({"x": [[[1, 2, 3]], [[1, 2, 3], [4, 5, 6]]], "kind": [0, 1]}, "expected x float32"),
        ({"x": X.astype("complex64"), "kind": KIND}, "array of complex64"),
        (tf.data.Dataset.from_tensor_slices((X, KIND)).batch(2).take(0), "an empty one"),
    ],
)  # fmt: skip
def test_faults(examples, says):
    with pytest.raises(ValueError, match=rf"^examples: .*{says}") as error:
        example_inputs.arrays(examples, EXPECTED)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


class Bomb:
    def __reduce__(self):
        return print, ("unpickled",)


def test_files_that_are_refused(tmp_path, capsys):
    np.savez(tmp_path / "objects.npz", x=np.array([Bomb()], dtype=object), kind=KIND)
    (tmp_path / "text.npz").write_text("x")
    (tmp_path / "cut.npz").write_bytes(written(tmp_path).read_bytes()[:-40])
    for name, says in (
        ("objects", "Python objects, which are not opened"),
        ("text", "not a zip"),
        ("cut", "not a zip"),
    ):
        with pytest.raises(ValueError, match=rf"{name}\.npz: expected an \.npz.*{says}"):
            example_inputs.arrays(tmp_path / f"{name}.npz", EXPECTED)
    with pytest.raises(FileNotFoundError, match=r"none\.npz: there is no such file"):
        example_inputs.arrays(tmp_path / "none.npz", EXPECTED)
    assert "unpickled" not in capsys.readouterr().out


def model():
    ids = keras.Input((None,), dtype="int32", name="ids")
    return keras.Model(ids, keras.layers.GRU(2)(keras.layers.Embedding(9, 3, mask_zero=True)(ids)))


def test_ids_beyond_the_vocabulary_are_named():
    with pytest.raises(
        ValueError, match=r"examples: the model itself .* ids: expected ids from 0 to 8, received 1 to 9"
    ):
        compared_calls.calls(model(), np.array([[1, 2], [3, 9]]))
    with pytest.raises(ValueError, match="expected two rows or more"):
        compared_calls.calls(model(), np.zeros((0, 4), "int32"))


def test_rows_that_fail_with_padding_are_compared_as_they_are(caplog):
    x, lengths = keras.Input((None, 3)), keras.Input((), dtype="int32", name="lengths")

    def inverse(n):
        return tf.debugging.check_numerics(1 / tf.cast(n, "float32"), "an empty row")

    mask = keras.ops.less(
        keras.ops.cumsum(keras.ops.ones_like(x[..., 0]), 1), keras.ops.cast(lengths, "float32")[:, None]
    )
    y = keras.layers.GRU(2)(x, mask=mask)
    one = keras.Model([x, lengths], [y, keras.layers.Lambda(inverse)(lengths)])
    calls = compared_calls.calls(one, [np.ones((2, 4, 3)), [4, 3]])
    assert [tensors[1].tolist() for tensors in calls] == [[4], [4, 3]]
    assert "an empty row" in caplog.text

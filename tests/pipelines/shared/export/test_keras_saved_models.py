"""Any Keras model as a SavedModel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import layers
import pipelines
from pipelines.shared.export.inputs import compared_calls, text_inputs
from pipelines.shared.export.models import accepted_models, keras_saved_models

K = keras.layers


def tagger():
    ids, lengths = (keras.Input(shape, dtype="int32", name=name) for shape, name in (([None], "ids"), ([], "lengths")))
    x = layers.LSTM(4, return_sequences=True)(layers.Embedding(9, 3)(ids), lengths=lengths)
    scores = K.Dense(3, name="scores")(K.GRU(4, stateful=False)(x))
    return keras.Model(
        {"ids": ids, "lengths": lengths}, {"scores": scores, "tags": K.Dense(2, dtype="mixed_float16")(x)}
    )


def test_a_saved_model_answers_as_the_model_does(tmp_path, monkeypatch):
    model, folder = tagger(), tmp_path / "tagger"
    examples = {"ids": np.array([[1, 8, 3], [2, 4, 0]]), "lengths": np.array([3, 2])}
    written = pipelines.export_keras(model, folder, format="saved_model", examples=examples)
    assert written.difference <= 5e-3 and str(folder) in str(written)
    tensors = {"ids": np.array([[1, 8, 3], [2, 0, 0]], "int32"), "lengths": np.array([3, 1], "int32")}
    served = tf.saved_model.load(str(folder)).signatures["serving_default"](
        **{k: tf.constant(v) for k, v in tensors.items()}
    )
    assert {name: tensor.dtype for name, tensor in served.items()} == {"scores": tf.float32, "tags": tf.float32}
    np.testing.assert_allclose(served["scores"], model(tensors)["scores"], atol=1e-5)
    assert (folder / "assets.extra" / "tf_serving_warmup_requests").stat().st_size > 0
    assert 'name: "tagger"' in (folder / "models.config").read_text()
    assert "/models/tagger/1/models.config" in (folder / "README.md").read_text()
    assert "pad_variable_length_inputs: true" in (folder / "batching.config").read_text()
    assert pipelines.verify(folder).passed
    _replaced_only_when_whole(model, folder, examples, monkeypatch)


def _replaced_only_when_whole(model, folder, examples, monkeypatch):
    with pytest.raises(FileExistsError, match="overwrite=True"):
        pipelines.export_keras(model, folder, format="saved_model")
    before = (folder / "fingerprint.pb").read_bytes()
    monkeypatch.setattr(keras_saved_models, "_tolerance", lambda model: -1.0)
    with pytest.raises(RuntimeError, match=r"SavedModel's scores differs .* in call 1, .*nothing was put in place"):
        pipelines.export_keras(model, folder, format="saved_model", overwrite=True, examples=examples)
    assert (folder / "fingerprint.pb").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["tagger"]


@pytest.mark.parametrize(("shape", "batching"), [([None, 3], None), ([6, 3], "max_batch_size")])
def test_rows_without_lengths_are_not_filled_up(shape, batching):
    """A server fills rows up with whatever, which a model without lengths takes for steps."""
    model = keras.Sequential([keras.Input(shape), K.LSTM(4)])
    with accepted_models.accepted(model, portable=False) as accepted:
        found = keras_saved_models._batching(accepted, compared_calls.planned(accepted))
    assert (found is None) == (batching is None)
    assert found is None or (batching in found and "pad_variable" not in found)


def test_texts_are_taken_with_the_tables_that_look_them_up(tmp_path):
    text = keras.Input([], dtype="string", name="text")
    ids = K.TextVectorization(vocabulary=["good", "bad"], standardize=None)(text)
    model = keras.Model(text, K.LSTM(3, name="answer")(K.Embedding(9, 3, mask_zero=True)(ids)))
    calls = text_inputs.planned(model).calls
    words = {word for (texts,) in calls for text in texts for word in text.split()}
    assert words == {"[UNK]", "good", "bad", text_inputs.UNKNOWN}
    texts = ["good bad", "worse"]
    assert [len(array) for (array,) in text_inputs.planned(model, texts).calls] == [1, 2]
    keras_saved_models._save(model, tmp_path, None)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](text=tf.constant(texts))
    np.testing.assert_allclose(served["answer"], model(tf.constant(texts)), atol=1e-6)


def test_paths_and_options_that_are_refused(tmp_path):
    model = tagger()
    for name, value in {"quantize": "int8", "fused": True, "streaming": True}.items():
        with pytest.raises(ValueError, match=f"{name}: expected format='tflite' with {name}={value!r}"):
            pipelines.export_keras(model, tmp_path / "folder", format="saved_model", **{name: value})
    with pytest.raises(ValueError, match="format: expected 'tflite' or 'saved_model', received 'onnx'"):
        pipelines.export_keras(model, tmp_path / "folder", format="onnx")
    with pytest.raises(ValueError, match=r"expected a folder with format='saved_model', received .*model.tflite"):
        pipelines.export_keras(model, tmp_path / "model.tflite", format="saved_model")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is no SavedModel, so it is not replaced"):
        pipelines.export_keras(model, tmp_path / "mine", format="saved_model", overwrite=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError, match="is a file"):
        pipelines.export_keras(model, tmp_path / "file", format="saved_model", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine"]

import keras
import numpy as np
import pytest

import layers


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture
def vectors():
    keras.utils.set_random_seed(0)
    layer = layers.TiedEmbedding(9, 4)
    layer.bias.assign(np.arange(9.0))
    return layer


def test_rows_and_products_of_one_table(vectors):
    table = array(vectors.embeddings)
    np.testing.assert_array_equal(array(vectors(np.array([[3, 0, 8]]))), [[table[3], np.zeros(4), table[8]]])
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(array(vectors(x, reverse=True)), x @ table.T + np.arange(9), atol=1e-5)
    assert table.std() == pytest.approx(0.5, rel=0.3)


def test_both_uses_train_it(vectors):
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, vectors(vectors(ids), reverse=True))
    model.compile(keras.optimizers.SGD(0.1), layers.SmoothedCrossentropy(0.1))
    before = array(vectors.embeddings).copy()
    model.train_on_batch(np.array([[3, 4]]), np.array([[4, 5]]))
    assert (np.abs(array(vectors.embeddings) - before).max(axis=1) > 0).all()


def test_saves_and_loads(vectors, tmp_path):
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, vectors(vectors(ids), reverse=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(model(np.array([[3, 4]]))), array(loaded(np.array([[3, 4]]))))
    assert len(loaded.weights) == 2


def test_half_precision_gives_whole_logits():
    layer = layers.TiedEmbedding(9, 4, dtype="mixed_bfloat16")
    logits = layer(layer(np.array([[3, 4]])), reverse=True)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


def test_wrong_ids_and_widths_raise(vectors):
    with pytest.raises(ValueError, match="between 0 and 8"):
        vectors(np.array([[9]]))
    with pytest.raises(ValueError, match="features of size 4"):
        vectors(np.ones((2, 3), "float32"), reverse=True)

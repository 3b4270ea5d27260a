"""Pooling, embeddings and masks against NumPy."""

import keras
import numpy as np
import pytest

import layers

LENGTHS = np.array([3, 1, 0])
X = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_sequence_mask():
    expected = [[True, True, True, False], [True, False, False, False], [False] * 4]
    np.testing.assert_array_equal(array(layers.sequence_mask(LENGTHS, 4)), expected)


@pytest.mark.parametrize(("mode", "pool"), [("last", lambda rows: rows[-1]), ("max", np.max), ("mean", np.mean)])
def test_pooling_equals_numpy(mode, pool):
    pooled = array(layers.SequencePooling(mode)(X, lengths=LENGTHS))
    for row, length in enumerate(LENGTHS):
        real = X[row, :length]
        expected = np.zeros(2) if not length else pool(real) if mode == "last" else pool(real, axis=0)
        np.testing.assert_allclose(pooled[row], expected, atol=1e-6)


def test_last_is_the_last_real_step_of_any_mask():
    mask = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]], bool)
    np.testing.assert_array_equal(array(layers.SequencePooling("last")(X, mask=mask)), X[[0, 1, 2], [2, 3, 1]])


def test_attention_weighs_only_real_steps():
    layer = layers.SequencePooling("attention")
    pooled = array(layer(X, lengths=LENGTHS))
    kernel, bias, query = layer.get_weights()
    scores = (np.tanh(X[0, :3] @ kernel + bias) @ query)[:, 0]
    weights = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(pooled[0], weights @ X[0, :3], atol=1e-6)
    np.testing.assert_allclose(pooled[1], X[1, 0], atol=1e-6)
    np.testing.assert_array_equal(pooled[2], 0)


def test_embedding_looks_up_and_padding_is_zero_and_stays_so():
    table = np.random.default_rng(1).normal(size=(6, 3)).astype("float32")
    layer = layers.Embedding(6, 3, vectors=table)
    model = keras.Sequential([layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    ids = np.array([[2, 0], [5, 1]])
    expected = table[ids] * (ids > 0)[..., None]
    np.testing.assert_allclose(array(layer(ids)), expected)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(ids, np.ones((2, 1)))
    after = layer.get_weights()[0]
    np.testing.assert_array_equal(after[0], 0)
    assert np.abs(after[[1, 2, 5]] - table[[1, 2, 5]]).min(axis=1).max() > 0
    np.testing.assert_array_equal(after[[3, 4]], table[[3, 4]])


def test_frozen_embedding_has_nothing_to_train():
    layer = layers.Embedding(6, 3, vectors=np.ones((6, 3)), trainable=False)
    layer.build((None, None))
    assert layer.trainable_weights == []


def test_nearest_by_cosine():
    table = np.array([[9, 9], [1, 0], [2, 0.1], [0, 1], [-1, 0]], "float32")
    layer = layers.Embedding(5, 2, vectors=table)
    layer.build((None, None))
    ids, cosines = layer.nearest(1, 2)
    np.testing.assert_array_equal(ids, [2, 3])
    np.testing.assert_allclose(cosines, [2 / np.hypot(2, 0.1), 0], atol=1e-6)
    assert layer.nearest(np.array([0.0, 2.0]), 1)[0] == [3]


def test_one_hot():
    np.testing.assert_array_equal(array(layers.OneHot(3)(np.array([[2, 0]]))), [[[0, 0, 1], [1, 0, 0]]])


def test_token_dropout_loses_its_share_of_tokens_in_training_alone():
    ids = np.full((100, 100), 7, "int32")
    layer = layers.TokenDropout(0.3, seed=0)
    np.testing.assert_array_equal(layer(ids), ids)
    lost = keras.ops.convert_to_numpy(layer(ids, training=True))
    assert set(np.unique(lost)) == {0, 7}
    assert abs((lost == 0).mean() - 0.3) < 0.02  # four standard deviations
    assert (keras.ops.convert_to_numpy(layer(ids, training=True)) != lost).any()
    assert layers.TokenDropout.from_config(layer.get_config()).rate == 0.3

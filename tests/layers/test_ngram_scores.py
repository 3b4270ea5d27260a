"""Scores of n-grams against a dictionary of runs of tokens in plain Python."""

import keras
import numpy as np
import pytest

import layers

VOCABULARY, BUCKETS = 12, 32
LENGTHS = np.array([6, 4, 1, 0])
IDS = np.random.default_rng(0).integers(1, VOCABULARY, (4, 6)) * (np.arange(6) < LENGTHS[:, None])


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def row_of(run, factor):
    """The row of one n-gram, in Python's integers, which do not overflow."""
    hashed = run[0]
    for order, token in enumerate(run[1:], 2):
        hashed = (hashed * factor + token + order) % BUCKETS
    return hashed + (VOCABULARY if len(run) > 1 else 0)


def scores_of(tokens, layer):
    """The score of one text, run by run."""
    table, bias = layer.get_weights()
    runs = [tokens[t : t + n] for n in range(1, layer.order + 1) for t in range(len(tokens) - n + 1)]
    return bias + sum((table[row_of([int(token) for token in run], layer.factor)] for run in runs), np.zeros(2))


@pytest.fixture(params=[1, 2, 4])
def layer(request):
    draw = np.random.default_rng(1)
    layer = layers.NgramScores(VOCABULARY, request.param, BUCKETS, units=2)
    layer.build((None, None))
    layer.set_weights([draw.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def test_a_text_has_the_sum_of_its_runs(layer):
    received = array(layer(IDS, lengths=LENGTHS))
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(received[row], scores_of(IDS[row, :length], layer), atol=1e-5)


def test_padding_changes_nothing(layer):
    padded = np.pad(IDS, [(0, 0), (0, 5)], constant_values=7)
    np.testing.assert_array_equal(array(layer(padded, lengths=LENGTHS)), array(layer(IDS, lengths=LENGTHS)))
    np.testing.assert_allclose(array(layer(IDS[:1, :1])), array(layer(IDS[:1], lengths=[1])), atol=1e-6)


def test_order_counts_from_two_tokens_on(layer):
    turned = array(layer(IDS[:1, ::-1]))
    assert np.allclose(array(layer(IDS[:1])), turned, atol=1e-5) == (layer.order == 1)


def test_the_largest_ids_and_tables_do_not_overflow():
    layer = layers.NgramScores(200_000, order=3, buckets=2**20)
    ids = np.random.default_rng(2).integers(0, 200_000, (1, 50))
    for order, rows in enumerate(layer.rows(ids), 1):
        hashed = ids[0, : 51 - order].tolist()
        for number in range(1, order):
            step = ids[0, number : number + 51 - order].tolist()
            hashed = [(h * layer.factor + token + number + 1) % 2**20 for h, token in zip(hashed, step, strict=True)]
        expected = np.array(hashed) + (200_000 if order > 1 else 0)
        np.testing.assert_array_equal(array(rows)[0], expected)


def test_frequent_pairs_of_a_large_table_have_rows_of_their_own():
    layer = layers.NgramScores(20_000, order=2, buckets=2**20)
    left, right = np.meshgrid(np.arange(1, 400), np.arange(1, 1000), indexing="ij")
    pairs = np.stack([left.ravel(), right.ravel()], axis=1)
    rows = array(layer.rows(pairs)[1])
    assert len(np.unique(rows)) == len(rows)


def test_it_learns_saves_and_starts_from_given_numbers(tmp_path):
    table = np.random.default_rng(3).normal(size=(VOCABULARY + BUCKETS, 2))
    ids, lengths = keras.Input((None,), dtype="int32"), keras.Input((), dtype="int32")
    layer = layers.NgramScores(VOCABULARY, 2, BUCKETS, units=2, table=table, bias=[1, 2])
    model = keras.Model([ids, lengths], layer(ids, lengths=lengths))
    before = model.predict([IDS, LENGTHS], verbose=0)
    np.testing.assert_allclose(before[3], [1, 2])
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        keras.models.load_model(tmp_path / "model.keras").predict([IDS, LENGTHS], verbose=0), before
    )
    model.compile(keras.optimizers.Adam(0.1), "mse")
    history = model.fit([IDS, LENGTHS], np.zeros((4, 2)), epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"table: expected the shape \(13, 1\), received \(2, 1\)"):
        layers.NgramScores(3, 2, 10, table=np.zeros((2, 1)))
    with pytest.raises(ValueError, match="buckets: expected at most"):
        layers.NgramScores(3, 2, 2**31)
    with pytest.raises(ValueError, match="order"):
        layers.NgramScores(3, 0)

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


def row_of(run, multiplier):
    """The row of one n-gram, in Python's integers, which do not overflow."""
    hashed = run[0]
    for order, token in enumerate(run[1:], 2):
        hashed = (hashed * multiplier + token + order) % BUCKETS
    return hashed + (VOCABULARY if len(run) > 1 else 0)


def scores_of(tokens, layer):
    """The score of one text, run by run."""
    table, bias = layer.get_weights()
    runs = [tokens[t : t + n] for n in range(1, layer.order + 1) for t in range(len(tokens) - n + 1)]
    return bias + sum((table[row_of([int(token) for token in run], layer.multiplier)] for run in runs), np.zeros(2))


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


@pytest.mark.parametrize("tokens, buckets", [(200_000, 2**20), (3, 2**28), (2**28, 5), (16_000, 2**22)])
def test_the_largest_ids_and_tables_do_not_overflow(tokens, buckets):
    layer = layers.NgramScores(tokens, order=3, buckets=buckets)
    ids = np.append(np.random.default_rng(2).integers(0, tokens, 50), [tokens - 1] * 3)[None]
    for order, rows in enumerate(layer.rows(ids), 1):
        hashed = ids[0, : 54 - order].tolist()
        for number in range(1, order):
            step = ids[0, number : number + 54 - order].tolist()
            hashed = [(h * layer.multiplier + t + number + 1) % buckets for h, t in zip(hashed, step, strict=True)]
        expected = np.array(hashed) + (tokens if order > 1 else 0)
        np.testing.assert_array_equal(array(rows)[0], expected)


@pytest.mark.parametrize("bits", [14, 17, 18, 20, 22, 24])
def test_pairs_of_frequent_tokens_have_rows_of_their_own(bits):
    layer = layers.NgramScores(16_000, order=2, buckets=2**bits)
    most = 2 ** (bits // 2) // 2  # of twice as many, pairs of some have the same rows by any multiplier
    pairs = np.stack(np.meshgrid(np.arange(most), np.arange(most)), axis=-1).reshape(-1, 2)
    rows = array(layer.rows(pairs)[1])
    assert len(np.unique(rows)) == len(rows)


def test_runs_of_a_larger_table_are_spread_as_by_chance():
    draw, buckets = np.random.default_rng(4), 2**16
    layer = layers.NgramScores(20_000, order=3, buckets=buckets)
    runs = np.unique((20_000 * draw.random((60_000, 3)) ** 4).astype(int), axis=0)  # small ids are the frequent ones
    rows = array(layer.rows(runs)[2])
    by_chance = buckets * (1 - (1 - 1 / buckets) ** len(runs))  # rows that are hit
    assert len(np.unique(rows)) > 0.98 * by_chance


def test_a_model_saved_without_a_multiplier_keeps_its_rows():
    config = layers.NgramScores(100, order=3, buckets=2**18).get_config()
    del config["multiplier"]
    ids = np.random.default_rng(5).integers(0, 100, (1, 20))
    rows = array(layers.NgramScores.from_config(config).rows(ids)[1])[0]
    factor = 8191  # the largest odd number with which int32 did not overflow
    np.testing.assert_array_equal(rows, 100 + (ids[0, :-1] * factor + ids[0, 1:] + 2) % 2**18)


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

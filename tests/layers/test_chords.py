"""Densities of chords: they sum to one, and what is learned, drawn and exported is the same density."""

import itertools

import keras
import numpy as np
import pytest

import layers

KEYS, VOICES = 4, 5
MAKES = {
    "ChordDecoder": lambda **o: layers.ChordDecoder(6, keys=KEYS, **o),
    "IndependentKeys": lambda **o: layers.IndependentKeys(keys=KEYS, **o),
}
each = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def every_chord():
    """All 16 chords of 4 keys, (1, 16, voices)."""
    chords = [keys for count in range(KEYS + 1) for keys in itertools.combinations(range(KEYS), count)]
    return np.array([[[*keys, *[KEYS] * (VOICES - len(keys))] for keys in chords]], "int32")


def context(rows, time, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, time, 3)).astype("float32")


def made(make, **options):
    """A layer with weights large enough for densities far from even."""
    layer, rng = make(**options), np.random.default_rng(1)
    layer(context(1, 16), every_chord())
    layer.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in layer.get_weights()])
    return layer


def by_steps(layer, h, chord):
    """log p(chord | h) out of `begin` and `next`."""
    key, state, total = np.array([KEYS], "int32"), layer.begin(h), 0.0
    for following in chord:
        logits, state = layer.next(key, h, state)
        total += array(keras.ops.log_softmax(logits))[0, following]
        if following == KEYS:
            return total
        key = np.array([following], "int32")
    raise AssertionError("no end")


@each
def test_probabilities_of_all_chords_sum_to_one(make):
    layer = made(make)
    h = np.repeat(context(1, 1), 16, axis=1)
    likelihoods = array(layer(h, every_chord()))
    assert likelihoods.shape == (1, 16)
    assert np.ptp(likelihoods) > 1
    assert np.exp(likelihoods).sum() == pytest.approx(1, abs=1e-5)


@each
def test_steps_give_the_same_density(make):
    layer = made(make)
    h = context(1, 16)
    whole = array(layer(h, every_chord()))[0]
    stepped = [by_steps(layer, h[:, place], chord) for place, chord in enumerate(every_chord()[0])]
    np.testing.assert_allclose(whole, stepped, atol=2e-5)


@each
def test_places_after_the_end_change_nothing(make):
    layer = made(make)
    longer = np.pad(every_chord(), ((0, 0), (0, 0), (0, 3)), constant_values=KEYS)
    np.testing.assert_allclose(
        array(layer(context(1, 16), every_chord())), array(layer(context(1, 16), longer)), atol=1e-5
    )


def test_independent_keys_are_bernoulli():
    layer = made(MAKES["IndependentKeys"])
    h, chords = context(1, 16), every_chord()
    kernel, bias = layer.get_weights()
    p = 1 / (1 + np.exp(-(h.astype("float64") @ kernel + bias)))  # (1, 16, keys)
    roll = array(layer.roll(chords))
    expected = np.log(np.where(roll > 0, p, 1 - p)).sum(axis=-1)
    np.testing.assert_allclose(array(layer(h, chords)), expected, atol=1e-5)


def test_roll_and_chords_before():
    chords = np.array([[[0, 3, 4], [4, 4, 4], [2, 4, 4]]], "int32")
    roll = [[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]]
    np.testing.assert_array_equal(array(layers.IndependentKeys(keys=KEYS).roll(chords))[0], roll)
    before = array(layers.ChordsBefore(keys=KEYS)(chords))[0]
    np.testing.assert_array_equal(before, [[0, 0, 0, 0, 1], [1, 0, 0, 1, 0], [0, 0, 0, 0, 0]])


@each
def test_training_moves_every_weight(make):
    h, chords = keras.Input([None, 3]), keras.Input([None, None], dtype="int32")
    model = keras.Model([h, chords], make()(h, chords))
    model.compile(keras.optimizers.SGD(1.0), loss=lambda truth, likelihood: -keras.ops.mean(likelihood))
    before = model.get_weights()
    model.train_on_batch([context(1, 16), every_chord()], np.zeros((1, 16)))
    for weight, old in zip(model.weights, before, strict=True):
        assert np.abs(array(weight) - old).max() > 0, weight.path


@each
def test_saves_and_loads_with_any_batch_time_and_voices(make, tmp_path):
    h, chords = keras.Input([None, 3]), keras.Input([None, None], dtype="int32")
    model = keras.Model([h, chords], make()(h, chords))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for time, voices in ((16, 5), (3, 4)):
        inputs = [context(1, time), every_chord()[:, :time, :voices]]
        np.testing.assert_allclose(array(model(inputs)), array(loaded(inputs)), atol=1e-6)


@each
def test_config_round_trip(make):
    config = make().get_config()
    assert type(make()).from_config(config).get_config() == config


def test_dropout_is_of_training_alone():
    layer = made(MAKES["ChordDecoder"], dropout=0.5)
    h, chords = context(1, 16), every_chord()
    np.testing.assert_array_equal(array(layer(h, chords)), array(layer(h, chords)))
    assert np.abs(array(layer(h, chords, training=True)) - array(layer(h, chords))).max() > 0.01


def test_half_precision_keeps_the_density_in_float32():
    for make in MAKES.values():
        whole, half = made(make), made(make, dtype="mixed_bfloat16")
        half.set_weights(whole.get_weights())
        likelihoods = half(np.repeat(context(1, 1), 16, axis=1), every_chord())
        assert keras.backend.standardize_dtype(likelihoods.dtype) == "float32"
        assert np.exp(array(likelihoods)).sum() == pytest.approx(1, abs=0.05)


@each
def test_wrong_shapes_raise(make):
    layer = make()
    with pytest.raises(ValueError, match="context: expected the shape"):
        layer(context(1, 16)[0], every_chord())
    with pytest.raises(ValueError, match="chords: expected the shape"):
        layer(context(1, 16), every_chord()[0])


def test_no_keys_raise():
    with pytest.raises(ValueError, match="keys: expected a positive integer"):
        layers.IndependentKeys(keys=0)

"""Words out of letters: each by itself, whatever the padding; affixes hashed as the equation says."""

import keras
import numpy as np
import pytest

import layers

MAKE = {
    "LetterEncoder": lambda: layers.LetterEncoder(9, 5, units=4),
    "AffixEmbedding": lambda: layers.AffixEmbedding(range(9), 64, 3),
}
both = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
WORDS = np.array([[[5, 7, 2, 0], [3, 0, 0, 0], [0, 0, 0, 0]], [[1, 1, 1, 1], [5, 7, 2, 0], [8, 2, 0, 0]]], "int32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@both
def test_a_word_does_not_depend_on_its_place_or_on_padding(make):
    layer = make()
    vectors = array(layer(WORDS))
    assert vectors.shape == (*WORDS.shape[:2], layer.output_size)
    np.testing.assert_allclose(vectors[0, 0], vectors[1, 1], atol=1e-6)
    assert not vectors[0, 2].any() and vectors[0, 1].any()
    if isinstance(layer, layers.AffixEmbedding):  # the other is made for one width of its input
        np.testing.assert_allclose(array(layer(np.pad(WORDS, ((0, 0), (0, 2), (0, 3)))))[:, :3], vectors, atol=1e-6)


@both
def test_a_model_saves_loads_and_takes_any_batch_and_time(make, tmp_path):
    letters = keras.Input((None, 4), dtype="int32")
    model = keras.Model(letters, keras.layers.Dense(2)(make()(letters)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for words in (WORDS, WORDS[:1, :1]):
        np.testing.assert_allclose(array(model(words)), array(loaded(words)), atol=1e-6)


@both
def test_training_moves_every_weight(make):
    letters = keras.Input((None, 4), dtype="int32")
    model = keras.Model(letters, keras.layers.Dense(2)(make()(letters)))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = [array(weight) for weight in model.trainable_weights]
    model.fit(WORDS, np.ones((2, 3, 2)), verbose=0)
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.abs(array(weight) - old).max() > 0, weight.path


def test_the_encoder_is_a_gru_both_ways():
    layer = layers.LetterEncoder(9, 5, units=4)
    vectors = array(layer(WORDS))
    table = array(layer.embedding.embeddings)
    forwards, backwards = keras.layers.GRU(4), keras.layers.GRU(4, go_backwards=True)
    for gru, weights in ((forwards, layer.reader.weights[:3]), (backwards, layer.reader.weights[3:])):
        gru.build((1, None, 5))
        gru.set_weights([array(weight) for weight in weights])
    word = table[WORDS[0, 0, :3]][None]
    expected = np.concatenate([array(forwards(word))[0], array(backwards(word))[0]])
    np.testing.assert_allclose(vectors[0, 0], expected, atol=1e-5)


def hashed(letters, seed, buckets):
    value = (seed + 1) % (buckets - 1)
    for letter in letters:
        value = (value * layers.AffixEmbedding.BASE + letter) % (buckets - 1)
    return value + 1


def test_affixes_are_hashed_by_the_equation_and_case_is_folded():
    folded = [0, 1, 2, 3, 4, 2, 3, 7, 8]  # 5 and 6 are the capitals of 2 and 3
    layer = layers.AffixEmbedding(folded, 64, 3, beginnings=(1, 2), ends=(1, 3))
    ids = array(layer.ids(WORDS))
    word = [folded[letter] for letter in (5, 7, 2)]
    expected = [hashed(word[:1], 0, 64), hashed(word[:2], 1, 64), hashed(word[-1:], 64, 64), hashed(word, 65, 64)]
    assert ids[0, 0].tolist() == expected
    assert ids[0, 1].tolist() == [hashed([3], 0, 64), 0, hashed([3], 64, 64), 0]
    assert ids[0, 2].tolist() == [0, 0, 0, 0]
    assert array(layer.ids(np.array([[[2, 7, 5, 0]]])))[0, 0].tolist() == expected


def test_large_tables_do_not_overflow():
    layer = layers.AffixEmbedding(range(70_000), layers.AffixEmbedding.MOST, 1)
    ids = array(layer.ids(np.full((1, 1, 5), 69_999, "int32")))
    assert ((ids > 0) & (ids < layer.buckets)).all()
    assert ids[0, 0, 6] == hashed([69_999] * 4, 67, layer.buckets)


def test_wrong_settings_and_shapes_raise():
    for message, call in {
        "buckets: expected a number from 2": lambda: layers.AffixEmbedding([0], 1, 3),
        "batch, time, letters": lambda: layers.LetterEncoder(9, 5, 4)(WORDS[0]),
        "units: expected a positive": lambda: layers.LetterEncoder(9, 5, 0),
    }.items():
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT")
@both
def test_converts_to_litert_with_builtin_operations(make, tmp_path):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    layer = make()
    layer(WORDS)

    class Served(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, 4], tf.int32, "letters")], autograph=False)
        def serve(self, letters):
            with layers.portable():
                return {"vectors": layer(letters)}

    served = Served()
    served.held = [variable.value for variable in layer.variables]
    tf.saved_model.save(served, tmp_path, signatures={"serving_default": served.serve})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    run = Interpreter(model_content=converter.convert()).get_signature_runner()
    for words in (WORDS, WORDS[:1, :2], WORDS):
        np.testing.assert_allclose(run(letters=words)["vectors"], array(layer(words)), atol=1e-5)

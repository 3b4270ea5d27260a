"""The CRF against all sequences written out, by hand in NumPy."""

import itertools

import keras
import numpy as np
import pytest

import layers

TAGS = 3
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="graphs, XLA and LiteRT")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture
def crf():
    layer = layers.CRF(TAGS)
    layer.build((None, None, TAGS))
    draw = np.random.default_rng(1)
    layer.set_weights([draw.normal(size=weight.shape).astype("float32") for weight in layer.weights])
    return layer


def emissions(batch=4, time=5, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, time, TAGS)).astype("float32")


LENGTHS = np.array([5, 1, 3, 0], "int32")


def enumerated(layer, row, length):
    """{sequence: its score}, by the layer's weights."""
    transitions, start, end = map(array, layer.weights)
    scores = {}
    for tags in itertools.product(range(TAGS), repeat=length):
        score = sum(row[t, tag] for t, tag in enumerate(tags))
        score += sum(transitions[one, other] for one, other in itertools.pairwise(tags))
        scores[tags] = score + (start[tags[0]] + end[tags[-1]] if tags else 0)
    return scores


def test_all_three_are_those_of_every_sequence_written_out(crf):
    x, tags = emissions(), np.random.default_rng(2).integers(0, TAGS, (4, 5))
    scores = crf(x, lengths=LENGTHS)
    likelihood = array(layers.crf_log_likelihood(scores, tags, LENGTHS))
    best, best_score = map(array, layers.crf_viterbi(scores, LENGTHS))
    marginals = array(layers.crf_marginals(scores, LENGTHS))
    for row, length in enumerate(LENGTHS):
        by_hand = enumerated(crf, x[row], length)
        total = np.log(sum(np.exp(score) for score in by_hand.values()))
        np.testing.assert_allclose(likelihood[row], by_hand[tuple(tags[row, :length])] - total, atol=1e-5)
        winner = max(by_hand, key=by_hand.get)
        assert tuple(best[row, :length]) == winner and not best[row, length:].any()
        np.testing.assert_allclose(best_score[row], by_hand[winner], atol=1e-5)
        expected = np.zeros((5, TAGS))
        for sequence, score in by_hand.items():
            expected[range(length), sequence] += np.exp(score - total)
        np.testing.assert_allclose(marginals[row], expected, atol=1e-5)


def test_probabilities_of_all_sequences_sum_to_one(crf):
    x = np.repeat(emissions(1, 4), TAGS**4, axis=0)
    tags = np.array([*itertools.product(range(TAGS), repeat=4)])
    likelihood = array(layers.crf_log_likelihood(crf(x), tags))
    np.testing.assert_allclose(np.exp(likelihood).sum(), 1, atol=1e-5)


def test_padding_changes_nothing(crf):
    x = emissions()
    padded = crf(np.pad(x, ((0, 0), (0, 3), (0, 0)), constant_values=7), lengths=LENGTHS)
    tags = np.pad(np.ones((4, 5), int), ((0, 0), (0, 3)), constant_values=-1)
    short = crf(x, lengths=LENGTHS)
    np.testing.assert_allclose(
        array(layers.crf_log_likelihood(padded, tags, LENGTHS)),
        array(layers.crf_log_likelihood(short, tags[:, :5], LENGTHS)),
        atol=1e-6,
    )
    np.testing.assert_array_equal(
        array(layers.crf_viterbi(padded, LENGTHS)[0])[:, :5], array(layers.crf_viterbi(short, LENGTHS)[0])
    )
    np.testing.assert_allclose(
        array(layers.crf_marginals(padded, LENGTHS))[:, :5], array(layers.crf_marginals(short, LENGTHS)), atol=1e-6
    )


def test_without_transitions_tags_are_independent():
    layer, x = layers.CRF(TAGS), emissions()
    scores = layer(x)
    np.testing.assert_array_equal(array(layers.crf_viterbi(scores)[0]), x.argmax(-1))
    softmax = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    np.testing.assert_allclose(array(layers.crf_marginals(scores)), softmax, atol=1e-5)


def test_one_tag_and_scores_far_apart():
    layer = layers.CRF(1)
    scores = layer(np.ones((2, 3, 1), "float32"))
    np.testing.assert_allclose(array(layers.crf_log_likelihood(scores, np.zeros((2, 3), int))), 0, atol=1e-5)
    np.testing.assert_allclose(array(layers.crf_marginals(scores)), 1)
    far = layers.CRF(TAGS)(1e4 * emissions())
    assert np.isfinite(array(layers.crf_log_likelihood(far, np.zeros((4, 5), int)))).all()


def test_training_finds_that_tags_alternate():
    """Emissions say nothing; only neighbours do."""
    x = np.zeros((8, 6, 2), "float32")
    tags = np.array([[0, 1] * 3, [1, 0] * 3] * 4)
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, layers.CRF(2)(inputs))
    loss = lambda y, scores: -layers.crf_log_likelihood(scores, y)  # noqa: E731
    model.compile(keras.optimizers.Adam(0.3), loss)
    model.fit(x, tags, epochs=60, verbose=0)
    scores = model(x)
    np.testing.assert_allclose(array(layers.crf_log_likelihood(scores, tags)), np.log(0.5), atol=0.05)
    first = array(layers.crf_viterbi(scores)[0])[0]
    assert (first[1:] != first[:-1]).all()


def test_half_precision_computes_in_float32(crf):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = layers.CRF(TAGS)
    finally:
        keras.config.set_dtype_policy("float32")
    half.build((None, None, TAGS))
    half.set_weights(crf.get_weights())
    x = emissions().astype("float16")
    scores = half(x, lengths=LENGTHS)
    assert keras.backend.standardize_dtype(scores.dtype) == "float32"
    np.testing.assert_allclose(array(scores), array(crf(x.astype("float32"), lengths=LENGTHS)), atol=1e-6)


def test_wrong_shapes_raise(crf):
    for message, call in {
        "tags of size 3, received 2": lambda: crf(np.zeros((2, 3, 2), "float32")),
        "batch, time, tags": lambda: crf(np.zeros((2, 3), "float32")),
        "batch of size 2": lambda: crf(emissions(2), lengths=[1]),
        "last axis": lambda: layers.crf_viterbi(np.zeros((2, 3, 4, 5), "float32")),
        "positive integer": lambda: layers.CRF(0),
    }.items():
        with pytest.raises(ValueError, match=message):
            call()


@tensorflow_only
def test_eager_graph_and_xla_agree(crf):
    import tensorflow as tf

    x, tags = tf.constant(emissions()), np.ones((4, 5), "int32")

    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = crf(x, lengths=LENGTHS)
            loss = tf.reduce_sum(layers.crf_log_likelihood(scores, tags, LENGTHS))
        best, score = layers.crf_viterbi(scores, LENGTHS)
        return loss, tape.gradient(loss, x), best, score, layers.crf_marginals(scores, LENGTHS)

    eager = run(x)
    for options in ({}, {"jit_compile": True}):
        for one, other in zip(eager, tf.function(run, **options)(x), strict=True):
            np.testing.assert_allclose(one, other, atol=2e-5)


@tensorflow_only
def test_converts_to_litert_with_builtin_operations(crf, tmp_path):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    def answers(x, lengths):
        scores = crf(x, lengths=lengths)
        tags, score = layers.crf_viterbi(scores, lengths)
        return {"tags": tags, "score": score, "marginals": layers.crf_marginals(scores, lengths)}

    class Served(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec([None, None, TAGS], name="x"), tf.TensorSpec([None], tf.int32, "lengths")],
            autograph=False,
        )
        def serve(self, x, lengths):
            with layers.portable():
                return answers(x, lengths)

    served = Served()
    served.held = [variable.value for variable in crf.variables]
    tf.saved_model.save(served, tmp_path, signatures={"serving_default": served.serve})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    run = Interpreter(model_content=converter.convert()).get_signature_runner()
    for batch, time, lengths in ((4, 5, LENGTHS), (1, 9, [9]), (2, 1, [1, 0]), (4, 5, LENGTHS)):
        x, lengths = emissions(batch, time, seed=time), np.array(lengths, "int32")
        expected = answers(x, lengths)
        for name, output in run(x=x, lengths=lengths).items():
            np.testing.assert_allclose(output, expected[name], atol=1e-5)

"""Decoding at its limits: lists of ends, temperature 0, cuts among equals, and sizes of 0 and 1."""

import functools

import keras
import numpy as np
import pytest

import layers

VOCABULARY = 5
TABLE = np.random.default_rng(0).normal(size=(VOCABULARY, VOCABULARY)).astype("float32")


def step(token, state):
    """Logits that hang on the token before alone."""
    return keras.ops.take(keras.ops.convert_to_tensor(TABLE), token, axis=0), state


def constant(logits):
    """A step with the same logits everywhere."""
    return lambda token, state: (keras.ops.zeros_like(token[:, None], dtype="float32") + np.float32(logits), state)


def found(decoded):
    return [keras.ops.convert_to_numpy(part).tolist() for part in decoded]


def by_hand(start, ends, count, table=TABLE):
    tokens = []
    while len(tokens) < count and (not tokens or tokens[-1] not in ends):
        tokens.append(int(table[tokens[-1] if tokens else start].argmax()))
    return tokens + [0] * (count - len(tokens)), len(tokens)


CYCLE = np.eye(VOCABULARY, dtype="float32")[[1, 2, 3, 4, 0]] * 3  # after a token comes the next one


def cycle(token, state):
    return keras.ops.take(keras.ops.convert_to_tensor(CYCLE), token, axis=0), state


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda ids: keras.ops.convert_to_tensor(ids, "int32")])
@pytest.mark.parametrize("ends", [[2], [2, 4], [4, 2, 3]])
def test_any_of_several_ends_ends_a_sequence(ends, kind):
    start, noise = [0, 1, 2], np.zeros((3, 6, VOCABULARY), "float32")
    expected = [by_hand(each, ends, 6, CYCLE) for each in start]
    for decoded in (
        layers.greedy(cycle, start, [], 6, kind(ends)),
        layers.sample(cycle, start, [], noise, kind(ends)),
        layers.Decoded(*(part[:, 0] for part in layers.beam_search(cycle, start, [], 6, kind(ends), beams=1))),
    ):
        tokens, lengths, _ = found(decoded)
        assert list(zip(tokens, lengths, strict=True)) == expected
    first = found(layers.beam_search(step, [1], [], 4, kind(ends), beams=3, best=3))
    for tokens, length in zip(first[0][0], first[1][0], strict=True):
        assert not set(tokens[: length - 1]) & set(ends) and (length == 4 or tokens[length - 1] in ends)


@pytest.mark.parametrize("ends", [[], None, 2.0, [[1]], True, "2"])
def test_ends_that_are_no_integers_are_refused(ends):
    for search in (layers.greedy, layers.beam_search):
        with pytest.raises(ValueError, match="end_id: expected an integer or a list of integers"):
            search(step, [1], [], 4, ends)


COLD = [0, 0.0, np.float32(0), np.array(0.0), 1e-40, 1e-30]


def drawn(temperature, **cuts):
    noise = layers.gumbel_noise((4, 6, VOCABULARY), seed=3)
    return found(layers.sample(step, [0, 1, 2, 3], [], noise, -1, temperature=temperature, **cuts))[0]


@pytest.mark.parametrize("cuts", [{}, {"top_k": 3}, {"top_p": 0.9}, {"top_k": 4, "top_p": 0.99}])
def test_temperature_zero_is_greedy(cuts):
    expected = found(layers.greedy(step, [0, 1, 2, 3], [], 6, -1))[0]
    for temperature in (*COLD, keras.ops.convert_to_tensor(0.0)):
        assert drawn(temperature, **cuts) == expected
    assert drawn(1.0, **cuts) != expected


@pytest.mark.parametrize("temperature", [-1, np.float32(-0.5), float("nan"), float("inf"), [1.0, 2.0], "1", None])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature: expected a number of at least 0"):
        drawn(temperature)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="traces a TensorFlow graph")
def test_a_temperature_of_the_graph_counts_as_zero_below_it():
    import tensorflow as tf

    noise = layers.gumbel_noise((1, 6, VOCABULARY), seed=3)
    graph = tf.function(lambda t: layers.sample(step, tf.constant([1]), [], noise, -1, temperature=t).tokens)
    greedy = found(layers.greedy(step, [1], [], 6, -1))[0]
    for temperature in (0.0, 1e-40, -1.0, float("nan")):
        assert graph(tf.constant(temperature)).numpy().tolist() == greedy
    eager = layers.sample(step, [1], [], noise, -1, temperature=0.7).tokens
    assert graph(tf.constant(0.7)).numpy().tolist() == eager.numpy().tolist()


@pytest.mark.parametrize(
    "cuts, expected",
    [({"top_k": 2}, {1, 2}), ({"top_k": np.int64(1)}, {1}), ({"top_p": 0.5}, {1, 2}), ({"top_p": 1.0}, {0, 1, 2, 3, 4}),
     ({"top_k": 3, "top_p": 0.6}, {1, 2}), ({"top_k": 9}, {0, 1, 2, 3, 4}), ({"top_p": np.float32(0.2)}, {1})],
)  # fmt: skip
def test_a_cut_among_equals_keeps_exactly_so_many(cuts, expected):
    logits, noise = np.log([0.1, 0.25, 0.25, 0.25, 0.15]), layers.gumbel_noise((500, 1, 5), seed=1)
    tokens = found(layers.sample(constant(logits), np.zeros(500, "int32"), [], noise, -1, **cuts))[0]
    assert {token for (token,) in tokens} == expected


@pytest.mark.parametrize("most", [1, 3])
@pytest.mark.parametrize("batch", [0, 1, 2])
def test_sizes_of_zero_and_one(batch, most):
    start, noise = [2] * batch, np.zeros((batch, most, VOCABULARY), "float32")
    tokens, length = by_hand(2, [3], most)
    for decoded in (layers.greedy(step, start, [], most, 3), layers.sample(step, start, [], noise, 3, top_p=0.9)):
        assert found(decoded)[:2] == [[tokens] * batch, [length] * batch]
    beams = layers.beam_search(step, start, [], most, 3, beams=7, best=2)  # more beams than words
    assert [tuple(part.shape) for part in beams] == [(batch, 2, most), (batch, 2), (batch, 2)]
    assert (np.diff(keras.ops.convert_to_numpy(beams.scores)) < 0).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX traces a step that is never taken")
def test_no_step_at_all_gives_no_token():
    decoded = found(layers.sample(step, [1, 2], [], np.zeros((2, 0, VOCABULARY), "float32"), 3))
    assert decoded == [[[], []], [0, 0], [0.0, 0.0]]


@pytest.mark.parametrize("time", [0, 1, 2])
@pytest.mark.parametrize("batch", [0, 2])
def test_teacher_forcing_of_sizes_of_zero_and_one(batch, time):
    tokens = np.ones((batch, time), "int32")
    if keras.backend.backend() != "tensorflow" and not time:
        pytest.skip("a scan of no step is TensorFlow's here")
    logits, _ = layers.teacher_forcing(step, tokens, [])
    np.testing.assert_allclose(logits, np.broadcast_to(TABLE[1], (batch, time, VOCABULARY)), rtol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="traces a TensorFlow graph")
def test_teacher_forcing_in_a_graph_of_any_time():
    import tensorflow as tf

    graph = tf.function(
        lambda tokens: layers.teacher_forcing(step, tokens, [])[0],
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
    )
    for time in (0, 1, 3):
        np.testing.assert_allclose(
            graph(tf.ones((2, time), tf.int32)), np.broadcast_to(TABLE[1], (2, time, 5)), rtol=1e-6
        )


@pytest.mark.parametrize("end, length", [(0, 1), (9, 3)])
def test_a_vocabulary_of_one(end, length):
    noise = np.zeros((1, 3, 1), "float32")
    for decoded in (
        layers.greedy(constant([2.0]), [0], [], 3, end),
        layers.sample(constant([2.0]), [0], [], noise, end, top_k=1, top_p=0.5),
    ):
        assert found(decoded) == [[[0, 0, 0]], [length], [0.0]]
    _, lengths, scores = found(layers.beam_search(constant([2.0]), [0], [], 3, end, beams=2, best=2))
    assert lengths == [[length, 0]] and scores == [[0.0, -np.inf]]


def test_where_nothing_is_possible_a_sequence_ends_with_no_probability():
    impossible, noise = constant([-np.inf] * 3), np.zeros((1, 4, 3), "float32")
    for decoded in (
        layers.greedy(impossible, [0], [], 4, 2),
        layers.sample(impossible, [0], [], noise, 2, top_k=2, top_p=0.5),
    ):
        assert found(decoded) == [[[0] * 4], [0], [-np.inf]]
    assert found(layers.beam_search(impossible, [0], [], 4, 2)) == [[[[0] * 4]], [[0]], [[-np.inf]]]


def test_logits_in_half_precision_are_scored_in_float32():
    half = lambda token, state: (keras.ops.cast(step(token, state)[0], "float16"), state)  # noqa: E731
    for search in (layers.greedy, functools.partial(layers.beam_search, beams=3)):
        tokens, lengths, scores = found(search(half, [1, 2], [], 5, -1))
        expected = found(search(step, [1, 2], [], 5, -1))
        assert [tokens, lengths] == expected[:2]
        np.testing.assert_allclose(scores, expected[2], rtol=1e-3)


def test_starts_and_states_are_checked():
    with pytest.raises(ValueError, match=r"start: expected integers \(batch,\)"):
        layers.greedy(step, [1.0], [], 3, 2)
    with pytest.raises(ValueError, match=r"state: expected a batch of size 2, received 3"):
        layers.greedy(step, [1, 2], [keras.ops.zeros((3, 2))], 3, 2)
    with pytest.raises(ValueError, match=r"logits: expected the shape \(batch, vocabulary\)"):
        layers.greedy(lambda token, state: (token, state), [1, 2], [], 3, 2)
    assert found(layers.greedy(step, np.array([1, 2]), [], np.int64(2), np.int64(9))) == found(
        layers.greedy(step, [1, 2], [], 2, 9)
    )

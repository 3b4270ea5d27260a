import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import layers

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="is about TensorFlow")

VOCABULARY, UNITS, END, PAD = 4, 5, 2, 0


class Speaker:
    """A small random network whose logits depend on all tokens so far; in NumPy and in keras.ops."""

    def __init__(self, seed, vocabulary=VOCABULARY, sharpness=3.0):
        source = np.random.default_rng(seed)
        self.embedding = source.normal(size=(vocabulary, UNITS)).astype("float32")
        self.kernel = source.normal(size=(UNITS, UNITS)).astype("float32")
        self.output = (sharpness * source.normal(size=(UNITS, vocabulary))).astype("float32")
        self.vocabulary = vocabulary

    def start(self, batch):
        source = np.random.default_rng(batch)
        return source.integers(0, self.vocabulary, batch).astype("int32"), source.normal(size=(batch, UNITS))

    def state(self, values):
        values = keras.ops.convert_to_tensor(values, dtype="float32")
        return {"hidden": values, "more": [values[:, 0]]}

    def step(self, token, state):
        hidden = keras.ops.take(self.embedding, token, axis=0) + keras.ops.matmul(state["hidden"], self.kernel)
        hidden = keras.ops.tanh(hidden + keras.ops.expand_dims(state["more"][0], 1))
        return keras.ops.matmul(hidden, self.output), {"hidden": hidden, "more": [hidden[:, 1]]}

    def log_probabilities(self, token, hidden, extra):
        """One row in float64: log-probabilities (vocabulary,), hidden, extra."""
        hidden = np.tanh(self.embedding[token] + hidden @ self.kernel.astype("float64") + extra)
        logits = hidden @ self.output
        return logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max(), hidden, hidden[1]

    def score(self, first, hidden, tokens):
        """log P(tokens)."""
        token, extra, total = first, hidden[0], 0.0
        for following in tokens:
            logs, hidden, extra = self.log_probabilities(token, hidden, extra)
            total, token = total + logs[following], following
        return total


def penalty(length, exponent):
    return ((5 + length) / 6) ** exponent


def every_sequence(speaker, max_length):
    """All that end in END, or are `max_length` long without it."""
    words = [word for word in range(speaker.vocabulary) if word != END]
    for length in range(max_length):
        for tokens in itertools.product(words, repeat=length):
            yield (*tokens, END)
    yield from itertools.product(words, repeat=max_length)


def exhaustive(speaker, first, hidden, max_length, best, exponent):
    scored = [
        (speaker.score(first, hidden, tokens) / penalty(len(tokens), exponent), tokens)
        for tokens in every_sequence(speaker, max_length)
    ]
    return sorted(scored, reverse=True)[:best]


def beam_by_hand(speaker, first, hidden, max_length, beams, best, exponent):
    """Beam search on lists, always to `max_length`."""
    live, finished = [(0.0, ())], []
    for _ in range(max_length):
        continued = [
            (speaker.score(first, hidden, (*tokens, word)), (*tokens, word))
            for _, tokens in live
            for word in range(speaker.vocabulary)
        ]
        continued = sorted(continued, reverse=True)[: 2 * beams]
        finished += [
            (total / penalty(len(tokens), exponent), tokens) for total, tokens in continued if tokens[-1] == END
        ]
        live = [(total, tokens) for total, tokens in continued if tokens[-1] != END][:beams]
    finished += [(total / penalty(max_length, exponent), tokens) for total, tokens in live]
    return sorted(finished, reverse=True)[:best]


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def check_found(found, row, expected, max_length):
    for place, (score, tokens) in enumerate(expected):
        padded = [*tokens, *[PAD] * (max_length - len(tokens))]
        assert numbers(found.tokens)[row, place].tolist() == padded
        assert numbers(found.lengths)[row, place] == len(tokens)
        assert numbers(found.scores)[row, place] == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_wide_beam_finds_what_exhaustive_search_finds(seed, length_penalty):
    speaker, max_length = Speaker(seed), 4
    first, hidden = speaker.start(3)
    found = layers.beam_search(
        speaker.step,
        keras.ops.convert_to_tensor(first),
        speaker.state(hidden),
        max_length,
        END,
        beams=81,
        best=5,
        length_penalty=length_penalty,
    )
    for row in range(3):
        expected = exhaustive(speaker, first[row], hidden[row], max_length, 5, length_penalty)
        check_found(found, row, expected, max_length)


@pytest.mark.parametrize("beams, best", [(1, 1), (2, 3), (4, 2)])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_narrow_beam_equals_one_written_by_hand_that_never_stops_early(beams, best, length_penalty):
    speaker, max_length = Speaker(7, vocabulary=6), 7
    first, hidden = speaker.start(5)
    found = layers.beam_search(
        speaker.step,
        keras.ops.convert_to_tensor(first),
        speaker.state(hidden),
        max_length,
        END,
        beams=beams,
        best=best,
        length_penalty=length_penalty,
    )
    for row in range(5):
        expected = beam_by_hand(speaker, first[row], hidden[row], max_length, beams, best, length_penalty)
        check_found(found, row, expected, max_length)


def counted(step):
    """`step`, and the list that grows by one at each call; counts eager steps."""
    calls = []

    def counting(token, state):
        calls.append(1)
        return step(token, state)

    return counting, calls


def ending_step(token, state):
    """Ends at the second token with probability near one."""
    seen = state + 1
    logits = keras.ops.where(keras.ops.expand_dims(seen, 1) >= 2, [[0.0, 0.0, 20.0]], [[0.0, 5.0, 0.0]])
    return logits, seen


@tensorflow_only
def test_stops_as_soon_as_no_live_hypothesis_can_win():
    start, state = tf.constant([1, 1]), tf.constant([0, 0])
    for search, most in (
        (functools.partial(layers.greedy, max_length=50), 2),
        (functools.partial(layers.beam_search, max_length=50, beams=2, length_penalty=1.0), 4),
        (functools.partial(layers.sample, noise=tf.zeros((2, 50, 3))), 2),
    ):
        step, calls = counted(ending_step)
        found = search(step, start, state, end_id=END)
        assert 2 <= len(calls) <= most
        assert set(numbers(found.lengths).ravel().tolist()) == {2}


def test_fewer_sequences_than_asked_for_leave_empty_ones():
    step = lambda token, state: (keras.ops.one_hot(keras.ops.zeros_like(token) + END, 3) * 1e9 - 1e9, state)  # noqa: E731
    impossible = lambda token, state: (  # noqa: E731
        keras.ops.where(keras.ops.one_hot(token * 0 + END, 3, dtype="bool"), 0.0, float("-inf")),
        state,
    )
    found = layers.beam_search(impossible, keras.ops.convert_to_tensor([1]), [], 4, END, beams=2, best=3)
    assert numbers(found.lengths).tolist() == [[1, 0, 0]]
    assert numbers(found.tokens)[0, 1:].tolist() == [[PAD] * 4] * 2
    assert np.isneginf(numbers(found.scores)[0, 1:]).all()
    assert numbers(layers.greedy(step, keras.ops.convert_to_tensor([1]), [], 4, END).lengths).tolist() == [1]


def test_greedy_takes_the_likeliest_and_scores_it():
    speaker, max_length = Speaker(3), 6
    first, hidden = speaker.start(4)
    found = layers.greedy(
        speaker.step, keras.ops.convert_to_tensor(first), speaker.state(hidden), max_length, END, pad_id=PAD
    )
    for row in range(4):
        tokens, state, extra = [first[row]], hidden[row], hidden[row][0]
        while len(tokens) <= max_length and (len(tokens) == 1 or tokens[-1] != END):
            logs, state, extra = speaker.log_probabilities(tokens[-1], state, extra)
            tokens.append(int(logs.argmax()))
        length = len(tokens) - 1
        assert numbers(found.tokens)[row].tolist() == tokens[1:] + [PAD] * (max_length - length)
        assert numbers(found.lengths)[row] == length
        assert numbers(found.scores)[row] == pytest.approx(speaker.score(first[row], hidden[row], tokens[1:]), abs=1e-4)


def test_teacher_forcing_gives_the_logits_of_each_prefix():
    speaker = Speaker(5)
    _, hidden = speaker.start(3)
    tokens = np.random.default_rng(0).integers(0, VOCABULARY, (3, 4)).astype("int32")
    logits, state = layers.teacher_forcing(speaker.step, keras.ops.convert_to_tensor(tokens), speaker.state(hidden))
    logs = numbers(keras.ops.log_softmax(logits))
    for row in range(3):
        values, extra = hidden[row], hidden[row][0]
        for t in range(4):
            expected, values, extra = speaker.log_probabilities(tokens[row, t], values, extra)
            np.testing.assert_allclose(logs[row, t], expected, atol=1e-4)
        np.testing.assert_allclose(numbers(state["hidden"])[row], values, atol=1e-5)


def drawn(logits, count=20000, **settings):
    """Relative frequencies of the first token over many rows."""
    logits = keras.ops.convert_to_tensor(logits, dtype="float32")
    step = lambda token, state: (keras.ops.zeros((count, 1)) + logits, state)  # noqa: E731
    noise = layers.gumbel_noise((count, 1, len(logits)), seed=1)
    start = keras.ops.zeros((count,), dtype="int32")
    tokens = numbers(layers.sample(step, start, [], noise, end_id=-1, **settings).tokens)
    return np.bincount(tokens[:, 0], minlength=len(logits)) / count


def test_sampling_follows_the_distribution_and_its_cuts():
    probabilities = np.array([0.05, 0.5, 0.3, 0.15])
    logits = np.log(probabilities)
    np.testing.assert_allclose(drawn(logits), probabilities, atol=0.015)
    squared = probabilities**2 / (probabilities**2).sum()
    np.testing.assert_allclose(drawn(logits, temperature=0.5), squared, atol=0.015)
    np.testing.assert_allclose(drawn(logits, top_k=2), [0, 0.625, 0.375, 0], atol=0.015)
    np.testing.assert_allclose(drawn(logits, top_p=0.6), [0, 0.625, 0.375, 0], atol=0.015)
    np.testing.assert_allclose(drawn(logits, top_p=0.5), [0, 1, 0, 0], atol=0)
    np.testing.assert_allclose(drawn(logits, top_p=1.0), probabilities, atol=0.015)
    np.testing.assert_allclose(drawn(logits, top_k=3, top_p=0.7), [0, 0.625, 0.375, 0], atol=0.015)


class Translator(tf.Module):
    """greedy, sample and beam over one random step, with any batch and the most tokens as inputs."""

    def __init__(self):
        super().__init__()
        speaker = Speaker(1, vocabulary=9, sharpness=1.5)
        self.values = [tf.Variable(part) for part in (speaker.embedding, speaker.kernel, speaker.output)]
        self.speaker = speaker

    def step(self, token, state):
        self.speaker.embedding, self.speaker.kernel, self.speaker.output = self.values
        return self.speaker.step(token, state)

    def functions(self):
        start, state = tf.TensorSpec((None,), tf.int32, "start"), tf.TensorSpec((None, UNITS), tf.float32, "state")
        most, noise = tf.TensorSpec((), tf.int32, "most"), tf.TensorSpec((None, None, 9), tf.float32, "noise")

        def greedy(start, state, most):
            return layers.greedy(self.step, start, self.speaker.state(state), most, END)._asdict()

        def beam(start, state, most):
            found = layers.beam_search(self.step, start, self.speaker.state(state), most, END, beams=3, best=2)
            return found._asdict()

        def sample(start, state, noise):
            settings = {"temperature": 0.8, "top_k": 6, "top_p": 0.9}
            return layers.sample(self.step, start, self.speaker.state(state), noise, END, **settings)._asdict()

        return {
            "greedy": tf.function(greedy, input_signature=[start, state, most]),
            "beam": tf.function(beam, input_signature=[start, state, most]),
            "sample": tf.function(sample, input_signature=[start, state, noise]),
        }


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    module = Translator()
    module.answers = module.functions()
    folder = str(tmp_path_factory.mktemp("decoder"))
    tf.saved_model.save(module, folder, signatures=module.answers)
    return module, folder


def questions(name):
    """Three calls: two of other sizes, and the first one again."""
    source = np.random.default_rng(4)
    for batch, most in ((1, 12), (3, 7), (1, 12)):
        call = {
            "start": source.integers(3, 9, batch).astype("int32"),
            "state": source.normal(size=(batch, UNITS)).astype("float32"),
        }
        if name == "sample":
            call["noise"] = source.gumbel(size=(batch, most, 9)).astype("float32")
        else:
            call["most"] = np.int32(most)
        yield call


@tensorflow_only
@pytest.mark.parametrize("name", ["greedy", "beam", "sample"])
def test_graph_and_saved_model_give_the_eager_tokens(exported, name):
    module, folder = exported
    served = tf.saved_model.load(folder)
    for call in questions(name):
        tensors = {key: tf.constant(value) for key, value in call.items()}
        eager = module.answers[name].python_function(**tensors)
        for answer in (module.answers[name](**tensors), served.signatures[name](**tensors)):
            np.testing.assert_array_equal(answer["tokens"], eager["tokens"])
            np.testing.assert_allclose(answer["scores"], eager["scores"], atol=1e-5)


@tensorflow_only
@pytest.mark.parametrize("name", ["greedy", "beam", "sample"])
def test_converts_to_litert_with_builtin_operations_and_equal_tokens(exported, name):
    from ai_edge_litert.interpreter import Interpreter

    module, folder = exported
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[name])
    interpreter = Interpreter(model_content=converter.convert())
    operations = {operation["op_name"] for operation in interpreter._get_ops_details()}
    assert not {one for one in operations if one.startswith("Flex") or "VAR" in one}, operations
    run = interpreter.get_signature_runner(name)
    for call in questions(name):
        expected, answer = (
            module.answers[name](**{key: tf.constant(value) for key, value in call.items()}),
            run(**call),
        )
        np.testing.assert_array_equal(answer["tokens"], expected["tokens"])
        np.testing.assert_array_equal(answer["lengths"], expected["lengths"])
        np.testing.assert_allclose(answer["scores"], expected["scores"], atol=1e-5)


def test_bad_input_is_named():
    speaker = Speaker(0)
    first, hidden = speaker.start(2)
    start, state = keras.ops.convert_to_tensor(first), speaker.state(hidden)
    beam = functools.partial(layers.beam_search, speaker.step, start, state, 5, END)
    with pytest.raises(ValueError, match=r"start: expected the shape \(batch\), received \(2, 1\)"):
        layers.greedy(speaker.step, start[:, None], state, 5, END)
    with pytest.raises(ValueError, match="max_length: expected a positive integer"):
        layers.greedy(speaker.step, start, state, 0, END)
    with pytest.raises(ValueError, match="beams: expected a positive integer"):
        beam(beams=0)
    with pytest.raises(ValueError, match="best: expected a positive integer"):
        beam(best=0)
    with pytest.raises(ValueError, match=r"length_penalty: expected a number of at least 0, received -1"):
        beam(length_penalty=-1)
    with pytest.raises(ValueError, match=r"as many tensors as it takes, 2, received 1"):
        layers.greedy(lambda token, state: (speaker.step(token, state)[0], [token]), start, state, 5, END)
    with pytest.raises(ValueError, match="expected tensors with the batch as first axis"):
        layers.greedy(speaker.step, start, keras.ops.convert_to_tensor(1.0), 5, END)
    noise = keras.ops.zeros((2, 5, VOCABULARY))
    draw = functools.partial(layers.sample, speaker.step, start, state, end_id=END)
    with pytest.raises(ValueError, match=r"noise: expected the shape \(batch, time, vocabulary\)"):
        draw(noise[0])
    with pytest.raises(ValueError, match=r"noise: expected a vocabulary of size 4, received 3"):
        draw(noise[..., :3])
    with pytest.raises(ValueError, match=r"temperature: expected a number of at least 0, received -1"):
        draw(noise, temperature=-1)
    with pytest.raises(ValueError, match=r"top_p: expected a number above 0.*, received 1.5"):
        draw(noise, top_p=1.5)
    with pytest.raises(ValueError, match="top_k: expected a positive integer"):
        draw(noise, top_k=0)

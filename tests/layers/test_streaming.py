"""Models step by step: masks are obeyed as in a whole sequence, by Keras's layers and by this package's."""

import keras
import numpy as np
import pytest

import layers
from layers.conversion import streaming

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's own", allow_module_level=True)

UNITS, FEATURES, TIME = 4, 3, 9


@keras.saving.register_keras_serializable(package="tests.streaming")
class Halved(keras.layers.Layer):
    """h_t = h_{t-1} / 2 + x_t, and an output that is no state: 2 h_t + 1."""

    state_size = output_size = FEATURES

    def call(self, inputs, states):
        h = states[0] / 2 + inputs
        return 2 * h + 1, [h]


def stacked(**options):
    return keras.layers.RNN([keras.layers.GRUCell(3), keras.layers.LSTMCell(UNITS)], **options)


KINDS = {
    "Keras's LSTM": lambda **o: keras.layers.LSTM(UNITS, **o),
    "Keras's GRU": lambda **o: keras.layers.GRU(UNITS, **o),
    "Keras's SimpleRNN": lambda **o: keras.layers.SimpleRNN(UNITS, **o),
    "Keras's stacked cells": stacked,
    "Keras's RNN of a cell of one's own": lambda **o: keras.layers.RNN(Halved(), **o),
    "Keras's RNN of our cell": lambda **o: keras.layers.RNN(layers.LSTMCell(UNITS), **o),
    "our LSTM": lambda **o: layers.LSTM(UNITS, **o),
    "our GRU": lambda **o: layers.GRU(UNITS, reset_after=False, **o),
    "our RNN of a cell of one's own": lambda **o: layers.RNN(Halved(), **o),
    "our stacked cells": lambda **o: layers.RNN([keras.layers.GRUCell(3), layers.GRUCell(UNITS)], **o),
    "Deep": lambda **o: layers.Deep(
        [layers.LSTM(UNITS, return_sequences=True), layers.GRU(UNITS, **o)], residual=True
    ),
}  # fmt: skip
PATTERNS = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 0, 0, 1, 0, 1, 1, 1],
        [0, 0, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
    ],
    bool,
)


def frames(seed=0):
    x = np.random.default_rng(seed).normal(size=(*PATTERNS.shape, FEATURES)).astype("float32")
    return np.where(PATTERNS[..., None], x, 0).astype("float32")


def compare(model, x):
    """Step by step, each answer equals that to the sequence so far."""
    steps = streaming.Steps(model)
    states = [keras.ops.zeros((len(x), *shape)) for shape in steps.state_shapes]
    for t in range(x.shape[1]):
        with steps.one(states) as following:
            found = keras.tree.flatten(model(x[:, t : t + 1]))
        expected = keras.tree.flatten(model(x[:, : t + 1]))
        for received, whole in zip(found, expected, strict=True):
            whole = whole[:, -1:] if len(whole.shape) == 3 else whole
            np.testing.assert_allclose(received, whole, atol=1e-5)
        states = following


@pytest.mark.parametrize("zero_output_for_mask", [False, True])
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_masked_steps_equal_the_whole_sequence(make, zero_output_for_mask):
    x = keras.Input([None, FEATURES])
    y = keras.layers.Masking(0.0)(x)
    each = make(return_sequences=True, zero_output_for_mask=zero_output_for_mask)(y)
    dense = keras.layers.TimeDistributed(keras.layers.Dense(FEATURES, bias_initializer="ones"))(each)
    last = make(zero_output_for_mask=zero_output_for_mask)(dense)
    model = keras.Model(x, [each, dense, last, layers.SequencePooling("last")(dense, mask=_mask(y))])
    compare(model, frames())


def _mask(y):
    return keras.ops.any(keras.ops.not_equal(y, 0), -1)


def test_ids_that_mask():
    ids = keras.Input([None], dtype="int32")
    y = keras.layers.Embedding(20000, FEATURES, mask_zero=True)(ids)
    y = keras.layers.GRU(UNITS, return_sequences=True)(y)
    model = keras.Model(ids, [y, layers.GRU(UNITS)(y)])
    compare(model, np.where(PATTERNS, np.random.default_rng(0).integers(1, 20000, PATTERNS.shape), 0))


def test_only_what_a_mask_reaches_gets_a_state_more():
    x = keras.Input([None, FEATURES])
    plain = keras.Model(x, layers.SequencePooling("last")(keras.layers.RNN(Halved(), return_sequences=True)(x)))
    assert streaming.Steps(plain).state_shapes == [(FEATURES,)]
    y = keras.layers.Masking(0.0)(x)
    masked = keras.Model(x, keras.layers.RNN(Halved())(keras.layers.GRU(UNITS - 1, return_sequences=True)(y)))
    assert streaming.Steps(masked).state_shapes == [(UNITS - 1,), (FEATURES,), (FEATURES,)]


def model_of(*stack):
    return keras.Model(x := keras.Input([None, FEATURES]), keras.Sequential(stack)(x))


def with_states():
    x = keras.Input([None, FEATURES])
    _, h, c = keras.layers.LSTM(UNITS, return_state=True)(x)
    return keras.Model(x, keras.layers.LSTM(UNITS, name="given")(x, initial_state=[h, c]))


def twice():
    x, gru = keras.Input([None, FEATURES]), keras.layers.GRU(FEATURES, return_sequences=True, name="shared")
    return keras.Model(x, gru(gru(x)))


K, SEQUENCE = keras.layers, {"return_sequences": True}


def attended():
    x = keras.Input([None, FEATURES])
    y = K.LSTM(UNITS, **SEQUENCE)(x)
    return keras.Model(x, K.Attention()([y, y]))


def autoencoded():
    x = keras.Input([None, FEATURES])
    states = K.LSTM(UNITS, return_state=True)(x)[1:]
    return keras.Model(x, K.LSTM(UNITS, name="decoder", **SEQUENCE)(x, initial_state=states))


def of(make):
    return keras.Model(x := keras.Input([None, FEATURES]), make(x))


@pytest.mark.parametrize(
    ("message", "make"),
    [
        (r"\(Conv1D\).*window over time.*give padding='causal'", lambda: model_of(K.Conv1D(4, 3), K.GRU(4))),
        (r"\(Conv1D\).*window over time", lambda: model_of(K.Conv1D(4, 3, padding="same"), K.GRU(4))),
        (r"\(Conv1D\).*every 2 steps", lambda: model_of(K.Conv1D(4, 3, strides=2, padding="causal"), K.GRU(4))),
        (r"\(SeparableConv1D\).*ZeroPadding1D\(\(2, 0\)\)", lambda: model_of(K.SeparableConv1D(4, 3), K.GRU(4))),
        (r"\(MaxPooling1D\).*window over time.*strides=1", lambda: model_of(K.MaxPooling1D(2), K.GRU(4))),
        (r"\(ZeroPadding1D\).*zeros behind the steps \(1\)", lambda: model_of(K.ZeroPadding1D(1), K.Conv1D(3, 3))),
        (r"\(Dense\).*2 steps of zeros", lambda: model_of(K.ZeroPadding1D((2, 0)), K.Dense(3), K.Conv1D(3, 3))),
        (r"\(Cropping1D\).*number of steps", lambda: model_of(K.GRU(4, **SEQUENCE), K.Cropping1D((0, 1)))),
        (r"\(GroupNormalization\).*all steps", lambda: model_of(K.GroupNormalization(1), K.GRU(4))),
        (r"\(Softmax\).*along the time axis", lambda: model_of(K.GRU(4, **SEQUENCE), K.Softmax(axis=1))),
        (r"\(Concatenate\).*along the time axis", lambda: of(lambda x: K.GRU(4)(K.Concatenate(axis=1)([x, x])))),
        (r"\(SequencePooling\).*attends", lambda: of(layers.SequencePooling("attention"))),
        (r"\(BesideSteps\).*1 steps after", lambda: model_of(layers.BesideSteps(0, 1), K.GRU(4))),
        (r"\(GetItem\) makes 0 steps of one", lambda: of(lambda x: K.GRU(4)(x[:, 1:] - x[:, :-1]))),
        (r"attention\w* \(Attention\).*attends", attended),
        (r"\(LSTM\): it reads a sequence from its end", lambda: model_of(K.LSTM(4, go_backwards=True))),
        (r"\(GRU\): it reads a sequence from its end", lambda: model_of(layers.Bidirectional(layers.GRU(4)))),
        (r"given \(LSTM\) is given its states", with_states),
        (r"decoder \(LSTM\) is given its states .* a model of its own", autoencoded),
        (r"shared \(GRU\) is called twice", twice),
        ("expected a recurrent layer", lambda: model_of(K.Dense(3))),
    ],
)  # fmt: skip
def test_what_cannot_stream_is_named_with_the_reason(message, make):
    with pytest.raises(ValueError, match=message):
        streaming.Steps(make())


def test_a_window_of_one_step_streams():
    compare(model_of(K.Conv1D(4, 1), K.GRU(4)), frames())

"""Models step by step: at each step the answer is that to the sequence so far, whatever carries something on."""

import keras
import numpy as np
import pytest

import layers
from layers.conversion import open_time, streaming
from layers.conversion.unbound import unbound

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's own", allow_module_level=True)

K, ops, SEQUENCE, ROWS, TIME = keras.layers, keras.ops, {"return_sequences": True}, 3, 8


@keras.saving.register_keras_serializable(package="tests.streamed")
class LearnedStart(K.Layer):
    """A cell with two states, one a matrix and one that starts from a weight, neither of them the output."""

    state_size, output_size = [4, (2, 2)], 4

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1] + 4, 4))
        self.start = self.add_weight(shape=(4,), initializer="ones")

    def get_initial_state(self, batch_size=None):
        return [ops.tile(self.start[None], [batch_size, 1]), ops.zeros((batch_size, 2, 2))]

    def call(self, inputs, states):
        h = ops.tanh(ops.matmul(ops.concatenate([inputs, states[0]], -1), self.kernel) + ops.sum(states[1], 1)[:, :1])
        return 2 * h, [h, states[1] / 2 + ops.reshape(h, (-1, 2, 2))]


@keras.saving.register_keras_serializable(package="tests.streamed")
class Block(K.Layer):
    """A user's layer with others inside."""

    def __init__(self, **options):
        super().__init__(**options)
        self.convolution, self.norm = K.Conv1D(3, 3, padding="causal"), K.LayerNormalization()
        self.recurrent = K.GRU(3, return_sequences=True)

    def build(self, shape):
        for layer in (self.convolution, self.recurrent, self.norm):
            layer.build(shape)

    def call(self, inputs):
        return inputs + self.norm(self.recurrent(self.convolution(inputs)))


@keras.saving.register_keras_serializable(package="tests.streamed")
class ZerosInFront(K.Conv1D):
    """A user's causal convolution, as people write it for other axes and frameworks."""

    def call(self, inputs):
        return super().call(ops.pad(inputs, [[0, 0], [(self.kernel_size[0] - 1) * self.dilation_rate[0], 0], [0, 0]]))


def series(features=3):
    return keras.Input([None, features])


def chain(*stack, shape=(None, 3), name=None, **options):
    x = y = keras.Input(shape, **options)
    for layer in stack:
        y = layer(y)
    return keras.Model(x, y, name=name)


def of_series(make, features=3):
    x = series(features)
    return keras.Model(x, make(x))


def beside_static():
    """Features and a category a row, added to each step and joined with the last."""
    x, features, category = series(), keras.Input([4]), keras.Input([], dtype="int32")
    y = K.GRU(5, **SEQUENCE)(x)
    y = K.Add()([y, ops.expand_dims(K.Dense(5)(features) + K.Embedding(7, 5)(category), 1)])
    return keras.Model([x, features, category], K.Dense(2)(K.Concatenate()([K.LSTM(4)(y), features])))


def given_states():
    x, features = series(), keras.Input([4])
    h, c = K.Dense(5, "tanh")(features), K.Dense(5)(features)
    y = K.LSTM(5, **SEQUENCE)(x, initial_state=[h, c])
    z = layers.GRU(5, **SEQUENCE)(K.Masking()(x), initial_state=[h])
    stacked = K.RNN([K.LSTMCell(5), K.GRUCell(5)])(y, initial_state=[[h, c], h])
    return keras.Model([x, features], [y, K.GRU(5)(z, initial_state=h), stacked])


def caption():
    """Words, one by one, that start from a picture and look at it."""
    picture, words = keras.Input([9, 8]), keras.Input([None], dtype="int32")
    h = K.Dense(6)(K.GlobalAveragePooling1D()(picture))
    y = K.LSTM(6, **SEQUENCE)(K.Embedding(11, 6, mask_zero=True)(words), initial_state=[h, h])
    y = K.MultiHeadAttention(2, 3)(K.Attention()([y, K.Dense(6)(picture)]), picture)
    return keras.Model([picture, words], y)


def after_history():
    """The past of known length is read as a whole, what follows step by step."""
    past, following = keras.Input([6, 3]), series(2)
    _, h, c = K.LSTM(5, return_state=True)(K.Conv1D(4, 3, padding="same")(past))
    return keras.Model([past, following], K.LSTM(5, **SEQUENCE)(following, initial_state=[h, c]))


def by_mask():
    x, mask = series(), keras.Input([None], dtype="bool")
    y = K.LSTM(4, **SEQUENCE)(x, mask=mask)
    pooled = [layers.SequencePooling(mode)(y, mask=mask) for mode in ("mean", "max", "last")]
    return keras.Model([x, mask], [*pooled, K.GlobalAveragePooling1D()(y, mask=mask)])


def by_lengths():
    x, lengths, category = series(), keras.Input([], dtype="int32"), keras.Input([], dtype="int32")
    y = layers.LSTM(4, **SEQUENCE)(x, lengths=ops.cast(lengths, "int32"))
    pooled = [layers.SequencePooling(mode)(y, lengths=lengths) for mode in ("mean", "max", "last")]
    return keras.Model([x, lengths, category], [*pooled, K.Embedding(4, 3)(category)])


def of_ngrams():
    ids, mask = keras.Input([None], dtype="int32"), keras.Input([None], dtype="bool")
    scores = layers.NgramScores(9, order=3, buckets=16, units=2)(ids, mask=mask)
    alone = layers.NgramScores(9, order=1, units=3)(ids)
    return keras.Model([ids, mask], [scores, alone, K.GRU(3)(K.Embedding(9, 4)(ids), mask=mask)])


def wavenet():
    x = y = series()
    for dilation in (1, 2, 4):
        gates = [K.Conv1D(4, 2, dilation_rate=dilation, padding="causal", activation=name)(y)
                 for name in ("tanh", "sigmoid")]  # fmt: skip
        y = K.Add()([K.Conv1D(4, 1)(K.Multiply()(gates)), K.Dense(4)(y)])
    return keras.Model(x, [y, y[:, -1]])


def zeros_in_front(x):
    y = K.ZeroPadding1D((4, 0))(x)
    y = K.Concatenate()([K.SeparableConv1D(5, 3, dilation_rate=2)(y), K.DepthwiseConv1D(5)(y)])
    y = K.Conv1D(4, 3, activation="relu")(ops.pad(y, [[0, 0], [2, 0], [0, 0]]))
    y = K.MaxPooling1D(4, strides=1)(K.ZeroPadding1D((3, 0))(y))
    return K.AveragePooling1D(2, strides=1)(K.ZeroPadding1D((1, 0))(K.BatchNormalization()(y)))


def pictures_of_sound():
    x = keras.Input([None, 8, 1])
    y = K.Conv2D(4, (3, 3), strides=(1, 2))(K.ZeroPadding2D(((2, 0), (1, 1)))(x))
    y = K.Conv2D(4, (1, 3), padding="same")(K.BatchNormalization()(y))
    return keras.Model(x, K.GRU(3, **SEQUENCE)(K.Reshape((-1, 16))(y)))


def frames():
    x = keras.Input([None, 6, 6, 1])
    y = layers.TimeDistributed(K.MaxPooling2D())(K.TimeDistributed(K.Conv2D(3, 3))(x))
    return keras.Model(x, K.LSTM(4)(K.TimeDistributed(K.Flatten())(y)))


def sentences_of_words():
    x = keras.Input([None, 5], dtype="int32")
    y = K.TimeDistributed(K.Bidirectional(K.GRU(3)))(K.TimeDistributed(K.Embedding(9, 4))(x))
    return keras.Model(x, K.GRU(3)(y))


def all_poolings(x):
    poolings = [
        ops.mean(x, axis=1),
        ops.max(x, axis=1, keepdims=True),
        ops.sum(x, axis=1),
        ops.min(x, axis=-2),
        ops.mean(x, axis=-1),
    ]
    keras_own = [K.GlobalMaxPooling1D()(x), K.GlobalAveragePooling1D(keepdims=True)(x)]
    return [*poolings, *keras_own, ops.cumsum(x, axis=1), layers.SequencePooling("mean")(x)]


def two_series():
    x, z = series(), series(2)
    return keras.Model([x, z], K.Concatenate()([K.LSTM(4)(x), K.GRU(3)(K.Conv1D(3, 2, padding="causal")(z))]))


def stateful():
    x = keras.Input(batch_shape=(ROWS, None, 3))
    return keras.Model(x, layers.GRU(3, stateful=True)(K.LSTM(4, stateful=True, **SEQUENCE)(x)))


def fixed_beside_static():
    x, features = keras.Input([TIME, 3]), keras.Input([5])
    return keras.Model([x, features], K.Concatenate()([K.LSTM(4)(x), features]))


def fixed_within():
    """An inner model that is built for so many steps."""
    inner = chain(K.LSTM(4, unroll=True, **SEQUENCE), K.GRU(3, **SEQUENCE), shape=(TIME, 3), name="inner")
    return chain(K.Dense(3), inner, K.LSTM(4, unroll=True), shape=(TIME, 3))


def translation():
    """The source is read from both ends, and attended to; the target comes word by word."""
    source, target = keras.Input([None], dtype="int32"), keras.Input([None], dtype="int32")
    memory = K.Bidirectional(K.GRU(3, **SEQUENCE))(K.Embedding(9, 4, mask_zero=True)(source))
    y = K.GRU(6, **SEQUENCE)(
        K.Embedding(8, 4, mask_zero=True)(target), initial_state=K.GlobalAveragePooling1D()(memory)
    )
    return keras.Model([source, target], K.Dense(8)(K.Concatenate()([y, K.Attention()([y, memory])])))


def source_with_lengths():
    """Lengths of what is given whole are lengths."""
    source, lengths, target = series(), keras.Input([], dtype="int32"), series(2)
    h = layers.GRU(4)(source, lengths=lengths)
    return keras.Model([source, lengths, target], layers.GRU(4)(target, initial_state=[h]))


MODELS = {
    "features and a category a row": beside_static,
    "states given by what does not change": given_states,
    "a picture to attend to": caption,
    "a past of known length": after_history,
    "a mask as input": by_mask,
    "lengths beside a category": by_lengths,
    "gated dilated convolutions": wavenet,
    "windows behind zeros": lambda: of_series(zeros_in_front),
    "convolutions of two axes, causal in time": pictures_of_sound,
    "TimeDistributed frames": frames,
    "sentences of words": sentences_of_words,
    "all that pools": lambda: of_series(all_poolings),
    "masked mean": lambda: chain(K.Masking(), K.GRU(4, **SEQUENCE), K.GlobalAveragePooling1D(), K.Dense(2)),
    "two series": two_series,
    "a cell that starts from a weight": lambda: chain(
        K.Masking(), K.RNN(LearnedStart(), **SEQUENCE), K.RNN(LearnedStart())
    ),
    "layer-normalised cells": lambda: chain(layers.RNN(layers.LayerNormLSTMCell(4), **SEQUENCE), K.GRU(3)),
    "a user's causal convolution": lambda: chain(ZerosInFront(4, 3, dilation_rate=2), K.GRU(3)),
    "a user's layer with others inside": lambda: chain(Block(), Block(), K.GlobalMaxPooling1D()),
    "a decoder that looks at its source": translation,
    "a source with lengths": source_with_lengths,
    "ConvLSTM2D": lambda: chain(
        K.ConvLSTM2D(3, 3, padding="same", **SEQUENCE), K.ConvLSTM2D(2, 3), shape=(None, 5, 5, 2)
    ),
    "ConvLSTM of masked pixels": lambda: chain(
        K.Masking(), K.ConvLSTM2D(3, 3, padding="same", **SEQUENCE), K.ConvLSTM2D(2, 3, padding="same"),
        shape=(None, 4, 4, 2),
    ),
    "our ConvLSTM2D": lambda: chain(
        layers.ConvLSTM2D(3, 3, padding="same", **SEQUENCE), layers.ConvLSTM2D(2, 3), shape=(None, 5, 5, 2)
    ),
    "n-grams": of_ngrams,
    "a forecast from the last state": lambda: chain(K.LSTM(4), K.RepeatVector(5), K.LSTM(3, **SEQUENCE), K.Dense(1)),
    "normalised within steps": lambda: chain(
        K.LayerNormalization(), K.UnitNormalization(), K.BatchNormalization(), K.GRU(3, **SEQUENCE), K.Softmax()
    ),
    "a number a step": lambda: of_series(lambda x: ops.squeeze(K.Dense(1)(K.GRU(3, **SEQUENCE)(x)), -1)),
    "stateful layers of a fixed batch": stateful,
    "fixed steps": lambda: chain(K.LSTM(4, **SEQUENCE), K.Conv1D(3, 2, padding="causal"), K.GRU(3), shape=(TIME, 3)),
    "fixed steps beside features a row": fixed_beside_static,
    "fixed steps of an inner model": fixed_within,
    "fixed ids": lambda: chain(K.Embedding(9, 4, mask_zero=True), K.LSTM(4), shape=(TIME,), dtype="int32"),
}  # fmt: skip


def drawn(model, time=TIME, rows=ROWS, seed=0):
    """Inputs in which the middle and the end of some rows are masked."""
    draw, inputs = np.random.default_rng(seed), []
    for tensor, kind in zip(model.inputs, streaming.Steps(model).inputs, strict=True):
        shape = (rows, *(time if size is None else size for size in tensor.shape[1:]))
        if kind == "lengths":
            inputs.append(np.arange(rows) % time + 1)
            continue
        x = draw.normal(size=shape).astype("float32") if "float" in tensor.dtype else draw.integers(0, 4, shape)
        if kind == "steps":
            x[0, 2:4] = x[1 % rows, -2:] = 0
        inputs.append(x.astype(tensor.dtype))
    return inputs


def answers(model, inputs):
    with unbound(model):
        return [np.asarray(y) for y in keras.tree.flatten(model(inputs if len(inputs) > 1 else inputs[0]))]


def check(model, inputs, prefixes, atol=2e-6):
    """Runs a sequence step by step; the answers equal those to the sequences of the first `prefixes` steps."""
    steps = streaming.Steps(model)
    model = steps.model
    timed, lengths = ([kind == one for kind in steps.inputs] for one in ("steps", "lengths"))
    time = next(x.shape[1] for x, is_timed in zip(inputs, timed, strict=True) if is_timed)
    states = [np.zeros((len(inputs[0]), *shape), "float32") for shape in steps.state_shapes]
    for t in range(time):
        frames = [x[:, t : t + 1] if is_timed else np.ones_like(x) if is_lengths else x
                  for x, is_timed, is_lengths in zip(inputs, timed, lengths, strict=True)]  # fmt: skip
        frames = [ops.convert_to_tensor(frame) for frame in frames]
        ones = [frame for frame, is_lengths in zip(frames, lengths, strict=True) if is_lengths]
        with steps.one(states, ones) as states:
            received = answers(model, frames)
        if t + 1 not in prefixes:
            continue
        whole = [x[:, : t + 1] if is_timed else np.minimum(x, t + 1) if is_lengths else x
                 for x, is_timed, is_lengths in zip(inputs, timed, lengths, strict=True)]  # fmt: skip
        real = next((x > t for x, is_lengths in zip(inputs, lengths, strict=True) if is_lengths), slice(None))
        for one, expected, tensor in zip(received, answers(model, whole), model.outputs, strict=True):
            expected = expected[:, -1:] if steps.has_steps(tensor) else expected
            np.testing.assert_allclose(one[real], expected[real], atol=atol, rtol=1e-5)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_each_step_answers_to_the_sequence_so_far(make):
    keras.utils.set_random_seed(0)
    model = make()
    draw = np.random.default_rng(0)
    model.set_weights([w + draw.normal(scale=0.1, size=w.shape).astype("float32") for w in model.get_weights()])
    check(model, drawn(model), (1, 4, TIME))


def test_two_hundred_steps_and_a_batch_of_another_size():
    x, features = series(), keras.Input([4])
    y = K.Conv1D(4, 3, padding="causal")(x)
    y = K.LSTM(4, **SEQUENCE)(y, initial_state=[K.Dense(4)(features), K.Dense(4)(features)])
    model = keras.Model([x, features], [y, K.GlobalAveragePooling1D()(y), K.GlobalMaxPooling1D()(y)])
    check(model, drawn(model, time=200, rows=2), (200,), atol=1e-5)


def test_a_mean_stays_exact_where_a_sum_would_not():
    model = of_series(K.GlobalAveragePooling1D())
    steps, x = streaming.Steps(model), np.full((1, 1, 3), 0.1, "float32")
    with steps.one([np.full((1, 3), 0.1, "float32"), np.full((1, 1), 2**24 - 1, "float32")]) as following:
        output = model(x)
    np.testing.assert_allclose(output, 0.1, rtol=1e-6)
    np.testing.assert_allclose(following[0], 0.1, rtol=1e-6)


def test_nan_stays_in_its_row_and_its_window():
    x = series()
    y = K.Conv1D(4, 3, padding="causal")(x)
    model = keras.Model(x, [y, K.LSTM(4)(y), K.GlobalAveragePooling1D()(y)])
    (inputs,) = drawn(model)
    inputs[1, 2] = np.nan
    check(model, [inputs], (2, 3, 5, 6, TIME))


def test_layers_and_states_are_left_as_they_were():
    model = stateful()
    (inputs,) = drawn(model)
    first = np.asarray(model(inputs))
    before = [np.asarray(state) for layer in model.layers[1:] for state in keras.tree.flatten(layer.states)]
    check(model, [inputs], (TIME,))
    after = [np.asarray(state) for layer in model.layers[1:] for state in keras.tree.flatten(layer.states)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    for layer in model.layers[1:]:
        layer.reset_state()
    np.testing.assert_allclose(model(inputs), first, atol=1e-6)


def test_a_vector_repeated_for_each_of_the_fixed_steps():
    x, features = keras.Input([TIME, 3]), keras.Input([5])
    repeated = K.Dense(4)(K.RepeatVector(TIME)(K.Dense(4)(features)))
    y = K.LSTM(4)(K.Concatenate()([x, repeated]))
    model = keras.Model([x, features], K.LSTM(2, **SEQUENCE)(K.RepeatVector(TIME)(y)))  # what is read is repeated too
    check(model, drawn(model), (TIME,))


def test_opening_the_time_axis_leaves_the_model_as_it_was():
    model = chain(K.LSTM(4, **SEQUENCE), K.GRU(3), shape=(TIME, 3))
    assert open_time.opened(model).inputs[0].shape == (None, None, 3)
    assert model.layers[1].output.shape == (None, TIME, 4)
    assert keras.Model.from_config(model.get_config()).output.shape == (None, 3)


@pytest.mark.parametrize(
    ("message", "make"),
    [
        (
            "is built for 8 steps and cannot take any number",
            lambda: chain(K.GRU(3, **SEQUENCE), K.Lambda(lambda y: ops.reshape(y, (-1, y.shape[1] * 3))), shape=(8, 3)),
        ),
        (r"expected any number of steps .*\(None, 3\)", lambda: chain(K.Dense(2), shape=(3,))),
        (
            r"expected any number of steps .*received \[\(None, 8, 3\), \(None, 5, 3\)\]",
            lambda: keras.Model(xs := [keras.Input([8, 3]), keras.Input([5, 3])], [K.GRU(2)(x) for x in xs]),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_opened(message, make):
    with pytest.raises(ValueError, match=message):
        open_time.opened(make())


def test_the_shapes_of_states():
    shapes = {
        "gated dilated convolutions": [(1, 3), (1, 3), (2, 4), (2, 4), (4, 4), (4, 4)],
        "a cell that starts from a weight": [(4,), (2, 2), (4,), (4,), (2, 2), (4,), (1,)],
        "ConvLSTM2D": [(5, 5, 3), (5, 5, 3), (3, 3, 2), (3, 3, 2)],
        "masked mean": [(4,), (4,), (1,)],
        "a forecast from the last state": [(4,), (4,)],
    }
    for name, expected in shapes.items():
        assert streaming.Steps(MODELS[name]()).state_shapes == expected

"""How an LSTM and a GRU train under TensorFlow: in blocks compiled by XLA, at once, by cuDNN; a row of a table once."""

import keras
import numpy as np
import pytest
from thinned import thinned

import layers

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's graphs and tape", allow_module_level=True)

import tensorflow as tf

from layers.on_tensorflow import blocks, cudnn

BATCH, TIME, FEATURES, UNITS = 5, 70, 3, 32  # three blocks, the last of six steps; rows are padded to eight
LENGTHS = np.array([70, 64, 33, 1, 0], "int32")


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def graph(layer, sizes=(None, None), **options):
    """A function of x (batch, time, features) -> all the layer gives, and the gradients of x and of its weights."""

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([*sizes, FEATURES])])
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = tf.nest.flatten(layer(x, training=True, **options))
            loss = sum(tf.reduce_sum(tf.sin(tf.cast(y, "float32"))) for y in outputs)
        return [*outputs, *tape.gradient(loss, [x, *(weight.value for weight in layer.trainable_weights)])]

    return run


def compiled(run):
    return "_XlaMustCompile" in str(run.get_concrete_function().graph.as_graph_def())


def assert_equal(expected, received, atol=1e-4):
    for one, other in zip(expected, received, strict=True):
        np.testing.assert_allclose(np.asarray(one, "float32"), np.asarray(other, "float32"), rtol=1e-4, atol=atol)


@thinned(2, ("name", ["LSTM", "GRU"]), ("backwards", [False, True]), ("sizes", [(None, None), (BATCH, TIME)]))
def test_blocks_equal_keras(name, backwards, sizes):
    options = {"return_sequences": True, "return_state": True, "go_backwards": backwards}
    ours, theirs = (getattr(library, name)(UNITS, **options) for library in (layers, keras.layers))
    x = numbers(BATCH, TIME, FEATURES)
    theirs.build(x.shape), ours.build(x.shape)
    *weights, bias = theirs.get_weights()
    for layer in (ours, theirs):
        layer.set_weights([*weights, bias + numbers(*bias.shape) / 10])
    run = graph(ours, sizes)
    assert compiled(run)
    assert_equal(graph(theirs, sizes)(x), run(x))
    if sizes == (None, None):  # the same graph runs a short sequence at once
        assert_equal(graph(theirs, sizes)(x[:, :20]), run(x[:, :20]))


@thinned(
    3,
    ("name", ["LSTM", "GRU"]),
    ("dtype", ["float32", "mixed_float16", "mixed_bfloat16"]),
    ("masking", ["lengths", "mask"]),
)
def test_blocks_equal_the_plain_loop(name, dtype, masking, monkeypatch):
    """Padding, masks, recurrent dropout, half precision."""
    layer = getattr(layers, name)(UNITS, return_sequences=True, recurrent_dropout=0.3, seed=1, dtype=dtype)
    x = numbers(BATCH, TIME, FEATURES)
    layer.build(x.shape)
    mask = np.random.default_rng(1).random((BATCH, TIME)) < 0.97
    given = {"lengths": LENGTHS} if masking == "lengths" else {"mask": mask}
    found = []
    for suits in (blocks.suits, lambda cell, training: False):
        monkeypatch.setattr(blocks, "suits", suits)
        layer.cell.seed_generator.state.assign([1, 0])
        run = graph(layer, (BATCH, TIME), **given)
        found.append(run(x))
        assert compiled(run) == (len(found) == 1)
    scale = {"float32": 1e-4, "mixed_float16": 2e-2, "mixed_bfloat16": 0.3}[dtype]
    for one, other in zip(*found, strict=True):
        one, other = (np.asarray(tf.cast(value, "float32")) for value in (one, other))
        np.testing.assert_allclose(one, other, atol=scale * max(1, np.abs(other).max()))


def test_small_layers_eager_calls_and_inference_are_not_compiled():
    x = numbers(BATCH, TIME, FEATURES)
    small, large = layers.LSTM(4), layers.LSTM(UNITS)
    small.build(x.shape), large.build(x.shape)
    assert not compiled(graph(small))
    assert not blocks.suits(large.cell, training=True)  # not inside a graph
    infer = tf.function(lambda x: large(x, training=False), input_signature=[tf.TensorSpec([None, None, FEATURES])])
    assert not compiled(infer)


@pytest.mark.parametrize("cell", [layers.LSTMCell, layers.GRUCell])
def test_gradients_by_hand_equal_finite_differences(cell):
    layer = layers.RNN(cell(3, dtype="float64"), return_sequences=True, dtype="float64")
    x = numbers(2, 5, FEATURES).astype("float64")
    layer.build(x.shape)
    loss = lambda x: tf.reduce_sum(tf.sin(layer(x, training=True)))  # noqa: E731
    by_hand, differences = tf.test.compute_gradient(loss, [tf.constant(x)])
    np.testing.assert_allclose(by_hand[0], differences[0], atol=1e-6)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cudnn_in_numpy(rnn_mode, input, input_h, input_c, params, time_major, **_):
    """cuDNN's equations and order of weights, in NumPy: those of x, those of h, both biases; i f c o, or r u n."""
    assert time_major
    x, h, c = np.asarray(input), np.asarray(input_h)[0], np.asarray(input_c)[0] if rnn_mode == "lstm" else None
    gates, (units, features) = {"lstm": 4, "gru": 3}[rnn_mode], (h.shape[1], x.shape[2])
    sizes = [units * features] * gates + [units * units] * gates + [units] * 2 * gates
    parts = np.split(np.asarray(params), np.cumsum(sizes)[:-1])
    w = [part.reshape(units, features).T for part in parts[:gates]]
    r = [part.reshape(units, units).T for part in parts[gates : 2 * gates]]
    b, d = parts[2 * gates : 3 * gates], parts[3 * gates :]
    outputs = []
    for x_t in x:
        a, p = ([v @ u[k] + e[k] for k in range(gates)] for v, u, e in ((x_t, w, b), (h, r, d)))
        if rnn_mode == "lstm":
            i, f, g, o = (value(a[k] + p[k]) for k, value in enumerate((sigmoid, sigmoid, np.tanh, sigmoid)))
            c = f * c + i * g
            h = o * np.tanh(c)
        else:
            reset, update = sigmoid(a[0] + p[0]), sigmoid(a[1] + p[1])
            h = (1 - update) * np.tanh(a[2] + reset * p[2]) + update * h
        outputs.append(h)
    outputs, h = tf.constant(np.stack(outputs), "float32"), tf.constant(h[None], "float32")
    return outputs, h, h if c is None else tf.constant(c[None], "float32"), None, None


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_cudnn_gets_what_it_expects(name, monkeypatch):
    """Of a GPU only its operation stands in; padding and direction are this package's."""
    layer = getattr(layers, name)(6, return_sequences=True, go_backwards=True, bias_initializer="normal")
    x = numbers(BATCH, TIME, FEATURES)
    expected = layer(x, lengths=LENGTHS)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda *kind: ["GPU:0"])
    monkeypatch.setattr(tf.raw_ops, "CudnnRNNV3", cudnn_in_numpy)
    calls = []
    sequences = cudnn.sequences
    monkeypatch.setattr(cudnn, "sequences", lambda *given: calls.append(1) or sequences(*given))
    np.testing.assert_allclose(layer(x, lengths=LENGTHS, training=True), expected, atol=1e-5)
    assert calls
    assert not cudnn.suits(layer.cell, None, training=False, all_states=False)
    assert not cudnn.suits(layers.RNNCell(6), None, training=True, all_states=False)
    assert not layers.GRU(6).supports_jit  # as Keras's: `fit` on a GPU compiles what does
    assert layers.GRU(6, activation="relu").supports_jit


def test_a_row_of_a_table_gets_one_gradient_the_sum_of_its_ids():
    layer = layers.Embedding(6, 4)
    ids = np.array([[2, 5, 2], [0, 2, 0]])
    layer.build(ids.shape)
    weights = numbers(2, 3, 4)

    def step(training):
        with tf.GradientTape() as tape:
            vectors = layer(ids, training=training)
            loss = tf.reduce_sum(vectors * weights)
        return vectors, tape.gradient(loss, layer.embeddings.value)

    vectors, gradient = step(True)
    assert sorted(np.asarray(gradient.indices)) == [0, 2, 5]
    expected = np.zeros((6, 4), "float32")
    np.add.at(expected, ids.ravel(), weights.reshape(-1, 4))
    expected[0] = 0  # padding
    np.testing.assert_allclose(tf.convert_to_tensor(gradient), expected, atol=1e-6)
    np.testing.assert_array_equal(vectors, step(False)[0])
    np.testing.assert_array_equal(vectors, tf.function(step, jit_compile=True)(True)[0])

"""Batches of no row and of one, sequences of no step, rows without a real step: values and gradients, however run."""

import itertools

import keras
import numpy as np
import pytest
from thinned import thinned

import layers

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's graphs and tape", allow_module_level=True)

import tensorflow as tf

FEATURES, UNITS = 3, 4
LAYERS = {
    "LSTM": layers.LSTM,
    "GRU": layers.GRU,
    "GRU, reset before": lambda units, **options: layers.GRU(units, reset_after=False, **options),
    "RNN": lambda units, **options: layers.RNN(layers.RNNCell(units), **options),
    "RNN of Keras's cell": lambda units, **options: layers.RNN(keras.layers.LSTMCell(units), **options),
}


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def made(name, **options):
    """A layer with random weights that gives its states."""
    layer = LAYERS[name](UNITS, return_state=True, **options)
    layer.build((None, None, FEATURES))
    layer.set_weights([numbers(*weight.shape, seed=i) / 2 for i, weight in enumerate(layer.get_weights())])
    return layer


def step_by_step(layer, x, states, mask):
    """The same as the layer, a step of its cell at a time."""
    output, outputs = tf.zeros([x.shape[0], UNITS]), []
    for t in range(x.shape[1])[:: -1 if layer.go_backwards else 1]:
        pack = list(states) if isinstance(layer.cell.state_size, (list, tuple)) else states[0]
        new, following = layer.cell(x[:, t], pack)
        real = mask[:, t, None]
        states = [tf.where(real, *pair) for pair in zip(tf.nest.flatten(following), states, strict=True)]
        output = tf.where(real, new, output)
        outputs.append(tf.where(real, new, 0.0) if layer.zero_output_for_mask else output)
    if layer.return_sequences:
        return [tf.stack(outputs, 1) if outputs else tf.zeros([x.shape[0], 0, UNITS]), *states]
    return [outputs[-1] if outputs else output, *states]


def with_gradients(call, layer, x, states):
    """What `call` gives, and its gradients by the input, the states and the weights."""
    sources = [x, *states, *(weight.value for weight in layer.trainable_weights)]
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        found = call(x, list(states))
        loss = sum((i + 1) * tf.reduce_sum(tf.sin(each)) for i, each in enumerate(found))
    return [*found, *tape.gradient(loss, sources, unconnected_gradients="zero")]


def masks(batch, time):
    """Lengths of no step, of all, and mixed."""
    mixed = np.random.default_rng(3).integers(0, time + 1, batch)
    return np.unique(np.stack([np.zeros(batch, int), np.full(batch, time), mixed]), axis=0).astype("int32")


def check(layer, run, masking, sizes):
    for batch, time in sizes:
        if not batch and not isinstance(layer.cell, layers.RecurrentCell):
            continue  # a step of Keras's cell takes no batch without rows
        x = tf.constant(numbers(batch, time, FEATURES, seed=7))
        states = [tf.constant(numbers(batch, UNITS, seed=8 + i)) for i in range(len(layer.state_size))]
        for lengths in masks(batch, time) if masking != "none" else [np.full(batch, time, "int32")]:
            mask = np.arange(time) < lengths[:, None]
            if masking == "mask":
                mask = mask[:, ::-1].copy()
            expected = with_gradients(
                lambda x, states, mask=mask: step_by_step(layer, x, states, mask), layer, x, states
            )
            received = run(x, states, mask if masking == "mask" else lengths)
            for one, other in zip(expected, received, strict=True):
                assert one.shape == other.shape
                np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4, err_msg=f"{batch}, {time}, {lengths}")


def runner(layer, masking, training):
    def run(x, states, real):
        given = {} if masking == "none" else {masking: real}
        return with_gradients(
            lambda x, states: layer(x, initial_state=states, training=training, **given), layer, x, states
        )

    return run


@thinned(3, ("name", LAYERS), ("training", [False, True]), ("masking", ["none", "lengths", "mask"]))
def test_small_sizes_in_a_graph_that_does_not_know_them(name, training, masking):
    options = {"return_sequences": training, "go_backwards": not training, "zero_output_for_mask": not training}
    layer = made(name, **options)
    specification = [
        tf.TensorSpec([None, None, FEATURES]),
        [tf.TensorSpec([None, UNITS]) for _ in layer.state_size],
        tf.TensorSpec([None, None], tf.bool) if masking == "mask" else tf.TensorSpec([None], tf.int32),
    ]
    run = tf.function(runner(layer, masking, training), autograph=False, input_signature=specification)
    check(layer, run, masking, itertools.product(range(3), range(3)))


@pytest.mark.parametrize("how", ["eager", "fixed", "XLA"])
@pytest.mark.parametrize("name", LAYERS)
def test_no_step_and_no_row(name, how):
    for masking, sizes in (("lengths", [(2, 0)]), ("none", [(0, 2)])):
        layer = made(name, return_sequences=masking == "none", zero_output_for_mask=masking == "mask")
        run = runner(layer, masking, masking != "mask")
        if how != "eager":
            run = tf.function(run, autograph=False, jit_compile=how == "XLA")
        check(layer, run, masking, sizes)


@thinned(2, ("masking", ["none", "lengths"]), ("batch", [None, 0, 1]))
def test_few_rows_in_blocks(batch, masking):
    """A layer large enough for blocks that XLA compiles."""
    layer = layers.GRU(32)
    layer.build((None, None, FEATURES))

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec([batch, None, FEATURES]), tf.TensorSpec([batch], "int32")]
    )
    def run(x, lengths):
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = layer(x, training=True, **({"lengths": lengths} if masking == "lengths" else {}))
        return output, *tape.gradient(output, [x, *(weight.value for weight in layer.trainable_weights)])

    plain = keras.layers.GRU(32)
    plain.build((None, None, FEATURES))
    plain.set_weights(layer.get_weights())
    for rows, time in itertools.product((0, 1, 2) if batch is None else (batch,), (0, 1, 70)):
        x = numbers(rows, time, FEATURES)
        for length in {0, time} if masking == "lengths" else {time}:
            output, *gradients = run(x, np.full(rows, length, "int32"))
            assert all(np.isfinite(each).all() for each in (output, *gradients))
            if not rows or not length:
                np.testing.assert_array_equal(output, np.zeros((rows, 32)))
                assert not any(np.any(each) for each in gradients)
                continue
            with tf.GradientTape() as tape:
                expected = plain(x)
            np.testing.assert_allclose(output, expected, atol=1e-5)
            for one, other in zip(
                tape.gradient(expected, [weight.value for weight in plain.trainable_weights]),
                gradients[1:],
                strict=True,
            ):
                np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("how", ["graph", "eager", "XLA"])
def test_stacks_and_both_directions_over_no_time(how):
    both = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True, dropout=0.5, recurrent_dropout=0.5))
    stack = layers.Deep([both, layers.GRU(UNITS, recurrent_dropout=0.5)], dropout=0.5)
    stack.build((None, None, FEATURES))

    def run(x, lengths):
        with tf.GradientTape() as tape:
            output = stack(x, lengths=lengths, training=True)
        variables = [weight.value for weight in stack.trainable_weights]
        return output, tape.gradient(output, variables, unconnected_gradients="zero")

    if how != "eager":
        run = tf.function(run, autograph=False, jit_compile=how == "XLA", reduce_retracing=how == "graph")
    for batch, time in ((2, 0), (0, 2), (2, 2)):
        output, gradients = run(tf.constant(numbers(batch, time, FEATURES)), tf.zeros([batch], tf.int32))
        np.testing.assert_array_equal(output, np.zeros((batch, UNITS)))
        assert not any(np.any(each) for each in gradients)


@pytest.mark.parametrize("masking", ["lengths", "mask"])
def test_a_training_whose_last_batch_is_one_row(masking):
    x, real = keras.Input([None, FEATURES]), keras.Input([] if masking == "lengths" else [None], dtype="int32")
    given = {"lengths": real} if masking == "lengths" else {"mask": keras.ops.cast(real, "bool")}
    model = keras.Model([x, real], layers.GRU(8)(x, **given))
    model.compile("sgd", "mse")
    lengths = np.array([3, 1, 0, 2, 3], "int32")
    second = lengths if masking == "lengths" else (np.arange(3) < lengths[:, None]).astype("int32")
    data = tf.data.Dataset.from_tensor_slices(((numbers(5, 3, FEATURES), second), numbers(5, 8))).batch(4)
    assert np.isfinite(model.fit(data, shuffle=False, verbose=0).history["loss"]).all()

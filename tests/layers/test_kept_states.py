"""States kept by `stateful` are no weights: they go with files, stay out of `get_weights`, and fit one batch size."""

import copy

import keras
import numpy as np
import pytest

import layers

UNITS, FEATURES = 4, 3
on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow's own")

KEEPING = {
    "LSTM": lambda **o: layers.LSTM(UNITS, **o),
    "GRU": lambda **o: layers.GRU(UNITS, **o),
    "GRU, reset before": lambda **o: layers.GRU(UNITS, reset_after=False, **o),
    "RNN of our cell": lambda **o: layers.RNN(layers.RNNCell(UNITS), **o),
    "RNN of Keras's cell": lambda **o: layers.RNN(keras.layers.LSTMCell(UNITS), **o),
    "RNN of stacked cells": lambda **o: layers.RNN([keras.layers.GRUCell(3), layers.LSTMCell(UNITS)], **o),
    "Bidirectional": lambda **o: layers.Bidirectional(layers.LSTM(UNITS, **o)),
    "Deep": lambda **o: layers.Deep([layers.LSTM(UNITS, **{**o, "return_sequences": True}), layers.GRU(UNITS, **o)]),
}
every_layer = pytest.mark.parametrize("make", KEEPING.values(), ids=KEEPING)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def states(layer):
    """All that a layer keeps, in one order."""
    return [array(state) for each in [layer, *layer._flatten_layers(include_self=False)]
            for state in getattr(each, "states", None) or ()]  # fmt: skip


def model_of(layer, batch):
    return keras.Sequential([keras.Input(batch_shape=[batch, None, FEATURES]), layer, keras.layers.Dense(2)])


def trained(model, x, batch_size=4, **options):
    model.compile(keras.optimizers.Adam(), "mse", **options)
    model.fit(x, numbers(len(x), 2), verbose=0, shuffle=False, batch_size=batch_size)


@every_layer
def test_weights_move_between_batch_sizes_in_every_way(make, tmp_path):
    """Filled in batches of 4 with states, served a row at a time, or without states."""
    model = model_of(make(stateful=True), 4)
    model(numbers(4, 5, FEATURES))
    assert any(np.abs(state).max() > 0 for state in states(model))
    x = numbers(1, 5, FEATURES, seed=1)
    model.save_weights(tmp_path / "model.weights.h5")
    answers = []
    for served in (model_of(make(stateful=True), 1), model_of(make(), None)):
        for fill in (
            lambda served: served.set_weights(model.get_weights()),
            lambda served: served.load_weights(tmp_path / "model.weights.h5"),
        ):
            fill(served)
            answers.append(array(served(x)))
            for layer in served.layers:
                getattr(layer, "reset_state", lambda: None)()
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])
    back = model_of(make(stateful=True), 4)
    back.set_weights(served.get_weights())


@every_layer
def test_they_go_with_the_model_into_a_file(make, tmp_path):
    model = model_of(make(stateful=True), 4)
    x = numbers(4, 3, FEATURES)
    model(x)
    kept = states(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for found, expected in zip(states(loaded), kept, strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(array(loaded(x)), array(model(x)), atol=1e-6)


@every_layer
def test_a_file_without_states_or_of_another_batch_leaves_those_of_the_layer(make, tmp_path):
    other = model_of(make(stateful=True), 2)
    other(numbers(2, 3, FEATURES))
    model = model_of(make(stateful=True), 4)
    for file in (other, model_of(make(), None)):
        model(numbers(4, 3, FEATURES))
        kept = states(model)
        file.save_weights(tmp_path / "model.weights.h5")
        model.load_weights(tmp_path / "model.weights.h5")
        np.testing.assert_equal(states(model), kept)
        np.testing.assert_equal(model.get_weights(), file.get_weights())


@every_layer
def test_neither_counted_nor_trained(make):
    keeping, plain = model_of(make(stateful=True), 4), model_of(make(), 4)
    for count in (lambda m: len(m.weights), lambda m: m.count_params(), lambda m: len(m.non_trainable_weights)):
        assert count(keeping) == count(plain)
    optimizers = keras.optimizers.Adam(), keras.optimizers.Adam()
    for optimizer, model in zip(optimizers, (keeping, plain), strict=True):
        optimizer.build(model.trainable_variables)
    assert len(optimizers[0].variables) == len(optimizers[1].variables)


@on_tensorflow
@pytest.mark.parametrize(("theirs", "ours"), [(keras.layers.LSTM, layers.LSTM), (keras.layers.GRU, layers.GRU)])
def test_weights_move_to_and_from_keras(theirs, ours):
    theirs, ours = theirs(UNITS, stateful=True), ours(UNITS, stateful=True)
    x = numbers(2, 5, FEATURES)
    theirs.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    for part in (x[:, :2], x[:, 2:]):
        np.testing.assert_allclose(ours(part), theirs(part), atol=1e-6)
    theirs.set_weights(ours.get_weights())


@every_layer
def test_a_batch_of_another_size_is_one_clear_error(make):
    layer = make(stateful=True)
    layer(numbers(4, 3, FEATURES))
    kept = states(layer)
    for rows in (1, 2, 5):
        with pytest.raises(ValueError, match=f"expected a batch of 4 rows, .* received a batch of {rows};"):
            layer(numbers(rows, 3, FEATURES))
    with pytest.raises(ValueError, match="batch"):
        layer(numbers(4, 3, FEATURES), initial_state=[numbers(2, state.shape[1]) for state in kept])
    np.testing.assert_equal(states(layer), kept)


@on_tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(("layer", "batch"), [(layers.LSTM, 4), (layers.GRU, 1)])
def test_the_last_partial_batch_of_fit_is_an_error(layer, batch, jit_compile):
    """Where the batch is unknown while the graph is traced; states of one row would spread to any number of rows."""
    import tensorflow as tf

    model, x = model_of(layer(UNITS, stateful=True), batch), numbers(2 * batch, 3, FEATURES)
    trained(model, x, batch_size=batch, jit_compile=jit_compile)
    message = None if jit_compile else f"expected a batch of {batch} rows"  # XLA has an error of shapes
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        model.fit(numbers(batch + 2, 3, FEATURES), numbers(batch + 2, 2), batch_size=max(batch, 3), verbose=0)


@pytest.mark.parametrize("make", [KEEPING[name] for name in ("LSTM", "RNN of stacked cells", "Deep")])
def test_training_leaves_the_states_of_the_last_batch(make):
    model = model_of(make(stateful=True), 2)
    x = numbers(4, 5, FEATURES)
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=keras.backend.backend() == "jax")
    model.fit(x, numbers(4, 2), batch_size=2, shuffle=False, verbose=0)
    trained = states(model)
    for layer in model.layers[:-1]:
        layer.reset_state()
    assert all(np.all(state == 0) for state in states(model))
    for rows in (x[:2], x[2:]):
        model(rows)
    for found, expected in zip(trained, states(model), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@every_layer
def test_reset_before_build_and_of_copies(make):
    layer = make(stateful=True)
    layer.reset_state()
    model = model_of(layer, 2)
    x = numbers(2, 3, FEATURES)
    first = array(model(x))
    copied, cloned = copy.deepcopy(model), keras.models.clone_model(model)
    assert all(np.all(state == 0) for state in states(cloned))
    cloned.set_weights(model.get_weights())
    np.testing.assert_allclose(array(cloned(x)), first, atol=1e-6)
    kept = states(model)
    np.testing.assert_allclose(array(copied(x)), array(model(x)), atol=1e-6)
    model.layers[0].reset_state()
    assert len(states(copied)) == len(kept)
    assert all(np.abs(state).max() > 0 for state in states(copied))
    np.testing.assert_allclose(array(model(x)), first, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
@pytest.mark.parametrize("make", [layers.LSTM, layers.GRU])
def test_states_have_the_type_of_weights(make, policy):
    if policy == "float64" and keras.backend.backend() == "jax":
        pytest.skip("jax has no float64 by default")
    layer = make(UNITS, stateful=True, dtype=policy)
    layer(numbers(2, 3, FEATURES))
    assert {keras.backend.standardize_dtype(state.dtype) for state in layer.states} == {layer.variable_dtype}
    again = layer(numbers(2, 3, FEATURES))
    assert keras.backend.standardize_dtype(again.dtype) == layer.compute_dtype


@on_tensorflow
@pytest.mark.parametrize("graph", [False, True])
def test_no_gradient_flows_into_the_call_before(graph):
    import tensorflow as tf

    layer = layers.LSTM(UNITS, stateful=True)
    x = tf.constant(numbers(2, 3, FEATURES))
    layer(x)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            layer(x)
            y = tf.reduce_sum(layer(tf.zeros_like(x)))
        return tape.gradient(y, x, unconnected_gradients="zero")

    np.testing.assert_array_equal((tf.function(gradient) if graph else gradient)(x), 0)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="where a call's states are what the next one is traced by")
def test_no_gradient_flows_into_the_call_before_under_jax():
    import jax

    layer = layers.LSTM(UNITS, stateful=True)
    x = numbers(2, 3, FEATURES)
    layer(x)
    trained, rest = ([v.value for v in v] for v in (layer.trainable_variables, layer.non_trainable_variables))

    def last(x):
        _, following = layer.stateless_call(trained, rest, x)
        return keras.ops.sum(layer.stateless_call(trained, following, keras.ops.zeros_like(x))[0])

    np.testing.assert_array_equal(jax.grad(last)(x), 0)
    assert len(rest) == len(layer.stateless_call(trained, rest, x)[1])


@on_tensorflow
def test_each_replica_of_a_strategy_keeps_its_own():
    import tensorflow as tf

    if len(tf.config.list_logical_devices("CPU")) < 2:
        pytest.skip("one device: run alone, before TensorFlow has begun")
    # Collective operations of a process remember those of other tests, by their numbers.
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], tf.distribute.ReductionToOneDevice())
    with strategy.scope():
        model = model_of(layers.LSTM(UNITS, stateful=True), 2)
        trained(model, numbers(8, 3, FEATURES))
    assert np.abs(states(model)[0]).max() > 0

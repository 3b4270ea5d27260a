"""The recurrent layers against independent numbers: Keras's own layers and finite differences in float64."""

import keras
import numpy as np
import pytest

import layers

SEQUENCES = layers.LSTM(4, return_sequences=True)
BATCH, TIME, FEATURES, UNITS = 4, 6, 3, 5
LENGTHS = np.array([6, 3, 0, 4])
MASK = np.array([[1, 1, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0], [0] * 6, [0, 1, 0, 1, 0, 1]], bool)
PAIRS = {
    "LSTM": (keras.layers.LSTM, layers.LSTM, {}),
    "LSTM, relu": (keras.layers.LSTM, layers.LSTM, {"activation": "relu"}),
    "LSTM, no bias": (keras.layers.LSTM, layers.LSTM, {"use_bias": False}),
    "GRU": (keras.layers.GRU, layers.GRU, {}),
    "GRU, no bias": (keras.layers.GRU, layers.GRU, {"use_bias": False}),
    "GRU, reset before": (keras.layers.GRU, layers.GRU, {"reset_after": False}),
}
pairs = pytest.mark.parametrize(("theirs", "ours", "options"), PAIRS.values(), ids=PAIRS)
on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients by TensorFlow's tape")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def same_weights(theirs, ours, **options):
    """Both layers, built, with the same random weights, and an initial state."""
    pair = [make(UNITS, return_sequences=True, return_state=True, **options) for make in (theirs, ours)]
    for layer in pair:
        layer.build((BATCH, TIME, FEATURES))
    weights = [numbers(*weight.shape, seed=i) / 2 for i, weight in enumerate(pair[1].get_weights())]
    for layer in pair:
        layer.set_weights(weights)
    return *pair, [numbers(BATCH, UNITS, seed=9 + i) for i in range(len(pair[1].state_size))]


def results(layer, x, start, **masks):
    """All outputs, and the gradients of a function of them with respect to everything."""
    import tensorflow as tf

    @tf.function(autograph=False)
    def run(x, start):
        with tf.GradientTape() as tape:
            tape.watch([x, start])
            outputs = layer(x, initial_state=start, training=True, **masks)
            loss = sum((i + 1) * tf.reduce_sum(tf.sin(output)) for i, output in enumerate(outputs))
        return outputs, tape.gradient(loss, [x, *start, *(weight.value for weight in layer.trainable_weights)])

    return run(tf.constant(x), [tf.constant(state) for state in start])


@on_tensorflow
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("masking", ["none", "lengths", "mask"])
@pairs
def test_equals_keras_forwards_and_backwards(theirs, ours, options, masking, go_backwards):
    theirs, ours, start = same_weights(theirs, ours, go_backwards=go_backwards, **options)
    mask = {"none": None, "lengths": np.arange(TIME) < LENGTHS[:, None], "mask": MASK}[masking]
    given = {"none": {}, "lengths": {"lengths": LENGTHS}, "mask": {"mask": MASK}}[masking]
    x = numbers(BATCH, TIME, FEATURES, seed=7)
    kept = {} if mask is None else {"mask": keras.ops.convert_to_tensor(mask)}
    expected, received = results(theirs, x, start, **kept), results(ours, x, start, **given)
    for one, other in zip(expected[0], received[0], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for one, other in zip(expected[1], received[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def reset_before(units, **options):
    return layers.GRUCell(units, reset_after=False, **options)


def losses(layer, dropout_state):
    """The loss as a function of the input and of each weight; every call draws the same dropout."""

    def loss(x):
        layer.cell.seed_generator.state.assign(dropout_state)
        outputs = layer(x, mask=MASK, training=True)
        return keras.ops.sum(keras.ops.sin(outputs))

    return loss


@on_tensorflow
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("cell", [layers.RNNCell, layers.LSTMCell, layers.GRUCell, reset_before])
def test_gradients_equal_finite_differences(cell, dropout):
    import tensorflow as tf

    layer = layers.RNN(
        cell(3, dropout=dropout, recurrent_dropout=dropout, seed=3, dtype="float64"),
        return_sequences=True,
        dtype="float64",
    )
    x = tf.Variable(numbers(BATCH, TIME, FEATURES).astype("float64"))
    layer.build(x.shape)
    loss = losses(layer, np.array([3, 0], "uint32"))
    variables = [x, *(weight.value for weight in layer.trainable_weights)]
    with tf.GradientTape() as tape:
        value = loss(x)
    random = np.random.default_rng(1)
    for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
        direction, start = random.normal(size=variable.shape), variable.numpy()
        ends = []
        for step in (1e-5, -1e-5):
            variable.assign(start + step * direction)
            ends.append(float(loss(x)))
        variable.assign(start)
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-5, np.sum(gradient * direction), rtol=1e-6, atol=1e-8)


@pairs
def test_config_has_keras_names(theirs, ours, options):
    theirs, ours = theirs(UNITS, **options).get_config(), ours(UNITS, **options).get_config()
    shared = {name for name in theirs if name in ours and name not in ("name", "dtype")}
    assert {"units", "activation", "kernel_initializer", "recurrent_dropout", "go_backwards", "stateful"} <= shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}


def test_dropout_is_the_same_at_every_step_and_absent_outside_training():
    layer = layers.RNN(layers.RNNCell(UNITS, dropout=0.5, seed=0, recurrent_initializer="zeros"), return_sequences=True)
    x = np.ones((2, TIME, FEATURES), "float32")
    trained = keras.ops.convert_to_numpy(layer(x, training=True))
    np.testing.assert_array_equal(trained, np.repeat(trained[:, :1], TIME, 1))
    again = keras.ops.convert_to_numpy(layer(x, training=True))
    assert np.abs(trained - again).max() > 0
    np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(layer(x)) for _ in range(2)))


def test_stateful_goes_on_where_it_stopped():
    x = numbers(2, TIME, FEATURES)
    layer = layers.LSTM(UNITS, stateful=True, return_sequences=True)
    whole = keras.ops.convert_to_numpy(layer(x))
    layer.reset_state()
    halves = [keras.ops.convert_to_numpy(layer(part)) for part in (x[:, :3], x[:, 3:])]
    np.testing.assert_allclose(np.concatenate(halves, 1), whole, atol=1e-6)


@on_tensorflow
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
def test_bidirectional_equals_keras(merge_mode):
    x, mask = numbers(BATCH, TIME, FEATURES), np.arange(TIME) < LENGTHS[:, None]
    theirs = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True), merge_mode=merge_mode)
    ours = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True), merge_mode=merge_mode)
    theirs.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    expected, received = theirs(x, mask=keras.ops.convert_to_tensor(mask)), ours(x, lengths=LENGTHS)
    np.testing.assert_allclose(expected, received, atol=1e-6)


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("units.*positive.*-1", lambda: layers.LSTM(-1)),
        ("dropout", lambda: layers.GRU(4, dropout=1.5)),
        ("activation", lambda: layers.LSTM(4, activation="tahn")),
        ("merge_mode.*'concat'.*'add'", lambda: layers.Bidirectional(layers.LSTM(4), merge_mode="add")),
        ("go_backwards", lambda: layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(4))),
        ("return_sequences", lambda: layers.Deep([layers.LSTM(4), layers.LSTM(4)])),
        ("return_state", lambda: layers.Deep([SEQUENCES, layers.LSTM(4, return_state=True)])),
        ("state_size", lambda: layers.RNN(keras.layers.Dense(3))),
        ("mode.*'last'", lambda: layers.SequencePooling("first")),
        ("vocabulary_size", lambda: layers.OneHot(0)),
        ("between 0 and 4", lambda: layers.OneHot(5)(np.array([[5]]))),
        ("between 0 and 4", lambda: layers.Embedding(5, 2)(np.array([[-1]]))),
        ("vectors", lambda: layers.Embedding(5, 2, vectors=np.ones((5, 3)))),
        ("batch size", lambda: layers.LSTM(4, stateful=True)(keras.Input([3, 2]))),
    ],
)
def test_bad_arguments_raise(message, call):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        call()


@on_tensorflow
@pytest.mark.parametrize("masking", ["none", "lengths", "mask"])
@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize("batch", [33, None])
def test_halves_of_a_batch_run_side_by_side_equal_rows_one_by_one(layer, masking, batch, monkeypatch):
    import tensorflow as tf

    from layers.on_tensorflow import sequences

    random = np.random.default_rng(0)
    x, lengths = numbers(33, TIME, FEATURES), random.integers(0, TIME + 1, 33).astype("int32")
    mask = random.random((33, TIME)) < 0.6
    layer = layer(UNITS, return_sequences=True, go_backwards=True, recurrent_dropout=0.3, seed=1)
    layer.build(x.shape)

    def outputs_and_gradients(halves):
        monkeypatch.setattr(sequences, "_halves", lambda inputs: halves)
        layer.cell.seed_generator.state.assign([1, 0])

        @tf.function(
            autograph=False,
            input_signature=[
                tf.TensorSpec([batch, None, FEATURES]),
                tf.TensorSpec([batch], tf.int32),
                tf.TensorSpec([batch, None], tf.bool),
            ],
        )
        def run(x, lengths, mask):
            given = {"none": {}, "lengths": {"lengths": lengths}, "mask": {"mask": mask}}[masking]
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = layer(x, training=True, **given)
                loss = tf.reduce_sum(tf.sin(outputs))
            return [outputs, *tape.gradient(loss, [x, *(weight.value for weight in layer.trainable_weights)])]

        return run(x, lengths, mask)

    for whole, halved in zip(outputs_and_gradients(False), outputs_and_gradients(True), strict=True):
        np.testing.assert_allclose(whole, halved, rtol=1e-5, atol=1e-5)


@on_tensorflow
@pytest.mark.parametrize("masking", ["lengths", "mask"])
def test_one_row_of_a_batch_whose_size_the_graph_does_not_know(masking):
    """Half of one row is none."""
    import tensorflow as tf

    layer, x = layers.GRU(UNITS, return_sequences=True, return_state=True), numbers(1, TIME, FEATURES)
    value = np.array([TIME - 1], "int32") if masking == "lengths" else np.arange(TIME) < [[TIME - 1]]
    unknown = [tf.TensorSpec([None] * each.ndim, each.dtype) for each in (x, value)]
    unknown[0] = tf.TensorSpec([None, None, FEATURES])
    run = tf.function(lambda x, value: layer(x, **{masking: value}), input_signature=unknown)
    for one, other in zip(layer(x, **{masking: value}), run(x, value), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)

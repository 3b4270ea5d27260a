"""A gradient of whatever order, asked for from wherever, with the flag or without, equals that of Keras's layer."""

import keras
import numpy as np
import pytest

import layers

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's graphs and tape", allow_module_level=True)

import tensorflow as tf

BATCH, FEATURES = 2, 3


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pair(name, units, **options):
    """Keras's layer and this package's with the same weights."""
    theirs, ours = (
        getattr(library, name)(units, return_sequences=True, **options) for library in (keras.layers, layers)
    )
    for layer in (theirs, ours):
        layer.build((None, None, FEATURES))
    ours.set_weights(theirs.get_weights())
    return theirs, ours


def sources(layer, x):
    return [x, *(weight.value for weight in layer.trainable_weights)]


def first_order(layer, x, **options):
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.sin(layer(x, **options)))
    return tape.gradient(loss, sources(layer, x))


def second_order(layer, x, **options):
    with tf.GradientTape() as tape:
        tape.watch(x)
        size = sum(tf.reduce_sum(tf.square(gradient)) for gradient in first_order(layer, x, **options))
    return tape.gradient(size, sources(layer, x))


def third_order(layer, x, **options):
    with tf.GradientTape() as tape:
        tape.watch(x)
        size = sum(tf.reduce_sum(tf.sin(gradient)) for gradient in second_order(layer, x, **options))
    return tape.gradient(size, sources(layer, x))


def jacobian(layer, x, **options):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        sums = tf.reduce_sum(layer(x, **options), 1)[:, :2]
    return tape.jacobian(sums, sources(layer, x))


def batch_jacobian(layer, x, **options):
    with tf.GradientTape() as tape:
        tape.watch(x)
        sums = tf.reduce_sum(layer(x, **options), 1)[:, :2]
    return [tape.batch_jacobian(sums, x)]


def vectorized(layer, x, **options):
    return [tf.vectorized_map(lambda row: layer(row[None], **options)[0], x)]


def persistent(layer, x, **options):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = layer(x, **options)
        sines, squares = tf.reduce_sum(tf.sin(outputs)), tf.reduce_sum(outputs**2)
    return [*tape.gradient(sines, sources(layer, x)), *tape.gradient(squares, sources(layer, x))]


def in_function(layer):
    """The layer in a graph made where no tape is open."""
    run = tf.function(lambda x, training=False: layer(x, training=training), autograph=False)
    run.trainable_weights = layer.trainable_weights
    return run


def function_in_tape(layer, x, **options):
    run = in_function(layer)
    run(x, **options)
    return first_order(run, x, **options)


def function_in_two_tapes(layer, x, **options):
    return second_order(in_function(layer), x, **options)


def jacobian_of_function(layer, x, **options):
    return batch_jacobian(in_function(layer), x, **options)


WAYS = [
    first_order, second_order, jacobian, batch_jacobian, vectorized, persistent, function_in_tape,
    function_in_two_tapes, jacobian_of_function,
]  # fmt: skip
CASES = [  # the layer, units, time, in a graph, training; the larger ones run in blocks that XLA compiles
    ("LSTM", 4, 5, False, False),
    ("GRU", 4, 5, True, True),
    ("GRU", 32, 70, True, False),
    ("LSTM", 32, 70, False, True),
    ("LSTM", 32, 70, True, True),
    ("GRU", 32, 70, False, False),
]
BY_DEFAULT = [(way, CASES[number % 2]) for number, way in enumerate(WAYS)]


def assert_equal(expected, received):
    for one, other in zip(expected, received, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4 * max(1, np.abs(one).max()))


@pytest.mark.parametrize(
    ("way", "name", "units", "time", "graph", "training"),
    [
        pytest.param(way, *case, marks=[] if (way, case) in BY_DEFAULT else pytest.mark.slow)
        for way in WAYS
        for case in CASES
    ],
)
def test_equals_keras(way, name, units, time, graph, training):
    x = tf.constant(numbers(BATCH, time, FEATURES))
    found = []
    for layer in pair(name, units):
        run = lambda x, layer=layer: way(layer, x, training=training)  # noqa: E731
        found.append((tf.function(run, autograph=False) if graph else run)(x))
    assert_equal(*found)


@pytest.mark.parametrize("way", [first_order, second_order, function_in_tape])
def test_blocks_equal_keras(way):
    """As above, in blocks that XLA compiles."""
    test_equals_keras(way, "GRU", 32, 70, graph=True, training=False)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_third_order_equals_keras(name):
    assert_equal(*(third_order(layer, tf.constant(numbers(BATCH, 5, FEATURES))) for layer in pair(name, 4)))


def test_a_gradient_of_each_row_at_once():
    """Keras's layers have none."""
    theirs, ours = pair("LSTM", 4)
    x = tf.constant(numbers(BATCH, 5, FEATURES))
    rows = tf.vectorized_map(lambda row: first_order(ours, row[None], training=True)[0][0], x)
    assert_equal([first_order(theirs, x)[0]], [rows])


@pytest.mark.parametrize("masking", ["lengths", "mask"])
@pytest.mark.parametrize("backwards", [False, True])
def test_second_order_with_padding_equals_keras(backwards, masking):
    theirs, ours = pair("GRU", 4, go_backwards=backwards)
    x, lengths = tf.constant(numbers(BATCH, 5, FEATURES)), np.array([3, 5], "int32")
    mask = np.arange(5) < lengths[:, None]
    given = {"lengths": lengths} if masking == "lengths" else {"mask": mask}
    expected = second_order(theirs, x, mask=tf.constant(mask), training=True)
    run = tf.function(lambda x: second_order(ours, x, training=True, **given), autograph=False)
    assert_equal(expected, run(x))
    assert_equal(expected, second_order(ours, x, **given))


def test_a_gradient_is_by_hand_without_the_flag_and_inference_keeps_nothing():
    """In a graph: blocks that XLA compiles where a tape is open, and a graph without any where none is."""
    _, ours = pair("GRU", 32)
    specification = [tf.TensorSpec([None, None, FEATURES])]
    with_tape = tf.function(lambda x: first_order(ours, x), autograph=False, input_signature=specification)
    without = tf.function(ours, autograph=False, input_signature=specification)
    texts = [str(run.get_concrete_function().graph.as_graph_def()) for run in (with_tape, without)]
    assert ["_XlaMustCompile" in text for text in texts] == [True, False]
    assert "_gradient_op_type" not in texts[1]


def test_a_saved_graph_has_its_gradient(tmp_path, caplog):
    theirs, ours = pair("GRU", 32)
    x, saved = tf.constant(numbers(BATCH, 70, FEATURES)), tf.Module()
    saved.weights = [weight.value for weight in ours.trainable_weights]
    saved.serve = tf.function(ours, autograph=False, input_signature=[tf.TensorSpec([None, None, FEATURES])])
    tf.saved_model.save(saved, tmp_path)
    assert not [record for record in caplog.records if "gradient" in record.getMessage()]
    loaded = tf.saved_model.load(tmp_path)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.sin(loaded.serve(x)))
    assert_equal(first_order(theirs, x), tape.gradient(loss, [x, *loaded.weights]))


@keras.saving.register_keras_serializable(package="test_gradients")
class ScaledCell(layers.RNNCell):
    """A cell with a weight more than those of the products: h_t = tanh(s (x_t W + h_{t-1} U + b))."""

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self.add_weight(name="scale", shape=(self.units,), initializer="ones")

    def combine(self, projected, recurrent, states):
        return [self.activation(self.scale * (projected + recurrent))]


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_a_cell_with_weights_of_its_own(training, graph):
    layer, x = layers.RNN(ScaledCell(4), return_sequences=True), tf.constant(numbers(BATCH, 40, FEATURES))
    layer.build(x.shape)
    run = lambda x: first_order(layer, x, training=training)  # noqa: E731
    received = (tf.function(run, autograph=False) if graph else run)(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        h, outputs = [tf.zeros([BATCH, 4])], []
        for t in range(40):
            output, h = layer.cell(x[:, t], h)
            outputs.append(output)
        loss = tf.reduce_sum(tf.sin(tf.stack(outputs)))
    assert_equal(tape.gradient(loss, sources(layer, x)), received)

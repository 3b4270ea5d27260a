"""Values and all gradients of layers, of sizes 0 to 3 of batch, time and real steps, against steps written out here.

The steps of recurrent layers are those of Keras's cells with the same weights; attention, pooling and losses are
their equations as they stand, and TensorFlow's gradients of those.
"""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies
from thinned import thinned

import layers

if keras.backend.backend() != "tensorflow":
    pytest.skip("gradients are taken by TensorFlow's tape", allow_module_level=True)

FEATURES, UNITS = 2, 3
SIZES = strategies.integers(0, 3)
quick = hypothesis.settings(
    derandomize=True, deadline=None, max_examples=8, database=None, phases=[hypothesis.Phase.generate]
)


def cell_of_keras(cell):
    """Keras's cell of the same equation with the same weights."""
    kinds = {"LSTMCell": keras.layers.LSTMCell, "GRUCell": keras.layers.GRUCell, "RNNCell": keras.layers.SimpleRNNCell}
    options = {"reset_after": cell.reset_after} if isinstance(cell, layers.GRUCell) else {}
    twin = kinds[type(cell).__name__](cell.units, **options)
    twin.build((None, cell.kernel.shape[0]))
    for name in ("kernel", "recurrent_kernel", "bias"):
        object.__setattr__(twin, name, getattr(cell, name))
    return twin


def stepped(layer, x, states, mask):
    """(outputs in the order of steps (batch, time, units), states) of a `SequenceLayer`, step by step."""
    cell, outputs = cell_of_keras(layer.cell), []
    # One row more, that is cut off again: Keras's cells fail on none.
    x, mask, *states = (tf.pad(each, [[0, 1]] + [[0, 0]] * (len(each.shape) - 1)) for each in (x, mask, *states))
    last = tf.zeros_like(states[0])
    times = range(x.shape[1])
    for t in reversed(times) if layer.go_backwards else times:
        real = mask[:, t, None]
        output, following = cell(x[:, t], states)
        states = [tf.where(real, new, old) for new, old in zip(following, states, strict=True)]
        last = tf.where(real, output, tf.zeros_like(last) if layer.zero_output_for_mask else last)
        outputs.append(last)
    whole = tf.stack(outputs, 1) if outputs else tf.zeros((x.shape[0], 0, UNITS))
    return (whole if layer.return_sequences else last)[:-1], [state[:-1] for state in states]


def expected(layer, x, states, mask):
    """[output, *states] of any recurrent layer."""
    if isinstance(layer, layers.Deep):
        states, following = iter(states), []
        for each in layer.layers:
            x, *last = expected(each, x, [next(states) for _ in each.state_size], mask)
            following += last
        return [x, *following]
    if isinstance(layer, layers.Bidirectional):
        half = len(states) // 2
        forward, first = stepped(layer.forward_layer, x, states[:half], mask)
        backward, second = stepped(layer.backward_layer, x, states[half:], mask)
        if layer.return_sequences:
            backward = tf.reverse(backward, [1])
        return [tf.concat([forward, backward], -1), *first, *second]
    output, states = stepped(layer, x, states, mask)
    return [output, *states]


RECURRENT = {
    "LSTM": lambda: layers.LSTM(UNITS, return_sequences=True, return_state=True),
    "LSTM, last": lambda: layers.LSTM(UNITS, return_state=True, go_backwards=True),
    "GRU": lambda: layers.GRU(UNITS, return_state=True),
    "GRU, backwards": lambda: layers.GRU(UNITS, return_sequences=True, return_state=True, go_backwards=True),
    "GRU of the paper": lambda: layers.GRU(UNITS, reset_after=False, return_sequences=True, return_state=True),
    "RNN": lambda: layers.RNN(
        layers.RNNCell(UNITS), return_sequences=True, return_state=True, zero_output_for_mask=True
    ),
    "Bidirectional": lambda: layers.Bidirectional(layers.GRU(UNITS, return_sequences=True, return_state=True)),
    "Bidirectional, last": lambda: layers.Bidirectional(layers.LSTM(UNITS, return_state=True)),
    "Deep": lambda: layers.Deep(
        [layers.LSTM(UNITS, return_sequences=True, return_state=True), layers.GRU(UNITS, return_state=True)]
    ),
}  # fmt: skip
WAYS = [("nothing", True), ("lengths", True), ("mask", False)]


def with_gradients(function, tensors, variables):
    """All that `function(*tensors)` returns, and the gradients with respect to its floats and to variables."""
    floats = [tensor for tensor in tensors if tensor.dtype.is_floating]
    sources = [*floats, *(variable.value for variable in variables)]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        outputs = keras.tree.flatten(function(*tensors))
        loss = sum(tf.reduce_sum(tf.cast(each, "float32") * (1 + each / 2)) for each in outputs)
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return [tf.convert_to_tensor(each) for each in (*outputs, *gradients)]


def check(found, right, what):
    for place, (ours, theirs) in enumerate(zip(found, right, strict=True)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-5, err_msg=f"{what}, number {place}")


class Case:
    """A layer with the ways it is called: eagerly, in a graph of any sizes, compiled by XLA."""

    def __init__(self, name, way, training):
        keras.utils.set_random_seed(len(name))
        self.layer, self.way, self.training = RECURRENT[name](), way, training
        self.layer.build((None, None, FEATURES))
        for weight in self.layer.trainable_variables:  # biases too
            weight.assign(np.random.default_rng(7).normal(size=weight.shape) / 2)
        self.graph = tf.function(self.ours, autograph=False, reduce_retracing=True)
        self.compiled = tf.function(self.ours, autograph=False, jit_compile=True)

    def ours(self, x, real, states):
        def call(x, *states):
            options = {} if self.way == "nothing" else {self.way: real}
            return self.layer(x, initial_state=list(states), training=self.training, **options)

        return with_gradients(call, [x, *states], self.layer.trainable_variables)

    def theirs(self, x, mask, states):
        def call(x, *states):
            return expected(self.layer, x, list(states), mask)

        return with_gradients(call, [x, *states], self.layer.trainable_variables)

    def tensors(self, batch, time, seed):
        chance = np.random.default_rng(seed)
        lengths = chance.integers(0, time + 1, batch).astype("int32")
        mask = np.arange(time) < lengths[:, None]
        if self.way == "mask":
            mask = chance.random((batch, time)) < 0.6
        if self.way == "nothing":
            mask = np.ones((batch, time), bool)
        x = tf.constant(chance.normal(size=(batch, time, FEATURES)), "float32")
        states = [tf.constant(chance.normal(size=(batch, UNITS)), "float32") for _ in self.layer.state_size]
        return x, tf.constant(mask), tf.constant(lengths if self.way == "lengths" else mask), states

    def compare(self, run, batch, time, seed):
        x, mask, real, states = self.tensors(batch, time, seed)
        check(run(x, real, states), self.theirs(x, mask, states), (batch, time, real.numpy().tolist()))


@thinned(3, ("name", RECURRENT), ("way,training", WAYS))
def test_recurrent_layers_of_any_size(name, way, training):
    case = Case(name, way, training)
    x, real = tf.TensorSpec([None, None, FEATURES]), tf.TensorSpec([None] * (2 - (way == "lengths")), tf.bool)
    real = tf.TensorSpec(real.shape, tf.int32) if way == "lengths" else real
    graph = case.graph.get_concrete_function(x, real, [tf.TensorSpec([None, UNITS]) for _ in case.layer.state_size])

    @quick
    @hypothesis.given(SIZES, SIZES, strategies.integers(0, 99))
    def any_size(batch, time, seed):
        case.compare(case.ours, batch, time, seed)
        case.compare(lambda x, real, states: graph(x, real, states), batch, time, seed)

    any_size()


@pytest.mark.parametrize("name, way", [("LSTM", "lengths"), ("GRU", "mask"), ("Bidirectional", "nothing")])
def test_recurrent_layers_compiled(name, way):
    case = Case(name, way, training=True)
    for batch, time in ((1, 1), (2, 3), (0, 2)):
        case.compare(case.compiled, batch, time, seed=3)


# What does not step: the equation, without the tricks.


def soft(scores, real):
    """softmax over the real ones, 0 in a row without any."""
    weights = tf.where(real, tf.exp(scores), 0.0)
    return weights / tf.maximum(tf.reduce_sum(weights, -1, keepdims=True), 1e-30)


def bahdanau(layer, query, values, mask):
    hidden = tf.einsum("bqf,fu->bqu", query, layer.query_kernel.value)[:, :, None]
    hidden += tf.einsum("btf,fu->btu", values, layer.key_kernel.value)[:, None] + layer.bias.value
    return attended(tf.einsum("bqtu,uo->bqt", tf.tanh(hidden), layer.scale.value), values, mask)


def luong(layer, query, values, mask):
    kernel = tf.eye(FEATURES) if layer.kernel is None else layer.kernel.value
    return attended(tf.einsum("bqf,btg,gf->bqt", query, values, kernel), values, mask)


def attended(scores, values, mask):
    weights = soft(scores, mask[:, None])
    return tf.einsum("bqt,btf->bqf", weights, values), weights


def pooled(layer, values, mask):
    real, count = tf.cast(mask, "float32"), tf.reduce_sum(tf.cast(mask, "int32"), 1)
    if layer.mode == "max":
        rows = [tf.boolean_mask(values[b], mask[b]) for b in range(len(mask))]
        rows = [tf.reduce_max(row, 0) if len(row) else tf.zeros(FEATURES) for row in rows]
        return tf.stack(rows) if rows else tf.zeros((0, FEATURES))
    if layer.mode == "last":
        weights = real * tf.cast(tf.cumsum(real, 1) == tf.cast(count, "float32")[:, None], "float32")
    elif layer.mode == "mean":
        weights = real / tf.cast(tf.maximum(count, 1), "float32")[:, None]
    else:
        hidden = tf.tanh(tf.einsum("btf,fg->btg", values, layer.kernel.value) + layer.bias.value)
        weights = soft(tf.einsum("btg,go->bt", hidden, layer.query.value), mask)
    return tf.einsum("bt,btf->bf", weights, values)


EQUATIONS = {
    "additive": (lambda: layers.BahdanauAttention(UNITS), bahdanau),
    "dot": (lambda: layers.LuongAttention("dot"), luong),
    "general": (lambda: layers.LuongAttention("general"), luong),
    **{mode: (lambda mode=mode: layers.SequencePooling(mode), pooled) for mode in ("last", "mean", "max", "attention")},
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_attention_and_pooling_of_any_size(name):
    make, equation = EQUATIONS[name]
    layer, several = make(), equation is not pooled
    shapes = [(None, None, FEATURES)] * (1 + several)
    layer.build(*shapes)
    for weight in layer.trainable_variables:
        weight.assign(np.random.default_rng(1).normal(size=weight.shape))

    def ours(*tensors):
        return with_gradients(lambda *t: layer(*t[:-1], mask=t[-1]), tensors, layer.trainable_variables)

    graph = tf.function(ours, autograph=False, input_signature=[
        *(tf.TensorSpec(shape) for shape in shapes), tf.TensorSpec([None, None], tf.bool)
    ])  # fmt: skip
    compiled = tf.function(ours, autograph=False, jit_compile=True)

    @quick
    @hypothesis.given(SIZES, SIZES, SIZES, strategies.integers(0, 99))
    def any_size(batch, time, queries, seed):
        chance = np.random.default_rng(seed)
        tensors = [chance.normal(size=(batch, size, FEATURES)) for size in ([queries] if several else []) + [time]]
        tensors = [tf.constant(tensor, "float32") for tensor in tensors]
        tensors.append(tf.constant(chance.random((batch, time)) < 0.6))
        right = with_gradients(lambda *t: equation(layer, *t), tensors, layer.trainable_variables)
        for run in (ours, graph):
            check(run(*tensors), right, (batch, time, queries))

    any_size()
    mask = tf.constant([[True], [False]])
    tensors = [tf.ones((2, 1, FEATURES)) + place for place in range(1 + several)]
    right = with_gradients(lambda *t: equation(layer, *t), [*tensors, mask], layer.trainable_variables)
    check(compiled(*tensors, mask), right, "compiled")


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_crossentropy_of_any_size(smoothing):
    loss, classes = layers.SmoothedCrossentropy(smoothing), 4

    def right(labels, logits, weights):
        targets = (1 - smoothing) * tf.one_hot(labels, classes) + smoothing / classes
        losses = -tf.reduce_sum(targets * tf.math.log_softmax(logits), -1)
        return tf.reduce_sum(losses * weights) / tf.maximum(tf.reduce_sum(weights), 1e-7)

    def ours(labels, logits, weights):
        return with_gradients(lambda x: loss(labels, x, sample_weight=weights), [logits], [])

    graph = tf.function(ours, autograph=False, input_signature=[
        tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None, classes]), tf.TensorSpec([None, None])
    ])  # fmt: skip

    @quick
    @hypothesis.given(SIZES, SIZES, strategies.integers(0, 99))
    def any_size(batch, time, seed):
        chance = np.random.default_rng(seed)
        labels = tf.constant(chance.integers(0, classes, (batch, time)), tf.int32)
        logits = tf.constant(3 * chance.normal(size=(batch, time, classes)), tf.float32)
        weights = tf.constant(chance.random((batch, time)) < 0.7, tf.float32)
        answer = with_gradients(lambda x: right(labels, x, weights), [logits], [])
        for run in (ours, graph):
            check(run(labels, logits, weights), answer, (batch, time))

    any_size()

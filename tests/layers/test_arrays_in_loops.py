"""Loops that write into arrays, and dilated convolutions, as they are traced for LiteRT: the same numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import layers
from layers.conversion import arrays, operations

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT converts graphs of TensorFlow")
ops = keras.ops
OPEN = tf.TensorSpec([None, None, 3])
SEQUENCES = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


def steps(x):
    return tf.transpose(x, [1, 0, 2])


def decoder(x):
    """The first item is written before the loop, another array is read in it, and two are written."""
    count = tf.shape(x)[1]
    read = tf.TensorArray(tf.float32, size=count).unstack(steps(x))
    states, sums = (tf.TensorArray(tf.float32, size=count) for _ in range(2))

    def body(t, h, states, sums):
        h = tf.tanh(h + read.read(t))
        return t + 1, h, states.write(t, h), sums.write(t, tf.reduce_sum(h, -1))

    start = (1, x[:, 0], states.write(0, x[:, 0]), sums.write(0, x[:, 0, 0]))
    _, h, states, sums = tf.while_loop(lambda t, *_: t < count, body, start)
    return steps(states.stack()), h, sums.stack(), sums.size()


def growing(x):
    outputs = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    body = lambda t, outputs: (t + 1, outputs.write(t, x[:, t] * 2))  # noqa: E731
    return steps(tf.while_loop(lambda t, _: t < tf.shape(x)[1], body, (0, outputs))[1].stack())


def unrolled(x):
    outputs = tf.TensorArray(tf.float32, size=5)
    for t in (4, 2, 0, 1, 3):
        outputs = outputs.write(t, x[:, t] * t)
    return outputs.gather([1, 4]), outputs.stack()


def nested(x):
    rows = lambda row: tf.map_fn(lambda number: number * 2 + tf.reduce_sum(row), row)  # noqa: E731
    return tf.map_fn(lambda sequence: tf.map_fn(rows, sequence), x)


LOOPS = {
    "decoder": decoder,
    "growing": growing,
    "unrolled": unrolled,
    "nested": nested,
    "tf.scan": lambda x: tf.scan(lambda a, y: (a[0] + y, a[1] * 0.5 - y), steps(x), (x[:, 0], x[:, 1])),
    "tf.scan without a start": lambda x: tf.scan(lambda a, y: a * 0.5 + y, steps(x)),
    "tf.map_fn": lambda x: tf.map_fn(
        lambda y: tf.reduce_sum(y[0]) + y[1], (x, x[:, 0])[::1], fn_output_signature=tf.float32
    ),
    "tf.foldr": lambda x: tf.foldr(lambda a, y: a * 0.5 + y, steps(x)),
    "keras.ops.scan": lambda x: ops.scan(lambda a, y: (a * 0.5 + y, a - y), x[:, 0], steps(x), reverse=True),
    "keras.ops.map": lambda x: ops.map(lambda y: ops.cumsum(y, 0), x),
    "autograph": tf.function(lambda x: by_autograph(x)),
}


def by_autograph(x):
    h, outputs = tf.zeros_like(x[:, 0]), tf.TensorArray(tf.float32, size=tf.shape(x)[1])
    for t in tf.range(tf.shape(x)[1]):
        h = tf.tanh(h + x[:, t])
        outputs = outputs.write(t, h)
    return steps(outputs.stack())


@pytest.mark.parametrize("name", LOOPS)
def test_loops_write_rows_of_tensors(name):
    """Compiled by XLA, by which alone TensorFlow can write a row; arrays that grow are not for XLA."""
    expected = tf.nest.flatten(LOOPS[name](tf.constant(SEQUENCES)))
    with arrays.dense(), operations.replaced():
        answers = tf.function(LOOPS[name], autograph=False, jit_compile=name != "growing")(tf.constant(SEQUENCES))
    for answer, right in zip(tf.nest.flatten(answers), expected, strict=True):
        np.testing.assert_allclose(answer, right, rtol=1e-5, atol=1e-6)


def test_only_while_it_is_wanted():
    for wanted in (True, False):
        with arrays.dense(lambda: wanted):  # noqa: B023
            graph = tf.function(growing).get_concrete_function(OPEN).graph
        (loop,) = (operation for operation in graph.get_operations() if "While" in operation.type)
        assert (tf.variant in [output.dtype for output in loop.outputs]) is not wanted


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_dilated_convolutions_are_one_operation(padding):
    stack = [keras.layers.Conv1D(4, 3, dilation_rate=2, padding=padding)]
    if padding != "causal":
        stack.append(keras.layers.SeparableConv1D(4, 3, dilation_rate=2, padding=padding))
    for layer in stack:
        layer.build([None, None, 3])
        with layers.portable():
            inside = tf.function(lambda x: layer(x)).get_concrete_function(OPEN)  # noqa: B023
        kinds = {operation.type for operation in inside.graph.get_operations()}
        assert not kinds & {"SpaceToBatchND", "BatchToSpaceND"} and kinds & {"Conv2D", "DepthwiseConv2dNative"}

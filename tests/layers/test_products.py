import keras
import numpy as np
import pytest
import tensorflow as tf

import layers
from layers.conversion import products

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT converts graphs of TensorFlow")

SEQUENCES = tf.TensorSpec([None, None, 3])


def kinds(function):
    graph = tf.function(function).get_concrete_function(SEQUENCES).graph
    return {operation.type for operation in graph.get_operations()}


def test_a_product_with_a_matrix_is_one_operation():
    dense = keras.layers.Dense(4)
    dense.build([None, None, 3])
    assert "Reshape" in kinds(lambda x: dense(x))
    with layers.portable():
        inside = kinds(lambda x: dense(x))
    assert "BatchMatMulV2" in inside and "Reshape" not in inside
    assert "Reshape" in kinds(lambda x: dense(x))


def test_products_are_those_of_numpy():
    draw = np.random.default_rng(0)
    x, matrix, other = draw.normal(size=(2, 5, 3)), draw.normal(size=(3, 4)), draw.normal(size=(2, 3, 4))
    with products.whole():
        for second in (matrix, other, matrix[:, 0]):
            np.testing.assert_allclose(keras.ops.matmul(tf.constant(x), tf.constant(second)), x @ second, rtol=1e-6)
        mixed = keras.ops.matmul(tf.constant(x, "float32"), tf.constant(matrix, "float16"))
        np.testing.assert_allclose(mixed, x @ matrix, atol=1e-2)
        whole = keras.ops.matmul(np.ones((1, 2, 3), "int32"), np.ones((3, 2), "int32"))
        np.testing.assert_array_equal(whole, np.full((1, 2, 2), 3))


def test_only_while_it_is_wanted():
    with products.whole(lambda: False):
        assert "Reshape" in kinds(lambda x: keras.ops.matmul(x, tf.ones([3, 2])))

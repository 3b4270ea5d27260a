"""Tables of vectors in 8 bits, against the rows that were rounded."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import layers
import pipelines
from layers.conversion import tables

tf = pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("conversion is TensorFlow's alone", allow_module_level=True)


@pytest.mark.parametrize("embedding", [keras.layers.Embedding(300, 8), layers.Embedding(300, 8)], ids=["keras", "ours"])
def test_rows_are_off_by_half_a_unit_at_most(embedding):
    ids = tf.reshape(tf.range(300), (10, 30))
    exact = np.array(embedding(ids))
    table = exact.reshape(300, 8) * np.logspace(-6, 6, 300)[:, None]
    table[7] = 0
    embedding.set_weights([table.astype("float32")])
    exact = np.array(embedding(ids))
    with tables.in_8_bits():
        rounded = np.array(tf.function(embedding)(ids))
    unit = np.abs(exact).max(-1, keepdims=True) / 127
    assert (np.abs(rounded - exact) <= 0.501 * unit).all()
    assert (rounded != exact).any()
    np.testing.assert_array_equal(np.array(embedding(ids)), exact)  # outside, as before


def test_what_is_no_table_stays_exact():
    small = keras.layers.Embedding(9, 8)
    x = tf.random.stateless_normal((40, 50), (0, 0))
    with tables.in_8_bits():
        np.testing.assert_array_equal(tf.function(small)(tf.range(9)), small.embeddings)
        np.testing.assert_array_equal(keras.ops.take(x, [3, 1], axis=0), np.array(x)[[3, 1]])


@pytest.mark.parametrize("quantize", ["int8", pytest.param("int4", marks=pytest.mark.slow)])
def test_a_file_is_smaller_by_its_tables(quantize, tmp_path):
    pytest.importorskip("ai_edge_quantizer")
    stack = [keras.Input([None], dtype="int32"), layers.Embedding(5000, 16), keras.layers.LSTM(4)]
    written = pipelines.export_keras(keras.Sequential(stack), tmp_path / "model.tflite", quantize=quantize)
    assert written.size < 5000 * (16 + 4) + 20_000  # a byte a number, four a row; 20 kB: the graph
    assert 0 < written.difference < 0.02
    Interpreter(str(written.path)).allocate_tensors()

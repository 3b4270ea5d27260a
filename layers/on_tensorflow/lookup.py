"""Rows of a table for many ids on TensorFlow: each row is read once, and gets one gradient.

TensorFlow's own gradient holds a row for every id: an optimizer adds up the rows of a token several times a step, and
Keras's Adam squares them before it does.
"""

import tensorflow as tf

from layers.on_tensorflow.loops import compiles_with_xla


def lookup(rows, ids):
    """rows(ids) (..., size), of a function of ids (n,) -> (n, size)."""
    if compiles_with_xla():  # it needs fixed sizes
        return rows(ids)
    tokens, positions = tf.unique(tf.reshape(ids, [-1]))
    vectors = _spread(rows(tokens), positions)
    vectors = tf.reshape(vectors, tf.concat([tf.shape(ids), [tf.shape(vectors)[1]]], 0))
    return tf.ensure_shape(vectors, [*ids.shape, vectors.shape[-1]])


@tf.custom_gradient
def _spread(rows, positions):
    """rows (n, size), positions (m,) -> (m, size)"""
    count = tf.shape(rows)[0]

    def gradient(upstream):
        return tf.math.unsorted_segment_sum(upstream, positions, count), None

    return tf.gather(rows, positions), gradient

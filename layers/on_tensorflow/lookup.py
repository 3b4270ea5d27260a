"""Rows of a table for many ids on TensorFlow: each row is read once, and gets one gradient.

TensorFlow's own gradient holds a row for every id; an optimizer adds up those of one token several times a step, and
Keras's Adam squares them before they are added up.
"""

import tensorflow as tf

from layers.on_tensorflow.loops import compiles_with_xla


def lookup(rows, ids):
    """rows(ids) (..., size), of a function of ids (n,) -> (n, size)."""
    if compiles_with_xla():  # which knows only fixed sizes
        return rows(ids)
    tokens, places = tf.unique(tf.reshape(ids, [-1]))
    found = _spread(rows(tokens), places)
    found = tf.reshape(found, tf.concat([tf.shape(ids), [tf.shape(found)[1]]], 0))
    return tf.ensure_shape(found, [*ids.shape, found.shape[-1]])


@tf.custom_gradient
def _spread(rows, places):
    """rows (n, size), places (m,) -> (m, size)"""
    count = tf.shape(rows)[0]
    return tf.gather(rows, places), lambda given: (tf.math.unsorted_segment_sum(given, places, count), None)

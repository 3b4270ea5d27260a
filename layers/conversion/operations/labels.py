"""The labels that scores of steps spell, as of `keras.ops.ctc_decode`: the greatest of each step, without repeats."""

import tensorflow as tf


def spelled(operation):
    """TensorFlow's sparse tensor of labels (indices, values, shape), and minus the sum of the greatest scores."""
    scores, lengths = operation.inputs  # (time, batch, classes), (batch,)
    scores, blank = tf.transpose(scores, [1, 0, 2]), operation.get_attr("blank_index")
    labels = tf.argmax(scores, 2, output_type=tf.int32)
    blank = tf.shape(scores)[2] + blank if blank < 0 else blank
    inside = tf.range(tf.shape(scores)[1]) < tf.expand_dims(lengths, 1)
    kept = tf.logical_and(inside, tf.not_equal(labels, blank))
    if operation.get_attr("merge_repeated"):
        before = tf.concat([tf.fill(tf.shape(labels[:, :1]), -1), labels[:, :-1]], 1)
        kept = tf.logical_and(kept, tf.not_equal(labels, before))
    places = tf.cumsum(tf.cast(kept, tf.int32), 1)
    where = tf.where(kept)  # (labels, 2)
    columns = tf.cast(tf.gather_nd(places, where) - 1, tf.int64)
    indices = tf.concat([where[:, :1], tf.expand_dims(columns, 1)], 1)
    longest = tf.reduce_max(tf.concat([[0], tf.reshape(places[:, -1:], [-1])], 0))
    shape = tf.cast(tf.stack([tf.shape(labels)[0], longest]), tf.int64)
    greatest = tf.where(inside, tf.reduce_max(scores, 2), tf.zeros([], scores.dtype))
    values = tf.cast(tf.gather_nd(labels, where), tf.int64)
    return [indices, values, shape, -tf.reduce_sum(greatest, 1, keepdims=True)]


REPLACEMENTS = {"CTCGreedyDecoder": spelled}

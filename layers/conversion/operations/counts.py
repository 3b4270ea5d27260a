"""How often whole numbers occur, and the entropy of labels: by one vector of zeros and a one for each number."""

import tensorflow as tf


def counts(operation):
    """Of rows of ids from 0 to size - 1; others are left out, as in TensorFlow."""
    ids, size, weights = operation.inputs
    kind = operation.outputs[0].dtype
    vectors = tf.one_hot(ids, tf.cast(size, tf.int32), dtype=kind)
    if operation.get_attr("binary_output"):
        return tf.reduce_max(tf.concat([vectors, tf.zeros_like(vectors[..., :1, :])], -2), -2)
    if weights.shape.num_elements() != 0:
        vectors = vectors * tf.expand_dims(weights, -1)
    return tf.reduce_sum(vectors, -2)


def histogram(operation):
    values, borders, count = operation.inputs
    low, high = borders[0], borders[1]
    share = (tf.reshape(values, [-1]) - low) / (high - low)
    bins = tf.cast(tf.floor(tf.clip_by_value(share, 0, 1) * tf.cast(count, values.dtype)), tf.int32)
    return tf.reduce_sum(tf.one_hot(tf.minimum(bins, count - 1), count, dtype=operation.outputs[0].dtype), 0)


def entropy_of_labels(operation):
    """-log softmax at each label, and its gradient."""
    scores, labels = operation.inputs
    logs = tf.nn.log_softmax(scores)
    loss = -tf.gather(logs, labels, axis=1, batch_dims=1)
    return [loss, tf.exp(logs) - tf.one_hot(labels, tf.shape(scores)[1], dtype=scores.dtype)]


REPLACEMENTS = {
    "DenseBincount": counts,
    "HistogramFixedWidth": histogram,
    "SparseSoftmaxCrossEntropyWithLogits": entropy_of_labels,
}

"""Pooling over three axes: over the frames' height and width, then over time."""

import tensorflow as tf


def _pooled(pool):
    def replacement(operation):
        (x,) = operation.inputs
        if operation.get_attr("data_format") != b"NDHWC":
            return None
        _, *window, _ = operation.get_attr("ksize")
        _, *strides, _ = operation.get_attr("strides")
        padding = operation.get_attr("padding").decode()
        shape = tf.shape(x)
        frames = tf.reshape(x, tf.concat([[-1], shape[2:4], [x.shape[4]]], 0))
        frames = pool(frames, window[1:], strides[1:], padding)
        after = tf.shape(frames)
        series = tf.reshape(frames, tf.stack([-1, shape[1], after[1] * after[2], x.shape[4]]))
        series = pool(series, [window[0], 1], [strides[0], 1], padding)
        time = tf.shape(series)[1]
        return tf.reshape(series, tf.stack([-1, time, after[1], after[2], x.shape[4]]))

    return replacement


REPLACEMENTS = {"AvgPool3D": _pooled(tf.nn.avg_pool2d), "MaxPool3D": _pooled(tf.nn.max_pool2d)}

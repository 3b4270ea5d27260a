"""Dilated convolutions as one operation of LiteRT.

    with convolutions.whole():
        concrete = tf.function(model).get_concrete_function(specification)

TensorFlow takes a dilated convolution apart: it moves steps into the batch, convolves, and moves them back, by sizes
that LiteRT learns in the midst of a call; see `products`. LiteRT's own convolutions have a dilation. Graphs that are
made here are for it alone: on a CPU TensorFlow has no dilated convolution of single channels.
"""

import contextlib

import tensorflow as tf

LAST = (None, "NWC", "NHWC")  # channels


@contextlib.contextmanager
def whole():
    """Inside, `tf.nn.convolution` and `tf.nn.depthwise_conv2d`, which Keras's layers call, are one operation."""
    convolution, of_channels = tf.nn.convolution, tf.nn.depthwise_conv2d

    def one(input, filters, strides=None, padding="VALID", data_format=None, dilations=None, name=None):
        dilated = {2: tf.nn.conv1d, 3: tf.nn.conv2d}.get(len(filters.shape) - 1)
        if dilated is None or data_format not in LAST or not _is_dilated(dilations):
            return convolution(input, filters, strides, padding, data_format, dilations, name)
        return dilated(input, filters, 1 if strides is None else strides, padding, dilations=dilations, name=name)

    def one_of_channels(input, filter, strides, padding, data_format=None, dilations=None, name=None):
        if data_format not in LAST or not isinstance(padding, str) or not _is_dilated(dilations):
            return of_channels(input, filter, strides, padding, data_format, dilations, name)
        return tf.raw_ops.DepthwiseConv2dNative(
            input=input, filter=filter, strides=strides, padding=padding, dilations=[1, *dilations, 1]
        )

    tf.nn.convolution, tf.nn.depthwise_conv2d = one, one_of_channels
    try:
        yield
    finally:
        tf.nn.convolution, tf.nn.depthwise_conv2d = convolution, of_channels


def _is_dilated(dilations):
    return any(size > 1 for size in tf.nest.flatten(dilations) if size is not None)

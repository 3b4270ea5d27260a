"""Dilated convolutions as one operation of LiteRT.

    with convolutions.whole():
        concrete = tf.function(model).get_concrete_function(specification)

TensorFlow takes a dilated convolution apart: it moves steps into the batch, convolves, and moves them back, by sizes
that LiteRT learns in the midst of a call; see `products`. LiteRT's own convolutions have a dilation. Graphs that are
made here are for it alone: on a CPU TensorFlow has no dilated convolution of single channels.
"""

import contextlib

import tensorflow as tf

from layers.conversion.replacing import replaced

LAST = (None, "NWC", "NHWC")  # channels


@contextlib.contextmanager
def whole(wanted=lambda: True):
    """Inside, and while `wanted()`, the functions of `tf.nn` that Keras's layers call make one operation of each."""
    convolution, of_channels, separable = tf.nn.convolution, tf.nn.depthwise_conv2d, tf.nn.separable_conv2d

    def one(input, filters, strides=None, padding="VALID", data_format=None, dilations=None, name=None):
        dilated = {2: tf.nn.conv1d, 3: tf.nn.conv2d}.get(len(filters.shape) - 1)
        if dilated is None or data_format not in LAST or not (wanted() and _is_dilated(dilations)):
            return convolution(input, filters, strides, padding, data_format, dilations, name)
        return dilated(input, filters, 1 if strides is None else strides, padding, dilations=dilations, name=name)

    def one_of_channels(input, filter, strides, padding, data_format=None, dilations=None, name=None):
        if data_format not in LAST or not isinstance(padding, str) or not (wanted() and _is_dilated(dilations)):
            return of_channels(input, filter, strides, padding, data_format, dilations, name)
        return tf.raw_ops.DepthwiseConv2dNative(
            input=input, filter=filter, strides=strides, padding=padding, dilations=[1, *dilations, 1]
        )

    def one_of_each(
        input, depthwise_filter, pointwise_filter, strides, padding, data_format=None, dilations=None, name=None,
    ):  # fmt: skip
        if data_format not in LAST or not (wanted() and _is_dilated(dilations)):
            return separable(input, depthwise_filter, pointwise_filter, strides, padding, data_format, dilations, name)
        return tf.nn.conv2d(one_of_channels(input, depthwise_filter, strides, padding, dilations=dilations),
                            pointwise_filter, 1, "VALID")  # fmt: skip

    with (
        replaced(tf.nn, "convolution", one), replaced(tf.nn, "depthwise_conv2d", one_of_channels),
        replaced(tf.nn, "separable_conv2d", one_of_each),
    ):  # fmt: skip
        yield


def _is_dilated(dilations):
    return any(size > 1 for size in tf.nest.flatten(dilations) if size is not None)

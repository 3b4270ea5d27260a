"""The loop of `layers.loops` on TensorFlow, with TensorFlow's own gradient, and what all loops here share."""

import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext


def compiles_with_xla():
    """True while a function is traced for XLA (`jit_compile=True`)."""
    return GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())


def first(inputs):
    """The one tensor a step reads, or the first of several."""
    return inputs[0] if isinstance(inputs, tuple) else inputs


def stack(array, shape):
    """All elements of an array as one tensor. shape: an element's, as numbers or a tensor, for there may be none."""
    if tf.executing_eagerly():
        return array.stack()
    return tf.raw_ops.TensorListStack(input_handle=array.flow, element_shape=shape, element_dtype=array.dtype)


def loop(step, inputs, states, output_shape, return_sequences):
    """Any step, with TensorFlow's own gradient: inputs and outputs in TensorArrays."""
    time = tf.shape(first(inputs))[0]
    arrays = tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, time, element_shape=x.shape[1:]).unstack(x), inputs
    )
    size = [tf.shape(states[0])[0], *output_shape]
    outputs = tf.TensorArray(states[-1].dtype, time if return_sequences else 1)
    if not return_sequences:
        outputs = outputs.write(0, tf.zeros(size, outputs.dtype))

    def body(t, states, outputs):
        x = tf.nest.map_structure(lambda array: array.read(t), arrays)
        output, following = step(x, list(states))
        following = [tf.ensure_shape(new, old.shape) for new, old in zip(following, states, strict=True)]
        return t + 1, following, outputs.write(t if return_sequences else 0, output)

    _, states, outputs = tf.while_loop(
        lambda t, *_: t < time, body, (0, list(states), outputs), maximum_iterations=time, parallel_iterations=1
    )
    outputs = stack(outputs, size) if return_sequences else outputs.read(0)
    axes = [first(inputs).shape[0], first(inputs).shape[1]] if return_sequences else [None]
    outputs = tf.ensure_shape(outputs, [None] * len(axes) + list(output_shape))
    outputs.set_shape([*axes, *output_shape])
    return outputs, states

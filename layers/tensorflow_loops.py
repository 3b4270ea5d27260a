"""The loops of `layers.loops` on TensorFlow: one with a gradient for any cell, one for export to LiteRT."""

import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext


def compiles_with_xla():
    """True while a function is traced for XLA (`jit_compile=True`)."""
    return GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())


def _first(inputs):
    return inputs[0] if isinstance(inputs, tuple) else inputs


def _at(inputs, t):
    return tf.nest.map_structure(lambda x: tf.gather(x, t), inputs)


def _fix_shapes(states):
    """The static sizes of the states: a loop over them may not change one."""
    return [tf.TensorShape([state.shape[0], state.shape[1]]) for state in states]


def loop(step, inputs, states, output_size, return_sequences):
    """Any step, with TensorFlow's own gradient: inputs and outputs in TensorArrays."""
    time = tf.shape(_first(inputs))[0]
    arrays = tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, time, element_shape=x.shape[1:]).unstack(x), inputs
    )
    outputs = tf.TensorArray(states[-1].dtype, time if return_sequences else 1)

    def body(t, states, outputs):
        x = tf.nest.map_structure(lambda array: array.read(t), arrays)
        output, following = step(x, list(states))
        following = [tf.ensure_shape(new, old.shape) for new, old in zip(following, states, strict=True)]
        return t + 1, following, outputs.write(t if return_sequences else 0, output)

    _, states, outputs = tf.while_loop(
        lambda t, *_: t < time, body, (0, list(states), outputs), maximum_iterations=time, parallel_iterations=1
    )
    outputs = outputs.stack() if return_sequences else outputs.read(0)
    outputs = tf.ensure_shape(outputs, [None] * (len(outputs.shape) - 1) + [output_size])
    if return_sequences:
        outputs.set_shape([_first(inputs).shape[0], _first(inputs).shape[1], output_size])
    return outputs, states


def portable_loop(step, inputs, states, output_size, return_sequences):
    """The loop that converts to LiteRT: no TensorArray, so that neither batch nor time need be known.

    The outputs are written by adding one_hot(t) output_t to a tensor of zeros, the one way of writing a row that
    converts to a builtin operation on tensors of unknown size.
    """
    first = _first(inputs)
    time, batch = tf.shape(first)[0], tf.shape(first)[1]
    shape = [time, batch, output_size] if return_sequences else [batch, output_size]
    outputs = tf.zeros(shape, states[-1].dtype)

    def body(t, outputs, *states):
        output, states = step(_at(inputs, t), list(states))
        if return_sequences:
            row = tf.reshape(tf.one_hot(t, time, dtype=output.dtype), [-1, 1, 1])
            output = outputs + row * tf.expand_dims(output, 0)
        return t + 1, output, *states

    unknown = [tf.TensorShape([None] * (len(shape) - 1) + [output_size])]
    invariants = (tf.TensorShape([]), *unknown, *(tf.TensorShape([None, state.shape[1]]) for state in states))
    states = [tf.ensure_shape(state, [None, state.shape[1]]) for state in states]
    _, outputs, *states = tf.while_loop(
        lambda t, *_: t < time, body, (0, outputs, *states), shape_invariants=invariants
    )
    return outputs, states

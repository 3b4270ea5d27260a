"""Keras's own loops over time as LiteRT runs them: `backend.rnn` of any step, and `TimeDistributed` in one call.

    with keras_loops.portable_rnn(), keras_loops.in_one_call(model):
        concrete = tf.function(model).get_concrete_function(specification)

`keras.layers.RNN`, `ConvLSTM2D` and layers of a user's own run any cell by `backend.rnn`: its states may have any
shapes and nesting, and its outputs other shapes than they.
"""

import contextlib

import keras
import tensorflow as tf
from keras.src import backend

from layers import loops, time_distributed
from layers.conversion.portable import portable_loop
from layers.conversion.replacing import replaced


@contextlib.contextmanager
def portable_rnn():
    """Inside, Keras's `backend.rnn` is `rnn`."""
    before, backend.rnn = backend.rnn, rnn
    try:
        yield
    finally:
        backend.rnn = before


@contextlib.contextmanager
def without_dropout(model):
    """Inside, Keras's recurrent layers draw no masks of dropout, as they do outside of training too, and use none.

    What draws them counts on in a variable, which a `.tflite` does not keep.
    """
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.RNN):
                changed.enter_context(replaced(layer, "_maybe_config_dropout_masks", lambda *_: None))
        yield


@contextlib.contextmanager
def in_one_call(model):
    """Inside, each `keras.layers.TimeDistributed` of the model folds time into the batch, as this package's does.

    Its layer is then called once, where Keras calls it once a step, or cannot say for how many steps.
    """
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.TimeDistributed) and calls_as_keras(layer, "call"):
                changed.enter_context(replaced(layer, "call", _folded_call(layer)))
        yield


def calls_as_keras(layer, method):
    """Whether a method is Keras's own, and not one of a user's class."""
    return getattr(type(layer), method).__module__.startswith("keras.")


def _folded_call(layer):
    def call(inputs, training=None, mask=None):
        options = {"training": training} if layer.layer._call_has_training_arg else {}
        if mask is not None and layer.layer._call_has_mask_arg:
            options["mask"] = time_distributed.folded(mask)
        outputs = layer.layer.call(time_distributed.folded(inputs), **options)
        return time_distributed.unfolded(outputs, inputs)

    return call


def rnn(
    step_function, inputs, initial_states, go_backwards=False, mask=None, constants=None, unroll=False,
    input_length=None, time_major=False, zero_output_for_mask=False, return_all_outputs=True,
):  # fmt: skip
    """Keras's function by the loop that converts: -> the last output, all outputs (or it alone), the last states.

    Whether to `unroll` and how many steps there are is of no account: the loop runs as many as it is called with.
    """
    inputs, mask = _in_order((inputs, mask), time_major, go_backwards)
    start = keras.tree.flatten(initial_states)
    step = _flat_step(step_function, initial_states, tuple(constants or ()))
    shape, dtype = _output_of(step, inputs, start)
    if mask is not None:
        mask = keras.ops.cast(mask, "bool")
        step, inputs_and_mask = loops.masked(step), (inputs, mask)
        batch = tf.shape(mask)[1]
        states = [*start, tf.zeros([batch, *shape], dtype)]
    else:
        inputs_and_mask, states = inputs, start
    outputs, states = portable_loop(step, inputs_and_mask, states, shape, return_all_outputs, dtype)
    states = keras.tree.pack_sequence_as(initial_states, states[: len(start)])
    if mask is not None and zero_output_for_mask:
        real = mask if return_all_outputs else mask[-1]
        outputs = tf.where(loops.beside_axes(real, outputs), outputs, tf.zeros_like(outputs))
    if not return_all_outputs:
        return outputs, tf.expand_dims(outputs, 0 if time_major else 1), states
    return outputs[-1], outputs if time_major else loops.other_major(outputs), states


def _in_order(tensors, time_major, go_backwards):
    """Sequences, nested or None, with time in front and from the step that is read first."""

    def one(sequence):
        sequence = sequence if time_major else loops.other_major(sequence)
        return tf.reverse(sequence, [0]) if go_backwards else sequence

    return tuple(None if nest is None else keras.tree.map_structure(one, nest) for nest in tensors)


def _flat_step(step_function, nest, constants):
    """A step of Keras's, of states as nested as `nest`, with a flat list of them."""

    def step(x, states):
        output, following = step_function(x, (*keras.tree.pack_sequence_as(nest, states), *constants))
        following = zip(keras.tree.flatten(following), states, strict=True)
        return output, [tf.ensure_shape(state, [None, *before.shape[1:]]) for state, before in following]

    return step


def _output_of(step, inputs, states):
    """The shape of an output without the batch, and its type. The step is traced apart, and leaves nothing behind."""
    first = keras.tree.map_structure(lambda x: tf.TensorSpec(x.shape[1:], x.dtype), inputs)
    specifications = [tf.TensorSpec(state.shape, state.dtype) for state in states]
    traced = tf.function(lambda x, *states: step(x, states)[0], autograph=False).get_concrete_function(
        first, *specifications
    )
    shape, dtype = traced.output_shapes, traced.output_dtypes
    if None in shape[1:]:  # which is then known in a call alone
        output = step(keras.tree.map_structure(lambda x: x[0], inputs), states)[0]
        shape = [size if size is not None else tf.shape(output)[axis] for axis, size in enumerate(output.shape)]
    return tuple(shape[1:]), dtype

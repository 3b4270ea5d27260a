"""The functions by which Keras and its users loop over time, as LiteRT runs them, whatever a step does.

    with loop_functions.portable():
        concrete = tf.function(model).get_concrete_function(specification)

`keras.layers.RNN`, `ConvLSTM2D` and layers of a user's own run any cell by `backend.rnn`: its states may have any
shapes and nesting, and its outputs other shapes than they. Users write loops by `keras.ops.scan`, `keras.ops.map`,
`tf.scan` and `tf.map_fn`.
"""

import contextlib
import inspect

import keras
import tensorflow as tf
from keras.src import backend

from layers import loops
from layers.conversion.portable import of_lists, steps_of
from layers.conversion.replacing import replaced


@contextlib.contextmanager
def portable():
    """Inside, the functions that loop are those of this file."""
    with contextlib.ExitStack() as changed:
        for module, name, function in (
            (backend, "rnn", rnn),
            (backend.core, "scan", scan),
            (tf, "map_fn", _where_dense(tf.map_fn, map_fn)),
            (tf, "scan", _where_dense(tf.scan, accumulated)),
        ):
            changed.enter_context(replaced(module, name, function))
        yield


def _where_dense(before, function):
    """`function` of tensors, and what was there before of sparse and ragged ones."""
    signature = inspect.signature(before)

    def chosen(*arguments, **options):
        elements = signature.bind(*arguments, **options).arguments["elems"]
        dense = all(isinstance(x, tf.Tensor) for x in tf.nest.flatten(elements))
        return (function if dense else before)(*arguments, **options)

    return chosen


def rnn(
    step_function, inputs, initial_states, go_backwards=False, mask=None, constants=None, unroll=False,
    input_length=None, time_major=False, zero_output_for_mask=False, return_all_outputs=True,
):  # fmt: skip
    """Keras's `backend.rnn`: -> the last output, all outputs (or it alone), the last states.

    Whether to `unroll` and how many steps there are is of no account: the loop runs as many as it is called with.
    """
    inputs, mask = (_in_order(nest, time_major, go_backwards) for nest in (inputs, mask))
    start, constants = keras.tree.flatten(initial_states), tuple(constants or ())

    def step(x, states):
        output, following = step_function(x, (*keras.tree.pack_sequence_as(initial_states, states), *constants))
        return output, keras.tree.flatten(following)

    states, zeros = start, _zeros_of(step, inputs, start, tf.shape(keras.tree.flatten(inputs)[0])[1])
    if mask is not None:
        step, inputs, states = loops.masked(step), (inputs, keras.ops.cast(mask, "bool")), [*start, zeros]
    (output,), states = steps_of(of_lists(step), inputs, states, [zeros], return_all_outputs)
    if mask is not None and zero_output_for_mask:
        real = inputs[1] if return_all_outputs else inputs[1][-1]
        output = tf.where(loops.beside_axes(real, output), output, tf.zeros_like(output))
    states = keras.tree.pack_sequence_as(initial_states, states[: len(start)])
    if not return_all_outputs:
        return output, tf.expand_dims(output, 0 if time_major else 1), states
    return output[-1], output if time_major else loops.other_major(output), states


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """`keras.ops.scan`: -> the last carry, all outputs."""
    inputs = tf.range(length) if xs is None else _in_order(xs, True, reverse)
    start = [tf.convert_to_tensor(carry) for carry in keras.tree.flatten(init)]

    def step(x, carry):
        carry, output = f(_packed(init, carry), None if xs is None else x)
        return output, keras.tree.flatten(carry)

    outputs, carry = _all_steps(step, inputs, start, reverse)
    return _packed(init, carry), outputs


def map_fn(fn, elems, *_, **options):
    """`tf.map_fn`, and what `keras.ops.map` calls: fn of each element."""
    outputs, _ = _all_steps(lambda x, states: (fn(x), states), elems, [], False)
    return outputs


def accumulated(fn, elems, initializer=None, *_, reverse=False, **options):
    """`tf.scan`: fn(accumulated, element) for one after the other, from the first element where nothing else is."""
    elems, first = _in_order(elems, True, reverse), initializer
    if first is None:
        first, elems = tf.nest.map_structure(lambda x: x[0], elems), tf.nest.map_structure(lambda x: x[1:], elems)

    def step(x, states):
        following = fn(tf.nest.pack_sequence_as(first, states), x)
        return following, tf.nest.flatten(following)

    outputs, _ = _all_steps(step, elems, [tf.convert_to_tensor(x) for x in tf.nest.flatten(first)], False)
    if initializer is None:
        outputs = tf.nest.map_structure(lambda x, later: tf.concat([x[None], later], 0), first, outputs)
    return tf.nest.map_structure(lambda x: tf.reverse(x, [0]), outputs) if reverse else outputs


def _all_steps(step, inputs, states, reverse):
    """-> the outputs of all steps, nested as those of one are, in the order of the inputs before they were turned."""
    zeros = _zeros_of(step, inputs, states)

    def flat_step(x, states):
        outputs, states = step(x, states)
        return tf.nest.flatten(outputs), tf.nest.flatten(states)

    outputs, states = steps_of(flat_step, inputs, states, [] if zeros is None else tf.nest.flatten(zeros), True)
    outputs = [tf.reverse(output, [0]) for output in outputs] if reverse else outputs
    return None if zeros is None else tf.nest.pack_sequence_as(zeros, outputs), states


def _packed(nest, flat):
    return keras.tree.pack_sequence_as(nest, flat) if keras.tree.is_nested(nest) else flat[0]


def _in_order(nest, time_major, backwards):
    """Sequences, nested or None, with time in front and from the step that is read first."""

    def one(sequence):
        sequence = tf.convert_to_tensor(sequence)
        sequence = sequence if time_major else loops.other_major(sequence)
        return tf.reverse(sequence, [0]) if backwards else sequence

    return None if nest is None else keras.tree.map_structure(one, nest)


def _zeros_of(step, inputs, states, rows=None):
    """Zeros as the outputs of a step, nested as they are; None where there are none.

    The step is traced apart, which leaves nothing of it behind; where that does not tell a size, it is run.

    rows: how large their first axis is, where that is known to be one size.
    """
    first = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape[1:], x.dtype), inputs)
    before = [tf.TensorSpec(state.shape, state.dtype) for state in states]
    traced = tf.function(lambda x, states: step(x, states)[0], autograph=False).get_concrete_function(first, before)
    outputs = traced.structured_outputs
    if outputs is None:
        return None
    sizes = [size for x in tf.nest.flatten(outputs) for size in x.shape[0 if rows is None else 1 :]]
    if None in sizes:
        outputs, _ = step(tf.nest.map_structure(lambda x: x[0], inputs), states)
        return tf.nest.map_structure(tf.zeros_like, outputs)
    return tf.nest.map_structure(
        lambda x: tf.zeros([rows if size is None else size for size in x.shape], x.dtype), outputs
    )

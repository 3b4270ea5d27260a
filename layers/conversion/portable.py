"""The loop over time that LiteRT runs with builtin operations alone, for any batch and any number of steps."""

import math

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import dynamic_update_slice

BLOCK = 32  # steps; the fastest of 16, 32 and 64 on a CPU at 64 to 256 units and 256 to 1024 steps


def portable_loop(step, inputs, states, output_shape, return_sequences):
    """The loop of a layer: step(x (batch, ...), states) -> output (batch, *output_shape), states; see `steps_of`.

    Returns the outputs (time, batch, *output_shape), or the last, and the last states.
    """

    batch = tf.shape(tf.nest.flatten(inputs)[0])[1]
    zeros = tf.zeros([batch, *output_shape], states[-1].dtype)
    (outputs,), states = steps_of(of_lists(step), inputs, states, [zeros], return_sequences)
    return outputs, states


def of_lists(step):
    """A step of one output as one of a list of them."""

    def on_lists(x, states):
        output, states = step(x, states)
        return [output], states

    return on_lists


def steps_of(step, inputs, states, zeros, all_outputs):
    """The loop that converts to LiteRT: no TensorArray, so that neither batch nor time needs to be known.

        step(x, states) -> outputs, states          lists of tensors

    An output is written into a row of a tensor, and LiteRT copies the whole tensor to do so: with all outputs in one,
    the time of a sequence would grow with its length squared. So a loop inside the loop writes a block of steps, and
    the outer one writes the block. All blocks are of one size, the last one reaches behind the sequence: of a block of
    so many steps as there are left LiteRT would learn the size in the midst of a call (see `products`). For conversion
    alone: TensorFlow can write a row like this only under XLA.

    States and outputs may have any axes. They pass from step to step as (rows, numbers), which LiteRT writes by the
    row, where it would write (batch, height, width, channels) by the pixel.

    zeros: tensors of the shapes and types of the outputs; they are the outputs where there is no step.
    Returns the outputs of all steps (time, ...), or of the last, and the last states.
    """
    sequence = tf.nest.flatten(inputs)[0]
    time = tf.shape(sequence)[0]
    of_states, of_outputs = [_Rows(state) for state in states], [_Rows(output) for output in zeros]
    step = _on_rows(step, of_states, of_outputs)
    states, zeros = _rows(of_states, states), _rows(of_outputs, zeros)
    outputs, states = (_all_outputs if all_outputs else _last_outputs)(step, inputs, time, states, zeros)
    if all_outputs:
        for output in outputs:
            output.set_shape([sequence.shape[0], None, output.shape[2]])
    backs = [(of.sequence if all_outputs else of.back)(output) for of, output in zip(of_outputs, outputs, strict=True)]
    return backs, [of.back(state) for of, state in zip(of_states, states, strict=True)]


class _Rows:
    """How a tensor of any axes becomes (rows, numbers), where the rows are its first axis, and comes back."""

    def __init__(self, tensor):
        self.axes = len(tensor.shape)
        sizes = enumerate(tensor.shape)  # an axis that is known only in a call has its size in a scalar tensor
        self.shape = [size if size is not None else tf.shape(tensor)[axis] for axis, size in sizes][1:]

    @property
    def numbers(self):
        known = [size for size in self.shape if isinstance(size, int)]
        return math.prod(known) if len(known) == len(self.shape) else tf.reduce_prod(tf.stack(self.shape))

    def rows(self, tensor):
        rows = tensor if self.axes == 2 else tf.reshape(tensor, [-1 if self.axes else 1, self.numbers])
        return tf.ensure_shape(rows, [None, rows.shape[1]])

    def back(self, rows):
        return rows if self.axes == 2 else tf.reshape(rows, [-1, *self.shape] if self.axes else [])

    def sequence(self, rows):
        """(time, rows, numbers) -> (time, ...)"""
        if self.axes == 2:
            return rows
        return tf.reshape(rows, [*tf.unstack(tf.shape(rows)[: 2 if self.axes else 1]), *self.shape])


def _rows(forms, tensors):
    return [form.rows(tensor) for form, tensor in zip(forms, tensors, strict=True)]


def _on_rows(step, of_states, of_outputs):
    """A step of states in their own shapes as one of rows."""

    def on_rows(x, rows):
        outputs, states = step(x, [form.back(row) for form, row in zip(of_states, rows, strict=True)])
        return _rows(of_outputs, outputs), _rows(of_states, states)

    return on_rows


def _at(inputs, t):
    return tf.nest.map_structure(lambda x: tf.gather(x, t), inputs)


def _last_outputs(step, inputs, time, states, zeros):
    """-> (rows, numbers) of each output after `time` steps, states."""

    def body(t, outputs, states):
        outputs, states = step(_at(inputs, t), states)
        return t + 1, outputs, states

    _, outputs, states = _while(time, body, zeros, states)
    return outputs, states


def _all_outputs(step, inputs, time, states, zeros):
    """-> (time, rows, numbers) of each output, states."""

    def body(start, outputs, states):
        count = tf.minimum(BLOCK, time - start)
        blocks, states = _blocks(step, inputs, start, count, states, zeros)
        return start + count, _written(outputs, start, blocks), states

    outputs = [tf.concat([_repeated(row, time), _repeated(row, BLOCK)], 0) for row in zeros]
    _, outputs, states = _while(time, body, outputs, states)
    return [output[:-BLOCK] for output in outputs], states


def _blocks(step, inputs, start, count, states, zeros):
    """`count` steps from `start` on -> (BLOCK, rows, numbers) of each output, zeros behind them, states."""

    def body(t, outputs, states):
        outputs_of_step, states = step(_at(inputs, start + t), states)
        rows = [tf.expand_dims(output, 0) for output in outputs_of_step]
        return t + 1, _written(outputs, t, rows), states

    _, outputs, states = _while(count, body, [_repeated(row, BLOCK) for row in zeros], states)
    return outputs, states


def _repeated(row, times):
    """Zeros (times, rows, numbers) of a row's type."""
    return tf.zeros([times, tf.shape(row)[0], row.shape[1] or tf.shape(row)[1]], row.dtype)


def _while(end, body, outputs, states):
    """Runs body(t, outputs, states) from t = 0 to `end`, whatever batch and time are."""
    unknown = lambda x: tf.TensorShape([None] * (len(x.shape) - 1) + [x.shape[-1]])  # noqa: E731
    invariants = (tf.TensorShape([]), [unknown(x) for x in outputs], [unknown(x) for x in states])
    return tf.while_loop(lambda t, *_: t < end, body, (0, outputs, states), shape_invariants=invariants)


def _written(sequences, start, rows):
    """Each of `sequences` (time, rows, numbers) with its steps from `start` on replaced."""
    return [_write(*pair, tf.stack([start, 0, 0])) for pair in zip(sequences, rows, strict=True)]


def _write(sequence, rows, start):
    return tf.ensure_shape(dynamic_update_slice(sequence, rows, start), [None, None, sequence.shape[2]])

"""Whole sequences on TensorFlow in blocks of steps that XLA compiles: how an LSTM and a GRU train inside a graph.

TensorFlow runs the loop over blocks and the large products, x W and the weights' gradients, one a block, at which it
is better; XLA runs the steps of a block, whose many small operations it melts into a few. A block has a fixed number
of steps, of which the last block runs only those there are, and the batch is padded to a multiple of eight rows: so
one compilation serves all lengths, and few serve all batches.
"""

import functools

import tensorflow as tf
from tensorflow.python.eager import record

from layers.on_tensorflow import steps
from layers.on_tensorflow.cudnn import gpu
from layers.on_tensorflow.elementwise import rows, weight_gradients
from layers.on_tensorflow.loops import compiles_with_xla

STEPS = 32  # of a block; of 16, 32 and 64 the fastest at 64 to 256 units
ROWS = 8  # a multiple of which is a batch of unknown size
SMALLEST, SHORTEST = 32, 64  # units and steps; below, compiling costs more than most trainings gain


def suits(cell, training):
    """Whether a layer of this cell, as it is called now, is to run in blocks where its gradient is asked for."""
    if not training or cell.units < SMALLEST or not tf.inside_function() or compiles_with_xla():
        return False
    return steps.is_by_hand(cell) and not gpu() and _xla_is_there()


@functools.cache
def _xla_is_there():
    """XLA is not part of every build of TensorFlow."""
    with tf.init_scope():
        try:
            tf.function(lambda x: x + 1, jit_compile=True, autograph=False)(tf.constant(1))
        except tf.errors.OpError:
            return False
    return True


def _block(sequence, n, count):
    """The `count` steps of block n of a sequence (time, batch, size), not copied."""
    return tf.ensure_shape(tf.slice(sequence, [n * STEPS, 0, 0], [count, -1, -1]), [None, *sequence.shape[1:]])


def _padded(tensor, axis, size):
    """Zeros behind an axis up to a size; the tensor itself where it has it."""
    paddings = [[0, 0] for _ in tensor.shape]
    paddings[axis] = [0, size - tf.shape(tensor)[axis]]
    shape = list(tensor.shape)
    shape[axis] = size if isinstance(size, int) else None
    return tf.ensure_shape(tf.pad(tensor, paddings), shape)


def _whole(array, time, batch):
    """An array of blocks (STEPS, more rows, size) -> (time, batch, size)"""
    blocks = array.stack()
    shape = tf.concat([[tf.shape(blocks)[0] * STEPS], tf.shape(blocks)[2:]], 0)
    return tf.reshape(blocks, shape)[:time, :batch]


def _in_time(sequence, found):
    """Rows (time x batch, columns) -> (time, batch, columns), with the time and batch of a sequence."""
    return tf.reshape(found, tf.concat([tf.shape(sequence)[:2], tf.shape(found)[1:]], 0))


class Blocks:
    """The loops of a cell over one block. Made once for a layer's call: parts of its batch share what is compiled."""

    def __init__(self, cell):
        self.cell, self.step = cell, steps.step_of(cell)
        self.forward = tf.function(self._forward, jit_compile=True, autograph=False)
        self.backward = tf.function(self._backward, jit_compile=True, autograph=False)

    def _forward(self, count, projected, recurrent_kernel, recurrent_bias, hidden_mask, states):
        """-> the states after `count` steps, what is saved (STEPS, ...), the states from the first (STEPS + 1, ...)."""
        batch, dtype = projected.shape[1], projected.dtype
        gates = steps.gates_at(self.cell, lambda t: projected[t], recurrent_kernel, recurrent_bias, hidden_mask)
        saved = [steps.array(STEPS, dtype, [batch, size * self.cell.units]) for size in self.step.sizes]
        kept = [steps.array(STEPS + 1, dtype, [batch, self.cell.units]) for _ in states]
        states, saved, kept = steps.forward(self.step, gates, count, states, saved, kept, True)
        return states, [array.stack() for array in saved], [array.stack() for array in kept]

    def _backward(self, count, transposed, hidden_mask, saved, kept, gradients, following):
        """-> the gradients of the first states, those of the gates (STEPS, ...), zero from `count` on."""
        batch, dtype = saved[0].shape[1], saved[0].dtype
        shape = [batch, self.cell.gates * self.cell.units]
        back = [steps.array(STEPS, dtype, shape) for _ in range(1 if self.cell.additive else 2)]
        saved, kept = ([block.__getitem__ for block in blocks] for blocks in (saved, kept))
        first, back = steps.backward(
            self.step, transposed, hidden_mask, count, saved, kept, gradients, following, back
        )  # fmt: skip
        return first, [array.stack() for array in back]

    @staticmethod
    def if_long(inputs, in_blocks, at_once):
        """What one of two functions gives, by the time of the inputs (time, batch, features)."""
        if inputs.shape[0] is not None:
            return in_blocks() if inputs.shape[0] >= SHORTEST else at_once()
        return tf.cond(tf.shape(inputs)[0] >= SHORTEST, in_blocks, at_once)

    def fast(self, hidden_mask, all_states):
        """As `elementwise.fast`."""
        cell = self.cell

        def run(inputs, kernel, bias, recurrent_kernel, recurrent_bias, *states):
            dtype, (length, known, _) = inputs.dtype, inputs.shape
            time, batch = tf.shape(inputs)[0], tf.shape(inputs)[1]
            count = tf.maximum(1, -(-time // STEPS))  # blocks
            padded = known or tf.maximum(1, -(-batch // ROWS)) * ROWS  # no rows are padded too

            def steps_in(n):
                return tf.minimum(STEPS, time - n * STEPS)

            def more_rows(tensor, axis):
                return _padded(tensor, axis, padded)

            def array(length, size):
                return steps.array(count, dtype, [length, known or None, size])

            inputs, states = more_rows(inputs, 1), [more_rows(state, 0) for state in states]
            mask = None if hidden_mask is None else more_rows(hidden_mask, 0)

            def forward(n, states, saved, kept, outputs):
                real = _block(inputs, n, steps_in(n))
                projected = _padded(_in_time(real, tf.matmul(rows(real), kernel) + bias), 0, STEPS)
                new, *left = self.forward(steps_in(n), projected, recurrent_kernel, recurrent_bias, mask, states)
                new = [tf.ensure_shape(x, state.shape) for x, state in zip(new, states, strict=True)]
                shown = [after[1:] for after in left[1]]
                saved, kept, outputs = (
                    [array.write(n, x) for array, x in zip(arrays, blocks, strict=False)]
                    for arrays, blocks in zip((saved, kept, outputs), (*left, shown), strict=True)
                )
                return n + 1, new, saved, kept, outputs

            saved = [array(STEPS, size * cell.units) for size in self.step.sizes]
            kept = [array(STEPS + 1, cell.units) for _ in states]
            outputs = [array(STEPS, cell.units) for _ in (states if all_states else states[:1])]
            with record.stop_recording():
                _, _, saved, kept, outputs = tf.while_loop(
                    lambda n, *_: n < count, forward, (0, states, saved, kept, outputs), parallel_iterations=1
                )

            saved, kept = steps.left(saved), steps.left(kept)

            def gradient(*gradients):
                gradients = [more_rows(gradient, 1) for gradient in gradients]
                transposed, kernel_transposed = tf.transpose(recurrent_kernel), tf.transpose(kernel)

                def backward(n, following, d_inputs, sums):
                    left = [[array.read(n) for array in arrays] for arrays in (saved, kept)]
                    given = [_padded(_block(gradient, n, steps_in(n)), 0, STEPS) for gradient in gradients]
                    first, back = self.backward(steps_in(n), transposed, mask, *left, given, following)
                    first = [tf.ensure_shape(x, state.shape) for x, state in zip(first, following, strict=True)]
                    real, back = _block(inputs, n, steps_in(n)), [rows(each[: steps_in(n)]) for each in back]
                    before = steps.hidden(left[1][0][: steps_in(n)], mask)
                    sums = [x + y for x, y in zip(sums, weight_gradients(rows(real), rows(before), back), strict=True)]
                    d_real = _in_time(real, tf.matmul(back[0], kernel_transposed))
                    return n - 1, first, d_inputs.write(n, _padded(d_real, 0, STEPS)), sums

                zeros = [tf.zeros_like(state) for state in states]
                sums = [tf.zeros_like(weight) for weight in (kernel, bias, recurrent_kernel, recurrent_bias)]
                with record.stop_recording():
                    _, first, d_inputs, sums = tf.while_loop(
                        lambda n, *_: n >= 0, backward, (count - 1, zeros, array(STEPS, inputs.shape[2]), sums),
                        parallel_iterations=1,
                    )  # fmt: skip
                return _whole(d_inputs, time, batch), *sums, *(state[:batch] for state in first)

            found = [_whole(array, time, batch) for array in outputs]
            for sequence in found:
                sequence.set_shape([length, known, cell.units])
            return found, gradient

        return run

"""Whole sequences on TensorFlow in blocks of steps that XLA compiles: how an LSTM and a GRU train inside a graph.

TensorFlow runs the loop over blocks and the large products, x W and the weights' gradients, one a block, at which it
is better; XLA runs the steps of a block, whose many small operations it fuses into a few. A block has a fixed number of
steps, of which the last block runs only as many as are left, and the batch is padded to a multiple of eight rows: so
one compilation serves all lengths, and few serve all batches.
"""

import functools

import tensorflow as tf
from tensorflow.python.eager import record

from layers.on_tensorflow import steps
from layers.on_tensorflow.cudnn import gpu
from layers.on_tensorflow.elementwise import rows, weight_gradients
from layers.on_tensorflow.loops import compiles_with_xla

STEPS = 32  # a block; the fastest of 16, 32 and 64 at 64 to 256 units
ROWS = 8  # a batch of unknown size is padded to a multiple of them
SMALLEST, SHORTEST = 32, 64  # units and steps; below these, compiling costs more than most trainings gain


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
    """Zeros behind an axis, up to a size."""
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


def _in_time(sequence, flat):
    """Rows (time x batch, columns) -> (time, batch, columns), with the time and batch of a sequence."""
    return tf.reshape(flat, tf.concat([tf.shape(sequence)[:2], tf.shape(flat)[1:]], 0))


def _written(arrays, n, blocks):
    """Arrays with a block each at n; of no more blocks than there are arrays."""
    return [array.write(n, block) for array, block in zip(arrays, blocks, strict=False)]


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

        def run(inputs, *weights_and_states):
            passage = _Passage(self, hidden_mask, inputs, *weights_and_states)
            return passage.outputs(all_states), passage.gradients

        return run


class _Passage:
    """A sequence through the blocks of a cell, and its gradients backwards through them.

    The batch is padded to `rows`; where there are no rows, it is padded too.
    """

    def __init__(self, blocks, hidden_mask, inputs, kernel, bias, recurrent_kernel, recurrent_bias, *states):
        self.blocks, self.cell, self.dtype, self.shape = blocks, blocks.cell, inputs.dtype, inputs.shape
        self.kernel, self.bias = kernel, bias
        self.recurrent_kernel, self.recurrent_bias = recurrent_kernel, recurrent_bias
        self.time, self.batch = tf.shape(inputs)[0], tf.shape(inputs)[1]
        self.count = tf.maximum(1, -(-self.time // STEPS))  # of blocks
        self.rows = inputs.shape[1] or tf.maximum(1, -(-self.batch // ROWS)) * ROWS
        self.inputs, self.states = self._more_rows(inputs, 1), [self._more_rows(state, 0) for state in states]
        self.hidden_mask = None if hidden_mask is None else self._more_rows(hidden_mask, 0)

    def _more_rows(self, tensor, axis):
        return _padded(tensor, axis, self.rows)

    def _array(self, length, size):
        """For one element (length, rows, size) a block."""
        return steps.array(self.count, self.dtype, [length, self.shape[1] or None, size])

    def _steps_in(self, n):
        """How many steps block n has."""
        return tf.minimum(STEPS, self.time - n * STEPS)

    def outputs(self, all_states):
        """-> the sequences that are asked for; what the backward pass reads is kept in `saved` and `kept`."""
        saved = [self._array(STEPS, size * self.cell.units) for size in self.blocks.step.sizes]
        kept = [self._array(STEPS + 1, self.cell.units) for _ in self.states]
        shown = [self._array(STEPS, self.cell.units) for _ in (self.states if all_states else self.states[:1])]
        with record.stop_recording():
            _, _, saved, kept, shown = tf.while_loop(
                lambda n, *_: n < self.count, self._forward, (0, self.states, saved, kept, shown), parallel_iterations=1
            )
        self.saved, self.kept = steps.left(saved), steps.left(kept)
        sequences = [_whole(array, self.time, self.batch) for array in shown]
        for sequence in sequences:
            sequence.set_shape([*self.shape[:2], self.cell.units])
        return sequences

    def _forward(self, n, states, saved, kept, shown):
        """Runs block n; writes what it saves, the states from its first on, and its outputs."""
        count = self._steps_in(n)
        real = _block(self.inputs, n, count)
        projected = _padded(_in_time(real, tf.matmul(rows(real), self.kernel) + self.bias), 0, STEPS)
        following, to_save, to_keep = self.blocks.forward(
            count, projected, self.recurrent_kernel, self.recurrent_bias, self.hidden_mask, states
        )
        following = [tf.ensure_shape(new, old.shape) for new, old in zip(following, states, strict=True)]
        saved, kept = _written(saved, n, to_save), _written(kept, n, to_keep)
        return n + 1, following, saved, kept, _written(shown, n, [states[1:] for states in to_keep])

    def gradients(self, *gradients):
        """Those of x, W, b, U, b' and the first states, from those of the sequences."""
        gradients = [self._more_rows(gradient, 1) for gradient in gradients]
        back = functools.partial(
            self._backward, gradients, tf.transpose(self.kernel), tf.transpose(self.recurrent_kernel)
        )  # fmt: skip
        last = [tf.zeros_like(state) for state in self.states]
        weights = (self.kernel, self.bias, self.recurrent_kernel, self.recurrent_bias)
        sums, d_inputs = [tf.zeros_like(weight) for weight in weights], self._array(STEPS, self.shape[2])
        with record.stop_recording():
            _, first, d_inputs, sums = tf.while_loop(
                lambda n, *_: n >= 0, back, (self.count - 1, last, d_inputs, sums), parallel_iterations=1
            )
        return _whole(d_inputs, self.time, self.batch), *sums, *(state[: self.batch] for state in first)

    def _backward(self, gradients, kernel_transposed, recurrent_transposed, n, following, d_inputs, sums):
        """Runs block n backwards; writes the gradients of its inputs, adds those of the weights to their sums."""
        count = self._steps_in(n)
        saved, kept = ([array.read(n) for array in arrays] for arrays in (self.saved, self.kept))
        of_outputs = [_padded(_block(gradient, n, count), 0, STEPS) for gradient in gradients]
        first, of_gates = self.blocks.backward(
            count, recurrent_transposed, self.hidden_mask, saved, kept, of_outputs, following
        )
        first = [tf.ensure_shape(new, old.shape) for new, old in zip(first, following, strict=True)]
        real, of_gates = _block(self.inputs, n, count), [rows(gradient[:count]) for gradient in of_gates]
        before = steps.hidden(kept[0][:count], self.hidden_mask)
        of_weights = weight_gradients(rows(real), rows(before), of_gates)
        d_real = _in_time(real, tf.matmul(of_gates[0], kernel_transposed))
        sums = [total + part for total, part in zip(sums, of_weights, strict=True)]
        return n - 1, first, d_inputs.write(n, _padded(d_real, 0, STEPS)), sums

"""A whole recurrent layer on TensorFlow: direction, padding and masks around the sequences of its cell.

Those run in `tensorflow_blocks` (an LSTM or a GRU that is trained inside a graph), on a GPU in `tensorflow_cudnn`, and
otherwise in `tensorflow_elementwise`.

Padding is moved behind the real steps of each row, after all that counts: no step of the loop need know of it, and
steps past the longest row are never computed. The rows of a batch do not depend on one another, so that on several
processors two halves of it run as two loops side by side, each step of them too small to be shared out well.
"""

import contextlib
import os

import tensorflow as tf

from layers import loops, tensorflow_blocks, tensorflow_cudnn
from layers.masking import check_lengths, resolve_mask
from layers.tensorflow_elementwise import sequences as run_cell
from layers.tensorflow_loops import compiles_with_xla

HALVED = 32  # rows from which a batch is run in two halves


def run(layer, inputs, states, mask, lengths, hidden_mask, training):
    """inputs (batch, time, features), states (batch, units) -> outputs (batch, time, units) or (batch, units), states.

    The states come without those after the first unless the layer gives or keeps them.
    """
    if mask is not None:
        mask, lengths = resolve_mask(mask, lengths, inputs), None
    if lengths is not None:
        lengths = check_lengths(lengths, inputs.shape[1])
    given = (inputs, *states, mask, lengths, hidden_mask)
    blocks = tensorflow_blocks.Blocks(layer.cell) if tensorflow_blocks.suits(layer.cell, training) else None

    def part(inputs, *rest):
        *states, mask, lengths, hidden_mask = rest
        sequences = _Sequences(layer, states, hidden_mask, training, blocks)
        if mask is not None:
            return sequences.masked(inputs, mask)
        return sequences.unmasked(inputs) if lengths is None else sequences.padded(inputs, lengths)

    if not _halves(inputs):
        return part(*given)
    sizes = _half_sizes(inputs)
    halves = zip(*((x, x) if x is None else tf.split(x, sizes) for x in given), strict=True)
    return tf.nest.map_structure(lambda *both: tf.concat(both, 0), *(part(*half) for half in halves))


def _halves(inputs):
    """Whether to run two halves of the batch side by side: not on a GPU, nor beside the other direction of time."""
    if compiles_with_xla() or loops.side_by_side() > 1 or tensorflow_cudnn.gpu():
        return False
    processors = tf.config.threading.get_inter_op_parallelism_threads() or os.cpu_count()
    return processors > 1 and (inputs.shape[0] or HALVED) >= HALVED


def _half_sizes(inputs):
    batch = inputs.shape[0] or tf.shape(inputs)[0]
    return [batch // 2, batch - batch // 2]


class _Sequences:
    """One cell over rows of a batch; each method gives the outputs or the last of them, and the last states."""

    def __init__(self, layer, states, hidden_mask, training, blocks):
        self.layer, self.states, self.hidden_mask, self.training = layer, states, hidden_mask, training
        self.blocks = blocks

    def _run(self, inputs):
        all_states = self.layer.return_state or self.layer.stateful
        if tensorflow_cudnn.suits(self.layer.cell, self.hidden_mask, self.training, all_states):
            with contextlib.suppress(NotImplementedError):  # Keras found a GPU without cuDNN
                return tensorflow_cudnn.sequences(self.layer.cell, inputs, self.states)
        given = inputs, self.states, self.hidden_mask

        def at_once():
            return run_cell(self.layer.cell, *given, self.training, all_states)

        if self.blocks is None:
            return at_once()
        return self.blocks.if_long(inputs, lambda: self.blocks.sequences(*given, all_states), at_once)

    def unmasked(self, inputs):
        inputs = tf.transpose(inputs, [1, 0, 2])  # (time, batch, features)
        found = self._run(tf.reverse(inputs, [0]) if self.layer.go_backwards else inputs)
        last = [_last_or(state, sequence) for sequence, state in zip(found, self.states, strict=False)]
        if not self.layer.return_sequences:
            return _last_or(tf.zeros_like(last[0]), found[0]), last
        return tf.transpose(found[0], [1, 0, 2]), last

    def padded(self, inputs, lengths):
        """Real steps in front already; backwards, each row is turned round within its own length."""
        layer, time = self.layer, tf.shape(inputs)[1]
        steps = tf.expand_dims(tf.range(time), 1)  # (time, 1)
        real = steps < lengths  # (time, batch)
        turned = tf.where(real, lengths - 1 - steps, steps) if layer.go_backwards else None
        found = self._run_longest(_time_major(inputs, turned, self.training), lengths)
        last = self._last(found, lengths)
        output = tf.where(tf.expand_dims(lengths > 0, 1), last[0], 0)
        if not layer.return_sequences:
            whole = tf.expand_dims((lengths == time) | layer.go_backwards, 1)
            return tf.where(whole, output, 0) if layer.zero_output_for_mask else output, last
        outputs = _batch_major(found[0], turned, self.training)
        padding = 0 if layer.go_backwards or layer.zero_output_for_mask else tf.expand_dims(output, 1)
        outputs = tf.where(tf.expand_dims(tf.transpose(real), -1), outputs, padding)
        return tf.reverse(outputs, [1]) if layer.go_backwards else outputs, last

    def _run_longest(self, inputs, lengths):
        """No further than the longest row; XLA knows only fixed sizes and goes to the end."""
        if compiles_with_xla():
            return self._run(inputs)
        time, longest = tf.shape(inputs)[0], tf.maximum(tf.reduce_max(lengths), 0)  # half of one row is no row
        found = tf.slice(inputs, [0, 0, 0], [longest, -1, -1])  # its gradient costs less than that of inputs[:longest]
        found = self._run(tf.ensure_shape(found, [None, *inputs.shape[1:]]))
        return [tf.pad(sequence, [[0, time - longest], [0, 0], [0, 0]]) for sequence in found]

    def masked(self, inputs, mask):
        """Any mask: the real steps of each row are gathered to its front, and the outputs spread out again."""
        layer = self.layer
        inputs, mask = tf.transpose(inputs, [1, 0, 2]), tf.transpose(mask)  # (time, batch ...)
        if layer.go_backwards:
            inputs, mask = tf.reverse(inputs, [0]), tf.reverse(mask, [0])
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), 0)
        order = tf.argsort(tf.cast(mask, tf.int32), 0, "DESCENDING", stable=True)  # (time, batch)
        found = self._run_longest(_pick(inputs, order), lengths)
        last = self._last(found, lengths)
        place = tf.cumsum(tf.cast(mask, tf.int32), 0) - 1  # (time, batch): which real step was the last
        shown = tf.expand_dims(mask if layer.zero_output_for_mask else place >= 0, -1)
        if not layer.return_sequences:
            return _last_or(tf.zeros_like(last[0]), tf.where(shown[-1:], last[0], 0)), last
        outputs = tf.where(shown, _pick(found[0], tf.maximum(place, 0)), 0)
        return tf.transpose(outputs, [1, 0, 2]), last

    def _last(self, found, lengths):
        """The states at each row's last real step, the initial ones in a row without any."""
        steps, some = tf.expand_dims(tf.maximum(lengths - 1, 0), 0), tf.expand_dims(lengths > 0, 1)
        pairs = zip(found, self.states, strict=False)
        return [tf.where(some, _pick(sequence, steps)[0], state) for sequence, state in pairs]


def _last_or(start, sequence):
    """The last step of a sequence (time, batch, size); of none what it starts from, (batch, size)."""
    if sequence.shape[0] is None:
        return tf.concat([tf.expand_dims(start, 0), sequence[-1:]], 0)[-1]
    return sequence[-1] if sequence.shape[0] else start


def _pick(sequence, steps):
    """sequence[steps[t, b], b] for all t and b, of a sequence (time, batch, size); of none zeros."""
    if not sequence.shape[0]:  # not known, or none
        sequence = tf.pad(sequence, [[0, tf.maximum(0, 1 - tf.shape(sequence)[0])], [0, 0], [0, 0]])
    batch = tf.shape(sequence)[1]
    picked = tf.gather(tf.reshape(sequence, [-1, sequence.shape[-1]]), steps * batch + tf.range(batch))
    picked.set_shape([steps.shape[0], *sequence.shape[1:]])
    return picked


def _time_major(inputs, steps, training):
    """(batch, time, size) -> (time, batch, size); with `steps` (time, batch), of row b step steps[t, b] at time t."""
    if steps is None:
        return tf.transpose(inputs, [1, 0, 2])
    return (_turned_to_time if training else _to_time)(inputs, steps)


def _batch_major(sequence, steps, training):
    """(time, batch, size) -> (batch, time, size), likewise."""
    if steps is None:
        return tf.transpose(sequence, [1, 0, 2])
    return (_turned_to_batch if training else _to_batch)(sequence, steps)


# To turn rows round undoes itself, so that the gradient of either gather is the other, with no scatter. Outside of
# training their own gradient does: a SavedModel warns of those it cannot hold.
@tf.custom_gradient
def _turned_to_time(inputs, steps):
    return _to_time(inputs, steps), lambda gradient: (_turned_to_batch(gradient, steps), None)


@tf.custom_gradient
def _turned_to_batch(sequence, steps):
    return _to_batch(sequence, steps), lambda gradient: (_turned_to_time(gradient, steps), None)


def _to_time(inputs, steps):
    batch, time = tf.shape(inputs)[0], tf.shape(inputs)[1]
    return _gather_rows(inputs, tf.range(batch) * time + steps)


def _to_batch(sequence, steps):
    batch = tf.shape(sequence)[1]
    return _gather_rows(sequence, tf.transpose(steps * batch + tf.range(batch)))


def _gather_rows(x, rows):
    """The rows of x (first, second, size) by their number in both axes: (second, first, size)."""
    y = tf.gather(tf.reshape(x, [-1, x.shape[2] or tf.shape(x)[2]]), rows)
    y.set_shape([x.shape[1], x.shape[0], x.shape[2]])
    return y

"""A whole recurrent layer on TensorFlow: direction, padding and masks around the sequences of its cell.

Those run in `blocks` (an LSTM or a GRU that is trained inside a graph), on a GPU in `cudnn`, and otherwise in
`elementwise`.

Padding is moved behind the real steps of each row: no step of the loop needs to know about it, and steps past the
longest row are never computed. The rows of a batch do not depend on one another: on several processors two halves of it
run as two loops side by side, since a single step is too small to be shared out well.
"""

import contextlib
import os
import weakref

import tensorflow as tf

from layers import loops
from layers.masking import check_lengths, resolve_mask
from layers.on_tensorflow import blocks, cudnn, elementwise, gradients
from layers.on_tensorflow.loops import compiles_with_xla

HALVED = 32  # rows from which a batch is run in two halves
LONG = 32  # steps from which a layer called outside of a graph is differentiated in one
_GRAPHS = weakref.WeakKeyDictionary()


def run(layer, inputs, states, mask, lengths, hidden_mask, training):
    """inputs (batch, time, features), states (batch, units) -> outputs (batch, time, units) or (batch, units), states.

    States after the first are left out unless the layer returns or keeps them.
    """
    if mask is not None:
        mask, lengths = resolve_mask(mask, lengths, inputs), None
    if lengths is not None:
        lengths = check_lengths(lengths, inputs.shape[1])
    tensors = (inputs, *states, mask, lengths, hidden_mask)
    if _suits_a_graph(layer, inputs, states):
        return _in_graph(layer, training)(*tensors)
    return _run(layer, training, *tensors)


def _run(layer, training, *tensors):
    inputs = tensors[0]
    suits = blocks.suits(layer.cell, not gradients.is_vectorized())
    in_blocks = blocks.Blocks(layer.cell) if suits else None

    def part(inputs, *rest):
        *states, mask, lengths, hidden_mask = rest
        sequences = _Sequences(layer, states, hidden_mask, training, in_blocks)
        if mask is not None:
            return sequences.masked(inputs, mask)
        return sequences.unmasked(inputs) if lengths is None else sequences.padded(inputs, lengths)

    if not _halves(inputs):
        return part(*tensors)
    sizes = _half_sizes(inputs)
    halves = zip(*((x, x) if x is None else tf.split(x, sizes) for x in tensors), strict=True)
    return tf.nest.map_structure(lambda *both: tf.concat(both, 0), *(part(*half) for half in halves))


def _suits_a_graph(layer, inputs, states):
    """Whether to run a graph from eager code: its loop takes a fraction of the time, but tracing takes a second.

    A gradient of a gradient would need a graph for each order.
    """
    if not tf.executing_eagerly() or inputs.shape[1] < LONG:
        return False
    weights = [tf.convert_to_tensor(weight.value) for weight in layer.cell.weights]
    return gradients.is_recorded_once([inputs, *states, *weights])


def _in_graph(layer, training):
    """-> `_run` as a graph, made once for a layer."""
    made, key = _GRAPHS.setdefault(layer, {}), (bool(training), loops.side_by_side(), *layer.options().values())
    if key not in made:
        known = weakref.ref(layer)  # a strong reference would keep it alive for ever
        made[key] = tf.function(
            lambda *tensors: _run(known(), training, *tensors), autograph=False, reduce_retracing=True
        )
    return made[key]


def _halves(inputs):
    """Whether to run two halves of the batch side by side: not on a GPU, nor beside the other direction of time."""
    if tf.executing_eagerly() or compiles_with_xla() or loops.side_by_side() > 1 or cudnn.gpu():
        return False
    processors = tf.config.threading.get_inter_op_parallelism_threads() or os.cpu_count()
    return processors > 1 and (inputs.shape[0] or HALVED) >= HALVED


def _half_sizes(inputs):
    batch = inputs.shape[0] or tf.shape(inputs)[0]
    return [batch // 2, batch - batch // 2]


class _Sequences:
    """One cell over rows of a batch; each method gives the outputs or the last of them, and the last states."""

    def __init__(self, layer, states, hidden_mask, training, in_blocks):
        self.layer, self.states, self.hidden_mask, self.training = layer, states, hidden_mask, training
        self.blocks, self.recorded = in_blocks, gradients.is_recorded()

    def _run(self, inputs):
        if inputs.shape[0] == 0:  # XLA cannot read an element of an empty array, even in a loop of no steps
            return [sequence[:0] for sequence in self._run(tf.pad(inputs, [[0, 1], [0, 0], [0, 0]]))]
        cell, mask, all_states = self.layer.cell, self.hidden_mask, self.layer.return_state or self.layer.stateful
        allowed = getattr(self.layer, "use_cudnn", "auto") is not False
        if allowed and cudnn.suits(cell, mask, self.training or self.recorded, all_states):
            with contextlib.suppress(NotImplementedError):  # Keras found a GPU without cuDNN
                return cudnn.sequences(cell, inputs, self.states)
        weights = [tf.convert_to_tensor(weight, inputs.dtype) for weight in cell.all_weights()]
        tensors = inputs, *weights, *self.states, *([] if mask is None else [mask])
        plain = self._with_mask(lambda mask: elementwise.plain(cell, mask, all_states))
        if len(cell.weights) > (
            2 if cell.bias is None else 3
        ):  # weights of a user's cell: only TensorFlow knows their gradients
            return plain(*tensors)
        return gradients.differentiable(self._recorded(plain, all_states), plain, *tensors)

    def _with_mask(self, way):
        """way(mask) -> a function of tensors; here its last tensor is the dropout's mask, if there is one."""
        return way(None) if self.hidden_mask is None else lambda *tensors: way(tensors[-1])(*tensors[:-1])

    def _recorded(self, plain, all_states):
        """-> `plain` with its gradient by hand."""

        def recorded(fast, tensors):
            return gradients.recorded(self._with_mask(fast), plain, *tensors)

        def at_once(mask):
            return _without_gradient_of(mask, elementwise.fast(self.layer.cell, mask, all_states))

        def in_blocks(mask):
            return _without_gradient_of(mask, self.blocks.fast(mask, all_states))

        def run(*tensors):
            if self.blocks is None:
                return recorded(at_once, tensors)
            both = (lambda: recorded(in_blocks, tensors)), (lambda: recorded(at_once, tensors))
            return self.blocks.if_long(tensors[0], *both)

        return run

    def unmasked(self, inputs):
        inputs = tf.transpose(inputs, [1, 0, 2])  # (time, batch, features)
        sequences = self._run(tf.reverse(inputs, [0]) if self.layer.go_backwards else inputs)
        last = [_last_or(state, sequence) for sequence, state in zip(sequences, self.states, strict=False)]
        if not self.layer.return_sequences:
            return _last_or(tf.zeros_like(last[0]), sequences[0]), last
        return tf.transpose(sequences[0], [1, 0, 2]), last

    def padded(self, inputs, lengths):
        """Real steps come first already; backwards, each row is reversed within its own length."""
        layer, time = self.layer, tf.shape(inputs)[1]
        steps = tf.expand_dims(tf.range(time), 1)  # (time, 1)
        real = steps < lengths  # (time, batch)
        turned = tf.where(real, lengths - 1 - steps, steps) if layer.go_backwards else None
        sequences = self._run_longest(_time_major(inputs, turned, self.recorded), lengths)
        last = self._last(sequences, lengths)
        output = tf.where(tf.expand_dims(lengths > 0, 1), last[0], 0)
        if not layer.return_sequences:
            whole = tf.expand_dims((lengths == time) | layer.go_backwards, 1)
            return tf.where(whole, output, 0) if layer.zero_output_for_mask else output, last
        outputs = _batch_major(sequences[0], turned, self.recorded)
        padding = 0 if layer.go_backwards or layer.zero_output_for_mask else tf.expand_dims(output, 1)
        outputs = tf.where(tf.expand_dims(tf.transpose(real), -1), outputs, padding)
        return tf.reverse(outputs, [1]) if layer.go_backwards else outputs, last

    def _run_longest(self, inputs, lengths):
        """No further than the longest row; XLA needs fixed sizes and runs to the end."""
        if compiles_with_xla():
            return self._run(inputs)
        time, longest = tf.shape(inputs)[0], tf.maximum(tf.reduce_max(lengths), 0)  # half of a batch of one has no rows
        real = tf.slice(inputs, [0, 0, 0], [longest, -1, -1])  # its gradient costs less than that of inputs[:longest]
        sequences = self._run(tf.ensure_shape(real, [None, *inputs.shape[1:]]))
        return [tf.pad(sequence, [[0, time - longest], [0, 0], [0, 0]]) for sequence in sequences]

    def masked(self, inputs, mask):
        """Any mask: the real steps of each row are gathered to its front, and the outputs spread out again."""
        layer = self.layer
        inputs, mask = tf.transpose(inputs, [1, 0, 2]), tf.transpose(mask)  # (time, batch ...)
        if layer.go_backwards:
            inputs, mask = tf.reverse(inputs, [0]), tf.reverse(mask, [0])
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), 0)
        order = tf.argsort(tf.cast(mask, tf.int32), 0, "DESCENDING", stable=True)  # (time, batch)
        sequences = self._run_longest(_pick(inputs, order), lengths)
        last = self._last(sequences, lengths)
        latest = tf.cumsum(tf.cast(mask, tf.int32), 0) - 1  # (time, batch): the number of the last real step
        shown = tf.expand_dims(mask if layer.zero_output_for_mask else latest >= 0, -1)
        if not layer.return_sequences:
            return _last_or(tf.zeros_like(last[0]), tf.where(shown[-1:], last[0], 0)), last
        outputs = tf.where(shown, _pick(sequences[0], tf.maximum(latest, 0)), 0)
        return tf.transpose(outputs, [1, 0, 2]), last

    def _last(self, sequences, lengths):
        """The states at each row's last real step, the initial ones in a row without any."""
        steps, some = tf.expand_dims(tf.maximum(lengths - 1, 0), 0), tf.expand_dims(lengths > 0, 1)
        pairs = zip(sequences, self.states, strict=False)
        return [tf.where(some, _pick(sequence, steps)[0], state) for sequence, state in pairs]


def _without_gradient_of(mask, fast):
    """`fast` with zeros for the gradient of a mask behind the tensors."""
    if mask is None:
        return fast

    def run(*tensors):
        sequences, gradients = fast(*tensors)
        return sequences, lambda *upstream: (*gradients(*upstream), tf.zeros_like(mask))

    return run


def _last_or(start, sequence):
    """The last step of a sequence (time, batch, size), or `start` (batch, size) if it has none."""
    if sequence.shape[0] is None:
        return tf.concat([tf.expand_dims(start, 0), sequence[-1:]], 0)[-1]
    return sequence[-1] if sequence.shape[0] else start


def _pick(sequence, steps):
    """sequence[steps[t, b], b] for all t and b, of a sequence (time, batch, size); zeros if it has no steps."""
    if not sequence.shape[0]:  # not known, or none
        sequence = tf.pad(sequence, [[0, tf.maximum(0, 1 - tf.shape(sequence)[0])], [0, 0], [0, 0]])
    batch = tf.shape(sequence)[1]
    picked = tf.gather(tf.reshape(sequence, [-1, sequence.shape[-1]]), steps * batch + tf.range(batch))
    picked.set_shape([steps.shape[0], *sequence.shape[1:]])
    return picked


def _time_major(inputs, steps, recorded):
    """(batch, time, size) -> (time, batch, size); with `steps` (time, batch), of row b step steps[t, b] at time t."""
    if steps is None:
        return tf.transpose(inputs, [1, 0, 2])
    return (_turned_to_time if recorded else _to_time)(inputs, steps)


def _batch_major(sequence, steps, recorded):
    """(time, batch, size) -> (batch, time, size), likewise."""
    if steps is None:
        return tf.transpose(sequence, [1, 0, 2])
    return (_turned_to_batch if recorded else _to_batch)(sequence, steps)


# Reversing rows is its own inverse, so that the gradient of either gather is the other, with no scatter. Where no tape
# is open TensorFlow's gradient will do: a SavedModel warns about gradients that it cannot hold.
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

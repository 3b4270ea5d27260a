"""LiteRT's fused LSTM operation in place of a loop, for export.

    with layers.portable(), fused.fused_loops(model):
        concrete = tf.function(model).get_concrete_function(specification)      # of a known batch

The converter makes UNIDIRECTIONAL_SEQUENCE_LSTM of a `tf.function` of six tensors with the attributes of `_operation`.
That operation starts each call from the states that the call before left, and has no mask. Both are dealt with here:

- A step before the first, along one more feature, closes all gates. As sigmoid(-1e4) is 0 in float32, it leaves
  c = 0 c' + 0 g = 0 and h = 0 tanh(c) = 0, whatever c' was. Its output is the zeros that a sequence starts from.
- NaN would stay in the states, since 0 NaN is NaN. It is kept out of the operation, and outputs from its step on are
  NaN.
- Of a masked sequence the operation gets the real steps, in their order; a step then has the output of the last real
  step up to it. Lengths, any mask, and rows without a real step give what a loop gives.

Time and the loop's time, in ms a call of 256 steps with as many features as units, one core of an AMD EPYC. All
outputs: 0.15, 0.28 at 16 units; 0.25, 0.33 at 32; 0.63, 0.47 at 64; 8.3, 3.5 at 256. The last alone: 0.15, 0.18
at 16; 0.24, 0.20 at 32. So it pays for small layers.
"""

import contextlib
import uuid

import keras
import numpy as np
import tensorflow as tf

from layers.cells import LSTMCell
from layers.conversion import layers_in_time, stock
from layers.conversion.replacing import replaced
from layers.recurrent import SequenceLayer

CLOSED = 1e4  # what is subtracted from a gate's sum
GREATEST = 1e30  # input; products of greater ones could be infinite


@contextlib.contextmanager
def fused_loops(model):
    """Inside, each recurrent layer of the model, Keras's or of this package, runs as one fused operation.

    Raises:
        ValueError: there is none, one is not an LSTM with tanh and sigmoid, or returns its states; when it is traced:
            the batch is unknown, or it is given a state to start from.
    """
    recurrent = [x for x in model._flatten_layers() if isinstance(x, (SequenceLayer, keras.layers.RNN))]
    if not recurrent:
        raise ValueError(f"{model.name}: expected an LSTM to fuse, received no recurrent layer; give fused=False")
    with layers_in_time.in_one_call(model), layers_in_time.without_dropout(model), contextlib.ExitStack() as changed:
        for layer in recurrent:
            ours = layer if isinstance(layer, SequenceLayer) else stock.sequence_layer(layer)
            _check(layer, ours.cell)
            changed.enter_context(replaced(ours, "_loop", _loop(layer, ours)))
            if ours is not layer:
                changed.enter_context(replaced(layer, "inner_loop", stock.inner_loop(layer, ours)))
        yield


def _check(layer, cell):
    if type(cell) is not LSTMCell:
        raise _refused(layer, "an LSTM", type(cell).__name__)
    for name, expected in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        if getattr(cell, name) is not keras.activations.get(expected):
            raise _refused(layer, f"{name}={expected!r}", keras.activations.serialize(getattr(cell, name)))
    if layer.return_state:
        raise _refused(layer, "return_state=False, as the operation keeps its states to itself", True)


def _refused(layer, expected, received):
    return ValueError(
        f"{layer.name} ({type(layer).__name__}): fused=True expected {expected}, received {received}; give fused=False"
    )


def _loop(layer, ours):
    """What takes the place of `SequenceLayer._loop`; the states it returns are those it was given."""
    weights = _weights(ours.cell)

    def loop(sequences, mask, states, hidden_mask, training):
        if sequences.shape[0] is None:
            raise _refused(layer, "a known batch", f"sequences of shape {sequences.shape}")
        if any(value is None or value.any() for value in map(tf.get_static_value, states)):
            raise _refused(layer, "to start from zeros, which is all the operation can", "an initial_state")
        if ours.go_backwards:
            sequences, mask = (None if x is None else tf.reverse(x, [1]) for x in (sequences, mask))
        if mask is None:
            outputs = _outputs(sequences, *weights)
            return outputs[:, 1:] if ours.return_sequences else outputs[:, -1], states
        outputs = _outputs(_real_first(sequences, mask), *weights)
        return _at_each_step(outputs, mask, ours.return_sequences, ours.zero_output_for_mask), states

    return loop


def _weights(cell):
    """W with a row that closes the gates i, f and o, by the feature that opens it; U; b. Constants: a variable among
    the operation's arguments crashes the converter."""
    kernel, recurrent_kernel = (keras.ops.convert_to_numpy(weight) for weight in (cell.kernel, cell.recurrent_kernel))
    bias = np.zeros(4 * cell.units, "float32") if cell.bias is None else keras.ops.convert_to_numpy(cell.bias)
    weight = np.abs(kernel).max(initial=0) or 1.0  # no greater than the others, lest they be rounded more
    row = np.full((1, 4 * cell.units), -weight, "float32")
    row[:, 2 * cell.units : 3 * cell.units] = 0  # g
    return np.concatenate([kernel, row]), recurrent_kernel, bias, CLOSED / weight


def _outputs(sequences, kernel, recurrent_kernel, bias, closing):
    """(batch, time, features) -> (batch, 1 + time, units): zeros, then all outputs."""
    batch, units = sequences.shape[0], len(recurrent_kernel)
    first = np.zeros((batch, 1, len(kernel)), "float32")
    first[:, :, -1] = closing
    sequences = tf.concat([first, tf.pad(sequences, [[0, 0], [0, 0], [0, 1]])], 1)
    finite = tf.abs(sequences) < GREATEST
    whole = tf.reduce_all(finite, -1, keepdims=True)  # (batch, 1 + time, 1)
    zeros = tf.zeros([batch, units])
    weights = (tf.constant(weight) for weight in (kernel, recurrent_kernel, bias))
    _, outputs, *_ = _operation(units)(tf.where(finite, sequences, 0.0), zeros, zeros, *weights)
    return outputs + tf.cumsum(tf.where(whole, 0.0, np.nan), 1)


def _operation(units):
    """The function that the converter knows by its attributes; what it computes is never run."""

    def lstm(sequences, h, c, kernel, recurrent_kernel, bias):
        outputs = tf.zeros([tf.shape(sequences)[0], tf.shape(sequences)[1], units])
        outputs.set_shape([*sequences.shape[:2], units])
        return h, outputs, h, c, tf.constant(0.0)

    attributes = {"api_implements": f"lstm_{uuid.uuid4()}", "api_preferred_device": "CPU"}
    attributes |= {"time_major": False, "go_backwards": False}
    return tf.function(lstm, autograph=False, experimental_attributes=attributes)


def _real_first(sequences, mask):
    """Each row's real steps in their order; behind them are the masked ones."""
    time = tf.shape(mask)[1]
    order = tf.argsort(tf.range(time) + tf.where(mask, 0, time), axis=1)  # (batch, time)
    return tf.gather(sequences, order, batch_dims=1)


def _at_each_step(outputs, mask, return_sequences, zero_output_for_mask):
    """Outputs (batch, 1 + time, units) of real steps to where they stand; between them the last one repeats."""
    real = tf.cast(mask, tf.int32)  # (batch, time)
    real_steps = tf.cumsum(real, 1) if return_sequences else tf.reduce_sum(real, 1)  # how many so far
    outputs = tf.gather(outputs, real_steps, batch_dims=1)
    if zero_output_for_mask:
        outputs = tf.where(tf.expand_dims(mask if return_sequences else mask[:, -1], -1), outputs, 0.0)
    return outputs

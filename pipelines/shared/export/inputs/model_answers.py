"""A Keras model's own answers, by Keras's own loops: what an export is compared with.

    outputs = model_answers.answers(model, inputs)

Outside of a graph Keras's loops take 3 ms a step: 4,000 steps through three layers take half a minute. Over long
sequences the model is run as a graph, made once, in which what Keras would write out step by step (`unroll=True`,
`TimeDistributed` over known steps) is a loop of the same step.
"""

import contextlib
import weakref

import keras
import tensorflow as tf
from keras.src import backend

from layers.conversion.replacing import replaced

LONG = 30  # steps from which tracing costs less than running six times outside of a graph
_LOOPS = (keras.layers.RNN, keras.layers.TimeDistributed)
_GRAPHS = weakref.WeakKeyDictionary()


def answers(model, inputs):
    """What a functional model gives outside of training, for tensors in the structure that it takes."""
    times = [tensor.shape[1] for tensor in keras.tree.flatten(inputs) if len(tensor.shape) > 1]
    if max([*times, *_known_times(model)], default=0) >= LONG or any(map(_loops_in_a_loop, model._flatten_layers())):
        return _graph(model)(inputs)
    return model(inputs, training=False)


def _loops_in_a_loop(layer):
    """Whether a layer runs a recurrent one at every step."""
    return isinstance(layer, keras.layers.TimeDistributed) and any(
        isinstance(inner, _LOOPS) for inner in layer._flatten_layers(include_self=False)
    )


def _known_times(model):
    """How many steps the loops of a model have, those that know."""
    for layer in model._flatten_layers():
        if isinstance(layer, _LOOPS):
            for node in layer._inbound_nodes:
                yield node.input_tensors[0].shape[1] or 0


def _graph(model):
    if model not in _GRAPHS:
        known = weakref.ref(model)  # a strong reference would keep it alive for ever
        inputs = keras.tree.flatten(model._inputs_struct)
        open_batch = [tf.TensorSpec([None, *x.shape[1:]], x.dtype) for x in inputs]
        specification = [keras.tree.pack_sequence_as(model._inputs_struct, open_batch)]
        if any(x.shape[0] is not None for x in inputs):  # it may take no other batch, so each has a graph of its own
            specification = None

        @tf.function(autograph=False, input_signature=specification)
        def run(inputs):
            with loops_of_steps(known()):
                return known()(inputs, training=False)

        _GRAPHS[model] = run
    return _GRAPHS[model]


@contextlib.contextmanager
def loops_of_steps(model):
    """Inside, no layer of Keras's writes its steps out one behind another."""
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            if getattr(layer, "unroll", False):
                changed.enter_context(replaced(layer, "unroll", False))
            if type(layer) is keras.layers.TimeDistributed:
                changed.enter_context(replaced(layer, "call", _by_steps(layer)))
        yield


def _by_steps(layer):
    """The call of a `TimeDistributed`, in Keras's loop over the numbers of the steps."""

    def call(inputs, training=None, mask=None):
        options = {"training": training} if layer.layer._call_has_training_arg else {}
        masked = mask is not None and layer.layer._call_has_mask_arg

        def step(number, states):
            at = {"mask": tf.gather(mask, number[0, 0], axis=1)} if masked else {}
            return layer.layer.call(tf.gather(inputs, number[0, 0], axis=1), **options, **at), list(states)

        batch, time = tf.unstack(tf.shape(inputs)[:2])
        numbers = tf.broadcast_to(tf.reshape(tf.range(time), [1, -1, 1]), [batch, time, 1])
        _, outputs, _ = backend.rnn(step, numbers, [tf.zeros([batch, 1])])
        outputs.set_shape([*inputs.shape[:2], *outputs.shape[2:]])
        return outputs

    return call

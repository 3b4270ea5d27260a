"""Which layer of a model answers otherwise step by step than to a whole sequence.

if streamed_layers.compare(steps, tensors, lengths) > tolerance:
    first = streamed_layers.first(steps, tensors, lengths, tolerance)
"""

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras.src.models.functional import operation_fn

from layers.conversion import across_time
from layers.conversion.unbound import unbound
from pipelines.shared.export import comparison


def compare(steps, tensors, lengths):
    """The greatest difference between a model's outputs step by step and those to the whole sequence.

    Args:
        steps: the model's `streaming.Steps`. tensors: its inputs, as arrays; those of the kind "steps" have as many.
        lengths: (batch,) how many of them count in each row.
    """
    return max(_compared([*steps.model.outputs], _outputs, steps, tensors, lengths).values(), default=0.0)


def first(steps, tensors, lengths, tolerance):
    """The first layer whose outputs differ by more, as `name (type)`; None if none does."""
    calls = [
        (operation, outputs) for operation, _, _, outputs in across_time.calls(steps.model) if _computes(operation)
    ]
    symbols = [output for _, outputs in calls for output in outputs]
    worst = _compared(symbols, _recorded, steps, tensors, lengths)
    for operation, outputs in calls:
        if not max(worst[id(output)] for output in outputs) <= tolerance:
            return across_time.named(operation)
    return None


def _compared(symbols, answer, steps, tensors, lengths):
    """{id of a symbol: the greatest difference of its tensor}. answer(model, inputs): the tensors, as arrays."""
    model = steps.model
    with unbound(model):
        whole = answer(model, [tf.constant(tensor) for tensor in tensors])
    states = [tf.zeros([len(tensors[0]), *shape]) for shape in steps.state_shapes]
    time = next(tensor.shape[1] for tensor, kind in zip(tensors, steps.inputs, strict=True) if kind == "steps")
    worst = dict.fromkeys(map(id, symbols), 0.0)
    for t in range(time):
        inputs = [_of_step(*pair, t) for pair in zip(tensors, steps.inputs, strict=True)]
        ones = [tensor for tensor, kind in zip(inputs, steps.inputs, strict=True) if kind == "lengths"]
        with steps.one(states, ones) as following, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of axes of size 1
            answers = answer(model, inputs)
        states = following
        for symbol, *pair in zip(symbols, answers, whole, strict=True):
            worst[id(symbol)] = max(worst[id(symbol)], _difference(steps.has_steps(symbol), *pair, t, lengths, time))
    return worst


def _computes(operation):
    return not isinstance(operation, keras.layers.InputLayer)


def _outputs(model, inputs):
    outputs = model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)
    return [np.asarray(output) for output in keras.tree.flatten(outputs)]


def _recorded(model, inputs):
    """The outputs of all calls in the model's graph, in order, as arrays."""
    record = []

    def recording(operation):
        run = operation_fn(operation, training=False)

        def call(*args, **kwargs):
            outputs = run(*args, **kwargs)
            record.extend(np.asarray(output) for output in keras.tree.flatten(outputs))
            return outputs

        return call

    model._run_through_graph(inputs, operation_fn=recording)
    return record


def _of_step(tensor, kind, t):
    if kind == "lengths":
        return tf.ones(len(tensor), tensor.dtype)
    return tf.constant(tensor[:, t : t + 1] if kind == "steps" else tensor)


def _difference(has_steps, one, whole, t, lengths, time):
    """Of the rows that a step counts in; a tensor without steps is compared at the last one."""
    if not has_steps:
        rows = lengths == t + 1
        return comparison.difference(one[rows], whole[rows], of_greatest=True)
    if whole.shape[1] != time:  # zeros were put before it
        return 0.0
    rows = lengths > t
    return comparison.difference(one[rows, 0], whole[rows, t], of_greatest=True) if one.shape[1] == 1 else np.inf

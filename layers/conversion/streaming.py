"""A model one step at a time, for streams: what carries something from step to step has its states passed and returned.

steps = streaming.Steps(model)
with steps.one(states) as following:        # a tensor (batch, *shape) for each of `steps.state_shapes`, zeros at first
    output = steps.model(frames)            # (batch, 1, features)
# following: the states after this step

States, in the order of the layers:

    a recurrent layer                       those of its cell; the output too, where a mask has to repeat it
    a causal convolution or pooling         the steps that it reaches back to, (reach, features)
    pooling over all steps                  mean and count, greatest and whether there was one, or sum
    `NgramScores`                           the sum so far, the tokens before
    `SequencePooling("last")`               the last real step, where a mask reaches it
    `BesideSteps(before)`                   the steps before, one behind another
    last of all, where a layer starts from other states than zeros: whether the sequence has begun

A step that a mask leaves out keeps the states and repeats the output, as in a whole sequence.
"""

import contextlib
import re
import warnings

import keras
import numpy as np
from keras.src.models.functional import operation_fn

from layers.conversion import across_time, looking_ahead, one_step, open_time, so_far, unbound

_ROWS = 2  # of the sequence of one step


class Steps:
    """What carries something from step to step in a model.

    model: functional. `steps.model` is the one to call with one step: the same, or one with the same layers for any
    number of steps. `steps.inputs` says for each of its inputs "steps", "lengths", or "whole" for what does not change
    from step to step. The order is fixed; `state_shapes` are those of all states, flat, without the batch.
    lengths: which of its inputs, by number, are known to be lengths beside those that layers take as such.

    Raises:
        ValueError: one of its layers needs later steps, reads from the end, is called twice or given states that
            change from step to step; or there is nothing to carry.
    """

    def __init__(self, model, lengths=()):
        self.model, self._repeats = open_time.opened(model), open_time.repeats(model)
        series = across_time.streamed(self.model)
        self._kinds, self.inputs = across_time.kinds(self.model, series), _inputs(self.model, series, lengths)
        carried = [so_far.of(one) or one_step.of(one) for one in across_time.carriers(self.model, series)]
        self._layers = [one for one in carried if one is not None]
        for layer in self._layers:
            layer.starts = id(layer.operation) in across_time.given_states(self.model, series)
        self._observe()
        self._layers = [one for one in self._layers if one.reached]
        if not self.state_shapes:
            raise ValueError(
                f"{model.name}: expected a recurrent layer, a causal convolution or pooling over the steps, received "
                "none; there is no state to carry, so call the model with one step"
            )

    @property
    def _starts(self):
        return any(layer.starts for layer in self._layers)

    @property
    def state_shapes(self):
        return [shape for layer in self._layers for shape in layer.shapes] + ([(1,)] if self._starts else [])

    def has_steps(self, tensor):
        """Whether a symbolic tensor of the model has an axis of steps."""
        return self._kinds.get(id(tensor)) == across_time.STEPS

    @contextlib.contextmanager
    def _unbound(self):
        with unbound.unbound(self.model), unbound.repeating(self._repeats, 1):
            yield

    def _observe(self):
        """Runs a sequence of one step, in which all layers show what they carry."""
        symbols = keras.tree.flatten(self.model._inputs_struct)
        inputs = [_drawn(*pair) for pair in zip(symbols, self.inputs, strict=True)]
        lengths, padded = [tensor for tensor, kind in zip(inputs, self.inputs, strict=True) if kind == "lengths"], []
        with self._unbound(), contextlib.ExitStack() as observing:
            for layer in self._layers:
                observing.enter_context(layer.observing(lengths, padded))
            self._answer(inputs)
        for layer in self._layers:
            if layer.refused:
                raise ValueError(layer.refused)

    def _answer(self, inputs):
        """Calls the model.

        Raises:
            ValueError: a layer needs more than one step, or makes more or fewer of one.
        """
        answered, failure = [], None

        def watched(operation):
            def run(*args, **kwargs):
                answered.append((operation, ()))
                outputs = operation_fn(operation, training=False)(*args, **kwargs)
                answered[-1] = operation, keras.tree.flatten(outputs)
                return outputs

            return run

        try:
            with warnings.catch_warnings():  # of axes of size 1
                warnings.simplefilter("ignore")
                self.model._run_through_graph(inputs, operation_fn=watched)
        except Exception as error:  # of any layer, TensorFlow's errors too
            failure = error
        self._check_counts(answered)
        if failure is not None:
            raise ValueError(
                f"streaming: {across_time.named(answered[-1][0])} fails on a sequence of one step: "
                f"{_plain(failure)}{_LATER}"
            ) from failure

    def _check_counts(self, answered):
        """Of one step comes one step, in all calls that were answered."""
        calls = [symbols for operation, _, _, symbols in across_time.calls(self.model) if _computes(operation)]
        for symbols, (operation, tensors) in zip(calls, answered, strict=False):
            pairs = zip(symbols, tensors, strict=False)
            counts = [tensor.shape[1] for symbol, tensor in pairs if self.has_steps(symbol)]
            if any(count != 1 + looking_ahead.front(operation) for count in counts):
                raise ValueError(f"streaming: {across_time.named(operation)} makes {counts[0]} steps of one{_LATER}")

    @contextlib.contextmanager
    def one(self, states, lengths=()):
        """Inside, each layer takes one step from `states`; yields the list that collects the next states.

        lengths: the inputs that are lengths. For one step they are ones and mask nothing.
        """
        states, first = list(states), 0
        following, begun = list(states), states[-1]
        with self._unbound(), contextlib.ExitStack() as stepping:
            for layer in self._layers:
                own = slice(first, first + len(layer.shapes))
                keep = _keeper(following, own)
                stepping.enter_context(layer.stepping(states[own], keep, begun, lengths))
                first = own.stop
            if self._starts:
                following[-1] = keras.ops.ones_like(begun)
            yield following


def _computes(operation):
    return not isinstance(operation, keras.layers.InputLayer)


_LATER = ", so it looks beyond one step; train a model without it to stream"


def _plain(error):
    """What TensorFlow or Keras says, without the arguments and marks around it."""
    said = re.sub(r"Exception encountered when calling \S+\s*|\x1b\[\d+m|\{\{.*?\}\}", " ", str(error))
    return " ".join(said.split("Arguments received by")[0].split())[:200]


def _keeper(following, own):
    def keep(states):
        following[own] = states

    return keep


def _inputs(model, series, known):
    """The kind of each input. A vector is known to be lengths of those that come step by step where all do."""
    inputs = keras.tree.flatten(model._inputs_struct)
    lengths, ids = across_time.lengths(model, series), {id(tensor) for tensor in series}
    if len(series) == sum(map(across_time.has_steps, inputs)):
        lengths |= {id(inputs[number]) for number in known if len(inputs[number].shape) == 1}
    return ["steps" if id(tensor) in ids else "lengths" if id(tensor) in lengths else "whole" for tensor in inputs]


def _drawn(tensor, kind):
    """An input of two rows and one step: numbers drawn at random, ids 0, booleans True, lengths 1, empty texts."""
    shape = [tensor.shape[0] or _ROWS, *(size or _ROWS for size in tensor.shape[1:])]
    if kind == "steps":
        shape[1] = 1
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string":
        return keras.ops.convert_to_tensor(np.full(shape, "").tolist(), dtype=dtype)
    if dtype.startswith("float"):
        values = np.random.default_rng(0).normal(size=shape)
    else:
        values = np.full(shape, int(kind == "lengths" or dtype == "bool"))
    return keras.ops.convert_to_tensor(values.astype(dtype))

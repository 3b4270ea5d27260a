"""Which tensors of a model have steps, and whether what is done with them can be done one step at a time.

series = across_time.streamed(model)        # ValueError, with the layer, why, and what to write instead

Of a functional model each input with an open axis behind the batch has steps; the others, a vector of features or a
category a row, are the same at every step. What is computed of such inputs alone is left as it is.
"""

import dataclasses
import itertools
from typing import Any

import keras

from layers.conversion import looking_ahead
from layers.masking import SequenceMask
from layers.time_distributed import TimeDistributed

STEPS, SO_FAR = "has steps", "changes from step to step"


class NeedsAll(ValueError):
    """What a layer needs from the beginning is made of all steps of an input."""


@dataclasses.dataclass
class Call:
    """A call in a model's graph.

    kinds: {id of a tensor: STEPS or SO_FAR} of those known by then; all others are the same at every step.
    vectors: {id of a tensor: id of the input}, vectors that are inputs of the model, with another type maybe.
    """

    operation: Any
    arguments: Any
    outputs: list
    kinds: dict
    vectors: dict

    @property
    def tensors(self):
        return _tensors(self.arguments)

    @property
    def steps(self):
        """The tensors given to it that have steps."""
        return [tensor for tensor in self.tensors if self.kinds.get(id(tensor)) == STEPS]


def streamed(model):
    """The inputs of a functional model that come step by step.

    All with an open axis behind the batch, as a rule. Where a layer starts from, or attends to, all steps of one, as in
    the decoder of an encoder and decoder, that one is given whole.

    Raises:
        ValueError: a layer pools, convolves, normalises or attends over time in a way that needs later steps, or is
            given states that change from step to step.
    """
    series = [tensor for tensor in keras.tree.flatten(model._inputs_struct) if has_steps(tensor)]
    try:
        _check(model, series)
        return series
    except NeedsAll:
        for count in range(len(series) - 1, 0, -1):
            for some in itertools.combinations(series, count):
                if _can_stream(model, some):
                    return [*some]
        raise


def _can_stream(model, series):
    """Whether a model answers step by step to these inputs, with the others whole."""
    try:
        for call in walk(model, dict.fromkeys(map(id, series), STEPS)):
            _check_states(call)  # of what reads others too: from the end of these it could not start
        _check(model, series)
    except ValueError:
        return False
    known = kinds(model, series)
    return any(id(output) in known for output in model.outputs)


def _check(model, series):
    padded = {}
    for call in walk(model, dict.fromkeys(map(id, series), STEPS)):
        if not call.steps or reads_within_steps(call.operation):
            continue
        _check_states(call)
        fronts = [padded.get(id(tensor), 0) for tensor in call.steps]
        if reason := looking_ahead.reason(call.operation, call.tensors, call.steps, max(fronts)):
            kind = NeedsAll if looking_ahead.attends(call.operation) else ValueError
            raise kind(
                f"streaming: frame by frame {named(call.operation)} would answer otherwise than to the whole sequence: "
                f"it {reason}; nothing was put in place"
            )
        padded |= dict.fromkeys(map(id, call.outputs), looking_ahead.front(call.operation))


def carriers(model, series):
    """The layers and operations, flat, that are given steps of the inputs `series`, or are inside of one that is."""
    unique = {}
    for call in walk(model, dict.fromkeys(map(id, series), STEPS)):
        if call.steps:
            layer = isinstance(call.operation, keras.layers.Layer)
            unique |= {id(one): one for one in (_over_time(call.operation) if layer else [call.operation])}
    return [*unique.values()]


def lengths(model, series):
    """The ids of the inputs of a functional model that are vectors used as the lengths of the inputs `series`."""
    used = set()
    for call in walk(model, dict.fromkeys(map(id, series), STEPS)):
        for key, tensor in [*enumerate(call.arguments.args), *call.arguments.kwargs.items()]:
            is_lengths = key == "lengths" or (isinstance(call.operation, SequenceMask) and key == 1)
            if is_lengths and call.steps and id(tensor) in call.vectors:
                used.add(call.vectors[id(tensor)])
    return used


def given_states(model, series):
    """The ids of the layers, flat, that are given steps of the inputs `series`, and states to start from."""
    started = [call.operation for call in walk(model, dict.fromkeys(map(id, series), STEPS)) if _states(call)]
    return {id(one) for layer in started for one in _over_time(layer)}


def kinds(model, series):
    """{id of a tensor of the model's graph: STEPS or SO_FAR}; all others are the same at every step."""
    known = dict.fromkeys(map(id, series), STEPS)
    for _ in walk(model, known):
        pass
    return known


def has_steps(tensor):
    """Whether there is an open axis behind the batch."""
    return len(tensor.shape) > 1 and tensor.shape[1] is None


def named(operation):
    """What an error calls a layer or an operation."""
    return f"{operation.name} ({type(operation).__name__})"


def reads_within_steps(layer):
    """Whether a layer reads each step by itself, whatever layers are inside of it."""
    return isinstance(layer, (TimeDistributed, keras.layers.TimeDistributed)) or getattr(layer, "within_steps", False)


def calls(model):
    """(operation, its inner model or None, its arguments, its outputs) of a functional model, in order."""
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            inner = node.operation._functional if isinstance(node.operation, keras.Sequential) else node.operation
            inner = inner if isinstance(inner, keras.src.models.functional.Functional) else None
            yield node.operation, inner, node.arguments, node.outputs


def walk(model, kinds, vectors=None):
    """A `Call` for each call, in order, with inner models replaced by the calls inside them; fills in `kinds`."""
    if vectors is None:
        inputs = keras.tree.flatten(model._inputs_struct)
        vectors = {id(tensor): id(tensor) for tensor in inputs if len(tensor.shape) == 1}
    for operation, inner, arguments, outputs in calls(model):
        call = Call(operation, arguments, outputs, kinds, vectors)
        if inner is None:
            yield call
        else:
            pairs = [*zip(keras.tree.flatten(inner._inputs_struct), call.tensors, strict=False)]
            yield from walk(inner, *({id(one): known[id(tensor)] for one, tensor in pairs if id(tensor) in known}
                                     for known in (kinds, vectors)))  # fmt: skip
        if any(id(tensor) in kinds for tensor in call.tensors):
            # Inside a model within, the axis of the steps may be of known size.
            sizes = {tensor.shape[1] for tensor in call.steps}
            in_time = [bool(sizes) and len(one.shape) > 1 and one.shape[1] in {None, *sizes} for one in outputs]
            kinds |= {id(one): STEPS if timed else SO_FAR for one, timed in zip(outputs, in_time, strict=True)}
        if type(operation).__name__ in ("Cast", "Identity") and id(call.tensors[0]) in vectors:
            vectors |= dict.fromkeys(map(id, outputs), vectors[id(call.tensors[0])])


def _tensors(arguments):
    flat = keras.tree.flatten([arguments.args, arguments.kwargs])
    return [tensor for tensor in flat if isinstance(tensor, keras.KerasTensor)]


def _over_time(layer):
    """A layer and those inside of it, flat, without those inside a layer that reads within a step."""
    layers = layer._flatten_layers()
    inside = {
        id(inner) for one in layers if reads_within_steps(one) for inner in one._flatten_layers(include_self=False)
    }
    return [one for one in layers if id(one) not in inside]


def _states(call):
    """The states that a recurrent layer is given to start from, flat."""
    layer, arguments = call.operation, call.arguments
    if not hasattr(layer, "state_size") and not isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional)):
        return []
    first = arguments.args[0] if arguments.args else None
    states = [first[1:] if isinstance(first, (list, tuple)) else None, *arguments.args[1:2]]
    states = keras.tree.flatten([*states, arguments.kwargs.get("initial_state")])
    return [state for state in states if isinstance(state, keras.KerasTensor)]


def _check_states(call):
    """A recurrent layer starts from states that are the same at every step."""
    if any(id(state) in call.kinds for state in _states(call)):
        raise NeedsAll(
            f"streaming: {named(call.operation)} is given its states (initial_state) by what reads the steps, which are"
            " not all read when it starts; give the states as inputs of the model, as keras.Input([units]), and export "
            "the part that makes them as a model of its own"
        )

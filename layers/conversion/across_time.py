"""Which tensors of a model have steps, and whether what is done with them can be done one step at a time.

across_time.check(model)        # ValueError, with the layer, why, and what to write instead

Of a functional model each input with an open axis behind the batch has steps; the others, a vector of features or a
category a row, are the same at every step. What is computed of such inputs alone is left as it is.
"""

import keras

from layers.conversion import looking_ahead
from layers.masking import SequenceMask
from layers.sequence_layer import SequenceLayer
from layers.time_distributed import TimeDistributed

STEPS, SO_FAR = "has steps", "changes from step to step"


def check(model):
    """Holds a functional model's layers to one step.

    Raises:
        ValueError: a layer pools, convolves, normalises or attends over time in a way that needs later steps, or is
            given states that change from step to step.
    """
    padded = {}
    for operation, arguments, outputs, kinds in walk(model):
        moving = [tensor for tensor in _tensors(arguments) if id(tensor) in kinds]
        steps = [tensor for tensor in moving if kinds[id(tensor)] == STEPS]
        if not steps or reads_within_steps(operation):
            continue
        _check_states(operation, arguments, kinds)
        fronts = [padded.get(id(tensor), 0) for tensor in steps]
        if reason := looking_ahead.reason(operation, _tensors(arguments), steps, max(fronts)):
            raise ValueError(
                f"streaming: frame by frame {named(operation)} would answer otherwise than to the whole sequence: it "
                f"{reason}; nothing was put in place"
            )
        padded |= dict.fromkeys(map(id, outputs), looking_ahead.front(operation))


def carriers(model):
    """The layers and operations of a functional model, flat, that are given steps or are inside of one that is."""
    unique = {}
    for operation, arguments, _, kinds in walk(model):
        if any(kinds.get(id(tensor)) == STEPS for tensor in _tensors(arguments)):
            flat = _over_time(operation) if isinstance(operation, keras.layers.Layer) else [operation]
            unique |= {id(one): one for one in flat}
    return [*unique.values()]


def lengths(model):
    """For each input of a functional model, flat, whether it is a vector that is used as the lengths of rows."""
    inputs = keras.tree.flatten(model._inputs_struct)
    used = _used_as_lengths(model)
    return [len(tensor.shape) == 1 and id(tensor) in used for tensor in inputs]


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


def walk(model, kinds=None):
    """(operation, its arguments, its outputs, kinds) of each call, with inner models replaced by the calls inside them.

    kinds: {id of a tensor: STEPS or SO_FAR} of those known by then; all others are the same at every step.
    """
    if kinds is None:
        kinds = {id(tensor): STEPS for tensor in keras.tree.flatten(model._inputs_struct) if has_steps(tensor)}
    for operation, inner, arguments, outputs in calls(model):
        tensors = _tensors(arguments)
        if inner is None:
            yield operation, arguments, outputs, kinds
        else:
            inputs = zip(keras.tree.flatten(inner._inputs_struct), tensors, strict=False)
            yield from walk(inner, {id(one): kinds[id(tensor)] for one, tensor in inputs if id(tensor) in kinds})
        if any(id(tensor) in kinds for tensor in tensors):
            # Inside a model within, the axis of the steps may be of known size.
            sizes = {tensor.shape[1] for tensor in tensors if kinds.get(id(tensor)) == STEPS}
            in_time = [len(output.shape) > 1 and output.shape[1] in {None, *sizes} for output in outputs]
            kinds |= {id(one): STEPS if timed else SO_FAR for one, timed in zip(outputs, in_time, strict=True)}


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


def _used_as_lengths(model):
    """The ids of a model's inputs that are used as lengths, themselves or with another type."""
    inputs = keras.tree.flatten(model._inputs_struct)
    used, same = set(), {id(tensor): id(tensor) for tensor in inputs}
    for operation, inner, arguments, outputs in calls(model):
        keyed = [*enumerate(arguments.args), *arguments.kwargs.items()]
        if inner is not None:
            tensors, wanted = _tensors(arguments), _used_as_lengths(inner)
            inner_inputs = zip(keras.tree.flatten(inner._inputs_struct), tensors, strict=False)
            used |= {same[id(tensor)] for one, tensor in inner_inputs if id(one) in wanted and id(tensor) in same}
        for key, tensor in keyed:
            if id(tensor) in same and (key == "lengths" or (isinstance(operation, SequenceMask) and key == 1)):
                used.add(same[id(tensor)])
            if id(tensor) in same and type(operation).__name__ in ("Cast", "Identity"):
                same |= dict.fromkeys(map(id, outputs), same[id(tensor)])
    return used


def _check_states(layer, arguments, kinds):
    """A recurrent layer starts from states that are the same at every step."""
    if not isinstance(layer, (SequenceLayer, keras.layers.RNN, keras.layers.Bidirectional)) and not hasattr(
        layer, "state_size"
    ):
        return
    first = arguments.args[0] if arguments.args else None
    states = [first[1:] if isinstance(first, (list, tuple)) else None, *arguments.args[1:2]]
    states = keras.tree.flatten([*states, arguments.kwargs.get("initial_state")])
    if any(id(state) in kinds for state in states):
        raise ValueError(
            f"streaming: {named(layer)} is given its states (initial_state) by what reads the steps, which are not all "
            "read when it starts; give the states as inputs of the model, as keras.Input([units]), and export the "
            "part that makes them as a model of its own"
        )

"""What a model does with the numbers of its inputs, read from the operations that TensorFlow traces, Lambdas included.

    traced_uses.uses(model, specification)      # a list of one `Uses` an input

A number is followed through what passes it on (casts, reshapes, slices, concatenations, sums with a constant) to a
table of vectors, which limits it; to a comparison with a range of steps, which makes a length of it; and to one with a
constant, which may mask a step.
"""

import dataclasses
import logging
import typing

import keras
import numpy as np
import tensorflow as tf

from pipelines.shared.export.inputs import model_answers

log = logging.getLogger("unroll")
# Operations that pass numbers on: which of their inputs, None for all of them.
PASSING = {
    **dict.fromkeys(
        ("Cast", "Reshape", "ExpandDims", "Squeeze", "Identity", "Transpose", "StridedSlice", "Slice", "Tile", "Pad",
         "BroadcastTo", "GatherV2", "ReverseV2", "SplitV", "Unpack", "PadV2", "StopGradient", "EnsureShape", "Snapshot",
         "TensorListFromTensor", "TensorListGetItem", "TensorListStack", "MirrorPad", "GatherNd"), (0,)),
    **dict.fromkeys(("ConcatV2", "Pack", "Minimum", "Maximum", "IdentityN"), None),
    "SelectV2": (1, 2), "Select": (1, 2), "Split": (1,),
}  # fmt: skip
CALLING = {"PartitionedCall": "f", "StatefulPartitionedCall": "f", "While": "body", "StatelessWhile": "body"}
COMPARING = ("Less", "LessEqual", "Greater", "GreaterEqual")
STEPS = "steps"  # stands for 0, 1, 2, ... where an input's number would


class Number(typing.NamedTuple):
    """What a tensor carries: the numbers of an input, or those of the steps."""

    source: int | str  # the position of the input, or STEPS
    shift: int = 0  # a constant that was added
    wraps: bool = False  # whether numbers below 0 count from the end


@dataclasses.dataclass
class Uses:
    """What an input's numbers are used for."""

    vocabulary: int | None = None  # they are rows of a table of so many, or of the smallest of several
    lowest: int = 0  # below which they would be no row of it
    positions: bool = False  # they are steps of a sequence of unknown length
    lengths: bool = False  # they are compared with the numbers of steps
    compared: float | None = None  # a constant that they are compared with for equality

    def limit(self, vocabulary, lowest):
        self.vocabulary = min(filter(None, (self.vocabulary, vocabulary)))
        self.lowest = max(self.lowest, lowest)


def traced(model, specification):
    """The graph of a model's call; None if it cannot be traced with these inputs."""

    def call(*tensors):
        return model(keras.tree.pack_sequence_as(model._inputs_struct, list(tensors)), training=False)

    try:
        with model_answers.loops_of_steps(model):
            return tf.function(call, autograph=False).get_concrete_function(*specification).graph
    except Exception:  # the model's own code, which may raise anything; a call says what
        return None


def uses(model, specification):
    """One `Uses` for each input; nothing is known of a model that cannot be traced."""
    input_uses, graph = [Uses() for _ in specification], traced(model, specification)
    if graph is not None:
        names = [tensor.name for tensor in _flat(graph)]
        carried = {name: {Number(index)} for index, name in enumerate(names[: len(specification)])}
        try:
            _read(graph, carried, input_uses)
        except Exception as error:  # of an operation made otherwise than those known; what was read until then is right
            log.debug("%s: its operations are not all read: %s", model.name, error)
    return input_uses


def _flat(graph):
    captured = {id(tensor) for tensor in graph.internal_captures}
    return [tensor for tensor in graph.inputs if id(tensor) not in captured]


def _read(graph, carried, input_uses):
    """Notes what a graph does with its numbers; `carried` is {tensor: {Number}}."""
    for outer, inner in graph.captures:
        if not isinstance(outer, tf.__internal__.EagerTensor) or outer.dtype in (tf.resource, tf.variant):
            continue
        if _counts(np.asarray(outer.numpy())):
            carried[inner.name] = {Number(STEPS)}
    for operation in graph.get_operations():
        numbers = [carried.get(tensor.name, set()) for tensor in operation.inputs]
        _note(operation, numbers, input_uses)
        passed = _passed(operation, numbers)
        if passed:
            carried.update({output.name: passed for output in operation.outputs})
        if operation.type in CALLING and any(numbers):
            _read_inside(operation, numbers, input_uses)


def _read_inside(operation, numbers, input_uses):
    """The same inside a function that an operation calls."""
    function = operation.graph._get_function(operation.get_attr(CALLING[operation.type]).name)
    inner = getattr(function, "graph", None)
    if inner is not None:
        _read(inner, {tensor.name: known for tensor, known in zip(inner.inputs, numbers, strict=False) if known},
              input_uses)  # fmt: skip


def _passed(operation, numbers):
    """What the outputs of an operation carry."""
    if operation.type == "Range" or (operation.type == "Const" and _counts(_constant(operation.outputs[0]))):
        return {Number(STEPS)}
    if operation.type == "Cumsum":
        return {Number(STEPS)}
    if operation.type in ("AddV2", "Add", "Sub") and len(numbers) == 2:
        return _shifted(operation, numbers)
    if operation.type not in PASSING:
        return set()
    positions = PASSING[operation.type]
    if operation.type == "SelectV2" and _below_zero(operation.inputs[0].op):
        return {known._replace(wraps=True) for known in numbers[1] | numbers[2]}
    return set().union(*(numbers if positions is None else [numbers[position] for position in positions]))


def _below_zero(operation):
    return operation.type == "Less" and _scalar(operation.inputs[1]) == 0


def _shifted(operation, numbers):
    """What is carried through a sum with a constant, or a difference from one."""
    for position, sign in ((0, 1), (1, 1)) if operation.type != "Sub" else ((0, -1),):
        constant = _scalar(operation.inputs[1 - position])
        if constant is not None and numbers[position]:
            return {known._replace(shift=known.shift + sign * constant) for known in numbers[position]}
    return {known for known in set().union(*numbers) if known.source == STEPS}


def _note(operation, numbers, input_uses):
    kind, inputs = operation.type, operation.inputs
    if kind in ("GatherV2", "ResourceGather", "GatherNd") and numbers[1]:
        _note_rows(_rows(operation), numbers[1], input_uses)
    elif kind in ("OneHot", "DenseBincount") and numbers[0] and _scalar(inputs[1]) is not None:
        _note_rows(_scalar(inputs[1]), numbers[0], input_uses)
    elif kind in COMPARING:
        for one, other in (numbers, numbers[::-1]):
            for source in _inputs(one) if STEPS in {known.source for known in other} else ():
                input_uses[source].lengths = True
    elif kind in ("ReverseSequence",):
        for source in _inputs(numbers[1]):
            input_uses[source].lengths = True
    elif kind in ("NotEqual", "Equal"):
        for position in (0, 1):
            constant = _scalar(inputs[1 - position])
            for source, shift, _ in numbers[position] if constant is not None else ():
                if source != STEPS and (kind == "NotEqual" or input_uses[source].compared is None):
                    input_uses[source].compared = constant - shift


def _inputs(numbers):
    return [known.source for known in numbers if known.source != STEPS]


def _note_rows(rows, numbers, input_uses):
    for source, shift, wraps in numbers:
        if source == STEPS:
            continue
        if rows is None:
            input_uses[source].positions = True
            input_uses[source].lowest = max(input_uses[source].lowest, 0 if wraps else int(-shift))
        elif rows - shift > 0:
            input_uses[source].limit(int(rows - shift), int(max(0, -shift)))


def _rows(operation):
    """How many rows the table has that an operation gathers from; None if that depends on the call."""
    table = operation.inputs[0]
    if operation.type == "ResourceGather":
        shape = tf.TensorShape(table._handle_data.shape_and_type[0].shape)
        return shape[0]
    if operation.type == "GatherNd":  # its indices are made of a row's number and what counts inside of it
        return table.shape[1] if table.shape.rank and table.shape.rank > 1 else None
    axis = _scalar(operation.inputs[2])
    return table.shape[int(axis)] if axis is not None and table.shape.rank else None


def _constant(tensor):
    value = tf.get_static_value(tensor)
    return None if value is None else np.asarray(value)


def _scalar(tensor):
    """The value of a constant of one number, whatever its shape; else None."""
    value = _constant(tensor) if tensor.dtype.is_integer or tensor.dtype.is_floating else None
    return value.reshape(-1)[0].item() if value is not None and value.size == 1 else None


def _counts(value):
    """Whether an array counts steps: 0, 1, 2, ... or 1, 2, 3, ..."""
    if value is None or value.dtype.kind not in "iuf" or value.size < 2 or value.size != max(value.shape):
        return False
    return bool((np.diff(value.reshape(-1)) == 1).all()) and value.reshape(-1)[0] in (0, 1)

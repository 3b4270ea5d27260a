"""The signature `step` of a `.tflite`: it takes one frame and the states, and returns the answer and the next states.

    step    frame of each input (batch, features) or (batch,), state_0, state_1, ... -> outputs, state_0, state_1, ...

States start at zero. The answers equal those to the whole sequence; this is checked before the file is put in place.
An input without steps, such as a vector of features or a category a row, is given whole in each call; so is a sequence
that a layer starts from or attends to as a whole, as the source of an encoder and decoder.
`step` takes no lengths: each row of a call has one real step. A row that has ended is left out of the next call, or its
answer is ignored. A step that the model itself masks (`Masking`, `mask_zero`, an input of booleans) leaves the states
as they are and repeats the answer, as in the whole sequence. `layers.conversion.streaming` has what the states are.
"""

import re

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from layers.conversion import streaming
from layers.conversion.unbound import unbound
from pipelines.shared.export import comparison
from pipelines.shared.export.inputs import drawn_inputs
from pipelines.shared.export.inputs import roles as input_roles
from pipelines.shared.export.models import streamed_layers

TOLERANCE = comparison.TOLERANCE["float32"]
_STATE = re.compile(r"state_\d+")
LONGEST = 32  # steps of a comparison before the conversion
# What the app's developer is told about it, besides how to prepare a whole sequence.
PREPARATION = (
    "Or step by step, as input comes: `step` takes one step of each row, without a time axis and without lengths, and "
    "the states, zeros before the first step. It answers to all steps so far, and gives the states for the next call."
)


def function(model, specification, names):
    """The tf.function of `step`.

    Args:
        model: a functional model of causal layers and of others that treat each step by itself.
        specification: its inputs, as tf.TensorSpec with an unknown batch.
        names: the names of its outputs.

    Raises:
        ValueError: a layer needs later steps, or no input has steps.
    """
    _check_names([*(tensor_spec.name for tensor_spec in specification), *names])
    steps = _steps(model)
    model, kinds = steps.model, steps.inputs
    frames = [
        tf.TensorSpec([None, *tensor_spec.shape[2 if kind == "steps" else 1 :]], tensor_spec.dtype, tensor_spec.name)
        for tensor_spec, kind in zip(specification, kinds, strict=True)
        if kind != "lengths"
    ]
    states = [tf.TensorSpec([None, *shape], tf.float32, f"state_{i}") for i, shape in enumerate(steps.state_shapes)]

    @tf.function(input_signature=[*frames, *states], autograph=False)
    def step(*tensors):
        inputs = _of_one_step(tensors[: len(frames)], kinds, specification)
        lengths = [tensor for tensor, kind in zip(inputs, kinds, strict=True) if kind == "lengths"]
        with steps.one(tensors[len(frames) :], lengths) as following:
            outputs = keras.tree.flatten(
                model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)
            )
        outputs = [
            tf.squeeze(output, 1) if steps.has_steps(tensor) else output
            for tensor, output in zip(model.outputs, outputs, strict=True)
        ]
        following = {f"state_{i}": state for i, state in enumerate(following)}
        return {**dict(zip(names, outputs, strict=True)), **following}

    return step


def _steps(model):
    """The model's `Steps`. What is lengths is read from its operations too, where a vector may be."""
    vectors = [tensor for tensor in model.inputs if len(tensor.shape) == 1 and keras.backend.is_int_dtype(tensor.dtype)]
    roles = input_roles.roles(model) if vectors else []
    return streaming.Steps(model, [number for number, role in enumerate(roles) if role.lengths])


def _check_names(names):
    if taken := sorted(name for name in names if _STATE.fullmatch(name)):
        raise ValueError(
            f"streaming: `step` calls its states state_0, state_1 ..., and the model has an input or output of that "
            f"name: {', '.join(taken)}; give its layer another one"
        )


def _of_one_step(frames, kinds, specification):
    """The model's inputs of one step, with lengths of 1."""
    rows, remaining = frames[0], iter(frames)
    while len(rows.shape) > 1:
        rows = rows[..., 0]
    ones, inputs = tf.ones_like(rows, tf.int32), []  # (batch,)
    for kind, tensor_spec in zip(kinds, specification, strict=True):
        if kind == "lengths":
            inputs.append(tf.cast(ones, tensor_spec.dtype))
        else:
            inputs.append(tf.expand_dims(next(remaining), 1) if kind == "steps" else next(remaining))
    return inputs


def check_layers(model, calls):
    """Compares the layers of a model step by step with themselves on whole sequences, before anything is converted.

    Args:
        model: functional. calls: lists of its inputs.

    Raises:
        ValueError: the model's answers differ; the first layer to do so is named.
    """
    steps = _steps(model)
    kinds, is_open = steps.inputs, steps.model is model
    for tensors in calls:
        if is_open:
            tensors = [_beginning(*pair) for pair in zip(tensors, kinds, strict=True)]
        tensors, lengths = _alike(tensors, kinds)
        difference = streamed_layers.compare(steps, tensors, lengths)
        if not difference <= TOLERANCE:
            first = streamed_layers.first(steps, tensors, lengths, TOLERANCE)
            raise ValueError(_refusal(model, difference, first))


def _beginning(tensor, kind):
    """So many steps as are quickly compared; the file is compared on all of them."""
    if kind == "lengths":
        return np.minimum(tensor, LONGEST)
    return tensor[:, :LONGEST] if kind == "steps" else tensor


def _refusal(model, difference, first=None):
    named = f"the first to do so is {first}: it" if first else "a layer of it"
    return (
        f"streaming: frame by frame {model.name} differs by {difference:.1e} from itself on the whole sequence, "
        f"expected {TOLERANCE:.0e} at the most; {named} looks beyond one step, or makes a mask or uses lengths in a "
        "way that needs more than one; nothing was put in place"
    )


def check(model, path, specification, names, calls):
    """Compares the signature `step` of a `.tflite` with the model; see `compare`.

    Raises:
        ValueError: its answers frame by frame differ from those to the whole sequence.
    """
    run, steps = Interpreter(str(path), num_threads=1).get_signature_runner("step"), _steps(model)
    for tensors in calls:
        difference = compare(model, steps, run, specification, names, tensors)
        if not difference <= TOLERANCE:
            raise ValueError(_refusal(model, difference))


def compare(model, steps, run, specification, names, tensors):
    """The greatest difference between `step` frame by frame and the model on the whole sequence.

    Args:
        steps: the model's `streaming.Steps`. run: the signature's runner.
        tensors: the model's inputs, one per specification, all with the same number of steps. Where several are
            vectors of lengths, the first is used for all.
    """
    in_time, kinds = [steps.has_steps(tensor) for tensor in steps.model.outputs], steps.inputs
    tensors, lengths = _alike(tensors, kinds)
    with unbound(model):
        expected = keras.tree.flatten(drawn_inputs.answers(model, tensors))
    details = {name: detail for name, detail in run.get_input_details().items() if _STATE.fullmatch(name)}
    states = {
        name: np.zeros((len(tensors[0]), *detail["shape_signature"][1:]), "float32") for name, detail in details.items()
    }
    worst = 0.0
    for t in range(steps_of(tensors, kinds)):
        frames = {
            tensor_spec.name: tensor[:, t] if kind == "steps" else tensor
            for tensor_spec, tensor, kind in zip(specification, tensors, kinds, strict=True)
            if kind != "lengths"
        }
        outputs = run(**frames, **states)
        states = {name: outputs[name] for name in states}
        for timed, name, whole in zip(in_time, names, map(np.asarray, expected), strict=True):
            rows = lengths > t if timed else lengths == t + 1
            whole = whole[rows, t] if timed else whole[rows]
            worst = max(worst, comparison.difference(outputs[name][rows], whole, of_greatest=True))
    return worst


def _alike(tensors, kinds):
    """(the inputs, all lengths equal to the first of them; the lengths of the rows)."""
    all_steps = np.full(len(tensors[0]), steps_of(tensors, kinds))
    lengths = next((tensor for tensor, kind in zip(tensors, kinds, strict=True) if kind == "lengths"), all_steps)
    tensors = [
        lengths.astype(tensor.dtype) if kind == "lengths" else tensor
        for tensor, kind in zip(tensors, kinds, strict=True)
    ]
    return tensors, lengths


def steps_of(tensors, kinds):
    """The number of steps of whole inputs.

    Raises:
        ValueError: it is not the same in all of them.
    """
    counts = {tensor.shape[1] for tensor, kind in zip(tensors, kinds, strict=True) if kind == "steps"}
    if len(counts) != 1:
        raise ValueError(f"streaming: expected as many steps in each input, received {sorted(counts)}")
    return counts.pop()

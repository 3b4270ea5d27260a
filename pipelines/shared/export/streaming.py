"""The signature `step` of a `.tflite`: it takes one frame and the states, and returns the answer and the next states.

    step    frame of each input (batch, features) or (batch,), state_0, state_1, ... -> outputs, state_0, state_1, ...

States start at zero. The answers equal those to the whole sequence; this is checked before the file is put in place.
`step` takes no lengths: each row of a call has one real step. A row that has ended is left out of the next call, or its
answer is ignored. A step that the model itself masks (`Masking`, `mask_zero`) leaves the states as they are and repeats
the answer, as in the whole sequence.
"""

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from layers.conversion import streaming
from pipelines.shared.export import comparison, drawn_inputs

TOLERANCE = comparison.TOLERANCE["float32"]
# What the app's developer is told about it, besides how to prepare a whole sequence.
PREPARATION = (
    "Or step by step, as input comes: `step` takes one step of each row, without a time axis and without lengths, and "
    "the states, zeros before the first step. It answers to all steps so far, and gives the states for the next call."
)


def function(model, specification, names):
    """The tf.function of `step`.

    Args:
        model: a functional model of causal recurrent layers and of others that treat each step by itself.
        specification: its inputs, as tf.TensorSpec with an unknown batch and an unknown number of steps.
        names: the names of its outputs.

    Raises:
        ValueError: a layer reads a sequence from its end, or an input has a fixed number of steps.
    """
    _check_inputs(specification)
    frames = [
        tf.TensorSpec([None, *tensor_spec.shape[2:]], tensor_spec.dtype, tensor_spec.name)
        for tensor_spec in specification
        if _timed(tensor_spec)
    ]
    steps = streaming.Steps(model)
    states = [tf.TensorSpec([None, size], tf.float32, f"state_{i}") for i, size in enumerate(steps.state_sizes)]

    @tf.function(input_signature=[*frames, *states], autograph=False)
    def step(*tensors):
        frame_tensors, states = iter(tensors[: len(frames)]), tensors[len(frames) :]
        rows = tensors[0]  # (batch, ...)
        while len(rows.shape) > 1:
            rows = rows[..., 0]
        ones = tf.ones_like(rows, tf.int32)  # (batch,)
        inputs = [
            tf.expand_dims(next(frame_tensors), 1) if _timed(tensor_spec) else tf.cast(ones, tensor_spec.dtype)
            for tensor_spec in specification
        ]
        lengths = [tensor for tensor, tensor_spec in zip(inputs, specification, strict=True) if not _timed(tensor_spec)]
        with steps.one(list(states), lengths) as following:
            outputs = keras.tree.flatten(
                model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)
            )
        outputs = [
            tf.squeeze(output, 1) if _in_time(tensor) else output
            for tensor, output in zip(model.outputs, outputs, strict=True)
        ]
        following = {f"state_{i}": state for i, state in enumerate(following)}
        return {**dict(zip(names, outputs, strict=True)), **following}

    return step


def _check_inputs(specification):
    for tensor_spec in specification:
        if len(tensor_spec.shape) > 1 and tensor_spec.shape[1] is not None:
            raise ValueError(
                f"{tensor_spec.name}: expected any number of steps, as of keras.Input([None, ...]), "
                f"received {tensor_spec.shape}"
            )
        if len(tensor_spec.shape) == 1 and not tensor_spec.dtype.is_integer:
            raise ValueError(
                f"{tensor_spec.name}: expected steps, or whole numbers as lengths, "
                f"received a vector of {tensor_spec.dtype.name}"
            )


def _timed(specification):
    """Whether an input has steps; a vector is taken for lengths, which are all 1 in a `step`."""
    return len(specification.shape) > 1


def _in_time(tensor):
    return len(tensor.shape) > 2 and tensor.shape[1] is None


def check(model, path, specification, names, calls):
    """Compares the signature `step` of a `.tflite` with the model; see `compare`.

    Raises:
        ValueError: its answers frame by frame differ from those to the whole sequence.
    """
    run = Interpreter(str(path), num_threads=1).get_signature_runner("step")
    for tensors in calls:
        difference = compare(model, run, specification, names, tensors)
        if not difference <= TOLERANCE:
            raise ValueError(
                f"streaming: frame by frame {model.name} differs by {difference:.1e} from itself on the whole "
                f"sequence, expected {TOLERANCE:.0e} at the most; a layer of it looks beyond one step, or makes a mask "
                "or uses lengths in a way that needs more than one; nothing was put in place"
            )


def compare(model, run, specification, names, tensors):
    """The greatest difference between `step` frame by frame and the model on the whole sequence.

    Args:
        run: the signature's runner. tensors: the model's inputs, one per specification, all with the same number of
            steps. Where several are vectors of lengths, the first is used for all.
    """
    batch, steps = len(tensors[0]), steps_of(tensors)
    lengths = next((tensor for tensor in tensors if tensor.ndim == 1), np.full(batch, steps))
    tensors = [lengths.astype(tensor.dtype) if tensor.ndim == 1 else tensor for tensor in tensors]
    expected = keras.tree.flatten(drawn_inputs.answers(model, tensors))
    details = {name: detail for name, detail in run.get_input_details().items() if name.startswith("state_")}
    outputs = {name: np.zeros((batch, detail["shape_signature"][1]), "float32") for name, detail in details.items()}
    worst = 0.0
    for t in range(steps):
        frames = {
            tensor_spec.name: tensor[:, t]
            for tensor_spec, tensor in zip(specification, tensors, strict=True)
            if _timed(tensor_spec)
        }
        outputs = run(**frames, **{name: state for name, state in outputs.items() if name.startswith("state_")})
        for tensor, name, whole in zip(model.outputs, names, map(np.asarray, expected), strict=True):
            rows = lengths > t if _in_time(tensor) else lengths == t + 1
            whole = whole[rows, t] if _in_time(tensor) else whole[rows]
            worst = max(worst, comparison.difference(outputs[name][rows], whole, of_greatest=True))
    return worst


def steps_of(tensors):
    """The number of steps of whole inputs."""
    return next(tensor.shape[1] for tensor in tensors if tensor.ndim > 1)

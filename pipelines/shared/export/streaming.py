"""The signature `step` of a `.tflite`: one frame and the states in, the answer so far and the next states out.

    step    frame of each input (batch, features) or (batch,), state_0, state_1, ... -> outputs, state_0, state_1, ...

States start at zero. The answers equal those to the whole sequence, which is checked before the file is put in place.
Lengths are no input: each row of a call has one real step, and a row that has come to its end is left out of the next
call, or its answer disregarded. A step that the model itself masks (`Masking`, `mask_zero`) leaves the states as they
are and repeats the answer, as in the whole sequence.
"""

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from layers.conversion import streaming
from pipelines.shared.export import comparison, drawn_inputs

TOLERANCE = comparison.TOLERANCE["float32"]
# What an app is told of it, beside how the whole sequence is prepared.
PREPARATION = (
    "Or step by step, as input comes: `step` takes one step of each row, without a time axis and without lengths, and "
    "the states, zeros before the first step. It answers to all steps so far, and gives the states for the next call."
)


def function(model, specification, names):
    """The tf.function of `step`.

    Args:
        model: functional; causal recurrent layers, and others that treat each step by itself.
        specification: its inputs, as tf.TensorSpec with the batch and the steps unknown.
        names: of its outputs.

    Raises:
        ValueError: a layer reads from the end, or an input has a fixed number of steps.
    """
    _check_inputs(specification)
    frames = [tf.TensorSpec([None, *each.shape[2:]], each.dtype, each.name) for each in specification if _timed(each)]
    steps = streaming.Steps(model)
    states = [tf.TensorSpec([None, size], tf.float32, f"state_{i}") for i, size in enumerate(steps.state_sizes)]

    @tf.function(input_signature=[*frames, *states], autograph=False)
    def step(*tensors):
        given, states = iter(tensors[: len(frames)]), tensors[len(frames) :]
        ones = tf.ones_like(tensors[0][..., 0] if len(tensors[0].shape) > 1 else tensors[0], tf.int32)
        inputs = [
            tf.expand_dims(next(given), 1) if _timed(each) else tf.cast(ones, each.dtype) for each in specification
        ]
        lengths = [x for x, each in zip(inputs, specification, strict=True) if not _timed(each)]
        with steps.one(list(states), lengths) as following:
            outputs = keras.tree.flatten(
                model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)
            )
        outputs = [tf.squeeze(y, 1) if _in_time(x) else y for x, y in zip(model.outputs, outputs, strict=True)]
        following = {f"state_{i}": state for i, state in enumerate(following)}
        return {**dict(zip(names, outputs, strict=True)), **following}

    return step


def _check_inputs(specification):
    for each in specification:
        if len(each.shape) > 1 and each.shape[1] is not None:
            raise ValueError(
                f"{each.name}: expected any number of steps, as of keras.Input([None, ...]), received {each.shape}"
            )
        if len(each.shape) == 1 and not each.dtype.is_integer:
            raise ValueError(
                f"{each.name}: expected steps, or whole numbers as lengths, received a vector of {each.dtype.name}"
            )


def _timed(specification):
    """Whether an input has steps; a vector is taken for lengths, which are one at a step."""
    return len(specification.shape) > 1


def _in_time(tensor):
    return len(tensor.shape) > 2 and tensor.shape[1] is None


def check(model, path, specification, names, calls):
    """Compares the signature `step` of a `.tflite` with the model; see `compare`.

    Raises:
        ValueError: frame by frame it differs from the whole sequence.
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
        run: the signature's runner. tensors: inputs of the model, one a specification, of the same number of steps; of
            several vectors of lengths the first is taken for all.
    """
    batch, steps = len(tensors[0]), steps_of(tensors)
    lengths = next((x for x in tensors if x.ndim == 1), np.full(batch, steps))
    tensors = [lengths.astype(x.dtype) if x.ndim == 1 else x for x in tensors]
    expected = keras.tree.flatten(drawn_inputs.answers(model, tensors))
    details = {name: each for name, each in run.get_input_details().items() if name.startswith("state_")}
    found = {name: np.zeros((batch, each["shape_signature"][1]), "float32") for name, each in details.items()}
    worst = 0.0
    for t in range(steps):
        frames = {each.name: x[:, t] for each, x in zip(specification, tensors, strict=True) if _timed(each)}
        found = run(**frames, **{name: value for name, value in found.items() if name.startswith("state_")})
        for tensor, name, whole in zip(model.outputs, names, map(np.asarray, expected), strict=True):
            rows = lengths > t if _in_time(tensor) else lengths == t + 1
            whole = whole[rows, t] if _in_time(tensor) else whole[rows]
            worst = max(worst, comparison.difference(found[name][rows], whole, of_greatest=True))
    return worst


def steps_of(tensors):
    """The number of steps of whole inputs."""
    return next(x.shape[1] for x in tensors if x.ndim > 1)

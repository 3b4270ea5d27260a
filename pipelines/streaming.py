"""The signature `step` of a `.tflite`: one frame and the states in, the answer so far and the next states out.

    step    frame of each input (batch, features) or (batch,), state_0, state_1, ... -> outputs, state_0, state_1, ...

States start at zero. The answers equal those to the whole sequence, which is checked before the file is put in place.
"""

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from layers import streaming

TOLERANCE = 1e-5
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
    for each in specification:
        if len(each.shape) > 1 and each.shape[1] is not None:
            raise ValueError(
                f"{each.name}: expected any number of steps, as of keras.Input([None, ...]), received {each.shape}"
            )
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
        with steps.one(list(states)) as following:
            outputs = keras.tree.flatten(
                model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)
            )
        outputs = [tf.squeeze(y, 1) if _in_time(x) else y for x, y in zip(model.outputs, outputs, strict=True)]
        following = {f"state_{i}": state for i, state in enumerate(following)}
        return {**dict(zip(names, outputs, strict=True)), **following}

    return step


def _timed(specification):
    """Whether an input has steps; a vector is taken for lengths, which are one at a step."""
    return len(specification.shape) > 1


def _in_time(tensor):
    return len(tensor.shape) > 2 and tensor.shape[1] is None


def check(model, path, specification, names, tensors):
    """Compares the signature `step` of a `.tflite` with the model; see `compare`.

    Raises:
        ValueError: frame by frame it differs from the whole sequence.
    """
    run = Interpreter(str(path), num_threads=1).get_signature_runner("step")
    difference = compare(model, run, specification, names, tensors)
    if not difference <= TOLERANCE:
        raise ValueError(
            f"streaming: frame by frame {model.name} differs by {difference:.1e} from itself on the whole sequence, "
            f"expected {TOLERANCE:.0e} at the most; a layer of it looks beyond one step (pooling, attention, "
            "convolution over time) or is given its states; nothing was put in place"
        )


def compare(model, run, specification, names, tensors):
    """The greatest difference between `step` frame by frame and the model on the whole sequence.

    Args:
        run: the signature's runner. tensors: inputs of the model, one a specification, of the same number of steps.
    """
    tensors = [np.ones_like(x) * steps_of(tensors) if x.ndim == 1 else x for x in tensors]
    expected = model(
        keras.tree.pack_sequence_as(model._inputs_struct, [tf.constant(x) for x in tensors]), training=False
    )
    expected = dict(zip(names, map(np.asarray, keras.tree.flatten(expected)), strict=True))
    batch, worst = len(tensors[0]), 0.0
    found = {
        f"state_{i}": np.zeros((batch, size), "float32") for i, size in enumerate(streaming.Steps(model).state_sizes)
    }
    for t in range(steps_of(tensors)):
        frames = {each.name: x[:, t] for each, x in zip(specification, tensors, strict=True) if _timed(each)}
        found = run(**frames, **{name: value for name, value in found.items() if name.startswith("state_")})
        for tensor, name in zip(model.outputs, names, strict=True):
            if _in_time(tensor):
                worst = max(worst, np.abs(found[name] - expected[name][:, t]).max())
    last = [np.abs(found[n] - expected[n]).max() for x, n in zip(model.outputs, names, strict=True) if not _in_time(x)]
    return float(max([worst, *last]))


def steps_of(tensors):
    """The number of steps of whole inputs."""
    return next(x.shape[1] for x in tensors if x.ndim > 1)

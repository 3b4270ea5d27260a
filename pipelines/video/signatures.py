"""What is exported of a model of frames, with the encoder inside: frames in, a label for each of them out.

serving_default   of the SavedModel: labels as text, and probabilities
ids               probabilities alone; serving_default of the .tflite
step              of a network that only looks back: one frame and the states in, probabilities and states out
"""

import numpy as np
import tensorflow as tf

from pipelines.shared import defaults
from pipelines.video import answers, data, live

browser = defaults.browser
golden = defaults.golden
PADDED = {"serving_default": {}, "ids": {}}
alike = defaults.alike
MEANINGS = {
    "frames": "frames of the clip, levels from 0 to 255, or features; those behind the length do not count",
    "lengths": "how many frames of each clip are there",
    "labels": "the label of each frame, empty behind the length",
    "probabilities": "of each frame, a probability for each line of labels.txt",
    "step.frames": "one frame of each clip",
    "step.probabilities": "a probability for each line of labels.txt, after the frames so far",
}
LENGTHS = (5, 2, 7)  # frames of the clips on which exports are compared


def serving(artifact):
    """The SavedModel's signatures."""
    infer = artifact.task.network.infer(artifact)
    labels = tf.constant([*(str(label) for label in artifact.preprocessor.labels), ""])

    @tf.function(autograph=False, input_signature=infer.input_signature)
    def from_frames(frames, lengths):
        probabilities = infer(frames, lengths)["probabilities"]
        best = tf.argmax(probabilities, axis=-1, output_type=tf.int32)  # (batch, time)
        real = tf.sequence_mask(lengths, tf.shape(frames)[1])
        return {"labels": tf.gather(labels, tf.where(real, best, len(labels) - 1)), "probabilities": probabilities}

    return {"serving_default": from_frames, "ids": infer, **_step(artifact)}


def _step(artifact):
    """{"step": its function} of a network that only looks back."""
    return {"step": live.function(artifact.model)} if artifact.config.causal else {}


def mobile(artifact):
    """The .tflite's signatures and the text file beside it."""
    files = {"labels.txt": map(str, artifact.preprocessor.labels)}
    return {"serving_default": artifact.task.network.infer(artifact), **_step(artifact)}, files


def preparation(artifact):
    """How an app gets from a video to frames, in sentences."""
    preprocessor = artifact.preprocessor
    if preprocessor.shape is None:
        return [
            f"frames: {preprocessor.size} numbers a frame, in the units of the training data, one frame after another."
        ]
    shape = preprocessor.shape
    kind = "gray, one level a pixel" if shape.channels == 1 else "in red, green and blue"
    sentences = [
        f"frames: unsigned bytes {kind}; bring every frame, upright and whole, to {shape.width}x{shape.height} pixels "
        "by the mean of each area (AREA of FFmpeg and of OpenCV), without regard to its shape.",
        "Frames are taken as they come, at whatever rate the training had; lengths says how many are there.",
        "probabilities: of each frame, in the order of labels.txt; the label is that of the greatest.",
    ]
    if artifact.config.causal:
        sentences.append("step takes one frame and the states, zeros before the first, and gives those for the next.")
    return sentences


def probes(artifact, seed=0):
    """Raw inputs on which exports are compared with the model: clips of random frames, one of them dark."""
    draw, shape = np.random.default_rng(seed), artifact.preprocessor.frame_shape
    if artifact.preprocessor.shape is None:
        mean, scale = np.array(artifact.preprocessor.mean), np.array(artifact.preprocessor.scale)
        return [(mean + scale * draw.normal(size=(length, *shape))).round(4).tolist() for length in LENGTHS]
    clips = [draw.integers(0, 256, (length, *shape)) for length in LENGTHS]
    clips[1] //= 8
    return [clip.tolist() for clip in clips]


def _tensors(artifact, inputs):
    frames, lengths = answers.padded(artifact.preprocessor, data.read_inputs(_typed(artifact, inputs), artifact.config))
    return {"frames": frames, "lengths": lengths}


def _typed(artifact, inputs):
    return [np.asarray(one, artifact.preprocessor.frame_type) for one in inputs]


def encode(artifact, inputs):
    """The tensors of `ids`, padded, and the model's answers."""
    tensors = _tensors(artifact, inputs)
    return tensors, {"probabilities": np.asarray(artifact.infer(**tensors)["probabilities"])}


def further(artifact, inputs):
    """The tensors of `step` at the second frame of each clip, and the network's answers to both frames at once."""
    if not artifact.config.causal:
        return {}
    step, tensors = live.function(artifact.model), _tensors(artifact, inputs)
    frames, states = tensors["frames"], live.beginning(step, len(inputs))
    if frames.shape[1] < 2:
        return {}
    first = step(frames[:, 0], *states.values())
    states = {name: first[name].numpy() for name in states}
    both = artifact.infer(frames[:, :2], np.full(len(frames), 2, np.int32))["probabilities"]
    return {"step": ({"frames": frames[:, 1], **states}, {"probabilities": np.asarray(both)[:, 1]})}


def serve(artifact, inputs):
    """The tensors of `serving_default` and the model's answers, as `predict` gives them."""
    tensors, expected = encode(artifact, inputs)
    texts = np.full(expected["probabilities"].shape[:2], "", object)
    for row, answer in enumerate(artifact.predict(_typed(artifact, inputs))):
        texts[row, : len(answer["labels"])] = answer["labels"]
    return tensors, {"labels": texts.tolist(), **expected}

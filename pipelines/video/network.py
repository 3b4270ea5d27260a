"""The network: frames -> those beside each -> an encoder for all frames at once -> recurrent layers -> a score a class.

The loss is the cross-entropy of each frame's label, smoothed; frames without a label have no part in it.
"""

import math

import keras
import numpy as np
import tensorflow as tf

import layers
from pipelines.shared import defaults
from pipelines.shared.metrics.step_accuracy import StepAccuracy
from pipelines.shared.networks import recurrent
from pipelines.video import encoders, preprocessor

LOOKS_BACK = {"causal": [True]}
watch = defaults.watch
calibrate = defaults.calibrate
completed = defaults.completed

MOST_PIXELS = 64 * 64  # of a frame, where no size is given
MOST_PIXELS_OF_APPLICATIONS = 112 * 112
PIXELS = 2**21  # of all frames of a step, at the most
STEPS, LEAST_STEPS = 2000, 24  # of a training; of an epoch
EPOCHS = (12, 40)


def settings_for(examples, config):
    """Size and colours of frames, the encoder, windows a step and epochs, by the training split.

    height, width: the most frequent size, made smaller, with the same shape, to at most 64x64 pixels (112x112 for a
    network of keras.applications). color: gray if all frames are. batch_size: 16 windows, fewer of a small training
    split or of large frames. epochs: for 2,000 steps, from 12 to 40.
    """
    clips = examples["clip"]
    encoders.check(config.encoder)
    features = clips[0].size > 0
    chosen = {"encoder": "none" if features else "cnn"}
    if (config.encoder or chosen["encoder"]) == "none" and not features:
        raise ValueError("encoder: expected cnn or a network of keras.applications for frames, received none")
    if features and config.encoder not in (None, "none"):
        raise ValueError(f"encoder: expected none for features, received {config.encoder!r}")
    applied = (config.encoder or "cnn") not in ("cnn", "none")
    if not features:
        chosen["height"], chosen["width"] = _size(clips, config, applied)
        chosen["color"] = "rgb" if applied or not all(clip.gray for clip in clips) else "gray"
    if applied and config.color == "gray":
        raise ValueError(f"color: expected rgb for {config.encoder}, received gray")
    rows = preprocessor.cut(examples, config)
    longest = max(stop - start for _, start, stop, *_ in rows)
    pixels = longest * (1 if features else (config.height or chosen["height"]) * (config.width or chosen["width"]))
    batch = max(1, min(16, PIXELS // pixels, len(rows) // LEAST_STEPS))
    batch = config.batch_size or max(batch, min(2, PIXELS // pixels))
    epochs = round(STEPS / math.ceil(len(rows) / batch))
    return chosen | {"batch_size": batch, "epochs": int(np.clip(epochs, *EPOCHS))}


def _size(clips, config, applied):
    """(height, width): the most frequent one, made smaller where it is too large; one that is set decides the other."""
    sizes = [(clip.height, clip.width) for clip in clips]
    height, width = max(dict.fromkeys(sizes), key=sizes.count)
    if config.height or config.width:
        part = config.height / height if config.height else config.width / width
        return config.height or max(1, round(height * part)), config.width or max(1, round(width * part))
    most = MOST_PIXELS_OF_APPLICATIONS if applied else MOST_PIXELS
    if height * width <= most:
        return height, width
    part = math.sqrt(most / (height * width))
    return tuple(max(8, 8 * round(side * part / 8)) for side in (height, width))


def build(preprocessor, config):
    """The network: {"frames", "lengths"} -> scores before the softmax (batch, time, classes)."""
    shape = preprocessor.frame_shape
    frames = keras.Input((None, *shape), dtype=str(preprocessor.frame_type), name="frames")
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    encoder = layers.TimeDistributed(_encoder(shape, config), name="encoded")
    x = encoder(_beside(frames, lengths, preprocessor, config))  # (batch, time, encoder_size)
    x = keras.layers.Dropout(config.dropout)(x)
    read = recurrent.stack(config, bidirectional=not config.causal, name="recurrent")
    x = read(x, lengths=lengths)  # (batch, time, units)
    x = keras.layers.Dropout(config.dropout)(x)
    y = keras.layers.Dense(len(preprocessor.labels), dtype="float32", name="scores")(x)
    return keras.Model({"frames": frames, "lengths": lengths}, y, name="video")


def beside(config):
    """(frames before, frames after) that the encoder sees beside each."""
    if config.encoder not in ("cnn", "none"):
        return 0, 0
    return (2 * config.context, 0) if config.causal else (config.context, config.context)


def _beside(frames, lengths, preprocessor, config):
    """Frames as numbers around 0, with those beside each as further channels."""
    if preprocessor.shape is None:
        x = layers.Standardize(preprocessor.mean, preprocessor.scale)(frames)
    elif config.encoder == "cnn":
        (mean,), (scale,) = preprocessor.mean, preprocessor.scale
        x = keras.layers.Rescaling(1 / scale, -mean / scale)(frames)
    else:
        return keras.layers.Rescaling(1.0)(frames)  # levels, as the network of keras.applications takes them
    return layers.BesideSteps(*beside(config))(x, lengths=lengths) if config.context else x


def _encoder(shape, config):
    count = sum(beside(config)) + 1
    shape = (*shape[:-1], shape[-1] * count)
    if config.encoder == "none":
        return encoders.of_features(shape, config)
    return encoders.of_frames(shape, config) if config.encoder == "cnn" else encoders.of_application(shape, config)


@keras.saving.register_keras_serializable(package="unroll")
class FrameCrossentropy(layers.SmoothedCrossentropy):
    """Smoothed cross-entropy of labels (batch, time), where -1 stands for none; its weight is to be 0."""

    def call(self, y_true, y_pred):
        return super().call(keras.ops.maximum(y_true, 0), y_pred)


def axis_names(preprocessor):
    """Labels along the last axis of the last layer."""
    return {"scores": [(preprocessor.labels, (-1,))]}


def compiled(config):
    return {"loss": FrameCrossentropy(config.smoothing), "metrics": [StepAccuracy()]}


def infer(artifact):
    """A function frames, lengths -> {"probabilities": (batch, time, classes)}, traced once."""
    prepared = artifact.preprocessor
    specification = [
        tf.TensorSpec([None, None, *prepared.frame_shape], prepared.frame_type, "frames"),
        tf.TensorSpec([None], tf.int32, "lengths"),
    ]

    @tf.function(autograph=False, input_signature=specification)
    def from_frames(frames, lengths):
        return {"probabilities": tf.nn.softmax(artifact.model({"frames": frames, "lengths": lengths}))}

    return from_frames

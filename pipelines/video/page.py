"""What a served labeller of frames may be asked for: the labels of a clip."""

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.messages import shown
from pipelines.shared.serving.refusals import Refused
from pipelines.video import answers, sample
from pipelines.video.clips import decoded

FRAMES = 2_000  # of a clip
OPTIONS, ACTIONS, BOUNDS = defaults.OPTIONS, defaults.ACTIONS, defaults.BOUNDS
to_json, listed, quicken = defaults.to_json, defaults.listed, defaults.quicken


def from_json(artifact, values):
    """Clips: lists of frames, of rows of gray values from 0 to 255 or of [red, green, blue]; or lists of features."""
    clips = [_frames(artifact, value, place) for place, value in enumerate(values, 1)]
    return artifact.task.read_inputs(clips, artifact.config, {}) if clips else []


def _frames(artifact, value, place):
    """The frames of a clip as an array."""
    features = artifact.preprocessor.shape is None
    form = "lists of numbers" if features else "lists of rows of numbers from 0 to 255"
    expected = f"inputs, {place}: expected from 1 to {FRAMES:,} frames, {form}, received"
    try:
        array = np.array(value)
    except ValueError as error:
        raise Refused(400, f"{expected} frames of different sizes") from error
    if array.dtype.kind not in "if" or not array.size or array.ndim not in ((2,) if features else (3, 4)):
        raise Refused(400, f"{expected} {shown(value)}")
    levels = features or (array.dtype.kind == "i" and array.min() >= 0 and array.max() <= 255)
    if not levels or len(array) > FRAMES or (array.ndim == 4 and array.shape[3] != 3):
        raise Refused(400, f"{expected} an array of shape {array.shape}, from {array.min():g} to {array.max():g}")
    return array.astype(np.float32 if features else np.uint8)


def examples(artifact):
    """A clip of the built-in sample; of features some of nothing in particular."""
    if artifact.preprocessor.shape is None:
        return [np.zeros((8, artifact.preprocessor.size)).tolist()]
    return [sample.generate(clips=1)["frames"][0].tolist()]


def card(artifact):
    """{"labels", "shape"}: the names of the classes, and the size of frames that the network sees."""
    preprocessor = artifact.preprocessor
    return {"labels": [str(label) for label in preprocessor.labels], "shape": list(preprocessor.frame_shape)}


def _read_clip(artifact, path, asked):
    """{"answers"}: the labels of the frames of a video."""
    shape = artifact.preprocessor.shape
    if shape is None:
        raise Refused(400, "file: expected none, since the network reads features and no pictures")
    clip = decoded.opened(path, shape, FILM)
    return {"answers": to_json(artifact, answers.answer(artifact, [clip]))}


FILM = 10_000  # frames of a video file
FILES = dict.fromkeys((".mp4", ".webm", ".avi", ".mov", ".mkv", ".mpg", ".gif"), ({}, _read_clip))

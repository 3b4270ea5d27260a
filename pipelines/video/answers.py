"""From clips to a label for each of their frames, which `predict` returns; and live, frame by frame.

A clip of up to `WHOLE` frames is answered at once. A longer one is read in windows, which overlap by the frames that
the encoder sees beside each; the recurrent layers then read what all of them became. So the answers are those to the
whole clip, without a seam, whatever its length is.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

import keras
import numpy as np
import tensorflow as tf

from pipelines.video import captions as subtitles
from pipelines.video import network, segments
from pipelines.video.live import Live

WHOLE = 512  # frames
PIXELS = 2**22  # of all frames in a call


class Answer(TypedDict):
    """The answer of `predict` to one clip; lists hold a value a frame."""

    video: str
    seconds: list[float] | None
    labels: list[str]
    probability: list[float]
    probabilities: dict[str, list[float]]
    segments: list[dict]


def stream(artifact: Any, frames: Iterable | None = None) -> Live | Iterator[dict]:
    """Labels as frames come, of a causal network: a `live.Live`, or with `frames` an iterator of answers.

    Args:
        frames: arrays (height, width) or (height, width, 3), of any size, one after another; or features (numbers,).

    Raises:
        ValueError: the network looks ahead.
    """
    live = Live(artifact)
    return live if frames is None else map(live.step, frames)


VERBS = {"stream": stream}


def at_once(preprocessor):
    """How many frames fit into one call."""
    return max(16, PIXELS // int(np.prod(preprocessor.frame_shape[:2] if preprocessor.shape else (1,))))


def probabilities(artifact, clips):
    """Yields (row, float32 (frames, classes)) of each clip, in any order; few are in memory at once."""
    preprocessor, group, most = artifact.preprocessor, [], at_once(artifact.preprocessor)
    for row, clip in enumerate(clips):
        if clip.frames:
            preprocessor.check(clip)
        else:
            yield row, np.zeros((0, len(preprocessor.labels)), np.float32)
    order = np.argsort([clip.frames for clip in clips], kind="stable")
    for row in (row for row in order.tolist() if clips[row].frames):
        if clips[row].frames > min(WHOLE, most) and hasattr(artifact.infer, "python_function"):
            yield row, _of_long(artifact, clips[row])
            continue
        if group and (len(group) + 1) * clips[row].frames > most:
            yield from _of_group(artifact, clips, group)
            group = []
        group.append(row)
    yield from _of_group(artifact, clips, group)


def _of_group(artifact, clips, rows):
    """The answers to several clips in one call, padded to the longest."""
    if not rows:
        return
    frames, lengths = padded(artifact.preprocessor, [clips[row] for row in rows])
    outputs = np.asarray(artifact.infer(frames, lengths)["probabilities"])
    for row, length, output in zip(rows, lengths, outputs, strict=True):
        yield row, output[:length].astype(np.float32)


def padded(preprocessor, clips):
    """(frames (clips, time, ...), lengths int32 (clips,)) of whole clips."""
    lengths = np.array([clip.frames for clip in clips], np.int32)
    frames = np.zeros((len(clips), max(1, lengths.max()), *preprocessor.frame_shape), preprocessor.frame_type)
    for row, clip in zip(frames, clips, strict=True):
        row[: clip.frames] = clip.read(0, clip.frames, preprocessor.shape)
    return frames, lengths


def _of_long(artifact, clip):
    """float32 (frames, classes) of a clip that is read piece by piece."""
    encode, label = _halves(artifact)
    step, (before, after) = min(WHOLE, at_once(artifact.preprocessor)), network.beside(artifact.config)
    parts = []
    for start in range(0, clip.frames, step):
        stop = min(start + step, clip.frames)
        first, last = max(0, start - before), min(clip.frames, stop + after)
        frames = clip.read(first, last, artifact.preprocessor.shape)[None]
        encoded = np.asarray(encode(frames, np.array([last - first], np.int32)))[0]
        parts.append(encoded[start - first : stop - first])
    encoded = np.concatenate(parts)[None]
    return np.asarray(label(encoded, np.array([clip.frames], np.int32)))[0].astype(np.float32)


def _halves(artifact):
    """(frames, lengths -> encoded; encoded, lengths -> probabilities): the network in two, kept with its model."""
    model = artifact.model
    kept = artifact.__dict__.get("_video_halves")
    if kept is None or kept[0] is not model:
        encoded, lengths = model.get_layer("encoded").output, model.input["lengths"]
        first, second = (
            keras.Model([model.input["frames"], lengths], encoded),
            keras.Model([encoded, lengths], model.output),
        )
        encode = tf.function(lambda frames, lengths: first([frames, lengths]), autograph=False, reduce_retracing=True)
        label = tf.function(
            lambda encoded, lengths: tf.nn.softmax(second([encoded, lengths])), autograph=False, reduce_retracing=True
        )
        kept = model, encode, label
        artifact._video_halves = kept
    return kept[1:]


def answer(artifact: Any, inputs: list, captions: str | None = None) -> list[Answer]:
    """The label of each frame of each clip, with the probabilities of all labels.

    Args:
        captions: a file, such as out.mp4, for the video with its labels written into the frames; of several clips,
            their numbers are added to its name.
    """
    if captions is not None:
        subtitles.check(captions, inputs)
    labels, answers = [str(label) for label in artifact.preprocessor.labels], [None] * len(inputs)
    for row, output in probabilities(artifact, inputs):
        answers[row] = _answer(inputs[row], output, labels)
    if captions is not None:
        subtitles.write_all(captions, inputs, answers)
    return answers


def _answer(clip, output, labels):
    best = output.argmax(axis=1)
    runs = segments.runs(best)
    return {
        "video": clip.name,
        "seconds": None if clip.times is None else np.round(clip.times, 4).tolist(),
        "labels": [labels[code] for code in best],
        "probability": output.max(axis=1).tolist(),
        "probabilities": {label: column.tolist() for label, column in zip(labels, output.T, strict=True)},
        "segments": [{"start": start, "end": end, "label": labels[code]} for start, end, code in runs],
    }


def columns(inputs, answers):
    """video, frame, label, probability and a probability_<label> for each label; seconds where they are known."""
    table = {name: [] for name in ("video", "frame", "seconds", "label", "probability")}
    labels = list(answers[0]["probabilities"]) if answers else []
    table |= {f"probability_{label}": [] for label in labels}
    for one in answers:
        count = len(one["labels"])
        table["video"] += [one["video"]] * count
        table["frame"] += range(count)
        table["seconds"] += one["seconds"] or [None] * count
        table["label"] += one["labels"]
        table["probability"] += one["probability"]
        for label in labels:
            table[f"probability_{label}"] += one["probabilities"][label]
    if all(second is None for second in table["seconds"]):
        del table["seconds"]
    return table

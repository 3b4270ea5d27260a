"""Clips to tensors: windows of frames, read from disk when they are needed, varied in training.

    frames   uint8 (batch, time, height, width, channels), or features float32 (batch, time, numbers)
    lengths  int32 (batch,), how many frames are there; the rest is padding
    targets  int32 (batch, time), the number of each frame's label; -1 where it does not count

Frames are decoded in threads of tf.data beside the training; none is kept in memory, and up to 4 GB of a split on disk
(`clips.kept`). A clip longer than
`window` is cut into windows that share `overlap` frames; each frame counts once, in the window where it is farther from
the ends.
"""

import collections
import functools
import itertools
import logging

import numpy as np
import tensorflow as tf

from pipelines.shared.batches import bucketing
from pipelines.video import variation
from pipelines.video.clips.kept import Kept
from pipelines.video.clips.kinds import Shape, Unreadable

log = logging.getLogger("unroll")

MEASURED, MEASURED_FRAMES = 64, 16  # clips, and frames of each, by which the mean of all is estimated
KEPT = 2**32  # bytes of decoded frames of a split that are put on disk during a training
UNKNOWN = -2  # the number of a label that the training split lacks


class Preprocessor:
    """What the network must know of the training split.

    labels: in their order. shape: of frames, or None. size: numbers a frame, of features. mean, scale: of levels, one
    number each; of features, one a number. counts: frames of each label. background: the label that
    `accuracy_without_background` leaves out.
    """

    module = None  # no tables

    def __init__(self, labels, shape, size, mean, scale, counts, background):
        self.labels, self.size, self.mean, self.scale = list(labels), size, mean, scale
        self.shape = None if shape is None else Shape(*shape)
        self.counts, self.background = counts, background
        self._numbers = {str(label): number for number, label in enumerate(self.labels)}

    def state(self):
        shape = self.shape and [self.shape.height, self.shape.width, self.shape.channels]
        return {
            "labels": self.labels, "shape": shape, "size": self.size, "mean": self.mean, "scale": self.scale,
            "counts": self.counts, "background": self.background,
        }  # fmt: skip

    @property
    def frame_shape(self):
        """The shape of one frame: (height, width, channels), or (numbers,)."""
        return (self.size,) if self.shape is None else (self.shape.height, self.shape.width, self.shape.channels)

    @property
    def frame_type(self):
        return np.dtype(np.float32 if self.shape is None else np.uint8)

    def codes(self, labels):
        """int32 (frames,) of `labels.Labels`: -1 where a frame has none, -2 for one that the training lacks."""
        table = np.array([self._numbers.get(str(name), UNKNOWN) for name in labels.names] + [-1], np.int32)
        return table[labels.codes]

    def check(self, clip):
        """Refuses a clip of another kind than the training's.

        Raises:
            ValueError: features for pictures, or of another size, or the other way round.
        """
        if clip.size != self.size:
            wanted, received = ((f"{size} numbers a frame" if size else "pictures") for size in (self.size, clip.size))
            several = self.size and clip.size > self.size and clip.size % self.size == 0
            hint = "; an array of several clips is to be a list of arrays" if several else ""
            raise ValueError(f"{clip.name}: expected {wanted}, as in training, received {received}{hint}")

    def weights(self, how):
        """float32 (labels + 2,): the weight of each label in the loss, and zeros for -2 and -1."""
        counts = np.maximum(np.array(self.counts, np.float64), 1)
        powers = {"none": 0.0, "root": 0.5, "balanced": 1.0}
        weights = (counts.mean() / counts) ** powers[how]
        weights *= counts.sum() / (weights * counts).sum()
        return np.append(weights, [0, 0]).astype(np.float32)


def prepare(examples, config):
    """The preprocessor of a training split."""
    counts = collections.Counter()
    for labels in examples["labels"]:
        counts += labels.counts()
    numbers = all(name.removeprefix("-").isdecimal() for name in counts)
    labels = sorted(counts, key=int if numbers else None)
    clips = examples["clip"]
    size = clips[0].size
    shape = None if size else [config.height, config.width, 3 if config.color == "rgb" else 1]
    mean, scale = _measured(clips, shape and Shape(*shape))
    background = config.background if config.background is not None else max(labels, key=counts.get)
    if background not in counts:
        raise ValueError(f"background: expected one of the labels {', '.join(labels)}, received {background!r}")
    return Preprocessor(labels, shape, size, mean, scale, [counts[label] for label in labels], background)


def restore(state):
    return Preprocessor(**state)


def _measured(clips, shape):
    """(mean, scale) of the levels of evenly drawn frames, or of each number of features; lists of floats."""
    chosen = [clips[row] for row in np.unique(np.linspace(0, len(clips) - 1, MEASURED).astype(int))]
    parts = []
    for clip in chosen:
        start = max(0, (clip.frames - MEASURED_FRAMES) // 2) if shape else 0
        stop = min(clip.frames, start + MEASURED_FRAMES) if shape else clip.frames
        parts.append(clip.read(start, stop, shape).astype(np.float64))
    rows = np.concatenate(parts).reshape(-1, 1 if shape else parts[0].shape[1])
    return rows.mean(axis=0).tolist(), np.maximum(rows.std(axis=0), 1e-3 if not shape else 1.0).tolist()


def windows(lengths, window, overlap):
    """[(clip, start, stop, own start, own stop)] of clips of these lengths: each frame is one window's own.

    >>> windows([5, 10], window=6, overlap=2)
    [(0, 0, 5, 0, 5), (1, 0, 6, 0, 5), (1, 4, 10, 5, 10)]
    """
    rows = []
    for clip, length in enumerate(lengths):
        if length <= window:
            rows.append((clip, 0, length, 0, length))
            continue
        count = -(-(length - overlap) // (window - overlap))
        starts = np.linspace(0, length - window, count).round().astype(int).tolist()
        bounds = [0, *((one + window + other) // 2 for one, other in itertools.pairwise(starts)), length]
        rows += [(clip, start, start + window, own, end)
                 for start, own, end in zip(starts, bounds, bounds[1:], strict=False)]  # fmt: skip
    return rows


def cut(examples, config):
    """The `windows` of examples.

    Raises:
        ValueError: an overlap that leaves nothing of a window.
    """
    if config.overlap >= config.window:
        raise ValueError(f"overlap: expected fewer frames than window={config.window}, received {config.overlap}")
    return windows([clip.frames for clip in examples["clip"]], config.window, config.overlap)


def batches(preprocessor, examples, config, training):
    """Batches of ({"frames", "lengths"}, targets, weights of the targets); see this module's docstring."""
    for clip in examples["clip"]:
        preprocessor.check(clip)
    rows = np.array(cut(examples, config), np.int64)
    lengths = (rows[:, 2] - rows[:, 1]).astype(np.int32)
    read, size = _Reader(preprocessor, examples, rows), tf.constant(lengths)
    numbers = tf.data.Dataset.range(len(rows))
    if training:
        numbers = numbers.shuffle(len(rows), seed=config.seed)
    seeds = tf.data.Dataset.random(config.seed, rerandomize_each_iteration=True)
    weights = tf.constant(preprocessor.weights(config.class_weights if training else "none"))

    def known(number, seed):
        return {"number": number, "seed": seed, "lengths": tf.gather(size, number)}, 0

    def batch(inputs, _):
        frames, targets = tf.numpy_function(
            read, [inputs["number"]], [preprocessor.frame_type, tf.int32], stateful=False
        )
        frames = tf.ensure_shape(frames, [None, None, *preprocessor.frame_shape])
        targets = tf.ensure_shape(targets, [None, None])
        if training:
            frames, targets = variation.of_batch(frames, targets, inputs["lengths"], inputs["seed"], config)
        weighted = tf.gather(weights, targets % len(weights))
        return {"frames": frames, "lengths": inputs["lengths"]}, targets, weighted

    pairs = bucketing.mapped(tf.data.Dataset.zip(numbers, seeds), known)
    batched = bucketing.in_buckets(pairs, lengths, config.batch_size, config.buckets)
    return bucketing.late(batched, batch)


class _Reader:
    """Reads windows: their numbers -> (frames, targets), padded to the longest. What cannot be read any more is said
    once, and does not count.

    rows: the `windows`.
    """

    def __init__(self, preprocessor, examples, rows):
        self._preprocessor, self._clips, self._rows, self._wrong = preprocessor, examples["clip"], rows, set()
        self._kept = Kept(KEPT) if any(clip.path is not None for clip in self._clips) else None
        self._codes = [np.maximum(preprocessor.codes(labels), -1) for labels in examples["labels"]]

    def __call__(self, numbers):
        rows = self._rows[numbers]
        longest = int((rows[:, 2] - rows[:, 1]).max())
        frames = np.zeros((len(rows), longest, *self._preprocessor.frame_shape), self._preprocessor.frame_type)
        targets = np.full((len(rows), longest), -1, np.int32)
        for row, (clip, start, stop, own, end) in enumerate(rows.tolist()):
            try:
                frames[row, : stop - start] = self._window(clip, start, stop)
            except (Unreadable, OSError) as error:
                self._say(clip, error)
                continue
            targets[row, own - start : end - start] = self._codes[clip][own:end]
        return frames, targets

    def _window(self, clip, start, stop):
        """The frames of a window; those of files are decoded once, as far as `KEPT` goes."""
        read = functools.partial(self._clips[clip].read, start, stop, self._preprocessor.shape)
        return read() if self._kept is None else self._kept.of((clip, start), read)

    def _say(self, clip, error):
        if clip not in self._wrong:
            self._wrong.add(clip)
            log.warning("%s cannot be read any more and does not count: %s", self._clips[clip].name, error)

"""Clips to tensors: windows of frames, read from disk when they are needed, varied in training.

    frames   uint8 (batch, time, height, width, channels), or features float32 (batch, time, numbers)
    lengths  int32 (batch,), how many frames are there; the rest is padding
    targets  int32 (batch, time), the number of each frame's label; -1 where it does not count

Frames are decoded in threads of tf.data beside the training, again in every epoch: no clip is kept. A clip longer than
`window` is cut into windows that share `overlap` frames; each frame counts once, in the window where it is farther from
the ends.
"""

import collections
import itertools
import logging

import numpy as np
import tensorflow as tf

from pipelines.shared.batches import bucketing
from pipelines.video import variation
from pipelines.video.clips.kinds import Shape, Unreadable

log = logging.getLogger("unroll")

MEASURED, MEASURED_FRAMES = 64, 16  # clips, and frames of each, by which the mean of all is estimated
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
            raise ValueError(f"{clip.name}: expected {wanted}, as in training, received {received}")

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
    read = _Reader(preprocessor, examples)
    numbers = tf.data.Dataset.range(len(rows))
    if training:
        numbers = numbers.shuffle(len(rows), seed=config.seed)
    seeds = tf.data.Dataset.random(config.seed, rerandomize_each_iteration=True)
    spans = tf.constant(rows)

    def example(number, seed):
        frames, targets = tf.numpy_function(
            read, [tf.gather(spans, number)], [preprocessor.frame_type, tf.int32], stateful=False
        )
        frames = tf.ensure_shape(frames, [None, *preprocessor.frame_shape])
        targets = tf.ensure_shape(targets, [None])
        if training:
            frames, targets = variation.varied(frames, targets, tf.stack([seed, 0]), config)
        return {"frames": frames, "lengths": tf.shape(frames)[0]}, targets

    pairs = tf.data.Dataset.zip(numbers, seeds)
    pairs = bucketing.mapped(pairs, example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    padding = {"frames": np.zeros((), preprocessor.frame_type), "lengths": np.int32(0)}, np.int32(-1)
    lengths = (rows[:, 2] - rows[:, 1]).astype(np.int32)
    batched = bucketing.in_buckets(pairs, lengths, config.batch_size, config.buckets, padding)
    weights = tf.constant(preprocessor.weights(config.class_weights if training else "none"))
    weigh = lambda inputs, targets: (inputs, targets, tf.gather(weights, targets % len(weights)))  # noqa: E731
    return bucketing.mapped(batched, weigh).prefetch(1)


class _Reader:
    """Reads a window: (clip, start, stop, own start, own stop) -> (frames, targets). What cannot be read any more is
    said once, and does not count."""

    def __init__(self, preprocessor, examples):
        self._preprocessor, self._clips, self._wrong = preprocessor, examples["clip"], set()
        self._codes = [np.maximum(preprocessor.codes(labels), -1) for labels in examples["labels"]]

    def __call__(self, span):
        clip, start, stop, own, end = (int(number) for number in span)
        targets = self._codes[clip][start:stop].copy()
        targets[: own - start] = targets[end - start :] = -1
        try:
            return self._clips[clip].read(start, stop, self._preprocessor.shape), targets
        except (Unreadable, OSError) as error:
            if clip not in self._wrong:
                self._wrong.add(clip)
                log.warning("%s cannot be read any more and does not count: %s", self._clips[clip].name, error)
        frames = np.zeros((stop - start, *self._preprocessor.frame_shape), self._preprocessor.frame_type)
        return frames, np.full(stop - start, -1, np.int32)

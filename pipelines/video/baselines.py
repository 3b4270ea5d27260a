"""What a model of frames has to beat: the most frequent label, and a logistic regression of each frame by itself.

    baseline = fit(preprocessor, examples)
    baseline.labels(clips)["linear"]            [int32 (frames,)], the number of each frame's label

The regression sees a frame as at most 256 levels, the means of its areas, or all numbers of features, standardised; it
is fitted to at most 10,000 frames, evenly drawn.
"""

import dataclasses
import warnings

import numpy as np
import sklearn.exceptions
import sklearn.linear_model

from pipelines.shared.storage import baseline_files
from pipelines.video.clips.kinds import Shape

LEVELS, FRAMES = 256, 10_000  # of a frame; that are fitted
STRENGTH = 0.03  # inverse of the penalty
READ = 512  # frames at once


@dataclasses.dataclass(frozen=True, eq=False)
class FrameBaseline:
    """shape: (height, width, channels) that frames are reduced to, zeros of features. mean, scale: (numbers,).
    weights: (numbers, classes). biases: (classes,). counts: frames of each label in training."""

    shape: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    counts: np.ndarray

    def labels(self, clips):
        """{name: [int32 (frames,) of each clip]}"""
        majority = [np.full(clip.frames, self.counts.argmax(), np.int32) for clip in clips]
        return {"majority": majority, "linear": list(map(self._linear, clips))}

    def _linear(self, clip):
        parts = [
            numbers(clip, start, min(start + READ, clip.frames), self.shape) for start in range(0, clip.frames, READ)
        ]
        scores = ((np.concatenate(parts) - self.mean) / self.scale) @ self.weights + self.biases
        return scores.argmax(axis=1).astype(np.int32)

    def save(self, folder):
        """Writes one file of plain arrays into the folder, which is made if there is none."""
        baseline_files.save(folder, dataclasses.asdict(self))


def numbers(clip, start, stop, shape):
    """float32 (frames, numbers) of some frames of a clip."""
    frames = clip.read(start, stop, None if clip.size else Shape(*map(int, shape)))
    return frames.reshape(len(frames), -1).astype(np.float32)


def fit(preprocessor, examples):
    """The baselines of a training split."""
    clips, shape = examples["clip"], _reduced(preprocessor.shape)
    codes = [preprocessor.codes(labels) for labels in examples["labels"]]
    total = sum(clip.frames for clip in clips)
    step = max(1, -(-total // FRAMES))
    parts, targets = [], []
    for number, (clip, known) in enumerate(zip(clips, codes, strict=True)):
        for start in range(0, clip.frames, READ):
            stop = min(start + READ, clip.frames)
            chosen = np.arange((number - start) % step, stop - start, step)
            chosen = chosen[known[start:stop][chosen] >= 0]
            parts.append(numbers(clip, start, stop, shape)[chosen])
            targets.append(known[start:stop][chosen])
    return learn(np.concatenate(parts), np.concatenate(targets), np.array(preprocessor.counts), shape)


def _reduced(shape):
    """The (height, width, channels) of frames of at most `LEVELS` levels, of the same shape."""
    if shape is None:
        return np.zeros(3, int)
    part = min(1.0, (LEVELS / (shape.height * shape.width * shape.channels)) ** 0.5)
    return np.array([max(1, int(shape.height * part)), max(1, int(shape.width * part)), shape.channels])


def learn(rows, targets, counts, shape=(0, 0, 0)):
    """The baselines of rows float32 (frames, numbers) and the numbers of their labels.

    >>> learn(np.float32([[0], [1], [0], [1]]), np.array([0, 1, 0, 1]), np.array([2, 2])).weights.shape
    (1, 2)
    """
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    weights, biases = np.zeros((rows.shape[1], len(counts)), np.float32), np.full(len(counts), -1e9, np.float32)
    seen = np.unique(targets)
    if len(seen) > 1:
        model = sklearn.linear_model.LogisticRegression(C=STRENGTH, max_iter=100)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)  # near enough for a baseline
            model.fit((rows - mean) / scale, targets)
        kernel, bias = model.coef_.T, model.intercept_
        if len(seen) == 2:
            kernel, bias = np.hstack([0 * kernel, kernel]), np.append(0, bias)
        weights[:, seen], biases[seen] = kernel, bias
    else:
        biases[seen] = 0
    return FrameBaseline(np.asarray(shape), mean, scale, weights, biases, np.asarray(counts))


def load(folder):
    """The baselines that `save` wrote into the folder."""
    return baseline_files.load(folder, lambda arrays: FrameBaseline(**arrays))

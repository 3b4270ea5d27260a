"""The scores of a label for every frame, and of the baselines on the same frames."""

import dataclasses

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.export.quantized_scores import by_signature
from pipelines.shared.metrics import outcomes, segments
from pipelines.video.answers import probabilities

retrained = defaults.retrained
score_tflite = by_signature
WORTH_A_WARNING = {"accuracy": 0.005}
BASELINES = {"linear": "the linear baseline of single frames", "majority": "the most frequent label"}
LEAST = 1e-7  # probability that counts in the logarithm


@dataclasses.dataclass(frozen=True, eq=False)
class Answered:
    """The answers to one clip: of each frame the label's number, its probability, and that of the true label."""

    codes: np.ndarray
    probability: np.ndarray
    truth: np.ndarray


def answered(artifact, examples):
    """A list of `Answered`, one a clip."""
    clips, rows = examples["clip"], [None] * len(examples["clip"])
    for row, output in probabilities(artifact, clips):
        codes = artifact.preprocessor.codes(examples["labels"][row])
        truth = np.where(codes >= 0, output[np.arange(len(output)), np.maximum(codes, 0)], 0.0)
        rows[row] = Answered(output.argmax(axis=1).astype(np.int32), output.max(axis=1), truth.astype(np.float32))
    return rows


def truths(preprocessor, examples):
    """A list of int32 (frames,): the numbers of labels; -1 where there is none, those not known above all."""
    codes = [preprocessor.codes(labels) for labels in examples["labels"]]
    return [np.where(one == -2, len(preprocessor.labels), one) for one in codes]


def score(artifact, examples, answered):
    """The metrics, and those of the baselines as `baseline_...`."""
    preprocessor = artifact.preprocessor
    true = truths(preprocessor, examples)
    real = [one >= 0 for one in true]
    if not any(one.any() for one in real):
        raise ValueError("evaluate: expected frames with labels, received none")
    true = [one[kept] for one, kept in zip(true, real, strict=True)]
    said = {"": [one.codes[kept] for one, kept in zip(answered, real, strict=True)]}
    baselines = artifact.baseline.labels(examples["clip"])
    said |= {f"baseline_{name}_": [one[kept] for one, kept in zip(codes, real, strict=True)]
             for name, codes in baselines.items()}  # fmt: skip
    background = preprocessor.labels.index(preprocessor.background)
    ignored = () if artifact.config.background is None else (background,)
    numbers = {"clips": len(true), "frames": sum(map(len, true))}
    for beginning, codes in said.items():
        values = segments.metrics(true, codes, len(preprocessor.labels), background, ignored)
        numbers |= {f"{beginning}{name}": value for name, value in values.items()}
    likelihood = np.concatenate([one.truth[kept] for one, kept in zip(answered, real, strict=True)])
    numbers["log_loss"] = -np.log(np.maximum(likelihood, LEAST)).mean()
    by_label = segments.f1_by_label(np.concatenate(true), np.concatenate(said[""]))
    numbers |= {f"f1_{preprocessor.labels[code]}": value for code, value in by_label.items()
                if code < len(preprocessor.labels)}  # fmt: skip
    return {name: float(value) for name, value in numbers.items() if value == value}


def outcomes_of(artifact, examples, answered):
    """How many frames of each clip get the right label, from the model and from each baseline."""
    true = truths(artifact.preprocessor, examples)
    said = {"": [one.codes for one in answered], **artifact.baseline.labels(examples["clip"])}
    right = {name: [(own == real)[real >= 0].sum() for own, real in zip(codes, true, strict=True)]
             for name, codes in said.items()}  # fmt: skip
    frames = [(real >= 0).sum() for real in true]
    called = "accuracy of frames"
    return outcomes.of_values("accuracy", right, counts=frames, called=called, noun="clips", names=BASELINES)

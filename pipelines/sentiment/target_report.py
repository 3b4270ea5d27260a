"""The report where several labels or a number are predicted: beside the baselines, label by label, most wrong texts."""

import matplotlib.figure
import numpy as np

from pipelines.shared.report import headline, pages, probabilities

MOST_LABELS = 100  # in the table
MOST_POINTS = 2000  # in the picture


def several(artifact, examples, answered):
    """The sections of several labels a text."""
    numbers, labels = artifact.metrics, list(map(str, artifact.preprocessor.labels))
    titles = {"micro F1": "micro_f1", "macro F1": "macro_f1", "average precision": "average_precision"}
    beside = _beside(
        artifact, {"linear (a logistic regression for each label)": "linear", "share of each label": "shares"}, titles
    )
    threshold = pages.note(f"A label is given from a probability of {numbers['threshold']:g} on.")
    header = {"examples": "examples", "precision": "precision", "recall": "recall", "F1": "f1",
              "average precision": "average_precision"}  # fmt: skip
    frequent = sorted(labels, key=lambda label: -numbers[f"examples_{label}"])[:MOST_LABELS]
    rows = [[label, *(numbers.get(f"{key}_{label}") for key in header.values())] for label in frequent]
    return [
        pages.Section("Result on the test split", pages.numbers(headline.of(artifact, titles)) + threshold + beside),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
        pages.Section("Labels", pages.table("The most frequent first", ["label", *header], rows)),
        pages.Section("How far probabilities can be trusted", _trusted(artifact, examples, answered)),
        pages.Section("Most wrong", pages.examples("Texts whose labels were told worst",
                                                   _worst_labels(artifact, examples, answered))),
    ]  # fmt: skip


def _trusted(artifact, examples, answered):
    """Calibration, precision and recall by threshold, of all labels of all texts together; right texts by length."""
    truth, positive = np.ravel(artifact.preprocessor.targets(examples["label"])), np.ravel(answered)
    right = (positive >= 0.5) == (truth > 0)
    calibrated = probabilities.calibration(np.maximum(positive, 1 - positive), right)
    whole = (artifact.preprocessor.targets(examples["label"]) == (answered >= artifact.metrics["threshold"])).all(
        axis=1
    )
    by_length = probabilities.by_length(_words(examples), whole, "all labels right")
    return calibrated + probabilities.thresholds(positive, truth, "a label") + by_length


def _words(examples):
    return [len(text.split()) for text in examples["text"]]


def number(artifact, examples, answered):
    """The sections of a number."""
    truth = np.asarray(artifact.preprocessor.targets(examples["label"]), float)
    trusted = probabilities.by_value(answered, truth) + probabilities.by_length(
        _words(examples), abs(truth - answered), "mean absolute error"
    )
    titles = {"mean absolute error": "mae", "root mean squared error": "rmse", "R2": "r2"}
    beside = _beside(artifact, {"linear (ridge regression)": "linear", "the mean": "mean"}, titles)
    return [
        pages.Section("Result on the test split", pages.numbers(headline.of(artifact, titles)) + beside),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
        pages.Section("Predicted and true", _scattered(truth, answered)),
        pages.Section("How far numbers can be trusted", trusted),
        pages.Section("Most wrong", pages.examples("Texts whose number was furthest off",
                                                   _worst_numbers(artifact, examples, answered))),
    ]  # fmt: skip


def _beside(artifact, baselines, columns):
    """A table of the model and its baselines."""
    numbers = artifact.metrics
    prefixes = {"this model": "", **{name: f"baseline_{key}_" for name, key in baselines.items()}}
    rows = [[name, *(numbers.get(prefix + key) for key in columns.values())] for name, prefix in prefixes.items()]
    return pages.table("Beside the baselines", ["model", *columns], rows, headline.error(artifact))


def _worst_labels(artifact, examples, answered, count=10):
    truth = artifact.preprocessor.targets(examples["label"])  # (examples, labels)
    right = np.where(truth, answered, 1 - answered).min(axis=1)  # (examples,) probability of the worst label
    labels = artifact.preprocessor.labels
    answers = artifact.task.answers.answer(artifact, [examples["text"][row] for row in np.argsort(right)[:count]])
    return [
        (
            examples["text"][row],
            {
                "truth": _named(labels[column] for column in np.flatnonzero(truth[row])),
                "predicted": _named(answer["labels"]),
            },
        )
        for row, answer in zip(np.argsort(right)[:count], answers, strict=True)
        if right[row] < 0.5
    ]


def _named(labels):
    return ", ".join(map(str, labels)) or "none"


def _worst_numbers(artifact, examples, answered, count=10):
    truth = artifact.preprocessor.targets(examples["label"])
    return [
        (examples["text"][row], {"truth": float(truth[row]), "predicted": float(answered[row])})
        for row in np.argsort(-abs(truth - answered))[:count]
    ]


def _scattered(truth, predicted):
    """A picture of predicted against true numbers."""
    drawn = np.linspace(0, len(truth) - 1, min(len(truth), MOST_POINTS)).astype(int)
    drawing = matplotlib.figure.Figure(figsize=(5, 5), layout="constrained")
    axes = drawing.add_subplot(xlabel="true", ylabel="predicted")
    ends = [float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))]
    axes.plot(ends, ends, color=pages.GRID, linewidth=1)
    axes.scatter(truth[drawn], predicted[drawn], s=9, alpha=0.4, linewidths=0, color=pages.VALIDATION)
    return pages.figure(drawing, "Predicted against true numbers of the test split; right ones lie on the line.")

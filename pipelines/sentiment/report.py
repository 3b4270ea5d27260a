"""The report of a text classifier: its numbers beside the baselines', curves, confusion, and its worst mistakes."""

import numpy as np

from pipelines.sentiment import target_report, why
from pipelines.shared import defaults
from pipelines.shared.metrics import classification
from pipelines.shared.report import headline, pages, probabilities

illustrate = defaults.illustrate


def sections(artifact, examples, answered):
    """The sections: numbers beside the baselines', curves, confusion, worst mistakes."""
    if artifact.preprocessor.target != "class":
        sections = getattr(target_report, artifact.preprocessor.target)(artifact, examples, answered)
        return [*sections, why.of_others(artifact, examples, answered)]
    numbers, labels = artifact.metrics, artifact.preprocessor.labels
    compared = {
        "this model": "",
        "linear (tf-idf, words and pairs)": "baseline_linear_",
        "linear (NB-SVM, words and pairs)": "baseline_nbsvm_",
        "majority class": "baseline_majority_",
    }
    compared = {name: key for name, key in compared.items() if f"{key}accuracy" in numbers}  # 0.1 had no NB-SVM
    rows = [[name, numbers[f"{key}accuracy"], numbers[f"{key}macro_f1"]] for name, key in compared.items()]
    matrix = classification.confusion(numbers, labels)
    shown = headline.of(artifact, {"accuracy": "accuracy", "macro F1": "macro_f1", "AUC": "auc"})
    lacking = pages.note(classification.lacking(numbers, labels))
    beside = pages.table("Beside the baselines", ["model", "accuracy", "macro F1"], rows, headline.error(artifact))
    return [
        pages.Section("Result on the test split", pages.numbers(shown) + lacking + beside),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
        pages.Section("Confusion", pages.confusion_matrix(labels, matrix) + probabilities.by_class(labels, matrix)),
        pages.Section("How far probabilities can be trusted", _trusted(artifact, examples, answered)),
        pages.Section(
            "Most wrong",
            pages.examples("Texts whose true label got the least probability", _worst(artifact, examples, answered)),
        ),
        why.section(artifact, examples, answered),
    ]


def _trusted(artifact, examples, answered):
    """Calibration, where right answers are by length, and of two classes precision and recall by threshold."""
    labels, truth = artifact.preprocessor.labels, np.array(artifact.preprocessor.classes(examples["label"]))
    right, words = answered.argmax(axis=1) == truth, [len(text.split()) for text in examples["text"]]
    parts = [probabilities.calibration(answered.max(axis=1), right), probabilities.by_length(words, right)]
    if len(labels) == 2:
        parts.append(probabilities.thresholds(answered[:, 1], truth == 1, str(labels[1])))
    return "".join(parts)


def _worst(artifact, examples, answered, count=10):
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    right = answered[np.arange(len(truth)), truth]  # (examples,) probability of the true label
    best = answered.argmax(axis=1)  # (examples,)
    labels = artifact.preprocessor.labels
    return [
        (
            examples["text"][row],
            {
                "truth": labels[truth[row]],
                "predicted": labels[best[row]],
                "probability of the truth": float(right[row]),
            },
        )
        for row in np.argsort(right)[:count]
        if best[row] != truth[row]
    ]

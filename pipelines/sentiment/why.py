"""Why: the section of the report that shows which words decided, of some right and some wrong answers."""

import numpy as np

from pipelines.sentiment import answers
from pipelines.shared.report import marked_texts, pages

EACH = 4  # right answers, and as many wrong ones
SAID = (
    "A word's part is by how much the log-odds of the answer fall when the word is blotted out: +0.69 is a factor of "
    "two. Words for the answer have a solid line below them, words against it a dotted one."
)


def section(artifact, examples, answered):
    """The section "Why" of a test split; answered: probabilities (examples, classes)."""
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    right, wrong = chosen(truth, answered)
    explained = _explained(artifact, examples, [*right, *wrong])
    shown = [
        marked_texts.examples("Right answers", explained[: len(right)]),
        marked_texts.examples("Wrong answers, the surest first", explained[len(right) :]),
    ]
    return pages.Section("Why: which words decided", pages.note(SAID) + "".join(shown))


def chosen(truth, answered):
    """(rows of right answers from sure to doubtful, rows of wrong ones, the surest first)."""
    of_truth = answered[np.arange(len(truth)), truth]  # (examples,)
    is_right = answered.argmax(axis=1) == truth
    order = np.argsort(-of_truth, kind="stable")
    right, wrong = order[is_right[order]], order[~is_right[order]][::-1]
    spread = np.unique(np.linspace(0, len(right) - 1, EACH).round().astype(int)) if len(right) else []
    return [int(right[place]) for place in spread], wrong[:EACH].tolist()


def _explained(artifact, examples, rows):
    """[(text, words, facts)] of rows of the examples."""
    texts = [examples["text"][row] for row in rows]
    explained = answers.answer(artifact, texts, explain=True)
    return [
        (text, answer["words"], {"said": f"{answer['label']} ({answer['probability']:.0%})",
                                 "truth": examples["label"][row]})
        for row, text, answer in zip(rows, texts, explained, strict=True)
    ]  # fmt: skip

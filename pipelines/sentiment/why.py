"""Why: the section of the report that shows which words decided, of some right and some wrong answers."""

import numpy as np

from pipelines.sentiment import answers, inside
from pipelines.shared.data import stored
from pipelines.shared.report import marked_texts, pages

LONGEST = 1200  # bytes of a text that is explained, if there are such; the cost is the square of its words
MOST_WORDS = 40  # of the text whose gates are shown
EACH = 4  # right answers, and as many wrong ones
SAID = (
    "A word's part is by how much the log-odds of the answer fall when the word is blotted out: +0.69 is a factor of "
    "two. Words for the answer have a solid line below them, words against it a dotted one."
)

LINES = "Words that raise it have a solid line below them, words that lower it a dotted one."
SAID_OF_LABELS = (
    "A word's part is by how much the log-odds of the likeliest label fall when the word is blotted out: +0.69 is a "
    f"factor of two. {LINES}"
)
SAID_OF_NUMBERS = f"A word's part is by how much the number falls when the word is blotted out. {LINES}"


def section(artifact, examples, answered):
    """The section "Why" of a test split; answered: probabilities (examples, classes)."""
    truth = np.array(artifact.preprocessor.classes(examples["label"]))
    rows = _short(examples)
    right, wrong = (rows[several].tolist() for several in chosen(truth[rows], answered[rows]))
    explained = _explained(artifact, examples, [*right, *wrong])
    shown = [
        marked_texts.examples("Right answers", explained[: len(right)]),
        marked_texts.examples("Wrong answers, the surest first", explained[len(right) :]),
    ]
    html = pages.note(SAID) + "".join(shown) + _gates(artifact, [examples["text"][row] for row in right])
    return pages.Section("Why: which words decided", html)


def of_others(artifact, examples, answered):
    """The section of a test split where several labels or a number are predicted.

    answered: probabilities (examples, labels), or numbers (examples,).
    """
    rows = _short(examples)
    truth, answered = artifact.preprocessor.targets(examples["label"])[rows], answered[rows]
    several = answered.ndim == 2
    off = np.where(truth, 1 - answered, answered).max(axis=1) if several else abs(truth - answered)  # (examples,)
    order = rows[np.argsort(off, kind="stable")]
    best, worst = order[:EACH].tolist(), order[EACH:][::-1][:EACH].tolist()
    explained = _explained(artifact, examples, [*best, *worst])
    shown = [
        marked_texts.examples("The best answers", explained[: len(best)]),
        marked_texts.examples("The worst answers", explained[len(best) :]),
    ]
    said = SAID_OF_LABELS if several else SAID_OF_NUMBERS
    html = pages.note(said) + "".join(shown) + _gates(artifact, [examples["text"][row] for row in best])
    return pages.Section("Why: which words decided", html)


def _short(examples):
    """The rows of the texts that are not long, or of all if there are no others."""
    short = np.flatnonzero(stored.Texts.of(examples["text"]).sizes <= LONGEST)
    return short if len(short) else np.arange(len(examples["text"]))


def _gates(artifact, texts):
    """The picture of the gates over the shortest of some texts, if the cells have gates and it has words."""
    words = [len(ids) for ids in artifact.preprocessor.sequences(texts)]
    fitting = [row for row, count in enumerate(words) if 1 < count <= MOST_WORDS]
    if not fitting:
        return ""
    text = texts[min(fitting, key=lambda row: words[row])]
    try:
        drawing = inside.gates(artifact, text).picture()
    except ValueError:  # cells without gates, or a network of another task's own without such layers
        return ""
    caption = f"{text}: the darker, the more a gate lets through, and the more of a word is still remembered."
    heading = "<h3>What is remembered and forgotten from word to word</h3>"
    return heading + pages.figure(drawing, f"Gates of the lowest recurrent layer over: {text}", caption)


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
        (text, answer["words"], {"said": _said(answer), "truth": _written(examples["label"][row])})
        for row, text, answer in zip(rows, texts, explained, strict=True)
    ]


def _said(answer):
    """What was answered, of classes, of several labels or of a number."""
    if "label" in answer:
        return f"{answer['label']} ({answer['probability']:.0%})"
    return _written(tuple(answer["labels"]) if "labels" in answer else answer["value"])


def _written(truth):
    if isinstance(truth, tuple):
        return ", ".join(map(str, truth)) or "none"
    return f"{truth:.4g}" if isinstance(truth, float) else truth

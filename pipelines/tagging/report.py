"""The report of a tagger: its numbers beside the baselines', confusion of tags, frequent mistakes, sentences."""

import collections

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.metrics import entities
from pipelines.shared.report import headline, pages
from pipelines.tagging import scores

illustrate = defaults.illustrate

BASELINES = {
    "linear (a word, its neighbours, its ending)": "linear",
    "the most frequent tag of each word": "frequent",
}
MOST_TAGS = 30  # in the table, the most frequent ones
SHOWN = 12


def sections(artifact, examples, answered):
    """The sections: numbers beside the baselines', tags, mistakes, sentences, curves."""
    numbers, names = artifact.metrics, artifact.preprocessor.tags
    truth, said = list(examples["tags"]), [[names[tag] for tag in tags] for tags in answered[0]]
    counts = scores.confusion(truth, said)
    first = ["f1", "accuracy", "sentence_accuracy", "accuracy_unknown", "split_f1"]
    shown = headline.of(artifact, {name.replace("_", " "): name for name in first if name in numbers})
    note = pages.note(_of_words(numbers))
    return [
        pages.Section("Result on the test split", pages.numbers(shown) + note + _beside(artifact)),
        *_of_entities(numbers),
        pages.Section("Tags", _by_tag(*counts) + pages.confusion_matrix(*counts)),
        pages.Section("Most frequent mistakes", _mistakes(examples["tokens"], truth, said)),
        pages.Section("Sentences", _worst(examples["tokens"], truth, said, answered[1])),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
    ]


def _of_words(numbers):
    known, unknown = numbers.get("accuracy_known"), numbers.get("accuracy_unknown")
    if known is None or unknown is None:
        return ""
    return (
        f"{numbers['unknown_words']:.1%} of the words are not in the training split: {unknown:.1%} of them have the "
        f"right tag, and {known:.1%} of the others."
    )


def _beside(artifact):
    numbers = artifact.metrics
    keys = ["accuracy", "sentence_accuracy", "macro_f1", *(["f1"] if "f1" in numbers else [])]
    rows = [["this model", *(numbers[key] for key in keys)]]
    rows += [[words, *(numbers.get(f"baseline_{name}_{key}") for key in keys)] for words, name in BASELINES.items()]
    header = ["model", *(key.replace("_", " ") for key in keys)]
    return pages.table("Beside the baselines", header, rows, headline.error(artifact))


def _of_entities(numbers):
    if "precision" not in numbers:
        return []
    rows = [["all", numbers["precision"], numbers["recall"], numbers["f1"]]]
    rows += [[name.removeprefix("f1_"), None, None, value] for name, value in numbers.items() if name[:3] == "f1_"]
    table = pages.table("Whole entities, by type", ["type", "precision", "recall", "F1"], rows)
    return [pages.Section("Entities", table)]


def _by_tag(names, matrix):
    order = np.argsort(-matrix.sum(axis=1), kind="stable")[:MOST_TAGS]
    rows = []
    for tag in order.tolist():
        right, true, predicted = matrix[tag, tag], matrix[tag].sum(), matrix[:, tag].sum()
        shares = [right / count if count else None for count in (predicted, true)]
        rows.append([names[tag], int(true), *shares, 2 * right / (true + predicted)])
    return pages.table("By tag", ["tag", "words", "precision", "recall", "F1"], rows)


def _mistakes(sentences, truth, said):
    counts, examples = collections.Counter(), collections.defaultdict(collections.Counter)
    for words, real, own in zip(sentences, truth, said, strict=True):
        for word, one, other in zip(words, real, own, strict=True):
            if one != other:
                counts[one, other] += 1
                examples[one, other][word] += 1
    rows = [
        [f"{one} as {other}", count, ", ".join(word for word, _ in examples[one, other].most_common(6))]
        for (one, other), count in counts.most_common(SHOWN)
    ]
    return pages.table("What is taken for what, and the words", ["truth as answer", "times", "words"], rows)


def _worst(sentences, truth, said, probabilities):
    """The sentences of which a wrong tag got the highest probability."""
    surest = []
    for row, (real, own, certain) in enumerate(zip(truth, said, probabilities, strict=True)):
        wrong = [float(p) for one, other, p in zip(real, own, certain, strict=True) if one != other]
        if wrong:
            surest.append((-max(wrong), row))
    shown = []
    for certainty, row in sorted(surest)[:SHOWN]:
        words = zip(sentences[row], truth[row], said[row], strict=True)
        marked = " ".join(f"{word} [{real}, not {own}]" if real != own else word for word, real, own in words)
        facts = {"highest probability of a wrong tag": -certainty}
        if entities.are_entities(tag for tags in truth for tag in tags):
            facts |= {"truth": _named(sentences[row], truth[row]), "answer": _named(sentences[row], said[row])}
        shown.append((marked, facts))
    return pages.examples("Sentences with the surest mistakes", shown)


def _named(words, tags):
    return "; ".join(f"{' '.join(words[start:end])} ({kind})" for kind, start, end in entities.spans(tags)) or "none"

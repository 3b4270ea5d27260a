"""The scores of a tagger and of its baselines."""

import collections

import numpy as np

from pipelines.shared import defaults
from pipelines.shared.export.quantized_scores import by_signature
from pipelines.shared.metrics import entities, outcomes
from pipelines.tagging import answers
from pipelines.tagging.words import splitting

retrained = defaults.retrained
score_tflite = by_signature
WORTH_A_WARNING = {"accuracy": 0.005, "f1": 0.01}
BASELINES = {"linear": "the linear baseline", "frequent": "the most frequent tag of each word"}


def answered(artifact, examples):
    """(the numbers of the tags, one array a sentence; the probability of each)."""
    return answers.tagged(artifact, examples["tokens"])


def score(artifact, examples, answered):
    """The metrics and those of the baselines: a flat dictionary of floats.

    accuracy            share of words with the right tag; of words that the training split has: accuracy_known
    accuracy_unknown    of words that it does not have, letter case aside; unknown_words is their share
    sentence_accuracy   share of sentences without a mistake
    macro_f1            mean of the F1 of each tag that is true or said
    precision, recall, f1, f1_<type>    of entities, where tags are those of entities
    split_f1            of the words into which the running text is split, where it is known
    """
    preprocessor = artifact.preprocessor
    truth, said = list(examples["tags"]), [[preprocessor.tags[tag] for tag in tags] for tags in answered[0]]
    known = [np.array([preprocessor.is_known(word) for word in words]) for words in examples["tokens"]]
    numbers = {"sentences": len(truth), "examples": sum(map(len, truth)), **of_tags(truth, said)}
    right = np.concatenate([np.array(one) == np.array(other) for one, other in zip(truth, said, strict=True)])
    known = np.concatenate(known)
    numbers["unknown_words"] = 1 - known.mean()
    for name, chosen in (("accuracy_known", known), ("accuracy_unknown", ~known)):
        if chosen.any():
            numbers[name] = right[chosen].mean()
    numbers |= split(preprocessor, examples)
    for name, tags in artifact.baseline.answers(examples["tokens"]).items():
        numbers |= {f"baseline_{name}_{key}": value for key, value in of_tags(truth, tags, types=False).items()}
    return {name: float(value) for name, value in numbers.items()}


def outcomes_of(artifact, examples, answered):
    """Of each sentence how many tags are right or, where tags are those of entities, how many entities."""
    truth, names = list(examples["tags"]), artifact.preprocessor.tags
    said = {"": [[names[tag] for tag in tags] for tags in answered[0]], **artifact.baseline.answers(examples["tokens"])}
    about = {"noun": "sentences", "names": BASELINES}
    if entities.are_entities(tag for tags in truth for tag in tags):
        counts = {name: np.array([_entities(*pair) for pair in zip(truth, own, strict=True)], np.float64)
                  for name, own in said.items()}  # fmt: skip
        return outcomes.of_sums("f1", "f1", counts, called="F1 of entities", **about)
    right = {name: [sum(map(str.__eq__, *pair)) for pair in zip(truth, own, strict=True)] for name, own in said.items()}
    return outcomes.of_values("accuracy", right, counts=list(map(len, truth)), called="share of right tags", **about)


def _entities(truth, said):
    """How many entities of a sentence are right, true and said."""
    real, own = set(entities.spans(truth)), set(entities.spans(said))
    return len(real & own), len(real), len(own)


def of_tags(truth, said, types=True):
    """{metric: value} of lists of tags; types: with the F1 of each type of entity."""
    right = [np.array(one) == np.array(other) for one, other in zip(truth, said, strict=True)]
    numbers = {
        "accuracy": np.concatenate(right).mean(),
        "sentence_accuracy": np.mean([one.all() for one in right]),
        "macro_f1": _macro_f1(truth, said),
    }
    if entities.are_entities(tag for tags in truth for tag in tags):
        of_entities = entities.scores(truth, said)
        numbers |= of_entities if types else {name: of_entities[name] for name in ("precision", "recall", "f1")}
    return numbers


def _macro_f1(truth, said):
    names, (real, own) = _numbered(truth, said)
    true, predicted = (np.bincount(numbers, minlength=len(names)) for numbers in (real, own))
    right = np.bincount(real[real == own], minlength=len(names))
    return (2 * right / np.maximum(true + predicted, 1))[true + predicted > 0].mean()


def _numbered(*lists):
    """(the names of all tags, their numbers, an array a list of lists)."""
    flat = [np.concatenate([np.array(tags, object) for tags in one]) for one in lists]
    names, numbers = np.unique(np.concatenate(flat).astype(str), return_inverse=True)
    return names, np.split(numbers, np.cumsum([len(one) for one in flat])[:-1])


def confusion(truth, said):
    """(names, matrix (names, names) of counts, rows = truth) of lists of tags."""
    names, (real, own) = _numbered(truth, said)
    matrix = np.zeros((len(names), len(names)), np.int64)
    np.add.at(matrix, (real, own), 1)
    return names.tolist(), matrix


def split(preprocessor, examples):
    """{"split_f1"} of the words into which the splitter cuts the running text; {} where no text is known.

    A word is right if both its ends are. No word spans a blank, so what stands between blanks is counted by itself.
    """
    pairs = collections.Counter(
        (part, *words) for part, words in splitting.plain_parts(examples["text"], examples["sizes"], examples["tokens"])
    )
    if not pairs:
        return {}
    parts = list(dict.fromkeys(part for part, *_ in pairs))
    cut = dict(zip(parts, preprocessor.words(parts), strict=True))
    right = said = true = 0
    for (part, *words), count in pairs.items():
        right += count * _right(part, words, cut[part])
        said, true = said + count * len(cut[part]), true + count * len(words)
    return {"split_f1": 2 * right / max(1, said + true)}


def _right(part, words, own):
    """How many of the words into which a part is cut are right; all or none where they do not spell it."""
    if words == own:
        return len(words)
    return len(_ends(words) & _ends(own)) if "".join(words) == part == "".join(own) else 0


def _ends(words):
    """{(where a word begins, where it ends)}, in letters."""
    spans, at = set(), 0
    for word in words:
        spans.add((at, at + len(word)))
        at += len(word)
    return spans

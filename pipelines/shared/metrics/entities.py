"""Entities out of tags, and how many of them are right: precision, recall and F1 as `conlleval` counts them.

    spans(["B-PER", "I-PER", "O", "B-LOC"])         [("PER", 0, 2), ("LOC", 3, 4)]
    scores(truth, predicted)                        {"precision", "recall", "f1", "f1_PER" ...}

A tag is "O", or a mark and a type: B begins an entity, I is inside, E ends one, S is one by itself; L and U are E and S
of other corpora, M is I. An entity that no tag begins, as in IOB1, begins where its type does, and one that is not
ended ends where its type does: so IOB1, IOB2, BIOES and BILOU are read by one rule, that of the CoNLL-2000 task's
script and of the package seqeval.
"""

import collections
from collections.abc import Iterable, Sequence

OUTSIDE = "O"
_BEGIN, _INSIDE, _END, _SINGLE = "B", "IM", "EL", "SU"


def marked(tag: str) -> tuple[str, str]:
    """(mark, type) of a tag; the type of a bare mark is "".

    >>> marked("B-PER"), marked("O"), marked("I")
    (('B', 'PER'), ('O', ''), ('I', ''))
    """
    mark, _, kind = tag.partition("-")
    return mark, kind


def are_entities(tags: Iterable[str]) -> bool:
    """Whether tags are those of entities: all are "O" or a mark with a type, and one at least begins or is inside one.

    >>> are_entities(["O", "B-PER", "I-PER"]), are_entities(["NOUN", "X"]), are_entities(["B-PER", "NOUN"])
    (True, False, False)
    """
    tags = set(tags) - {OUTSIDE}
    marks = {marked(tag)[0] for tag in tags}
    typed = all("-" in tag for tag in tags) or tags <= {"B", "I", "E", "S"}
    return bool(tags) and typed and marks <= set("BIMELSU") and bool(marks & {"B", "I"})


def spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """[(type, its first word, the word behind its last)] of a sentence.

    >>> spans(["I-PER", "I-PER", "I-LOC", "O", "S-LOC", "B-PER", "E-PER", "I-PER"])
    [('PER', 0, 2), ('LOC', 2, 3), ('LOC', 4, 5), ('PER', 5, 7), ('PER', 7, 8)]
    """
    entities, start, before = [], None, (OUTSIDE, "")
    for place, tag in enumerate([*tags, OUTSIDE]):
        here = marked(tag)
        goes_on = start is not None and _goes_on(before, here)
        if start is not None and not goes_on:
            entities.append((before[1], start, place))
            start = None
        if start is None and here[0] != OUTSIDE:
            start = place
        before = here
    return entities


def _goes_on(before, here):
    """Whether an entity that holds the tag before holds this one too."""
    return here[1] == before[1] and here[0] in _INSIDE + _END and before[0] not in _END + _SINGLE


def scores(truth: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]) -> dict[str, float]:
    """Precision, recall and F1 of all entities, and F1 of each type, over sentences; an entity is right if its type and
    both its ends are.

    Where nothing is predicted, or nothing true, precision, recall and F1 are 0. Types come by name.

    >>> scores([["B-PER", "I-PER", "O"]], [["B-PER", "O", "O"]])
    {'precision': 0.0, 'recall': 0.0, 'f1': 0.0, 'f1_PER': 0.0}
    """
    counts = collections.defaultdict(collections.Counter)  # {type: {"right", "true", "said"}}
    for real, said in zip(truth, predicted, strict=True):
        real, said = set(spans(real)), set(spans(said))
        for name, entities in {"right": real & said, "true": real, "said": said}.items():
            for kind, *_ in entities:
                counts[kind][name] += 1
    total = sum(counts.values(), collections.Counter())
    numbers = {"precision": _share(total["right"], total["said"]), "recall": _share(total["right"], total["true"])}
    of_types = {f"f1_{kind or 'entity'}": _f1(counts[kind]) for kind in sorted(counts)}
    return {**numbers, "f1": _f1(total), **of_types}


def _share(part, whole):
    return part / whole if whole else 0.0


def _f1(counts):
    return _share(2 * counts["right"], counts["true"] + counts["said"])

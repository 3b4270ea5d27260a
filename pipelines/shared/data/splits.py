"""Training, validation and test splits: those without a source are cut off by content, and none may be empty.

    parts = fractions(config, own_sources(valid, test))   {"valid": 0.1, "test": 0.1}, without those that have a source
    by_content(examples, "text", parts)                   {"train": {...}, "valid": {...}, "test": {...}}

Nothing is drawn at random: an example falls in the same split whatever the order and the other examples are, but where
they are so few that a split would be empty. The order of examples stays. If a task's data room begins to cut in another
way, its `SPLIT_RULE` goes up by one, so that no older artifact is scored on its training examples; see
`original_splits`. Cost: 25,000 reviews of 230 words in 1 s.
"""

import array
import hashlib
import logging
import unicodedata

import numpy as np

from pipelines.shared.data import stored

log = logging.getLogger("unroll")


def own_sources(valid, test):
    """{name: source} of the splits that have a source of their own, and so are not cut off."""
    return {name: source for name, source in {"valid": valid, "test": test}.items() if source is not None}


def fractions(config, there):
    """{name: fraction} to cut off for the splits that are not in `there`; those with the fraction 0 are left out.

    Raises:
        ValueError: fractions that leave nothing to train on.
    """
    parts = {"valid": config.valid_fraction, "test": config.test_fraction}
    parts = {name: fraction for name, fraction in parts.items() if name not in there and fraction}
    if sum(parts.values()) >= 1:
        raise ValueError(f"valid_fraction, test_fraction: expected a sum below 1, received {sum(parts.values()):g}")
    return parts


def by_content(columns, key, parts):
    """Cuts off the fractions `parts` by a hash of the column `key`: the same text always falls in the same part.

    Letter case, white space and the width or composition of letters (NFKC) do not count, so that near copies stay
    together too. What is left is "train". Of few texts, a part that has none gets the one with the lowest hash.

    >>> splits = by_content({"text": [f"review {number}" for number in range(1000)]}, "text", {"test": 0.1})
    >>> {name: len(part["text"]) for name, part in splits.items()}
    {'train': 898, 'test': 102}
    """
    points = hashes(columns[key])
    chosen = _parts(points, parts)
    if len(np.unique(chosen)) <= len(parts) < len(np.unique(points)):
        _spread(np.arange(len(points)), points, chosen, np.argsort(points, kind="stable"), len(parts))
    return cut(columns, chosen, parts)


def by_content_and_class(columns, key, class_key, parts):
    """As `by_content`, but that each class is in each part if it has as many texts as there are parts.

    For a class that a part lacks, the text with the lowest hash moves there, with all its copies, from the training
    split, or where that has no two, from the part with the most. Of two texts "train" and another part have one each.
    A class may be a tuple of several labels, which are then looked at one after another, and last of all the training
    split gets those that it was left without.

    >>> columns = {"text": [f"review {number}" for number in range(9)], "label": ["a"] * 6 + ["b"] * 3}
    >>> splits = by_content_and_class(columns, "text", "label", {"valid": 0.1, "test": 0.1})
    >>> {name: part["label"] for name, part in splits.items()}
    {'train': ['a', 'a', 'b'], 'valid': ['a', 'a', 'a', 'b'], 'test': ['a', 'b']}
    """
    points = hashes(columns[key])
    chosen = _parts(points, parts)
    order = np.argsort(points, kind="stable")  # copies lie side by side
    rows_of_classes = list(_rows_of_classes(columns[class_key]))
    for rows in rows_of_classes:
        _spread(rows, points, chosen, order, len(parts))
    for rows in rows_of_classes:
        _spread(rows, points, chosen, order, len(parts), lacking=[0])
    return cut(columns, chosen, parts)


def _spread(rows, hashes, chosen, order, count, lacking=None):
    """Moves texts of a class, of which these are the rows, to parts that have none of it; changes `chosen`.

    lacking: the parts that are looked at, by default all.
    """

    def move(hashed, part):
        start, end = (np.searchsorted(hashes, hashed, side, order) for side in ("left", "right"))
        chosen[order[start:end]] = part

    for part in range(count + 1) if lacking is None else lacking:
        texts = [np.unique(hashes[rows[chosen[rows] == other]]) for other in range(count + 1)]
        if len(texts[part]):
            continue
        donor = 0 if part and len(texts[0]) > 1 else max(range(count + 1), key=lambda other: len(texts[other]))
        if len(texts[donor]) > (1 if part else 0):
            move(texts[donor][0], part)


def picked(columns, rows):
    """The columns with only these rows."""
    return {name: stored.picked(values, rows) for name, values in columns.items()}


def cut(columns, chosen, parts):
    """{name: columns} by the number of each row's part, 0 for "train" and from 1 on for those of `parts`."""
    return {name: picked(columns, np.flatnonzero(chosen == part)) for part, name in enumerate(("train", *parts))}


def hashes(values):
    """uint64 (rows,), of what a split sees of texts; see `content`."""
    digests = (hashlib.sha256(content(str(value)).encode("utf-8", "replace")).digest()[:8] for value in values)
    return np.fromiter((int.from_bytes(digest, "big") for digest in digests), np.uint64, len(values))


def _parts(hashes, parts):
    """int8 (rows,): 0 for "train", or the number of the part, from 1 on."""
    points, chosen = hashes / 2.0**64, np.zeros(len(hashes), np.int8)  # points in [0, 1)
    undecided = np.ones(len(hashes), bool)
    for part, fraction in enumerate(parts.values(), 1):
        inside = undecided & (points < fraction)
        chosen[inside], undecided = part, undecided & ~inside
        points -= fraction
    return chosen


def content(text):
    """A text without what a split ignores: letter case, white space, the width or composition of letters.

    >>> content(" The  ﬁlm") == content("the film ")
    True
    """
    composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(composed.casefold().split())


def _rows_of_classes(classes):
    """Yields the rows of each class, in the order of their names; a tuple is several."""
    classes = stored.Labels.of(classes)
    if any(isinstance(value, tuple) for value in classes.values):
        yield from _rows_of_labels(classes)
        return
    names = sorted({str(value) for value in classes.values})
    numbers = {name: number for number, name in enumerate(names)}
    codes = np.array([numbers[str(value)] for value in classes.values], np.int32)[classes.codes]
    order = np.argsort(codes, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _rows_of_labels(classes):
    """Yields the rows of each label of tuples of labels, in the order of their names."""
    holding = {}
    for code, value in enumerate(classes.values):
        for label in value:
            holding.setdefault(str(label), []).append(code)
    for _, codes in sorted(holding.items()):
        there = np.zeros(len(classes.values), bool)
        there[codes] = True
        rows = np.flatnonzero(there[classes.codes])
        if len(rows):
            yield rows


def sizes(splits):
    """The sizes of the splits, in words.

    >>> sizes({"train": {"text": ["a", "b"]}, "valid": {"text": ["c"]}})
    '2 train, 1 valid'
    """
    return ", ".join(f"{len(next(iter(columns.values())))} {name}" for name, columns in splits.items())


def check(splits, noun, keys, leaked):
    """Refuses an empty split, and warns how many examples of another split are in the training split too.

    Args:
        noun: what the examples are called.
        keys: a function of a split's columns that returns a tuple for each example: what may not be in two splits.
        leaked: how the warning describes such examples, for instance "texts stand in the training split too".

    Raises:
        ValueError: an empty split.
    """
    for name, columns in splits.items():
        if not next(iter(columns.values())):
            advice = "give more" + (f", or give {name}=" if name != "train" else "")
            raise ValueError(f"data: too few {noun}, the split {name!r} is empty ({sizes(splits)}); {advice}")
    seen = np.unique(_keys(keys(splits["train"]))[0])
    for name in [name for name in splits if name != "train"]:
        own, counts = _keys(keys(splits[name]))
        known = np.searchsorted(seen, own, "right") > np.searchsorted(seen, own)
        among = np.concatenate([[0], np.cumsum(known)])
        ends = np.cumsum(counts)
        count = int((among[ends] > among[ends - counts]).sum())
        if count:
            log.warning("%s: %d of %d %s", name, count, len(counts), leaked)


def _keys(examples):
    """(the hashes of all keys, one example after another; how many each example has)."""
    keys, counts = array.array("q"), array.array("q")
    for example in examples:
        keys.extend(map(hash, example))
        counts.append(len(example))
    return np.asarray(keys), np.asarray(counts)

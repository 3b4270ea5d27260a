"""Training, validation and test splits: those without a source are cut off by content, and none may be empty.

    parts = fractions(config, own_sources(valid, test))   {"valid": 0.1, "test": 0.1}, without those that have a source
    by_content(examples, "text", parts)                   {"train": {...}, "valid": {...}, "test": {...}}

Nothing is drawn at random: an example falls in the same split whatever the order and the other examples are. The order
of examples stays. If a task's data room begins to cut in another way, its `SPLIT_RULE` goes up by one, so that no older
artifact is scored on its training examples; see `original_splits`. Cost: 25,000 reviews of 230 words in 1 s.
"""

import hashlib
import logging
import unicodedata

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
    together too. What is left is "train".

    >>> splits = by_content({"text": [f"review {number}" for number in range(1000)]}, "text", {"test": 0.1})
    >>> {name: len(part["text"]) for name, part in splits.items()}
    {'train': 898, 'test': 102}
    """
    rows = {name: [] for name in ("train", *parts)}
    for row, value in enumerate(columns[key]):
        rows[_part(value, parts)].append(row)
    return {name: picked(columns, chosen) for name, chosen in rows.items()}


def picked(columns, rows):
    """The columns with only these rows."""
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def content(text):
    """A text without what a split ignores: letter case, white space, the width or composition of letters.

    >>> content(" The  ﬁlm") == content("the film ")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _part(value, parts):
    digest = hashlib.sha256(content(str(value)).encode("utf-8", "replace")).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64  # in [0, 1)
    for name, fraction in parts.items():
        if point < fraction:
            return name
        point -= fraction
    return "train"


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
    seen = {key for example in keys(splits["train"]) for key in example}
    for name in [name for name in splits if name != "train"]:
        examples = list(keys(splits[name]))
        count = sum(not seen.isdisjoint(example) for example in examples)
        if count:
            log.warning("%s: %d of %d %s", name, count, len(examples), leaked)

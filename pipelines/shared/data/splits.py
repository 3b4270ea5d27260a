"""Training, validation and test split: what is not given is cut off by content, and no split may be empty.

    parts = fractions(config, own_sources(valid, test))   {"valid": 0.1, "test": 0.1}, but for those given
    by_content(examples, "text", parts)                   {"train": {...}, "valid": {...}, "test": {...}}

Nothing is drawn at random: the same examples fall in the same splits in any order and beside any others. The order of
examples stays. A task whose data room cuts in another way counts up its `SPLIT_RULE`, so that an artifact of before is
not scored on what it was trained on; see `original_splits`. Cost: 25,000 reviews of 230 words in 1 s.
"""

import hashlib
import logging
import unicodedata

log = logging.getLogger("unroll")


def own_sources(valid, test):
    """{name: source} of the splits that are given a source of their own, and so not cut off."""
    return {name: source for name, source in {"valid": valid, "test": test}.items() if source is not None}


def fractions(config, there):
    """{name: fraction} to cut off for the splits that are not `there`; one of which the fraction is 0 is left out.

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
    """The rows of all columns."""
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def content(text):
    """A text without what does not count in a split: letter case, white space, the width or composition of letters.

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
    """How many examples there are, in words.

    >>> sizes({"train": {"text": ["a", "b"]}, "valid": {"text": ["c"]}})
    '2 train, 1 valid'
    """
    return ", ".join(f"{len(next(iter(columns.values())))} {name}" for name, columns in splits.items())


def check(splits, noun, keys, leaked):
    """Refuses an empty split, and says how many examples stand in the training split and in another.

    Args:
        noun: what the examples are called.
        keys: a function of the columns of a split: of each example what may not stand in two splits, a tuple.
        leaked: what a warning says of those that do, such as "texts stand in the training split too".

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

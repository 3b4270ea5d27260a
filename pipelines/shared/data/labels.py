"""Labels as people write them: which ones are likely the same, and which are likely none.

joined(["Positive", "positive"], join=True, called="reviews.csv")       -> ["Positive", "Positive"]
"""

import collections
import logging

from pipelines.shared.messages import brief, listed

log = logging.getLogger("unroll")

GAPS = ("nan", "none", "null", "n/a", "na", "<na>", "nat")  # how programs write a missing value
MOST = 10_000  # different labels among which alike ones are looked for


def joined(labels, join, called):
    """The labels; those that differ in letter case, spaces, or as 1 and 1.0 do, are said, or else joined.

    Args:
        labels: `stored.Labels`.
        join: whether each takes the spelling that is the most frequent among those like it.
        called: what warnings call the source.
    """
    counts = collections.Counter()
    for label, count in labels.counts().items():
        counts[str(label)] += count
    if len(counts) > MOST:
        return labels
    alike = collections.defaultdict(list)
    for label, _ in counts.most_common():
        alike[_key(label)].append(label)
    _say_gaps(counts, called)
    several = [spellings for spellings in alike.values() if len(spellings) > 1]
    if not several:
        return labels
    named = listed(several, 3, write=lambda spellings: "/".join(brief(one, 20) for one in spellings))
    if not join:
        log.warning(
            "%s: labels that may be the same are not: %s; join_labels (--join-labels) joins them", called, named
        )
        return labels
    log.info("%s: joined labels: %s", called, named)
    first = {label: spellings[0] for spellings in several for label in spellings}
    return labels.mapped(lambda label: first.get(str(label), label))


def _say_gaps(counts, called):
    for label in counts:
        if label.lower() in GAPS:
            log.warning("%s: %d rows have the label %r; leave them out if that is a gap", called, counts[label], label)


def _key(label):
    """What is the same of labels that are likely the same.

    >>> _key(" Very  Good"), _key("1.0"), _key("1")
    ('very good', '1', '1')
    """
    text = " ".join(label.casefold().split())
    whole, point, rest = text.partition(".")
    return whole if point and whole.lstrip("-").isdecimal() and rest and not rest.strip("0") else text

"""The splits that an artifact was trained with, cut again from its source: the same splits, or an error.

    remembered(task, source, splits)        what artifact.json records: the version of the rule, a hash of each split
    cut_again(artifact, "test", source)     the splits, if "test" is certain to be cut as it was then

A split with a source of its own is read, not cut, so no rule applies to it. If the rule or the built-in sample changed,
an error refuses the split; if the user's data changed, a warning says so. Artifacts of 0.1.0 record none of this: the
first rule and the first sample made them.
"""

import logging

from pipelines.shared.data import provenance

log = logging.getLogger("unroll")

FIRST = 1  # the version of rules and samples up to 0.1.0


def remembered(task, source, splits):
    """{"source", "split_rule", "fingerprints": {split: hash}}, and "sample" if the built-in sample is the source."""
    facts = {"source": source, "split_rule": task.data.SPLIT_RULE}
    if source["data"] is None:
        facts["sample"] = task.sample.VERSION
    return facts | {"fingerprints": {name: provenance.fingerprint({name: part}) for name, part in splits.items()}}


def cut_off(splits, source):
    """The splits without those that have a source of their own; source: {"data", "valid", "test"}."""
    return {name: part for name, part in splits.items() if source.get(name) is None}


def scored(splits):
    """The name of the split on which an artifact is scored: "test", or "valid" if there is no test split."""
    return "test" if "test" in splits else "valid"


def cut_again(artifact, split, source, download=False):
    """The splits of an artifact that is to be scored on `split`.

    Args:
        source: {"data", "valid", "test"}, as in its training.

    Raises:
        ValueError: the rule that cuts the splits, or the built-in sample, has changed since its training.
        FileNotFoundError, ValueError, TypeError: raised by the task's `load_splits`.
    """
    for then, now in changes(artifact, split):
        raise ValueError(
            f"evaluate: expected an artifact of {now}, received {artifact.name!r} of {then}: the {split} split of this "
            "version of Unroll may hold rows that it was trained on; give data=..., or train anew"
        )
    rule = artifact.facts.get("split_rule", FIRST)
    load = artifact.task.data.FORMER_RULES.get(rule, artifact.task.load_splits)
    splits = load(**source, config=artifact.config, download=download)
    _compare(artifact, split, source, splits.get(split, {}))
    return splits


def changes(artifact, split):
    """[(what made the split for the training, what would make it now), ...], as far as they differ."""
    task, facts = artifact.task, artifact.facts
    if facts["source"].get(split) is not None:
        return []
    rule = facts.get("split_rule", FIRST)
    made = [("splitting rule", rule, rule if rule in task.data.FORMER_RULES else task.data.SPLIT_RULE)]
    if facts["source"]["data"] is None:
        made.append(("built-in sample", facts.get("sample", FIRST), task.sample.VERSION))
    return [(f"{what} {then}", f"{what} {now}") for what, then, now in made if then != now]


def _compare(artifact, split, source, examples):
    """Warns if the split is no longer what it was in the training; 0.1.0 recorded no fingerprint of it."""
    before = artifact.facts.get("fingerprints", {}).get(split)
    if before not in (None, provenance.fingerprint({split: examples})):
        changed = source.get(split) or source["data"] or "the built-in sample"
        log.warning(
            "%s changed since %r was trained, and the %s split with it; rows of the training split may now be in it: "
            "give data=..., or train anew", changed, artifact.name, split
        )  # fmt: skip

"""The splits that an artifact was trained with, cut again from its source: the same ones, or an error.

    remembered(task, source, splits)        what artifact.json keeps: the versions of what cut them, a hash of each
    cut_again(artifact, "test", source)     the splits, once it is sure that "test" is cut as it was then

A split that has a source of its own is read, not cut, so no rule decides on it. What is not sure is refused; what the
user changed, such as the file, is said. Artifacts of 0.1.0 keep nothing of this: they are of the first rule and sample.
"""

import logging

from pipelines.shared.data import provenance

log = logging.getLogger("unroll")

FIRST = 1  # of rules and samples, until 0.1.0


def remembered(task, source, splits):
    """{"source", "split_rule", "sample" of a training on the built-in sample, "fingerprints": {split: hash}}."""
    facts = {"source": source, "split_rule": task.data.SPLIT_RULE}
    if source["data"] is None:
        facts["sample"] = task.sample.VERSION
    return facts | {"fingerprints": {name: provenance.fingerprint({name: part}) for name, part in splits.items()}}


def scored(splits):
    """The name of the split on which an artifact is scored: the validation split where there is no other."""
    return "test" if "test" in splits else "valid"


def cut_again(artifact, split, source, download=False):
    """The splits of an artifact that is to be scored on `split`; source: {"data", "valid", "test"}, as it was trained.

    Raises:
        ValueError: the rule by which splits are cut, or the built-in sample, is another than it was in its training.
        FileNotFoundError, ValueError, TypeError: as of the task's `load_splits`.
    """
    for then, now in changes(artifact, split):
        raise ValueError(
            f"evaluate: expected an artifact of {now}, received {artifact.name!r} of {then}: the {split} split of this "
            "version of Unroll may hold rows that it was trained on; give data=..., or train anew"
        )
    splits = artifact.task.load_splits(**source, config=artifact.config, download=download)
    _compare(artifact, split, source, splits.get(split, {}))
    return splits


def changes(artifact, split):
    """[(what made the split in the training, what would make it now), ...], where these differ."""
    task, facts = artifact.task, artifact.facts
    if facts["source"].get(split) is not None:
        return []
    made = [("splitting rule", facts.get("split_rule", FIRST), task.data.SPLIT_RULE)]
    if facts["source"]["data"] is None:
        made.append(("built-in sample", facts.get("sample", FIRST), task.sample.VERSION))
    return [(f"{what} {then}", f"{what} {now}") for what, then, now in made if then != now]


def _compare(artifact, split, source, examples):
    """Says if the split is no longer what it was in the training; 0.1.0 kept no fingerprint of it."""
    before = artifact.facts.get("fingerprints", {}).get(split)
    if before not in (None, provenance.fingerprint({split: examples})):
        changed = source.get(split) or source["data"] or "the built-in sample"
        log.warning(
            "%s changed since %r was trained, and the %s split with it; rows of the training split may now be in it: "
            "give data=..., or train anew", changed, artifact.name, split
        )  # fmt: skip

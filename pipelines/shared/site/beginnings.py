"""Texts that a page opens with, so that it is never empty: the artifact's own example, and several of its sample."""

import weakref

COUNT = 5
SHORTEST, LONGEST = 20, 140  # characters
_kept = weakref.WeakKeyDictionary()  # {artifact: texts}, since writing a sample takes a second


def texts(artifact, column: str, otherwise: str) -> list[str]:
    """Texts of a column of the built-in sample's test split; of other data the one example that artifact.json has.

    The first one stands in the page when it opens; it is `otherwise` where nothing is known of the data.
    """
    if artifact not in _kept:
        example = artifact.facts.get("example") or otherwise
        of_sample = artifact.facts["source"]["data"] is None
        _kept[artifact] = [example, *(_of_sample(artifact, column, example) if of_sample else [])]
    return _kept[artifact]


def _of_sample(artifact, column, example):
    """Short texts from all over the beginning of the sample's test split."""
    written = artifact.task.load_splits(None, None, None, artifact.config)["test"][column][: 20 * COUNT]
    joined = [text if isinstance(text, str) else " ".join(text) for text in written]
    fitting = [text for text in dict.fromkeys(joined) if SHORTEST < len(text) <= LONGEST and text != example]
    return fitting[:: max(1, len(fitting) // (COUNT - 1))][: COUNT - 1]

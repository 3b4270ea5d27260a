"""A word-by-word dictionary learned from pairs of sentences, which a translator has to beat.

    dictionary = learn(["la casa", "la puerta"], ["the house", "the door"])
    dictionary.translate("la puerta")                  # "the door"

IBM model 1: each target word comes from any one source word of its pair, or from none. Expectation maximisation:

    p(link)  = t(target word | source word) / sum of t(target word | f) over the words f of the source, and none
    t(e | f) = sum of p(links of f and e) / sum of p(links of f)

The dictionary keeps for each source word its likeliest target word. Words are runs of letters and digits, or single
other marks; a word that is not in the training split stays as it is. Learning 29,000 pairs takes 5 s.

Reference: Brown et al. 1993, "The mathematics of statistical machine translation", Computational Linguistics 19(2).
"""

import re

import numpy as np

ROUNDS = 5
_WORD = re.compile(r"\w+|[^\w\s]")


def words(text):
    """Lists the words and marks of a text.

    >>> words("It's 5 o'clock.")
    ['It', "'", 's', '5', 'o', "'", 'clock', '.']
    """
    return _WORD.findall(text)


class Dictionary:
    """{source word: target word}."""

    def __init__(self, entries):
        self.entries = dict(entries)

    def translate(self, text):
        """The text with each word replaced by its entry, the words joined by spaces."""
        return " ".join(self.entries.get(word, word) for word in words(text))

    def save(self, folder):
        np.savez_compressed(folder / "baselines.npz", source=_text(self.entries), target=_text(self.entries.values()))


def _text(strings):
    """Words as one array of bytes, one word a line; no word holds an end of line."""
    return np.frombuffer("\n".join(strings).encode("utf-8"), "uint8")


def load(folder):
    with np.load(folder / "baselines.npz") as arrays:
        columns = [arrays[side].tobytes().decode("utf-8").split("\n") for side in ("source", "target")]
    return Dictionary(zip(*columns, strict=True))


def fit(preprocessor, examples):
    """The dictionary of a training split."""
    return learn(examples["source"], examples["target"])


def learn(sources, targets, rounds=ROUNDS):
    """Learns the `Dictionary` of aligned lists of texts."""
    source_words, target_words = _numbered(sources), _numbered(targets)
    links = [_links(*pair) for pair in zip(source_words.rows, target_words.rows, strict=True)]
    source, target, position = (np.concatenate(column) for column in _columns(links))
    # `pairs` has one number for each pair of words that is ever linked.
    pairs, pair = np.unique(source * len(target_words.names) + target, return_inverse=True)
    owners = pairs // len(target_words.names)  # (pairs,) source words
    chances = np.ones(len(pairs))
    for _ in range(rounds):
        weights = chances[pair]
        weights /= np.bincount(position, weights)[position]
        counts = np.bincount(pair, weights)
        chances = counts / np.bincount(owners, counts)[owners]
    return Dictionary(_likeliest(pairs, chances, source_words.names, target_words.names))


class _numbered:
    """The distinct words of texts, `names`, and each text as an array of word numbers, `rows`; 0 stands for no word."""

    def __init__(self, texts):
        numbers = {"": 0}
        self.rows = [np.array([numbers.setdefault(word, len(numbers)) for word in words(text)], int) for text in texts]
        self.names = list(numbers)


def _links(source, target):
    """Links each target word with each source word and with none: (source, target, position of the target word)."""
    source = np.append(source, 0)
    return np.tile(source, len(target)), np.repeat(target, len(source)), np.repeat(np.arange(len(target)), len(source))


def _columns(links):
    """(sources, targets, positions) of all texts; the positions count on from text to text."""
    sources, targets, positions = zip(*links, strict=True)
    lengths = [in_text[-1] + 1 if len(in_text) else 0 for in_text in positions]
    offsets = np.cumsum([0, *lengths[:-1]])
    return sources, targets, [in_text + offset for in_text, offset in zip(positions, offsets, strict=True)]


def _likeliest(pairs, chances, source_names, target_names):
    """Yields (source word, its likeliest target word)."""
    owners, meanings = np.divmod(pairs, len(target_names))
    order = np.lexsort([-chances, owners])
    first = order[np.unique(owners[order], return_index=True)[1]]
    for pair in first:
        if owners[pair]:
            yield source_names[owners[pair]], target_names[meanings[pair]]

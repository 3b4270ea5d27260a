"""A word-by-word dictionary learned from pairs of sentences, which a translator has to beat.

    dictionary = learn(["la casa", "la puerta"], ["the house", "the door"])
    dictionary.translate("la puerta")                  # "the door"

IBM model 1: each target word comes from any one source word of its pair, or from none. Expectation maximisation:

    p(link)  = t(target word | source word) / sum of t(target word | f) over the words f of the source, and none
    t(e | f) = sum of p(links of f and e) / sum of p(links of f)

The dictionary keeps for each source word its likeliest target word. Words are runs of letters and digits, or single
other marks; in scripts without spaces (Chinese, Japanese, Thai ...) each letter is a word, with no space after it.
A word that is not in the training split stays as it is. Learning 29,000 pairs takes 5 s; it stops at MOST_LINKS.

Reference: Brown et al. 1993, "The mathematics of statistical machine translation", Computational Linguistics 19(2).
"""

import re

import numpy as np
import regex

ROUNDS = 5
MOST_LINKS = 2**25  # between the words of pairs, of those learned from: some 200,000 pairs of 12 words, 3.6 GB
RULE = 2  # by which texts are split; raised with each change, so that dictionaries on disk go on as they were
# A letter of a script without spaces between words; Unicode gives the mark of a long vowel to no script.
_LETTER = (
    r"[[ー\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Balinese}"
    r"\p{Javanese}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}]&&\p{L}]"
)
_WORDS = {
    1: re.compile(r"\w+|[^\w\s]"),  # without the marks that are written above and below letters
    2: regex.compile(rf"(?V1){_LETTER}\p{{M}}*|[[\w\p{{N}}]--{_LETTER}]+|[^\w\s]"),
}
_NO_SPACE = regex.compile(rf"(?V1)(?<={_LETTER}\p{{M}}*) (?={_LETTER})")


def words(text, rule=RULE):
    """Lists the words and marks of a text.

    >>> words("It's 5 o'clock."), words("我有3只猫。")
    (['It', "'", 's', '5', 'o', "'", 'clock', '.'], ['我', '有', '3', '只', '猫', '。'])
    """
    return _WORDS[rule].findall(text)


class Dictionary:
    """{source word: target word}, of texts split by a rule."""

    def __init__(self, entries, rule=RULE):
        self.entries, self.rule = dict(entries), rule

    def translate(self, text):
        """The text with each word replaced by its entry, spaces between words where the script has them."""
        translation = " ".join(self.entries.get(word, word) for word in words(text, self.rule))
        return translation if self.rule == 1 else _NO_SPACE.sub("", translation)

    def save(self, folder):
        columns = {"source": _text(self.entries), "target": _text(self.entries.values())}
        np.savez_compressed(folder / "baselines.npz", **columns, rule=self.rule)


def _text(strings):
    """Words as one array of bytes, one word a line; no word holds an end of line."""
    return np.frombuffer("\n".join(strings).encode("utf-8"), "uint8")


def load(folder):
    with np.load(folder / "baselines.npz") as arrays:
        columns = [arrays[side].tobytes().decode("utf-8").split("\n") for side in ("source", "target")]
        rule = int(arrays["rule"]) if "rule" in arrays else 1
    return Dictionary(zip(*columns, strict=True), rule)


def fit(preprocessor, examples):
    """The dictionary of a training split."""
    return learn(examples["source"], examples["target"])


def learn(sources, targets, rounds=ROUNDS):
    """Learns the `Dictionary` of aligned lists of texts."""
    source_words, target_words = _numbered(sources), _numbered(targets)
    links = list(_all_links(source_words.rows, target_words.rows))
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


def _all_links(source_rows, target_rows):
    """Yields the links of each pair, until there are MOST_LINKS."""
    count = 0
    for source, target in zip(source_rows, target_rows, strict=True):
        size = (len(source) + 1) * len(target)
        if count and count + size > MOST_LINKS:
            return
        count += size
        yield _links(source, target)


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

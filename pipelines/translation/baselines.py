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

from pipelines.shared.storage import baseline_files

ROUNDS = 5
MOST_LINKS = 2**25  # between the words of pairs, of those learned from: some 200,000 pairs of 12 words, 1.2 GB
AT_ONCE = 2**20  # links
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
        """Writes one file of plain arrays into the folder; see `baseline_files`."""
        columns = {"source": _text(self.entries), "target": _text(self.entries.values())}
        baseline_files.save(folder, {**columns, "rule": self.rule})


def _text(strings):
    """Words as one array of bytes, one word a line; no word holds an end of line."""
    return np.frombuffer("\n".join(strings).encode("utf-8"), "uint8")


def load(folder):
    """The dictionary that `save` wrote into the folder."""
    return baseline_files.load(folder, _of_arrays)


def _of_arrays(arrays):
    columns = [arrays[side].tobytes().decode("utf-8").split("\n") for side in ("source", "target")]
    return Dictionary(zip(*columns, strict=True), int(arrays["rule"]) if "rule" in arrays else 1)


def fit(preprocessor, examples):
    """The dictionary of a training split."""
    return learn(examples["source"], examples["target"])


def learn(sources, targets, rounds=ROUNDS):
    """Learns the `Dictionary` of aligned texts."""
    names, texts = _numbered(sources, targets)
    sizes = np.repeat(*(np.array(list(map(len, side)), np.int32) for side in texts))  # links of each target word
    pairs, pair = _distinct(_links(*texts, len(names[1])))  # one number for each pair of words that is ever linked
    owners = (pairs // len(names[1])).astype(np.int32)  # (pairs,) source words
    chances = np.ones(len(pairs))
    for _ in range(rounds):
        counts = np.zeros(len(pairs))
        for links, some in _parts(sizes):
            weights = chances[pair[links]]
            weights /= np.repeat(np.bincount(np.repeat(np.arange(len(some)), some), weights), some)
            np.add.at(counts, pair[links], weights)
        chances = counts / np.bincount(owners, counts)[owners]
    return Dictionary(_likeliest(pairs, chances, *names))


def _numbered(sources, targets):
    """((source words, target words), (numbers of the words of the texts, of each side one array a text)).

    Words are numbered in the order in which they appear, from 1 on; 0 stands for no word, from which words of the
    target may come, so that each source ends with it. Pairs are read until they have MOST_LINKS.
    """
    numbers, texts, count = ({"": 0}, {"": 0}), ([], []), 0
    for pair in zip(sources, targets, strict=True):
        cut = list(map(words, pair))
        size = (len(cut[0]) + 1) * len(cut[1])
        if count and count + size > MOST_LINKS:
            break
        count += size
        for own, numbered, text in zip(numbers, texts, cut, strict=True):
            numbered.append(np.array([own.setdefault(word, len(own)) for word in text], np.int32))
        texts[0][-1] = np.append(texts[0][-1], np.int32(0))
    return tuple(map(list, numbers)), texts


def _links(sources, targets, count):
    """The links of each target word with each source word, as source * count + target, int64 (links,)."""
    links = np.empty(sum(len(source) * len(target) for source, target in zip(sources, targets, strict=True)), np.int64)
    start = 0
    for source, target in zip(sources, targets, strict=True):
        own = source.astype(np.int64) * count + target[:, None]  # (target words, source words)
        links[start : start + own.size] = own.ravel()
        start += own.size
    return links


def _distinct(values):
    """(the distinct values, ascending; the number of each value among them, int32)."""
    order = np.argsort(values)
    values = values[order]
    first = np.diff(values, prepend=-1) != 0
    numbers = np.empty(len(values), np.int32)
    numbers[order] = np.cumsum(first, dtype=np.int32) - 1
    return values[first], numbers


def _parts(sizes):
    """Yields (a slice of the links, the sizes of its target words) of parts of the links, one after another."""
    ends = np.cumsum(sizes, dtype=np.int64)
    start = word = 0
    while word < len(sizes):
        after = max(word + 1, int(np.searchsorted(ends, start + AT_ONCE, "right")))
        yield slice(start, int(ends[after - 1])), sizes[word:after]
        start, word = int(ends[after - 1]), after


def _likeliest(pairs, chances, source_names, target_names):
    """Yields (source word, its likeliest target word)."""
    owners, meanings = np.divmod(pairs, len(target_names))
    order = np.lexsort([-chances, owners])
    first = order[np.unique(owners[order], return_index=True)[1]]
    for pair in first:
        if owners[pair]:
            yield source_names[owners[pair]], target_names[meanings[pair]]

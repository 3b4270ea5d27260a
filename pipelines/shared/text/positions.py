"""Where the words of a text stand: as characters of the raw text, and as tokens that a network reads.

    [words] = located(preprocessor, ["It's BAD"])     # It, ', s and BAD
    words[3]                                          # Word(start=5, end=8, first=3, last=4)

Normalising and folding change how many characters a text has ("ﬁ" becomes "fi", a soft hyphen nothing). So it is done
to each letter with its marks (a grapheme cluster of Unicode) alone, by the operations that the tokens come from, which
tells how far each of them reaches in the normalised text. Where letters change one another across clusters, whole
words between white space take the place of the clusters.
"""

import itertools
from typing import NamedTuple

import numpy as np
import regex
import tensorflow as tf
import tensorflow_text

from pipelines.shared.text import tokenization

CLUSTER, BETWEEN_SPACES = regex.compile(r"\X"), regex.compile(r"\s+|\S+")
# Scripts in which a "word" between marks is a whole clause, so that its tokens stand for words.
WITHOUT_SPACES = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


class Word(NamedTuple):
    """A word: characters [start, end) of its text, and tokens [first, last) of those that the network reads.

    No token is read of a word that is cut off by `max_length`: first and last are the same.
    """

    start: int
    end: int
    first: int
    last: int


def located(preprocessor, texts):
    """A list of `Word`s for each text, in order.

    Args:
        preprocessor: a `tokenization.TextPreprocessor`.
        texts: a list of strings.

    >>> preprocessor = tokenization.adapt(["the finest"], tokens="word", vocabulary_size=9)
    >>> [[text[word.start : word.end] for word in located(preprocessor, [text])[0]] for text in ["The \\ufb01nest!"]]
    [['The', 'ﬁnest', '!']]
    """
    if not len(texts):
        return []
    normalized = tokenization.normalized(tf.constant(texts, tf.string), preprocessor.lowercase)
    split, starts = _split(normalized)
    ends = preprocessor.token_ends(split).to_list()
    rows = zip(split.to_list(), starts.to_list(), ends, strict=True)
    bounds = _bounds(preprocessor, texts, [len(text) for text in normalized.numpy()])
    return [_words(_units(*row), *bound, preprocessor) for row, bound in zip(rows, bounds, strict=True)]


def _split(normalized):
    """The words of normalised texts, and where they begin, in bytes: ragged (batch, None) both."""
    parts, part_starts, _ = tensorflow_text.WhitespaceTokenizer().tokenize_with_offsets(normalized)
    words, starts, _ = tensorflow_text.UnicodeScriptTokenizer().tokenize_with_offsets(parts)  # (batch, None, None)
    starts += tf.cast(tf.expand_dims(part_starts, -1), starts.dtype)
    return words.merge_dims(-2, -1), starts.merge_dims(-2, -1)


def _units(words, starts, token_ends):
    """Yields (start, end, tokens) of what is a word to a reader, in bytes of the normalised text."""
    for word, start, ends in zip(words, starts, token_ends, strict=True):
        if len(ends) > 1 and WITHOUT_SPACES.search(word.decode("utf-8", "replace")):
            for first, last in itertools.pairwise([0, *ends]):
                yield start + first, start + last, 1
        else:
            yield start, start + len(word), len(ends)


def _bounds(preprocessor, texts, lengths):
    """For each text (where its clusters begin, in characters; where, in bytes of the normalised text), arrays."""
    bounds = _cut(preprocessor, texts, CLUSTER)
    wrong = [row for row, (bound, length) in enumerate(zip(bounds, lengths, strict=True)) if bound[1][-1] != length]
    coarse = _cut(preprocessor, [texts[row] for row in wrong], BETWEEN_SPACES)
    for row, bound in zip(wrong, coarse, strict=True):
        bounds[row] = bound
    return bounds


def _cut(preprocessor, texts, pattern):
    clusters = [pattern.findall(text) for text in texts]
    flat = tf.constant([*itertools.chain.from_iterable(clusters)], tf.string)
    sizes = iter(tf.strings.length(tokenization.normalized(flat, preprocessor.lowercase)).numpy().tolist())
    bounds = []
    for several in clusters:
        characters = np.cumsum([0, *map(len, several)])
        bounds.append((characters, np.cumsum([0, *itertools.islice(sizes, len(several))])))
    return bounds


def _words(units, characters, at_bytes, preprocessor):
    """The `Word`s of a text of units (start, end, tokens), in bytes; those that share a letter are one word."""
    starts, ends, counts = np.array([*units], int).reshape(-1, 3).T
    ends = np.minimum(ends, at_bytes[-1])  # tensorflow-text cuts U+0085 in two, and its half reads as a longer letter
    first = characters[np.searchsorted(at_bytes, starts, side="right") - 1]
    last = characters[np.searchsorted(at_bytes, ends, side="left")]  # of the cluster behind the word's last
    reach = np.cumsum([0, *counts])
    skipped = 0 if preprocessor.keep == "start" else max(0, int(reach[-1]) - preprocessor.max_length)
    kept = np.clip(reach - skipped, 0, preprocessor.max_length)
    words = []
    for one in zip(first.tolist(), last.tolist(), kept[:-1].tolist(), kept[1:].tolist(), strict=True):
        word = Word(*one)
        if words and word.start < words[-1].end:
            word = Word(words[-1].start, word.end, words.pop().first, word.last)
        words.append(word)
    return words

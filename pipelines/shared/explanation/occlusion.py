"""What each word of a text does to a network's scores: how far they fall when the word is blotted out.

    part(word, output) = score(text) - score(text in which the word's tokens are padding, id 0)

The blotted step stays a step whose vector is zero, as `TokenDropout` has it in training: the words around keep their
places, and what is computed from ids, such as hashed pairs of words, sees the gap too. Nothing is approximated and no
gradient is needed, so this works on any network that takes ids. Of a network that adds up what its words give, the
parts are just these summands. Where one of two equal words would do, neither gets much: that is what the number says.

A text of n words takes n + 1 rows; the rows of many texts are answered together.

Reference: Li, Monroe & Jurafsky 2016, arXiv:1612.08220 (erasure); Zeiler & Fergus 2014, arXiv:1311.2901 (occlusion).
"""

import itertools

import numpy as np

from pipelines.shared.batches import bucketing

ROWS = 256  # answered together
BLOT = 0  # the id of padding
LEAST = 1e-30  # probability


def parts(score, sequences, words):
    """A list of float64 (words, outputs), one for each text; nan for a word of which the network reads no token.

    Args:
        score: a function of ids int32 (batch, time) and lengths int32 (batch,) -> (batch, outputs).
        sequences: the ids of each text.
        words: for each text a list of `positions.Word`.

    >>> def score(ids, lengths):
    ...     return np.stack([ids.sum(1), -ids.sum(1)], 1)
    >>> from pipelines.shared.text.positions import Word
    >>> parts(score, [[5, 7]], [[Word(0, 3, 0, 1), Word(3, 4, 1, 2), Word(5, 9, 2, 2)]])[0][:, 0]
    array([ 5.,  7., nan])
    """
    order = np.argsort([-len(ids) for ids in sequences], kind="stable")
    blotted = ((row, ids) for row in order for ids in _blotted(sequences[row], words[row]))
    scores = [[] for _ in words]
    while batch := list(itertools.islice(blotted, ROWS)):
        rows, ids = zip(*batch, strict=True)
        for positions, padded, lengths in bucketing.in_length_order(ids, ROWS):  # a stable order: a text's rows stay so
            for position, answer in zip(positions, np.asarray(score(padded, lengths), np.float64), strict=True):
                scores[rows[position]].append(answer)
    return [_falls(*of_text) for of_text in zip(scores, words, strict=True)]


def _blotted(ids, words):
    """Yields the ids as they are, then with one word after another blotted out."""
    yield np.asarray(ids, np.int32)
    for word in filter(_is_read, words):
        changed = np.array(ids, np.int32)
        changed[word.first : word.last] = BLOT
        yield changed


def _is_read(word):
    return word.last > word.first


def _falls(scores, words):
    whole, *others = scores
    falls = np.full((len(words), len(whole)), np.nan)
    falls[[_is_read(word) for word in words]] = whole - np.reshape(others, (-1, len(whole)))
    return falls


def log_odds(probabilities, exclusive=True):
    """ln(p / (1 - p)) of probabilities (batch, classes), float64, also of p rounded to 1.

    Args:
        exclusive: whether a row adds up to 1, so that 1 - p is the sum of the others.

    >>> log_odds(np.float32([[1, 1e-12]])).round(1).tolist()
    [[27.6, -27.6]]
    """
    p = np.asarray(probabilities, np.float64)
    rest = p @ (1 - np.eye(p.shape[1])) if exclusive else 1 - p
    return np.log(np.maximum(p, LEAST)) - np.log(np.maximum(rest, LEAST if exclusive else 1e-7))

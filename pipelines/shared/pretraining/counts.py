"""What counts of words and of pairs of words reach, beside which a network that tells words is measured."""

import numpy as np

DISCOUNT = 0.75  # of the count of each pair, given to words by themselves (Ney, Essen & Kneser 1994)
MOST = 20_000_000  # tokens counted


def shares(windows, size):
    """The share of each word among all, (vocabulary,), with half a word more of each."""
    counts = np.full(size, 0.5)
    for ids in windows:
        counts += np.bincount(ids, minlength=size)
    return counts / counts.sum()


def perplexities(windows, held_out, size):
    """{"unigram", "bigram"}: exp of the mean of -ln p of the words of `held_out` behind the first of each window.

    p(b | a) = max(count(a b) - D, 0) / count(a) + D (kinds of words behind a) / count(a) p(b)
    """
    alone = shares(windows, size)
    codes = np.concatenate(list(_pairs(windows, size, MOST)))
    kinds, counts = np.unique(codes, return_counts=True)
    before = kinds // size
    totals = np.bincount(before, counts, size)  # (vocabulary,)
    followers = np.bincount(before, minlength=size)
    asked = np.concatenate(list(_pairs(held_out, size, MOST)))
    first, second = asked // size, asked % size
    place = np.minimum(np.searchsorted(kinds, asked), len(kinds) - 1)
    together = np.where(kinds[place] == asked, counts[place], 0)
    seen = np.maximum(totals[first], 1)
    rest = np.where(totals[first] > 0, DISCOUNT * followers[first] / seen, 1.0)
    pairs = np.maximum(together - DISCOUNT, 0) / seen + rest * alone[second]
    return {name: float(np.exp(-np.log(p).mean())) for name, p in (("unigram", alone[second]), ("bigram", pairs))}


def _pairs(windows, size, most):
    """Yields the numbers a * size + b of the pairs of words side by side, int64."""
    seen = 0
    for ids in windows:
        wide = ids.astype(np.int64)
        yield wide[:-1] * size + wide[1:]
        seen += len(ids)
        if seen > most:
            return

"""Subwords with some joins left out at random, the same for a seed in every process (sentencepiece salts its own).

    for ids, lengths in sampled(["▁newer▁low"], pieces, dropout=0.1, seed=1): ...     # of normalised texts

In each step, a word joins the two neighbouring pieces whose joined piece has the smallest id, the leftmost among
equals. When a pair of neighbours first appears, it is excluded with probability `dropout` (Provilkov et al. 2020,
arXiv:1910.13267). Without dropout this is what sentencepiece does. All words take each step together.
"""

import numpy as np

UNKNOWN, SPACE, SPECIAL = 1, "\u2581", 4  # ids below SPECIAL are not pieces of texts
WORDS_AT_ONCE = 2**16
_NOTHING = 2**31 - 1  # stands for the joined piece of neighbours that are not joined


def sampled(texts, pieces, dropout, seed):
    """Yields (ids int32, lengths (texts,)) of some texts after others: their ids one after another.

    Args:
        texts: normalised, each empty or beginning with "▁"; read as they are needed.
        pieces: the vocabulary; the index is the id.
        dropout: the share of joins to leave out.
        seed: of the random choice.

    >>> [ids.tolist() for ids, _ in sampled(["▁aab"], ["", "", "", "", "▁", "a", "b", "ab"], dropout=0.0, seed=0)]
    [[4, 5, 7]]
    """
    pairs_of = _Pairs(pieces, dropout, np.random.default_rng(seed))
    ids, sizes, counts = np.zeros(0, np.int32), np.zeros(0, int), np.zeros(0, int)  # what is not yet a whole text
    for words, new in _words(texts):
        kinds = {}  # {distinct word: its number}; these are few
        occurrences = np.array([kinds.setdefault(word, len(kinds)) for word in words], int)
        gathered = _gathered(*_letters(kinds, pieces), occurrences)
        joined, word = _joined(*gathered, pairs_of) if words else gathered
        ids = np.concatenate([ids, joined.astype(np.int32)])
        sizes = np.concatenate([sizes, np.bincount(word, minlength=len(words))])  # of words
        counts = np.concatenate([counts, np.array(new, int)])  # words of texts
        ends = np.cumsum(counts)  # (texts,)
        whole = np.searchsorted(ends, len(sizes), "right")
        up_to = np.concatenate([[0], np.cumsum(sizes)])[np.concatenate([[0], ends[:whole]])]
        yield ids[: up_to[-1]], np.diff(up_to)
        read = ends[whole - 1] if whole else 0
        ids, sizes, counts = ids[up_to[-1] :], sizes[read:], counts[whole:]


def _words(texts):
    """Yields (WORDS_AT_ONCE words, the numbers of words of the texts that begin among them); the last are fewer."""
    words, counts = [], []
    for text in texts:
        own = text.split(SPACE)[1:]
        words += own
        counts.append(len(own))
        while len(words) >= WORDS_AT_ONCE:
            yield words[:WORDS_AT_ONCE], counts
            words, counts = words[WORDS_AT_ONCE:], []
    if words or counts:
        yield words, counts


def _letters(words, pieces):
    """The ids of the letters of `words`, one word after another, and where each word begins, (1 + words,)."""
    known = {piece: piece_id for piece_id, piece in enumerate(pieces) if piece_id >= SPECIAL}
    letters = [known.get(letter, UNKNOWN) for word in words for letter in (SPACE, *word)]
    return np.array(letters, int), np.cumsum([0, *(1 + len(word) for word in words)])


def _gathered(letters, starts, occurrences):
    """The letters of the occurrences of words, one after another, and the number of each letter's word."""
    sizes = np.diff(starts)[occurrences]
    shift = np.repeat(starts[occurrences] - (np.cumsum(sizes) - sizes), sizes)
    return letters[shift + np.arange(len(shift))], np.repeat(np.arange(len(sizes)), sizes)


class _Pairs:
    """The pieces that ids at `positions` form with the next ids of their words, if dropout does not exclude them."""

    def __init__(self, pieces, dropout, chance):
        known = {piece: piece_id for piece_id, piece in enumerate(pieces) if piece_id >= SPECIAL}
        joins = {
            known[piece[:cut]] * len(pieces) + known[piece[cut:]]: piece_id
            for piece, piece_id in known.items()
            for cut in range(1, len(piece))
            if piece[:cut] in known and piece[cut:] in known
        }
        self.keys = np.array([*sorted(joins), 2**62])
        self.joined = np.array([*(joins[key] for key in sorted(joins)), _NOTHING])
        self.count, self.dropout, self.chance = len(pieces), dropout, chance

    def __call__(self, ids, word, positions):
        after = np.minimum(positions + 1, len(ids) - 1)
        keys = ids[positions] * self.count + ids[after]
        nearest = np.searchsorted(self.keys, keys)
        together = (self.keys[nearest] == keys) & (word[positions] == word[after]) & (after > positions)
        together &= self.chance.random(len(positions)) >= self.dropout
        return np.where(together, self.joined[nearest], _NOTHING)


def _joined(ids, word, pairs_of):
    """Joins letters, with the number of each one's word, to pieces, with the number of each one's word."""
    done, pairs = [], pairs_of(ids, word, np.arange(len(ids)))
    while len(ids):
        first = np.flatnonzero(np.diff(word, prepend=-1))  # of each word
        best = np.minimum.reduceat(pairs << 32 | np.arange(len(ids)), first)  # (words,): joined piece and position
        joins = best >> 32 != _NOTHING
        stays = np.repeat(joins, np.diff(first, append=len(ids)))
        done.append((ids[~stays], word[~stays]))
        positions = best[joins] & (2**32 - 1)
        ids[positions] = pairs[positions]
        stays[positions + 1] = False
        positions = (np.cumsum(stays) - 1)[positions]
        ids, word, pairs = ids[stays], word[stays], pairs[stays]
        before = positions[(positions > 0) & (word[positions - 1] == word[positions])] - 1
        for changed in (positions, before):
            pairs[changed] = pairs_of(ids, word, changed)
    return _in_order(*(np.concatenate(parts) for parts in zip(*done, strict=True)))


def _in_order(ids, word):
    """The pieces sorted by word; a run of unknown letters becomes one."""
    order = np.argsort(word, kind="stable")
    ids, word = ids[order], word[order]
    kept = (ids != UNKNOWN) | (np.roll(ids, 1) != UNKNOWN)
    return ids[kept], word[kept]

"""What a translator looked at: attention by subword or by word, and the copying of unknown words by it.

    Attention(source, target, weights)      pieces or words of both sides; weights (target, source), rows sum to 1
    by_word(attention)                      subwords joined to words
    copied(attention, known)                the translation, with source words of unknown pieces as they are

Row t holds the weights from which piece t of the target was predicted: the decoder looks before it writes.

Reference: Luong et al. 2015, "Addressing the rare word problem", arXiv:1410.8206; Jean et al. 2015, arXiv:1412.2007.
"""

import collections
import unicodedata

import numpy as np

from pipelines.shared.report import pages
from pipelines.shared.text import positions
from pipelines.shared.text.subwords import END, SPACE, SPECIAL, UNKNOWN_TEXT
from pipelines.translation import heat_maps

THE_END = SPECIAL[END]


class Attention(collections.namedtuple("Attention", "source target weights")):
    """source, target: pieces or words. weights: float32 (target, source), rows sum to 1."""

    __slots__ = ()

    def __repr__(self):
        return f"<Attention of {len(self.target)} pieces to {len(self.source)}>"

    def _repr_html_(self):
        shown = where_there_are_words(self)
        if not shown.weights.size:
            return pages.card(pages.note("Nothing was looked at."))
        drawing = heat_maps.heat_map(*labels(shown), shown.weights)
        caption = (
            "A row a word of the translation, a column a word of the source: the darker, the more it was looked at"
        )
        return pages.card(pages.figure(drawing, f"Attention of: {' '.join(shown.source)}", caption))


def labels(attention):
    """(source, target) as a picture names them."""
    return tuple(["(end)" if word == THE_END else word for word in side] for side in attention[:2])


def where_there_are_words(attention):
    """The attention by whole words; by subword where a side is of a script without spaces."""
    spaceless = any(positions.WITHOUT_SPACES.search("".join(side)) for side in (attention.source, attention.target))
    return attention if spaceless else by_word(attention)


def by_word(attention):
    """The same by word: weights are added over the subwords of a source word, averaged over those of a target word.

    >>> looked = Attention(["▁new", "est", "</s>"], ["▁lo", "w"], np.array([[0.5, 0.25, 0.25], [1, 0, 0]]))
    >>> by_word(looked).weights.tolist()
    [[0.875, 0.125]]
    """
    source, target = words(attention.source), words(attention.target)
    weights = np.zeros((len(target), len(source)), "float32")
    for row, (_, rows) in enumerate(target):
        for column, (_, columns) in enumerate(source):
            weights[row, column] = attention.weights[np.ix_(rows, columns)].sum() / len(rows)
    return Attention([word for word, _ in source], [word for word, _ in target], weights)


def words(pieces):
    """[(word, the positions of its pieces)]; the end is a word of its own.

    >>> words(["▁new", "est", ".", "▁low", "</s>"])
    [('newest.', [0, 1, 2]), ('low', [3]), ('</s>', [4])]
    """
    grouped = []
    for position, piece in enumerate(pieces):
        if piece == THE_END or piece.startswith(SPACE) or not grouped:
            grouped.append((piece.removeprefix(SPACE), [position]))
        else:
            grouped[-1] = (grouped[-1][0] + piece, [*grouped[-1][1], position])
    return grouped


def copied(attention, known):
    """The translation as a text, in which source words with pieces that are not `known` stand as they are.

    Each of them replaces the target word that looked at it most. An unknown target word is replaced by the source word
    that it looked at most. The punctuation around target words stays.
    """
    merged = by_word(attention)
    target = [word for word in merged.target if word != THE_END]
    weights = merged.weights[: len(target)].copy()
    unknown = [
        column
        for column, (_, positions) in enumerate(words(attention.source))
        if any(
            attention.source[position] not in known and attention.source[position] != THE_END for position in positions
        )
    ]
    for column in unknown[: len(target)]:
        row = int(weights[:, column].argmax())
        target[row] = _exchanged(target[row], merged.source[column])
        weights[row] = -1  # taken
    for row, word in enumerate(target):
        if UNKNOWN_TEXT in word and len(merged.source) > 1:
            target[row] = _exchanged(word, merged.source[int(merged.weights[row, :-1].argmax())])
    return " ".join(target)


def _exchanged(word, other):
    """`other`, with the punctuation around it replaced by that around `word`.

    >>> _exchanged("¿low,", "newest!")
    '¿newest,'
    """
    before, _, after = _parted(word)
    return before + (_parted(other)[1] or other) + after


def _parted(word):
    """(punctuation before, the word itself, punctuation after)."""
    inside = [position for position, letter in enumerate(word) if not _is_mark(letter)]
    if not inside:
        return "", "", word
    return word[: inside[0]], word[inside[0] : inside[-1] + 1], word[inside[-1] + 1 :]


def _is_mark(letter):
    return unicodedata.category(letter).startswith("P") and letter != UNKNOWN_TEXT

"""The rule by which a translator's open settings are chosen, from the training split alone.

What is looked at: the number of pairs; in up to `ROWS` of them the words of a side, how many words differ, on both
sides together, and how often a word comes on average. Where no spaces divide words, letters are taken for words.

    network     GRUs of 128 units where fewer than `FEW_WORDS` words differ, as in a small grammar; LSTMs of 256 units
                above that, of 512 from `LARGE` words of text on; vectors of the same size
    vocabulary  a subword for every 80 words of text or every four words that differ, whichever is less, from 300 to
                8,000; 16,000 from `LARGE` words of text on
    dropout     by how often a word comes: 0.35 up to 16 times, 0.2 from 50 times on
    rate        the larger the network, the lower: 4e-3 with 128 units, 2e-3 with 256, 1e-3 with 512
    batch_size  64 pairs; fewer of small sets or of long sentences, 128 of half a million pairs or more
    epochs      as many as `UPDATES` of the weights take, fewer where few words differ; from 4 to 60
    average     the three best epochs, where there are 20 or more, since neighbours are alike then
    max_length  from 120 to 500 subwords; half the letters of the longest pair but one in a hundred

The numbers were found good on validation parts of Multi30k (29,000 pairs of 12 words), of Tatoeba (112,580 of 6) and of
the built-in sample (8,000 of 7, of a small grammar); what lies between is interpolated.

Small sets were looked at with 4,000 pairs of Tatoeba. That they want fewer subwords and smaller batches is also in
Sennrich & Zhang 2019, "Revisiting Low-Resource Neural Machine Translation", arXiv:1905.11901.
"""

import collections
import math
import typing
import unicodedata

import numpy as np

from pipelines.shared.data import stored
from pipelines.shared.training.choosing import counted
from pipelines.translation.pair_rows import SIDES

ROWS = 100_000  # pairs in which words are counted
FEW_WORDS = 4_000  # that differ, below which the network is small
LARGE = 20_000_000  # words of text, of both sides
SMALL, MIDDLE, LARGEST = 128, 256, 512  # units
UPDATES = 10_000  # of the weights, in all epochs
EPOCHS = (4, 60)
LONG_WORDS = 10  # letters of a word on average, from which on it is taken for a clause without spaces


class Looked(typing.NamedTuple):
    """What the rule looks at."""

    pairs: int
    words: float  # of a side of a pair, on average
    different: int  # words, of both sides
    longest: int  # letters of a side that one in a hundred exceeds
    letters: int  # that differ

    @property
    def total(self):
        """Words of both sides of all pairs."""
        return 2 * self.words * self.pairs

    @property
    def repeated(self):
        """How often a word comes, on average."""
        return self.total / max(1, self.different)


def settings_for(examples, config):
    """({setting: value} for each setting that may be open, what was looked at in words); see above."""
    looked = look(examples)
    said = f"{counted(looked.pairs, 'pair')} of {counted(looked.words, 'word')}, {looked.different:,} of them different"
    return _chosen(looked, config), said


def look(examples):
    """What the rule looks at, of a training split."""
    pairs = len(examples[SIDES[0]])
    rows = np.unique(np.linspace(0, pairs - 1, min(pairs, ROWS)).astype(int))
    lengths, different, letters = [], 0, set()
    sizes = np.zeros(len(rows), int)  # letters of the longer side
    for side in SIDES:
        texts = [unicodedata.normalize("NFC", text) for text in stored.picked(examples[side], rows)]
        words = _words(texts)
        different += len(words)
        lengths.append(words.total() / max(1, len(texts)))
        letters.update(*words)
        sizes = np.maximum(sizes, list(map(len, texts)))
    return Looked(pairs, sum(lengths) / 2, different, int(np.quantile(sizes, 0.99)), len(letters))


def _words(texts):
    """How often each word is in the texts; of writing without spaces, each letter."""
    words = collections.Counter(word for text in texts for word in text.split())
    letters = sum(len(word) * times for word, times in words.items())
    if letters < LONG_WORDS * words.total():
        return words
    return collections.Counter(letter for text in texts for letter in text if not letter.isspace())


def _chosen(looked, config):
    units = config.units or _units(looked)
    batch_size = config.batch_size or _batch_size(looked)
    epochs = config.epochs or _epochs(looked, batch_size)
    dropout = np.interp(np.log(looked.repeated), np.log([16, 50]), [0.35, 0.2])
    vector_dropout = np.interp(np.log(looked.repeated), np.log([20, 50]), [0.3, 0.1])
    return {
        "cell": "gru" if units <= SMALL else "lstm",
        "units": units,
        "embedding_size": min(units, LARGEST),
        "vocabulary_size": _vocabulary_size(looked),
        "max_length": int(np.clip(looked.longest // 2, 120, 500)),
        "dropout": _twentieths(dropout),
        "embedding_dropout": _twentieths(vector_dropout),
        "learning_rate": float(np.clip(0.512 / units, 5e-4, 4e-3)),
        "batch_size": batch_size,
        "epochs": epochs,
        "patience": epochs,
        "average": 3 if epochs >= 20 else 1,
    }


def _units(looked):
    return LARGEST if looked.total >= LARGE else MIDDLE if looked.different >= FEW_WORDS else SMALL


def _vocabulary_size(looked):
    """Subwords; twice the letters at the least, so that there are some besides."""
    most = 16_000 if looked.total >= LARGE else 8_000
    wanted = min(looked.different / 4, looked.total / 80)
    return max(int(np.clip(wanted, 300, most)), 2 * looked.letters + 20)


def _batch_size(looked):
    pairs = 128 if looked.pairs >= 500_000 else 64 if looked.pairs >= 8_000 else 32 if looked.pairs >= 2_000 else 16
    return int(max(1, min(pairs, 64 * 40 / max(1.0, looked.words))))


def _epochs(looked, batch_size):
    updates = min(UPDATES, 0.8 * looked.different)
    return int(np.clip(round(updates / math.ceil(looked.pairs / batch_size)), *EPOCHS))


def _twentieths(part):
    return round(20 * float(part)) / 20

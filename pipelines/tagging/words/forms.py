"""Words to numbers, in TensorFlow's core operations: the id of the small-lettered word, and the ids of its letters.

    forms = Forms(vocabulary, letters, max_letters=20)
    ids, spelled = forms(tf.constant(["Fish", "fishes"]))       int32 (words,), int32 (words, 20)

Id 0 is padding and 1 what is unknown, of words and of letters. Of a longer word the first half of `max_letters` is
read, and as many letters at its end.
"""

import collections

import numpy as np
import tensorflow as tf

from pipelines.shared.messages import CONTROLS
from pipelines.shared.text.tokenization import PADDING, UNKNOWN

AT_ONCE = 20_000  # words
RARE_LETTER = 3  # times that a letter must stand in the training split


class Forms(tf.Module):
    """Words to ids.

    vocabulary: words in small letters, the first two of them padding and unknown. letters: likewise, as they are.

    >>> forms = Forms(["[PAD]", "[UNK]", "fish"], ["[PAD]", "[UNK]", "F", "i", "s", "h"], max_letters=4)
    >>> ids, spelled = forms(tf.constant(["Fish", "fishes"]))
    >>> ids.numpy().tolist(), spelled.numpy().tolist()
    ([2, 1], [[2, 3, 4, 5], [1, 3, 1, 4]])
    """

    def __init__(self, vocabulary, letters, max_letters):
        super().__init__()
        self.vocabulary, self.letters, self.max_letters = list(vocabulary), list(letters), max_letters
        self._words, self._letters = map(_table, (self.vocabulary, self.letters))

    def __call__(self, words):
        """words: strings (words,) -> (int32 (words,), int32 (words, max_letters)); "" is padding."""
        ids = tf.where(words == "", 0, self._words.lookup(lowered(words)))
        spelled = tf.strings.unicode_split(words, "UTF-8", errors="replace")  # ragged (words, None)
        counts = tf.cast(spelled.row_lengths(), tf.int32)
        begin = (self.max_letters + 1) // 2
        places = tf.ragged.range(counts)
        kept = (places < begin) | (places >= tf.expand_dims(counts, 1) - (self.max_letters - begin))
        spelled = tf.ragged.boolean_mask(spelled, kept)
        numbers = spelled.with_values(self._letters.lookup(spelled.flat_values))
        return ids, numbers.to_tensor(shape=[None, self.max_letters])

    def folded(self):
        """{letter's id: that of its small letter, or its own where that is not known}, a list."""
        known = {letter: number for number, letter in enumerate(self.letters)}
        special = (PADDING, UNKNOWN)
        return [
            known.get(letter if letter in special else letter.lower(), number)
            for number, letter in enumerate(self.letters)
        ]

    def state(self):
        return {"vocabulary": self.vocabulary, "letters": self.letters, "max_letters": self.max_letters}


def _table(values):
    numbers = tf.range(len(values), dtype=tf.int32)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant(values), numbers), default_value=1)


def lowered(words):
    """The words in small letters."""
    return tf.strings.lower(words, encoding="utf-8")


def adapt(counts, vocabulary_size, minimum_count, max_letters):
    """The `Forms` of words; counts: {word: how often it stands in the training split}."""
    words, letters = collections.Counter(), collections.Counter()
    spellings = list(counts)
    for start in range(0, len(spellings), AT_ONCE):
        chunk = spellings[start : start + AT_ONCE]
        for spelling, word in zip(chunk, lowered(tf.constant(chunk)).numpy().tolist(), strict=True):
            words[word.decode("utf-8", "replace")] += counts[spelling]
            for letter in spelling:
                letters[letter] += counts[spelling]
    few = sum(counts.values()) < 5_000  # of a small training split each word counts
    least = 1 if few else minimum_count
    known = [word for word, count in words.most_common(vocabulary_size - 2) if count >= least]
    kept = [letter for letter, count in letters.most_common() if count >= (1 if few else RARE_LETTER)]
    return Forms(_listed(known), _listed(kept), max_letters)


def _listed(tokens):
    special = [PADDING, UNKNOWN]
    return [*special, *(token for token in tokens if not CONTROLS.search(token) and token not in special)]


def arrays(forms, words):
    """(int32 (words,), int32 (words, max_letters)) of a list of words."""
    ids, spelled = np.zeros(len(words), np.int32), np.zeros((len(words), forms.max_letters), np.int32)
    for start in range(0, len(words), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        ids[part], spelled[part] = (tensor.numpy() for tensor in forms(tf.constant(words[part], tf.string)))
    return ids, spelled

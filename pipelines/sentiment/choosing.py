"""The settings of a text classifier that nobody set, by the size of the training split.

    25,000 texts of 231 words: wordpieces of a vocabulary of 12,900, n-grams up to 2, gru 64, epochs 4, ...

The rule, of the number of texts and of words (a mark of punctuation is one too):

    tokens           wordpieces, since pieces of unknown words say much: on the smaller sets, linear models of them are
                     1 to 3 points above those of words
    vocabulary_size  6 sqrt(all words), 4,000 to 16,000, and room for all letters
    max_length       twice the mean of words, and what 98 of 100 texts have; up to 600
    ngrams           3, of texts of 100 words and more 2; their penalty is 2; their floor 0.2, of texts of 100 words and
                     more 0; runs of up to 5 letters of texts below 10 words
    units            32 of a GRU, from 100,000 words on 64; as many numbers a vector
    epochs           as many as give 80,000 texts, 2 to 20; batches of 64, of fewer than 5,000 texts 32
    word_dropout     0.6, of texts below 100 words 0.3

Data of less than a million words is soon known by heart, so its vectors start at class ratios, word_dropout is 0.6, and
50,000 texts are read, 8 to 20 times, from 2,000 texts on at a third of the learning rate. Where fewer than one word in
100 is a new one, as in a language of few words, there are no rare ones to be prepared for: no word_dropout, and vectors
start at random.

A training that starts from something (start_from, unlabelled) has what fits to learned weights:

    learning_rate    3e-3, of fewer than 5,000 texts 1e-3
    word_dropout     0.3 at the most
    epochs           as many as give 20,000 texts, 4 to 20

N-grams were chosen by cross-validation on the training parts of SST-2, Subj, CR and MPQA, whole and in parts of 500 and
1,000 texts, and on three and six classes made of them; their penalty and floor on these, on two folds of IMDB and on
tweets and product reviews in three classes (Hutto & Gilbert 2014). What keeps small data from being learned by heart
rests on one fold of SST-2 and one of CR. The rule as a whole was not cross-validated.
"""

import math
import re

import numpy as np

from pipelines.sentiment import targets
from pipelines.shared.training.choosing import counted

LOOKED_AT = 20_000  # texts
WORD = re.compile(r"\w+|[^\w\s]")
LETTERS_A_WORD = 6  # more are of a script without spaces, or of a compound


def settings_for(examples, config):
    """({setting: value} for those left alone, what was looked at in words)."""
    texts = examples["text"]
    words, new, letters = _measured(texts)
    total, mean = float(words.mean() * len(texts)), float(words.mean())
    pieces = (config.tokens or "wordpiece") == "wordpiece"
    small, large = total < 100_000, total >= 1_000_000
    few_words = new < 0.01
    chosen = {
        **targets.settings_for(examples["label"], config),
        "tokens": "wordpiece",
        "vocabulary_size": _vocabulary_size(total, letters) if pieces else 20_000,
        "max_length": _max_length(words, pieces),
        "ngrams": 2 if mean >= 100 else 3,
        "ngram_penalty": 2.0,
        "ngram_floor": 0.0 if mean >= 100 else 0.2,
        "ngram_letters": 5 if mean < 10 else 0,
        "cell": "gru",
        "units": 32 if small else 64,
        "embedding_size": 32 if small else 64,
        "embedding_initializer": "random",
        "pooling": "max_mean",
        "dropout": 0.5,
        "word_dropout": 0.0 if few_words else 0.6 if mean >= 100 else 0.3,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "epochs": min(20, max(2, round(80_000 / len(texts)))),
        "batch_size": 32 if len(texts) < 5_000 else 64,
    }
    if config.start_from:
        chosen |= _fine_tuning(len(texts), chosen["word_dropout"])
    elif not large and not few_words:
        chosen |= _against_learning_by_heart(len(texts), config)
    chosen["patience"] = config.epochs or chosen["epochs"]  # the schedule ends the training
    return chosen, f"{counted(len(texts), 'text')} of {counted(mean, 'word')}"


def _fine_tuning(count, word_dropout):
    """What a training that starts from learned weights has instead, of so many texts.

    On IMDB, of 13,200 labelled reviews 1e-3 was 0.8 points behind 3e-3, of 2,000 it was 0.9 before; half as many
    epochs, 5e-4, a slower rate for the vectors and a word dropout of 0.6 were 2 to 4 points behind, and first training
    the last layer alone gave no better accuracy.
    """
    return {
        "learning_rate": 3e-3 if count >= 5_000 else 1e-3,
        "embedding_initializer": "random",  # new words stand among vectors that were learned
        "word_dropout": min(0.3, word_dropout),
        "epochs": min(20, max(4, round(20_000 / count))),
    }


def _against_learning_by_heart(count, config):
    learned = config.input == "embedding" and not config.vectors
    return {
        "embedding_initializer": "class_ratios" if learned else "random",
        "word_dropout": 0.6,
        "learning_rate": 3e-3 if count < 2_000 else 1e-3,
        "epochs": min(20, max(8, round(50_000 / count))),
    }


def _measured(texts):
    """(words of each of at most LOOKED_AT texts, drawn evenly; the part of words that are new; how many letters)."""
    rows = np.sort(np.random.default_rng(0).permutation(len(texts))[:LOOKED_AT])
    words, distinct, letters = np.zeros(len(rows)), set(), set()
    for number, row in enumerate(rows):
        text = texts[int(row)]
        of_text = WORD.findall(text)
        letters.update(text)
        distinct.update(of_text)
        words[number] = max(len(of_text), len(text) / LETTERS_A_WORD)
    return words, len(distinct) / max(1, words.sum()), len(letters)


def _vocabulary_size(words, letters):
    """Of wordpieces, rounded to hundreds; each letter is one at the start of a word and one inside."""
    size = min(16_000, max(4_000, 6 * math.sqrt(words)))
    return math.ceil(max(size, 4 * letters + 100) / 100) * 100


def _max_length(words, pieces):
    """Tokens, rounded to tens: pieces are more than words."""
    share = 1.4 if pieces else 1.0
    most = max(2 * words.mean(), np.quantile(words, 0.98)) * share
    return int(min(600, max(20, math.ceil(most / 10) * 10)))

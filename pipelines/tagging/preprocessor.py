"""Sentences to tensors, and tags to numbers.

    words     int32 (batch, time), the ids of words in small letters
    letters   int32 (batch, time, max_letters), the ids of their letters
    lengths   int32 (batch,), how many words a sentence has; the rest is padding, 0

Targets are int32 (batch, time), -1 where there is no tag to learn: at padding, and for tags that the training split
does not have. Each distinct word is spelled out once; batches gather from that table.
"""

import collections
import logging

import numpy as np
import tensorflow as tf

from pipelines.shared.batches import bucketing
from pipelines.shared.data import stored
from pipelines.tagging.data import counts as counts_of
from pipelines.tagging.words import forms as word_forms
from pipelines.tagging.words import splitting

log = logging.getLogger("unroll")

NONE = -1  # the target where there is none
AT_ONCE = 8_192  # words in a batch of prediction, padding included


class Preprocessor(tf.Module):
    """What the network must know of the training split.

    forms: words and letters to ids. tags: their names. splitter: texts to words. known: how many distinct words, as
    they are written, the training split has, as hashes.
    """

    def __init__(self, forms, tags, splitter, known=()):
        super().__init__()
        self.forms, self.splitter, self.tags = forms, splitter, list(tags)
        self.numbers = {tag: number for number, tag in enumerate(self.tags)}
        self.known = frozenset(known)

    @property
    def module(self):
        """The tf.Module whose tables a SavedModel has to hold."""
        return self

    def state(self):
        return {
            "forms": self.forms.state(),
            "tags": self.tags,
            "splitter": self.splitter.state(),
            "known": sorted(self.known),
        }

    def targets(self, tags):
        """`stored.Arrays` of the numbers of lists of tags, `NONE` of those that are not known."""
        return stored.Arrays.of([self.numbers.get(tag, NONE) for tag in one] for one in tags)

    def is_known(self, word):
        """Whether the training split holds a word, letter case aside."""
        return word.lower() in self.known

    def words(self, texts):
        """Lists of the words of texts."""
        split = [self.splitter(tf.constant(texts[at : at + 2_048], tf.string)) for at in range(0, len(texts), 2_048)]
        return [[word.decode("utf-8", "replace") for word in row] for part in split for row in part.to_list()]

    def tensors(self, sentences):
        """{"words", "letters", "lengths"} of lists of words, padded; there is at least one step."""
        table = _Table(sentences, self.forms)
        return table.tensors(range(len(sentences)))


class _Table:
    """Sentences as numbers of their distinct words, each of which is spelled out once."""

    def __init__(self, sentences, forms):
        distinct = {}
        self.rows = stored.Arrays.of(
            [distinct.setdefault(word, 1 + len(distinct)) for word in one] for one in sentences
        )
        self.ids, self.spelled = word_forms.arrays(forms, ["", *distinct])

    def tensors(self, rows):
        """The tensors of these rows."""
        chosen = [self.rows[row] for row in rows]
        lengths = np.array(list(map(len, chosen)), np.int32)
        numbers = np.zeros((len(chosen), max(1, *lengths, 1)), np.int32)
        for place, one in zip(numbers, chosen, strict=True):
            place[: len(one)] = one
        return {"words": self.ids[numbers], "letters": self.spelled[numbers], "lengths": lengths}


def in_batches(preprocessor, sentences):
    """Yields (rows, tensors) of lists of words, the longest first; a batch holds `AT_ONCE` words, or one sentence."""
    table = _Table(sentences, preprocessor.forms)
    order = np.argsort(-table.rows.lengths, kind="stable")
    at = 0
    while at < len(order):
        longest = max(1, int(table.rows.lengths[order[at]]))
        rows = order[at : at + max(1, AT_ONCE // longest)]
        yield rows, table.tensors(rows)
        at += len(rows)


def prepare(examples, config):
    """The preprocessor of a training split."""
    _check_effects(config)
    counts = collections.Counter()
    for words in examples["tokens"]:
        counts.update(words)
    forms = word_forms.adapt(counts, config.vocabulary_size, config.minimum_count, config.max_letters)
    splitter = splitting.learn(examples, config.splitting)
    return Preprocessor(forms, sorted(counts_of(examples)), splitter, {word.lower() for word in counts})


def _check_effects(config):
    for name, chosen in (("train_vectors", not config.train_vectors and not config.vectors),):
        if chosen:
            raise ValueError(f"{name}={getattr(config, name)!r}: has an effect with vectors=FILE alone; leave it out")


def restore(state):
    forms = word_forms.Forms(**state["forms"])
    return Preprocessor(forms, state["tags"], splitting.Splitter(**state["splitter"]), state["known"])


def batches(preprocessor, examples, config, training):
    """Batches of ({"words", "letters", "lengths"}, targets (batch, time)), bucketed by length; see this module.

    In training, sentences of more than `max_length` words are cut into parts, which is said.
    """
    tokens, tags = examples["tokens"], examples["tags"]
    longest = max(map(len, tokens))
    if training and longest > config.max_length:
        tokens, tags = (_cut(part, config.max_length) for part in (tokens, tags))
        log.warning(
            "train: sentences of up to %d words are cut into parts of %d (max_length)", longest, config.max_length
        )
    table = _Table(tokens, preprocessor.forms)
    ids, spelled = tf.constant(table.ids), tf.constant(table.spelled)
    dataset = bucketing.bucketed(
        table.rows, preprocessor.targets(tags), config.batch_size, config.buckets, config.seed if training else None
    )

    def gathered(inputs, targets):
        numbers, lengths = inputs["ids"], inputs["lengths"]
        real = tf.sequence_mask(lengths, tf.shape(numbers)[1])
        tensors = {"words": tf.gather(ids, numbers), "letters": tf.gather(spelled, numbers), "lengths": lengths}
        return tensors, tf.where(real, targets, NONE)

    steps = tf.data.experimental.assert_cardinality(int(dataset.cardinality()))
    return bucketing.mapped(dataset, gathered).apply(steps).prefetch(2)


def _cut(sentences, length):
    return [one[at : at + length] for one in sentences for at in range(0, len(one), length)]

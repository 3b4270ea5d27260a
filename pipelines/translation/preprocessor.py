"""Converts pairs of sentences to tensors: vocabularies of subwords, and batches of similar lengths."""

import itertools
import logging

import numpy as np
import tensorflow as tf

from pipelines.shared.batches import pairing
from pipelines.shared.data import stored
from pipelines.shared.text import subwords
from pipelines.translation import bleu_tokenizers
from pipelines.translation.pair_rows import SIDES

log = logging.getLogger("unroll")

LAST = 5  # one in so many epochs, at the end, has no subword_dropout


class Preprocessor:
    """Converts texts of both languages to ids; source and target may share one vocabulary.

    `bleu_tokenize` is the tokenizer by which BLEU counts the words of the target language.
    """

    def __init__(self, source, target, bleu_tokenize=bleu_tokenizers.STANDARD):
        self.source, self.target, self.bleu_tokenize = source, target, bleu_tokenize

    @property
    def shared(self):
        return self.source is self.target

    @property
    def module(self):
        """The tf.Module that holds the tables a SavedModel needs."""
        module = tf.Module()
        module.source, module.target = self.source, self.target
        return module

    def state(self):
        target = None if self.shared else self.target.state()
        return {"source": self.source.state(), "target": target, "bleu_tokenize": self.bleu_tokenize}

    def sources(self, texts, dropout=0.0, seed=0):
        """The ids of each text, `stored.Arrays` int32 (time,), with END."""
        return self.source.sequences(texts, dropout, seed, ended=True)

    def targets(self, texts, dropout=0.0, seed=0):
        """The ids of each text, `stored.Arrays` int32 (time,), without START and END."""
        return self.target.sequences(texts, dropout, seed)


def prepare(examples, config, earlier=None):
    """The preprocessor with the vocabularies of the training split, and BLEU's tokenizer by its targets.

    earlier: the preprocessor of what the training starts from, whose subwords are kept.
    """
    tokenize = bleu_tokenizers.chosen(examples["target"], config)
    if isinstance(earlier, Preprocessor):
        return Preprocessor(earlier.source, earlier.target, tokenize)

    def learn(texts):
        return subwords.adapt(texts, config.vocabulary_size, config.lowercase)

    if config.shared_vocabulary:
        both = learn(itertools.chain(examples["source"], examples["target"]))
        return Preprocessor(both, both, tokenize)
    return Preprocessor(learn(examples["source"]), learn(examples["target"]), tokenize)


def restore(state):
    source = subwords.Subwords(**state["source"])
    target = subwords.Subwords(**state["target"]) if state["target"] else source
    return Preprocessor(source, target, state.get("bleu_tokenize", bleu_tokenizers.STANDARD))


def batches(preprocessor, examples, config, training):
    """A `tf.data.Dataset` of batches; see `batches.pairing.dataset`.

    In the first epoch and in the last fifth of them texts are read as they are at work: on Multi30k two last epochs
    without subword_dropout raised validation BLEU from 39.1 to 39.9, at a loss per subword of 2.64, before 2.77. There
    are `config.epochs`, or as many as the method `planned` of the result was told last.
    """
    count = config.epochs
    texts = [examples[side] for side in SIDES]
    sources, targets = preprocessor.sources(texts[0]), preprocessor.targets(texts[1])
    if training:
        kept = _fitting(sources, targets, config)
        sources, targets, *texts = (stored.picked(column, kept) for column in (sources, targets, *texts))

    def read(epoch):
        if not training or not config.subword_dropout or not 0 < epoch < count - count // LAST:
            return sources, targets
        chance = (config.subword_dropout, config.seed + epoch)
        return preprocessor.sources(texts[0], *chance), preprocessor.targets(texts[1], *chance)

    def planned(epochs):
        nonlocal count
        count = epochs

    dataset = pairing.dataset(read, config.batch_size, config.seed if training else None)
    dataset.planned = planned
    return dataset


def _fitting(sources, targets, config):
    """The rows of the pairs that are not too long to train on; how many are left out is said."""
    kept = np.flatnonzero(np.maximum(sources.lengths, targets.lengths) <= config.max_length)
    if len(kept) < len(sources):
        log.warning(
            "%d of %d training pairs have more than %d subwords (max_length) on a side and are left out",
            len(sources) - len(kept), len(sources), config.max_length,
        )  # fmt: skip
    if not len(kept):
        raise ValueError(
            f"max_length: no training pair has at most {config.max_length} subwords a side; give a higher one"
        )
    return kept

"""How good translations are: BLEU while a network trains, and BLEU and chrF with their signatures afterwards."""

import dataclasses

import keras
import sacrebleu
import tensorflow as tf

import layers
from pipelines.translation import data as sentence_pairs
from pipelines.translation import decoding


class ValidationBLEU(keras.callbacks.Callback):
    """Adds `val_bleu` to the logs of an epoch: greedy translations against all references of each source."""

    def __init__(self, model, preprocessor, examples, config):
        super().__init__()
        self.preprocessor, self.config = preprocessor, dataclasses.replace(config, beams=1)
        texts, references = sentence_pairs.grouped(examples)
        self.sources = preprocessor.sources(texts[: config.validation_sentences])
        self.references = references[: config.validation_sentences]
        self.network = decoding.Translator(model)

    def on_epoch_end(self, epoch, logs=None):
        texts = decoding.texts(self.network, self.preprocessor, self.sources, self.config)
        logs["val_bleu"] = bleu(texts, self.references)


def bleu(texts, references, at_once=256):
    """BLEU (13a) by `layers.BLEU` of a list of texts against a list of lists of references."""
    metric = layers.BLEU()
    for start in range(0, len(texts), at_once):
        several = references[start : start + at_once]
        most = max(map(len, several))
        filled = [[*each, *each[:1] * (most - len(each))] for each in several]  # a repeated one changes nothing
        metric.update_state(tf.constant(filled), tf.constant(texts[start : start + at_once]))
    return float(metric.result())


def scores(texts, references):
    """{"bleu": ours, "sacrebleu": ..., "chrf": ...} of a list of texts against a list of lists of references."""
    found = {name: metric.corpus_score(texts, columns(references)).score for name, metric in _metrics().items()}
    return {"bleu": bleu(texts, references), **found}


def signatures(texts, references):
    """{"sacrebleu": its signature, "chrf": ...}: what the numbers depend on."""
    found = {}
    for name, metric in _metrics().items():
        metric.corpus_score(texts, columns(references))
        found[name] = str(metric.get_signature())
    return found


def _metrics():
    # force: no warning where texts look like lists of words, as those of the dictionary do.
    return {"sacrebleu": sacrebleu.BLEU(force=True), "chrf": sacrebleu.CHRF()}


def columns(references):
    """Lists of references a text -> lists of texts a reference, as sacreBLEU has them; None where a text has fewer.

    >>> columns([["a", "b"], ["c"]])
    [['a', 'c'], ['b', None]]
    """
    most = max(map(len, references))
    return [[each[place] if place < len(each) else None for each in references] for place in range(most)]

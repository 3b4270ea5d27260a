"""How good translations are: BLEU while a network trains, and BLEU and chrF with their signatures afterwards."""

import typing

import sacrebleu
import tensorflow as tf

import layers
from pipelines.shared.export import quantized_scores
from pipelines.translation import answers, data

WORTH_A_WARNING = {"sacrebleu": 0.5}


class Answered(typing.NamedTuple):
    """Each distinct source of some examples once: the texts, lists of their references, and their translations."""

    texts: list
    references: list
    translations: list


def answered(artifact, examples):
    texts, references = data.grouped(examples)
    return Answered(texts, references, answers.translated(artifact, texts))


def score(artifact, examples, answered):
    """BLEU by our metric and by sacreBLEU, chrF, and those of the baselines; each source once, with its references."""
    texts, references, translations = answered
    numbers = judged(translations, references)
    by_word = judged([artifact.baseline.translate(text) for text in texts], references)
    numbers |= {f"baseline_dictionary_{name}": by_word[name] for name in ("sacrebleu", "chrf")}
    copied = judged(texts, references)
    return numbers | {f"baseline_copy_{name}": copied[name] for name in ("sacrebleu", "chrf")}


def score_tflite(artifact, interpreter, examples):
    """The metrics with the translations of a `.tflite`."""
    twin = quantized_scores.with_network(artifact, FromTflite(interpreter))
    return score(twin, examples, answered(twin, examples))


class FromTflite:
    """A .tflite where a `decoding.Translator` is expected, for beam search and greedily."""

    def __init__(self, interpreter):
        self._interpreter = interpreter
        self._beam, self._generate = map(interpreter.get_signature_runner, ("beam", "generate"))

    def greedy(self, source, lengths, limit):
        return self._decoded(self._generate, source, lengths)

    def beam(self, beams, best, length_penalty):
        """The file's own beams and length penalty, which are those of the artifact's settings."""

        def beam(source, lengths, limit):
            return layers.Decoded(*(part[:, :best] for part in self._decoded(self._beam, source, lengths)))

        return beam

    def _decoded(self, run, source, lengths):
        found = run(source=source, source_lengths=lengths)
        return layers.Decoded(*(tf.constant(found[name]) for name in layers.Decoded._fields))


def bleu(texts, references, at_once=256):
    """BLEU (13a) by `layers.BLEU` of a list of texts against a list of lists of references."""
    metric = layers.BLEU()
    for start in range(0, len(texts), at_once):
        several = references[start : start + at_once]
        most = max(map(len, several))
        filled = [[*each, *each[:1] * (most - len(each))] for each in several]  # a repeated one changes nothing
        metric.update_state(tf.constant(filled), tf.constant(texts[start : start + at_once]))
    return float(metric.result())


def judged(texts, references):
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

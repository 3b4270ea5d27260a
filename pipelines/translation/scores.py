"""How good translations are: BLEU during training, and BLEU and chrF with their signatures afterwards."""

import logging
import typing

import numpy as np
import sacrebleu
import tensorflow as tf

import layers
from layers import bleu_tokens
from pipelines.shared import defaults
from pipelines.shared.export import quantized_scores
from pipelines.shared.metrics import outcomes
from pipelines.translation import answers, bleu_tokenizers, data

log = logging.getLogger("unroll")

WORTH_A_WARNING = {"sacrebleu": 0.5}
retrained = defaults.retrained
BASELINES = {"dictionary": "a word-by-word dictionary", "copy": "the source as it is"}


class Answered(typing.NamedTuple):
    """The distinct sources of some examples: their texts, the references of each, and their translations."""

    texts: list
    references: list
    translations: list


def answered(artifact, examples):
    texts, references = data.grouped(examples)
    return Answered(texts, references, answers.translated(artifact, texts))


def score(artifact, examples, answered):
    """BLEU by our metric and by sacreBLEU, chrF, and those of the baselines; each distinct source counts once.

    BLEU counts the words of the artifact's own tokenizer, see `bleu_tokenizers`; its signature is logged.
    """
    texts, references, translations = answered
    tokenize = bleu_tokenizers.usable(artifact.preprocessor.bleu_tokenize)
    log.info("BLEU is sacreBLEU's %s", signatures(translations, references, tokenize)["sacrebleu"])
    numbers = judged(translations, references, tokenize)
    by_word = judged([artifact.baseline.translate(text) for text in texts], references, tokenize)
    numbers |= {f"baseline_dictionary_{name}": by_word[name] for name in ("sacrebleu", "chrf")}
    copied = judged(texts, references, tokenize)
    return numbers | {f"baseline_copy_{name}": copied[name] for name in ("sacrebleu", "chrf")}


def outcomes_of(artifact, examples, answered):
    """The n-grams of each distinct source's translation, as BLEU counts them, of the model and of each baseline."""
    texts, references, translations = answered
    tokenize = bleu_tokenizers.usable(artifact.preprocessor.bleu_tokenize)
    by_word = [artifact.baseline.translate(text) for text in texts]
    translated = {"": translations, "dictionary": by_word, "copy": texts}
    counts = {name: ngrams(own, references, tokenize) for name, own in translated.items()}
    return outcomes.of_sums("sacrebleu", "bleu", counts, called="BLEU", noun="sentences", names=BASELINES)


def ngrams(texts, references, tokenize=bleu_tokenizers.STANDARD):
    """float64 (texts, 10): what `metrics.outcomes.bleu` sums up, of each text against its references.

    >>> ngrams(["the cat sat"], [["the cat slept"]]).astype(int).tolist()
    [[3, 3, 2, 1, 0, 0, 3, 2, 1, 0]]
    """
    judge = sacrebleu.BLEU(tokenize=tokenize, force=True, effective_order=True)
    scored = [judge.sentence_score(text, several) for text, several in zip(texts, references, strict=True)]
    return np.array([[one.sys_len, one.ref_len, *one.counts, *one.totals] for one in scored], np.float64)


def score_tflite(artifact, interpreter, examples):
    """The metrics with the translations of a `.tflite`."""
    twin = quantized_scores.with_network(artifact, FromTflite(interpreter))
    return score(twin, examples, answered(twin, examples))


class FromTflite:
    """A .tflite in place of a `decoding.Translator`, for beam search and greedy search."""

    def __init__(self, interpreter):
        self._interpreter = interpreter
        self._beam, self._generate = map(interpreter.get_signature_runner, ("beam", "generate"))

    def greedy(self, source, lengths, limit):
        return self._decoded(self._generate, source, lengths)

    def beam(self, beams, best, length_penalty):
        """Beam search with the file's own beams and length penalty, which are those of the artifact's settings."""

        def beam(source, lengths, limit):
            return layers.Decoded(*(part[:, :best] for part in self._decoded(self._beam, source, lengths)))

        return beam

    def _decoded(self, run, source, lengths):
        outputs = run(source=source, source_lengths=lengths)
        return layers.Decoded(*(tf.constant(outputs[name]) for name in layers.Decoded._fields))


def bleu(texts, references, tokenize=bleu_tokenizers.STANDARD, at_once=256):
    """BLEU by `layers.BLEU` of a list of texts against a list of lists of references, with sacreBLEU's tokenizer."""
    if tokenize not in bleu_tokens.TOKENIZERS:
        texts, references = _cut(texts, tokenize), [_cut(several, tokenize) for several in references]
        tokenize = "none"
    metric = layers.BLEU(tokenize)
    for start in range(0, len(texts), at_once):
        batch = references[start : start + at_once]
        most = max(map(len, batch))
        # A repeated reference changes nothing.
        filled = [[*alternatives, *alternatives[:1] * (most - len(alternatives))] for alternatives in batch]
        metric.update_state(tf.constant(filled), tf.constant(texts[start : start + at_once]))
    return float(metric.result())


def _cut(texts, tokenize):
    """The texts with white space between the words that a tokenizer of sacreBLEU finds."""
    cut = sacrebleu.BLEU(tokenize=tokenize).tokenizer
    return [cut(text.rstrip()) for text in texts]


def judged(texts, references, tokenize=bleu_tokenizers.STANDARD):
    """{"bleu": ours, "sacrebleu": ..., "chrf": ...} of a list of texts against a list of lists of references."""
    metrics = _metrics(tokenize)
    scores = {name: metric.corpus_score(texts, columns(references)).score for name, metric in metrics.items()}
    return {"bleu": bleu(texts, references, tokenize), **scores}


def signatures(texts, references, tokenize=bleu_tokenizers.STANDARD):
    """{"sacrebleu": its signature, "chrf": ...}: what the numbers depend on."""
    signature_of = {}
    for name, metric in _metrics(tokenize).items():
        metric.corpus_score(texts, columns(references))
        signature_of[name] = str(metric.get_signature())
    return signature_of


def _metrics(tokenize):
    # force: no warning where texts look tokenized, as those of the dictionary do.
    return {"sacrebleu": sacrebleu.BLEU(tokenize=tokenize, force=True), "chrf": sacrebleu.CHRF()}


def columns(references):
    """Lists of references per text -> lists of texts per reference, as sacreBLEU takes them; None fills gaps.

    >>> columns([["a", "b"], ["c"]])
    [['a', 'c'], ['b', None]]
    """
    most = max(map(len, references))
    return [
        [alternatives[number] if number < len(alternatives) else None for alternatives in references]
        for number in range(most)
    ]

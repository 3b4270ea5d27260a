"""Decoding with a trained network: greedy search, beam search and sampling, each as one loop in the graph.

    translator = Translator(model)
    translator.greedy(source, lengths, limit).tokens        # (batch, limit)

The source is encoded once and the keys of the attention are projected once; a step then computes one token.
"""

import functools
import math

import numpy as np
import tensorflow as tf

import layers
from pipelines.shared import progress
from pipelines.shared.batches import pairing
from pipelines.shared.text.subwords import END, START

AT_ONCE = 128  # hypotheses decoded together
TOKENS_AT_ONCE = 2**15  # tokens of the sources in a batch, times hypotheses
STRIDE = 8  # the lengths of sources decoded together differ by less than this

_INTEGERS = functools.partial(tf.TensorSpec, dtype=tf.int32)
SOURCE = (_INTEGERS([None, None], name="source"), _INTEGERS([None], name="source_lengths"))
LIMIT = _INTEGERS([], name="limit")


class Translator:
    """The parts of a translation network, put together for decoding."""

    def __init__(self, model):
        layer = {layer.name: layer for layer in model.layers}
        self.encoder, self.decoder = layer["encoder"], layer["decoder"]
        self.source_vectors = layer.get("source_vectors", layer.get("vectors"))
        self.target_vectors = layer.get("target_vectors", layer.get("vectors"))
        self.dense = layer.get("logits")
        self._beams, self._samples = {}, {}

    def encode(self, source, lengths):
        """source (batch, time), lengths (batch,) -> memory, keys, mask, and the first state of the decoder."""
        memory = self.encoder(self.source_vectors(source), lengths=lengths)  # (batch, time, features)
        mask = layers.sequence_mask(lengths, tf.shape(source)[1])  # (batch, time)
        keys, state = self.decoder.begin(memory, mask)
        return memory, keys, mask, state

    def logits(self, outputs):
        """(..., output size) -> (..., vocabulary)"""
        return self.dense(outputs) if self.dense else self.target_vectors(outputs, reverse=True)

    def step(self, token, state, memory, keys, mask):
        """token (batch,) -> logits (batch, vocabulary), the next state, and attention weights (batch, time)."""
        output, state, weights = self.decoder.step(self.target_vectors(token), state, memory, keys, mask)
        return self.logits(output), state, weights

    def start(self, source, lengths, beams=1):
        """(step, token, state) with which the loops of `layers.decoding` begin, for `beams` hypotheses per source."""
        memory, keys, mask, state = self.encode(source, lengths)
        memory, keys, mask = (
            tensor if beams == 1 else layers.repeat_rows(tensor, beams) for tensor in (memory, keys, mask)
        )
        return (
            lambda token, state: self.step(token, state, memory, keys, mask)[:2],
            tf.fill([tf.shape(source)[0]], START),
            state,
        )

    @functools.cached_property
    def greedy(self):
        """(source, lengths, limit) -> `layers.Decoded`: tokens (batch, limit), lengths and scores (batch,)."""

        @tf.function(autograph=False, input_signature=[*SOURCE, LIMIT])
        def greedy(source, lengths, limit):
            return layers.greedy(*self.start(source, lengths), limit, END)

        return greedy

    def beam(self, beams, best, length_penalty):
        """(source, lengths, limit) -> `layers.Decoded`: tokens (batch, best, limit), lengths, scores (batch, best)."""
        key = (beams, best, length_penalty)
        if key not in self._beams:

            @tf.function(autograph=False, input_signature=[*SOURCE, LIMIT])
            def beam(source, lengths, limit):
                return layers.beam_search(
                    *self.start(source, lengths, beams), limit, END,
                    beams=beams, best=best, length_penalty=length_penalty,
                )  # fmt: skip

            self._beams[key] = beam
        return self._beams[key]

    def sample(self, temperature=1.0, top_k=None, top_p=None):
        """(source, lengths, noise (batch, limit, vocabulary)) -> `layers.Decoded`, with the shapes of `greedy`."""
        key = (temperature, top_k, top_p)
        if key not in self._samples:

            @tf.function(autograph=False, input_signature=[*SOURCE, tf.TensorSpec([None, None, None], tf.float32)])
            def sample(source, lengths, noise):
                step, token, state = self.start(source, lengths)
                return layers.sample(step, token, state, noise, END, temperature=temperature, top_k=top_k, top_p=top_p)

            self._samples[key] = sample
        return self._samples[key]

    @functools.cached_property
    def attention(self):
        """(source, lengths, tokens (batch, time)) -> the attention weights of each token (batch, time, source time)."""

        @tf.function(autograph=False, input_signature=[*SOURCE, _INTEGERS([None, None], name="tokens")])
        def attention(source, lengths, tokens):
            memory, _, mask, _ = self.encode(source, lengths)
            before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
            return tf.cast(self.decoder(self.target_vectors(before), memory, mask)[1], tf.float32)

        return attention


def in_batches(sequences, hypotheses=1, at_once=AT_ONCE):
    """Yields (indices, source, lengths): padded batches of sources whose lengths differ little, the longest first.

    A batch has about `at_once` hypotheses, `hypotheses` per source, and fewer of long sources (TOKENS_AT_ONCE). Sources
    are grouped by length alone, and the limit of a translation follows from the longest source that its group may hold.
    So the limit of a source is the same whether it is translated alone or among others.
    """
    yield from progress.counted(_in_batches(sequences, hypotheses, at_once), len(sequences), "translations")


def _in_batches(sequences, hypotheses, at_once):
    groups = np.array([_stride(len(sequence)) for sequence in sequences])
    order = np.argsort([-len(sequence) for sequence in sequences], kind="stable")
    for group in np.unique(groups)[::-1]:
        indices = order[groups[order] == group]
        rows = max(1, min(at_once, TOKENS_AT_ONCE // (int(group) * STRIDE)) // hypotheses)
        for start in range(0, len(indices), rows):
            chosen = indices[start : start + rows]
            source = pairing.rows([sequences[index] for index in chosen])
            yield chosen, source, np.array([len(sequences[index]) for index in chosen], "int32")


def _stride(length):
    return (length + STRIDE - 1) // STRIDE


def limit(time, config):
    """The most tokens of a translation, for sources of `time` tokens; `time` is a number or a tensor."""
    return _stride(time) * math.ceil(config.length_ratio * STRIDE) + 20


def limits(config):
    """The same as numbers: limit + limit_per_stride * ceil(time / stride)."""
    least, more = (limit(strides * STRIDE, config) for strides in (0, 1))
    return {"limit": least, "limit_per_stride": more - least, "stride": STRIDE}


def search(network, sources, config):
    """Yields (indices, `layers.Decoded` of the best) per batch, by beam search, or greedy search with one beam."""
    search = network.beam(config.beams, 1, config.length_penalty) if config.beams > 1 else network.greedy
    for indices, source, lengths in in_batches(sources, config.beams):
        yield indices, search(source, lengths, limit(source.shape[1], config))


def texts(network, preprocessor, sources, config):
    """The best translations of lists of ids, as strings in the order of `sources`."""
    answers = [""] * len(sources)
    for indices, decoded in search(network, sources, config):
        tokens = tf.reshape(decoded.tokens, [len(indices), -1])
        for index, text in zip(indices, preprocessor.target.detokenize(tokens).numpy(), strict=True):
            answers[index] = text.decode("utf-8")
    return answers

"""Decoding with a trained network: greedy, beam search and sampling, each one loop in the graph.

    translator = Translator(model)
    translator.greedy(source, lengths, limit).tokens        # (batch, limit)

The source is encoded once and the keys of the attention are projected once; a step then computes one token.
"""

import functools
import math

import numpy as np
import tensorflow as tf

import layers
from pipelines.shared.batches import pairing
from pipelines.shared.text.subwords import END, START

AT_ONCE = 128  # hypotheses decoded together
TOKENS_AT_ONCE = 2**15  # of sources, times hypotheses
STRIDE = 8  # lengths of sources decoded together differ by less

_INTEGERS = functools.partial(tf.TensorSpec, dtype=tf.int32)
SOURCE = (_INTEGERS([None, None], name="source"), _INTEGERS([None], name="source_lengths"))
LIMIT = _INTEGERS([], name="limit")


class Translator:
    """The parts of a network of `pipelines.translation`, put together for decoding."""

    def __init__(self, model):
        layer = {layer.name: layer for layer in model.layers}
        self.encoder, self.decoder = layer["encoder"], layer["decoder"]
        self.source_vectors = layer.get("source_vectors", layer.get("vectors"))
        self.target_vectors = layer.get("target_vectors", layer.get("vectors"))
        self.dense = layer.get("logits")
        self._beams, self._samples = {}, {}

    def encode(self, source, lengths):
        """source (batch, time), lengths (batch,) -> memory, keys, mask and the decoder's first state."""
        memory = self.encoder(self.source_vectors(source), lengths=lengths)  # (batch, time, features)
        mask = layers.sequence_mask(lengths, tf.shape(source)[1])  # (batch, time)
        keys, state = self.decoder.begin(memory, mask)
        return memory, keys, mask, state

    def logits(self, outputs):
        """(..., output size) -> (..., vocabulary)"""
        return self.dense(outputs) if self.dense else self.target_vectors(outputs, reverse=True)

    def step(self, token, state, memory, keys, mask):
        """token (batch,) -> logits (batch, vocabulary), the next state, weights of the attention (batch, time)."""
        output, state, weights = self.decoder.step(self.target_vectors(token), state, memory, keys, mask)
        return self.logits(output), state, weights

    def start(self, source, lengths, beams=1):
        """What the loops of `layers.decoding` begin with, for `beams` hypotheses of each source: step, token, state."""
        memory, keys, mask, state = self.encode(source, lengths)
        memory, keys, mask = (x if beams == 1 else layers.repeat_rows(x, beams) for x in (memory, keys, mask))
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
        """(source, lengths, noise (batch, limit, vocabulary)) -> `layers.Decoded`, as of `greedy`."""
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
        """(source, lengths, tokens (batch, time)) -> weights (batch, time, source time) with which each was found."""

        @tf.function(autograph=False, input_signature=[*SOURCE, _INTEGERS([None, None], name="tokens")])
        def attention(source, lengths, tokens):
            memory, _, mask, _ = self.encode(source, lengths)
            before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
            return tf.cast(self.decoder(self.target_vectors(before), memory, mask)[1], tf.float32)

        return attention


def in_batches(sequences, hypotheses=1, at_once=AT_ONCE):
    """Yields (places, source, lengths): padded batches of sources whose lengths differ little, the longest first.

    A batch has about `at_once` hypotheses, `hypotheses` a source, and fewer of long sources (TOKENS_AT_ONCE).
    Which sources stand together does not depend on those of other lengths, and the limit of a translation follows from
    the longest that may stand in its batch: so it is the same for a source alone and among others.
    """
    groups = np.array([_stride(len(sequence)) for sequence in sequences])
    order = np.argsort([-len(sequence) for sequence in sequences], kind="stable")
    for group in np.unique(groups)[::-1]:
        places = order[groups[order] == group]
        rows = max(1, min(at_once, TOKENS_AT_ONCE // (int(group) * STRIDE)) // hypotheses)
        for start in range(0, len(places), rows):
            chosen = places[start : start + rows]
            source = pairing.rows([sequences[place] for place in chosen])
            yield chosen, source, np.array([len(sequences[place]) for place in chosen], "int32")


def _stride(length):
    return (length + STRIDE - 1) // STRIDE


def limit(time, config):
    """Tokens of a translation at the most, for sources of `time` tokens, a number or a tensor."""
    return _stride(time) * math.ceil(config.length_ratio * STRIDE) + 20


def search(network, sources, config):
    """Beam search, greedy with one beam, over ids in length order; yields (places, `layers.Decoded` of one best)."""
    search = network.beam(config.beams, 1, config.length_penalty) if config.beams > 1 else network.greedy
    for places, source, lengths in in_batches(sources, config.beams):
        yield places, search(source, lengths, limit(source.shape[1], config))


def texts(network, preprocessor, sources, config):
    """The best translations of ids, a list of strings in the order of `sources`."""
    answers = [""] * len(sources)
    for places, decoded in search(network, sources, config):
        tokens = tf.reshape(decoded.tokens, [len(places), -1])
        for place, text in zip(places, preprocessor.target.detokenize(tokens).numpy(), strict=True):
            answers[place] = text.decode("utf-8")
    return answers

"""Draws tunes from a trained network in Python; traced once, for any beginning, length and number of tunes."""

import weakref

import numpy as np
import tensorflow as tf

from pipelines.music import forms
from pipelines.music.reading.files import KEYS
from pipelines.music.tunes import generation

CHOICES = {"length": tf.int32, "temperature": tf.float32, "top_k": tf.int32, "top_p": tf.float32}


class Drawer:
    """`generation.drawn` and `generation.likeliest` for one network.

    steps: `piano_roll_steps.Steps` or `event_steps.Steps`.
    """

    def __init__(self, steps):
        self.steps, self._searches = steps, {}
        self.signature = [
            steps.beginning_specification,
            tf.TensorSpec([None, None, steps.vocabulary], tf.float32, "noise"),
            *(tf.TensorSpec([None], kind, name) for name, kind in CHOICES.items()),
            tf.TensorSpec([None, KEYS], tf.float32, "allowed_keys"),
        ]
        self.drawn = tf.function(self._drawn, input_signature=self.signature, autograph=False)

    def _drawn(self, *arguments):
        return generation.drawn(self.steps, *arguments)

    def noise(self, rows, steps, seed):
        """The noise to draw `steps` steps of `rows` tunes from, float32 (rows, tokens, vocabulary)."""
        size = self.steps.tokens(steps), self.steps.vocabulary
        return np.stack([generation.gumbel(seed, row, *size) for row in range(rows)])

    def arguments(self, beginnings, noise, length, temperature=1.0, top_k=None, top_p=None, keys=None):
        """The tensors of `drawn`; every argument but `beginnings` and `noise` is the same for all tunes."""
        cut = generation.NO_CUT
        choices = length, temperature, min(top_k or cut, cut), 1.1 if top_p is None else top_p
        rows = [np.full(len(beginnings), choice) for choice in choices]
        keys = np.tile(np.ones(KEYS) if keys is None else keys, (len(beginnings), 1))
        values = beginnings, noise, *rows, keys
        return [tf.cast(value, part.dtype) for value, part in zip(values, self.signature, strict=True)]

    def draw(self, *arguments, **named):
        """The tokens drawn, one array (tokens,) per tune; takes what `arguments` takes."""
        tokens, lengths = self.drawn(*self.arguments(*arguments, **named))
        return [row[:count] for row, count in zip(tokens.numpy(), lengths.numpy(), strict=True)]

    def likeliest(self, beginning, length, keys, beams, best):
        """The tokens and log-probabilities of the `best` tunes of a beam search; `beginning` is that of one tune."""
        if (beams, best) not in self._searches:
            self._searches[beams, best] = self._search(beams, best)
        count = self.steps.tokens(length - self.steps.given_steps(beginning))
        tokens, scores = self._searches[beams, best](
            tf.constant(beginning), count, tf.constant([length]), tf.constant(keys[None])
        )
        return list(tokens.numpy()), scores.numpy()

    def _search(self, beams, best):
        _, _, length, *_, keys = self.signature

        @tf.function(
            autograph=False,
            input_signature=[self.steps.beginning_specification, tf.TensorSpec([], tf.int32), length, keys],
        )
        def search(beginning, tokens, length, keys):
            return generation.likeliest(self.steps, beginning, tokens, length, keys, beams, best)

        return search


_drawers = weakref.WeakKeyDictionary()  # by model


def drawer_of(artifact):
    """The `Drawer` of an artifact's network; made once and kept."""
    if artifact.model not in _drawers:
        _drawers[artifact.model] = Drawer(forms.STEPS[artifact.config.model](artifact.model, artifact.preprocessor))
    return _drawers[artifact.model]

"""Drawing from a trained network in Python: traced once, for any beginning, any length and any number of tunes."""

import weakref

import numpy as np
import tensorflow as tf

import pipelines
from pipelines import music_generation
from pipelines.music_files import KEYS

SCALARS = {"length": tf.int32, "temperature": tf.float32, "top_k": tf.int32, "top_p": tf.float32}


class Drawer:
    """`music_generation.drawn` and `likeliest` of one network.

    steps: `piano_roll_steps.Steps` or `event_steps.Steps`.
    """

    def __init__(self, steps):
        self.steps, self._searches = steps, {}
        self.signature = [
            steps.given_specification,
            tf.TensorSpec([None, None, steps.vocabulary], tf.float32, "noise"),
            *(tf.TensorSpec([], kind, name) for name, kind in SCALARS.items()),
            tf.TensorSpec([KEYS], tf.float32, "keys"),
        ]
        self.drawn = tf.function(self._drawn, input_signature=self.signature)

    def _drawn(self, *arguments):
        return music_generation.drawn(self.steps, *arguments)

    def noise(self, rows, steps, seed):
        """What `draw` needs for so many tunes and so many steps to draw."""
        return music_generation.gumbel(rows, self.steps.tokens(steps), self.steps.vocabulary, seed)

    def draw(self, given, noise, length, temperature=1.0, top_k=None, top_p=None, keys=None):
        """The tokens drawn, an array (tokens,) a tune; arguments as of `music_generation.drawn`."""
        cut = music_generation.NO_CUT
        chosen = min(top_k or cut, cut), 1.1 if top_p is None else top_p
        values = given, noise, length, temperature, *chosen, np.ones(KEYS) if keys is None else keys
        tensors = [tf.cast(value, part.dtype) for value, part in zip(values, self.signature, strict=True)]
        tokens, lengths = self.drawn(*tensors)
        return [row[:count] for row, count in zip(tokens.numpy(), lengths.numpy(), strict=True)]

    def likeliest(self, given, length, keys, beams, best):
        """The tokens and log-probabilities of the `best` tunes of a beam search; given: of one tune."""
        if (beams, best) not in self._searches:
            self._searches[beams, best] = self._search(beams, best)
        count = self.steps.tokens(length - self.steps.given_steps(given))
        tokens, scores = self._searches[beams, best](tf.constant(given), count, length, tf.constant(keys))
        return list(tokens.numpy()), scores.numpy()

    def _search(self, beams, best):
        number = tf.TensorSpec([], tf.int32)

        @tf.function(input_signature=[self.steps.given_specification, number, number, self.signature[-1]])
        def search(given, tokens, length, keys):
            return music_generation.likeliest(self.steps, given, tokens, length, keys, beams, best)

        return search


_drawers = weakref.WeakKeyDictionary()  # by model


def drawer_of(artifact):
    """The `Drawer` of an artifact's network in float32, made once."""
    if artifact.model not in _drawers:
        plain = pipelines.export.in_float32(artifact)
        _drawers[artifact.model] = Drawer(pipelines.music.steps(plain))
    return _drawers[artifact.model]

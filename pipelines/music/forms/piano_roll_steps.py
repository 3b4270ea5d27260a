"""A trained piano-roll network, run one key at a time, as `tunes.generation` needs it.

It uses core operations only, so that it runs in a SavedModel and converts to LiteRT.
"""

import numpy as np
import tensorflow as tf

from pipelines.music.forms import piano_roll
from pipelines.music.reading import files as music_files
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.music.tunes.generation import IMPOSSIBLE


class Steps:
    """What a trained network does with one token: a key, or 88, the end of a chord; 89 ends the tune.

    A state is a flat list of tensors (batch, ...): the stack's states, the context, the decoder's state, and
    [the chord so far (88), for how many steps each key has sounded (88), steps done, silent steps in a row, equal steps
    in a row].
    """

    stop, padding = KEYS + 1, KEYS
    vocabulary = KEYS + 2

    def __init__(self, model, preprocessor):
        self.stack, self.density = model.get_layer("stack"), model.get_layer("density")
        self.before, self.readout = model.get_layer("before"), model.get_layer("readout")
        self.preprocessor = preprocessor

    beginning_specification = tf.TensorSpec([None, None, None], tf.int32, "chords")

    def from_pitches(self, pitches):
        """Pitches that sound together as one step, int32 (1, 1, voices)."""
        return np.array([[[*(pitch - LOWEST for pitch in pitches), KEYS]]], "int32")

    def beginning_by_pitch(self, pitch):
        """The same in the graph, with one pitch per tune (batch,)."""
        return tf.expand_dims(tf.stack([pitch - LOWEST, tf.zeros_like(pitch) + KEYS], axis=1), 1)

    def names(self):
        """What each token means: a MIDI pitch, or an end."""
        return [*map(str, range(LOWEST, LOWEST + KEYS)), "end of the chord", "end of the tune"]

    def from_piece(self, piece):
        """A piece as int32 (1, steps, voices)."""
        return self.preprocessor.chords(piece.notes, piece.quarters)[None]

    def given_steps(self, beginning):
        return beginning.shape[1]

    def notes(self, beginning, tokens, length):
        """Notes (start, duration in steps, pitch) of the beginning, chords (steps, voices), and of the tokens drawn."""
        table = np.zeros((length, KEYS), bool)
        table[: len(beginning)] = piano_roll.table(beginning)
        ended = np.cumsum(tokens == KEYS) - (tokens == KEYS)  # ends before each token
        struck = tokens < KEYS
        table[len(beginning) + ended[struck], tokens[struck]] = True
        return music_files.from_roll(table, "tune").notes

    def tokens(self, steps):
        """The most tokens that `steps` steps can take."""
        return steps * (self.preprocessor.voices + 1)

    def begin(self, chords):
        """The token before the first to draw (batch,), and the state after `chords` (batch, steps, voices)."""
        before = self.before(chords)  # (batch, steps, 89)
        _, *states = self.stack(before)
        sounding = self.density.roll(chords[:, -1])  # (batch, 88)
        none = tf.zeros_like(sounding[:, 0])  # (batch,)
        context = self.readout(tf.concat([states[-self.last_states], before[:, -1]], -1))
        done = tf.cast(tf.shape(chords)[1] - 1, none.dtype)
        decoding = self.density.begin(context)
        counts = tf.stack([none + done, none, none], axis=-1)  # (batch, 3)
        return tf.zeros_like(chords[:, 0, 0]) + KEYS, [
            *states,
            context,
            *decoding,
            sounding,
            tf.zeros_like(sounding),
            counts,
        ]

    @property
    def last_states(self):
        """How many states the stack's last layer has; the first of them is its output."""
        return len(self.stack.layers[-1].state_size)

    def step(self, token, state, length, keys):
        """The logits (batch, 90) of the token after `token`, and the next state."""
        token = tf.minimum(token, KEYS)  # a tune that is complete waits for the others
        *states, context, decoding, sounding, held, counts = self._parts(state)
        ended = tf.expand_dims(token == KEYS, 1)  # (batch, 1)
        sounding += tf.one_hot(token, KEYS, dtype=sounding.dtype)  # nothing for the end of a chord
        counts = tf.where(ended, self._counted(counts, sounding, held), counts)
        inputs = tf.concat([sounding, tf.zeros_like(sounding[:, :1])], -1)  # (batch, 89)
        output, following = self.stack.step(inputs, states)
        states = [tf.where(ended, new, old) for new, old in zip(following, states, strict=True)]
        context = tf.where(ended, self.readout(tf.concat([output, inputs], -1)), context)
        decoding = [tf.where(ended, new, old) for new, old in zip(self.density.begin(context), decoding, strict=True)]
        held = tf.where(ended, (held + 1) * sounding, held)
        sounding = tf.where(ended, 0.0, sounding)
        logits, decoding = self.density.next(token, context, decoding)
        logits = logits + IMPOSSIBLE * (1 - self._possible(ended, sounding, held, counts, keys))
        # Once all steps are drawn, only the stop token is possible.
        done = tf.expand_dims(counts[:, 0] >= tf.cast(length, counts.dtype), 1)
        stop = tf.where(done, 0.0, 2 * IMPOSSIBLE)
        logits = tf.concat([tf.where(done, IMPOSSIBLE, logits), stop], -1)
        return logits, [*states, context, *decoding, sounding, held, counts]

    def _parts(self, state):
        *first, sounding, held, counts = state
        size = len(self.stack.state_size)
        return *first[:size], first[size], first[size + 1 :], sounding, held, counts

    def _counted(self, counts, sounding, held):
        """[steps done, silent steps in a row, equal steps in a row] after a chord has ended."""
        silent = tf.cast(tf.reduce_sum(sounding, axis=-1) < 0.5, counts.dtype)
        differing = tf.abs(sounding - tf.minimum(held, 1.0))  # (batch, 88)
        same = tf.cast(tf.reduce_sum(differing, axis=-1) < 0.5, counts.dtype)
        done, silence, equal = tf.unstack(counts, axis=-1)
        return tf.stack([done + 1, (silence + 1) * silent, (equal + 1) * same], axis=-1)

    def _possible(self, ended, sounding, held, counts, keys):
        """(batch, 89) 1 for what may follow: a key or the end of the chord, else 0."""
        kind, limits = sounding.dtype, self.preprocessor
        first = tf.cast(ended, kind)  # (batch, 1) at the first key of a chord
        count = tf.reduce_sum(sounding, axis=-1, keepdims=True)
        open = tf.cast(count < limits.voices - 0.5, kind)
        tired = tf.cast(held > limits.longest_note - 0.5, kind)  # (batch, 88)
        stuck = first * tf.cast(counts[:, 2:] > limits.longest_repeat - 1.5, kind)
        lowest = tf.cast(tf.cumsum(tf.minimum(held, 1.0), axis=-1) * tf.minimum(held, 1.0) == 1, kind)  # its lowest key
        silent = first * tf.cast(counts[:, 1:2] > limits.longest_rest - 0.5, kind)
        return tf.concat([keys * open * (1 - tired) * (1 - stuck * lowest), 1 - silent], -1)

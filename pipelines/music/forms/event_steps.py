"""A trained network of events, run one token at a time, as `tunes.generation` needs it.

It uses core operations only, so that it runs in a SavedModel and converts to LiteRT.
"""

import numpy as np
import tensorflow as tf

from pipelines.music.forms.events import END, PADDING, START
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.music.tunes import generation


class Steps:
    """What the network does with a token; END ends the tune.

    A state is a flat list of tensors (batch, ...): the stack's states, the keys struck at this step (88), and [the
    current step, the step up to which notes sound, the last pitch, how often in a row it was struck].
    """

    stop, padding = END, PADDING
    beginning_specification = tf.TensorSpec([None, None], tf.int32, "tokens")

    def __init__(self, model, preprocessor):
        self.preprocessor, self.vocabulary = preprocessor, len(preprocessor.vocabulary)
        self.vectors, self.stack, self.logits = (model.get_layer(name) for name in ("vectors", "stack", "logits"))
        self.pitches, self.durations, self.shifts = (
            tf.constant(preprocessor.values(kind), tf.float32) for kind in ("Pitch", "Duration", "TimeShift")
        )
        classes = (preprocessor.values("Pitch") - LOWEST) % KEYS  # the key of a pitch
        self.is_pitch = preprocessor.values("Pitch") > 0
        self.key_of = tf.constant(np.where(self.is_pitch, classes, 0))
        self.is_pitch = tf.constant(self.is_pitch, tf.float32)

    def tokens(self, steps):
        """The most tokens that `steps` steps can take: for each step its notes, two tokens each, and a shift."""
        return steps * (2 * self.preprocessor.voices + 1)

    def from_pitches(self, pitches):
        """Pitches that sound together, int32 (1, time); each has the commonest duration; that of the last is drawn."""
        ids, long = self.preprocessor.ids, self._duration_token()
        named = [token for pitch in pitches for token in (ids[f"Pitch_{pitch}"], long)]
        return np.array([named[:-1]], "int32")

    def beginning_by_pitch(self, pitch):
        """The same in the graph, with one pitch per tune (batch,)."""
        return tf.expand_dims(pitch - LOWEST + self.preprocessor.ids[f"Pitch_{LOWEST}"], 1)

    def names(self):
        """The name of each token, as MidiTok writes it."""
        return list(self.preprocessor.vocabulary)

    def _duration_token(self):
        return int(np.flatnonzero(self.preprocessor.values("Duration") == self.preprocessor.duration)[0])

    def from_piece(self, piece):
        """The tokens of a piece, int32 (1, time)."""
        return self.preprocessor.tokens(piece.notes)[None]

    def given_steps(self, beginning):
        """The step at which the beginning ends."""
        return int(self.preprocessor.values("TimeShift")[beginning[0]].sum())

    def notes(self, beginning, tokens, length):
        """Notes (start, duration in steps, pitch) of the beginning and of the tokens drawn, up to `length` steps."""
        notes = self.preprocessor.notes(np.concatenate([beginning, tokens]))
        notes = notes[notes[:, 0] < length]
        notes[:, 1] = np.minimum(notes[:, 1], length - notes[:, 0])
        return notes

    def begin(self, tokens):
        """The last token (batch,) of `tokens` (batch, time) and the state before it."""
        before = tf.concat([tf.fill(tf.shape(tokens[:, :1]), START), tokens[:, :-1]], axis=1)  # (batch, time)
        _, *states = self.stack(self.vectors(before))
        rows = tf.shape(tokens)[0]
        _, now, counts = tf.while_loop(
            lambda time, now, counts: time < tf.shape(before)[1],
            lambda time, now, counts: (time + 1, *self._counted(now, counts, tf.gather(before, time, axis=1))),
            (0, tf.zeros([rows, KEYS]), tf.zeros([rows, 4])),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, KEYS]), tf.TensorShape([None, 4])),
        )
        return tokens[:, -1], [*states, tf.ensure_shape(now, [None, KEYS]), tf.ensure_shape(counts, [None, 4])]

    def step(self, token, state, length, keys):
        """The logits (batch, vocabulary) of the token after `token`, and the next state."""
        *states, struck, counts = state
        struck, counts = self._counted(struck, counts, token)
        output, states = self.stack.step(self.vectors(token), states)
        logits = self.logits(output)
        possible = self._possible(token, struck, counts, keys)
        logits = logits + generation.IMPOSSIBLE * (1 - possible)
        done = tf.expand_dims(counts[:, 0] >= tf.cast(length, counts.dtype), 1)
        end = tf.one_hot(END, self.vocabulary)
        return tf.where(done, generation.IMPOSSIBLE * (1 - end), logits), [*states, struck, counts]

    def _counted(self, struck, counts, token):
        """The keys struck at this step and the counts, updated by a token."""
        now, until, last, times = tf.unstack(counts, axis=-1)
        pitch, duration, shift = (tf.gather(table, token) for table in (self.pitches, self.durations, self.shifts))
        strikes, passes = tf.cast(pitch > 0, now.dtype), tf.cast(shift > 0, now.dtype)
        again = tf.cast(tf.equal(pitch, last), now.dtype)
        key = tf.one_hot(tf.gather(self.key_of, token), KEYS) * tf.expand_dims(strikes, 1)
        struck = tf.maximum(struck * (1 - tf.expand_dims(passes, 1)), key)
        last, times = strikes * pitch + (1 - strikes) * last, strikes * (again * times + 1) + (1 - strikes) * times
        return struck, tf.stack([now + shift, tf.maximum(until, now + duration), last, times], axis=-1)

    def _possible(self, token, struck, counts, keys):
        """(batch, vocabulary) 1 for what may follow `token`, else 0."""
        limits, kind = self.preprocessor, counts.dtype
        now, until, last, times = (counts[:, column : column + 1] for column in range(4))
        after_pitch = tf.expand_dims(tf.gather(self.is_pitch, token), 1)  # (batch, 1): a duration, and nothing else
        stuck = tf.cast(times > limits.longest_repeat - 0.5, kind) * tf.cast(tf.equal(self.pitches, last), kind)
        # The notes of the first step are given; a later step has at most `voices` notes, each of another key.
        room = tf.cast((now > 0.5) & (tf.reduce_sum(struck, axis=-1, keepdims=True) < limits.voices - 0.5), kind)
        pitches = self.is_pitch * tf.gather(keys * (1 - struck), self.key_of, axis=1) * (1 - stuck) * room
        sounds = tf.cast(now + self.shifts <= until + limits.longest_rest, kind)
        shifts = tf.cast(self.shifts > 0, kind) * sounds
        durations = tf.cast(self.durations > 0, kind)
        return after_pitch * durations + (1 - after_pitch) * (pitches + shifts)

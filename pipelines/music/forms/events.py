"""Music as events: notes with pitch and duration, one after another, and the time that passes between them.

    pieces -> Preprocessor (MidiTok's TSD tokens) -> tokens (batch, time)
           -> build: log p(token_t | tokens before) -> `tunes.generation` draws from it

    [Pitch_60, Duration_1.0.4, Pitch_64, Duration_1.0.4, TimeShift_1.0.4, Pitch_62, ...]       two notes, then a third

Unlike a piano roll, events tell a note struck twice from one held, and take no tokens while nothing happens.

Reference: Fradet et al. 2021, "MidiTok: a Python package for MIDI file tokenization" (TSD: time shift and duration).
"""

import dataclasses
import functools
import warnings

import keras
import numpy as np
import symusic
import tensorflow as tf

import layers
from pipelines.music.forms import piano_roll
from pipelines.music.reading import files as music_files
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.shared.batches import bucketing
from pipelines.shared.networks import recurrent

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "IProgress not found")  # of tqdm, in a notebook without its widgets
    import miditok

PADDING, START, END = 0, 1, 2
LONGEST = 16  # quarter notes of a duration or a time shift; longer ones are cut or written in parts


@dataclasses.dataclass(frozen=True)
class Preprocessor:
    """Converts pieces to tokens and back; `state` is plain JSON.

    steps_per_quarter, tempo, longest_rest: as in `piano_roll.Preprocessor`.
    vocabulary: the tokens; the index of each is its id.
    voices: the most notes that begin together.
    longest_repeat: how often in a row a pitch is struck at the most, except for one time in a hundred.
    duration: the commonest duration, in steps.
    """

    steps_per_quarter: int
    tempo: float
    vocabulary: tuple
    voices: int
    longest_rest: int
    longest_repeat: int
    duration: int

    module = None  # no tables for a SavedModel to hold

    def state(self):
        return {"form": "events", **dataclasses.asdict(self)}

    @functools.cached_property
    def ids(self):
        """{token: id}"""
        return {token: number for number, token in enumerate(self.vocabulary)}

    @functools.cached_property
    def tokenizer(self):
        return tokenizer(self.steps_per_quarter, max(self.values("Duration")) // self.steps_per_quarter)

    def values(self, kind):
        """int32 (vocabulary,): for tokens of `kind` the steps (Duration, TimeShift) or the pitch, 0 for others."""
        return np.array(
            [_value(token, self.steps_per_quarter) if token.startswith(kind) else 0 for token in self.vocabulary],
            "int32",
        )

    def tokens(self, notes):
        """int32 (time,): the ids of a piece's notes, without START and END."""
        return np.array([self.ids[token] for token in tokens(self.tokenizer, notes, self.steps_per_quarter)], "int32")

    def notes(self, ids):
        """Notes (start, duration in steps, pitch) of token ids."""
        named = [self.vocabulary[token_id] for token_id in ids if token_id > END]
        score = self.tokenizer.decode([miditok.TokSequence(tokens=named)])
        decoded = [note for track in score.tracks for note in track.notes]
        per = score.ticks_per_quarter / self.steps_per_quarter
        notes = np.array([(note.start / per, note.duration / per, note.pitch) for note in decoded]).reshape(-1, 3)
        return notes[np.lexsort((notes[:, 2], notes[:, 0]))]


def tokenizer(steps_per_quarter, longest):
    """MidiTok's TSD tokenizer for the 88 keys, with durations and shifts of up to `longest` quarter notes."""
    return miditok.TSD(
        miditok.TokenizerConfig(
            pitch_range=(LOWEST, LOWEST + KEYS - 1),
            beat_res={(0, int(longest)): int(steps_per_quarter)},
            special_tokens=["PAD", "BOS", "EOS"],
            use_velocities=False,
            use_time_signatures=False,
            use_pitchdrum_tokens=False,
        )
    )


def tokens(tokenizer, notes, steps_per_quarter):
    """The tokens, as strings, of notes (start, duration in quarter notes, pitch)."""
    score, track = symusic.Score(steps_per_quarter), symusic.Track()
    starts = music_files.steps(notes[:, 0], steps_per_quarter)
    ends = np.maximum(starts + 1, music_files.steps(notes[:, 0] + notes[:, 1], steps_per_quarter))
    for start, end, pitch in sorted(
        {(*note,) for note in zip(starts.tolist(), ends.tolist(), notes[:, 2], strict=True)}
    ):
        track.notes.append(symusic.Note(start, end - start, int(pitch), 80))
    score.tracks.append(track)
    return tokenizer.encode(score)[0].tokens


def _value(token, steps_per_quarter):
    """The number in a token: Pitch_60 -> 60; Duration_1.2.4, 1 and 2/4 quarter notes -> 6 steps of 4."""
    name, _, value = token.partition("_")
    if name == "Pitch":
        return int(value)
    quarters, part, of = map(int, value.split("."))
    return quarters * steps_per_quarter + part * steps_per_quarter // of


def prepare(examples, config):
    """The `Preprocessor` of a training split."""
    rolls = piano_roll.prepare(examples, config)
    per = rolls.steps_per_quarter
    durations = np.concatenate([notes[:, 1] for notes in examples["notes"]])
    made = tokenizer(per, np.clip(np.ceil(durations.max()), 1, LONGEST))
    starts = [music_files.steps(notes[:, 0], per) for notes in examples["notes"]]
    struck = piano_roll.runs(np.diff(notes[:, 2]) == 0 for notes in examples["notes"])
    return Preprocessor(
        steps_per_quarter=per,
        tempo=rolls.tempo,
        vocabulary=tuple(made.vocab),
        voices=int(max(np.bincount(piece_starts).max() for piece_starts in starts)),
        longest_rest=rolls.longest_rest,
        longest_repeat=piano_roll.longest(struck, 0) + 1,
        duration=max(1, int(np.bincount(music_files.steps(durations, per)).argmax())),
    )


def restore(state):
    kept = {name: value for name, value in state.items() if name != "form"}
    return Preprocessor(**{**kept, "vocabulary": tuple(state["vocabulary"])})


def sequences(preprocessor, examples):
    """The token ids of each piece, with END."""
    return [np.append(preprocessor.tokens(notes), np.int32(END)) for notes in examples["notes"]]


baseline_data = sequences


def batches(preprocessor, examples, config, training):
    """Batches of ({"tokens": (batch, time), "lengths": (batch,)}, real tokens (batch, time) as 1 and 0).

    In training, pieces are cut into windows and transposed, as piano rolls are.
    """
    pieces = sequences(preprocessor, examples)
    if training:
        pieces = [part for piece in pieces for part in piano_roll.windows(piece, config.window)]
    lengths = [len(piece) for piece in pieces]
    dataset = tf.data.Dataset.from_tensor_slices(tf.RaggedTensor.from_row_lengths(np.concatenate(pieces), lengths))
    if training:
        first = preprocessor.ids[f"Pitch_{LOWEST}"]
        dataset = piano_roll.transposed(dataset, len(pieces), config, lambda tokens, *how: moved(tokens, first, *how))

    def example(piece):
        return {"tokens": piece, "lengths": tf.size(piece)}, tf.ones_like(piece, "float32")

    dataset = bucketing.mapped(dataset, example)
    return bucketing.in_buckets(dataset, lengths, config.batch_size, config.buckets)


def moved(tokens, first, seed, most):
    """Tokens transposed by a number of half tones drawn with `seed`; `first` is the id of the lowest pitch."""
    pitched = (tokens >= first) & (tokens < first + KEYS)
    keys = tf.where(pitched, tokens - first, KEYS)
    return tf.where(pitched, piano_roll.moved(keys, seed, most) + first, tokens)


def build(preprocessor, config):
    """The network: {"tokens", "lengths"} -> log p(token_t | tokens before) (batch, time)."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")  # (batch, time)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    before = keras.ops.pad(tokens[:, :-1], ((0, 0), (1, 0)), constant_values=START)  # (batch, time)
    x = layers.TokenDropout(config.input_dropout)(before)
    x = layers.Embedding(len(preprocessor.vocabulary), config.embedding_size, name="vectors")(x)
    x, *_ = recurrent.stack(config, return_state=True, name="stack")(x, lengths=lengths)  # (batch, time, units)
    x = keras.layers.Dropout(config.dropout)(x)
    logits = keras.layers.Dense(len(preprocessor.vocabulary), dtype="float32", name="logits")(x)
    logs = keras.ops.log_softmax(logits)  # (batch, time, vocabulary)
    y = keras.ops.take_along_axis(logs, keras.ops.expand_dims(tokens, -1), axis=-1)[..., 0]  # (batch, time)
    return keras.Model({"tokens": tokens, "lengths": lengths}, y, name="events")

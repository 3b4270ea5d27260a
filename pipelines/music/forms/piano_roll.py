"""Music as a piano roll: one chord of the 88 keys after another, at even steps.

    pieces -> Preprocessor (steps to a quarter note, of the training split) -> chords (batch, steps, voices)
           -> build: log p(chord_t | chords before) -> `tunes.generation` draws from it key by key

A chord is its keys from the lowest up, 0 for A0, then 88s; see `layers.chords`. A roll does not say whether a key that
sounds in two steps in a row was struck twice; it counts as held.
"""

import dataclasses
import logging

import keras
import numpy as np
import tensorflow as tf

import layers
from pipelines.music.reading import files as music_files
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.shared.batches import bucketing
from pipelines.shared.networks import recurrent

log = logging.getLogger("unroll")

GRIDS = (1, 2, 3, 4, 6, 8, 12)  # the steps to a quarter note to choose from
ON_GRID = 0.98  # share of the notes that a grid has to catch
NEAR = 1 / 40  # quarter notes by which a note may lie off the grid
FINEST = 4  # for music played freely, which no grid catches


@dataclasses.dataclass(frozen=True)
class Preprocessor:
    """Converts pieces to chords; `state` is plain JSON.

    steps_per_quarter: steps to a quarter note.
    tempo: quarter notes a minute, the median of the pieces that state one.
    voices: the number of keys of the fullest chord.
    longest_rest, longest_repeat, longest_note: the most steps for which the training split is silent, holds one chord,
        or holds one key, except for one stretch in a hundred; a tune that does so for longer is stuck.
    """

    steps_per_quarter: int
    tempo: float
    voices: int
    longest_rest: int
    longest_repeat: int
    longest_note: int

    module = None  # no tables for a SavedModel to hold

    def state(self):
        return {"form": "piano_roll", **dataclasses.asdict(self)}

    def chords(self, notes, quarters):
        """int32 (steps, keys of its fullest chord + 1): the keys of each step from the lowest up, then 88s."""
        return chords(self.roll(notes, quarters))

    def roll(self, notes, quarters):
        """Booleans (steps, 88): which keys sound."""
        return roll(notes, quarters, self.steps_per_quarter)


def roll(notes, quarters, steps_per_quarter):
    """Booleans (steps, 88). A note sounds for at least one step; pitches that a piano does not have are left out."""
    count = max(1, int(music_files.steps(quarters, steps_per_quarter)))
    starts = music_files.steps(notes[:, 0], steps_per_quarter)
    ends = np.maximum(starts + 1, music_files.steps(notes[:, 0] + notes[:, 1], steps_per_quarter))
    table = np.zeros((count, KEYS), bool)
    for start, end, pitch in zip(starts, ends, notes[:, 2].astype(int), strict=True):
        if 0 <= pitch - LOWEST < KEYS:
            table[start:end, pitch - LOWEST] = True
    return table


def chords(table):
    """Booleans (steps, 88) as keys, int32 (steps, voices + 1).

    >>> chords(np.eye(88, dtype=bool)[[39, 46]]).tolist()
    [[39, 88], [46, 88]]
    """
    voices = table.sum(axis=1).max(initial=0) + 1
    order = np.where(table, np.arange(KEYS), KEYS)
    return np.sort(order, axis=1)[:, :voices].astype("int32")


def table(keys):
    """Booleans (steps, 88); the inverse of `chords`."""
    return (np.asarray(keys)[:, :, None] == np.arange(KEYS)).any(axis=1)


def prepare(examples, config):
    """The `Preprocessor` of a training split."""
    per_quarter = config.steps_per_quarter or grid(examples["notes"])
    tables = [roll(*piece, per_quarter) for piece in zip(examples["notes"], examples["quarters"], strict=True)]
    tempos = [tempo for tempo in examples["tempo"] if tempo]
    silent = runs(~table.any(axis=1) for table in tables)
    same = runs((table[1:] == table[:-1]).all(axis=1) for table in tables)
    held = runs(key for table in tables for key in table.T[table.any(axis=0)])
    kept = len(held) if config.model == "piano_roll" else _apart(examples["notes"], per_quarter)
    _say_merged(examples["notes"], per_quarter, kept, config.model)
    return Preprocessor(
        steps_per_quarter=int(per_quarter),
        tempo=float(np.median(tempos)) if tempos else 100.0,
        voices=int(max(table.sum(axis=1).max() for table in tables)),
        longest_rest=longest(silent, 0),
        longest_repeat=longest(same, 0) + 1,
        longest_note=longest(held, 1),
    )


def grid(notes):
    """The fewest steps to a quarter note on which the notes begin and end.

    >>> grid([np.array([[0.0, 1.0, 60], [1.0, 0.5, 62]])])
    2
    """
    times = _times(notes)
    return next((steps for steps in GRIDS if _share(times, steps) >= ON_GRID), FINEST)


def _say_merged(notes, per_quarter, kept, model):
    """Warns of music played freely, which no grid catches.

    kept: strikes of keys that are still apart on the grid, as `model` writes them down.
    """
    off, strikes = 1 - _share(_times(notes), per_quarter), sum(map(len, notes))
    if off > 1 - ON_GRID:
        log.warning(
            "performance timing: %d %% of the notes begin or end off the grid of %d steps to a quarter note, and %d %% "
            "of %s strikes fall together on it; steps_per_quarter (--steps-per-quarter) of up to 48%s keeps more apart",
            round(100 * off), per_quarter, round(100 * (strikes - kept) / strikes), f"{strikes:,}",
            ", or model=events (--model events)," if model == "piano_roll" else "",
        )  # fmt: skip


def _apart(notes, per_quarter):
    """How many strikes of keys are apart by their steps."""
    steps = [np.column_stack([music_files.steps(piece[:, 0], per_quarter), piece[:, 2]]) for piece in notes]
    return sum(len(np.unique(piece, axis=0)) for piece in steps)


def _times(notes):
    return np.concatenate([np.concatenate([piece[:, 0], piece[:, 0] + piece[:, 1]]) for piece in notes])


def _share(times, steps):
    """The share of times that a grid catches."""
    return (np.abs(times - np.round(times * steps) / steps) <= NEAR).mean()


def longest(runs, none):
    """The length that only one run in a hundred exceeds; `none` if there are no runs."""
    return int(np.quantile(runs, 0.99, method="higher")) if len(runs) else none


def runs(flags):
    """The lengths of all stretches of True in some arrays of booleans."""
    lengths = []
    for array in flags:
        edges = np.flatnonzero(np.diff(np.pad(array.astype("int8"), 1)))
        lengths += (edges[1::2] - edges[::2]).tolist()
    return np.array(lengths, int)


def restore(state):
    return Preprocessor(**{name: value for name, value in state.items() if name != "form"})


def sequences(preprocessor, examples):
    """The chords of each piece."""
    return [preprocessor.chords(*piece) for piece in zip(examples["notes"], examples["quarters"], strict=True)]


def rolls(preprocessor, examples):
    """The piano rolls of the pieces, booleans (steps, 88)."""
    pieces = zip(examples["notes"], examples["quarters"], strict=True)
    return [roll(*piece, preprocessor.steps_per_quarter) for piece in pieces]


baseline_data = rolls


def batches(preprocessor, examples, config, training):
    """Batches of ({"chords": (batch, steps, voices), "lengths": (batch,)}, real steps (batch, steps) as 1 and 0).

    In training, pieces are cut into windows, and in every epoch transposed anew by up to `config.transpose` half tones,
    as far as the piano reaches.
    """
    pieces = sequences(preprocessor, examples)
    voices = max(piece.shape[1] for piece in pieces)
    pieces = [np.pad(piece, ((0, 0), (0, voices - piece.shape[1])), constant_values=KEYS) for piece in pieces]
    if training:
        pieces = [part for piece in pieces for part in windows(piece, config.window)]
    lengths = [len(piece) for piece in pieces]
    ragged = tf.RaggedTensor.from_row_lengths(np.concatenate(pieces), lengths)  # (pieces, steps, voices)
    mapped = bucketing.mapped
    dataset = tf.data.Dataset.from_tensor_slices(ragged)
    dataset = mapped(dataset, lambda piece: tf.ensure_shape(piece, [None, voices]))
    if training:
        dataset = transposed(dataset, len(pieces), config, moved)

    def example(piece):
        return {"chords": piece, "lengths": tf.shape(piece)[0]}, tf.ones_like(piece[:, 0], "float32")

    padding = {"chords": KEYS, "lengths": 0}, 0.0
    return bucketing.in_buckets(mapped(dataset, example), lengths, config.batch_size, config.buckets, padding)


def transposed(dataset, count, config, move):
    """The `count` pieces of a dataset, shuffled and moved anew in every epoch, the same way for the same seed."""
    chance = tf.data.Dataset.random(config.seed, rerandomize_each_iteration=True)
    pairs = tf.data.Dataset.zip(dataset.shuffle(count, seed=config.seed), chance)
    return bucketing.mapped(pairs, lambda piece, seed: move(piece, seed, config.transpose))


def windows(piece, longest):
    """Cuts a piece into parts of about the same length, none longer than `longest`."""
    return np.array_split(piece, -(-len(piece) // longest))


def moved(chords, seed, most):
    """Chords transposed by a number of half tones, `most` at the most, drawn with `seed`."""
    real = chords < KEYS
    lowest = tf.reduce_min(tf.where(real, chords, KEYS - 1))
    highest = tf.reduce_max(tf.where(real, chords, 0))
    low, high = tf.maximum(-most, -lowest), tf.minimum(most, KEYS - 1 - highest)
    by = tf.random.stateless_uniform([], tf.stack([seed, 0]), low, high + 1, tf.int32)
    return tf.where(real, chords + by, chords)


def build(preprocessor, config):
    """The network: {"chords", "lengths"} -> log p(chord_t | chords before) (batch, steps)."""
    chords = keras.Input((None, None), dtype="int32", name="chords")  # (batch, steps, voices)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    before = layers.ChordsBefore(name="before")(chords)  # (batch, steps, 89)
    x = keras.layers.Dropout(config.input_dropout)(before)
    x, *_ = recurrent.stack(config, return_state=True, name="stack")(x, lengths=lengths)  # (batch, steps, units)
    x = keras.layers.Concatenate()([keras.layers.Dropout(config.dropout)(x), before])
    x = keras.layers.Dense(config.readout_units, "relu", name="readout")(x)  # (batch, steps, readout units)
    context = keras.layers.Dropout(config.dropout)(x)
    if config.output == "joint":
        density = layers.ChordDecoder(config.decoder_units, dropout=config.dropout, name="density")
    else:
        density = layers.IndependentKeys(name="density")
    likelihood = density(context, chords)  # (batch, steps)
    return keras.Model({"chords": chords, "lengths": lengths}, likelihood, name="piano_roll")

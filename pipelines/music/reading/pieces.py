"""A piece of music as notes, and the conversion of a piano roll to one."""

import dataclasses

import numpy as np

from pipelines.shared.messages import shown

LOWEST, KEYS = 21, 88  # A0, and the keys of a piano
LONGEST = 20_000  # quarter notes; a damaged file may claim centuries


@dataclasses.dataclass(frozen=True, eq=False)
class Piece:
    """A piece of music.

    notes: float64 (notes, 3): start and duration in quarter notes, MIDI pitch; by start, then pitch.
    quarters: the length of the piece, in quarter notes.
    tempo: quarter notes a minute; None where the source does not say.
    """

    name: str
    notes: np.ndarray
    quarters: float
    tempo: float | None = None


class Unreadable(ValueError):
    """Raised for what is not music: damaged, empty, only drums, another layout. In a folder such a file is skipped."""


def piece(name, notes, quarters=None, tempo=None):
    """A `Piece` of notes (start, duration, pitch) in any order; without `quarters`, it ends with its last note.

    Raises:
        Unreadable: the piece has no length, or is longer than `LONGEST`.
    """
    notes = np.array(sorted(set(notes)), "float64").reshape(-1, 3)
    notes = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    quarters = float((notes[:, 0] + notes[:, 1]).max()) if quarters is None else quarters
    if not 0 < quarters <= LONGEST or (len(notes) and notes[:, 0].min() < 0):
        raise Unreadable(f"{name}: expected a piece of up to {LONGEST} quarter notes, received one of {quarters:g}")
    return Piece(name, notes, quarters, tempo)


def checked_pitch(pitch, location):
    """A MIDI pitch as an integer; `location` is where it stands, for the error.

    Raises:
        Unreadable: it is not a whole number from 0 to 127.
    """
    number = isinstance(pitch, (int, float, np.number)) and not isinstance(pitch, (bool, np.complexfloating))
    if not number or not 0 <= pitch <= 127 or pitch != int(pitch):
        raise Unreadable(f"{location}: expected MIDI pitches, whole numbers from 0 to 127, received {shown(pitch)}")
    return int(pitch)


def from_roll(roll, name, frames_per_quarter=1):
    """The piece in a piano roll (steps, 88 or 128); a key that sounds in consecutive steps is one held note.

    >>> from_roll(np.eye(128)[[60, 60, 62]], "steps").notes.tolist()
    [[0.0, 2.0, 60.0], [2.0, 1.0, 62.0]]
    """
    roll = np.asarray(roll)
    if roll.ndim != 2 or roll.shape[1] not in (KEYS, 128):
        raise Unreadable(
            f"{name}: expected a piano roll (steps, 88) from A0 or (steps, 128), received an array {roll.shape}"
        )
    if len(roll) > LONGEST * frames_per_quarter:  # checked before copies of it are made
        raise Unreadable(f"{name}: expected a piece of up to {LONGEST} quarter notes, received {len(roll):,} steps")
    if roll.dtype.kind not in "buif" or not np.all(np.isfinite(roll)):
        raise Unreadable(f"{name}: expected numbers, zero where a key is silent, received {roll.dtype} or NaN")
    lowest = LOWEST if roll.shape[1] == KEYS else 0
    edges = np.diff(np.pad(roll != 0, ((1, 1), (0, 0))).astype("int8"), axis=0)  # (steps + 1, keys) 1 on, -1 off
    keys, starts = np.nonzero(edges.T == 1)
    ends = np.nonzero(edges.T == -1)[1]  # of the same notes, since on and off of a key take turns
    per = float(frames_per_quarter)
    notes = zip(starts / per, (ends - starts) / per, keys + lowest, strict=True)
    return piece(name, [tuple(map(float, note)) for note in notes], len(roll) / per)


def steps(quarters, per_quarter):
    """Quarter notes as the nearest whole steps.

    >>> steps(np.array([0.0, 0.26, 1.0]), 4).tolist()
    [0, 1, 4]
    """
    return np.floor(np.asarray(quarters) * per_quarter + 0.5).astype("int64")

"""What a tune may begin with, and the keys that it may use: names of notes, chords and scales as MIDI pitches.

first(60)   first("C4")   first("C4 E4 G4")   first("Am")   first([57, "C4"])   first("tune.mid")
scale("C major")   scale("F# minor")   scale([0, 2, 4, 7, 9])
"""

import pathlib
import re

import numpy as np

from pipelines import settings
from pipelines.music.reading import files as music_files
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.shared.messages import shown

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SIGNS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1, "-": -1}
CHORDS = {
    "": (0, 4, 7), "maj": (0, 4, 7), "M": (0, 4, 7), "m": (0, 3, 7), "min": (0, 3, 7), "dim": (0, 3, 6),
    "aug": (0, 4, 8), "+": (0, 4, 8), "sus2": (0, 2, 7), "sus4": (0, 5, 7), "maj6": (0, 4, 7, 9), "m6": (0, 3, 7, 9),
    "dom7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "M7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "min7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9),
}  # fmt: skip
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10), "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10), "pentatonic": (0, 2, 4, 7, 9), "blues": (0, 3, 5, 6, 7, 10),
}  # fmt: skip
CHORD_OCTAVE = 48  # C3, the lowest root of a chord
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭-]?)(-?\d+)")
_CHORD = re.compile(r"([A-G])([#♯b♭]?)(.*)")
_FORMS = 'a MIDI pitch such as 60, notes such as "C4" or "C4 E4 G4", a chord such as "Am", a list of these, or a file'


def first(beginning, frames_per_quarter=1):
    """The pitches that sound together at the beginning of a tune, in rising order.

    Args:
        beginning: a MIDI pitch; a string that names notes, a chord, or a file of music, whose first chord counts; or a
            list of these.
        frames_per_quarter: as in `reading.files.read`.

    Raises:
        ValueError: it names no note, or one that a piano does not have. FileNotFoundError: there is no such file.
        TypeError: it has another type.

    >>> first("C4"), first("Am"), first([48, "Eb4"])
    ([60], [57, 60, 64], [48, 63])
    """
    pitches = sorted(set(_pitches(beginning, frames_per_quarter)))
    if not pitches:
        raise ValueError(f"first: expected {_FORMS}, received {shown(beginning)}")
    for pitch in pitches:
        if not LOWEST <= pitch < LOWEST + KEYS:
            raise ValueError(
                f"first: expected pitches from {LOWEST} (A0) to {LOWEST + KEYS - 1} (C8), received {pitch}"
            )
    return pitches


def _pitches(beginning, frames_per_quarter):
    if isinstance(beginning, (int, np.integer)) and not isinstance(beginning, bool):
        return [music_files.checked_pitch(beginning, "first")]
    if isinstance(beginning, pathlib.PurePath) or (isinstance(beginning, str) and is_file(beginning)):
        return first_chord(piece(beginning, frames_per_quarter, "first"))
    if isinstance(beginning, str):
        return named(beginning)
    if isinstance(beginning, (list, tuple, np.ndarray)):
        return [pitch for part in beginning for pitch in _pitches(part, frames_per_quarter)]
    raise TypeError(f"first: expected {_FORMS}, received {type(beginning).__name__} {beginning!r:.60}")


def is_file(text):
    """Whether a string is meant as a file of music."""
    return music_files.is_music(text)


def piece(path, frames_per_quarter, role):
    """The one piece in a file; `role` is the option that names the file, for errors."""
    if not isinstance(path, (str, pathlib.PurePath)):
        raise TypeError(f"{role}: expected a file of music, received {type(path).__name__} {path!r:.60}")
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"{role}: no file {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    pieces = [piece for group in music_files.read(path, frames_per_quarter).values() for piece in group]
    if len(pieces) != 1:
        raise ValueError(
            f"{role}: expected one piece, received the {len(pieces)} of {str(path)!r}; put one in a file of its own"
        )
    return pieces[0]


def first_chord(piece):
    """The pitches of a piece that begin together with its first note."""
    if not len(piece.notes):
        return []
    return [int(pitch) for start, _, pitch in piece.notes if start == piece.notes[0, 0]]


def named(text):
    """The pitches of the notes or of the chord that a string names; "G7" is the note, "Gdom7" the chord.

    >>> named("Bb3 D4"), named("Gdom7"), named("G7")
    ([58, 62], [55, 59, 62, 65], [103])
    """
    if text.strip().isdecimal():
        return [music_files.checked_pitch(int(text), "first")]
    words = text.split()
    notes = [_NOTE.fullmatch(word) for word in words]
    if words and all(notes):
        return [LETTERS[letter.upper()] + SIGNS[sign] + 12 * (int(octave) + 1) for letter, sign, octave in
                (note.groups() for note in notes)]  # fmt: skip
    chord = _CHORD.fullmatch(text.strip())
    if chord and chord[3] in CHORDS:
        root = CHORD_OCTAVE + (LETTERS[chord[1]] + SIGNS[chord[2]]) % 12
        return [root + interval for interval in CHORDS[chord[3]]]
    raise ValueError(f"first: expected {_FORMS}, received {shown(text)}")


def scale(name_or_classes):
    """float32 (88,): 1 for each key of the piano in a scale, else 0; None stands for every key.

    >>> scale("C major")[:5].tolist()        # A, A sharp, B, C, C sharp
    [1.0, 0.0, 1.0, 1.0, 0.0]
    """
    if name_or_classes is None:
        return np.ones(KEYS, "float32")
    classes = _scale_classes(name_or_classes) if isinstance(name_or_classes, str) else _listed_classes(name_or_classes)
    return np.isin((np.arange(KEYS) + LOWEST) % 12, classes).astype("float32")


def _scale_classes(text):
    tonic, _, mode = text.strip().partition(" ")
    note = re.fullmatch(r"([A-Ga-g])([#♯b♭-]?)", tonic)
    mode = mode.strip().lower() or "major"
    if note is None or mode not in SCALES:
        raise ValueError(
            f"scale: expected a tonic and one of {', '.join(SCALES)}, such as 'C major', received {shown(text)}."
            f"{settings.near(mode, SCALES)}"
        )
    tonic = LETTERS[note[1].upper()] + SIGNS[note[2]]
    return [(tonic + step) % 12 for step in SCALES[mode]]


def _listed_classes(name_or_classes):
    classes = list(name_or_classes) if isinstance(name_or_classes, (list, tuple, set, np.ndarray)) else []
    if not classes or not all(isinstance(number, (int, np.integer)) and 0 <= number <= 11 for number in classes):
        raise ValueError(
            f"scale: expected a name such as 'C major' or pitch classes from 0 to 11, received {shown(name_or_classes)}"
        )
    return classes

"""Pieces of music from any source: MIDI, ABC, JSON chorales, piano rolls, folders of them, tfds.

    read("chorales.json")        {"train": [Piece, ...], "valid": [...], "test": [...]}
    read("midi/")                {"": [Piece, ...]}

A piece is notes on a time axis of quarter notes. MIDI and ABC are read by symusic (ABC with the abc2midi that it brings
along); drums are left out. In JSON and in piano rolls a row is a step, and there are `frames_per_quarter` of them in a
quarter note; they do not say whether a key that sounds in two steps was struck twice, so it counts as held.

    JSON        {"train": pieces, "valid": pieces, "test": pieces}, or pieces: [piece, ...]
                piece = [step, ...], step = [MIDI pitch, ...]; [] or -1 for silence
    .npz        an array a piece: (steps, 88) from A0, or (steps, 128); or (pieces, steps, 88 or 128). Names that begin
                with train, valid or test say the split
    .mat        traindata, validdata, testdata: cells of such arrays, as Boulanger-Lewandowski et al. (2012) are spread

Cost: 400 chorales of JSON in 0.1 s; a thousand MIDI files of a minute in a second.
"""

import contextlib
import dataclasses
import json
import logging
import math
import os
import pathlib
import re
import sys
import zipfile
import zlib

import numpy as np

from pipelines import sources

log = logging.getLogger("unroll")

SCORES, ROLLS = (".mid", ".midi", ".abc"), (".npz", ".mat")
SUFFIXES = (*SCORES, ".json", *ROLLS)
SPLITS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}
LOWEST, KEYS = 21, 88  # A0, and the keys of a piano
LONGEST = 20_000  # quarter notes; a damaged file may claim centuries


@dataclasses.dataclass(frozen=True, eq=False)
class Piece:
    """A piece of music.

    notes: float64 (notes, 3): start and duration in quarter notes, MIDI pitch; by start, then pitch.
    quarters: how long the piece is, in quarter notes.
    tempo: quarter notes a minute; None where the source says none.
    """

    name: str
    notes: np.ndarray
    quarters: float
    tempo: float | None = None


class Unreadable(ValueError):
    """What is no music: damaged, empty, drums alone, of another layout. A file of a folder is then skipped."""


def read(source, frames_per_quarter=1, download=False):
    """{split: [Piece, ...]}; the split is "" where the source has none.

    Args:
        source: a file that ends in one of `SUFFIXES`, a folder of such files, a list of these, `tfds:<name>` of a set
            with MIDI in it, or in memory what a JSON file would hold.
        frames_per_quarter: steps of JSON and of piano rolls in a quarter note.
        download: as of `sources.read`.

    Raises:
        FileNotFoundError: no such file or folder, or a tfds set that is not prepared.
        ValueError: a file that cannot be read, no piece at all, a pitch outside 0 to 127, another layout.
        TypeError: a source of another type.

    >>> read([[[60, 64], [60], []]])[""][0].notes.tolist()
    [[0.0, 2.0, 60.0], [0.0, 1.0, 64.0]]
    """
    if isinstance(source, str) and source.startswith("tfds:"):
        pieces = {"": _from_tfds(source, download)}
    elif isinstance(source, (str, pathlib.PurePath)):
        pieces = _read_path(pathlib.Path(source), frames_per_quarter)
    elif isinstance(source, (list, tuple)) and source and all(isinstance(x, (str, pathlib.PurePath)) for x in source):
        pieces = _read_all(list(map(pathlib.Path, source)), "data", frames_per_quarter)
    elif isinstance(source, (list, tuple, dict)):
        pieces = _from_layout(source, "data", frames_per_quarter)
    else:
        raise TypeError(
            "data: expected a file, a folder, a list of files, 'tfds:<name>', or pieces as lists of steps of MIDI "
            f"pitches, received {type(source).__name__}"
        )
    return {split: found for split, found in pieces.items() if found}


def _read_path(path, frames_per_quarter):
    if not path.exists():
        raise FileNotFoundError(f"data: no file or folder {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
    if not path.is_dir():
        return _read_file(path, frames_per_quarter)
    paths = sorted(found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES)
    if not paths:
        held = ", ".join(sorted(found.name for found in path.iterdir())[:10]) or "nothing"
        raise ValueError(f"{path}: expected files that end in {', '.join(SUFFIXES)}, received {held}")
    return _read_all(paths, str(path), frames_per_quarter)


def _read_all(paths, place, frames_per_quarter):
    """The pieces of all files; what cannot be read is named and skipped, unless nothing else is left."""
    pieces, skipped = {}, []
    for path in paths:
        if not path.is_dir() and not path.exists():
            raise FileNotFoundError(f"data: no file {str(path)!r} (the working folder is {pathlib.Path.cwd()})")
        try:
            for split, found in _read_path(path, frames_per_quarter).items():
                pieces.setdefault(split, []).extend(found)
        except Unreadable as error:
            log.warning("skipped: %s", error)
            skipped.append(error)
    if not any(pieces.values()):
        raise ValueError(f"{place}: expected music, but none of {len(paths)} files could be read; first {skipped[0]}")
    if skipped:
        log.warning("%s: %d of %d files skipped", place, len(skipped), len(paths))
    return pieces


def _read_file(path, frames_per_quarter):
    suffix = path.suffix.lower()
    if suffix in SCORES:
        return {"": _from_score(path)}
    if suffix == ".json":
        return _from_json(path, frames_per_quarter)
    if suffix in ROLLS:
        return _from_rolls(path, frames_per_quarter)
    hint = "; pickles can run code, save the arrays as .npz" if suffix in (".pkl", ".pickle") else ""
    raise ValueError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, received {suffix or 'none'!r}{hint}")


def _from_score(path):
    """The pieces of a MIDI file (one) or of an ABC file (one a tune)."""
    content = path.read_bytes()
    if path.suffix.lower() != ".abc":
        return [from_midi(content, str(path))]
    # A tune begins at its field X:.
    tunes = re.split(r"(?m)^(?=X:)", content.decode("utf-8", "replace"))
    tunes = [tune for tune in tunes if tune.startswith("X:")]
    if not tunes:
        raise Unreadable(f"{path}: expected ABC, a tune that begins with a line X:, received none")
    return [_from_abc(tune, str(path) if len(tunes) == 1 else f"{path}, tune {n}") for n, tune in enumerate(tunes, 1)]


def from_midi(content, name):
    """The piece in the bytes of a MIDI file.

    Raises:
        Unreadable: damaged, or without a note of a pitched instrument.
    """
    import symusic

    try:
        score = symusic.Score.from_midi(content)
    except (RuntimeError, ValueError) as error:
        raise Unreadable(f"{name}: expected MIDI, received a damaged file ({error})") from error
    return _from_symusic(score, name)


def _from_abc(tune, name):
    import symusic

    try:
        with _stdout_as_stderr():  # abc2midi, a process of its own, prints its remarks there
            score = symusic.Score.from_abc(tune)
    except RuntimeError as error:
        raise Unreadable(f"{name}: expected a tune in ABC; abc2midi cannot read it") from error
    return _from_symusic(score, name)


@contextlib.contextmanager
def _stdout_as_stderr():
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _from_symusic(score, name):
    per_quarter = max(1, score.ticks_per_quarter)
    drums = sum(len(track.notes) for track in score.tracks if track.is_drum)
    notes = [
        (note.start / per_quarter, note.duration / per_quarter, note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
        if note.duration > 0
    ]
    if not notes:
        held = f"drums alone ({drums} strokes)" if drums else "none"
        raise Unreadable(f"{name}: expected notes of a pitched instrument, received {held}")
    tempo = score.tempos[0].qpm if len(score.tempos) else None
    return piece(name, notes, None, tempo if tempo and 10 <= tempo <= 1000 else None)


def piece(name, notes, quarters=None, tempo=None):
    """A `Piece` of the notes (start, duration, pitch) in any order; without `quarters`, as long as they sound.

    Raises:
        Unreadable: of no length, or longer than `LONGEST`.
    """
    notes = np.array(sorted(set(notes)), "float64").reshape(-1, 3)
    notes = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    quarters = float((notes[:, 0] + notes[:, 1]).max()) if quarters is None else quarters
    if not 0 < quarters <= LONGEST or (len(notes) and notes[:, 0].min() < 0):
        raise Unreadable(f"{name}: expected a piece of up to {LONGEST} quarter notes, received one of {quarters:g}")
    return Piece(name, notes, quarters, tempo)


def _from_json(path, frames_per_quarter):
    try:
        layout = json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"{path}: expected JSON; {error}") from error
    return _from_layout(layout, str(path), frames_per_quarter)


def _from_layout(layout, place, frames_per_quarter):
    """The pieces of what a JSON file holds."""
    splits = layout if isinstance(layout, dict) else {"": layout}
    unknown = [name for name in splits if name and name not in SPLITS]
    if unknown or not splits:
        held = f"the key {unknown[0]!r}" if unknown else "an empty object"
        raise _other_layout(place, held)
    found = {}
    for split, pieces in splits.items():
        where = f"{place}, {split}" if split else place
        if not isinstance(pieces, (list, tuple)):
            raise _other_layout(where, type(pieces).__name__)
        found[SPLITS.get(split, "")] = [
            _from_steps(piece, f"{where}, piece {number}", frames_per_quarter) for number, piece in enumerate(pieces, 1)
        ]
    if not any(found.values()):
        raise Unreadable(f"{place}: expected at least one piece, received none")
    return found


def _other_layout(place, received):
    return Unreadable(
        f"{place}: expected pieces as [[step, ...], ...] with a step a list of MIDI pitches such as [48, 64, 67, 72], "
        f"or {{'train': pieces, 'valid': pieces, 'test': pieces}}; received {received}"
    )


def _from_steps(steps, place, frames_per_quarter):
    if isinstance(steps, np.ndarray) and steps.ndim == 2:
        return from_roll(steps, place, frames_per_quarter)
    if not isinstance(steps, (list, tuple)):
        raise _other_layout(place, repr(steps)[:40])
    roll = np.zeros((len(steps), 128), bool)
    for number, step in enumerate(steps):
        if not isinstance(step, (list, tuple)):
            raise _other_layout(f"{place}, step {number + 1}", repr(step)[:40])
        for pitch in step:
            if pitch != -1:
                roll[number, checked_pitch(pitch, f"{place}, step {number + 1}")] = True
    return from_roll(roll, place, frames_per_quarter)


def checked_pitch(pitch, place):
    """A MIDI pitch as an integer.

    Raises:
        Unreadable: no whole number, or outside 0 to 127.
    """
    whole = isinstance(pitch, (int, float, np.number)) and not isinstance(pitch, bool) and float(pitch).is_integer()
    if not whole or not 0 <= pitch <= 127:
        raise Unreadable(f"{place}: expected MIDI pitches, whole numbers from 0 to 127, received {pitch!r}")
    return int(pitch)


def from_roll(roll, name, frames_per_quarter=1):
    """The piece in a piano roll (steps, 88 or 128); a key that sounds in steps one after another is one held note.

    >>> from_roll(np.eye(128)[[60, 60, 62]], "steps").notes.tolist()
    [[0.0, 2.0, 60.0], [2.0, 1.0, 62.0]]
    """
    roll = np.asarray(roll)
    if roll.ndim != 2 or roll.shape[1] not in (KEYS, 128):
        raise Unreadable(
            f"{name}: expected a piano roll (steps, 88) from A0 or (steps, 128), received an array {roll.shape}"
        )
    if roll.dtype.kind not in "buif" or not np.all(np.isfinite(roll)):
        raise Unreadable(f"{name}: expected numbers, zero where a key is silent, received {roll.dtype} or NaN")
    lowest = LOWEST if roll.shape[1] == KEYS else 0
    edges = np.diff(np.pad(roll != 0, ((1, 1), (0, 0))).astype("int8"), axis=0)  # (steps + 1, keys) 1 on, -1 off
    keys, starts = np.nonzero(edges.T == 1)
    ends = np.nonzero(edges.T == -1)[1]  # of the same notes, since on and off of a key take turns
    per = float(frames_per_quarter)
    notes = zip(starts / per, (ends - starts) / per, keys + lowest, strict=True)
    return piece(name, [tuple(map(float, note)) for note in notes], len(roll) / per)


def _from_rolls(path, frames_per_quarter):
    found = {}
    for name, array in (_matlab(path) if path.suffix.lower() == ".mat" else _numpy(path)).items():
        split = next((SPLITS[split] for split in SPLITS if name.lower().startswith(split)), "")
        rolls = list(array) if array.ndim == 3 else [array]
        for number, roll in enumerate(rolls, 1):
            where = f"{path}, {name}" + (f", piece {number}" if array.ndim == 3 else "")
            found.setdefault(split, []).append(from_roll(roll, where, frames_per_quarter))
    if not found:
        raise Unreadable(f"{path}: expected arrays of piano rolls, received none")
    return found


def _numpy(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        pickled = "Object arrays" in str(error)
        reason = "pickled objects, which can run code; save an array a piece instead" if pickled else "a damaged file"
        raise Unreadable(f"{path}: expected plain arrays, received {reason}") from error


def _matlab(path):
    """The arrays of a .mat file; a cell array becomes one name a cell."""
    import scipy.io

    try:
        variables = scipy.io.loadmat(path)
    except (scipy.io.matlab.MatReadError, ValueError, NotImplementedError, OSError, TypeError) as error:
        raise Unreadable(f"{path}: expected a .mat file of version 7 or older; {error}") from error
    arrays = {}
    for name, value in variables.items():
        if name.startswith("__"):
            continue
        cells = value.ravel() if value.dtype == object else [value]
        arrays |= {name if len(cells) == 1 else f"{name}_{n}": cell for n, cell in enumerate(cells, 1)}
    return arrays


def _from_tfds(source, download):
    """The pieces of a set whose examples hold the bytes of a MIDI file, whatever the feature is called."""
    pieces, skipped = [], 0
    for number, example in enumerate(sources.tfds_examples(source, download).as_numpy_iterator(), 1):
        values = example.values() if isinstance(example, dict) else [example]
        content = next((value for value in values if isinstance(value, bytes) and value.startswith(b"MThd")), None)
        if content is None:
            held = ", ".join(example) if isinstance(example, dict) else type(example).__name__
            raise ValueError(f"{source}: expected a feature with MIDI in it, received {held}")
        try:
            pieces.append(from_midi(content, f"{source}, example {number}"))
        except Unreadable as error:
            log.warning("skipped: %s", error)
            skipped += 1
    if skipped:
        log.warning("%s: %d of %d examples skipped", source, skipped, skipped + len(pieces))
    if not pieces:
        raise ValueError(f"{source}: expected notes of pitched instruments, received {skipped} examples without any")
    return pieces


def steps(quarters, per_quarter):
    """Quarter notes as the nearest whole steps.

    >>> steps(np.array([0.0, 0.26, 1.0]), 4).tolist()
    [0, 1, 4]
    """
    return np.floor(np.asarray(quarters) * per_quarter + 0.5).astype("int64")


def write_midi(path, notes, tempo, program=0):
    """Notes (start, duration in quarter notes, pitch) as a MIDI file of one track.

    program: General MIDI's instrument; 0 is the grand piano, 19 the church organ.
    """
    import symusic

    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, float(tempo)))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track(program=program)
    for start, duration, pitch in notes:
        begin, end = (math.floor(480 * time + 0.5) for time in (start, start + duration))
        track.notes.append(symusic.Note(begin, end - begin, int(pitch), 80))
    score.tracks.append(track)
    pathlib.Path(path).write_bytes(score.dumps_midi())

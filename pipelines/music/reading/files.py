"""Pieces of music from any source: MIDI, ABC, JSON chorales, piano rolls, folders of them, tfds.

    read("chorales.json")        {"train": [Piece, ...], "valid": [...], "test": [...]}
    read("midi/")                {"": [Piece, ...]}

A piece is notes on a time axis of quarter notes. symusic reads MIDI, and ABC by means of the abc2midi that comes with
it; drums are left out. In JSON and in piano rolls a row is a step, and `frames_per_quarter` steps make a quarter note.
They do not say whether a key that sounds in two steps in a row was struck twice, so it counts as held.

    JSON        {"train": pieces, "valid": pieces, "test": pieces}, or pieces: [piece, ...]
                piece = [step, ...], step = [MIDI pitch, ...]; [] or -1 for silence
    .npz        one array per piece: (steps, 88) from A0, or (steps, 128); or (pieces, steps, 88 or 128). Arrays whose
                names begin with train, valid or test belong to that split
    .mat        traindata, validdata, testdata: cell arrays of such arrays, the format in which the data of
                Boulanger-Lewandowski et al. (2012) are distributed

Speed: 400 chorales of JSON take 0.1 s; a thousand MIDI files of one minute each take a second.
"""

import logging
import pathlib
import stat

import numpy as np

from pipelines.music.reading import roll_files, score_files
from pipelines.music.reading.pieces import KEYS, LOWEST, Piece, Unreadable, checked_pitch, from_roll, piece, steps
from pipelines.music.reading.score_files import from_midi, write_midi
from pipelines.shared.data import sources
from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import apart

__all__ = [
    "KEYS", "LOWEST", "SUFFIXES", "Piece", "Unreadable", "checked_pitch", "from_midi", "from_roll", "piece", "read",
    "steps", "write_midi",
]  # fmt: skip

log = logging.getLogger("unroll")

PATHS = (str, pathlib.PurePath)
SUFFIXES = (".mid", ".midi", ".abc", ".json", ".npz", ".mat")
MEMORY, TIMES = 2**29 + 2**28, 64  # memory that reading may take, in bytes; for a large file TIMES its size more
SMALL = 2**23  # bytes; a file up to this size is read within MEMORY
LARGEST = 2**28  # bytes of a MIDI or ABC file; the longest symphonies take a thousandth of it
NAMED = 20  # skipped files or tunes that are named one by one


def read(source, frames_per_quarter=1, download=False):
    """Reads a source as {split: [Piece, ...]}; the split is "" where the source has no splits.

    Args:
        source: a file that ends in one of `SUFFIXES`, a folder of such files, a list of these, `tfds:<name>` of a
            data set with MIDI in it, or what a JSON file would hold, in memory.
        frames_per_quarter: steps of JSON and of piano rolls in a quarter note.
        download: as in `sources.read`.

    Raises:
        FileNotFoundError: there is no such file or folder, or the tfds set is not prepared.
        ValueError: a file cannot be read or has another layout, a pitch lies outside 0 to 127, or there is no piece.
        TypeError: a source of another type.

    >>> read([[[60, 64], [60], []]])[""][0].notes.tolist()
    [[0.0, 2.0, 60.0], [0.0, 1.0, 64.0]]
    """
    several = isinstance(source, (list, tuple)) and source and all(isinstance(path, PATHS) for path in source)
    with Reader(frames_per_quarter) as reader:
        if isinstance(source, str) and source.startswith("tfds:"):
            pieces_by_split = {"": _from_tfds(source, download, reader)}
        elif isinstance(source, PATHS):
            pieces_by_split = _read_path(pathlib.Path(source), reader)
        elif several:
            pieces_by_split = _read_all(list(map(pathlib.Path, source)), "data", reader)
        elif isinstance(source, (list, tuple, dict)):
            pieces_by_split = roll_files.from_layout(source, "data", frames_per_quarter, strict=True).by_split
        else:
            raise TypeError(
                "data: expected a file, a folder, a list of files, 'tfds:<name>', or pieces as lists of steps of MIDI "
                f"pitches, received {type(source).__name__}"
            )
    return {split: pieces for split, pieces in pieces_by_split.items() if pieces}


class Reader:
    """Reads files in a separate process, the same one as long as it lives; a file that crashes it counts as damaged."""

    def __init__(self, frames_per_quarter):
        self.frames_per_quarter = float(frames_per_quarter)
        self._child = apart.Child("pipelines.music.reading.parsing:parsed", memory=MEMORY)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._child.close()

    def pieces(self, kind, content, name, size=0):
        """Reads a file, or its content, as ({split: [Piece, ...]}, errors of single pieces); see `parsing.parsed`."""
        try:
            if size <= SMALL:
                parsed = self._child.call(kind, content, name, self.frames_per_quarter)
            else:
                limits = {"memory": MEMORY + TIMES * size, "seconds": apart.SECONDS + size // 2**10}
                arguments = kind, content, name, self.frames_per_quarter
                parsed = apart.run("pipelines.music.reading.parsing:parsed", *arguments, **limits)
        except apart.Failed as error:
            if error.kind == "ModuleNotFoundError":
                raise ModuleNotFoundError(str(error)) from error
            known = error.kind == "Unreadable"
            message = str(error) if known else f"{name}: expected {KINDS[kind]}, received a damaged file ({error})"
            raise Unreadable(message) from error
        return (
            {split: [Piece(**fields) for fields in group] for split, group in parsed["pieces"].items()},
            parsed["skipped"],
        )


KINDS = {
    "MIDI": "MIDI", "ABC": "a tune in ABC", ".json": "JSON", ".npz": "plain arrays",
    ".mat": "a .mat file of version 7 or older",
}  # fmt: skip


def _read_path(path, reader):
    if not path.exists():
        raise FileNotFoundError(
            f"data: no file or folder {shown(str(path))} (the working folder is {shown(str(pathlib.Path.cwd()))})"
        )
    if not path.is_dir():
        return _read_file(path, reader)
    paths = sorted(entry for entry in path.rglob("*") if entry.suffix.lower() in SUFFIXES and not entry.is_dir())
    if not paths:
        held = listed(sorted(entry.name for entry in path.iterdir()), write=brief) or "nothing"
        raise ValueError(f"{path}: expected files that end in {', '.join(SUFFIXES)}, received {held}")
    return _read_all(paths, str(path), reader, explicit=False)


def _read_all(paths, source, reader, explicit=True):
    """The pieces of all files. Files that cannot be read are skipped with a warning; if none is left, it raises.

    explicit: whether the caller listed the paths, which may then be folders too.
    """
    pieces_by_split, skipped = {}, []
    for path in paths:
        try:
            for split, pieces in (_read_path if explicit else _read_file)(path, reader).items():
                pieces_by_split.setdefault(split, []).extend(pieces)
        except (Unreadable, PermissionError) as error:
            skipped.append(error)
            if len(skipped) <= NAMED:
                log.warning("skipped: %s", error)
    if not any(pieces_by_split.values()):
        raise ValueError(
            f"{source}: expected music, but none of {len(paths)} files could be read; the first error: {skipped[0]}"
        )
    if skipped:
        log.warning("%s: %d of %d files skipped", source, len(skipped), len(paths))
    return pieces_by_split


def _read_file(path, reader):
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        hint = "; pickles can run code, save the arrays as .npz" if suffix in (".pkl", ".pickle") else ""
        received = shown(suffix or "none")
        raise ValueError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, received {received}{hint}")
    size = _size(path)
    if suffix == ".abc":
        return _read_tunes(path, reader)
    if suffix in (".mid", ".midi"):
        return reader.pieces("MIDI", np.fromfile(path, "uint8"), str(path))[0]
    pieces_by_split, skipped = reader.pieces(suffix, str(path), str(path), size)
    _say_skipped(path, skipped, sum(map(len, pieces_by_split.values())))
    return pieces_by_split


def _size(path):
    """The size of a file in bytes, once it is known to be a regular file and not too large for its kind."""
    if not path.exists():
        raise Unreadable(f"{path}: expected a file, received a broken link")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(f"{path}: expected a file, received a pipe or a device")
    if path.suffix.lower() in (".mid", ".midi", ".abc") and status.st_size > LARGEST:
        raise Unreadable(f"{path}: expected up to {LARGEST // 2**20} MiB, received {status.st_size / 2**20:,.0f} MiB")
    return status.st_size


def _read_tunes(path, reader):
    """The pieces of an ABC file, tune by tune."""
    tunes = score_files.tunes(path.read_bytes().decode("utf-8", "replace"))
    if not tunes:
        raise Unreadable(f"{path}: expected ABC, a tune that begins with a line X:, received none")
    pieces, skipped = [], []
    for number, tune in enumerate(tunes, 1):
        try:
            pieces += reader.pieces("ABC", tune, str(path) if len(tunes) == 1 else f"{path}, tune {number}")[0][""]
        except Unreadable as error:
            skipped.append(str(error))
    if not pieces:
        raise Unreadable(
            skipped[0] if len(tunes) == 1 else f"none of {len(tunes)} tunes can be read; the first error: {skipped[0]}"
        )
    _say_skipped(path, skipped, len(pieces))
    return {"": pieces}


def _say_skipped(path, skipped, read):
    for message in skipped[:NAMED]:
        log.warning("skipped: %s", message)
    if skipped:
        log.warning("%s: %d of %d pieces skipped", path, len(skipped), len(skipped) + read)


def _from_tfds(source, download, reader):
    """The pieces of a tfds set whose examples hold the bytes of a MIDI file, whatever the feature is called."""
    pieces, skipped = [], 0
    for number, example in enumerate(sources.tfds_examples(source, download).as_numpy_iterator(), 1):
        values = example.values() if isinstance(example, dict) else [example]
        content = next((value for value in values if isinstance(value, bytes) and value.startswith(b"MThd")), None)
        if content is None:
            held = listed(example, write=brief) if isinstance(example, dict) else type(example).__name__
            raise ValueError(f"{source}: expected a feature with MIDI in it, received {held}")
        try:
            pieces += reader.pieces("MIDI", np.frombuffer(content, "uint8"), f"{source}, example {number}")[0][""]
        except Unreadable as error:
            skipped += 1
            if skipped <= NAMED:
                log.warning("skipped: %s", error)
    if skipped:
        log.warning("%s: %d of %d examples skipped", source, skipped, skipped + len(pieces))
    if not pieces:
        raise ValueError(f"{source}: expected notes of pitched instruments, received {skipped} examples without any")
    return pieces

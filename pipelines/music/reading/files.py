"""Pieces of music from any source: MIDI, MusicXML, ABC, JSON chorales, piano rolls, folders and archives of them, tfds.

    read("chorales.json")        {"train": [Piece, ...], "valid": [...], "test": [...]}
    read("midi/")                {"": [Piece, ...]}; also "midi.zip", "midi/*.mid", "tune.mid.gz"

A piece is notes on a time axis of quarter notes. symusic reads MIDI, and ABC by means of the abc2midi that comes with
it; drums are left out. In JSON and in piano rolls a row is a step, and `frames_per_quarter` steps make a quarter note.
They do not say whether a key that sounds in two steps in a row was struck twice, so it counts as held.

    MIDI        .mid, .midi, .kar (karaoke), .rmi
    MusicXML    .musicxml, .xml, .mxl; with the repeats played
    ABC         tune by tune; chord symbols are not played unless `chord_symbols` says so
    JSON        {"train": pieces, "valid": pieces, "test": pieces}, or pieces: [piece, ...]
                piece = [step, ...], step = [MIDI pitch, ...]; [] or -1 for silence
    .npz        one array per piece: (steps, 88) from A0, or (steps, 128); or (pieces, steps, 88 or 128). Arrays whose
                names begin with train, valid or test belong to that split
    .mat        traindata, validdata, testdata: cell arrays of such arrays, the format in which the data of
                Boulanger-Lewandowski et al. (2012) are distributed

What cannot be read is skipped, counted and named; so is what is left out of a file: notes without an end, drums.

Speed: 400 chorales of JSON take 0.1 s; a thousand MIDI files of one minute each take a second.
"""

import collections
import contextlib
import logging
import pathlib
import stat

import numpy as np

from pipelines.music.reading import roll_files
from pipelines.music.reading.gathered import Gathered
from pipelines.music.reading.midi_files import from_midi, write_midi
from pipelines.music.reading.pieces import KEYS, LOWEST, Piece, Unreadable, checked_pitch, from_roll, piece, steps
from pipelines.music.reading.reader import KIND, LARGEST, SUFFIXES, Reader
from pipelines.shared.data import containers, sources
from pipelines.shared.messages import brief, listed, shown

__all__ = [
    "KEYS", "LOWEST", "SUFFIXES", "Piece", "Unreadable", "checked_pitch", "from_midi", "from_roll", "is_music", "piece",
    "read", "steps", "write_midi",
]  # fmt: skip

log = logging.getLogger("unroll")

PATHS = (str, pathlib.PurePath)
BY_CONTENT = ("MIDI", "ABC", "MusicXML")  # kinds of files that are read whole
NO_FILES = (Unreadable, PermissionError)


def read(source, frames_per_quarter=1, download=False, limit=None, chord_symbols=False):
    """Reads a source as {split: [Piece, ...]}; the split is "" where the source has no splits.

    Args:
        source: a file that ends in one of `SUFFIXES`, compressed or not, a .zip of such files, a folder, a pattern, a
            list of these, `tfds:<name>` of a data set with MIDI in it, or what a JSON file would hold, in memory.
        frames_per_quarter: steps of JSON and of piano rolls in a quarter note.
        download: as in `sources.read`.
        limit: pieces of each split that are read, the first ones; None for all.
        chord_symbols: whether those of ABC are played, in a rhythm of abc2midi's.

    Raises:
        FileNotFoundError: there is no such file or folder, or the tfds set is not prepared.
        ValueError: a file cannot be read or has another layout, a pitch lies outside 0 to 127, or there is no piece.
        TypeError: a source of another type.

    >>> read([[[60, 64], [60], []]])[""][0].notes.tolist()
    [[0.0, 2.0, 60.0], [0.0, 1.0, 64.0]]
    """
    several = isinstance(source, (list, tuple)) and source and all(isinstance(path, PATHS) for path in source)
    gathered = Gathered(limit)
    with Reader(frames_per_quarter, chord_symbols) as reader:
        if isinstance(source, str) and source.startswith("tfds:"):
            _from_tfds(source, download, reader, gathered)
        elif several or isinstance(source, PATHS):
            _from_files(source, list(source) if several else [source], reader, gathered)
        elif isinstance(source, (list, tuple, dict)):
            gathered.by_split = roll_files.from_layout(source, "data", frames_per_quarter, strict=True).by_split
        else:
            raise TypeError(
                "data: expected a file, a folder, a list of files, 'tfds:<name>', or pieces as lists of steps of MIDI "
                f"pitches, received {type(source).__name__}"
            )
    return gathered.limited()


def is_music(name):
    """Whether a name is that of a file of music, by its ending.

    >>> is_music("a.MID"), is_music("a.abc.gz"), is_music("a.txt")
    (True, True, False)
    """
    return containers.kind(str(name)) in SUFFIXES


def _from_files(source, names, reader, gathered):
    """Gathers the pieces of files, folders, archives and patterns. Of several, what cannot be read is skipped."""
    paths = [path for name in names for path in _paths(name)]
    called = "data" if isinstance(source, (list, tuple)) else str(source)
    alone = len(paths) == 1 and is_music(paths[0]) and not pathlib.Path(names[0]).is_dir()
    for part in _parts(paths):
        gathered.files += 1
        try:
            if isinstance(part, Exception):
                raise part
            reader.add(part, gathered)
        except NO_FILES as error:
            if alone:
                raise
            gathered.skip(error)
        if gathered.enough():
            break
    if not gathered.read:
        raise ValueError(
            f"{called}: expected music, but none of {gathered.files} files could be read; the first error: "
            f"{gathered.errors[0]}"
        )
    gathered.say(called)


def _paths(name):
    """The files that a name stands for: itself, what a pattern fits, or what a folder holds."""
    path = pathlib.Path(name)
    paths = containers.expanded(path)
    if paths == [path] and not path.exists():
        raise FileNotFoundError(
            f"data: no file or folder {shown(str(path))} (the working folder is {shown(str(pathlib.Path.cwd()))})"
        )
    if path.is_dir():
        return _in_folder(path)
    music = [path for path in paths if is_music(path) or path.suffix.lower() == ".zip"]
    if not music:
        raise _other_kind(path if len(paths) == 1 else paths[0])
    return music


def _other_kind(path):
    suffix = path.suffix.lower()
    hint = "; pickles can run code, save the arrays as .npz" if suffix in (".pkl", ".pickle") else ""
    received = shown(suffix or "none")
    return ValueError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, received {received}{hint}")


def _in_folder(folder):
    """The files of music in a folder and in those below it, hidden ones left out."""
    inside = [path for path in sorted(folder.rglob("*")) if not _hidden(path.relative_to(folder)) and not path.is_dir()]
    paths = {str(path.relative_to(folder)): path for path in inside if is_music(path)}
    archives = [path for path in inside if path.suffix.lower() == ".zip"]
    if not paths:
        held = listed(sorted(entry.name for entry in folder.iterdir()), write=brief) or "nothing"
        raise ValueError(f"{folder}: expected files that end in {', '.join(SUFFIXES)}, received {held}")
    if archives:
        log.warning("%s: archives in it are passed over, such as %s; a list can name them", folder, archives[0].name)
    return [paths[name] for name in _once(paths, str(folder))]


def _hidden(path):
    return any(map(containers.hidden, path.parts))


def _once(names, source):
    """The names without scores that stand beside MIDI of the same name: the same piece, which would be in it twice."""
    stems = collections.defaultdict(set)
    for name in names:
        stems[_stem(name)].add(KIND[containers.kind(name)])
    kept = [name for name in names if KIND[containers.kind(name)] != "MusicXML" or "MIDI" not in stems[_stem(name)]]
    if len(kept) < len(names):
        twin = next(name for name in names if name not in set(kept))
        log.warning(
            "%s: %d scores are passed over, for MIDI of the same name stands beside them, such as %s",
            source, len(names) - len(kept), twin,
        )  # fmt: skip
    return kept


def _stem(name):
    path = pathlib.PurePath(name)
    path = path.with_suffix("") if path.suffix.lower() in containers.COMPRESSIONS else path
    return str(path.with_suffix(""))


def _parts(paths):
    """Yields the parts of the files: one, or one a member of an archive; an error in the place of what is none."""
    for path in paths:
        try:
            _check(path)
            with contextlib.ExitStack() as stack:
                parts = stack.enter_context(containers.parts(path, empty=True))
                if parts[0].suffix not in SUFFIXES and parts[0].member is None:
                    raise Unreadable(f"{path}: expected a .zip, received one without files, or a damaged one")
                members = {part.member: part for part in parts if part.member is not None}
                yield from (members[name] for name in _members(members, path)) if members else parts
        except ValueError as error:
            yield Unreadable(str(error))
        except OSError as error:
            yield error


def _members(members, path):
    """The names of the members of an archive that are music."""
    music = [name for name in members if is_music(name) and not name.startswith("META-INF/")]
    if not music:
        held = listed(list(members), write=brief)
        raise Unreadable(f"{path}: expected files that end in {', '.join(SUFFIXES)}, received {held}")
    return _once(music, str(path))


def _check(path):
    """Refuses what is no regular file, or too large for its kind."""
    if not path.exists():
        raise Unreadable(f"{path}: expected a file, received a broken link")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(f"{path}: expected a file, received a pipe or a device")
    if KIND.get(path.suffix.lower()) in BY_CONTENT and status.st_size > LARGEST:
        raise Unreadable(f"{path}: expected up to {LARGEST // 2**20} MiB, received {status.st_size / 2**20:,.0f} MiB")


def _from_tfds(source, download, reader, gathered):
    """Gathers the pieces of a tfds set whose examples hold the bytes of a MIDI file, whatever the feature is called."""
    for number, example in enumerate(sources.tfds_examples(source, download).as_numpy_iterator(), 1):
        values = example.values() if isinstance(example, dict) else [example]
        content = next((value for value in values if isinstance(value, bytes) and value.startswith(b"MThd")), None)
        if content is None:
            held = listed(example, write=brief) if isinstance(example, dict) else type(example).__name__
            raise ValueError(f"{source}: expected a feature with MIDI in it, received {held}")
        gathered.files += 1
        try:
            reader.add_content("MIDI", np.frombuffer(content, "uint8"), f"{source}, example {number}", gathered)
        except Unreadable as error:
            gathered.skip(error)
        if gathered.enough():
            break
    gathered.say(source, "examples")
    if not gathered.read:
        raise ValueError(
            f"{source}: expected notes of pitched instruments, received {gathered.files} examples without any"
        )

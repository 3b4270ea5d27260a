"""Reads one file of music after another in a separate process, where a damaged one may do no harm."""

import io

import numpy as np

from pipelines.music.reading import abc_tunes
from pipelines.music.reading.pieces import Piece, Unreadable
from pipelines.shared.data import containers
from pipelines.shared.storage import apart

FUNCTION = "pipelines.music.reading.parsing:parsed"
MEMORY, TIMES = 2**29 + 2**28, 64  # memory that reading may take, in bytes; for a large file TIMES its size more
SMALL = 2**23  # bytes; a file up to this size is read within MEMORY
LARGEST = 2**28  # bytes of a file that holds a piece; the longest symphonies take a thousandth of it
KINDS = {
    "MIDI": (".mid", ".midi", ".kar", ".rmi"),
    "ABC": (".abc",),
    "MusicXML": (".musicxml", ".xml", ".mxl"),
    "JSON": (".json",),
    "plain arrays": (".npz",),
    "a .mat file of version 7 or older": (".mat",),
}
SUFFIXES = tuple(suffix for suffixes in KINDS.values() for suffix in suffixes)
KIND = {suffix: kind for kind, suffixes in KINDS.items() for suffix in suffixes}


class Reader:
    """Reads files in a separate process, the same one as long as it lives; a file that crashes it counts as damaged.

    Args:
        frames_per_quarter, chord_symbols: as of `files.read`.
    """

    def __init__(self, frames_per_quarter, chord_symbols=False):
        self.options = float(frames_per_quarter), bool(chord_symbols)
        self._child = apart.Child(FUNCTION, memory=MEMORY)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._child.close()

    def add(self, part, gathered):
        """Adds what a part of `containers` holds to what is gathered.

        Raises:
            Unreadable: it is no music, or damaged. OSError: it cannot be opened.
        """
        kind = KIND[part.suffix]
        if kind == "ABC":
            self._add_tunes(part, gathered)
        elif kind in ("MIDI", "MusicXML"):
            self.add_content(kind, np.frombuffer(content(part), "uint8"), part.name, gathered)
        elif part.member is None and part.path.suffix.lower() == part.suffix:
            gathered.add(part.name, self._parsed(part.suffix, str(part.path), part.name, part.path.stat().st_size))
        else:
            with _copied(part) as path:
                gathered.add(part.name, self._parsed(part.suffix, str(path), part.name, path.stat().st_size))

    def add_content(self, kind, array, name, gathered):
        """Adds the piece in the bytes of MIDI or MusicXML, uint8 (bytes,)."""
        gathered.add(name, self._parsed(kind, array, name, array.size))

    def _add_tunes(self, part, gathered):
        """Adds the pieces of an ABC file, tune by tune."""
        tunes = abc_tunes.tunes(content(part))
        if not tunes:
            raise Unreadable(f"{part.name}: expected ABC, a tune that begins with a line X:, received none")
        whole, read, skipped = len(tunes) == 1, [], []
        for number, tune in enumerate(tunes, 1):
            name = part.name if whole else f"{part.name}, tune {number}"
            try:
                read.append(self._parsed("ABC", tune, name, len(tune)))
            except Unreadable as error:
                skipped.append(str(error))
            if gathered.enough(len(read)):
                break
        if not read:
            raise Unreadable(
                skipped[0] if whole else f"none of {len(tunes)} tunes can be read; the first error: {skipped[0]}"
            )
        for parsed in read:
            gathered.add(part.name, parsed)
        gathered.skip_pieces(skipped)

    def _parsed(self, kind, content, name, size):
        """{"pieces": {split: [Piece, ...]}, "skipped", "left_out"} of a file or its content; see `parsing.parsed`."""
        try:
            if size <= SMALL:
                parsed = self._child.call(kind, content, name, *self.options)
            else:
                limits = {"memory": MEMORY + TIMES * size, "seconds": apart.SECONDS + size // 2**10}
                parsed = apart.run(FUNCTION, kind, content, name, *self.options, **limits)
        except apart.Failed as error:
            if error.kind == "ModuleNotFoundError":
                raise ModuleNotFoundError(str(error)) from error
            known, expected = error.kind == "Unreadable", "a tune in ABC" if kind == "ABC" else KIND.get(kind, kind)
            message = str(error) if known else f"{name}: expected {expected}, received a damaged file ({error})"
            raise Unreadable(message) from error
        pieces = {split: [Piece(**fields) for fields in group] for split, group in parsed["pieces"].items()}
        return parsed | {"pieces": pieces}


def content(part):
    """The bytes of a part, unpacked.

    Raises:
        Unreadable: more than `LARGEST`, or damaged.
    """
    try:
        with part.reading() as file:
            read = file.read(LARGEST + 1)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    if len(read) > LARGEST:
        raise Unreadable(f"{part.name}: expected up to {LARGEST // 2**20} MiB, received more")
    return read


def _copied(part):
    """The path of a temporary copy of the bytes of a part, unpacked."""
    return containers.copied(io.BytesIO(content(part)))

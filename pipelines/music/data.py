"""Pieces of music as examples: reads any source, checks it, and splits it for the music pipeline.

    load_splits("chorales.json", None, None, config)["train"]   -> {"name": [...], "notes": [...], ...}

Columns: name; notes, float64 (notes, 3), start and duration in quarter notes and MIDI pitch; quarters, the length in
quarter notes; tempo, quarter notes a minute or None.
"""

import logging
import pathlib

from pipelines.music import sample
from pipelines.music.reading import files as music_files
from pipelines.music.reading.files import KEYS, LOWEST
from pipelines.music.tunes import beginnings
from pipelines.shared import defaults
from pipelines.shared.data import provenance, sources, splits

log = logging.getLogger("unroll")

SPLIT_RULE = 1  # raised with each change of what falls in which split; see `shared.data.original_splits`
FORMER_RULES = defaults.FORMER_RULES

COLUMNS = ("name", "notes", "quarters", "tempo")


def load_examples(data, config, download=False, role="data", split="test"):
    """The columns of the pieces of `split`, or of all pieces if the source has no such split."""
    pieces_by_split = _read(data, config, download)
    if split in pieces_by_split:
        return columns(pieces_by_split[split], provenance.called(data, role))
    return columns([piece for pieces in pieces_by_split.values() for piece in pieces], provenance.called(data, role))


def _read(data, config, download):
    if data is None:
        return {"": sample.generate()[: config.limit]}
    return music_files.read(data, config.frames_per_quarter, download, config.limit, config.chord_symbols)


def columns(pieces, role):
    """{name: list}; pieces without a note on the piano are left out with a warning."""
    kept = [piece for piece in pieces if _on_piano(piece.notes).any()]
    if len(kept) < len(pieces):
        log.warning("%s: %d of %d pieces have no note and are left out", role, len(pieces) - len(kept), len(pieces))
    outside = sum(int((~_on_piano(piece.notes)).sum()) for piece in kept)
    if outside:
        log.warning(
            "%s: %d notes lie outside the piano (%d to %d) and are left out", role, outside, LOWEST, LOWEST + KEYS - 1
        )
    if not kept:
        raise ValueError(f"{role}: expected pieces with notes, received {len(pieces)} without any")
    return {name: [getattr(piece, name) for piece in kept] for name in COLUMNS}


def _on_piano(notes):
    return (notes[:, 2] >= LOWEST) & (notes[:, 2] < LOWEST + KEYS)


def load_splits(data, valid, test, config, download=False):
    """The splits of the source, if it has any; those that are missing are cut off by content.

    Pieces with the same notes, in whatever key, never fall in different splits that were cut.
    """
    pieces_by_split = _read(data, config, download)
    train = [*pieces_by_split.pop("", []), *pieces_by_split.pop("train", [])]
    loaded = {"train": columns(train, f"{provenance.called(data)}, training split")}
    loaded |= {name: columns(pieces, f"{provenance.called(data)}, {name}") for name, pieces in pieces_by_split.items()}
    for name, source in splits.own_sources(valid, test).items():
        loaded[name] = load_examples(source, config, download, name, name)
    loaded |= _cut(loaded["train"], splits.fractions(config, loaded))
    splits.check(loaded, "pieces", _tunes, "pieces stand in the training split too")
    return loaded


def _cut(examples, parts):
    parts = splits.by_content(examples | {"tune": list(map(_tune, examples["notes"]))}, "tune", parts)
    return {name: {column: part[column] for column in COLUMNS} for name, part in parts.items()}


def _tunes(part):
    return ((_tune(notes),) for notes in part["notes"])


def _tune(notes):
    """The notes as a text that is the same in any key: each pitch is its distance to the first."""
    return " ".join(f"{start:.3f},{duration:.3f},{pitch - notes[0, 2]:.0f}" for start, duration, pitch in notes)


def read_inputs(inputs, config):
    """The pitches that each tune begins with, from one note or chord, a list of them, or a .txt file."""
    if isinstance(inputs, (str, pathlib.PurePath)) and pathlib.Path(inputs).suffix.lower() == ".txt":
        inputs = [line for line in sources.read_lines(inputs) if line.strip()]
    inputs = [inputs] if isinstance(inputs, (str, int, pathlib.PurePath)) else [*inputs]
    return [beginnings.first(beginning, config.frames_per_quarter) for beginning in inputs]

"""Parses files of music in a separate process, which loads no TensorFlow and so starts quickly."""

import pathlib

from pipelines.music.reading import abc_tunes, midi_files, musicxml_files, roll_files

ROLLS = {".json": roll_files.from_json, ".npz": roll_files.from_npz, ".mat": roll_files.from_mat}


def parsed(kind, content, name, frames_per_quarter, chord_symbols):
    """Parses one file in the separate process and returns {"pieces", "skipped", "left_out"} as plain data.

    Args:
        kind: "MIDI", "ABC", "MusicXML", or the suffix of another kind of file.
        content: uint8 (bytes,) of MIDI or MusicXML, the text of one tune in ABC, or the path of the file.
        name: what errors call it.
        frames_per_quarter: steps of JSON and of piano rolls in a quarter note.
        chord_symbols: whether those of ABC are played.
    """
    skipped, left_out = [], {}
    if kind in ROLLS:
        rolls = ROLLS[kind](pathlib.Path(content), name, frames_per_quarter)
        by_split, skipped = rolls.by_split, rolls.skipped
    else:
        if kind == "ABC":
            piece, left_out = abc_tunes.counted(content, name, chord_symbols)
        else:
            counted = midi_files.counted if kind == "MIDI" else musicxml_files.counted
            piece, left_out = counted(content.tobytes(), name)
        by_split = {"": [piece]}
    return {
        "pieces": {split: list(map(vars, pieces)) for split, pieces in by_split.items()},
        "skipped": skipped,
        "left_out": left_out,
    }

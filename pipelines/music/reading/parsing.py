"""Parses files of music in a separate process, which loads no TensorFlow and so starts quickly."""

import pathlib

from pipelines.music.reading import roll_files, score_files


def parsed(kind, content, name, frames_per_quarter):
    """Parses one file in the separate process and returns {"pieces", "skipped"} as plain data.

    Args:
        kind: "MIDI", "ABC", or the suffix of another kind of file.
        content: uint8 (bytes,) of MIDI, the text of one tune in ABC, or the path of the file.
        name: what errors call it.
        frames_per_quarter: steps of JSON and of piano rolls in a quarter note.
    """
    if kind == "MIDI":
        pieces_and_errors = {"": [score_files.from_midi(content.tobytes(), name)]}, []
    elif kind == "ABC":
        pieces_and_errors = {"": [score_files.from_abc(content, name)]}, []
    else:
        reader = roll_files.from_json if kind == ".json" else roll_files.from_arrays
        rolls = reader(pathlib.Path(content), frames_per_quarter)
        pieces_and_errors = rolls.by_split, rolls.skipped
    return {
        "pieces": {split: list(map(vars, pieces)) for split, pieces in pieces_and_errors[0].items()},
        "skipped": pieces_and_errors[1],
    }

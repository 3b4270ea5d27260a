"""What the process apart does that reads files of music; it loads no TensorFlow, so that it starts quickly."""

import pathlib

from pipelines.music.reading import roll_files, score_files


def parsed(kind, content, name, frames_per_quarter):
    """What the process apart does: a file as plain data.

    kind: "MIDI", content: uint8 (bytes,); "ABC", content: the text of one tune; or the ending of a file, content: its
    path.
    """
    if kind == "MIDI":
        found = {"": [score_files.from_midi(content.tobytes(), name)]}, []
    elif kind == "ABC":
        found = {"": [score_files.from_abc(content, name)]}, []
    else:
        reader = roll_files.from_json if kind == ".json" else roll_files.from_arrays
        several = reader(pathlib.Path(content), frames_per_quarter)
        found = several.found, several.skipped
    return {"pieces": {split: list(map(vars, each)) for split, each in found[0].items()}, "skipped": found[1]}

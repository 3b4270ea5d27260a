"""What a served model of music may be asked for: tunes, as notes, as MIDI or as sound."""

from pipelines.music import command
from pipelines.music.answers import generate
from pipelines.music.reading import midi_files
from pipelines.music.reading.pieces import KEYS, LOWEST
from pipelines.music.tunes import beginnings, files
from pipelines.shared import defaults
from pipelines.shared.messages import shown
from pipelines.shared.serving import arguments
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.storage import scratch

STEPS = 1_024  # of a tune
TUNES, BEAMS, TOGETHER = 8, 8, 16
NOTES, QUARTERS = 10_000, 1_024
MOST = 2**31 - 1
OPTIONS = {
    "length": arguments.whole(2, STEPS),
    "temperature": arguments.number(0, 100),
    "top_k": arguments.whole(1, 10_000),
    "top_p": arguments.number(1e-6, 1),
    "seed": arguments.whole(0, MOST),
    "n": arguments.whole(1, TUNES),
    "scale": arguments.text(40),
    "tempo": arguments.number(10, 1000),
    "beams": arguments.whole(1, BEAMS),
}
BOUNDS = {"length": (0, STEPS), "seed": (0, MOST)}
MEDIA = {"midi": (".mid", "audio/midi"), "wav": (".wav", "audio/wav"), "png": (".png", "image/png")}
listed, quicken = defaults.listed, defaults.quicken


def from_json(artifact, values):
    """The pitches that each tune begins with: numbers of MIDI, names of notes and chords, or lists of these."""
    return [_pitches(value) for value in values]


def _pitches(value):
    parts = value if isinstance(value, list) else [value]
    if len(parts) > TOGETHER or not all(_is_key(part) for part in parts):
        expected = f'a pitch such as 60, a name such as "C4" or "Am", or a list of at most {TOGETHER} of these'
        raise Refused(400, f"first: expected {expected}, received {shown(value)}")
    return beginnings.first([pitch for part in parts for pitch in _named(part)])


def _is_key(value):
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and len(value) <= 40)


def _named(value):
    """Never the name of a file."""
    return beginnings.named(value) if isinstance(value, str) else [value]


def to_json(artifact, answers):
    """Of each tune its notes, its length and its tempo."""
    return [
        {**command.described(tune), "given": tune.given, "log_probability": tune.log_probability} for tune in answers
    ]


def examples(artifact):
    """A middle C."""
    return [60]


def card(artifact):
    """{"steps_per_quarter", "tempo"}: steps of its grid in a quarter note, quarter notes a minute."""
    preprocessor = artifact.preprocessor
    return {"steps_per_quarter": preprocessor.steps_per_quarter, "tempo": preprocessor.tempo}


def _generate(artifact, asked):
    """Tunes, or the first of them as a file."""
    form, first, notes = asked.pop("format", "json"), asked.pop("first", 60), asked.pop("notes", None)
    with scratch.folder() as folder:
        given = {"first": _pitches(first)}
        if notes is not None:
            given = {"continue_from": folder / "given.mid"}
            midi_files.write_midi(given["continue_from"], *_played(artifact, notes, asked))
        tunes = generate(artifact, **given, **asked)
        return {"tunes": to_json(artifact, tunes)} if form == "json" else _file(folder, tunes[0], form)


def _played(artifact, notes, asked):
    """(notes, tempo) as files are written."""
    return [tuple(note) for note in notes], float(asked.get("tempo") or artifact.preprocessor.tempo)


def _file(folder, tune, form):
    ending, media_type = MEDIA[form]
    path = tune.write(folder / f"tune{ending}")
    return arguments.File(path.read_bytes(), media_type, path.name)


def _render(artifact, asked):
    """Notes as a file."""
    notes, tempo = _played(artifact, asked["notes"], asked)
    quarters = max(start + duration for start, duration, _ in notes)
    tune = files.Tune(sorted(notes), quarters, tempo, round(quarters * artifact.preprocessor.steps_per_quarter))
    with scratch.folder() as folder:
        return _file(folder, tune, asked["format"])


def _notes(value):
    """The check of notes: [start, duration, pitch] each, times in quarter notes."""
    start, key = arguments.number(0, QUARTERS), arguments.whole(LOWEST, LOWEST + KEYS - 1)
    fits = isinstance(value, list) and 0 < len(value) <= NOTES and all(
        isinstance(note, list) and len(note) == 3
        and not (start(note[0]) or arguments.number(1e-3, QUARTERS)(note[1]) or key(note[2]))
        for note in value
    )  # fmt: skip
    return None if fits else f"from 1 to {NOTES:,} notes [start, duration, pitch] within {QUARTERS:,} quarter notes"


def _first(value):
    """The check of what a tune begins with, which `_pitches` looks at."""
    return None if isinstance(value, (int, str, list)) else "a pitch, a name, or a list of these"


ACTIONS = {
    "generate": (
        {**OPTIONS, "first": _first, "notes": _notes, "format": arguments.choice("json", *MEDIA)}, [], _generate,
    ),
    "render": (
        {"notes": _notes, "tempo": OPTIONS["tempo"], "format": arguments.choice(*MEDIA)}, ["notes", "format"], _render,
    ),
}  # fmt: skip


def _read_piece(artifact, path, asked):
    """The notes of a file of music, from which a tune may go on."""
    piece = beginnings.piece(path, artifact.config.frames_per_quarter, "file")
    return {"notes": [[float(start), float(length), int(pitch)] for start, length, pitch in piece.notes[:NOTES]]}


FILES = dict.fromkeys((".mid", ".midi", ".abc", ".musicxml", ".mxl"), ({}, _read_piece))

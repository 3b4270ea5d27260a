"""The verb `generate` of the command line, and how it prints tunes.

unroll music generate --first C4 --length 64 --output tune.mid tune.png tune.wav
"""

import pathlib

from pipelines.shared.command_line import terminal
from pipelines.shared.command_line.flags import DIRECTORY, NAME, VERSION
from pipelines.shared.command_line.verbs import unwritten

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

GENERATE = (
    "tunes from a first note or chord, to files",
    (
        ("--first", {"default": "60", "help": "a MIDI pitch, C4, 'C4 E4 G4', Am, or a file (default: 60)"}),
        ("--continue-from", {"metavar": "FILE", "help": "a file of music to go on with, instead"}),
        ("--length", {"type": int, "help": "steps of the whole tune (default: 64)"}),
        ("--temperature", {"type": float, "default": 0.9, "help": "0 for the likeliest keys (default: 0.9)"}),
        ("--top-k", {"type": int, "help": "draw from so many likeliest keys alone"}),
        ("--top-p", {"type": float, "help": "draw from the likeliest keys of this probability together"}),
        ("--scale", {"help": "keys to use, such as 'C major' (default: all)"}),
        ("--tempo", {"type": float, "help": "quarter notes a minute (default: that of the training pieces)"}),
        ("--beams", {"type": int, "help": "search for the likeliest tune with so many beams"}),
        ("--seed", {"type": int, "default": 0, "help": "of the noise (default: 0)"}),
        ("-n", {"type": int, "default": 1, "help": "tunes (default: 1)"}),
        ("--output", {"nargs": "+", "metavar": "FILE", "help": "ends in .mid, .png, .svg or .wav (default: NAME.mid)"}),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)
PREDICT = (
    "a tune for each note or chord given as argument, in a file, or on stdin, one a line",
    (
        ("inputs", {"nargs": "*", "metavar": "FIRST", "help": "notes and chords; none: --data, or stdin"}),
        ("--data", {"metavar": "FILE", "help": "a .txt file of them"}),
        ("--output", {"metavar": "FILE", "help": "a file that ends in .mid, .png, .svg or .wav, numbered"}),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)


def generate(task, options):
    """Writes tunes to files."""
    artifact = task.load(**{name: options.pop(name) for name in ("name", "version", "directory")})
    output = options.pop("output") or [f"{artifact.name}.mid"]
    task.answers.check_files(output, options["n"])
    return written(task, artifact.generate(**options), output)


def predict(task, options):
    """Tunes that begin with the inputs."""
    inputs, file, output = options.pop("inputs"), options.pop("data"), options.pop("output")
    inputs = terminal.inputs(inputs, file)
    inputs = pathlib.Path(file) if file else [line for line in inputs if line.strip()]
    task.answers.check_files(output or [], 1)
    return written(task, task.load(**options).predict(inputs), output or [])


def written(task, tunes, output):
    """Writes tunes to the files, and returns what is printed: as JSON and as text."""
    result = {"files": [], "tunes": list(map(described, tunes))}, "\n".join(map(line, tunes))
    with unwritten(*result):
        files = list(map(str, task.answers.write(tunes, output)))
    return {**result[0], "files": files}, "\n".join([*map(line, tunes), *files])


def described(tune):
    """A tune as plain values."""
    return {"notes": [list(note) for note in tune.notes], "quarters": tune.quarters, "tempo": tune.tempo}


def line(tune, shown=16):
    """The highest notes of a tune's beginning."""
    highest = {}
    for start, _, pitch in tune.notes:
        highest[start] = max(pitch, highest.get(start, 0))
    names = [f"{NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in list(highest.values())[:shown]]
    return f"{len(tune.notes)} notes, {tune.quarters:g} quarter notes: {' '.join(names)} ..."


EXAMPLE = {
    "words": ("generate", "--first", "C4", "--output", "tune.mid"),
    "call": 'generate("C4")[0].write("tune.mid")',
}
HELP = {"--data": "files (.mid, .abc, .json, .npz, .mat), a folder of them, tfds:<name>; none: the built-in sample"}
COMMANDS = {"generate": (*GENERATE, generate), "predict": (*PREDICT, predict)}

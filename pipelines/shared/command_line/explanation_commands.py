"""The verbs `gates` and `nearest` on the command line, of the tasks that read texts.

unroll sentiment gates "I grew up in France and I speak fluent French" --output gates.png
unroll sentiment nearest apple --count 5
"""

from pipelines.shared.command_line import terminal
from pipelines.shared.command_line.flags import DIRECTORY, NAME, VERSION
from pipelines.shared.storage import answer_files

FORMATS = (".png", ".svg")
GATES = (
    "what the gates of the recurrent layers keep and store at each word of a text",
    (
        ("text", {"metavar": "TEXT", "help": "a text"}),
        ("--output", {"metavar": "FILE", "help": "a picture that ends in .png or .svg"}),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)
NEAREST = (
    "the words whose trained vectors are nearest to that of a word",
    (
        ("word", {"metavar": "WORD", "help": "a word that the model learned"}),
        ("--count", {"type": int, "default": 10, "help": "how many (default: 10)"}),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)


def gates(task, values):
    """A line a word of each layer and direction, and the picture in a file if there is one."""
    text, output = values.pop("text"), values.pop("output")
    if output:
        answer_files.check(output)
        if not output.lower().endswith(FORMATS):
            raise ValueError(f"output: expected a name that ends in .png or .svg, received {output!r}")
    seen = task.load(**values).gates(text)
    rows = list(seen.rows())
    if output:
        seen.save(output)
    return {"gates": rows, "picture": output}, "\n".join([*_lines(rows), *([output] if output else [])])


def _lines(rows):
    """Yields the table of each layer and direction."""
    layer = None
    for row in rows:
        names = [name for name in row if name not in ("layer", "word", "half_life")]
        if row["layer"] != layer:
            layer = row["layer"]
            yield f"{terminal.shown(layer)}\n{'word':16}" + "".join(f"{name:>8}" for name in (*names, "half in"))
        half = "-" if row["half_life"] is None else row["half_life"]
        yield f"{terminal.shown(row['word']):16}" + "".join(f"{row[name]:8.2f}" for name in names) + f"{half:>8}"


def nearest(task, values):
    """A line a word: the word and the cosine."""
    names = ("name", "version", "directory")
    artifact = task.load(**{name: values.pop(name) for name in names})
    words = artifact.nearest(values.pop("word"), **values)
    return {"nearest": words}, "\n".join(f"{terminal.shown(one['word'])}\t{one['cosine']:.4f}" for one in words)


COMMANDS = {"gates": (*GATES, gates), "nearest": (*NEAREST, nearest)}

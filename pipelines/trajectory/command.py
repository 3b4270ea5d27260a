"""The verb `predict` of trajectory on the command line.

unroll trajectory predict --data now.csv --output next.csv --futures 5
"""

import pathlib

from pipelines.shared.command_line import terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION


def predict(task, values):
    """Predicts the points ahead of each agent in a file."""
    file = values.pop("data") or verbs.STDIN
    how = {name: values.pop(name) for name in ("futures", "seed")}
    verbs.check_output(values, [file])
    return verbs.answered_sources(task, values, [pathlib.Path(file)], _shown, noun="agents", **how)


def _shown(inputs, answers):
    return answers, map(_line, answers)


def _line(answer):
    points = "  ".join(f"{x:.2f} {y:.2f}" for x, y in answer["path"])
    where = f"{answer['scene']}\t" if answer["scene"] else ""
    return terminal.shown(f"{where}{answer['agent']}\t{answer['frames'][0]:g}\t").replace("\\t", "\t") + points


EXAMPLE = {"words": ("predict", "--data", "{file}"), "call": "predict({file})"}
HELP = {"--data": "files or folders of frame, agent, x, y, with or without a header; none: the built-in sample"}
COMMANDS = {
    "predict": (
        "the points ahead of each agent in a file or on stdin, after its last ones there",
        (
            ("--data", {"metavar": "FILE", "help": "a table of frame, agent, x, y; none: stdin"}),
            ("--futures", {"type": int, "default": 0, "help": "paths drawn besides the best one (default: 0)"}),
            ("--seed", {"type": int, "default": 0, "help": "of the paths drawn (default: 0)"}),
            ("--output", {"metavar": "FILE", "help": "a file for the answers: .csv, .tsv, .jsonl or .parquet"}),
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    )
}

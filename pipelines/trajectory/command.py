"""The verb `predict` of trajectory on the command line.

unroll trajectory predict --data now.csv --output next.csv --futures 5
"""

import pathlib

from pipelines import settings
from pipelines.shared.command_line import terminal
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION
from pipelines.shared.command_line.verbs import unwritten
from pipelines.shared.storage import answer_files


def predict(task, values):
    """Predicts the points ahead of each agent in a file."""
    file, output, raw = values.pop("data"), values.pop("output"), values.pop("raw")
    how = {name: values.pop(name) for name in ("futures", "seed")}
    if output:
        answer_files.check(output)
    reading, names = settings.parted(values, settings.of_reading(task.Config))
    inputs = task.read_inputs(pathlib.Path(file or "/dev/stdin"), task.config(**names), reading)
    answers = task.answers.answer(task.load(**names), inputs, **how)
    result = {"answers": answers}, "\n".join(map(_line, answers))
    if output:
        with unwritten(*result):
            answer_files.write_columns(output, task.answers.columns(inputs, answers), raw)
        return {"output": output, "answers": len(answers)}, f"{len(answers)} agents in {output}"
    return result


def _line(answer):
    points = "  ".join(f"{x:.2f} {y:.2f}" for x, y in answer["path"])
    where = f"{answer['scene']}\t" if answer["scene"] else ""
    return terminal.shown(f"{where}{answer['agent']}\t{answer['frames'][0]:g}\t").replace("\\t", "\t") + points


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

"""The verb `predict` of sentiment on the command line.

unroll sentiment predict "not bad at all"
unroll sentiment predict --data new.csv --output answers.csv
"""

from pipelines.shared.command_line import terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION


def predict(task, values):
    """Predicts the label of each text and its probability."""
    threshold = values.pop("threshold")
    how = {} if threshold is None else {"threshold": threshold}
    return verbs.answered(task, values, lambda texts, answers: (answers, map(_line, texts, answers)), **how)


def _line(text, answer):
    return f"{_answer(answer)}\t{terminal.shown(text)}"


def _answer(answer):
    """A label with its probability; several labels with theirs, or a dash; or a number."""
    if "value" in answer:
        return f"{answer['value']:.6g}"
    if "label" in answer:
        return f"{terminal.shown(answer['label'])}\t{answer['probability']:.4f}"
    labels = [f"{terminal.shown(label)} {answer['probabilities'][str(label)]:.4f}" for label in answer["labels"]]
    return ", ".join(labels) or "-"


HELP = {"--data": "files of a table, tfds:<name>, a folder of folders of .txt; none: the built-in sample"}
THRESHOLD = (
    "--threshold",
    {
        "type": float,
        "metavar": "P",
        "help": "probability from which on a text is of the positive class, or has a label (default: the artifact's)",
    },
)
COMMANDS = {
    "predict": (
        "labels or numbers of texts given as arguments, in a file, or on stdin, one a line",
        (
            ("inputs", {"nargs": "*", "metavar": "TEXT", "help": "texts; none: --data, or stdin"}),
            ("--data", {"metavar": "FILE", "help": "a table of any kind, or a .txt file with a text a line"}),
            ("--output", {"metavar": "FILE", "help": "a file for the answers: .csv, .tsv, .jsonl or .parquet"}),
            THRESHOLD,
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    )
}

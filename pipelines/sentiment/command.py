"""The verb `predict` of sentiment on the command line.

unroll sentiment predict "not bad at all"
unroll sentiment predict --data new.csv --output answers.csv
"""

from pipelines.shared.command_line import terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION


def predict(task, values):
    """Predicts the label of each text and its probability."""
    return verbs.answered(task, values, lambda texts, answers: (answers, map(_line, texts, answers)))


def _line(text, answer):
    return f"{terminal.shown(answer['label'])}\t{answer['probability']:.4f}\t{terminal.shown(text)}"


EXAMPLE = {"words": ("predict", "{input}"), "call": "predict([{input}])"}
HELP = {"--data": "files of a table, tfds:<name>, a folder of folders of .txt; none: the built-in sample"}
COMMANDS = {
    "predict": (
        "labels of texts given as arguments, in a file, or on stdin, one a line",
        (
            ("inputs", {"nargs": "*", "metavar": "TEXT", "help": "texts; none: --data, or stdin"}),
            ("--data", {"metavar": "FILE", "help": "a table of any kind, or a .txt file with a text a line"}),
            ("--output", {"metavar": "FILE", "help": "a file for the answers: .csv, .tsv, .jsonl or .parquet"}),
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    )
}

"""The verb `predict` of sentiment on the command line.

unroll sentiment predict "not bad at all"
unroll sentiment predict --data new.csv --output answers.csv
"""

from pipelines.shared.command_line import terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION
from pipelines.shared.storage import answer_files


def predict(task, values):
    """Predicts the label of each text and its probability."""
    return verbs.answered(task, values, lambda texts, answers: (answers, map(_line, texts, answers)), write_table)


def _line(text, answer):
    return f"{terminal.shown(answer['label'])}\t{answer['probability']:.4f}\t{terminal.shown(text)}"


def write_table(path, texts, answers, raw=False):
    """Writes the columns text, label, probability and one probability_<label> for each label; see `answer_files`."""
    labels = list(answers[0]["probabilities"]) if answers else []
    rows = [
        [text, answer["label"], answer["probability"], *answer["probabilities"].values()]
        for text, answer in zip(texts, answers, strict=True)
    ]
    header = ["text", "label", "probability", *(f"probability_{label}" for label in labels)]
    answer_files.write_table(path, header, rows, raw)


HELP = {"--data": "files (.csv, .tsv, .jsonl), tfds:<name>, a folder of folders of .txt; none: the built-in sample"}
COMMANDS = {
    "predict": (
        "labels of texts given as arguments, in a file, or on stdin, one a line",
        (
            ("inputs", {"nargs": "*", "metavar": "TEXT", "help": "texts; none: --data, or stdin"}),
            ("--data", {"metavar": "FILE", "help": "a .csv, .tsv, .jsonl or .txt file of texts"}),
            ("--output", {"metavar": "FILE", "help": "a .csv or .tsv file for the answers"}),
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    )
}

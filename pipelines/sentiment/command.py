"""The verbs `predict`, `gates` and `nearest` of sentiment on the command line.

unroll sentiment predict "not bad at all"
unroll sentiment predict "not bad at all" --explain
unroll sentiment predict --data new.csv --output answers.csv
"""

from pipelines.shared.command_line import explanation_commands, marked_texts, terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, EXPLAIN, NAME, RAW, VERSION


def predict(task, values):
    """Predicts the label of each text and its probability."""
    asked = {name: values.pop(name) for name in ("threshold", "explain")}
    how = {name: value for name, value in asked.items() if value is not None and value is not False}
    coloured = marked_texts.coloured()
    return verbs.answered(task, values, lambda texts, answers: (answers, _lines(texts, answers, coloured)), **how)


def _lines(texts, answers, coloured):
    """Yields a line an answer, and below it those of its explanation."""
    for text, answer in zip(texts, answers, strict=True):
        words = answer.get("words", ())
        written = marked_texts.marked(text, words) if coloured else terminal.shown(text)
        yield f"{_answer(answer)}\t{written}"
        yield from marked_texts.lines_below(words)


def _answer(answer):
    """A label with its probability; several labels with theirs, or a dash; or a number."""
    if "value" in answer:
        return f"{answer['value']:.6g}"
    if "label" in answer:
        return f"{terminal.shown(answer['label'])}\t{answer['probability']:.4f}"
    labels = [f"{terminal.shown(label)} {answer['probabilities'][str(label)]:.4f}" for label in answer["labels"]]
    return ", ".join(labels) or "-"


EXAMPLE = {"words": ("predict", "{input}"), "call": "predict([{input}])"}
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
    **explanation_commands.COMMANDS,
    "predict": (
        "labels or numbers of texts given as arguments, in a file, or on stdin, one a line",
        (
            ("inputs", {"nargs": "*", "metavar": "TEXT", "help": "texts; none: --data, or stdin"}),
            ("--data", {"metavar": "FILE", "help": "a table of any kind, or a .txt file with a text a line"}),
            ("--output", {"metavar": "FILE", "help": "a file for the answers: .csv, .tsv, .jsonl or .parquet"}),
            THRESHOLD,
            EXPLAIN,
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    ),
}

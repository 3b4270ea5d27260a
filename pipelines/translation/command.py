"""The verbs `predict`, `gates` and `nearest` of translation on the command line.

unroll translation predict "Not bad." --n-best 3
unroll translation predict --data new.en --output new.es          a sentence a line, in the same order
unroll translation predict --data new.en --output new.csv --attention words
"""

import dataclasses

from pipelines.shared.command_line import explanation_commands, flags, terminal
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION
from pipelines.shared.command_line.verbs import answered
from pipelines.shared.storage import answer_files
from pipelines.translation.config import Asked

PREDICT = (
    "translations of sentences given as arguments, in a file, or on stdin, one a line",
    (
        ("inputs", {"nargs": "*", "metavar": "SENTENCE", "help": "sentences; none: --data, or stdin"}),
        ("--data", {"metavar": "FILE", "help": "a table of any kind, or a text file with a sentence a line"}),
        (
            "--output",
            {
                "metavar": "FILE",
                "help": "a table with scores (.csv, .tsv, .jsonl, .parquet), or a text file",
            },
        ),
        RAW,
        *flags.of_settings(Asked),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)


def predict(task, options):
    """Translates, and prints or writes the translations."""
    names = [field.name for field in dataclasses.fields(Asked)]
    how = {name: options.pop(name) for name in names if name in options}
    return answered(task, options, _shown, write_lines, "translations", **how)


def _shown(texts, answers):
    return list(map(_plain, answers)), _lines(answers)


def _plain(answer):
    """The answer as plain values for JSON."""
    if "attention" not in answer:
        return answer
    attention = answer["attention"]
    weights = [[round(float(weight), 4) for weight in row] for row in attention.weights]
    return {**answer, "attention": {"source": attention.source, "target": attention.target, "weights": weights}}


def _lines(answers):
    """Yields a line per translation (of several: number, score, translation), then what each word looked at."""
    for number, answer in enumerate(answers, 1):
        if "translations" in answer:
            for translation in answer["translations"]:
                yield f"{number}\t{translation['score']:.4f}\t{terminal.shown(translation['translation'])}"
        else:
            yield terminal.shown(answer["translation"])
        if "attention" in answer:
            attention = answer["attention"]
            for word, weights in zip(attention.target, attention.weights, strict=True):
                looked_at = terminal.shown(attention.source[int(weights.argmax())])
                yield f"    {terminal.shown(word)}\t{looked_at}\t{weights.max():.2f}"


def write_lines(path, answers):
    """Writes one translation a line."""
    answer_files.write_lines(path, [answer["translation"] for answer in answers])


SIDE = ("--side", {"default": "source", "help": "the language of the word: source or target (default: source)"})
_help, _flags, _nearest = explanation_commands.COMMANDS["nearest"]
NEAREST = (_help, (*_flags, SIDE), _nearest)
EXAMPLE = {"words": ("predict", "{input}"), "call": "predict([{input}])"}
HELP = {"--data": "files of a table, .tmx, two aligned text files, tfds:<name>; none: the built-in sample"}
COMMANDS = {**explanation_commands.COMMANDS, "nearest": NEAREST, "predict": (*PREDICT, predict)}

"""The verb `predict` of translation on the command line.

unroll translation predict "Not bad." --n-best 3
unroll translation predict --data new.en --output new.es          a sentence a line, in the same order
unroll translation predict --data new.en --output new.csv --attention words
"""

import csv
import dataclasses
import os
import pathlib
import sys

from pipelines import translation_answers
from pipelines.command_line import DIRECTORY, NAME, VERSION, settings_arguments

PREDICT = (
    "translations of sentences given as arguments, in a file, or on stdin, one a line",
    (
        ("inputs", {"nargs": "*", "metavar": "SENTENCE", "help": "sentences; none: --data, or stdin"}),
        ("--data", {"metavar": "FILE", "help": "a .csv, .tsv or .jsonl file, or a text file with a sentence a line"}),
        ("--output", {"metavar": "FILE", "help": "a .csv file with scores, or a text file with a translation a line"}),
        *settings_arguments(translation_answers.Asked),
        NAME,
        VERSION,
        DIRECTORY,
    ),
)


def predict(task, given):
    """Translates, and prints or writes the translations."""
    inputs, file, output = given.pop("inputs"), given.pop("data"), given.pop("output")
    names = [field.name for field in dataclasses.fields(translation_answers.Asked)]
    how = {name: given.pop(name) for name in names if name in given}
    artifact = task.load(**given)
    texts = task.read_inputs(file, artifact.config) if file else inputs or sys.stdin.read().splitlines()
    answers = artifact.predict(texts, **how)
    if output:
        write(output, texts, answers)
        return {"output": output, "answers": len(answers)}, f"{len(answers)} translations in {output}"
    return {"answers": list(map(_plain, answers))}, "\n".join(_lines(texts, answers))


def _plain(answer):
    """The answer as JSON has it."""
    if "attention" not in answer:
        return answer
    attention = answer["attention"]
    weights = [[round(float(weight), 4) for weight in row] for row in attention.weights]
    return {**answer, "attention": {"source": attention.source, "target": attention.target, "weights": weights}}


def _lines(texts, answers):
    """Yields a translation a line; of several, its number, score and translation; then what each word looked at."""
    for number, answer in enumerate(answers, 1):
        if "translations" in answer:
            for one in answer["translations"]:
                yield f"{number}\t{one['score']:.4f}\t{one['translation']}"
        else:
            yield answer["translation"]
        if "attention" in answer:
            attention = answer["attention"]
            for word, weights in zip(attention.target, attention.weights, strict=True):
                yield f"    {word}\t{attention.source[int(weights.argmax())]}\t{weights.max():.2f}"


def write(path, texts, answers):
    """A .csv file of source, translation, score and rank, or else a translation a line; written aside and renamed."""
    path = pathlib.Path(path)
    partial = path.with_name(f".{path.name}.partial")
    with open(partial, "w", encoding="utf-8", newline="") as file:
        if path.suffix.lower() == ".csv":
            writer = csv.writer(file)
            writer.writerow(["source", "translation", "score", "rank"])
            for text, answer in zip(texts, answers, strict=True):
                for rank, one in enumerate(answer.get("translations", [answer]), 1):
                    writer.writerow([text, one["translation"], one["score"], rank])
        else:
            file.writelines(f"{answer['translation']}\n" for answer in answers)
    os.replace(partial, path)

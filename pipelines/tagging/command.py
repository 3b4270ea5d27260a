"""The verbs `predict`, `gates` and `nearest` of tagging on the command line.

unroll tagging predict "I can fish."
unroll tagging predict --data new.conllu --output tagged.conllu
"""

import pathlib

from pipelines import settings
from pipelines.shared.command_line import explanation_commands, terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, EXPLAIN, NAME, RAW, VERSION
from pipelines.shared.explanation import strongest
from pipelines.shared.storage import answer_files

AT_ONCE = 5_000  # sentences answered and written before the next
CONLL = (".conllu", ".conll", ".iob", ".iob2", ".bio", ".txt")  # a word a line
WHOLE = (".jsonl", ".ndjson", ".parquet", ".pq")  # tables with a row a sentence


def predict(task, values):
    """Tags the words of each sentence."""
    output, explain = values["output"], values.pop("explain")
    if output and explain:
        raise ValueError(
            "explain: expected without --output; what is printed, also with --json, has the parts of words"
        )
    if output and pathlib.Path(output).suffix.lower() not in (*CONLL, *WHOLE, ".csv", ".tsv"):
        raise ValueError(
            f"output: expected a name that ends in .conllu, .conll, .csv, .tsv, .jsonl or .parquet, received {output!r}"
        )
    source = verbs.texts(values)
    output, raw = values.pop("output"), values.pop("raw")
    reading, names = settings.parted(values, settings.of_reading(task.Config))
    config = task.config(**names)  # what cannot be read is refused before the model is loaded
    sentences = task.read_inputs(source, config, reading)
    artifact = task.load(**names)
    if output and len(sentences) > AT_ONCE:
        _written(output, raw, _parts(artifact, sentences))
        return {"output": output, "answers": len(sentences)}, f"{len(sentences)} sentences in {output}"
    answers = task.answers.answer(artifact, sentences, **({"explain": True} if explain else {}))
    result = {"answers": answers}, "\n".join(line for one in answers for line in _lines(one))
    if output:
        with verbs.unwritten(*result):
            _written(output, raw, [answers])
        return {"output": output, "answers": len(answers)}, f"{len(answers)} sentences in {output}"
    return result


def _parts(artifact, sentences):
    for start in range(0, len(sentences), AT_ONCE):
        yield artifact.task.answers.answer(artifact, sentences[start : start + AT_ONCE])


def _written(output, raw, parts):
    """Writes parts of the answers, one after another; if a later one fails, those written stay beside the file."""
    suffix, first = pathlib.Path(output).suffix.lower(), 1
    if suffix in CONLL:
        whole = answer_files.Whole(output)
        with answer_files.writing(output, whole) as file:
            for answers in parts:
                for number, one in enumerate(answers, first):
                    file.write(_universal(one, number) if suffix == ".conllu" else _columns(one))
                whole.count(file, len(answers))
                first += len(answers)
        return
    with answer_files.writing_table(output, raw, keep=True) as write:
        for answers in parts:
            write(_whole(answers) if suffix in WHOLE else _by_word(answers, first))
            first += len(answers)


def _whole(answers):
    return {name: [one[name] for one in answers] for name in ("tokens", "tags", "probabilities")}


def _by_word(answers, first):
    """A row a word: the number of its sentence, the word, its tag and the tag's probability."""
    table = {"sentence": [], "token": [], "tag": [], "probability": []}
    for number, one in enumerate(answers, first):
        table["sentence"] += [number] * len(one["tokens"])
        for name in ("token", "tag"):
            table[name] += one[f"{name}s"]
        table["probability"] += one["probabilities"]
    return table


def _universal(answer, number):
    """A sentence of CoNLL-U whose fourth column is the tag."""
    lines = [f"# sent_id = {number}", f"# text = {' '.join(answer['tokens'])}"]
    rows = enumerate(zip(answer["tokens"], answer["tags"], strict=True), 1)
    lines += [f"{place}\t{word}\t_\t{tag}\t_\t_\t_\t_\t_\t_" for place, (word, tag) in rows]
    return "".join(f"{line}\n" for line in lines) + "\n" if answer["tokens"] else ""


def _columns(answer):
    """A sentence as two columns."""
    lines = [f"{word}\t{tag}\n" for word, tag in zip(answer["tokens"], answer["tags"], strict=True)]
    return "".join(lines) + "\n"


def _lines(answer):
    """Yields the words with their tags, and below them which words decided on each tag, if they are explained."""
    words = zip(answer["tokens"], answer["tags"], strict=True)
    yield " ".join(f"{terminal.shown(word)}/{terminal.shown(tag)}" for word, tag in words)
    for token, tag, parts in zip(answer["tokens"], answer["tags"], answer.get("parts", ()), strict=False):
        others = [{"word": word, "part": part} for word, part in zip(answer["tokens"], parts, strict=True)]
        yield "    " + "\t".join(map(terminal.shown, (token, tag, strongest.in_a_line(others))))


EXAMPLE = {"words": ("predict", "{input}"), "call": "predict([{input}])"}
HELP = {"--data": "files of CoNLL-U or other CoNLL, tables of tokens and tags, tfds:<name>; none: the built-in sample"}
COMMANDS = {
    **explanation_commands.COMMANDS,
    "predict": (
        "tags of the words of sentences given as arguments, in a file, or on stdin, one a line",
        (
            ("inputs", {"nargs": "*", "metavar": "TEXT", "help": "sentences; none: --data, or stdin"}),
            ("--data", {"metavar": "FILE", "help": "CoNLL, a table of tokens or text, or .txt with a sentence a line"}),
            (
                "--output",
                {"metavar": "FILE", "help": "a file for the answers: .conllu, .conll, .csv, .tsv, .jsonl or .parquet"},
            ),
            EXPLAIN,
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    ),
}

"""The verbs of every task on the command line.

Each is a function of (task, values of the flags), which returns (what --json prints, text).
"""

import contextlib
import dataclasses
import json
import pathlib

from pipelines import settings
from pipelines.shared import progress
from pipelines.shared.command_line import flags, terminal, version_commands
from pipelines.shared.report import headline, next_steps
from pipelines.shared.storage import answer_files

AT_ONCE = 10_000  # inputs answered and written before the next, where there are more
STDIN = "/dev/stdin"


def _source(sources):
    """One source, or a list of files."""
    return sources[0] if sources and len(sources) == 1 else sources


def _sources(values):
    return {
        **values,
        **{name: _source(values[name]) for name in ("data", "valid", "test", "unlabelled") if name in values},
    }


def train(task, values):
    artifact = task.train(**_sources(values))
    result = {
        "path": str(artifact.path),
        "version": artifact.facts["version"],
        "report": str(artifact.path / "report" / "index.html"),
        "verdict": None if artifact.verdict is None else artifact.verdict.plain(),
        "next": next_steps.commands(artifact),
        "metrics": artifact.metrics,
    }
    lines = [_numbers(artifact.metrics), f"report  {result['report']}"]
    lines += [f"\n{artifact.verdict}"] if artifact.verdict else []
    return result, "\n".join([*lines, "\nnext:", *result["next"]])


def evaluate(task, values):
    metrics = task.evaluate(**_sources(values))
    verdict = metrics.verdict
    lines = [_numbers(metrics), *([f"\n{verdict}"] if verdict else [])]
    return {**metrics, "verdict": None if verdict is None else verdict.plain()}, "\n".join(lines)


def _numbers(metrics):
    shown, left_out = headline.without_crowds(metrics)
    width = max(map(len, shown), default=0)  # all may be left out
    lines = [f"{name:{width}}  {value:,.4f}".rstrip("0").rstrip(".") for name, value in shown.items()]
    return "\n".join([*lines, *([f"{left_out}; --json prints all"] if left_out else [])])


def answered(task, values, shown, write_lines=None, noun="answers", **how):
    """The verb `predict` of a task whose inputs are texts: arguments, those in a file, or lines of stdin.

    The table of answers has the same columns whatever the texts, so that many are answered a part after another.

    Args:
        values: of the flags, with inputs, data, output and raw.
        shown, write_lines, noun, **how: as `answered_sources` takes them.
    """
    return answered_sources(task, values, [texts(values)], shown, write_lines, noun, in_parts=True, **how)


def texts(values):
    """The path of the file of texts, or the texts: arguments, or lines of stdin. Takes inputs and data from the values.

    A file for the answers that cannot be one is refused before.
    """
    words, file = values.pop("inputs"), values.pop("data")
    check_output(values, [] if words and not file else [file or STDIN])
    words = terminal.inputs(words, file)
    return pathlib.Path(file) if file else words


def check_output(values, files):
    """Refuses a file for the answers that cannot be one, before anything is read; files: those that will be read."""
    if values["output"]:
        answer_files.check_answers(values["output"], files)


def answered_sources(task, values, sources, shown, write_lines=None, noun="answers", in_parts=False, **how):
    """Answers what is in some sources, and prints the answers or writes them to a file, which `check_output` allows.

    Args:
        values: of the flags, with output and raw.
        sources: what the task's `read_inputs` takes, a list.
        shown: a function of (inputs, answers) that returns (what --json prints of the answers, lines).
        write_lines: a function of (path, answers) that writes a file whose name is not that of a table, if there is.
        noun: what the answers are called.
        in_parts: whether any part of the inputs gives a table of the same columns.
        **how: options of the task's `answer`.
    """
    output, raw = values.pop("output"), values.pop("raw")
    reading, names = settings.parted(values, settings.of_reading(task.Config))
    config = task.config(**names)  # what cannot be read is refused before the model is loaded
    read = [task.read_inputs(source, config, reading) for source in sources]
    inputs = read[0] if len(read) == 1 else [one for several in read for one in several]
    artifact = task.load(**names)
    as_table = output and (write_lines is None or answer_files.is_table(output))
    if as_table and in_parts and len(inputs) > AT_ONCE:
        return _streamed(artifact, inputs, output, raw, noun, how)
    answers = task.answers.answer(artifact, inputs, **how)
    plain, lines = shown(inputs, answers)
    result = {"answers": plain}, "\n".join(lines)
    if output:
        with unwritten(*result):
            if as_table:
                answer_files.write_columns(output, task.answers.columns(inputs, answers), raw)
            else:
                write_lines(output, answers)
        return {"output": output, "answers": len(answers)}, f"{len(answers)} {noun} in {output}"
    return result


def _streamed(artifact, texts, output, raw, noun, how):
    """Answers a part of many inputs after another into a table, so that no more are in memory.

    What was written stays beside it if the rest cannot be answered or written.
    """
    shown = progress.steps(f"{noun} in {output}", len(texts))
    with shown as bar, answer_files.writing_table(output, raw, keep=True) as write:
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            write(artifact.task.answers.columns(part, artifact.task.answers.answer(artifact, part, **how)))
            bar.advance(len(part))
    return {"output": output, "answers": len(texts)}, f"{len(texts)} {noun} in {output}"


@contextlib.contextmanager
def unwritten(result, text):
    """Has the answers printed if their file cannot be written, so that they are not lost."""
    try:
        yield
    except OSError as error:
        raise terminal.Unwritten(error, result, text) from error


def tune(task, values):
    values["space"] = dict(_range(word) for word in values.pop("space") or ()) or None
    result = task.tune(**_sources(values))
    return dataclasses.asdict(result), str(result)


def _range(word):
    """The name and the values in a word: units=32,64 is ("units", [32, 64]), dropout=0:0.5 is ("dropout", (0, 0.5))."""
    name, equals, values = word.partition("=")
    if not equals or not values:
        raise ValueError(f"space: expected FIELD=low:high or FIELD=value,value, received {word!r}")
    separator = ":" if ":" in values else ","
    parts = [_value(part) for part in values.split(separator)]
    return name.replace("-", "_"), tuple(parts) if separator == ":" else parts


def _value(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def export(task, values):
    written = {name: str(path) for name, path in task.export(**values).items()}
    return written, "\n".join(f"{name}  {path}" for name, path in written.items())


def of(task):
    """{verb: (help, arguments besides the settings, the function that runs it)} of a task, with its own verbs."""
    sources = flags.sources(task.command.HELP.get("--data", "what to learn from (default: the built-in sample)"))
    location = (flags.NAME, flags.VERSION, flags.DIRECTORY)
    return {
        "train": (
            "train and save an artifact, with a report",
            (
                *sources,
                *flags.unlabelled(task.Config),
                ("--resume", {"action": "store_true", "help": "go on with a training that was cut off"}),
                flags.keep(task.Config),
            ),
            train,
        ),
        "evaluate": (
            "metrics of an artifact, beside its baselines",
            (
                flags.data("--data", "what to evaluate on (default: the artifact's own test split)"),
                *location,
                flags.DOWNLOAD,
            ),
            evaluate,
        ),
        "tune": ("search for good settings; the same command goes on after a kill", (*sources, *SEARCH), tune),
        "export": ("export an artifact for TF Serving and for phones", (*EXPORT, *location), export),
        **version_commands.verbs(flags.NAME, flags.DIRECTORY),
        **task.command.COMMANDS,
    }


NAMES = ("train", "evaluate", "predict", "tune", "export", *version_commands.NAMES)  # of every task's verbs
SEARCH = (
    ("--algorithm", {"default": "bayesian", "help": "random, bayesian or hyperband (default: bayesian)"}),
    ("--trials", {"type": int, "default": 10, "help": "settings tried, but by hyperband (default: 10)"}),
    ("--space", {"nargs": "+", "metavar": "FIELD=VALUES", "help": "such as units=32,64 dropout=0:0.5"}),
)
EXPORT = (
    ("--format", {"default": "both", "help": "saved_model, tflite, both, or web for browsers (default: both)"}),
    ("--quantize", {"help": "of the .tflite: dynamic, float16, int8 or int4 (default: none of them)"}),
    ("--streaming", {"action": "store_true", "help": "add the signature step to the .tflite: input as it comes"}),
    ("--fused", {"action": "store_true", "help": "LiteRT's own LSTM operation in the .tflite, for one input a call"}),
    (
        "--runtime",
        {"metavar": "FOLDER", "help": "with LiteRT.js as `npm pack` gets it, for --format web without npm"},
    ),
)

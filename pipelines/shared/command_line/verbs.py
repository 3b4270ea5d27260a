"""The verbs of every task on the command line.

Each is a function of (task, values of the flags), which returns (what --json prints, text).
"""

import contextlib
import dataclasses
import json
import logging
import pathlib

from pipelines import settings
from pipelines.shared.command_line import flags, terminal, version_commands
from pipelines.shared.storage import answer_files

log = logging.getLogger("unroll")

AT_ONCE = 10_000  # inputs answered and written before the next, where there are more


def _source(sources):
    """One source, or a list of files."""
    return sources[0] if sources and len(sources) == 1 else sources


def _sources(values):
    return {**values, **{name: _source(values[name]) for name in ("data", "valid", "test") if name in values}}


def train(task, values):
    artifact = task.train(**_sources(values))
    result = {
        "path": str(artifact.path),
        "version": artifact.facts["version"],
        "report": str(artifact.path / "report" / "index.html"),
        "metrics": artifact.metrics,
    }
    return result, f"{_numbers(artifact.metrics)}\nreport  {result['report']}"


def evaluate(task, values):
    metrics = task.evaluate(**_sources(values))
    return metrics, _numbers(metrics)


def _numbers(metrics):
    width = max(map(len, metrics))
    return "\n".join(f"{name:{width}}  {value:,.4f}".rstrip("0").rstrip(".") for name, value in metrics.items())


def answered(task, values, shown, write_lines=None, noun="answers", **how):
    """The verb `predict` of a task whose inputs are texts.

    Args:
        shown: a function of (texts, answers) that returns (what --json prints of the answers, lines).
        write_lines: a function of (path, answers) that writes a file whose name is not that of a table, if there is.
        noun: what the answers are called.
        **how: options of the task's `answer`.
    """
    inputs, file, output, raw = (values.pop(name) for name in ("inputs", "data", "output", "raw"))
    if output:
        answer_files.check_answers(output, file)
    inputs = terminal.inputs(inputs, file)
    reading, names = settings.parted(values, settings.of_reading(task.Config))
    config = task.config(**names)  # what cannot be read is refused before the model is loaded
    texts = task.read_inputs(pathlib.Path(file) if file else inputs, config, reading)
    artifact = task.load(**names)
    if output and len(texts) > AT_ONCE and answer_files.is_table(output):
        return _streamed(artifact, texts, output, raw, noun, how)
    answers = task.answers.answer(artifact, texts, **how)
    plain, lines = shown(texts, answers)
    result = {"answers": plain}, "\n".join(lines)
    if output:
        with unwritten(*result):
            if write_lines and not answer_files.is_table(output):
                write_lines(output, answers)
            else:
                answer_files.write_columns(output, task.answers.columns(texts, answers), raw)
        return {"output": output, "answers": len(answers)}, f"{len(answers)} {noun} in {output}"
    return result


def _streamed(artifact, texts, output, raw, noun, how):
    """Answers a part of many inputs after another into a table, so that no more are in memory."""
    with answer_files.writing_table(output, raw) as write:
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            write(artifact.task.answers.columns(part, artifact.task.answers.answer(artifact, part, **how)))
            log.info("%d of %d answered", min(start + AT_ONCE, len(texts)), len(texts))
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
    ("--format", {"default": "both", "help": "saved_model, tflite or both (default: both)"}),
    ("--quantize", {"help": "of the .tflite: dynamic, float16, int8 or int4 (default: none of them)"}),
    ("--streaming", {"action": "store_true", "help": "add the signature step to the .tflite: input as it comes"}),
    ("--fused", {"action": "store_true", "help": "LiteRT's own LSTM operation in the .tflite, for one input a call"}),
)

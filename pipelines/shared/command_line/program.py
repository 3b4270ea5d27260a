"""Pipelines for sequence data: unroll TASK VERB [--field value], also python -m pipelines.

Flags, defaults and help come from the task's settings. Answers go to stdout (`--json`: one JSON object and nothing
else), progress and messages to stderr. Exit code 0; 1 with one line of error (`--debug`: the traceback); 2 for wrong
usage; 130 when interrupted. TensorFlow is loaded once the command line is known to be right, so that help is quick.
"""

import argparse
import contextlib
import dataclasses
import inspect
import json
import logging
import os
import pathlib
import sys
import tempfile

import pipelines
from pipelines import settings
from pipelines.shared import messages
from pipelines.shared.artifacts import succession
from pipelines.shared.command_line import file_commands, terminal, version_commands
from pipelines.shared.storage import answer_files, scratch

NAME = ("--name", {"help": "name of the artifact (default: the task's)"})
VERSION = ("--version", {"type": int, "metavar": "N", "help": "a kept version, see list (default: the one in use)"})
DIRECTORY = ("--directory", {"default": "saved_models", "help": "where artifacts are kept (default: saved_models)"})
DOWNLOAD = ("--download", {"action": "store_true", "help": "let tensorflow-datasets download and prepare a tfds: set"})
RAW = ("--raw", {"action": "store_true", "help": "leave cells that a spreadsheet would run as they are in a table"})
CONFIG = ("--config", {"metavar": "FILE", "help": "JSON file of settings to begin with, such as best.json of tune"})


def _data(flag, help):
    return flag, {"nargs": "+", "metavar": "SOURCE", "help": help}


DATA = _data(
    "--data",
    "files (.csv, .tsv, .jsonl), tfds:<name>, a folder of folders of .txt, for translation two aligned text files, for "
    "music .mid, .abc, .json, .npz, .mat or a folder of them; none: the built-in sample",
)
VALID = _data("--valid", "the same, for validation (default: cut off from the data)")
TEST = _data("--test", "the same, for the test (default: cut off from the data)")


def _source(values):
    """One source, or a list of files."""
    return values[0] if values and len(values) == 1 else values


def _sources(given):
    return {**given, **{name: _source(given[name]) for name in ("data", "valid", "test") if name in given}}


def train(task, given):
    artifact = task.train(**_sources(given))
    result = {
        "path": str(artifact.path),
        "version": artifact.facts["version"],
        "report": str(artifact.path / "report" / "index.html"),
        "metrics": artifact.metrics,
    }
    return result, f"{_numbers(artifact.metrics)}\nreport  {result['report']}"


def evaluate(task, given):
    metrics = task.evaluate(**_sources(given))
    return metrics, _numbers(metrics)


def _numbers(metrics):
    width = max(map(len, metrics))
    return "\n".join(f"{name:{width}}  {value:,.4f}".rstrip("0").rstrip(".") for name, value in metrics.items())


def predict(task, given):
    return answered(task, given, lambda texts, answers: (answers, map(_line, texts, answers)), write_csv)


def answered(task, given, shown, write, noun="answers", **how):
    """The verb `predict` of a task whose inputs are texts.

    Args:
        shown: (texts, answers) -> (what --json prints of the answers, lines). write: (path, texts, answers, raw).
        noun: what answers are called. **how: options of the task's `answer`.
    """
    inputs, file, output, raw = (given.pop(name) for name in ("inputs", "data", "output", "raw"))
    if output:
        answer_files.check(output)
    texts = terminal.inputs(inputs, file)
    artifact = task.load(**given)
    texts = task.read_inputs(pathlib.Path(file), artifact.config) if file else texts
    answers = artifact.predict(texts, **how)
    plain, lines = shown(texts, answers)
    result = {"answers": plain}, "\n".join(lines)
    if output:
        with unwritten(*result):
            write(output, texts, answers, raw)
        return {"output": output, "answers": len(answers)}, f"{len(answers)} {noun} in {output}"
    return result


def _line(text, answer):
    return f"{terminal.shown(answer['label'])}\t{answer['probability']:.4f}\t{terminal.shown(text)}"


@contextlib.contextmanager
def unwritten(result, text):
    """Answers are not lost where their file cannot be written: they are printed."""
    try:
        yield
    except OSError as error:
        raise terminal.Unwritten(error, result, text) from error


def write_csv(path, texts, answers, raw=False):
    """text, label, probability, and a column probability_<label> each; see `answer_files.write_table`."""
    labels = list(answers[0]["probabilities"]) if answers else []
    rows = [
        [text, answer["label"], answer["probability"], *answer["probabilities"].values()]
        for text, answer in zip(texts, answers, strict=True)
    ]
    header = ["text", "label", "probability", *(f"probability_{label}" for label in labels)]
    answer_files.write_table(path, header, rows, raw)


def tune(task, given):
    given["space"] = dict(_range(word) for word in given.pop("space") or ()) or None
    result = task.tune(**_sources(given))
    return dataclasses.asdict(result), str(result)


def _range(word):
    """units=32,64 -> ("units", [32, 64]); dropout=0:0.5 -> ("dropout", (0, 0.5))."""
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


def export(task, given):
    written = {name: str(path) for name, path in task.export(**given).items()}
    return written, "\n".join(f"{name}  {path}" for name, path in written.items())


def _number_or_word(text):
    return int(text) if text.lstrip("-").isdecimal() else text


KEEP = (
    "--keep",
    {
        "type": _number_or_word,
        "default": succession.KEPT,
        "metavar": "N|all",
        "help": "how many versions of the name are kept, the new one among them (default: 3); of texts also start or "
        "end, which part of a longer one is kept (default: end)",
    },
)
CLOSED = 141  # the exit code of a command whose reader has gone: 128 and SIGPIPE
SOURCES = (DATA, VALID, TEST, NAME, DIRECTORY, DOWNLOAD, CONFIG)

# verb: (help, its arguments besides the settings, what runs it)
VERBS = {
    "train": (
        "train and save an artifact, with a report",
        (
            *SOURCES,
            ("--resume", {"action": "store_true", "help": "go on with a training that was cut off"}),
            KEEP,
        ),
        train,
    ),
    "evaluate": (
        "metrics of an artifact, beside its baselines",
        (
            _data("--data", "what to evaluate on (default: the artifact's own test split)"),
            NAME,
            VERSION,
            DIRECTORY,
            DOWNLOAD,
        ),
        evaluate,
    ),
    "predict": (
        "answers to inputs given as arguments, in a file, or on stdin, one a line",
        (
            ("inputs", {"nargs": "*", "metavar": "INPUT", "help": "inputs; none: --data, or stdin"}),
            ("--data", {"metavar": "FILE", "help": "a .csv, .tsv, .jsonl or .txt file of inputs"}),
            ("--output", {"metavar": "FILE", "help": "a .csv or .tsv file for the answers"}),
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    ),
    "tune": (
        "search for good settings; the same command goes on after a kill",
        (
            *SOURCES,
            ("--algorithm", {"default": "bayesian", "help": "random, bayesian or hyperband (default: bayesian)"}),
            ("--trials", {"type": int, "default": 10, "help": "settings tried, but by hyperband (default: 10)"}),
            ("--space", {"nargs": "+", "metavar": "FIELD=VALUES", "help": "such as units=32,64 dropout=0:0.5"}),
        ),
        tune,
    ),
    "export": (
        "export an artifact for TF Serving and for phones",
        (
            ("--format", {"default": "both", "help": "saved_model, tflite or both (default: both)"}),
            ("--quantize", {"help": "of the .tflite: dynamic, float16, int8 or int4 (default: none of them)"}),
            (
                "--streaming",
                {"action": "store_true", "help": "add the signature step to the .tflite: input as it comes"},
            ),
            (
                "--fused",
                {"action": "store_true", "help": "LiteRT's own LSTM operation in the .tflite, for one input a call"},
            ),
            NAME,
            VERSION,
            DIRECTORY,
        ),
        export,
    ),
    **version_commands.verbs(NAME, DIRECTORY),
}
COMMANDS = {**file_commands.COMMANDS, **version_commands.commands(DIRECTORY)}


class Parser(argparse.ArgumentParser):
    """Errors in one line; an unknown flag gets the near one named."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {messages.within(message)} (see {self.prog} --help)\n")

    def refuse(self, unknown):
        flag = next((word for word in unknown if word.startswith("-")), unknown[0])
        self.error(f"unknown argument {flag!r}.{settings.near(flag.split('=')[0], self._option_string_actions)}")


def parser():
    """The parser of all tasks and verbs."""
    root = Parser(prog="unroll", description=__doc__.split("\n")[0], allow_abbrev=False)
    tasks = root.add_subparsers(dest="task", required=True, metavar="TASK")
    for name in pipelines.TASKS:
        task = getattr(pipelines, name).task
        summary = sys.modules[f"pipelines.{name}"].__doc__.split("\n")[0]
        verbs = tasks.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        verbs = verbs.add_subparsers(dest="verb", required=True, metavar="VERB")
        for verb, (help, arguments, _) in {**VERBS, **task.commands}.items():
            sub = verbs.add_parser(verb, help=help, description=help, allow_abbrev=False)
            for flag, options in arguments:
                sub.add_argument(flag, **options)
            if verb in ("train", "tune"):
                _add_settings(sub, task.Config, [flag for flag, _ in arguments])
            _add_output(sub)
    for name, (help, arguments, _) in COMMANDS.items():
        sub = tasks.add_parser(name, help=help, description=help, allow_abbrev=False)
        for flag, options in arguments:
            sub.add_argument(flag, **options)
        _add_output(sub)
        sub.set_defaults(verb=None)
    return root


def _add_output(sub):
    sub.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
    sub.set_defaults(parser=sub)


def _add_settings(sub, config_class, taken):
    """A flag a field, grouped by the class that defines it; but those that are taken by the verb."""
    owners = {name: cls for cls in reversed(config_class.__mro__) for name in inspect.get_annotations(cls)}
    groups = {}
    for field in dataclasses.fields(config_class):
        group = groups.setdefault(owners[field.name], None) or sub.add_argument_group(owners[field.name].__doc__)
        groups[owners[field.name]] = group
        flag, options = _argument(config_class, field)
        if flag not in taken:
            group.add_argument(flag, **options)


def settings_arguments(config_class):
    """[(flag, options of argparse)] of the fields; what is not given is left out of the namespace."""
    return [_argument(config_class, field) for field in dataclasses.fields(config_class)]


def _argument(config_class, field):
    kind, optional = settings.kind(config_class, field.name)
    default = "none" if field.default is None else field.default
    options = {
        "default": argparse.SUPPRESS,
        "dest": field.name,
        "help": f"{field.metadata['help']} (default: {default})",
    }
    if kind is bool:
        options["action"] = argparse.BooleanOptionalAction
    else:
        choices = field.metadata["choices"]
        options["metavar"] = "|".join(map(str, choices)) if choices else kind.__name__.upper()
        options["type"] = _reader(kind, optional)
    return "--" + field.name.replace("_", "-"), options


def _reader(kind, optional):
    def read(text):
        return None if optional and text.lower() == "none" else kind(text)

    read.__name__ = kind.__name__  # argparse's error names it
    return read


def main(arguments=None):
    """Runs a command line and returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    namespace, unknown = parser().parse_known_args([_dashes(word) for word in arguments])
    if unknown:
        namespace.parser.refuse(unknown)
    given = vars(namespace)
    task_name, verb, usage = given.pop("task"), given.pop("verb"), given.pop("parser")
    as_json, debug = given.pop("json"), given.pop("debug")
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.INFO, force=True)
    stdout, code = sys.stdout, 0
    try:
        with contextlib.redirect_stdout(sys.stderr):
            task = None if task_name in COMMANDS else getattr(pipelines, task_name).task
            if verb in ("train", "tune"):
                _check(task, given, usage)
            with contextlib.ExitStack() as stack:
                if (verb or task_name) not in version_commands.NAMES:
                    stack.enter_context(scratch.everything())  # also what TensorFlow writes
                    load_tensorflow()
                if task is None:
                    result, text, code = COMMANDS[task_name][2](given)
                else:
                    result, text = {**VERBS, **task.commands}[verb][2](task, given)
    except KeyboardInterrupt:
        return 130
    except terminal.Unwritten as error:
        print(f"unroll: error: {terminal.one_line(error)}", file=sys.stderr)
        result, text, code = error.result, error.text, 1
    except Exception as error:  # the door to the outside: one line for a person, everything for --debug
        if debug:
            raise
        print(f"unroll: error: {terminal.one_line(error)}", file=sys.stderr)
        return 1
    terminal.write_json(result, stdout) if as_json else terminal.write(text, stdout)
    return code


def _dashes(word):
    """--batch_size is --batch-size."""
    flag, equals, value = word.partition("=")
    return flag.replace("_", "-") + equals + value if flag.startswith("--") else word


def _check(task, given, usage):
    """Values out of range are wrong usage: exit code 2."""
    names = [field.name for field in dataclasses.fields(task.Config)]
    options = {name: value for name, value in given.items() if name in names and name != "keep"}
    try:
        if "keep" in given:
            _, options = succession.kept_or_setting(task.Config, given["keep"], options)
        settings.create(task.Config, options)
    except ValueError as error:
        usage.error(str(error))


def load_tensorflow():
    """Imports TensorFlow without its chatter; what it printed is shown if the import fails."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL") or "3"
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with tempfile.TemporaryFile() as chatter:
        kept = os.dup(2)
        sys.stderr.flush()
        os.dup2(chatter.fileno(), 2)
        try:
            import tensorflow as tf
            import tensorflow_text  # noqa: F401

            tf.constant(0)
        except ImportError:
            chatter.seek(0)
            os.write(kept, chatter.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    for name in (tf.get_logger().name, "absl"):
        logging.getLogger(name).setLevel("ERROR")


def run():
    """The console script; it ends quietly when nobody reads on, as `| head` does."""
    try:
        code = _code()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = CLOSED
        _silence()
    except OSError as error:  # such as a full disk behind stdout
        code = 1
        _silence()
        print(f"unroll: error: stdout could not be written: {terminal.one_line(error)}", file=sys.stderr)
    sys.exit(code)


def _code():
    try:
        return main()
    except SystemExit as stopped:  # of argparse
        return stopped.code


def _silence():
    """What is left in stdout goes nowhere, or the interpreter would fail of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""Pipelines for sequence data: unroll TASK VERB [--field value], also python -m pipelines.

Flags, defaults and help come from the task's settings. Answers go to stdout (`--json`: one JSON object and nothing
else), progress and messages to stderr (`--quiet`: warnings and errors alone). The exit code is 0; 1 after an error,
written in one line (`--debug`: with its traceback); 2 for wrong usage; 130 when interrupted. TensorFlow is loaded once
the command line and the data were checked, so that help and errors are quick.
"""

import contextlib
import logging
import os
import sys

from pipelines import own_tasks, settings
from pipelines.shared import progress, silence
from pipelines.shared.artifacts import succession
from pipelines.shared.command_line import parsers, release, terminal
from pipelines.shared.storage import scratch

CLOSED = 141  # the exit code if nobody reads stdout any more: 128 + SIGPIPE


def main(arguments=None):
    """Runs a command line and returns its exit code."""
    words = [_dashes(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.INFO, force=True)
    stdout, as_json = sys.stdout, False
    try:
        values = _read(words)
        as_json, quiet = values.pop("json", False), values.pop("quiet", False)
        if quiet:
            logging.getLogger().setLevel(logging.WARNING)
        with progress.session(quiet):
            result, text, code = _answered(values)
    except KeyboardInterrupt:
        return 130
    except terminal.Unwritten as error:
        print(f"unroll: error: {terminal.one_line(error)}", file=sys.stderr)
        result, text, code = error.result, error.text, 1
    except Exception as error:  # outermost: one line for the user, the traceback for --debug
        if "--debug" in words:
            raise
        print(f"unroll: error: {terminal.one_line(error)}", file=sys.stderr)
        return 1
    terminal.write_json(result, stdout) if as_json else terminal.write(text, stdout)
    return code


def _read(words):
    """The values of the flags and the function that takes them; see `parsers`."""
    address, words = _own_task(words)
    parser = parsers.of_all(next(iter(words), None)) if address is None else _of_one(address, "--debug" in words)
    parser.check(words)
    namespace, unknown = parser.parse_known_args(words)
    if unknown:
        namespace.parser.refuse(unknown)
    return vars(namespace)


def _own_task(words):
    """(the address after --task, wherever it is, or None; the other words)"""
    for index, word in enumerate(words):
        flag, equals, address = word.partition("=")
        if flag == "--task" and (equals or index + 1 < len(words)):
            return address or words[index + 1], words[:index] + words[index + (1 if equals else 2) :]
    return None, words


def _of_one(address, debug):
    """The parser of the task at an address, whose module may load TensorFlow, and print."""
    try:
        with silence.stderr() as stderr, open(os.dup(stderr), "w") as printed, _all_to(printed):
            task = own_tasks.opened(address)
        return parsers.of_one(task, address)
    except ValueError as error:
        if debug:
            raise
        return parsers.Parser(prog="unroll").error(str(error))


@contextlib.contextmanager
def _all_to(stream):
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield


def _answered(values):
    """Runs the command; returns (what --json prints, the text, the exit code)."""
    usage, run, config_class = (values.pop(name) for name in ("parser", "run", "config_class"))
    quick, release_asked = values.pop("quick"), values.pop("release", False)
    for name in ("debug", "address"):
        values.pop(name, None)
    if release_asked:
        return None, f"unroll {release.number()}", 0
    if run is None:
        return None, usage.format_help().rstrip(), 0
    if config_class is not None:
        _check(config_class, values, usage)
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        if not quick:
            stack.enter_context(scratch.everything())  # including those that TensorFlow writes
            os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever is set for other programs
        return run(values)


def _dashes(word):
    """The word with dashes in its flag: --batch_size=8 becomes --batch-size=8."""
    flag, equals, value = word.partition("=")
    return flag.replace("_", "-") + equals + value if flag.startswith("--") else word


def _check(config_class, values, usage):
    """Ends with a usage error, exit code 2, if a value is out of range."""
    names = settings.names(config_class) - {"keep"}
    options = {name: value for name, value in values.items() if name in names}
    try:
        if "keep" in values:
            _, options = succession.kept_or_setting(config_class, values["keep"], options)
        settings.create(config_class, options)
    except ValueError as error:
        usage.error(str(error))


def run():
    """The console script; it ends quietly when the reader of its output has gone, as after `| head`."""
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
    except SystemExit as stopped:  # raised by argparse
        return stopped.code


def _silence():
    """Discards what is left in stdout, which the interpreter would otherwise fail to write when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

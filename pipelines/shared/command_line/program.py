"""Pipelines for sequence data: unroll TASK VERB [--field value], also python -m pipelines.

Flags, defaults and help come from the task's settings. Answers go to stdout (`--json`: one JSON object and nothing
else), progress and messages to stderr. Exit code 0; 1 with one line of error (`--debug`: the traceback); 2 for wrong
usage; 130 when interrupted. TensorFlow is loaded once the command line is known to be right, so that help is quick.
"""

import argparse
import contextlib
import dataclasses
import logging
import os
import sys
import tempfile

import pipelines
from pipelines import settings
from pipelines.shared import messages
from pipelines.shared.artifacts import succession
from pipelines.shared.command_line import file_commands, flags, terminal, version_commands
from pipelines.shared.command_line.verbs import VERBS
from pipelines.shared.storage import scratch

CLOSED = 141  # the exit code of a command whose reader has gone: 128 and SIGPIPE
COMMANDS = {**file_commands.COMMANDS, **version_commands.commands(flags.DIRECTORY)}


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
        for verb, (help, arguments, _) in {**VERBS, **task.command.COMMANDS}.items():
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
    for title, fields in settings.groups(config_class).items():
        group = sub.add_argument_group(title)
        for field in fields:
            flag, options = flags.argument(config_class, field)
            if flag not in taken:
                group.add_argument(flag, **options)


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
                    result, text = {**VERBS, **task.command.COMMANDS}[verb][2](task, given)
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

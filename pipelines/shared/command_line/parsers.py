"""The command line's tasks, verbs, commands and flags, as parsers of argparse.

    unroll TASK VERB, unroll COMMAND          `of_all`
    unroll --task MODULE:NAME VERB            `of_one`

Besides the values of flags, a namespace holds: `parser`, that of the last word; `run`, the function that runs it, which
takes the values and returns (what --json prints, text, exit code), or None if a verb is missing; `config_class`, the
settings that have flags; `quick`, whether it runs without TensorFlow.
"""

import argparse
import functools
import sys

import pipelines
from pipelines import own_tasks, settings
from pipelines.shared import messages
from pipelines.shared.command_line import file_commands, flags, verbs, version_commands

COMMANDS = {**file_commands.COMMANDS, **version_commands.commands(flags.DIRECTORY)}
SUMMARY = "Pipelines for sequence data: unroll TASK VERB [--field value], also python -m pipelines."
NONE = {"run": None, "config_class": None, "quick": True}


class Parser(argparse.ArgumentParser):
    """Writes an error in one line, which suggests the closest word or flag for an unknown one."""

    def __init__(self, **options):
        super().__init__(allow_abbrev=False, **options)
        self.kind, self.words = "", {}
        self.set_defaults(parser=self, **NONE)

    def expect(self, kind, metavar):
        """Announces that a word follows, such as a verb; `add_word` adds the possible ones."""
        self.kind, self._following = kind, self.add_subparsers(metavar=metavar)

    def add_word(self, name, help, arguments=(), **defaults):
        """Adds a word, and returns the parser of what follows it."""
        added = self._following.add_parser(name, help=help, description=help)
        added.set_defaults(**defaults)
        for flag, options in arguments:
            added.add_argument(flag, **options)
        self.words[name] = added
        return added

    def check(self, words):
        """Refuses an unknown word, at this parser or at those of the words that follow."""
        word = next(iter(words), "-")
        if not self.words or word.startswith("-"):
            return
        if word not in self.words:
            self.error(f"unknown {self.kind} {word!r}.{_about(word, self.words)} There are: {', '.join(self.words)}")
        self.words[word].check(words[1:])

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {messages.within(message)} (see {self.prog} --help)\n")

    def refuse(self, unknown):
        """Ends with an error about a flag that does not exist."""
        flag = next((word for word in unknown if word.startswith("-")), unknown[0])
        known = {_field(option): option for option in self._option_string_actions if option.startswith("--")}
        hint = settings.hint(_field(flag.split("=")[0]), known, lambda name: repr(known[name]))
        self.error(f"unknown argument {flag!r}.{hint}")


def _field(flag):
    return flag.lstrip("-").replace("-", "_")


def _about(word, words):
    if word in verbs.NAMES and word not in words:
        return f" It is a verb, which follows a task: unroll {pipelines.TASKS[0]} {word}."
    return settings.near(word, words)


def of_all(word=None):
    """The parser of all tasks and commands; of the installed tasks, only the one called `word` is loaded."""
    parser = Parser(prog="unroll", description=SUMMARY)
    parser.add_argument("--version", action="store_true", dest="release", help="show the version, and nothing else")
    parser.add_argument(
        "--task", metavar="ADDRESS", dest="address", help=f"a task of one's own, whose verbs follow: {own_tasks.FORM}"
    )
    parser.expect("task or command", "TASK")
    for name in pipelines.TASKS:
        task = getattr(pipelines, name).task
        _add_verbs(parser.add_word(name, sys.modules[f"pipelines.{name}"].__doc__.split("\n")[0]), task)
    if word not in (*pipelines.TASKS, *COMMANDS):
        _add_installed(parser, word)
    for name, (help, arguments, run) in COMMANDS.items():
        quick = name in version_commands.NAMES
        _add_output(parser.add_word(name, help, arguments, run=run, quick=quick))
    return parser


def _add_installed(parser, word):
    for name, point in own_tasks.installed().items():
        if name in COMMANDS:
            continue  # `of_one` refuses it, if it is asked for by its address
        added = parser.add_word(name, f"installed: {point.value}")
        if name == word:
            _add_verbs(added, own_tasks.load_installed(name))


def of_one(task, address):
    """The parser of a single task, given by its address.

    Raises:
        ValueError: the task has the name of a command.
    """
    if task.name in COMMANDS:
        raise ValueError(f"task: the name {task.name!r} of {address} is that of a command; give it another")
    parser = Parser(prog=f"unroll --task {address}", description=f"The task {task.name}, of {address}.")
    _add_verbs(parser, task)
    help, arguments, run = COMMANDS["verify"]
    if "verify" not in parser.words:
        _add_output(parser.add_word("verify", help, arguments, run=functools.partial(run, task=task), quick=False))
    return parser


def _add_verbs(parser, task):
    parser.expect("verb", "VERB")
    for verb, (help, arguments, act) in verbs.of(task).items():
        run, quick = functools.partial(_run, act, task), verb in version_commands.NAMES
        added = parser.add_word(verb, help, arguments, run=run, quick=quick)
        if verb in ("train", "tune"):
            added.set_defaults(config_class=task.Config)
            _add_settings(added, task.Config, [flag for flag, _ in arguments])
        if verb in ("evaluate", "predict"):
            further = settings.of_evaluation(task.Config) if verb == "evaluate" else []
            names = [*settings.of_reading(task.Config), *further]
            _add_settings(added, task.Config, [flag for flag, _ in arguments], names)
        _add_output(added)


def _run(act, task, values):
    return *act(task, values), 0


def _add_output(parser):
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--quiet", action="store_true", help="show no progress, only warnings, errors and the result")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def _add_settings(parser, config_class, taken, names=None):
    """Adds a flag for each field, or for those of `names`, grouped by the class that defines it, unless the verb has
    that flag already."""
    for title, fields in settings.groups(config_class).items():
        chosen = [field for field in fields if names is None or field.name in names]
        group = parser.add_argument_group(title) if chosen else None
        for field in chosen:
            flag, options = flags.argument(config_class, field)
            if flag not in taken:
                group.add_argument(flag, **options)

"""Flags of the command line: those that several verbs share, and one for each setting of a task."""

import argparse
import dataclasses

from pipelines import settings
from pipelines.shared.artifacts import succession

NAME = ("--name", {"help": "name of the artifact (default: the task's)"})
VERSION = ("--version", {"type": int, "metavar": "N", "help": "a kept version, see list (default: the one in use)"})
DIRECTORY = ("--directory", {"default": "saved_models", "help": "where artifacts are kept (default: saved_models)"})
DOWNLOAD = ("--download", {"action": "store_true", "help": "let tensorflow-datasets download and prepare a tfds: set"})
RAW = ("--raw", {"action": "store_true", "help": "leave cells that a spreadsheet would run as they are in a table"})
EXPLAIN = ("--explain", {"action": "store_true", "help": "also which words decided, and how much"})
CONFIG = ("--config", {"metavar": "FILE", "help": "JSON file of settings to begin with, such as best.json of tune"})


def data(flag, help):
    return flag, {"nargs": "+", "metavar": "SOURCE", "help": help}


def sources(help):
    """The flags for the data that a task learns from; help: the task's help on `--data`."""
    return (
        data("--data", help),
        data("--valid", "the same, for validation (default: cut off from the data)"),
        data("--test", "the same, for the test (default: cut off from the data)"),
        NAME,
        DIRECTORY,
        DOWNLOAD,
        CONFIG,
    )


def unlabelled(config_class):
    """The flags for texts without labels, of tasks of texts."""
    if not issubclass(config_class, settings.Text):
        return ()
    help = "texts without labels to learn from first: .txt, a text a line; tables; folders of .txt"
    flag, options = data("--unlabelled", help)
    help = "in which learning from them has to end, such as 10m or 1h (default: by their number)"
    both = {flag: options, "--pretraining-time": {"metavar": "TIME", "help": help}}
    return tuple((flag, {**options, "default": argparse.SUPPRESS}) for flag, options in both.items())


def _number_or_word(text):
    return int(text) if text.lstrip("-").isdecimal() else text


def keep(config_class):
    """The flag for how many versions are kept; it also sets the task's setting `keep`, if there is one."""
    help = "how many versions of the name are kept, the new one among them (default: 3)"
    for field in dataclasses.fields(config_class):
        if field.name == "keep":
            choices = " or ".join(field.metadata["choices"])
            help += f"; also {choices}, {field.metadata['help']} (default: {field.default})"
    return "--keep", {"type": _number_or_word, "default": succession.KEPT, "metavar": "N|all", "help": help}


def of_settings(config_class):
    """[(flag, options of argparse)], one for each field; a flag that is not given is left out of the namespace."""
    return [argument(config_class, field) for field in dataclasses.fields(config_class)]


def argument(config_class, field):
    kind, optional = settings.kind(config_class, field.name)
    options = {
        "default": argparse.SUPPRESS,
        "dest": field.name,
        "help": settings.described(field).replace("%", "%%"),
    }
    if kind is bool:
        options["action"] = argparse.BooleanOptionalAction
    else:
        choices = field.metadata["choices"]
        written, words = field.metadata.get("written"), field.metadata.get("words", ())
        one = "TIME" if written else kind.__name__.upper()
        options["metavar"] = "|".join(map(str, choices or (one, *words)))
        options["type"] = _reader(str if written else kind, optional, words)
    return "--" + field.name.replace("_", "-"), options


def _reader(kind, optional, words):
    def read(text):
        if text in words:
            return text
        return None if optional and text.lower() == "none" else kind(text)

    read.__name__ = kind.__name__  # argparse names it in errors
    return read

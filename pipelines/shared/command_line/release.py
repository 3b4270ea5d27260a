"""Which release this is."""

import configparser
import importlib.metadata
import pathlib

DISTRIBUTION = "unroll-rnn"
BESIDE = pathlib.Path(__file__).parents[3] / "setup.cfg"  # of a checkout, which goes before what is installed


def number(beside=BESIDE):
    """The release as text: of the checkout that this file is in, or of what is installed.

    >>> number(pathlib.Path("nowhere.cfg")) in (number(), "of unknown version")
    True
    """
    parser = configparser.ConfigParser()
    parser.read(beside, "utf-8")
    if parser.get("metadata", "name", fallback=None) == DISTRIBUTION:
        return parser["metadata"]["version"]
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"

"""Which release this is, and on what it runs."""

import configparser
import importlib.metadata
import pathlib
import platform

DISTRIBUTION = "unroll-rnn"
BESIDE = pathlib.Path(__file__).parents[3] / "setup.cfg"  # of a checkout, which takes precedence over what is installed


def number(beside=BESIDE):
    """The release as text: that of the checkout that holds this file, or of the installed package.

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


def versions():
    """{what: its version} of what decides on a training's outcome."""
    libraries = {"TensorFlow": "tensorflow", "Keras": "keras", "NumPy": "numpy"}
    own = {"Unroll": number(), "Python": platform.python_version()}
    system = f"{platform.system()} {platform.machine()}"
    return {**own, **{name: importlib.metadata.version(one) for name, one in libraries.items()}, "system": system}

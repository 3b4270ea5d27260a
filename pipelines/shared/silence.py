"""TensorFlow loaded in silence, whoever imports it after this package: a verb, one of our modules, or the user.

    silence.prepare()       when the package is imported; TensorFlow itself, which takes seconds, is not loaded

Its native code writes dozens of lines to stderr before its own log level counts. Someone who sets TF_CPP_MIN_LOG_LEVEL
to less than 3 wants them, and gets them; a TensorFlow that was imported before is left alone.
"""

import contextlib
import importlib.util
import logging
import os
import re
import sys

from pipelines.shared import progress
from pipelines.shared.screens import streams

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
SILENT = "3"
# What TensorFlow, Abseil and CUDA write: "I0000 00:00:17 1 a.cc:1] ...", "2024-01-01 00:00:00.1: I a.cc:1] ...".
CHATTER = re.compile(
    r"WARNING: All log messages before absl|[IWE]\d{4} [\d:.]+ +\d+ |\d{4}-\d\d-\d\d [\d:.]+: [IWE] "
    r"|To enable the following instructions|INFO: Created TensorFlow Lite|\s*$"
)


@contextlib.contextmanager
def stderr():
    """Holds back what native code writes to stderr; what is none of TensorFlow's chatter is written afterwards.

    If an import fails, all of it is. Yields the file descriptor of the real stderr.
    """
    import tempfile  # not for every import of the package

    with tempfile.TemporaryFile() as held:
        kept = streams.kept = os.dup(2)
        _flush()
        os.dup2(held.fileno(), 2)
        chatter = CHATTER
        try:
            yield kept
        except ImportError:
            chatter = re.compile(r"(?!)")
            raise
        finally:
            _flush()
            os.dup2(kept, 2)
            streams.kept = None
            held.seek(0)
            for line in held:
                if not chatter.match(line.decode(errors="replace")):
                    os.write(kept, line)
            os.close(kept)


def _flush():
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or none
        sys.stderr.flush()


def prepare():
    """The first import of TensorFlow from now on writes nothing to stderr."""
    if "tensorflow" not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds TensorFlow where it is, and gives it a loader that is silent."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader:
    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        with progress.loading("TensorFlow"):
            if os.environ.setdefault(LEVEL, SILENT) in ("", SILENT):
                self._in_silence(module)
            else:
                self.loader.exec_module(module)

    def _in_silence(self, module):
        os.environ[LEVEL] = SILENT
        with stderr():
            self.loader.exec_module(module)  # its devices stay as they are: a user may still configure them
        for name in (module.get_logger().name, "absl"):
            logging.getLogger(name).setLevel("ERROR")

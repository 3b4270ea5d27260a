"""TensorFlow loaded in silence, when it is first imported and not before.

with quiet.tensorflow():
    ...                     wrong data is refused in this block before TensorFlow, which takes seconds, is loaded
"""

import contextlib
import importlib.abc
import importlib.util
import logging
import os
import sys
import tempfile


@contextlib.contextmanager
def stderr():
    """Holds back what native code writes to stderr, as TensorFlow does when loaded, unless an import fails.

    Yields the file descriptor of the real stderr.
    """
    with tempfile.TemporaryFile() as chatter:
        kept = os.dup(2)
        sys.stderr.flush()
        os.dup2(chatter.fileno(), 2)
        try:
            yield kept
        except ImportError:
            chatter.seek(0)
            os.write(kept, chatter.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def tensorflow():
    """In this block the first import of TensorFlow writes nothing to the terminal."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL") or "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever is set for other programs
    finder = _Finder()
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow where it is, and gives it a loader that is silent."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        with stderr():
            self.loader.exec_module(module)
            module.constant(0)  # it speaks again when it is first used
        for name in (module.get_logger().name, "absl"):
            logging.getLogger(name).setLevel("ERROR")

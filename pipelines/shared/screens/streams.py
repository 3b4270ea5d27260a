"""Where progress is written: a terminal, a notebook, or a stream that is neither, such as the file of a log."""

import io
import os
import sys

from pipelines.shared.screens.lines import Lines

kept = None  # the file descriptor of the process's stderr while 2 is another one, see `silence`
DUMB = ("dumb", "unknown")  # of TERM: terminals that cannot move the cursor


class Nothing:
    """A screen that nobody sees."""

    def begin(self, stage):
        pass

    line = begin

    def end(self, stage, failed):
        pass

    def tick(self):
        pass

    def close(self):
        pass


def screen(stages):
    """The screen for this process; stages: a list of the open ones, which changes."""
    if _notebook():
        from pipelines.shared.screens.notebook import Notebook  # loads Rich, which `--help` does without

        return Notebook(stages)
    if sys.stderr is None:  # closed
        return Nothing()
    stream = own(sys.stderr)
    if is_terminal(stream):
        from pipelines.shared.screens.terminal import Terminal

        return Terminal(stages, stream)
    return Lines(stages, stream)


def own(stream):
    """The stream, or one of our own to the same file if it is the process's stderr, which is turned away for a while
    when TensorFlow is loaded."""
    try:
        number = stream.fileno()
    except (AttributeError, OSError, ValueError, io.UnsupportedOperation):
        return stream
    if number != 2:
        return stream
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return open(os.dup(number if kept is None else kept), "w", encoding=encoding, errors="backslashreplace")


def is_terminal(stream):
    """Whether the stream is a terminal whose cursor can be moved."""
    try:
        return stream.isatty() and os.environ.get("TERM", "").lower() not in DUMB
    except (AttributeError, ValueError):
        return False


def _notebook():
    """Whether this is the kernel of a notebook."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")

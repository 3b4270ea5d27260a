"""Progress in a notebook: one output of the cell, drawn anew a few times a second. It needs no widgets."""

import html
import io
import time

from IPython.display import display
from rich.console import Console, Group
from rich.text import Text

from pipelines.shared.screens.terminal import NOTABLE, finished, rows

EVERY = 0.5  # seconds
WIDTH = 100  # columns
KEPT = 200  # lines that stay


class Output:
    """What the output shows: plain text, and the same as HTML."""

    def __init__(self, text):
        self.text = text

    def _repr_mimebundle_(self, include=None, exclude=None):
        style = "margin:0;white-space:pre;line-height:1.4;font-family:monospace"
        return {"text/plain": self.text, "text/html": f'<pre style="{style}">{html.escape(self.text)}</pre>'}


class Notebook:
    """Draws in the output of a cell."""

    def __init__(self, stages):
        self.stages, self._lines, self._drawn, self._shown = stages, [], 0.0, None
        self._handle = display(Output(""), display_id=True)

    def begin(self, stage):
        self._draw()

    def tick(self):
        if time.monotonic() - self._drawn >= EVERY:
            self._draw()

    def end(self, stage, failed):
        if stage.seconds >= NOTABLE and not failed and stage.parent is None:
            self.line(finished(stage))

    def line(self, text):
        self._lines = [*self._lines, Text(text) if isinstance(text, str) else text][-KEPT:]
        self._draw()

    def close(self):
        self._draw()

    def _draw(self):
        console = Console(file=io.StringIO(), width=WIDTH, force_jupyter=False, color_system=None, _environ={})
        console.print(Group(*self._lines, rows(self.stages, WIDTH)))
        text = "\n".join(line.rstrip() for line in console.file.getvalue().rstrip().split("\n"))
        self._drawn = time.monotonic()
        if text != self._shown and self._handle is not None:
            self._shown = text
            self._handle.update(Output(text))

"""Progress on a terminal: Rich draws a line for each open stage, below all that is printed meanwhile."""

import logging
import sys

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipelines.shared import durations

BAR = 24  # columns
NARROW = 60  # columns; on a narrower terminal there is no bar
NOTABLE = 1  # seconds; a stage that lasted longer leaves a line


class Terminal:
    """Draws on a stream that is a terminal.

    While it does, what Python writes to stderr and to stdout, if that is a terminal too, goes through Rich, as do the
    handlers of `logging` that write there. The cursor stays visible: a process that is killed cannot bring it back.
    """

    def __init__(self, stages, stream):
        self.stages, self.stream = stages, stream
        self.console = Console(file=stream, force_terminal=True, highlight=False, emoji=False, markup=False)
        self.live = Live(
            console=self.console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=bool(sys.stdout and sys.stdout.isatty()),
            get_renderable=lambda: rows(self.stages, self.console.width),
        )
        plain = {id(sys.stdout): "stdout", id(sys.stderr): "stderr"}
        self.live.start()
        self.console.show_cursor(True)
        self._handlers = [*_handlers(plain)]
        for handler, _, name in self._handlers:
            handler.setStream(getattr(sys, name))

    def begin(self, stage):
        self.live.refresh()

    def tick(self):
        self.live.refresh()

    def end(self, stage, failed):
        if stage.seconds >= NOTABLE and not failed and stage.parent is None:
            self.line(finished(stage))
        self.live.refresh()

    def line(self, text):
        self.console.print(Text(text) if isinstance(text, str) else text)

    def close(self):
        for handler, stream, _ in self._handlers:
            handler.setStream(stream)
        self.live.stop()
        if self.stream is not sys.stderr:
            self.stream.close()


def _handlers(plain):
    """(handler, its stream, "stdout" or "stderr") of the handlers of `logging` that write to one of these streams."""
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for logger in loggers:
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler) and id(handler.stream) in plain:
                yield handler, handler.stream, plain[id(handler.stream)]


def rows(stages, width):
    """What is drawn for the stages that are shown, in a terminal of so many columns."""
    table = Table.grid(padding=(0, 2, 0, 0))
    wide = width >= NARROW
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, overflow="ellipsis")
    if wide:
        table.add_column(width=BAR)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for stage in stages:
        if stage.shown:
            table.add_row(*_cells(stage)[: 4 if wide else 2])
    return table


def _cells(stage):
    left = stage.seconds_left
    most = "at most " if stage.most else ""
    time = durations.clock(stage.seconds) if left is None else f"{most}{durations.clock(left)} left"
    bar = ProgressBar(stage.total, min(stage.done, stage.total), BAR) if stage.total else ""
    counted = f"{stage.done:,}/{stage.total:,}" if stage.total else f"{stage.done:,}" if stage.done else ""
    return Text(stage.name), Text(time, "cyan"), bar, Text("  ".join(filter(None, (counted, stage.detail))))


def finished(stage):
    """The line that a stage leaves."""
    return Text.assemble(stage.name, "  ", (durations.clock(stage.seconds), "cyan"))

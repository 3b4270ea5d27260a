"""Progress as the lines of a log: one at each stage, and every few seconds of a long one.

vocabulary
training: epoch 2 of 10, 120 of 300, loss 0.41, about 3 minutes left
"""

import sys
import time

from pipelines.shared import durations

EVERY = 4.5  # seconds from one line to the next
LONG = 5  # seconds; a stage that lasted longer says so at its end


class Lines:
    """Writes lines to a stream."""

    def __init__(self, stages, stream):
        self.stages, self.stream, self._written = stages, stream, time.monotonic()

    def begin(self, stage):
        self.line(stage.name)

    def tick(self):
        if time.monotonic() - self._written >= EVERY:
            for stage in innermost(self.stages):
                self.line(described(stage))

    def end(self, stage, failed):
        if stage.seconds >= LONG and not failed:
            self.line(f"{stage.name}: {durations.about(stage.seconds).removeprefix('about ')}")

    def line(self, text):
        self.stream.write(f"{text}\n")
        self.stream.flush()
        self._written = time.monotonic()

    def close(self):
        if self.stream is not sys.stderr:
            self.stream.close()


def innermost(stages):
    """The stages that are shown and hold no other one."""
    shown = [stage for stage in stages if stage.shown]
    outer = {id(stage.parent) for stage in shown}
    return [stage for stage in shown if id(stage) not in outer]


def described(stage):
    """What a stage has done so far, in a line.

    >>> import types
    >>> stage = types.SimpleNamespace(name="texts", done=64, total=99, detail="", most=True, seconds=9, seconds_left=9)
    >>> described(stage)
    'texts: 64 of 99, at most about 9 seconds left'
    """
    parts = []
    if stage.done:
        parts.append(f"{stage.done:,} of {stage.total:,}" if stage.total else f"{stage.done:,}")
    parts += [stage.detail] if stage.detail else []
    left = stage.seconds_left
    most = "at most " if stage.most else ""
    parts.append(f"since {durations.clock(stage.seconds)}" if left is None else f"{most}{durations.about(left)} left")
    return f"{stage.name}: {', '.join(parts)}"

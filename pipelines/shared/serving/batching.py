"""Requests that are answered together: those that wait for one model are joined, as TF Serving joins them.

Each model has a thread, so that no request waits for that of another model, and the event loop for none. The thread
takes the first call that waits, and with it those that may be joined to it; while requests come side by side it waits
`wait` seconds for more. A call that nobody waits for any more is dropped.
"""

import collections
import concurrent.futures
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

log = logging.getLogger("unroll.serve")


class Full(Exception):
    """No room for another call."""


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How calls are joined: as in the `batching.config` that an export for TF Serving has.

    rows: of a batch, at most. wait: seconds for more of them. waiting: calls that may wait for a model.
    """

    rows: int = 64
    wait: float = 0.002
    waiting: int = 256


@dataclasses.dataclass(eq=False)
class Call:
    """What one request asks of a model.

    work: a function of a list of payloads that returns a list of their results; payload: one of them; rows: how many
    rows it has; joined_by: calls with the same value may be joined, None with no other.
    """

    work: Callable[[list], list]
    payload: Any
    rows: int = 1
    joined_by: Hashable = None
    answer: concurrent.futures.Future = dataclasses.field(default_factory=concurrent.futures.Future)


class Batcher:
    """The thread of one model.

    Args:
        name: of the thread.
        sizes: see `Sizes`.
        watch: a function of (calls, rows, seconds) of each batch that was answered.
    """

    def __init__(self, name: str, sizes: Sizes, watch: Callable[[int, int, float], None] = lambda *numbers: None):
        self._sizes, self._watch = sizes, watch
        self._waiting, self._changed = collections.deque(), threading.Condition()
        self._closed = self._crowded = False
        self._running = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, call: Call) -> concurrent.futures.Future:
        """Puts a call at the end of the line; its future gets the result.

        Raises:
            Full: too many wait.
        """
        with self._changed:
            if self._closed or len(self._waiting) >= self._sizes.waiting:
                raise Full
            self._waiting.append(call)
            self._changed.notify()
        return call.answer

    @property
    def busy(self) -> int:
        """How many calls wait or are being answered."""
        return len(self._waiting) + self._running

    def close(self):
        """Ends the thread once what waits is answered."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def join(self, seconds: float):
        """Waits for the thread's end."""
        self._thread.join(seconds)

    def _run(self):
        while calls := self._taken():
            started, rows = time.perf_counter(), sum(call.rows for call in calls)
            _answer([call for call in calls if call.answer.set_running_or_notify_cancel()])
            self._watch(len(calls), rows, time.perf_counter() - started)
            self._running = 0

    def _taken(self):
        """The next calls, all of which may be joined; none once the batcher is closed and empty."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            calls = [self._waiting.popleft()]
            self._gather(calls)
            end = time.monotonic() + self._sizes.wait
            while self._crowded and self._room(calls) and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
                self._gather(calls)
            self._crowded = len(calls) > 1 or bool(self._waiting)
            self._running = len(calls)
            return calls

    def _room(self, calls):
        return calls[0].joined_by is not None and sum(call.rows for call in calls) < self._sizes.rows

    def _gather(self, calls):
        """Adds those that wait and may be joined, in their order."""
        left = collections.deque()
        while self._waiting and self._room(calls):
            call = self._waiting.popleft()
            fits = sum(one.rows for one in calls) + call.rows <= self._sizes.rows
            (calls if call.joined_by == calls[0].joined_by and fits else left).append(call)
        self._waiting.extendleft(reversed(left))


def _answer(calls):
    """Answers calls together, or each by itself where that fails, so that one that is at fault spoils no other."""
    if not calls:
        return
    try:
        results = calls[0].work([call.payload for call in calls])
    except Exception as error:  # whatever it is: it is the answer to the request, and the thread lives on
        if len(calls) == 1:
            calls[0].answer.set_exception(error)
            return
        for call in calls:
            _answer([call])
        return
    for call, result in zip(calls, results, strict=True):
        call.answer.set_result(result)

"""What a verb is doing, as a user sees it: bars on a terminal and in a notebook, lines in a log; nothing with `quiet`.

    with progress.stage("vocabulary"):                    a name and a running clock
        ...
    with progress.steps("texts answered", 5000) as bar:   and a bar, with the time that is left
        bar.advance(64, "loss 0.43")
    progress.line("chosen by the data: units 64")         a line that stays

A stage may be opened inside another, and by several threads. A thread of ours draws them, so that the clock runs while
the code of a stage is busy. With `after=2`, a stage is shown only once it has lasted 2 seconds, which is for verbs that
are called often. Everything is written to stderr; what else is printed meanwhile stands above the bars. Nothing here
raises an error if it cannot be written: a training does not end because nobody reads its log.
"""

import contextlib
import contextvars
import functools
import threading
import time

from pipelines.shared.screens import streams

TICK = 0.2  # seconds
SHORT = 0.5  # seconds; what takes no longer need not be shown

_stage = contextvars.ContextVar("stage", default=None)
_quiet = contextvars.ContextVar("quiet", default=False)
_begun = contextvars.ContextVar("begun", default=None)  # when the verb began


class Stage:
    """One thing that is being done.

    Args:
        name: what it is called.
        total: steps that it has; None if that is unknown.
        after: seconds from when on it is shown.

    Attributes:
        done, detail: steps done so far; words beside the bar.
        most: whether it may take less than the time that is left.
        shown: whether a user sees it.
    """

    def __init__(self, name, total=None, after=0.0):
        self.name, self.total, self.after = name, total, after
        self.done, self.detail, self.most, self.shown = 0, "", False, False
        self.parent, self.begun, self._end = _stage.get(), time.monotonic(), None

    def advance(self, count=1, detail=None):
        """Counts some steps as done."""
        self.done += count
        if detail is not None:
            self.detail = detail
        if self.total:
            self.expect(self.seconds / self.done * max(0, self.total - self.done))

    def expect(self, seconds):
        """It will last so many seconds from now on."""
        self._end = time.monotonic() + seconds

    @property
    def seconds(self):
        """How long it has lasted."""
        return time.monotonic() - self.begun

    @property
    def seconds_left(self):
        """How long it will take, as far as that is known, else None."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())


class Board:
    """The stages that are open, and the screen on which a thread draws them."""

    def __init__(self):
        self._lock, self._thread = threading.RLock(), None
        self._users, self._open, self._screen = 0, [], None

    def hold(self):
        """From now on the screen stays until `release`, even between two stages."""
        with self._lock:
            self._users += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="unroll-progress", daemon=True)
                self._thread.start()

    def release(self):
        with self._lock:
            self._users -= 1
            if not self._users and self._screen is not None:
                self._draw(lambda screen: screen.close())
                self._screen = None

    def begin(self, stage):
        self.hold()
        try:
            with self._lock:
                self._open.append(stage)
                self._show_due()
        except BaseException:  # Ctrl-C, while it is drawn for the first time: it must not be drawn ever after
            self.end(stage, failed=True)
            raise

    def end(self, stage, failed=False):
        with self._lock:
            if stage in self._open:
                self._open.remove(stage)
            if stage.shown:
                self._draw(lambda screen: screen.end(stage, failed))
        self.release()

    def line(self, text):
        self.hold()
        with self._lock:
            self._draw(lambda screen: screen.line(text))
        self.release()

    def _show_due(self):
        for stage in self._open:
            if not stage.shown and stage.seconds >= stage.after:
                stage.shown = True
                self._draw(lambda screen, stage=stage: screen.begin(stage))

    def _tick(self):
        while True:
            time.sleep(TICK)
            with self._lock:
                if not self._users:
                    self._thread = None
                    return
                self._show_due()
                if self._screen is not None:
                    self._draw(lambda screen: screen.tick())

    def _draw(self, act):
        """Acts on the screen, which is made at its first use; one that cannot be written is given up."""
        try:
            if self._screen is None:
                self._screen = streams.screen(self._open)
            act(self._screen)
        except (OSError, ValueError):  # nobody reads it any more, a full disk, a stream that was closed
            self._screen = streams.Nothing()


_board = Board()


@contextlib.contextmanager
def steps(name, total=None, after=0.0):
    """In this block a stage of so many steps is shown, or of an unknown number; yields the `Stage`.

    >>> with steps("answers", 3) as bar:
    ...     bar.advance(2)
    >>> bar.done
    2
    """
    stage = Stage(name, total, after)
    if _quiet.get():
        yield stage
        return
    _board.begin(stage)
    token = _stage.set(stage)
    failed = True
    try:
        yield stage
        failed = False
    finally:
        _board.end(stage, failed)
        _stage.reset(token)


def stage(name, after=0.0):
    """A stage whose steps are not counted, but its time."""
    return steps(name, None, after)


def counted(batches, total, name="answers", after=2.0):
    """The batches, tuples of which the first member has one entry for each of `total` things, which are counted.

    >>> [rows for rows, values in counted([([0, 1], "a"), ([2], "b")], 3)]
    [[0, 1], [2]]
    """
    if _quiet.get():
        yield from batches
        return
    bar = Stage(name, total, after)  # not the parent of others: whoever asks for the batches may never end
    _board.begin(bar)
    try:
        for batch in batches:
            yield batch
            bar.advance(len(batch[0]))
    finally:
        _board.end(bar)


@contextlib.contextmanager
def loading(name):
    """In this block something is loaded, which a verb shows, and an import does not."""
    if _begun.get() is None:
        yield
        return
    with stage(f"loading {name}", after=SHORT):
        yield


def line(text):
    """Writes a line that stays, above the bars."""
    if not _quiet.get():
        _board.line(text)


def elapsed():
    """Seconds since the verb began, the outermost where one calls another; 0 outside."""
    return 0.0 if _begun.get() is None else time.monotonic() - _begun.get()


def is_quiet():
    """Whether nothing is shown here."""
    return _quiet.get()


@contextlib.contextmanager
def session(quiet=False):
    """A verb: all its stages share one screen, which is empty between them; with `quiet` nothing is shown."""
    silent = quiet or _quiet.get()
    tokens = [(_quiet, _quiet.set(silent)), (_begun, _begun.set(_begun.get() or time.monotonic()))]
    if not silent:
        _board.hold()
    try:
        yield
    finally:
        if not silent:
            _board.release()
        for variable, token in tokens:
            variable.reset(token)


def verb(method):
    """A verb as a `session`, with the keyword `quiet`, which the method itself declares and leaves alone.

    >>> @verb
    ... def work(quiet=False):
    ...     return is_quiet()
    >>> work(), work(quiet=True)
    (False, True)
    """

    @functools.wraps(method)
    def run(*arguments, quiet=False, **keywords):
        if not isinstance(quiet, bool):
            raise TypeError(f"quiet: expected True or False, received {quiet!r:.60}")
        with session(quiet):
            return method(*arguments, **keywords)

    return run

"""Progress: what a stage writes to a log, that it costs nothing and breaks nothing, and how verbs are quiet."""

import io
import sys
import threading
import time

import pytest

from pipelines.shared import progress
from pipelines.shared.screens import lines, streams


@pytest.fixture
def log(capsys):
    return capsys


def written(log):
    out, err = log.readouterr()
    assert out == ""
    return err.splitlines()


def test_a_log_has_a_line_a_stage(log):
    with progress.session():
        with progress.stage("reading"):
            pass
        progress.line("units 64")
        with progress.steps("training", 3) as bar, progress.stage("compiling"):
            bar.advance(2)
    assert written(log) == ["reading", "units 64", "training", "compiling"]


def test_a_long_stage_is_told_again_and_again_while_its_code_is_busy(log, monkeypatch):
    monkeypatch.setattr(lines, "EVERY", 0.3)
    with progress.steps("training", 100) as bar:
        bar.advance(10, "loss 0.5")
        end = time.monotonic() + 1.5
        while time.monotonic() < end:  # never gives the clock's thread its turn by itself
            pass
    again = [line for line in written(log) if line.startswith("training: 10 of 100, loss 0.5, about ")]
    assert 2 <= len(again) <= 6


def test_a_short_stage_is_not_shown_where_only_long_ones_are(log):
    for _ in range(100):
        with progress.steps("answers", 5, after=2):
            pass
    assert written(log) == []
    with progress.stage("answers", after=0.1):
        time.sleep(1)
    assert written(log) == ["answers"]


def test_an_error_ends_its_stages(log):
    with pytest.raises(KeyError), progress.stage("outer"), progress.stage("inner"):
        raise KeyError
    with progress.stage("next") as stage:
        assert stage.parent is None
    assert written(log) == ["outer", "inner", "next"]


def test_ctrl_c_while_a_stage_is_first_drawn_ends_it(log, monkeypatch):
    def interrupted(screen, stage):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(lines.Lines, "begin", interrupted)
        with pytest.raises(KeyboardInterrupt), progress.session(), progress.stage("outer"):
            pass
    assert (progress._board._open, progress._board._users, progress._board._screen) == ([], 0, None)
    with progress.stage("next") as stage:
        assert stage.parent is None


def test_two_threads_have_stages_of_their_own(log):
    both = threading.Barrier(2, timeout=10)

    def work(name):
        with progress.stage(name) as outer:
            both.wait()
            with progress.stage(f"{name} inside") as inner:
                assert (outer.parent, inner.parent) == (None, outer)
                both.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written(log)) == ["a", "a inside", "b", "b inside"]


@progress.verb
def work(quiet=False):
    with progress.stage("stage"):
        progress.line("line")


def test_a_quiet_verb_shows_nothing_and_only_there(log):
    work(quiet=True)
    with progress.session(quiet=True):
        work()
    assert written(log) == []
    work()
    assert written(log) == ["stage", "line"]
    with pytest.raises(TypeError, match="quiet: expected True or False, received 'no'"):
        work(quiet="no")


class Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("stream", [None, Full(), io.TextIOWrapper(io.BytesIO())])
def test_a_stream_that_cannot_be_written_ends_nothing(monkeypatch, stream):
    if isinstance(stream, io.TextIOWrapper):
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.session():
        work()
        progress.line("line")


@pytest.mark.parametrize("term, terminal", [("xterm", True), ("dumb", False), ("", True)])
def test_a_terminal_is_one_whose_cursor_moves(monkeypatch, term, terminal):
    monkeypatch.setenv("TERM", term)
    stream = io.StringIO()
    assert not streams.is_terminal(stream)
    stream.isatty = lambda: True
    assert streams.is_terminal(stream) is terminal


def test_time_left_is_that_of_the_steps_unless_it_is_told():
    stage = progress.Stage("training", 100)
    assert stage.seconds_left is None
    stage.begun -= 10
    stage.advance(25)
    assert stage.seconds_left == pytest.approx(30, rel=0.01)
    stage.expect(7)
    assert stage.seconds_left == pytest.approx(7, abs=0.5)
    stage.expect(-1)
    assert stage.seconds_left == 0

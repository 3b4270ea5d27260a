"""What stands on a real terminal and in a real log: a process of its own on a pseudo-terminal or a pipe, by a clock."""

import fcntl
import itertools
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

import pipelines

ROOT = pathlib.Path(pipelines.__file__).parents[1]
SILENCE = 5  # seconds that nothing may be written
LOAD = 3  # times as long on a busy machine
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

WORK = """
import logging, sys, time, warnings
from pipelines.shared import progress
logging.basicConfig(stream=sys.stderr, format="%(message)s")
with progress.session():
    with progress.stage("preparing"):
        end = time.monotonic() + 6
        while time.monotonic() < end:  # busy, as libraries are
            pass
    progress.line("chosen: 漢字の文章 [bold]plain[/bold]")
    with progress.steps("training", 40) as bar:
        for step in range(40):
            time.sleep(0.05)
            bar.advance(1, "loss 0.5")
            if step == 20:
                logging.getLogger("unroll").warning("a logged warning")
                print("a printed line")
print("the result")
"""


def on_terminal(command, columns=80, interrupt=None, **environment):
    """([(seconds, text)] as it came, the exit code) of a command on a terminal of so many columns.

    interrupt: a text; once it is there, the command is interrupted.
    """
    terminal, other = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    outer = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}  # of another one
    own = {**outer, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment}
    start, pieces = time.monotonic(), []
    with subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=own) as process:
        os.close(other)
        while data := _read(terminal):
            pieces.append((time.monotonic() - start, data.decode("utf-8", "replace")))
            if interrupt and interrupt in "".join(piece for _, piece in pieces):
                process.send_signal(signal.SIGINT)
                interrupt = None
    os.close(terminal)
    return pieces, process.returncode


def _read(terminal):
    try:
        return os.read(terminal, 2**16)
    except OSError:  # the other end is closed
        return b""


def in_log(command, **environment):
    """The same of a command whose stdout and stderr are a pipe."""
    own = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
    start = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=own
    ) as process:  # fmt: skip
        pieces = [(time.monotonic() - start, line) for line in process.stdout]
    return pieces, process.returncode


def longest_silence(pieces):
    times = [0, *(seconds for seconds, _ in pieces)]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def lasting(pieces):
    """The lines that stay on a terminal, without the codes that move its cursor."""
    text = ANSI.sub("", "".join(piece for _, piece in pieces))
    return [line.rpartition("\r")[2].rstrip() for line in text.replace("\r\n", "\n").split("\n")]


def code(text):
    return [sys.executable, "-c", text]


def test_a_terminal_is_never_silent_and_what_is_printed_stays_whole():
    pieces, status = on_terminal(code(WORK))
    assert status == 0
    assert longest_silence(pieces) < LOAD * 1
    raw, lines = "".join(piece for _, piece in pieces), lasting(pieces)
    for whole in ("chosen: 漢字の文章 [bold]plain[/bold]", "a logged warning", "a printed line", "the result"):
        assert whole in lines
    assert any(re.fullmatch(r"preparing +0:0\d", line) for line in lines)
    assert re.search(r"training.*left.*40/40|training.*left.*3\d/40", ANSI.sub("", raw))
    assert raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l")  # the cursor is not hidden at the end


@pytest.mark.slow
def test_a_log_has_lines_alone_and_is_never_silent():
    pieces, status = in_log(code(WORK), FORCE_COLOR="1", TERM="xterm")
    lines = [line.rstrip("\n") for _, line in pieces]
    assert status == 0
    assert not any("\x1b" in line or "\r" in line for line in lines)
    assert longest_silence(pieces) < LOAD * SILENCE
    assert lines[0] == "preparing"
    assert any(re.fullmatch(r"preparing: since 0:0\d", line) for line in lines[1:])
    assert len(lines) < 14


@pytest.mark.parametrize(
    ("columns", "environment"),
    [(20, {}), (80, {"NO_COLOR": "1"}), (80, {"TERM": "dumb"}), (80, {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})],
)
def test_other_terminals(columns, environment):
    pieces, status = on_terminal(code(WORK.replace("+ 6", "+ 1")), columns, **environment)
    raw = "".join(piece for _, piece in pieces)
    assert status == 0
    assert "the result" in raw
    if "NO_COLOR" in environment:
        assert not re.search(r"\x1b\[[0-9;]*3\d", raw)
    if "TERM" in environment:
        assert "\x1b" not in raw
    if "PYTHONIOENCODING" in environment:
        assert raw.isascii()
    if columns == 20:
        bars = [line for line in ANSI.sub("", raw).replace("\r", "\n").split("\n") if line.startswith("training")]
        assert bars
        assert max(map(len, bars)) <= 20


def test_ctrl_c_leaves_whole_lines():
    pieces, status = on_terminal(code(WORK), interrupt="preparing")
    lines = lasting(pieces)
    assert status == -signal.SIGINT
    assert lines[-2:] == ["KeyboardInterrupt", ""]
    assert any(line.startswith("Traceback") for line in lines)
    assert not any("training" in line for line in lines)


@pytest.mark.slow
def test_who_reads_a_line_and_leaves_ends_nothing():
    shell = f"{sys.executable} -c '{WORK.replace(chr(39), chr(34))}' 2>&1 >/dev/null | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.stdout.split() == ["preparing", "0"]


@pytest.mark.slow
@pytest.mark.parametrize("where", [on_terminal, in_log])
def test_a_training_speaks_at_once_and_is_never_silent(where, tmp_path):
    command = [sys.executable, "-m", "pipelines", "sentiment", "train", "--directory", str(tmp_path), "--epochs", "2"]
    pieces, status = where(command)
    assert status == 0
    assert pieces[0][0] < LOAD * 2
    assert longest_silence(pieces) < LOAD * SILENCE

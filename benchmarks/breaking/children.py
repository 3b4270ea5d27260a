"""Processes forked from one that has imported everything, so that a kill hits their work, not their imports.

The process that forks has not run any TensorFlow operation: importing TensorFlow starts no thread that a fork lacks.
"""

import atexit
import contextlib
import ctypes
import dataclasses
import importlib
import json
import os
import pathlib
import signal
import sys
import tempfile
import time
import traceback

TIME_LIMIT = 600  # seconds; nothing here takes a tenth of it on an idle machine
DAY = 24 * 3600  # seconds; for a child that does many things one after another
DEAD = -signal.SIGKILL
PR_SET_PDEATHSIG = 1
STDERR = os.dup(2)  # of the process that everything is forked from


HEAVY = (
    "keras_tuner", "matplotlib.pyplot", "scipy.io", "sklearn.linear_model", "symusic", "tensorflow", "tensorflow_text",
    "pipelines.sentiment", "pipelines.music", "pipelines.translation", "pipelines.shared.training.tuning",
    "pipelines.shared.export.formats",
    "pipelines.shared.checks.verification", "pipelines.shared.export.fixed_sizes", "pipelines.shared.report.pages",
)  # fmt: skip


def warm():
    """Imports what the verbs import, without the messages that it prints."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        for name in HEAVY:
            importlib.import_module(name)
        importlib.import_module("pipelines.shared.command_line.program").parsers.of_all()
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@dataclasses.dataclass
class Child:
    """A forked process; what it prints and returns is in `folder`."""

    pid: int
    folder: pathlib.Path
    started: float
    code: int | None = None

    def wait(self, seconds=TIME_LIMIT):
        """The exit code, or minus the signal that ended it; one that does not end is killed and counts as hanging."""
        end = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > end:
                self.kill()
                self.code = -signal.SIGALRM
            else:
                time.sleep(0.01)
        return self.code

    def running(self):
        """Whether it is still running."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is None

    def kill(self):
        """Kills it by `kill -9`; returns whether it was still running."""
        with contextlib.suppress(ProcessLookupError):
            if self.code is None:
                os.kill(self.pid, signal.SIGKILL)
                self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code == DEAD

    @property
    def errors(self):
        return (self.folder / "stderr").read_text("utf-8", "replace")

    @property
    def result(self):
        """The result of the function, None if it did not return."""
        file = self.folder / "result"
        return json.loads(file.read_text()) if file.exists() else None

    def orphans(self):
        """The processes that it started and that are still running."""
        return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _session(pid) == self.pid]


def _session(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return None
    return None if fields[0] == "Z" else int(fields[3])


def start(function, *arguments, temporary=None):
    """A child that runs function(*arguments); `temporary` is its TMPDIR."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="child-"))
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid, folder, time.monotonic())
    code = 70
    try:
        _settle(folder, temporary)
        code, result = function(*arguments)
        (folder / "result").write_text(json.dumps(result, default=str))
        atexit._run_exitfuncs()  # as they run in a process that was not forked
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _settle(folder, temporary):
    """Gives this process its own session, files and temporary folder, and has it end with its parent."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.SIG_DFL)
    for descriptor, name, flags in ((0, os.devnull, os.O_RDONLY), (1, "stdout", None), (2, "stderr", None)):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND if flags is None else flags, 0o666)
        os.dup2(file, descriptor)
    if temporary is not None:
        pathlib.Path(temporary).mkdir(exist_ok=True)
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = None


def run(function, *arguments, seconds=TIME_LIMIT, **options):
    """Runs function(*arguments) in a child and returns the child once it has ended."""
    child = start(function, *arguments, **options)
    child.wait(seconds)
    return child


def command(*words):
    """Runs the command line `unroll`, in a child; returns (exit code, None)."""
    from pipelines.shared.command_line import program

    try:
        return program.main(list(map(str, words))), None
    except SystemExit as error:
        return error.code, None


def share(cases, work, jobs):
    """The result of work(case) for each case, in their order, from `jobs` forked workers, which fork in turn.

    A result is (row, kind, what went wrong), or a list of these; what went wrong is printed at once.
    """
    workers = [start(_work, cases[number::jobs], work) for number in range(jobs)]
    outcomes = [None] * len(cases)
    for number, worker in enumerate(workers):
        worker.wait(DAY)
        if worker.result is None:
            raise RuntimeError(f"a worker failed: {worker.errors[-3000:]}")
        outcomes[number::jobs] = worker.result
    return outcomes


def _work(cases, work):
    return 0, [_told(work(case)) for case in cases]


def _told(result):
    for row, _, wrong in result if isinstance(result, list) else [result]:
        if wrong:
            os.write(STDERR, f"{row}: {wrong}\n".encode("utf-8", "replace"))
    return result

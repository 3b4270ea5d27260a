"""Damaged files of every kind that is read: each must be read, or refused in one line that names it.

These count as failures: a process that crashes or hangs, 1 GB of memory more than after the child's start, an unhandled
error (KeyError, AttributeError, ...), an error of more than 500 characters or that does not name the file; for `verify`
any exception, and passing an export whose bytes are not those written.
"""

import collections
import contextlib
import json
import os
import pathlib
import random
import select
import shutil
import signal
import time

from benchmarks.breaking import artifacts, children, mutants, readers, undamaged

MEMORY = 2**30  # bytes
SECONDS = 60  # of processor time, for a file
WALL = 600
CLEAR = (ValueError, OSError, RuntimeError, ImportError, FloatingPointError)  # classes whose errors say what to do
RAW = (UnicodeError, RecursionError, NotImplementedError, json.JSONDecodeError)  # subclasses of these that do not


def run(options, scratch):
    """[(row, read or refused or how it failed, what went wrong)]"""
    wanted = [name for name in readers.READERS if not options.only or any(word in name for word in options.only)]
    prepared = undamaged.prepare(scratch / "whole", wanted) if wanted else {}
    cases = [(name, share) for name in prepared for share in range(options.jobs)]

    def work(case):
        name, share = case
        numbers = range(share, options.count or 300, options.jobs)
        return [
            [name, *outcome] for outcome in through(readers.READERS[name], prepared[name], numbers, options, scratch)
        ]

    return [outcome for outcomes in children.share(cases, work, options.jobs) for outcome in outcomes]


def through(reader, whole, numbers, options, scratch):
    """(kind, what went wrong) for each number; a child reads one file after another until one kills it."""
    numbers, outcomes = collections.deque(numbers), []
    folder = scratch / f"{reader.name.replace(' ', '-').replace('/', '-')}-{os.getpid()}"
    while numbers:
        mine, theirs = os.pipe()
        child = children.start(_read_all, reader, whole, list(numbers), options.seed, folder, theirs)
        os.close(theirs)
        with open(mine, "rb", buffering=0) as pipe:
            for kind, wrong in _watched(child, pipe):
                number = numbers.popleft()
                outcomes.append((kind, wrong and f"{number}: {wrong}"))
                if wrong and options.keep:
                    _keep(options.keep, reader, whole, options.seed, number)
        child.kill()
        child.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return outcomes


def _keep(folder, reader, whole, seed, number):
    """Keeps a copy of the damaged file, to look at."""
    target = pathlib.Path(folder) / f"{reader.name.replace(' ', '-').replace('/', '-')}-{number}"
    shutil.rmtree(target, ignore_errors=True)
    _damage(reader, whole, seed, number, target)


def _watched(child, pipe):
    """Yields the child's outcome for each file, and at last that of a file that the child died of or was killed for."""
    at_hand, held, began, buffer = "", 0, (0.0, 0.0), b""
    while True:
        ready, _, _ = select.select([pipe], [], [], 0.05)
        part = pipe.read(65536) if ready else None
        if part == b"":
            break
        *lines, buffer = (buffer + (part or b"")).split(b"\n")
        for kind, wrong in map(json.loads, lines):
            if kind in ("warm", "warmed", "start"):
                at_hand, began = kind, (_seconds(child.pid), time.monotonic())
            else:
                at_hand = ""
                yield kind, wrong
        if at_hand == "warm":
            held = max(held, _memory(child.pid))
        reason = at_hand == "start" and _over(child.pid, held, *began)
        if reason:
            child.kill()
            yield "over limits", reason
            return
    code = child.wait()
    if at_hand == "start":
        spoken = [line for line in child.errors.splitlines() if line.strip()] or ["nothing said"]
        yield "crashed", f"exit {code}: {spoken[-1][:200]}"
    elif code:
        raise RuntimeError(f"{child.errors[-2000:]}")


def _over(pid, held, seconds, since):
    memory, seconds = _memory(pid) - held, _seconds(pid) - seconds
    if memory > MEMORY:
        return f"{memory / 2**30:.1f} GB of memory"
    return f"{seconds:.0f} s of the processor" if seconds > SECONDS or time.monotonic() - since > WALL else ""


def _family(pid):
    """The process and all processes that it started."""
    family = [pid]
    for member in family:
        with contextlib.suppress(OSError):
            family += map(int, pathlib.Path(f"/proc/{member}/task/{member}/children").read_text().split())
    return family


def _memory(pid):
    """Bytes of memory of the process and of those that it started."""
    total = 0
    for member in _family(pid):
        with contextlib.suppress(OSError):
            total += int(pathlib.Path(f"/proc/{member}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total


def _seconds(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _damage(reader, whole, seed, number, folder):
    """Copies a whole file or folder into `folder` and damages one file of it.

    Returns (the path to read, the damaged file, whether its content changed).
    """
    draw = random.Random(f"{seed} {reader.name} {number}")
    shutil.rmtree(folder, ignore_errors=True)
    source = pathlib.Path(draw.choice(whole))
    path = folder / source.name
    folder.mkdir(parents=True)
    if source.is_dir():
        shutil.copytree(source, path)
    else:
        shutil.copyfile(source, path)
    file = draw.choice(_files(path, reader.damaged)) if source.is_dir() else path
    before = file.read_bytes()
    after = mutants.damaged(file.suffix, before, draw)
    file.write_bytes(after)
    if reader.after:
        reader.after(path, file)
    return path, file, before != after


def _files(folder, patterns):
    """The files of all patterns, repeated so that each pattern has about as many as the others."""
    groups = [[path for path in sorted(folder.glob(pattern)) if path.is_file()] for pattern in patterns]
    most = max(map(len, groups))
    return [path for group in groups if group for path in group * (most // len(group))]


def _read_all(reader, whole, numbers, seed, folder, pipe):
    """In a child: reads each damaged file and reports its outcome through the pipe."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    _say(pipe, "warm", None)
    _whole(reader, whole[0], folder)
    _say(pipe, "warmed", None)
    for number in numbers:
        path, file, changed = _damage(reader, whole, seed, number, folder)
        _peak_from_here()
        _say(pipe, "start", None)
        before = _peak()
        kind, wrong = _outcome(reader, path, file, changed)
        grown = _peak() - before
        if not wrong and grown > MEMORY:
            kind, wrong = "over limits", f"{grown / 2**30:.1f} GB of memory"
        _say(pipe, kind, wrong)
    return 0, None


def _whole(reader, source, folder):
    """Reads an undamaged copy, so that imports and caches do not count as a file's cost, and to see that it is read."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy = shutil.copytree if source.is_dir() else shutil.copyfile
    reader.read(pathlib.Path(copy(source, folder / source.name)))


def _outcome(reader, path, file, changed):
    try:
        said = reader.read(path)
    except CLEAR as error:
        return _judged(reader, error, path, file)
    except Exception as error:
        return "raw error", f"{file.name}: {type(error).__name__}: {str(error)[:150]}"
    if reader.verifies:
        return _verified(said, changed and reader.summed, file)
    return "read", ""


def _judged(reader, error, path, file):
    from pipelines.shared.command_line import terminal

    line = terminal.one_line(error)
    where = f"{file.name}: {type(error).__name__}: {line[:150]}"
    if reader.rows:
        return "exception of verify", where
    if isinstance(error, RAW):
        return "raw error", where
    if len(line.replace(f"{path.parent}{os.sep}", "")) > artifacts.LINE:  # the length of a path does not count
        return "long line", f"{where} ... {len(line):,} characters"
    names = {file.name, path.name, *(parent.name for parent in file.relative_to(path.parent).parents)} - {""}
    if not any(name in line for name in names):
        return "names no file", where
    return "refused", ""


def _verified(verification, must_fail, file):
    longest = max(len(check.detail) for check in verification.checks)
    if longest > artifacts.LINE:
        return "long line", f"{file.name}: a row of {longest:,} characters"
    if verification.passed and must_fail:
        return "whole though changed", f"{file.name} is not what was written"
    return "read" if verification.passed else "refused", ""


def _say(pipe, kind, wrong):
    os.write(pipe, json.dumps([kind, wrong]).encode() + b"\n")


def _peak_from_here():
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def _peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

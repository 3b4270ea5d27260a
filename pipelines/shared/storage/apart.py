"""Runs a function in a process of its own, where native code that reads foreign files may crash, grow or never end.

    with Child("my_package.matlab_files:read") as child:
        child.call("a.mat")         # what my_package.matlab_files.read("a.mat") returns
        child.call("b.mat")         # in the same process, or in a new one if the first call ended it

Arguments and results are plain data: what JSON holds, with NumPy arrays of numbers or text anywhere in it. Nothing is
pickled, since the output of a child that read a hostile file is not trusted. The imports at the top of the function's
module are part of the child's start, and do not count towards its limits.

Memory: RLIMIT_DATA, set above what is in use after the start, makes an allocation fail before any of its pages is
touched; on Linux the parent also watches the resident memory. A child dies with its parent, by a signal from the kernel
(Linux) or when its pipe closes. What it prints stays out of the terminal. Its temporary files are in a folder of the
parent's; the next parent removes what a killed one left.

Cost: a child starts in 0.1 s with NumPy, in 0.3 s with SciPy, in 4 s with TensorFlow; a call takes 0.1 ms.
"""

import contextlib
import ctypes
import importlib
import json
import os
import pathlib
import queue
import resource
import select
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback

import numpy as np

from pipelines.shared.storage import scratch

MEMORY = 2**30  # bytes above the start of a child
SECONDS = 120  # for a call
START_SECONDS = 600  # for the imports, on a busy machine
WATCHED = 0.02  # seconds between two checks of a child's memory
PRINTED = 2**20  # characters of its output that are kept
STACKS = 3 * 2**23  # bytes a core: stacks of threads count as data, and are hardly used
PLAIN = "biufcSU"  # kinds of array types that are passed on
LENGTHS = struct.Struct(">QQ")  # bytes of JSON, bytes of arrays
PR_SET_PDEATHSIG = 1


class Failed(RuntimeError):
    """The function raised an exception; `kind` is the name of its class, `printed` is what the child printed."""

    def __init__(self, message, kind, printed=""):
        super().__init__(message)
        self.kind, self.printed = kind, printed


class Died(Failed):
    """The child ended, or was ended: `kind` is "signal", "exit", "memory" or "time"."""


def run(function, *arguments, **limits):
    """The result of one call; `limits` are arguments of `Child`.

    >>> run("json:loads", "[1, 2]")
    [1, 2]
    """
    with Child(function, **limits) as child:
        return child.call(*arguments)


class Child:
    """A process that calls one function as often as asked. The first call starts it, the end of the block ends it.

    Args:
        function: "module:function".
        memory: bytes that it may use above those in use once its module is imported; None for no limit.
        seconds: the longest time that a call may take.
        who: what errors call the child.
    """

    def __init__(self, function, memory=MEMORY, seconds=SECONDS, who="its reader"):
        self.function, self.memory, self.seconds, self.who = function, memory, seconds, who
        self._process = self._folder = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def call(self, *arguments):
        """What the function returns.

        Raises:
            Failed: the function raised an exception. Died: the child crashed, or exceeded a limit; the next call
                starts a new one.
        """
        try:
            if self._process is None:
                self._start()
            self._read_printed()
            self._printed = ""
            self._send(packed(list(arguments)))
            return self._result(self._receive(self.seconds))
        except BaseException as error:  # Ctrl-C too: a child interrupted in a call cannot answer another
            if type(error) is not Failed or not self._started:
                self.close()
            raise

    def _result(self, reply):
        if "result" in reply:
            return reply["result"]
        kind, message = reply["error"]
        self._read_printed()
        raise self._died("memory") if kind == "MemoryError" else Failed(message, kind, self._printed)

    def _read_printed(self):
        """Keeps what the child has printed by now."""
        while select.select([self._process.stderr], [], [], 0)[0] and self._kept(self._process.stderr):
            pass

    def close(self):
        """Ends the child and all that it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for end in (self._process.stdin, self._process.stdout, self._process.stderr):
                end.close()
            self._folder.close()
            self._process = None

    def _start(self):
        self._folder, self._printed, self._received = contextlib.ExitStack(), "", bytearray()
        folder = self._folder.enter_context(scratch.folder())
        root = str(pathlib.Path(__file__).parents[3])
        paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            # -P: no module of the working folder is imported in place of ours.
            [sys.executable, "-P", "-m", "pipelines.shared.storage.apart", self.function, str(self.memory or 0),
             str(os.getpid())],
            env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(folder)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, process_group=0,
        )  # fmt: skip
        self._started, self._allowed = False, sys.maxsize
        self._result(self._receive(START_SECONDS))
        self._started = True
        if self.memory is not None:
            self._allowed = resident(self._process.pid) + self.memory

    def _send(self, message):
        try:
            _write(self._process.stdin.fileno(), message)
        except BrokenPipeError as error:
            raise self._died() from error

    def _receive(self, seconds):
        """The next reply; meanwhile it keeps what the child prints and watches its resident memory."""
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            ready.register(self._process.stderr, selectors.EVENT_READ)
            while (reply := self._whole()) is None:
                events = ready.select(WATCHED)
                for key, _ in events:
                    if not self._kept(key.fileobj):
                        ready.unregister(key.fileobj)
                self._check(end, events)
        return reply

    def _kept(self, pipe):
        """Reads and keeps what is in the pipe; False at the pipe's end."""
        content = os.read(pipe.fileno(), 2**20)
        if pipe is self._process.stdout:
            self._received += content
        else:
            self._printed = (self._printed + content.decode("utf-8", "replace"))[-PRINTED:]
        return bool(content)

    def _check(self, end, events):
        """Raises a `Died` for a child that exceeds its limits, or that ended without a reply."""
        if resident(self._process.pid) > self._allowed:
            raise self._died("memory")
        if time.monotonic() > end:
            raise self._died("time")
        if not events and self._process.poll() is not None:
            raise self._died()

    def _whole(self):
        """The reply if all of it has arrived, else None."""
        if len(self._received) < LENGTHS.size:
            return None
        length = LENGTHS.size + sum(LENGTHS.unpack_from(self._received))
        if self.memory is not None and length > self.memory + LENGTHS.size:
            raise self._died("memory")
        if len(self._received) < length:
            return None
        message, self._received = self._received[:length], self._received[length:]
        return unpacked(message)

    def _died(self, kind=None):
        """The error of a child that ended, or has to be ended."""
        if kind == "memory":
            said = f"needed more than {self.memory / 2**20:,.0f} MiB of memory"
        elif kind == "time":
            said = f"did not end within {self.seconds:,} s"
        else:
            code = self._process.wait()
            kind, said = ("exit", f"stopped with code {code}") if code >= 0 else ("signal", f"crashed ({_name(-code)})")
        return Died(f"{self.who} {said}", kind, self._printed)


def _name(number):
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def resident(process):
    """Bytes of resident memory of a process; 0 if the system has no /proc."""
    try:
        return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):  # no such folder, or no such process any more
        return 0


def packed(value):
    """Plain data as bytes: two lengths, JSON in which arrays are null, and the arrays one after another.

    Raises:
        TypeError: not plain data. ValueError: an array of objects.

    >>> unpacked(packed({"notes": np.arange(3), "name": "a"}))
    {'notes': array([0, 1, 2]), 'name': 'a'}
    """
    arrays = []
    plain = json.dumps(_without_arrays(value, [], arrays)).encode()
    heads = [[path, array.dtype.str, array.shape] for path, array in arrays]
    header = json.dumps(heads).encode() + b"\n" + plain
    content = [np.ascontiguousarray(array).tobytes() for _, array in arrays]
    return LENGTHS.pack(len(header), sum(map(len, content))) + header + b"".join(content)


def _without_arrays(value, path, arrays):
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in PLAIN:
            raise ValueError(f"expected an array of numbers or text, received {value.dtype}")
        arrays.append((path, value))
        return None
    if isinstance(value, dict):
        return {str(key): _without_arrays(member, [*path, str(key)], arrays) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(member, [*path, number], arrays) for number, member in enumerate(value)]
    return value.item() if isinstance(value, np.generic) else value


def unpacked(message):
    """The data in the bytes of `packed`."""
    header, _ = LENGTHS.unpack_from(message)
    start = LENGTHS.size + header
    heads, _, plain = bytes(message[LENGTHS.size : start]).partition(b"\n")
    value = {"": json.loads(plain)}
    for path, kind, shape in json.loads(heads):
        kind = np.dtype(kind)
        size = kind.itemsize * int(np.prod(shape, dtype="int64"))
        array = np.frombuffer(message[start : start + size], kind).reshape(shape)
        holder, start = value, start + size
        for step in ("", *path)[:-1]:
            holder = holder[step]
        holder[("", *path)[-1]] = array
    return value[""]


def die_with_parent():
    """Asks the kernel (Linux) to kill this process when the thread that started it ends; called in a child."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main(function, memory, parent):
    """The child: reads arguments from stdin, writes results to what was stdout."""
    die_with_parent()
    if os.getppid() != int(parent):
        sys.exit("the parent ended before its child began")
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what native code prints must not mix with replies
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    module, _, name = function.partition(":")
    _write(replies, _answered(_imported, [module, int(memory)]))
    work = getattr(sys.modules[module], name)
    for arguments in iter(_incoming(requests).get, None):
        _write(replies, _answered(work, arguments))


def _write(pipe, message):
    view = memoryview(message)
    while view:
        view = view[os.write(pipe, view) :]


def _answered(work, arguments):
    try:
        return packed({"result": work(*arguments)})
    except Exception as error:  # of any kind: the parent decides what to do
        traceback.print_exc()
        return packed({"error": [type(error).__name__, str(error)[:2000]]})


def _imported(module, memory):
    importlib.import_module(module)
    if memory:
        _limit_memory(memory)


def _limit_memory(memory):
    """Limits this process to `memory` bytes of data above what it uses now."""
    status = pathlib.Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    used = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = used + memory + STACKS * (os.cpu_count() or 1)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _incoming(requests):
    """A queue of the requests. When the parent closes the pipe, this process and all that it started are killed."""
    messages = queue.SimpleQueue()

    def read():
        with open(requests, "rb") as source:
            while len(lengths := source.read(LENGTHS.size)) == LENGTHS.size:
                messages.put(unpacked(lengths + source.read(sum(LENGTHS.unpack(lengths)))))
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=read, daemon=True).start()
    return messages


if __name__ == "__main__":
    main(*sys.argv[1:])

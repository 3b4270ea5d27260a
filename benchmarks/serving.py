"""The numbers of `unroll serve`, one command each.

    python benchmarks/serving.py load --directory FOLDER      requests a second and their times, 1, 16 and 64 clients,
                                                              joined and one by one, the two servers in turn
    python benchmarks/serving.py memory --directory FOLDER    resident memory over 100,000 requests
    python benchmarks/serving.py kill --directory FOLDER      kill -9 under load, and a new start

FOLDER holds the artifacts `sentiment` and `translation` of the built-in samples; what lacks is trained there by its
defaults, seed 0. A client is a thread of this process with one connection, which asks for one text of the sample after
another and waits for the answer; clients and servers share the machine.
"""

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pipelines
from benchmarks.machine import machine
from pipelines.shared.storage import apart

TASKS = ("sentiment", "translation")
SERVERS = {"joined": 64, "one by one": 1}  # rows that are answered together
ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--directory", type=pathlib.Path, required=True, help="holds the artifacts, or gets them")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each server, in turn")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--requests", type=int, default=100_000, help="of `memory`")
    arguments = parser.parse_args()
    for task in arguments.tasks:
        if not (arguments.directory / task / "artifact.json").exists():
            getattr(pipelines, task).train(directory=arguments.directory)
    BENCHMARKS[arguments.what](arguments)


@contextlib.contextmanager
def serving(directory, name, batch):
    """(the process of a server, its port), once it is ready."""
    command = [sys.executable, "-m", "pipelines", "serve", name, "--directory", str(directory), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen([*command, "--batch", str(batch)], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        port = int(next(filter(None, (re.search(r"^serving at .*:(\d+)/", line) for line in process.stderr)))[1])
        while not Client(port, name).ready():
            time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()


class Client:
    """One connection."""

    def __init__(self, port, name):
        self._connection, self._path = http.client.HTTPConnection("127.0.0.1", port), f"/api/artifacts/{name}:predict"

    def ready(self):
        self._connection.request("GET", "/readyz")
        answer = self._connection.getresponse()
        return answer.read() and answer.status == 200

    def ask(self, text):
        """The seconds until the answer is there."""
        started = time.perf_counter()
        self._connection.request("POST", self._path, json.dumps({"inputs": [text]}))
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}: {body[:200]}")
        return time.perf_counter() - started


def asked(port, name, clients, texts, seconds=None, requests=None):
    """(all times of answers, seconds that passed) of clients that ask side by side."""
    times, started = [], time.perf_counter()
    left = itertools.count(requests, -1) if requests else itertools.repeat(1)

    def ask(number):
        client = Client(port, name)
        for text in itertools.islice(itertools.cycle(texts), number * 7, None):
            if next(left) <= 0 or (seconds and time.perf_counter() - started > seconds):
                return
            times.append(client.ask(text))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - started


def texts_of(task):
    """Texts of the built-in sample."""
    sample = getattr(pipelines, task).task.sample.generate()
    return list(sample[0] if task == "sentiment" else sample["test"]["source"])[:500]


def load(arguments):
    for task in arguments.tasks:
        texts = texts_of(task)
        with contextlib.ExitStack() as stack:
            ports = {kind: stack.enter_context(serving(arguments.directory, task, batch))[1]
                     for kind, batch in SERVERS.items()}  # fmt: skip
            for clients in arguments.clients:
                measured = {kind: [] for kind in ports}
                for port in ports.values():
                    asked(port, task, clients, texts, seconds=1)  # the first batches of a size are traced and compiled
                for _ in range(arguments.rounds):
                    for kind, port in ports.items():
                        measured[kind].append(asked(port, task, clients, texts, arguments.seconds))
                for kind, rounds in measured.items():
                    print(f"{task}, {clients} clients, {kind}: {_said(rounds)}", flush=True)
    print(machine())


def _said(rounds):
    times = sorted(time for several, _ in rounds for time in several)
    rates = [len(several) / seconds for several, seconds in rounds]
    p50, p95, p99 = (1000 * times[min(len(times) - 1, int(part * len(times)))] for part in (0.5, 0.95, 0.99))
    return (
        f"{statistics.median(rates):,.0f} requests a second ({min(rates):,.0f} to {max(rates):,.0f}), "
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"
    )


def memory(arguments):
    for task in arguments.tasks:
        texts, parts = texts_of(task), 10
        with serving(arguments.directory, task, SERVERS["joined"]) as (process, port):
            for part in range(parts + 1):
                if part:
                    asked(port, task, 16, texts, requests=arguments.requests // parts)
                done = part * (arguments.requests // parts)
                print(f"{task}, {done:,} requests: {apart.resident(process.pid) / 2**20:,.0f} MiB", flush=True)
    print(machine())


def kill(arguments):
    for task in arguments.tasks:
        texts, before = texts_of(task), _checksums(arguments.directory / task)
        with serving(arguments.directory, task, SERVERS["joined"]) as (process, port):
            thread = threading.Thread(target=_until_gone, args=(port, task, texts), daemon=True)
            thread.start()
            time.sleep(arguments.seconds)
            os.kill(process.pid, signal.SIGKILL)
            thread.join()
        started = time.perf_counter()
        with serving(arguments.directory, task, SERVERS["joined"]) as (process, port):
            Client(port, task).ask(texts[0])
            same = _checksums(arguments.directory / task) == before
            seconds = time.perf_counter() - started
            print(f"{task}: killed under load; a new server answered {seconds:.1f} s later, files the same: {same}")
    print(machine())


def _until_gone(port, name, texts):
    with contextlib.suppress(OSError, http.client.HTTPException):
        for text in itertools.cycle(texts):
            Client(port, name).ask(text)


def _checksums(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


BENCHMARKS = {"load": load, "memory": memory, "kill": kill}

if __name__ == "__main__":
    main()

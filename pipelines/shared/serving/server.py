"""The verb `serve`: artifacts behind HTTP until the process is told to end.

pipelines.serve("mine")                   http://127.0.0.1:8501
unroll serve mine --port 8000
"""

import importlib.util
import ipaddress
import os
import socket

from pipelines.shared import messages
from pipelines.shared.arguments import Path
from pipelines.shared.artifacts import layout

NEEDED = ("fastapi", "uvicorn", "prometheus_client")
ADVICE = (
    "serve: expected the packages fastapi, uvicorn and prometheus-client; install them: pip install 'unroll-rnn[serve]'"
)
PORT = 8501  # that of TF Serving's REST interface


def serve(
    *names: str, directory: Path = "saved_models", host: str = "127.0.0.1", port: int = PORT, token: str | None = None,
    allow_hosts: tuple[str, ...] | list[str] = (), memory: float | None = None, batch: int = 64, wait: float = 2.0,
    waiting: int = 256, seconds: float = 60.0,
) -> None:  # fmt: skip
    """Serves artifacts over HTTP, with pages to look at, until Ctrl-C or SIGTERM.

    Args:
        names: of the artifacts, which are loaded at the start; without names all in the directory, at their first use.
        directory: where they are.
        host: the address to listen at; other machines can connect to another than 127.0.0.1, with a token.
        port: 0 for any that is free.
        token: who asks has to know it; by default a new one where other machines can connect, else none. The
            environment variable UNROLL_TOKEN is another way to give one.
        allow_hosts: names under which this server is asked, as behind a proxy.
        memory: GiB that artifacts may take together; by default half of this machine's.
        batch: rows that are answered together, at most; 1 for each request by itself.
        wait: milliseconds in which requests are joined.
        waiting: requests that may wait for an artifact; others are told to try again (429).
        seconds: that an answer may take (504).

    Raises:
        ModuleNotFoundError: a package is missing. FileNotFoundError: there is no such artifact.
        ValueError: a bad option. OSError: the port cannot be opened.
    """
    if not all(map(importlib.util.find_spec, NEEDED)):
        raise ModuleNotFoundError(ADVICE)
    _check_numbers(port=(port, 0, 65535), memory=(memory, 0, 2**20), batch=(batch, 1, 4096), wait=(wait, 0, 1000),
                   waiting=(waiting, 1, 2**20), seconds=(seconds, 0.1, 3600))  # fmt: skip
    names = [_found(name, directory) for name in dict.fromkeys(names)]
    from pipelines.shared.serving import asking, batching, connections, shelves, tokens  # which load FastAPI

    token = token or os.environ.get("UNROLL_TOKEN") or None
    alone = _is_loopback(host)
    token = tokens.checked(token) if token else None if alone else tokens.made()
    hosts = (*map(str.lower, allow_hosts), *([] if alone else [host, socket.gethostname()]))
    allowed = memory * 2**30 if memory else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2
    sizes = batching.Sizes(batch, wait / 1000, waiting)
    shelf = shelves.Shelf(directory, names or None, allowed, sizes)
    connections.run(shelf, asking.Limits(seconds=seconds), host, port, hosts, token)


def _found(name, directory):
    """The name, if there is such an artifact."""
    path = layout.folder_of(directory, name)
    if not (path / "artifact.json").is_file():
        there = sorted(file.parent.name for file in path.parent.glob("[!.]*/artifact.json"))
        said = f"there are: {messages.listed(there, write=str)}" if there else "there are none; train one first"
        raise FileNotFoundError(f"serve: no artifact {path.name!r} in {path.parent}; {said}")
    return path.name


def _is_loopback(host):
    """Whether only this machine can connect to the address.

    Raises:
        ValueError: a name that is no address.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise ValueError(f"host: expected an address such as 127.0.0.1 or 0.0.0.0, received {host!r:.100}") from error


def _check_numbers(**numbers):
    for name, (value, least, most) in numbers.items():
        if value is not None and not (isinstance(value, (int, float)) and least <= value <= most):
            raise ValueError(f"{name}: expected a number from {least:g} to {most:,g}, received {value!r:.100}")

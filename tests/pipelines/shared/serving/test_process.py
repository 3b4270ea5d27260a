"""The server as a process of its own: one visitor and many, slow and hostile ones, and its end."""

import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request

import httpx2
import pytest
import strangers
from conftest import running
from servers import linked, made

from pipelines.shared.command_line import terminal
from pipelines.shared.serving import server

SCRIPT = "from pipelines.shared.command_line import program; program.run()"
COUNT = 5_000  # requests of strangers
FIXTURES = {"words": "trained", "translator": "bilingual", "tunes": "tuneful", "load": "foresighted",
            "walks": "walking", "spots": "watching", "tags": "tagging"}  # fmt: skip


@pytest.fixture
def process(trained, tmp_path):
    """(a running `unroll serve`, its port)."""
    directory = linked(tmp_path, words=trained)
    words = ["serve", "words", "--directory", str(directory), "--port", "0"]
    started = running(f"import sys; sys.argv[1:] = {words!r}; {SCRIPT}")
    said = (re.search(r"^serving at http://127\.0\.0\.1:(\d+)/$", line) for line in started.stderr)
    port = int(next(filter(None, said))[1])
    yield started, port
    started.kill()
    started.communicate()


def asked(port, path, body=None):
    """(status, JSON) of a request."""
    try:
        content = body and json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", content, timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
def test_a_server_answers_many_at_once_and_ends_when_told_with_what_was_asked_answered(process, trained):
    running_server, port = process
    while asked(port, "/readyz")[0] != 200:
        time.sleep(0.1)
    texts = [f"not bad {word}" for word in ("at all", "film", "and good", "") * 16]
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        told = list(pool.map(lambda text: asked(port, "/api/artifacts/words:predict", {"inputs": [text]}), texts))
    for (status, answer), expected in zip(told, terminal.plain(trained.predict(texts)), strict=True):
        assert status == 200 and answer["answers"][0]["label"] == expected["label"]
        assert answer["answers"][0]["probability"] == pytest.approx(expected["probability"], abs=1e-6)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        long = {"inputs": ["word " * 400] * 40, "explain": True}  # takes a while
        late = pool.submit(asked, port, "/api/artifacts/words:predict", long)
        time.sleep(0.5)
        running_server.send_signal(signal.SIGTERM)
        assert late.result()[0] == 200
    assert running_server.wait(60) == 0
    with pytest.raises(urllib.error.URLError):
        asked(port, "/healthz")


@pytest.mark.slow
def test_visitors_who_send_slowly_are_cut_off_and_others_are_answered_meanwhile(process):
    _, port = process
    with contextlib.ExitStack() as stack:
        check_slow([stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(50)], port)


def check_slow(slow, port):
    started = time.monotonic()
    for number, connection in enumerate(slow):
        head = b"POST /api/artifacts/words:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
        connection.sendall(head[: 20 + number])
        connection.settimeout(60)
    assert asked(port, "/healthz")[0] == 200
    ends = [connection.recv(1000) for connection in slow]
    assert all(end == b"" or b" 408 " in end or b" 400 " in end for end in ends)
    assert time.monotonic() - started < 50
    assert asked(port, "/healthz")[0] == 200


@pytest.mark.slow
def test_after_a_kill_another_takes_its_place(process, trained, tmp_path):
    first, port = process
    assert asked(port, "/api/artifacts/words:predict", {"inputs": ["good"]})[0] == 200
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    with made(tmp_path) as client:
        assert client.post("/api/artifacts/words:predict", json={"inputs": ["good"]}).status_code == 200


@pytest.mark.slow
def test_strangers_get_an_answer_and_no_failure(request, tmp_path):
    by_name = {name: request.getfixturevalue(fixture) for name, fixture in FIXTURES.items()}
    with made(linked(tmp_path, **by_name)) as client:
        right = {name: {"inputs": client.get(f"/api/artifacts/{name}").json()["examples"]} for name in by_name}
        for seed in range(COUNT):
            check_stranger(client, seed, right, tmp_path)
        assert client.get("/healthz").status_code == 200


def check_stranger(client, seed, right, directory):
    method, path, headers, body = strangers.request(seed, right)
    try:
        request = client.build_request(method, path, headers=headers, content=body)
    except (UnicodeError, ValueError, httpx2.InvalidURL):  # the client does not send such a header or path
        return
    answer = client.send(request)
    assert answer.status_code < 500 or answer.status_code in (503, 504), (seed, answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["content-security-policy"], seed
    if answer.status_code >= 400 and method != "HEAD":
        assert list(answer.json()) == ["error"] and "\n" not in answer.json()["error"], seed
    assert str(directory) not in answer.text and "Traceback" not in answer.text, seed


def test_a_few_strangers_get_an_answer_and_no_failure(client, tmp_path):
    for seed in range(100_000, 100_060):
        check_stranger(client, seed, {"words": {"inputs": ["good", "not bad"]}}, tmp_path)


def test_options_that_do_not_fit_and_names_that_are_not_there_are_refused_before_anything_is_loaded(tmp_path):
    for options, message in (
        ({"host": "example.org"}, "host: expected an address such as 127.0.0.1"),
        ({"port": 70_000}, "port: expected a number from 0 to 65,535, received 70000"),
        ({"batch": 0}, "batch: expected a number from 1"),
        ({"token": "short"}, "token: expected 16 letters"),
    ):
        with pytest.raises(ValueError, match=message):
            server.serve(directory=tmp_path, **options)
    with pytest.raises(FileNotFoundError, match=r"serve: no artifact 'words' in .*; there are none; train one first"):
        server.serve("words", directory=tmp_path)


def test_what_is_not_installed_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(server.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'unroll-rnn\[serve\]'"):
        server.serve(directory=tmp_path)

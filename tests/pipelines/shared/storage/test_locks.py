import errno
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import threading

import pytest
from conftest import running

from pipelines.shared.artifacts import layout
from pipelines.shared.storage import locks

HOLD = r"""
import os, pathlib, sys, time
from pipelines.shared.artifacts import layout
with layout.alone(pathlib.Path(sys.argv[1]), "train"):
    if "fork" in sys.argv and os.fork() == 0:
        os.write(1, f"{os.getpid()}\n".encode())
        time.sleep(600)
    os.write(1, b"held\n")
    time.sleep(600)
"""


@pytest.fixture
def holding(tmp_path):
    process = running(HOLD, tmp_path / "mine")
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_is_told_who_the_first_is(holding, tmp_path):
    words = rf"train: another train of 'mine' is running; .*process {holding.pid} on {os.uname().nodename}, train since"
    with pytest.raises(RuntimeError, match=words), layout.alone(tmp_path / "mine", "train"):
        pass
    with layout.alone(tmp_path / "mine", "tune"), layout.alone(tmp_path / "other", "train"):
        pass


def test_a_lock_dies_with_its_process_and_what_it_left_is_taken_over(holding, tmp_path):
    assert locks.holder(tmp_path / "mine", "train")
    holding.send_signal(signal.SIGKILL)
    holding.wait()
    assert os.listdir(tmp_path) == [".mine.train.lock"]
    assert locks.holder(tmp_path / "mine", "train") is None
    (tmp_path / ".mine.train.lock").write_text('{"process": 1, "host"')
    with layout.alone(tmp_path / "mine", "train"):
        assert f"process {os.getpid()} " in locks.holder(tmp_path / "mine", "train")
    assert os.listdir(tmp_path) == []


def test_a_lock_does_not_live_on_in_forked_children(tmp_path):
    process = running(HOLD, tmp_path / "mine", "fork")
    lines = {process.stdout.readline(), process.stdout.readline()}
    child = int(next(line for line in lines if line != "held\n"))
    try:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with layout.alone(tmp_path / "mine", "train"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate()


def test_a_forked_child_that_ends_takes_no_lock_along(tmp_path):
    script = HOLD.replace("time.sleep(600)", "sys.exit()", 1)
    process = running(script, tmp_path / "mine", "fork")
    lines = {process.stdout.readline(), process.stdout.readline()}
    assert "held\n" in lines
    assert locks.holder(tmp_path / "mine", "train")
    process.kill()
    process.communicate()


def test_a_lock_does_not_live_on_in_programs_started(tmp_path):
    with layout.alone(tmp_path / "mine", "train"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    with layout.alone(tmp_path / "mine", "train"):
        pass
    child.communicate(b"\n")


def test_threads_of_one_process(tmp_path):
    refused = []

    def other():
        try:
            with layout.alone(tmp_path / "mine", "train"):
                pass
        except RuntimeError as error:
            refused.append(str(error))

    with layout.alone(tmp_path / "mine", "train"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert f"process {os.getpid()} " in refused[0]


def test_links_lead_to_the_same_lock(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "directory").symlink_to(tmp_path / "there")
    (tmp_path / "mine").symlink_to(tmp_path / "there" / "mine")
    with layout.alone(tmp_path / "directory" / "mine", "train"):
        for same in (tmp_path / "there" / "mine", tmp_path / "mine"):
            with pytest.raises(RuntimeError, match="another train of 'mine'"), layout.alone(same, "train"):
                pass


def test_whoever_writes_waits(tmp_path):
    order, begun = [], threading.Event()

    def second():
        begun.set()
        with locks.writing(tmp_path / "mine"):
            order.append("second")

    with locks.writing(tmp_path / "mine"):
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_said_once(code, tmp_path, monkeypatch, caplog):
    def none(descriptor, how):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", none)
    for _ in range(2):
        with layout.alone(tmp_path / "mine", "train"), locks.writing(tmp_path / "mine"):
            assert locks.holder(tmp_path / "mine", "train") is None
    assert len(caplog.messages) == 1
    assert "without locks" in caplog.text
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_reason_not_to_remove_something(code, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "pwrite", full)
    with layout.alone(tmp_path / "mine", "train"):
        assert "a process that did not say which" in locks.holder(tmp_path / "mine", "train")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_lock_that_another_user_left(tmp_path):
    """In a folder that many write to."""
    script = """
import os, pathlib, sys
from pipelines.shared.artifacts import layout
from pipelines.shared.storage import locks
path = pathlib.Path(sys.argv[1])
os.setuid(65534)
with layout.alone(path / "mine", "train"):
    print(locks.holder(path / "mine", "train"))
"""
    for folder in tmp_path.parents:
        if folder.owner() == pathlib.Path.home().owner() and not folder.stat().st_mode & 1:
            folder.chmod(0o711)
    tmp_path.chmod(0o777)
    (tmp_path / ".mine.train.lock").write_text("")
    (tmp_path / ".mine.train.lock").chmod(0o644)
    process = running(script, tmp_path)
    printed, errors = process.communicate()
    assert printed.startswith(f"process {process.pid} on "), errors
    assert os.listdir(tmp_path) == []


def test_a_lock_that_many_want_is_only_ever_held_by_one(tmp_path):
    """Files that are removed and made again all the time."""
    script = """
import pathlib, sys
from pipelines.shared.storage import locks
path, counter = pathlib.Path(sys.argv[1]) / "mine", pathlib.Path(sys.argv[1]) / "counter"
for _ in range(200):
    with locks.writing(path):
        counter.write_text(str(int(counter.read_text()) + 1))
"""
    (tmp_path / "counter").write_text("0")
    processes = [running(script, tmp_path) for _ in range(3)]
    for process in processes:
        assert process.wait() == 0, process.communicate()[1]
        process.communicate()
    assert (tmp_path / "counter").read_text() == "600"

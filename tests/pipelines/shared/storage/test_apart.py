"""What runs in a process of its own: its results, its limits, its death and that of its parent."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pipelines.shared.storage import apart, scratch

STRAY = '''
import os, signal, subprocess, sys, time
import numpy as np


def echo(value):
    return value


def process(value):
    return os.getpid()


def ends(how):
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "exit":
        os._exit(3)
    if how == "allocate":
        np.ones(2**29)
    if how == "print and fail":
        os.write(1, b"native words")
        print("more words")
        raise FileNotFoundError(2, "no such file", "x.mat")
    while how == "loop":
        pass
    while how == "print for ever":
        print("x" * 1000)
    return how


def leaves(file):
    """A process of its own that sleeps, and a temporary file; tells their names and sleeps as well."""
    import tempfile
    from pipelines.shared.storage import apart
    other = subprocess.Popen(["sleep", "1000"], preexec_fn=apart.die_with_parent)
    with open(file + ".part", "w") as words:
        words.write(f"{os.getpid()} {other.pid} {tempfile.mkdtemp()}")
    os.replace(file + ".part", file)
    time.sleep(1000)


def objects():
    return np.array([{}], object)
'''


@pytest.fixture(autouse=True)
def stray(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "stray.py").write_text(STRAY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "code"), prepend=os.pathsep)


def same(one, other):
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for each, its in zip(one, other, strict=True):
            same(each, its)
    else:
        assert one == other


def test_plain_data_goes_there_and_comes_back():
    value = {
        "texts": np.array(["a", "é\ud800", ""]),
        "nested": [
            {"bytes": np.frombuffer(b"\0\xff", "uint8")},
            None,
            [np.zeros((0, 3)), 2**70, "\udc80", float("inf")],
        ],
        "": np.array(3.5),
        "scalar": True,
    }
    same(apart.run("stray:echo", value), value)
    same(apart.unpacked(apart.packed(np.arange(6).reshape(2, 3)[:, ::2])), np.array([[0, 2], [3, 5]]))


def test_one_process_serves_all_calls_until_it_dies():
    with apart.Child("stray:process") as child:
        first = child.call(1)
        assert child.call(2) == first != os.getpid()
        os.kill(first, signal.SIGKILL)
        with pytest.raises(apart.Died, match="SIGKILL"):
            child.call(3)
        assert child.call(4) != first
    with pytest.raises(ProcessLookupError):  # waited for: not even a zombie is left
        os.kill(first, 0)


@pytest.mark.parametrize(
    "how, kind, message",
    [
        ("crash", "signal", r"its reader crashed \(SIGSEGV\)"),
        ("exit", "exit", "its reader stopped with code 3"),
        ("allocate", "memory", "its reader needed more than 256 MiB of memory"),
        ("loop", "time", "its reader did not end within 1 s"),
        ("print for ever", "time", "its reader did not end within 1 s"),
    ],
)
def test_a_death_is_one_line_and_the_next_call_works(how, kind, message, capfd):
    with apart.Child("stray:ends", memory=2**28, seconds=1) as child:
        with pytest.raises(apart.Died, match=f"^{message}$") as died:
            child.call(how)
        assert died.value.kind == kind
        assert child.call("well") == "well"
    assert capfd.readouterr() == ("", "")


def test_an_exception_is_told_with_its_kind_and_what_was_printed(capfd):
    with apart.Child("stray:ends") as child:
        for _ in range(2):
            with pytest.raises(apart.Failed, match=r"no such file: 'x\.mat'") as failed:
                child.call("print and fail")
    assert failed.value.kind == "FileNotFoundError"
    assert failed.value.printed.startswith("native words")
    assert "more words" in failed.value.printed and "in ends" in failed.value.printed  # and the traceback
    assert failed.value.printed.count("more words") == 1  # of this call alone
    assert not isinstance(failed.value, apart.Died)
    assert capfd.readouterr() == ("", "")


def test_objects_are_no_plain_data():
    with pytest.raises(apart.Failed, match="array of numbers or text, received object"):
        apart.run("stray:objects")


def test_a_module_that_cannot_be_imported_is_told():
    with pytest.raises(apart.Failed, match="No module named 'absent'"):
        apart.run("absent:read")


def test_memory_that_is_touched_bit_by_bit_is_seen(monkeypatch):
    """As on a system whose limits do not count it."""
    monkeypatch.setattr(apart, "resident", lambda process: 2**40 * (process > 1))
    with apart.Child("stray:ends", memory=-(2**39)) as child, pytest.raises(apart.Died, match="of memory"):
        child.call("loop")


def gone(process):
    state = pathlib.Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.skipif(sys.platform != "linux", reason="by way of /proc")
def test_the_child_its_own_children_and_its_files_do_not_outlive_the_parent(kill, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    file = tmp_path / "names"
    root = str(pathlib.Path(apart.__file__).parents[3])
    code = f"import sys; sys.path.append({root!r}); import signal; signal.signal(2, signal.default_int_handler)\n"
    code += f"from pipelines.shared.storage import apart; apart.run('stray:leaves', {str(file)!r})"
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    while not file.exists():
        assert parent.poll() is None
        time.sleep(0.01)
    parent.send_signal(kill)
    printed = parent.communicate()[1].decode()
    child, other, folder = file.read_text().split()
    end = time.monotonic() + 300
    while not (gone(child) and gone(other)):
        assert time.monotonic() < end
        time.sleep(0.01)
    if kill == signal.SIGINT:
        assert re.search("KeyboardInterrupt$", printed.strip())
    monkeypatch.setattr("tempfile.tempdir", None)
    with scratch.folder() as mine:
        assert [mine] == list((tmp_path / "temporary").glob("*"))  # the next one cleared up
    assert not pathlib.Path(folder).exists()


def test_a_folder_in_use_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch.folder() as used:
        os.utime(used, (0, 0))
        with scratch.folder() as other:
            assert used.exists() and other.exists()
    assert not list(tmp_path.glob("unroll*"))

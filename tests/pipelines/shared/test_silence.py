"""What is written while TensorFlow loads: nothing of its chatter, and nothing else lost."""

import os
import subprocess
import sys

import pipelines
from pipelines.shared import progress, silence
from pipelines.shared.screens import streams

CHATTER = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795687493.051954   24193 port.cc:153] oneDNN custom operations are on.\n"
    b"E0000 00:00:1795687497.477230   24193 cuda_platform.cc:52] failed call to cuInit\n"
    b"2024-03-01 10:00:00.123456: I tensorflow/core/util/port.cc:113] oneDNN custom operations are on.\n"
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\n"
)


def test_chatter_is_dropped_and_the_rest_comes_afterwards(capfd):
    with silence.stderr():
        os.write(2, CHATTER + b"a warning of another library\n")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "a warning of another library\n"
    try:
        with silence.stderr():
            os.write(2, CHATTER)
            raise ImportError
    except ImportError:
        assert capfd.readouterr().err == CHATTER.decode()


class Stderr:
    """The process's stderr, whatever a test stands in for it."""

    encoding = "utf-8"

    def fileno(self):
        return 2


def test_progress_is_written_meanwhile(capfd, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Stderr())
    with silence.stderr():
        stream = streams.own(sys.stderr)
        stream.write("loading\n")
        stream.flush()
        assert capfd.readouterr().err == "loading\n"
    stream.write("loaded\n")
    stream.close()
    assert capfd.readouterr().err == "loaded\n"
    with progress.session():
        progress.line("line")
    assert capfd.readouterr().err == "line\n"


def run(code, **environment):
    """(stdout, stderr) of a process that runs some code with this environment."""
    kept = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    root = os.path.dirname(os.path.dirname(pipelines.__file__))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": root, **environment}, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return done.stdout, done.stderr


def test_python_is_as_silent_as_the_command_line():
    code = "import pipelines; from pipelines.sentiment import network; import logging; print(logging.getLogger().level)"
    assert run(code) == ("30\n", "")


def test_who_asks_for_the_chatter_has_it():
    stdout, stderr = run("import pipelines, os, tensorflow; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])",
                         TF_CPP_MIN_LOG_LEVEL="0")  # fmt: skip
    assert stdout == "0\n"
    assert "oneDNN" in stderr


def test_importing_the_package_loads_and_prints_nothing():
    heavy = "{'numpy', 'tensorflow', 'keras', 'rich', 'tempfile'}"
    assert run(f"import pipelines, sys; print(sorted({heavy} & set(sys.modules)))") == ("[]\n", "")

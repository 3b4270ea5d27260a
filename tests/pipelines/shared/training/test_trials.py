import errno
import json
import os
import shutil
import subprocess
import sys

import pytest
from test_tuning import scores, tune  # noqa: F401

from pipelines.shared.training import trials as kept_trials

pytestmark = [  # Keras Tuner 1.4
    pytest.mark.filterwarnings("ignore:currentThread:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:getName:DeprecationWarning"),
]
CALLS = {
    "random": {"algorithm": "random", "trials": 4},
    "bayesian": {"algorithm": "bayesian", "trials": 4, "space": {"dropout": (0.0, 0.5)}},  # the last by the process
    "hyperband": {"algorithm": "hyperband", "epochs": 3},
}
EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove"}
happens = {"folder": None, "stop": None}  # what the one audit hook does: counts, and stops by raising


class Stopped(BaseException):
    """A kill, as far as one process can have it."""


def watch(event, arguments):
    if happens["folder"] is None or event not in EVENTS:
        return
    path = str(arguments[0])
    if not path.startswith(happens["folder"]) or "mine.tuning" not in path:
        return
    if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        return
    happens["events"].append((event, *map(str, arguments[:2])))
    if len(happens["events"]) == happens["stop"]:
        raise Stopped


sys.addaudithook(watch)


@pytest.fixture
def watched(tmp_path):
    """What happens to files below the folder is noted; the one numbered `stop` does not happen."""

    def begin(stop=None):
        happens.update(folder=str(tmp_path), stop=stop, events=[])
        return happens["events"]

    yield begin
    happens["folder"] = None


def rows(result):
    return [(trial["trial"], trial["status"], trial["settings"], trial["score"]) for trial in result.trials]


@pytest.mark.parametrize("algorithm", CALLS)
def test_every_file_is_written_aside(algorithm, scores, tmp_path, watched):  # noqa: F811
    """Also by a newer Keras Tuner: nothing is opened for writing but what is renamed afterwards."""
    events = watched()
    tune(tmp_path, **CALLS[algorithm])
    opened = [path for event, path, *_ in events if event == "open"]
    assert len(opened) > 8 and all(path.endswith(".partial") for path in opened)


@pytest.mark.parametrize(
    "algorithm", [pytest.param(one, marks=[] if one == "hyperband" else pytest.mark.slow) for one in CALLS]
)
def test_stopped_at_each_file_event_it_ends_as_if_never_stopped(algorithm, scores, tmp_path, watched):  # noqa: F811
    expected = tune(tmp_path / "whole", **CALLS[algorithm])
    asked = len(scores.asked)
    events = watched()
    tune(tmp_path / "counted", **CALLS[algorithm])
    every = {"random": 2, "hyperband": 5, "bayesian": 25}[algorithm]  # a Gaussian process takes its time
    for stop in range(len(events), 0, -every):
        directory = tmp_path / str(stop)
        scores.asked.clear()
        watched(stop)
        with pytest.raises(Stopped):
            tune(directory, **CALLS[algorithm])
        watched()
        result = tune(directory, **CALLS[algorithm])
        assert rows(result) == rows(expected), stop
        assert len(scores.asked) <= asked + 1  # the one that was cut off, twice
        assert not list(directory.rglob("*.partial"))
        watched()
        assert rows(tune(directory, **CALLS[algorithm])) == rows(expected)  # all done: the same again
        shutil.rmtree(directory)


DAMAGES = {
    "empty": b"",
    "half": b'{"trial_id": "1", "hyperpar',
    "other": b"[]",
    "bytes": b"\xff\xfe\x00",
    "text": b'{"trial_id": "1", "hyperparameters": "none", "status": "COMPLETED"}',
    "deep": b"[" * 100_000,
}


def trial_file(directory, number):
    return next(
        path for path in directory.glob("mine.tuning/trial_*/trial.json") if int(path.parent.name[6:]) == number
    )


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("algorithm", ["random", "hyperband"])
def test_damaged_trial_is_set_aside_and_its_place_filled(algorithm, damage, scores, tmp_path, caplog):  # noqa: F811
    before = rows(tune(tmp_path, **CALLS[algorithm]))
    trial_file(tmp_path, 1).write_bytes(DAMAGES[damage])
    scores.asked.clear()
    after = rows(tune(tmp_path, **CALLS[algorithm]))
    assert [row for row in after if int(row[0]) != 1] == [row for row in before if int(row[0]) != 1]
    assert after[1][1] == "completed" and after[1][2] != before[1][2] and len(scores.asked) == 1
    said = [record.message for record in caplog.records if "damaged" in record.message]
    assert len(said) == 1 and "trial_" in said[0] and len(said[0]) < 500
    assert [path.name for path in tmp_path.glob("mine.tuning/damaged/*/*")] == ["trial.json"]
    scores.asked.clear()
    assert rows(tune(tmp_path, **CALLS[algorithm])) == after and not scores.asked


@pytest.mark.parametrize("algorithm", ["random", "hyperband"])
@pytest.mark.parametrize("number", [0, 3, 5])
def test_any_trial_may_be_lost(algorithm, number, scores, tmp_path):  # noqa: F811
    call = {**CALLS[algorithm], **({"trials": 6} if algorithm == "random" else {})}
    before = tune(tmp_path, **call)
    shutil.rmtree(trial_file(tmp_path, number).parent)
    after = tune(tmp_path, **call)
    assert len(after.trials) == len(before.trials)
    assert {trial["status"] for trial in after.trials} == {"completed"}
    if algorithm == "hyperband":
        assert [trial["epochs"] for trial in after.trials] == [trial["epochs"] for trial in before.trials]


@pytest.mark.parametrize("content", [None, *DAMAGES.values(), b'{"seed_state": "many"}'])
@pytest.mark.parametrize("algorithm", ["random", "hyperband"])
def test_oracle_is_rebuilt_from_the_trials(algorithm, content, scores, tmp_path):  # noqa: F811
    """Cut off after two trials: the search ends with the very settings that it would have had."""
    call = CALLS[algorithm]
    expected = tune(tmp_path / "whole", **call)
    scores.asked.clear()
    with pytest.raises(KeyboardInterrupt):
        interrupted(scores, tmp_path, call)
    file = tmp_path / "mine.tuning" / "oracle.json"
    file.unlink() if content is None else file.write_bytes(content)
    scores.score = lambda config: config.dropout
    assert rows(tune(tmp_path, **call)) == rows(expected)
    assert tune(tmp_path, **call).trials == expected.trials


def interrupted(scores, directory, call):  # noqa: F811
    def score(config):
        if len(scores.asked) == 3:
            raise KeyboardInterrupt
        return config.dropout

    scores.score = score
    tune(directory, **call)


@pytest.mark.parametrize("content", [None, b"", b"[1]"])
def test_settings_that_are_lost_are_presumed_and_said(content, scores, tmp_path, caplog):  # noqa: F811
    before = rows(tune(tmp_path, **CALLS["random"]))
    file = tmp_path / "mine.tuning" / "settings.json"
    file.unlink() if content is None else file.write_bytes(content)
    assert rows(tune(tmp_path, **CALLS["random"])) == before
    assert caplog.text.count("its trials are taken to be of the settings and data given now") == 1
    assert json.loads(file.read_text())["algorithm"] == "random"


def test_trials_that_the_search_could_not_have_made_are_set_aside(scores, tmp_path, caplog):  # noqa: F811
    tune(tmp_path, **CALLS["random"])
    (tmp_path / "mine.tuning" / "settings.json").unlink()
    result = tune(tmp_path, **{**CALLS["random"], "space": {"dropout": (0.6, 0.9), "clip_norm": [None, 1.0]}})
    assert len(result.trials) == 4 and all(trial["settings"]["dropout"] >= 0.6 for trial in result.trials)
    assert caplog.text.count("the search goes on") == 4


def test_damaged_best_json_is_written_anew(scores, tmp_path):  # noqa: F811
    result = tune(tmp_path, **CALLS["random"])
    (tmp_path / "mine.tuning" / "best.json").write_bytes(b"")
    tune(tmp_path, **CALLS["random"])
    assert json.loads((tmp_path / "mine.tuning" / "best.json").read_text())["dropout"] == result.best["dropout"]


def test_full_disk_stops_the_search_and_no_trial_fails_of_it(scores, tmp_path):  # noqa: F811
    expected = tune(tmp_path / "whole", **CALLS["random"])
    scores.asked.clear()
    scores.score = lambda config: OSError(errno.ENOSPC, "No space left on device") if len(scores.asked) == 3 else 0.5
    with pytest.raises(OSError, match=r"the disk is full; free some space.*The trials are kept in"):
        tune(tmp_path, **CALLS["random"])
    assert len(scores.asked) == 3
    result = tune(tmp_path, **CALLS["random"])
    assert [trial["settings"] for trial in result.trials] == [trial["settings"] for trial in expected.trials]
    assert {trial["status"] for trial in result.trials} == {"completed"}


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small disk")
@pytest.mark.parametrize("room", [1, 2, 3, 5])
def test_full_disk_at_any_file(room, scores, tmp_path):  # noqa: F811
    """A disk with so few free pages fills up while the trials are written."""
    expected = tune(tmp_path / "whole", **CALLS["random"])
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        (disk / "ballast").write_bytes(bytes((16 - room) * 4096))
        with pytest.raises(OSError, match="the disk is full"):
            tune(disk, **CALLS["random"])
        (disk / "ballast").unlink()
        assert rows(tune(disk, **CALLS["random"])) == rows(expected)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_search_that_0_1_0_left_after_a_full_disk(scores, tmp_path):  # noqa: F811
    """Empty files where Keras Tuner wrote in place, and trials that failed of the disk."""
    tune(tmp_path, **CALLS["random"])
    folder = tmp_path / "mine.tuning"
    (folder / "tuner0.json").write_text("")
    (folder / "oracle.json").write_text("")
    trial_file(tmp_path, 3).write_text("")
    full = json.loads(trial_file(tmp_path, 2).read_text())
    full.update(status="FAILED", score=None, message="Traceback\nOSError: [Errno 28] No space left on device\n")
    trial_file(tmp_path, 2).write_text(json.dumps(full))
    scores.asked.clear()
    result = tune(tmp_path, **CALLS["random"])
    assert [trial["status"] for trial in result.trials] == ["completed"] * 4 and len(scores.asked) == 2


def test_lost_trial_of_a_space_without_others(scores, tmp_path):  # noqa: F811
    call = {"algorithm": "random", "trials": 9, "space": {"clip_norm": [None, 1.0, 2.0]}}
    before = tune(tmp_path, **call)
    assert len(before.trials) == 3
    trial_file(tmp_path, 0).write_text("")
    for _ in range(2):
        assert [trial["status"] for trial in tune(tmp_path, **call).trials][1:] == ["completed"] * 2
    trial_file(tmp_path, 2).write_text("")
    assert len(tune(tmp_path, **call).trials) == 3


def test_search_under_way_is_not_disturbed_by_another(scores, tmp_path):  # noqa: F811
    def score(config):
        with pytest.raises(RuntimeError, match=r"another tune of 'mine' is running.*process \d+"):
            tune(tmp_path, **{**CALLS["random"], "trials": 9})
        return config.dropout

    scores.score = score
    assert len(tune(tmp_path, **CALLS["random"]).trials) == 4


TRACEBACK = "Traceback (most recent call last):\n  File 'a.py', line 1\n    x = f(x)\n"
GRAPH = "Graph execution error:\n\nDetected at node Add defined at (most recent call last):\n  File 'a.py'\n\n"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (None, "cut off"),
        ("", "cut off"),
        (f"{TRACEBACK}FloatingPointError: too far\n", "FloatingPointError: too far"),
        (f"{TRACEBACK}MemoryError\n", "MemoryError"),
        (f"{TRACEBACK}a.b.LastError: one\nHint: two [Op:X]\n", "a.b.LastError: one"),
        (
            f"{TRACEBACK}tf.ResourceExhaustedError: {GRAPH}OOM when allocating tensor with shape[9]\n\t [[{{node}}]]\n",
            "tf.ResourceExhaustedError: OOM when allocating tensor with shape[9]",
        ),
        (f"{TRACEBACK}ValueError: {'long ' * 1000}\n", f"ValueError: {'long ' * 1000}"[:200] + "..."),
    ],
)
def test_error_of_a_trial_in_one_line(message, words):
    assert kept_trials.error(message) == words


def test_memory_that_gives_out_is_said(scores, tmp_path, caplog):  # noqa: F811
    scores.score = lambda config: MemoryError("Unable to allocate 7 TiB") if len(scores.asked) == 1 else 0.5
    tune(tmp_path, **CALLS["random"])
    assert "1 of 4 trials failed: MemoryError: Unable to allocate 7 TiB" in caplog.text

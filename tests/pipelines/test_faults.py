"""What `benchmarks/faults.py` is made of: a few damaged files and cut-off file events through its own code."""

import os
import pathlib
import random
import subprocess
import sys
import zipfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))
from benchmarks.breaking import children, events, mutants

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz", ".mat", ".mid"])
def test_damage_is_drawn_by_the_seed(suffix, tmp_path):
    import numpy as np

    file = tmp_path / "one.npz"
    np.savez(file, one=np.eye(88))
    content = {".json": b'{"a": [1, {"b": 2}]}', ".npz": file.read_bytes()}.get(suffix, b"text,label\ngood,1\nbad,0\n")
    once, again = (
        [mutants.damaged(suffix, content, random.Random(f"0 {number}")) for number in range(1, 8)] for _ in range(2)
    )
    assert all(one == other for one, other in zip(once, again, strict=True))
    assert sum(one != content for one in once) > 4


def test_a_damaged_member_of_an_archive_has_its_right_checksum(tmp_path):
    file = tmp_path / "one.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("one.json", '{"a": 1}')
    whole = 0
    for number in range(20):
        (tmp_path / "damaged.zip").write_bytes(mutants.damaged_zip(file.read_bytes(), random.Random(number)))
        whole += zipfile.is_zipfile(tmp_path / "damaged.zip")
    assert whole > 10


def _written(scissors, folder, at):
    with scissors.cutting(folder, at):
        try:
            (folder / "new").write_text("new")
            os.replace(folder / "new", folder / "old")
        finally:
            (folder / "old").unlink()
    return {path.name: path.read_text() for path in folder.iterdir()}


def _cuts(folder):
    scissors, found = events.Scissors(), []
    for at in range(4):
        for path in folder.iterdir():
            path.unlink()
        (folder / "old").write_text("old")
        found.append(_written(scissors, folder, at))
    return 0, found


@pytest.mark.slow
def test_from_a_cut_on_nothing_happens_on_disk(tmp_path):
    child = children.run(_cuts, tmp_path, temporary=tmp_path.with_name("temporary"))
    assert child.code == 0, child.errors
    assert child.result == [{"old": "old"}, {"old": "old", "new": ""}, {"old": "old", "new": "new"}, {"old": "new"}]


def test_a_child_that_is_killed_or_fails_says_so():
    import time

    child = children.start(time.sleep, 60)
    assert child.kill()
    assert child.wait() == children.DEAD
    assert children.run(int, "no number").code == 70


def test_a_few_of_the_faults(tmp_path):
    """The command itself, on what is read quickly."""
    command = [sys.executable, ROOT / "benchmarks" / "faults.py", "mutations", "--count", "4"]
    done = subprocess.run(
        [*command, "--only", ".mid", ".csv", ".jsonl", ".txt of", "--jobs", "1"],
        env={**os.environ, "TMPDIR": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "| .csv | 4 of 4 |" in done.stdout
    assert not list(tmp_path.iterdir())

"""Baselines on disk, of every task: what is missing or damaged is said in the same words."""

import zipfile

import numpy as np
import pytest

import pipelines
from pipelines.shared.storage import baseline_files

each_task = pytest.mark.parametrize("task", pipelines.TASKS)


def test_what_is_saved_is_plain_arrays_and_is_read_back(tmp_path):
    arrays = {"counts": np.arange(6).reshape(2, 3), "rule": 2}
    baseline_files.save(tmp_path / "new", arrays)
    again = baseline_files.load(tmp_path / "new")
    assert set(again) == {"counts", "rule"} and int(again["rule"]) == 2
    np.testing.assert_array_equal(again["counts"], arrays["counts"])
    with zipfile.ZipFile(tmp_path / "new" / baseline_files.FILE_NAME) as file:
        assert sorted(file.namelist()) == ["counts.npy", "rule.npy"]


def test_a_pickle_is_damage_and_is_not_run(tmp_path):
    np.savez(tmp_path / baseline_files.FILE_NAME, counts=np.array([print], object))
    with pytest.raises(ValueError, match=r"baselines\.npz, found a damaged file"):
        baseline_files.load(tmp_path)


@each_task
def test_no_file_and_a_damaged_one_are_said_alike_by_each_task(task, tmp_path):
    load, path = getattr(pipelines, task).task.baselines.load, tmp_path / baseline_files.FILE_NAME
    with pytest.raises(FileNotFoundError) as missing:
        load(tmp_path)
    assert str(missing.value) == f"Expected baselines in {path}, found no file. Train the artifact again."
    said = f"Expected baselines in {path}, found a damaged file. Train the artifact again."
    np.savez(path, other=np.zeros(3))
    for content in (b"", b"garbage", path.read_bytes()[:60], path.read_bytes()):  # the last: none of its arrays
        path.write_bytes(content)
        with pytest.raises(ValueError, match="damaged") as damaged:
            load(tmp_path)
        assert str(damaged.value) == said

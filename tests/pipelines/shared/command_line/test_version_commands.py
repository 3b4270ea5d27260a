"""unroll list, unroll TASK list, restore and remove."""

import json
import os

import pytest
from artifacts_on_disk import content, export, old, sealed
from conftest import output

import pipelines
from pipelines.shared.command_line import program


@pytest.fixture
def directory(tmp_path):
    """Versions of `mine`, a tune, one of 0.1.0, one that is damaged."""
    for letter in "abc":
        sealed(tmp_path / "mine", letter)
    (tmp_path / "mine" / "metrics.json").write_text('{"examples": 10.0, "accuracy": 0.75}')
    export(tmp_path / "mine.versions" / "2", 2)
    sealed(tmp_path / "tune", "t", task="music")
    old(tmp_path / "before", "x", 3, served=[4])
    sealed(tmp_path / "spoilt", "y")
    (tmp_path / "spoilt" / "artifact.json").write_text("{")
    (tmp_path / "mine.training").mkdir()
    (tmp_path / "notes.txt").write_text("")
    return tmp_path


def unroll(*words, directory):
    return program.main([*words, "--directory", str(directory)])


def printed(*words, directory, capsys):
    assert unroll(*words, "--json", directory=directory) == 0
    return json.loads(capsys.readouterr().out)


def test_list(directory, capsys):
    found = printed("list", directory=directory, capsys=capsys)["artifacts"]
    assert [(row["name"], row["version"], row["in_use"]) for row in found] == [
        ("before", 4, True), ("mine", 3, True), ("mine", 2, False), ("mine", 1, False), ("spoilt", 1, True),
        ("tune", 1, True),
    ]  # fmt: skip
    by_name = {(row["name"], row["version"]): row for row in found}
    assert by_name["mine", 3]["metric"] == ["accuracy", 0.75]
    assert "metrics.json is damaged" in by_name["mine", 3]["damage"]
    assert by_name["mine", 2]["exports"] == ["serving/2"]
    assert by_name["mine", 2]["damage"] == ""
    assert "artifact.json is damaged" in by_name["spoilt", 1]["damage"]
    assert all(row["trained"] for row in found)
    assert unroll("list", directory=directory) == 0
    text = capsys.readouterr().out
    assert "accuracy 0.7500" in text and "serving/2" in text and "in use; damaged: " in text


def test_list_of_a_task(directory, capsys):
    found = printed("music", "list", directory=directory, capsys=capsys)["artifacts"]
    assert [row["name"] for row in found] == ["spoilt", "tune"]  # whose task cannot be read is not kept quiet
    rows = pipelines.music.list(directory=directory)
    assert [row.name for row in rows] == ["spoilt", "tune"]


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_list(there, tmp_path, capsys):
    directory = tmp_path if there else tmp_path / "nowhere"
    assert unroll("list", directory=directory) == 0
    assert capsys.readouterr().out == f"no artifacts in {directory}\n"


def test_restore_and_remove(directory, capsys):
    mine = directory / "mine"
    sealed(mine, "d", "all")
    words = ["sentiment", "restore", "--name", "mine", "--version", "2"]
    assert printed(*words, directory=directory, capsys=capsys) == {"path": str(mine), "version": 2}
    assert content(mine) == "b"
    assert unroll("sentiment", "remove", "--name", "mine", "--version", "1", directory=directory) == 0
    assert capsys.readouterr().out == "removed: version 1\n"
    assert unroll("sentiment", "remove", "--name", "mine", "--version", "2", directory=directory) == 1
    error = capsys.readouterr().err
    assert "version 2 was exported" in error and "--force" in error and len(error.splitlines()) == 1
    forced = ["sentiment", "remove", "--name", "mine", "--version", "2", "--force"]
    assert printed(*forced, directory=directory, capsys=capsys) == {"name": "mine", "removed": [2]}
    assert content(mine) == "d"
    assert unroll("music", "remove", "--name", "tune", directory=directory) == 1
    assert "no other is left" in capsys.readouterr().err
    assert unroll("music", "remove", "--name", "tune", "--force", directory=directory) == 0
    assert not (directory / "tune").exists()


def test_remove_needs_a_name(directory, capsys):
    with pytest.raises(SystemExit) as stopped:
        unroll("sentiment", "remove", directory=directory)
    assert stopped.value.code == 2


def test_the_same_in_python(directory):
    assert pipelines.sentiment.remove("mine", 1, directory=directory) == [1]
    with pytest.raises(ValueError, match="force=True"):
        pipelines.sentiment.remove("mine", 2, directory=directory)
    with pytest.raises(FileNotFoundError, match="no version 9 of 'mine'"):
        pipelines.sentiment.restore("mine", 9, directory=directory)
    with pytest.raises(FileNotFoundError, match=r"no version 9 of 'mine' in .*; there are: 2, 3"):
        pipelines.sentiment.predict(["good"], name="mine", version=9, directory=directory)


def test_no_tensorflow(tmp_path):
    sealed(sealed(tmp_path / "mine", "a"), "b")
    script = """
import sys
from pipelines.shared.command_line import program
place = ["--directory", sys.argv[1]]
assert program.main(["list", *place]) == 0
assert program.main(["sentiment", "restore", "--name", "mine", *place]) == 0
assert program.main(["sentiment", "remove", "--name", "mine", "--version", "2", *place]) == 0
assert not {"tensorflow", "keras"} & set(sys.modules)
"""
    assert "version 1 is in use" in output(script, tmp_path)
    assert os.listdir(tmp_path / "mine.versions") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keep", "0"], "keep: expected a number of versions of at least 1, or 'all', received 0"),
        (["--keep", "some"], "received 'some'; the setting of that name: 'start' or 'end'"),
    ],
)
def test_a_keep_that_makes_no_sense(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main(["sentiment", "train", *arguments])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err

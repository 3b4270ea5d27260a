import errno
import json
import os
import tokenize

import pytest
from artifacts_on_disk import sealed

from pipelines.shared.artifacts import layout, succession


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_whole_artifact_opens(tmp_path):
    assert layout.opened(sealed(tmp_path / "mine"), "sentiment")["task"] == "sentiment"


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", ".hidden", "-x", "a b", "x\n", "x.training", "x.tuning", "x.versions", None, 3]
)
def test_bad_names_are_refused(name):
    with pytest.raises(ValueError, match="name: expected letters, digits"):
        layout.folder_of("saved_models", name)


@pytest.mark.parametrize("name", ["mine", "Größe_2", "v1.2-b", "mine.previous", "7"])
def test_good_names(name, tmp_path):
    assert layout.folder_of(tmp_path, name) == tmp_path / name


def test_letters_however_they_are_composed(tmp_path):
    assert layout.folder_of(tmp_path, "Gro\u0308ße") == layout.folder_of(tmp_path, "Gr\u00f6ße")


@pytest.mark.parametrize("name", layout.CHECKED)
def test_missing_file(name, tmp_path):
    path = sealed(tmp_path / "mine")
    (path / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing; train again"):
        layout.opened(path, "sentiment")


@pytest.mark.parametrize("name", layout.CHECKED)
@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_damaged_file(name, damage, tmp_path):
    path = sealed(tmp_path / "mine")
    content = bytearray((path / name).read_bytes())
    if damage == "flipped":
        content[3] ^= 1
    (path / name).write_bytes(content[:-1] if damage == "truncated" else content)
    with pytest.raises(ValueError, match=f"{name} is damaged"):
        layout.opened(path, "sentiment")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "task": "sentiment", "sha256": {}}']
)
def test_damaged_artifact_json(content, tmp_path):
    path = sealed(tmp_path / "mine")
    (path / "artifact.json").write_text(content)
    with pytest.raises(ValueError, match=r"artifact\.json is damaged; train again"):
        layout.opened(path, "sentiment")


def test_missing_artifact_json(tmp_path):
    path = sealed(tmp_path / "mine")
    (path / "artifact.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"artifact\.json is missing"):
        layout.opened(path, "sentiment")


def test_newer_format_and_other_task(tmp_path):
    path = sealed(tmp_path / "mine")
    with pytest.raises(ValueError, match="expected an artifact of the task tagging, received one of sentiment"):
        layout.opened(path, "tagging")
    (path / "artifact.json").write_text(json.dumps({"format": 2, "all": "else may be different"}))
    with pytest.raises(ValueError, match="expected format 1, received 2; update Unroll"):
        layout.opened(path, "sentiment")


def test_absent_artifact_says_what_there_is_and_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Train one first: pipelines\.sentiment\.train\(name='mine'\)"):
        layout.opened(tmp_path / "mine", "sentiment")
    sealed(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="There are: other"):
        layout.opened(tmp_path / "mine", "sentiment")
    layout.open_training(tmp_path / "mine", {}, resume=False)
    with pytest.raises(FileNotFoundError, match="cut off; go on with: unroll sentiment train --name mine --resume"):
        layout.opened(tmp_path / "mine", "sentiment")


@pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), RuntimeError()])
def test_what_stops_a_writing_leaves_the_old_artifact_and_nothing_else(stop, tmp_path):
    before = tree(sealed(tmp_path / "mine"))
    with pytest.raises(type(stop)), succession.replacing(tmp_path / "mine") as folder:
        (folder / "config.json").write_text("half")
        raise stop
    assert tree(tmp_path / "mine") == before
    assert os.listdir(tmp_path) == ["mine"]


@pytest.mark.parametrize("left", [".mine.partial", ".mine.train.partial", ".mine.removed"])
def test_what_a_kill_left_does_not_get_into_the_next_artifact(left, tmp_path):
    (tmp_path / left).mkdir()
    (tmp_path / left / "stale").write_text("")
    assert "stale" not in tree(sealed(tmp_path / "mine"))
    assert os.listdir(tmp_path) == ["mine"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EACCES, "the folder is not writable"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, "Input/output"),
    ],
)
def test_errors_of_the_disk_in_clear_words(code, words, tmp_path):
    there, absent = tmp_path / "there", tmp_path / "absent"
    there.mkdir()
    message = f"there could not be written: .*{words}.* untouched. Do this"
    with pytest.raises(OSError, match=message) as raised, layout.stoppable(there, "Do this"):
        raise OSError(code, os.strerror(code))
    assert raised.value.errno == code
    with pytest.raises(OSError, match="absent could not be written") as raised, layout.stoppable(absent):
        raise OSError(code, os.strerror(code))
    assert "untouched" not in str(raised.value)


def test_interruption_says_what_to_do(caplog, tmp_path):
    with pytest.raises(KeyboardInterrupt), layout.stoppable(tmp_path, "Go on with resume"):
        raise KeyboardInterrupt
    assert caplog.messages == ["Stopped. Go on with resume"]


def test_resume_of_nothing(tmp_path):
    with pytest.raises(FileNotFoundError, match="no training of 'mine' was cut off"):
        layout.open_training(tmp_path / "mine", {}, resume=True)


def test_resume_only_with_the_same_settings(tmp_path):
    settings = {"units": 8, "sizes": (1, 2), "epochs": 3}
    folder = layout.open_training(tmp_path / "mine", settings, resume=False)
    (folder / "log.csv").write_text("kept")
    assert layout.open_training(tmp_path / "mine", {**settings, "epochs": 9}, resume=True) == folder
    with pytest.raises(ValueError, match="units was 8 and is 16"):
        layout.open_training(tmp_path / "mine", {**settings, "units": 16}, resume=True)
    assert (folder / "log.csv").read_text() == "kept"


def test_new_training_throws_a_cut_off_one_away_and_says_so(caplog, tmp_path):
    folder = layout.open_training(tmp_path / "mine", {}, resume=False)
    (folder / "log.csv").write_text("")
    assert not caplog.messages
    layout.open_training(tmp_path / "mine", {}, resume=False)
    assert os.listdir(folder) == ["settings.json"]
    assert "thrown away; resume would have gone on with it" in caplog.text


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="a file stands where a folder should"):
        layout.open_training(tmp_path / "file" / "mine", {}, resume=False)


@pytest.mark.parametrize("name", ["saved_models/mine", "saved_models/mine/", "/there/mine"])
def test_a_path_in_the_place_of_a_name(name):
    with pytest.raises(ValueError, match=r"give the name 'mine' and the directory '(saved_models|/there)'"):
        layout.folder_of("saved_models", name)


@pytest.mark.parametrize("name", ["x" * 231, "ö" * 116, "x" * 100_000])
def test_names_that_are_too_long(name):
    with pytest.raises(ValueError, match="name: expected at most 230 bytes, received") as raised:
        layout.folder_of("saved_models", name)
    assert len(str(raised.value)) < 300


def test_the_longest_name(tmp_path):
    path = layout.folder_of(tmp_path, "x" * 230)
    layout.open_training(path, {}, resume=False)
    with layout.alone(path, "export"):
        sealed(sealed(path))
    assert layout.opened(path, "sentiment")


@pytest.mark.parametrize("gone", ["settings.json", "log.csv", "best.npz"])
def test_a_training_that_is_half_deleted_is_no_training(gone, tmp_path, caplog):
    """As a kill of 0.1.0 left it: the advice is to train, and that works."""
    folder = layout.open_training(tmp_path / "mine", {}, resume=False)
    for name in ("log.csv", "best.npz", "last-2.npz"):
        (folder / name).write_text("")
    with pytest.raises(FileNotFoundError, match="cut off; go on with: unroll sentiment train --name mine --resume"):
        layout.opened(tmp_path / "mine", "sentiment")
    (folder / gone).unlink()
    with pytest.raises(FileNotFoundError, match="Train one first"):
        layout.opened(tmp_path / "mine", "sentiment")
    with pytest.raises(FileNotFoundError, match=r"no training of 'mine' was cut off .* train without resume"):
        layout.open_training(tmp_path / "mine", {}, resume=True)
    layout.open_training(tmp_path / "mine", {}, resume=False)
    assert os.listdir(folder) == ["settings.json"]
    assert not caplog.messages


def test_settings_of_a_training_that_are_damaged(tmp_path):
    folder = layout.open_training(tmp_path / "mine", {}, resume=False)
    (folder / "settings.json").write_text("")
    with pytest.raises(ValueError, match=r"settings\.json is damaged: .*; delete the folder .* to begin anew"):
        layout.open_training(tmp_path / "mine", {}, resume=True)
    layout.open_training(tmp_path / "mine", {}, resume=False)


def test_cut_off_is_said_only_when_nobody_trains(tmp_path):
    layout.open_training(tmp_path / "mine", {}, resume=False)
    with layout.alone(tmp_path / "mine", "train"):
        words = f"no artifact 'mine' in .*, but a training of it is under way: process {os.getpid()} "
        with pytest.raises(FileNotFoundError, match=words):
            layout.opened(tmp_path / "mine", "sentiment")
    with pytest.raises(FileNotFoundError, match="cut off"):
        layout.opened(tmp_path / "mine", "sentiment")


def test_a_file_in_the_place_of_an_artifact(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(NotADirectoryError, match="mine: expected the folder of an artifact, received a file"):
        layout.opened(tmp_path / "mine", "sentiment")


def test_a_working_directory_that_is_gone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    path = layout.folder_of("saved_models", "mine")
    with pytest.raises(FileNotFoundError, match="the working directory is gone"), layout.alone(path, "train"):
        pass


@pytest.mark.parametrize("wrong", [ValueError("units: received -4"), MemoryError("65 GiB"), tokenize.TokenError("EOF")])
def test_whatever_its_reading_ends_in_names_the_file(wrong, tmp_path):
    said = rf"config\.json is damaged: {type(wrong).__name__}: .*; train again"
    with pytest.raises(ValueError, match=said), layout.reading(tmp_path / "config.json"):
        raise wrong
    with pytest.raises(PermissionError, match=r"^no$"), layout.reading(tmp_path / "config.json"):
        raise PermissionError("no")

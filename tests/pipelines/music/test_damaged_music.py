"""Files of music that are damaged or made to do harm: skipped and counted, or one line that names the file."""

import json
import logging
import os
import pathlib
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest

from pipelines.music.reading import files as music_files

TUNE = "X:1\nM:4/4\nL:1/4\nK:C\nC D E F|\n"
ROLL = np.eye(128, dtype="uint8")[[60, 62, 64]]


def crashing_mat(path):
    """A .mat file that ends the process that scipy reads it in: one byte says another class of matrix."""
    import scipy.io

    scipy.io.savemat(path, {"traindata": np.array([ROLL, ROLL[:2]], dtype=object)})
    content = bytearray(path.read_bytes())
    assert content[144] == 1  # of cells
    content[144] = 4  # of characters
    return content


def compressed_mat(claimed):
    """A .mat file of a few kilobytes with a matrix of `claimed` bytes of zeros."""
    packer = zlib.compressobj(9)
    matrix = (
        np.array([6, 8, 9, 0, 5, 8, claimed // 128, 128, 1, 5], "<u4").tobytes() + b"train\0\0\0"
        + np.array([2, claimed], "<u4").tobytes()
    )  # fmt: skip
    content = packer.compress(np.array([14, len(matrix) + claimed], "<u4").tobytes() + matrix)
    content += b"".join(packer.compress(bytes(2**20)) for _ in range(claimed // 2**20)) + packer.flush()
    head = b"MATLAB 5.0 MAT-file".ljust(124) + np.array([0x0100], "<u2").tobytes() + b"IM"
    return head + np.array([15, len(content)], "<u4").tobytes() + content


def claiming_npz(path, shape, kind="<f8"):
    """A .npz file of a few bytes whose array claims `shape`."""
    with zipfile.ZipFile(path, "w") as archive, archive.open("train.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
        file.write(bytes(64))
    return path


def peak(code, *arguments):
    """(what it printed, kilobytes at most of the process and of those that it started) of Python code."""
    # Of the process itself not ru_maxrss, which begins with the size of whoever started it.
    code += (
        "\nimport resource\nown = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))"
        "\nprint(max(int(own.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
    )
    root = str(pathlib.Path(music_files.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], env={**os.environ, "PYTHONPATH": root},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *printed, most = done.stdout.splitlines()
    return printed, int(most)


READ = """
import sys
from pipelines.music.reading import files as music_files
try:
    print(music_files.read(sys.argv[1]))
except ValueError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Damage of every kind among four whole files."""
    folder = tmp_path_factory.mktemp("music")
    music_files.write_midi(folder / "a whole.mid", [(0, 1, 60)], 90)
    np.savez(folder / "b whole.npz", ROLL)
    (folder / "c whole.json").write_text(json.dumps([[[60], [62]]]))
    (folder / "d whole.abc").write_text(TUNE)
    (folder / "bad.mid").write_bytes((folder / "a whole.mid").read_bytes()[:40])
    (folder / "bad.abc").write_text("X:1\nT:no key\n")
    (folder / "bad.mat").write_bytes(crashing_mat(folder / "cells.mat"))
    (folder / "bad.npz").write_bytes((folder / "b whole.npz").read_bytes()[:90])
    (folder / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
    (folder / "digits.json").write_text("[[[" + "9" * 5000 + "]]]")
    (folder / "power.json").write_text("[[[1e999]]]")
    (folder / "NaN.json").write_text("[[[NaN]]]")
    (folder / "not UTF-8.json").write_bytes(b'{"train": [[["\xff"]]]}')
    (folder / "empty.mat").write_bytes(b"")
    (folder / "nowhere.mid").symlink_to(folder / "absent")
    (folder / "endless.mid").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.abc")
    (folder / "a folder.mid").mkdir()
    music_files.write_midi(folder / "a folder.mid" / "e whole.mid", [(0, 1, 60)], 90)
    return folder


BAD = (
    "bad.mid", "bad.abc", "bad.mat", "bad.npz", "deep.json", "digits.json", "power.json", "NaN.json", "not UTF-8.json",
    "empty.mat", "nowhere.mid", "endless.mid", "pipe.abc",
)  # fmt: skip


def test_what_is_damaged_in_a_folder_is_skipped_and_counted(folder, caplog, capfd):
    with caplog.at_level(logging.WARNING):
        found = music_files.read(folder)
    names = [pathlib.Path(piece.name.partition(",")[0]).name for pieces in found.values() for piece in pieces]
    assert sorted(set(names)) == [
        "a whole.mid",
        "b whole.npz",
        "c whole.json",
        "cells.mat",
        "d whole.abc",
        "e whole.mid",
    ]
    assert f"{folder}: {len(BAD)} of {len(BAD) + 6} files skipped" in caplog.text
    for name in BAD:
        (line,) = [record.message for record in caplog.records if f"skipped: {folder / name}" in record.message]
        assert len(line) < 500 and "\n" not in line
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", BAD)
def test_what_is_damaged_and_alone_is_one_line_that_names_it(folder, name):
    error = FileNotFoundError if name == "nowhere.mid" else music_files.Unreadable
    with pytest.raises(error) as raised:
        music_files.read(folder / name)
    assert name in str(raised.value) and len(str(raised.value)) < 500 and "\n" not in str(raised.value)


def test_a_crash_of_the_reader_is_told(folder):
    with pytest.raises(music_files.Unreadable, match=r"bad\.mat: expected a \.mat file.*its reader crashed \(SIG"):
        music_files.read(folder / "bad.mat")


def test_one_bad_tune_does_not_lose_the_others(tmp_path, caplog):
    (tmp_path / "tunes.abc").write_text(TUNE + "\nX:2\nT:no key\n\n" + TUNE)
    pieces = music_files.read(tmp_path / "tunes.abc")[""]
    assert [piece.name.rpartition(", ")[2] for piece in pieces] == ["tune 1", "tune 3"]
    assert "tunes.abc, tune 2: expected a tune in ABC" in caplog.text
    assert "tunes.abc: 1 of 3 pieces skipped" in caplog.text


@pytest.mark.parametrize("ending", ["npz", "mat", "json"])
def test_one_bad_piece_does_not_lose_the_others(ending, tmp_path, caplog):
    import scipy.io

    path, pieces = tmp_path / f"a.{ending}", {"one": ROLL, "two": ROLL[:, :12], "three": ROLL}
    if ending == "npz":
        np.savez(path, **pieces)
    elif ending == "mat":
        scipy.io.savemat(path, pieces)
    else:
        path.write_text(json.dumps([[[60]], [[200]], [[60]]]))
    assert len(music_files.read(path)[""]) == 2
    assert f"{path}: 1 of 3 pieces skipped" in caplog.text
    assert "received an array (3, 12)" in caplog.text or "piece 2, step 1: expected MIDI pitches" in caplog.text


@pytest.mark.parametrize("digits", [5, 400, 4000])
def test_a_pitch_of_many_digits(digits):
    with pytest.raises(music_files.Unreadable, match="expected MIDI pitches") as raised:
        music_files.read([[[10**digits]]])
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("shape", [(2**27, 2), (10**6, 10**6), (2**40,), (3, 2**62)])
def test_an_npz_that_claims_more_than_it_holds_is_refused_by_its_header(shape, tmp_path):
    with pytest.raises(music_files.Unreadable, match="train: expected"):
        music_files.read(claiming_npz(tmp_path / "a.npz", shape))


def test_an_npz_with_a_header_that_never_ends_is_one_line(tmp_path):
    header = b"{'descr': '<f4', 'shape': (3, \n"  # no literal, which NumPy then reads token by token
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("train.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(music_files.Unreadable, match=r"a\.npz, train: expected plain arrays, received a damaged file"):
        music_files.read(tmp_path / "a.npz")


@pytest.mark.slow
def test_what_unpacks_to_gigabytes_takes_less_than_one(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", train=np.zeros((1_600_000, 128), "float64"))
    (tmp_path / "a.mat").write_bytes(compressed_mat(2**31 - 2**20))
    assert (tmp_path / "a.npz").stat().st_size + (tmp_path / "a.mat").stat().st_size < 4e6
    for name in ("a.npz", "a.mat"):
        (line,), kilobytes = peak(READ, tmp_path / name)
        assert name in line and len(line) < 500
        assert kilobytes < 2**20 + 150_000  # with Python, NumPy and SciPy


def test_many_files_share_a_process(tmp_path, monkeypatch):
    started = []

    class Counted(subprocess.Popen):
        def __init__(self, *arguments, **options):
            started.append(arguments)
            super().__init__(*arguments, **options)

    monkeypatch.setattr("subprocess.Popen", Counted)
    for number in range(50):
        music_files.write_midi(tmp_path / f"{number}.mid", [(0, 1, 60)], 90)
    assert len(music_files.read(tmp_path)[""]) == 50
    assert len(started) == 1

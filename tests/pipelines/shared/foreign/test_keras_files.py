"""Saved Keras models that are damaged, or ask for more than they hold: one line that names the file."""

import resource
import zipfile

import h5py
import keras
import numpy as np
import pytest

import layers
from pipelines.shared.command_line import program
from pipelines.shared.foreign import keras_files, weight_files


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(50, 8, mask_zero=True)(inputs)
    x = layers.GRU(16, return_sequences=True, dropout=0.2)(x)
    return keras.Model(inputs, keras.layers.Bidirectional(keras.layers.LSTM(8))(x))


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("keras") / "whole.keras"
    model.save(path)
    return path


def edited(saved, path, name, change):
    """A copy whose member `name` is changed."""
    with zipfile.ZipFile(saved) as whole, zipfile.ZipFile(path, "w") as copy:
        for member in whole.namelist():
            content = whole.read(member)
            copy.writestr(member, change(content) if member == name else content)
    return path


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_whole_file_is_loaded(ending, foreign, model, saved, tmp_path):
    path = saved
    if ending == "h5":
        plain = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
        path, model = tmp_path / "a.h5", plain
        plain.save(path)
    found = keras_files.load(path, foreign)
    for one, other in zip(found.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def replaced(old, new):
    def change(content):
        assert old in content
        return content.replace(old, new)

    return change


CONFIG, H5 = "config.json", "model.weights.h5"
HARM = {
    "units": (CONFIG, replaced(b'"units": 16', b'"units": 20000'), "its layers ask for 4,8.*its weights are"),
    "rows": (CONFIG, replaced(b'"input_dim": 50', b'"input_dim": 900000000'), "its layers ask for 28,8"),
    "inner": (CONFIG, replaced(b'"units": 8', b'"units": 60000'), "its layers ask for .*its weights are"),
    "astronomic": (CONFIG, replaced(b'"units": 16', b'"units": 1' + b"0" * 30), "astronomic.keras: expected"),
    "digits": (CONFIG, replaced(b'"units": 16', b'"units": 1' + b"0" * 5000), "Exceeds the limit"),
    "negative": (CONFIG, replaced(b'"units": 16', b'"units": -1'), "negative.keras: expected"),
    "deep": (CONFIG, lambda content: b"[" * 100_000 + b"]" * 100_000, "recursion"),
    "not UTF-8": (CONFIG, replaced(b'"units"', b'"un\xffts"'), "decode"),
    "another layer": (CONFIG, replaced(b'GRU"', b'Absent"'), "Absent"),
    "other weights": (CONFIG, replaced(b'"units": 16', b'"units": 17'), "other weights.keras: expected"),
    "truncated": (H5, lambda content: content[: len(content) // 2], "truncated file"),
    "no weights": (H5, lambda content: b"", "no weights.keras: expected"),
}


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("name", HARM)
def test_harm_is_one_line_and_takes_no_memory(name, foreign, saved, tmp_path):
    member, change, message = HARM[name]
    path = edited(saved, tmp_path / f"{name}.keras", member, change)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=message) as raised:
        keras_files.load(path, foreign)
    assert str(path) in str(raised.value)
    assert len(str(raised.value)) < 600 and "\n" not in str(raised.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes


@pytest.mark.parametrize("size", [0, 10, 1000, -100])
def test_truncated_archives(size, saved, tmp_path):
    (tmp_path / "cut.keras").write_bytes(saved.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"cut\.keras: expected a saved Keras model.*no zip archive"):
        keras_files.load(tmp_path / "cut.keras")


def test_a_flipped_bit_of_the_weights(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "flipped.keras").write_bytes(content)
    with pytest.raises(ValueError, match="Bad CRC-32"):
        keras_files.load(tmp_path / "flipped.keras")


def test_an_archive_that_unpacks_to_gigabytes(saved, tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive,
        zipfile.ZipFile(saved) as whole,
    ):
        archive.writestr("config.json", whole.read("config.json"))
        with archive.open(H5, "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(bytes(2**20))
    with pytest.raises(ValueError, match="bytes that claim to unpack to 314,"):
        keras_files.load(tmp_path / "bomb.keras")


def test_weights_that_were_never_written_count_as_claimed(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("kernel", (2**16, 2**16), "float32", chunks=(2**10, 2**10), compression="gzip")
    with pytest.raises(ValueError, match="weights of 17,179,869,184 bytes in a file of"):
        weight_files.check(tmp_path / "a.h5")


def test_the_command_says_it_in_one_line(saved, tmp_path, capsys):
    path = edited(saved, tmp_path / "large.keras", *HARM["units"][:2])
    assert program.main(["convert", str(path), str(tmp_path / "a.tflite")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"unroll: error: {path}: expected a saved Keras model")
    assert program.main(["convert", str(tmp_path / "absent.keras"), str(tmp_path / "a.tflite")]) == 1
    assert "absent.keras: there is no such file" in capsys.readouterr().err

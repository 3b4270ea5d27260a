"""Names of notes, chords and scales, and what is said of wrong ones."""

import numpy as np
import pytest

from pipelines.music.reading import files as music_files
from pipelines.music.tunes import beginnings as music_inputs


@pytest.mark.parametrize(
    "given, pitches",
    [
        (60, [60]),
        (np.int64(21), [21]),
        ("C4", [60]),
        ("c4", [60]),
        ("Bb3", [58]),
        ("B♭3", [58]),
        ("E-4", [63]),
        ("F#5", [78]),
        ("A0", [21]),
        ("C8", [108]),
        ("C4 E4 G4", [60, 64, 67]),
        ("Am", [57, 60, 64]),
        ("C", [48, 52, 55]),
        ("F#dim", [54, 57, 60]),
        ("Ebmaj7", [51, 55, 58, 62]),
        ("Gdom7", [55, 59, 62, 65]),
        ("G7", [103]),
        ([67, "C4", 60], [60, 67]),
        (["Am", 40], [40, 57, 60, 64]),
    ],
)
def test_first(given, pitches):
    assert music_inputs.first(given) == pitches


@pytest.mark.parametrize("given", ["H4", "", "C4 X", "hello", "Cmaj13", []])
def test_no_note(given):
    with pytest.raises(ValueError, match="first: expected a MIDI pitch such as 60"):
        music_inputs.first(given)


@pytest.mark.parametrize("given, received", [(20, 20), (109, 109), ("C9", 120), ("G9", 127)])
def test_notes_that_a_piano_has_not(given, received):
    with pytest.raises(ValueError, match=rf"from 21 \(A0\) to 108 \(C8\), received {received}"):
        music_inputs.first(given)


@pytest.mark.parametrize("given", [-1, 128, 60.5])
def test_no_pitches(given):
    with pytest.raises((ValueError, TypeError), match="first: expected"):
        music_inputs.first(given)


@pytest.mark.parametrize("given", [None, {"C4"}, True, b"C4"])
def test_other_types(given):
    with pytest.raises(TypeError, match="first: expected"):
        music_inputs.first(given)


def test_the_first_chord_of_a_file(tmp_path):
    music_files.write_midi(tmp_path / "a.mid", [(1, 2, 64), (1, 1, 60), (2, 1, 72)], 100)
    assert music_inputs.first(str(tmp_path / "a.mid")) == [60, 64]
    assert music_inputs.first(tmp_path / "a.mid") == [60, 64]
    with pytest.raises(FileNotFoundError, match=r"first: no file 'b\.mid'"):
        music_inputs.first("b.mid")


def test_a_file_of_many_pieces(tmp_path):
    (tmp_path / "a.json").write_text("[[[60]], [[62]]]")
    with pytest.raises(ValueError, match="expected one piece, received the 2 of"):
        music_inputs.first(str(tmp_path / "a.json"))


@pytest.mark.parametrize(
    "given, classes",
    [
        ("C major", {0, 2, 4, 5, 7, 9, 11}),
        ("A minor", {0, 2, 4, 5, 7, 9, 11}),
        ("D", {2, 4, 6, 7, 9, 11, 1}),
        ("Eb harmonic minor", {3, 5, 6, 8, 10, 11, 2}),
        ("F# pentatonic", {6, 8, 10, 1, 3}),
        ([0, 7], {0, 7}),
    ],
)
def test_scales(given, classes):
    keys = music_inputs.scale(given)
    assert {(key + 21) % 12 for key in np.flatnonzero(keys)} == classes
    assert keys.shape == (88,)


def test_no_scale_is_every_key():
    assert music_inputs.scale(None).all()


@pytest.mark.parametrize(
    "given, message",
    [
        ("C mayor", "Did you mean 'major'"),
        ("H major", "scale: expected a tonic"),
        ([], "pitch classes from 0 to 11"),
        ([12], "pitch classes from 0 to 11"),
        (3, "pitch classes from 0 to 11"),
    ],
)
def test_wrong_scales(given, message):
    with pytest.raises(ValueError, match=message):
        music_inputs.scale(given)

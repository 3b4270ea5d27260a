"""Music from every kind of file, and what is said of files that are none."""

import json
import logging

import numpy as np
import pytest

from pipelines.music import sample as music_sample
from pipelines.music.reading import files as music_files

CHORDS = [[48, 64, 67], [48, 64], [], [50]]
NOTES = [[0, 2, 48], [0, 2, 64], [0, 1, 67], [3, 1, 50]]
TUNE = "X:1\nT:Scale\nM:4/4\nL:1/4\nQ:1/4=100\nK:C\nC D E F|\n"


def roll(width=128, lowest=0):
    array = np.zeros((4, width), "uint8")
    for step, chord in enumerate(CHORDS):
        array[step, [pitch - lowest for pitch in chord]] = 100
    return array


def midi(path, notes=NOTES, tempo=90):
    music_files.write_midi(path, notes, tempo)
    return path


def drums(path):
    import symusic

    score = symusic.Score(480)
    track = symusic.Track(is_drum=True)
    track.notes.append(symusic.Note(0, 480, 38, 80))
    score.tracks.append(track)
    path.write_bytes(score.dumps_midi())
    return path


def write_json(path, layout):
    path.write_text(json.dumps(layout))
    return path


def only(source, **options):
    """The one piece of a source."""
    ((found,),) = music_files.read(source, **options).values()
    return found


def sources(folder):
    import scipy.io

    np.savez(folder / "wide.npz", piece=roll())
    np.savez(folder / "keys.npz", piece=roll(88, 21)[None])
    scipy.io.savemat(folder / "cells.mat", {"pieces": np.array([roll(88, 21), np.zeros((1, 88))], dtype=object)[:1]})
    return [
        write_json(folder / "pieces.json", [CHORDS]),
        write_json(folder / "rests.json", [[[48, 64, 67], [48, -1, 64], [-1, -1], [50]]]),
        folder / "wide.npz",
        folder / "keys.npz",
        folder / "cells.mat",
        midi(folder / "tune.mid"),
        [CHORDS],
        [roll()],
    ]


@pytest.mark.parametrize("number", range(8))
def test_every_kind_of_source_gives_the_same_notes(number, tmp_path):
    found = only(sources(tmp_path)[number])
    np.testing.assert_allclose(found.notes, NOTES, atol=1e-9)
    assert found.quarters == 4


def test_frames_per_quarter_is_the_length_of_a_step():
    found = only([CHORDS], frames_per_quarter=4)
    np.testing.assert_allclose(found.notes[:, :2], np.array(NOTES)[:, :2] / 4)
    assert found.quarters == 1


def test_abc_is_read_tune_by_tune(tmp_path, capfd):
    (tmp_path / "tunes.abc").write_text(TUNE + "\n" + TUNE.replace("X:1", "X:2"))
    pieces = music_files.read(tmp_path / "tunes.abc")[""]
    assert [piece.name.rpartition(", ")[2] for piece in pieces] == ["tune 1", "tune 2"]
    assert pieces[0].notes[:, 2].tolist() == [60, 62, 64, 65]
    assert pieces[0].tempo == pytest.approx(100)
    assert capfd.readouterr().out == ""  # abc2midi's remarks are kept from stdout


def test_midi_is_read_as_it_was_written(tmp_path):
    notes = np.array([[0, 0.5, 60], [0.5, 1.25, 64], [0.5, 1.25, 67]])
    found = only(midi(tmp_path / "a.mid", notes, 77))
    np.testing.assert_allclose(found.notes, notes, atol=1 / 480)
    assert found.tempo == pytest.approx(77, abs=0.01)


def test_a_file_that_says_no_tempo(tmp_path):
    import symusic

    score, track = symusic.Score(480), symusic.Track()
    track.notes.append(symusic.Note(0, 480, 60, 80))
    score.tracks.append(track)
    (tmp_path / "a.mid").write_bytes(score.dumps_midi())
    found = only(tmp_path / "a.mid")
    assert found.notes.tolist() == [[0, 1, 60]]
    assert found.tempo in (None, 120.0)


def test_splits_of_a_json_file_are_kept(tmp_path):
    path = write_json(tmp_path / "splits.json", {"train": [CHORDS] * 3, "validation": [CHORDS], "test": [CHORDS] * 2})
    assert {split: len(pieces) for split, pieces in music_files.read(path).items()} == {
        "train": 3, "valid": 1, "test": 2
    }  # fmt: skip


def test_names_of_arrays_say_the_split(tmp_path):
    np.savez(tmp_path / "a.npz", train_0=roll(), train_1=roll(), test_0=roll())
    assert {split: len(pieces) for split, pieces in music_files.read(tmp_path / "a.npz").items()} == {
        "train": 2, "test": 1
    }  # fmt: skip


def test_a_folder_names_counts_and_skips_what_is_no_music(tmp_path, caplog):
    (tmp_path / "deep").mkdir()
    midi(tmp_path / "deep" / "good.MID")
    (tmp_path / "broken.mid").write_bytes(midi(tmp_path / "whole.mid").read_bytes()[:40])
    (tmp_path / "empty.mid").write_bytes(b"")
    drums(tmp_path / "drums.mid")
    write_json(tmp_path / "settings.json", {"epochs": 3})
    with caplog.at_level(logging.WARNING):
        assert len(music_files.read(tmp_path)[""]) == 2
    for name in ("broken.mid", "empty.mid", "drums.mid", "settings.json"):
        assert f"{name}: expected" in caplog.text
    assert "4 of 6 files skipped" in caplog.text


def test_a_folder_without_music_says_what_it_holds(tmp_path):
    (tmp_path / "notes.txt").write_text("la la")
    with pytest.raises(ValueError, match=r"expected files that end in \.mid.*received notes\.txt"):
        music_files.read(tmp_path)
    drums(tmp_path / "drums.mid")
    with pytest.raises(ValueError, match=r"none of 1 files could be read.*drums alone \(1 strokes\)"):
        music_files.read(tmp_path)


@pytest.mark.parametrize(
    "layout, message",
    [
        ({"train": 3}, "train: expected pieces"),
        ({"songs": []}, "received the key 'songs'"),
        ({}, "received an empty object"),
        ([], "expected at least one piece"),
        ([[1, 2]], "piece 1, step 1: expected pieces"),
        ([[[60], [128]]], "piece 1, step 2: expected MIDI pitches, whole numbers from 0 to 127, received 128"),
        ([[[60.5]]], "received 60.5"),
        ([[["C4"]]], "received 'C4'"),
        ([[]], "expected a piece of up to"),
    ],
)
def test_other_layouts_are_refused_with_their_place(layout, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        music_files.read(write_json(tmp_path / "a.json", layout))


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.json", b"{", "expected JSON"),
        ("a.mid", b"MThd", "expected MIDI, received a damaged file"),
        ("a.abc", b"hello", "begins with a line X:"),
        ("a.abc", b"X:1\nT:no key\n", "abc2midi cannot read it"),
        ("a.npz", b"PK", "received a damaged file"),
        ("a.mat", b"nothing", "expected a .mat file"),
        ("a.pkl", b"", "pickles can run code"),
        ("a.mp3", b"", "expected a file that ends in .mid"),
    ],
)
def test_damaged_files_are_refused(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        music_files.read(tmp_path / name)


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", train=np.array([roll(), roll()[:2]], dtype=object))
    with pytest.raises(ValueError, match="pickled objects, which can run code"):
        music_files.read(tmp_path / "a.npz")


def test_other_sources_are_refused():
    with pytest.raises(FileNotFoundError, match=r"no file or folder 'missing\.mid'"):
        music_files.read("missing.mid")
    with pytest.raises(TypeError, match="received int"):
        music_files.read(3)
    with pytest.raises(ValueError, match=r"expected a piano roll \(steps, 88\)"):
        music_files.read([np.zeros((4, 12))])
    with pytest.raises(ValueError, match="received float64 or NaN"):
        music_files.read([np.full((4, 88), np.nan)])


def test_midi_in_a_set_of_tensorflow_datasets(tmp_path, monkeypatch, caplog):
    import tensorflow as tf

    from pipelines.shared.data import sources

    contents = [midi(tmp_path / "a.mid").read_bytes(), drums(tmp_path / "b.mid").read_bytes()]
    examples = tf.data.Dataset.from_tensor_slices({"id": ["one", "two"], "midi": contents})
    monkeypatch.setattr(sources, "tfds_examples", lambda source, download: examples)
    assert only("tfds:some").notes.tolist() == NOTES
    assert "tfds:some: 1 of 2 examples skipped" in caplog.text
    monkeypatch.setattr(sources, "tfds_examples", lambda source, download: examples.take(-1).skip(1))
    with pytest.raises(ValueError, match="expected notes of pitched instruments, received 1 examples without any"):
        music_files.read("tfds:some")
    monkeypatch.setattr(sources, "tfds_examples", lambda source, download: tf.data.Dataset.range(2))
    with pytest.raises(ValueError, match="expected a feature with MIDI in it"):
        music_files.read("tfds:some")


def test_bytes_at_random_never_crash(tmp_path):
    """Damage in every place of a MIDI file: read or refused, and pitches stay in range."""
    content, rng = midi(tmp_path / "a.mid").read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(content[: rng.integers(1, len(content) + 1)])
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = rng.integers(0, 256)
        try:
            found = music_files.from_midi(bytes(damaged), "damaged")
        except music_files.Unreadable:
            refused += 1
        else:
            assert found.notes[:, 2].min() >= 0
            assert found.notes[:, 2].max() <= 127
    assert 500 < refused < 2000


def test_the_sample_is_the_same_every_time_and_keeps_its_rules():
    pieces = music_sample.generate(size=40)
    again = music_sample.generate(size=40)
    assert all(np.array_equal(one.notes, other.notes) for one, other in zip(pieces, again, strict=True))
    assert len({piece.notes.tobytes() for piece in pieces}) == 40
    assert len({piece.name.split(" in ")[1] for piece in pieces}) > 12  # keys
    for piece in pieces:
        sounding = [
            sorted(pitch for start, length, pitch in piece.notes if start <= beat < start + length)
            for beat in range(32)
        ]
        assert all(len(chord) == 4 for chord in sounding)
        for low, high, voice in zip((40, 48, 55, 60), (60, 67, 72, 79), zip(*sounding, strict=True), strict=True):
            assert low <= min(voice) <= max(voice) <= high

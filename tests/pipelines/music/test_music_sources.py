"""What people have as music, file by file: the notes that it must give, or the line that is said of it."""

import bz2
import gzip
import io
import logging
import struct
import threading
import zipfile

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from musicxml import score

from pipelines.music import data as music_data
from pipelines.music import preprocessor
from pipelines.music.config import Config
from pipelines.music.reading import abc_tunes, midi_files
from pipelines.music.reading import files as music_files
from pipelines.music.reading.pieces import Unreadable

TICK = 1 / 480  # quarter notes; abc2midi begins each note a tick late
HEAD = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n"
SCALE = [(0, 1, 60), (1, 1, 62), (2, 1, 64), (3, 1, 65)]
CHORD = [(0, 2, 60), (0, 2, 64), (0, 2, 67), (2, 1, 62)]
EIGHTHS = [(0, 0.5, 60), (0.5, 0.5, 62)]

ABC = {
    "plain": (HEAD + "C D E F|\n", SCALE),
    "byte order mark": ("\ufeff" + HEAD + "C D E F|\n", SCALE),
    "UTF-16": ((HEAD + "C D E F|\n").encode("utf-16"), SCALE),
    "UTF-16 without a mark": ((HEAD + "C D E F|\n").encode("utf-16-le"), SCALE),
    "carriage returns": ((HEAD + "C D E F|\n").replace("\n", "\r"), SCALE),
    "Windows": ((HEAD + "C D E F|\n").replace("\n", "\r\n"), SCALE),
    "Latin-1": ((HEAD.replace("Tune", "Café") + "C D E F|\n").encode("latin-1"), SCALE),
    "a head with the unit": ("%abc-2.1\nL:1/8\n\nX:1\nK:C\nCD|\n", EIGHTHS),
    "a head with the meter": ("M:2/4\n\nX:1\nK:C\nCD|\n", [(0, 0.25, 60), (0.25, 0.25, 62)]),
    "a head with the key": ("L:1/8\nK:D\n\nX:1\nT:none\nCF|\n", [(0, 0.5, 61), (0.5, 0.5, 66)]),
    "a head with a directive": ("%%MIDI transpose 2\n\nX:1\nL:1/8\nK:C\nCD|\n", [(0, 0.5, 62), (0.5, 0.5, 64)]),
    "a head of words": ("My tunes.\nFor Max: all of them\n\nX:1\nL:1/8\nK:C\nCD|\n", EIGHTHS),
    "a tune's own unit": ("L:1/16\nK:D\n\nX:1\nL:1/8\nK:C\nCD|\n", EIGHTHS),
    "a space before X:": (" X:1\nL:1/8\nK:C\nCD|\n", EIGHTHS),
    "no X: at all": ("L:1/8\nK:C\nCD|\n", EIGHTHS),
    "a chord": (HEAD + "[CEG]2 D|\n", CHORD),
    "a chord that is to be spread": (HEAD + "%%MIDI chordattack 40\n[CEG]2 D|\n", CHORD),
    "chords in two voices": ("X:1\nL:1/4\nK:C\nV:1\n[CE]4|\nV:2\n[C,E,]4|\n",
                             [(0, 4, 48), (0, 4, 52), (0, 4, 60), (0, 4, 64)]),
    "chord symbols": (HEAD + '"Am"C "F"D "^slow"E F|\n', SCALE),
    "a repeat": (HEAD + "|:C D:|\n", [(0, 1, 60), (1, 1, 62), (2, 1, 60), (3, 1, 62)]),
    "drums": (HEAD + "%%MIDI drum dzdz 35 38 100 100\n%%MIDI drumon\nC D E F|\n", SCALE),
    "text after a blank line": (HEAD + "C D E F|\n\nA story of the tune.\n", SCALE),
}  # fmt: skip


def near(piece, notes, within=0.0):
    """Whether the notes of a piece are those, to the tick by which abc2midi delays the beginning of a note."""
    read = sorted(map(tuple, piece.notes.tolist()), key=lambda note: (round(note[0]), note[2], note[0]))
    wanted = sorted(notes, key=lambda note: (round(note[0]), note[2], note[0]))
    return len(read) == len(wanted) and np.allclose(read, wanted, rtol=0, atol=within or 1e-9)


def one(path, **options):
    ((piece,),) = music_files.read(path, **options).values()
    return piece


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("row", ABC)
def test_abc(row):
    content, notes = ABC[row]
    (tune,) = abc_tunes.tunes(content if isinstance(content, bytes) else content.encode())
    piece, _ = abc_tunes.counted(tune, row)
    assert near(piece, notes, 1.01 * TICK)


def test_chords_of_abc_keep_the_grid_of_their_tune(tmp_path):
    path = written(tmp_path / "a.abc", HEAD + "[CEG] [DFA] [EGB] [FAc]|\n")
    examples = music_data.columns(music_files.read(path)[""], "data")
    assert preprocessor.prepare(examples, Config()).steps_per_quarter == 1


def test_chord_symbols_are_counted_and_played_only_if_asked_for(tmp_path, caplog):
    path = written(tmp_path / "a.abc", HEAD + '"Am"C "F"D E F|\nw:"Am" la\n' + HEAD.replace("X:1", "\nX:2") + "C4|\n")
    assert [len(piece.notes) for piece in music_files.read(path)[""]] == [4, 1]
    assert caplog.messages == [f"{path}: left out: 2 chord symbols"]
    caplog.clear()
    assert [len(piece.notes) > 4 for piece in music_files.read(path, chord_symbols=True)[""]] == [True, False]
    assert not caplog.messages


def test_one_bad_tune_of_many_is_skipped_and_named(tmp_path, caplog, capfd):
    good = "".join(
        f"X:{number}\nL:1/4\nK:C\nC {'DEFGAB'[number % 6]} E {'CDE'[number % 3]}|\n\n" for number in range(60)
    )
    path = written(tmp_path / "tunes.abc", good + "X:99\nT:no key\nC D E|\n\n" + good + HEAD + "C # $ D|\n")
    with caplog.at_level(logging.WARNING):
        loaded = music_data.load_splits(path, None, None, Config())
    assert sum(len(part["notes"]) for part in loaded.values()) > 100
    assert f"skipped: {path}, tune 61: expected a tune in ABC" in caplog.text
    assert f"{path}: 1 of 122 pieces skipped" in caplog.text
    assert f"{path}: left out: 1 signs of ABC that abc2midi cannot read" in caplog.text
    assert len(caplog.messages) < 8
    assert capfd.readouterr() == ("", "")


def message(kind, note, time=0, channel=0, velocity=64):
    return mido.Message(kind, note=note, time=time, channel=channel, velocity=velocity)


def on(note, time=0, **options):
    return message("note_on", note, time, **options)


def off(note, time=0, **options):
    return message("note_off", note, time, **options)


def midi(*tracks, kind=1, ticks=480):
    """The bytes of a MIDI file, as mido writes them."""
    file = mido.MidiFile(ticks_per_beat=ticks, type=kind)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


NOTE = midi([on(60), off(60, 480)])
RIFF = b"RIFF" + struct.pack("<I", len(NOTE) + 12) + b"RMIDdata" + struct.pack("<I", len(NOTE)) + NOTE

MIDI = {
    "a note": (NOTE, [(0, 1, 60)], {}),
    "struck with velocity 0": (midi([on(60), on(60, 480, velocity=0)]), [(0, 1, 60)], {}),
    "no end": (midi([on(60), on(62, 480), off(62, 480)]), [(1, 1, 62)], {"notes without an end": 1}),
    "struck again": (midi([on(60), on(60, 480), off(60, 480)]), [(0, 2, 60)], {"notes without an end": 1}),
    "no length": (midi([on(60), off(60), on(61), off(61, 480)]), [(0, 1, 61)], {"notes of no length": 1}),
    "drums": (midi([on(38, channel=9), off(38, 480, channel=9), on(60), off(60, 480)]), [(1, 1, 60)],
              {"strokes of drums": 1}),
    "two tracks": (midi([on(60), off(60, 480)], [on(64), off(64, 480)]), [(0, 1, 60), (0, 1, 64)], {}),
    "one track of everything": (midi([on(60), on(64, channel=3), off(60, 480), off(64, channel=3)], kind=0),
                                [(0, 1, 60), (0, 1, 64)], {}),
    "system exclusive and text": (
        midi([mido.Message("sysex", data=[1, 2, 3] * 70), on(60), mido.MetaMessage("lyrics", text="la " * 100),
              off(60, 480)]), [(0, 1, 60)], {}),
    "bends, pressure, programs": (
        midi([mido.Message("program_change", program=5), on(60), mido.Message("pitchwheel", pitch=99),
              mido.Message("aftertouch", value=9), mido.Message("polytouch", note=60, value=1), off(60, 480)]),
        [(0, 1, 60)], {}),
    "in a RIFF file": (RIFF, [(0, 1, 60)], {}),
    "a longer header": (NOTE[:7] + b"\x08" + NOTE[8:14] + b"\0\0" + NOTE[14:], [(0, 1, 60)], {}),
    "a chunk of another kind": (NOTE[:14] + b"XFIH\0\0\0\4abcd" + NOTE[14:], [(0, 1, 60)], {}),
    "bytes after the end": (NOTE + b"\0" * 99, [(0, 1, 60)], {}),
    "ten thousand tracks claimed": (NOTE[:10] + b"\x27\x10" + NOTE[12:], [(0, 1, 60)], {}),
}  # fmt: skip


@pytest.mark.parametrize("row", MIDI)
def test_midi(row):
    content, notes, left_out = MIDI[row]
    piece, counted = midi_files.counted(content, row)
    assert near(piece, notes)
    assert counted == left_out


@pytest.mark.parametrize(
    "content, said",
    [
        (NOTE[:12] + b"\xe7\x28" + NOTE[14:], "received a MIDI file with times in film frames"),
        (midi([on(60), on(62)]), "received 2 without an end"),
        (midi([on(60, channel=9), off(60, 9, channel=9)]), "received drums alone (1 strokes)"),
        (midi([]), "received none"),
        (NOTE[:-6], "received a damaged file"),
        (b"\0" * 128 + NOTE, "received a damaged file"),
        (b"MThd\0\0\0\6" + b"\xff" * 20, "expected"),
        (b"MThd\xff\xff\xff\xff" + NOTE[8:], "received a damaged file"),
    ],
)
def test_midi_that_cannot_be_read(content, said, tmp_path):
    with pytest.raises(Unreadable) as raised:
        music_files.read(written(tmp_path / "a.mid", content))
    assert said in str(raised.value) and "a.mid: " in str(raised.value)


NOTES = st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 2000), st.integers(0, 127), st.integers(0, 15)),
                 max_size=30)  # fmt: skip


def apart(notes):
    """The notes without those that strike a key of a channel while it sounds."""
    kept = []
    for start, length, pitch, channel in sorted(notes):
        ends = [begin + long for begin, long, *key in kept if key == [pitch, channel]]
        if not ends or start >= max(ends):
            kept.append((start, length, pitch, channel))
    return kept


@given(NOTES, st.integers(0, 3), st.sampled_from([96, 480]))
@settings(deadline=None, max_examples=200)
def test_random_notes_in_midi_are_read_as_mido_wrote_them(notes, endless, ticks):
    notes, events = apart(notes), []
    for start, length, pitch, channel in notes:
        events += [(start, 1, on(pitch, channel=channel)), (start + length, 0, off(pitch, channel=channel))]
    for number in range(endless):
        events.append((9000, 1, on(number, channel=1)))
    events.sort(key=lambda event: event[:2])
    times = [0, *(time for time, *_ in events)]
    content = midi([event.copy(time=time - before) for (time, _, event), before in zip(events, times, strict=False)],
                   ticks=ticks)  # fmt: skip
    pitched = sorted(
        {(start / ticks, length / ticks, pitch) for start, length, pitch, channel in notes if channel != 9}
    )
    if not pitched:
        with pytest.raises(Unreadable):
            midi_files.counted(content, "drawn")
        return
    piece, left_out = midi_files.counted(content, "drawn")
    assert sorted(map(tuple, piece.notes.tolist())) == pitched
    drums = sum(channel == 9 for *_, channel in notes)
    assert left_out == {
        what: number for what, number in {"notes without an end": endless, "strokes of drums": drums}.items() if number
    }


@given(NOTES)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_random_notes_are_read_as_pretty_midi_wrote_them(notes):
    notes = [(start, length, pitch) for start, length, pitch, channel in apart(notes) if channel == 0]
    if not notes:
        return
    drawn, piano = pretty_midi.PrettyMIDI(initial_tempo=60, resolution=500), pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(80, pitch, start / 500, (start + length) / 500) for start, length, pitch in notes]
    drawn.instruments.append(piano)
    buffer = io.BytesIO()
    drawn.write(buffer)
    piece = midi_files.from_midi(buffer.getvalue(), "drawn")
    wanted = sorted((start / 500, length / 500, pitch) for start, length, pitch in notes)
    np.testing.assert_allclose(sorted(piece.notes.tolist()), wanted, atol=1e-9)


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["a.kar", "A.MID", "a.Midi", "a.rmi", "a.mid.gz", "a.MID.BZ2", "a.mxl.gz", "a.xml"])
def test_endings(name, tmp_path):
    content = score(["C4"]) if "x" in name.lower() and "bz2" not in name.lower() else NOTE
    pack = {"gz": gzip.compress, "BZ2": bz2.compress}.get(name.rpartition(".")[2], bytes)
    assert one(written(tmp_path / name, pack(content))).notes.tolist() == [[0, 1, 60]]


def test_arrays_and_json_compressed(tmp_path):
    written(tmp_path / "a.json.gz", gzip.compress(b"[[[60], [60]]]"))
    buffer = io.BytesIO()
    np.savez(buffer, train=np.eye(128, dtype="uint8")[[60, 60]])
    zipped(tmp_path / "a.zip", {"in/a.npz": buffer.getvalue(), "a.json": "[[[60], [60]]]"})
    assert one(tmp_path / "a.json.gz").notes.tolist() == [[0, 2, 60]]
    read = music_files.read(tmp_path / "a.zip")
    assert {split: [piece.notes.tolist() for piece in pieces] for split, pieces in read.items()} == {
        "": [[[0, 2, 60]]], "train": [[[0, 2, 60]]],
    }  # fmt: skip


MANY = {
    "a.mid": NOTE, "B.MID": NOTE, "c/d.kar": NOTE, "c/e.musicxml": score(["C4"]), "readme.txt": b"la la",
    "._a.mid": b"resource fork", ".hidden.mid": b"", "__MACOSX/._a.mid": b"resource fork", ".git/x.mid": b"",
    "bad.mid": b"MThd", "twin.mid": NOTE, "twin.mxl": b"the same",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_folders_and_archives_pass_over_what_systems_leave_behind(kind, tmp_path, caplog):
    source = tmp_path / "midi.zip"
    if kind == "archive":
        zipped(source, MANY)
    else:
        source = tmp_path / "midi"
        for name, content in MANY.items():
            (source / name).parent.mkdir(exist_ok=True, parents=True)
            written(source / name, content)
    assert [piece.notes.tolist() for piece in music_files.read(source)[""]] == [[[0, 1, 60]]] * 5
    assert "bad.mid: expected MIDI, received a damaged file" in caplog.text
    assert f"{source}: 1 of 6 files skipped" in caplog.text
    assert (
        f"{source}: 1 scores are passed over, for MIDI of the same name stands beside them, such as twin.mxl"
        in caplog.text
    )
    assert len(caplog.messages) == 3


def test_patterns_and_lists(tmp_path):
    for name in ("a.mid", "b.mid", "._c.mid", "d.txt"):
        written(tmp_path / name, NOTE)
    assert len(music_files.read(str(tmp_path / "*.mid"))[""]) == 2
    assert len(music_files.read(str(tmp_path / "[ab]*"))[""]) == 2
    zipped(tmp_path / "e.zip", {"x.mid": NOTE, "y.mid": NOTE})
    assert len(music_files.read([tmp_path / "a.mid", str(tmp_path / "e.zip"), tmp_path / "b.*"])[""]) == 4
    with pytest.raises(FileNotFoundError, match=r"no file fits '.*x\*\.mid'"):
        music_files.read(tmp_path / "x*.mid")
    with pytest.raises(ValueError, match=r"expected a file that ends in \.mid.*received '\.txt'"):
        music_files.read(tmp_path / "d.txt")
    with pytest.raises(ValueError, match=r"expected a file of data in it, received|expected files that end in"):
        music_files.read(zipped(tmp_path / "f.zip", {"x.txt": "la", "META-INF/container.xml": "<a/>"}))


def test_an_archive_in_a_folder_is_passed_over_and_said(tmp_path, caplog):
    written(tmp_path / "a.mid", NOTE)
    zipped(tmp_path / "all.zip", {"a.mid": NOTE})
    assert len(music_files.read(tmp_path)[""]) == 1
    assert "archives in it are passed over, such as all.zip" in caplog.text


def test_damaged_compression_is_one_line(tmp_path):
    written(tmp_path / "a.mid.gz", gzip.compress(NOTE)[:-9])
    with pytest.raises(Unreadable, match=r"a\.mid\.gz: cannot be unpacked, it is damaged"):
        music_files.read(tmp_path / "a.mid.gz")


def test_what_is_left_out_is_one_line_a_source(tmp_path, caplog):
    drums = midi([on(38, channel=9), off(38, 9, channel=9), on(60), off(60, 480)])
    for name, content in {"a.mid": NOTE, "b.mid": MIDI["no end"][0], "c.mid": drums, "d.mid": drums}.items():
        written(tmp_path / name, content)
    music_files.read(tmp_path)
    assert caplog.messages == [
        f"{tmp_path}: left out: 1 notes without an end in 1 of 4 (first in {tmp_path / 'b.mid'}); "
        f"2 strokes of drums in 2 of 4 (first in {tmp_path / 'c.mid'})"
    ]
    caplog.clear()
    music_files.read(tmp_path / "b.mid")
    assert caplog.messages == [f"{tmp_path / 'b.mid'}: left out: 1 notes without an end"]


@pytest.mark.parametrize("limit, count", [(1, 1), (3, 3), (99, 6), (None, 6)])
def test_limit(limit, count, tmp_path):
    for number in range(4):
        written(tmp_path / f"{number}.mid", NOTE)
    written(tmp_path / "9.abc", HEAD + "C|\n\n" + HEAD.replace("X:1", "X:2") + "D|\n")
    assert len(music_files.read(tmp_path, limit=limit)[""]) == count
    examples = music_data.load_examples(tmp_path, Config(limit=limit))
    assert len(examples["notes"]) == count


def test_limit_of_tunes_of_splits_and_of_the_sample(tmp_path, caplog):
    tunes = "".join(f"X:{number}\nL:1/4\nK:C\nCDEF|\n\n" for number in range(50))
    assert len(music_files.read(written(tmp_path / "a.abc", tunes), limit=2)[""]) == 2
    written(tmp_path / "a.json", '{"train": [[[60]], [[61]], [[62]]], "test": [[[60]], [[61]], [[62]]]}')
    assert {split: len(part) for split, part in music_files.read(tmp_path / "a.json", limit=2).items()} == {
        "train": 2, "test": 2,
    }  # fmt: skip
    assert len(music_files.read([[[60]], [[61]], [[62]]], limit=2)[""]) == 2
    assert len(music_data.load_examples(None, Config(limit=3))["notes"]) == 3


def played_freely(count=400):
    """Notes as a pianist plays them: at times of no grid, short ones of one key close together among them."""
    rng = np.random.default_rng(0)
    starts = np.sort(rng.uniform(0, count / 4, count))
    return np.column_stack([starts, rng.uniform(0.05, 1, count), rng.integers(58, 64, count)])


@pytest.mark.parametrize("model", ["piano_roll", "events"])
def test_performances_are_told(model, caplog):
    notes = played_freely()
    examples = {"notes": [notes], "quarters": [notes[:, :2].sum(axis=1).max()], "tempo": [None]}
    kept = preprocessor.prepare(examples, Config(model=model))
    (line,) = [text for text in caplog.messages if text.startswith("performance timing")]
    assert kept.steps_per_quarter == 4
    assert "off the grid of 4 steps to a quarter note" in line and "of 400 strikes fall together" in line
    share = int(line.split("and ")[1].split(" %")[0])
    assert (3 < share < 20) if model == "events" else share > 25
    caplog.clear()
    preprocessor.prepare(examples, Config(model=model, steps_per_quarter=48))
    assert not caplog.messages


def test_scores_are_not_taken_for_performances(caplog):
    notes = np.array([[0, 1, 60], [1, 0.5, 60], [1.5, 0.5, 62], [2, 1 / 3, 64]])
    preprocessor.prepare({"notes": [notes] * 60, "quarters": [3] * 60, "tempo": [90] * 60}, Config())
    assert not caplog.messages


def test_two_at_once(tmp_path):
    """Two threads read the same folder."""
    for number in range(5):
        written(tmp_path / f"{number}.mid", NOTE)
    read = [None, None]

    def run(place):
        read[place] = len(music_files.read(tmp_path)[""])

    threads = [threading.Thread(target=run, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [5, 5]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_sizes(count, tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{number}.mid": NOTE for number in range(count)})
    if count:
        assert len(music_files.read(path)[""]) == count
    else:
        with pytest.raises(ValueError, match="received"):
            music_files.read(path)

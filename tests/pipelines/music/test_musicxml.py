"""MusicXML, plain and compressed: what is written against what sounds."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from musicxml import BACKWARD, FORWARD, ending, score, sound

from pipelines.music.reading import files as music_files
from pipelines.music.reading import musicxml_files, playing_order
from pipelines.music.reading.pieces import Unreadable

HORN = "<transpose><chromatic>-7</chromatic></transpose>"
OCTAVE = "<transpose><chromatic>0</chromatic><octave-change>-1</octave-change></transpose>"
STAFF = '<transpose_number="2"><chromatic>-2</chromatic></transpose>'
SECOND = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>48</duration><staff>2</staff></note>"
TIED = SECOND.replace("<staff>2</staff>", "<notations><tied_type='{}'/></notations>")

ROWS = {
    "notes one after another": (score(["C4 D4:2 E4"]), [(0, 1, 60), (1, 2, 62), (3, 1, 64)]),
    "accidentals": (score(["C#4 Db4 B#3 Cb4"]), [(0, 1, 61), (1, 1, 61), (2, 1, 60), (3, 1, 59)]),
    "a chord": (score(["C4:2 +E4:2 +G4:2 D4"]), [(0, 2, 60), (0, 2, 64), (0, 2, 67), (2, 1, 62)]),
    "a chord of other durations": (score(["C4:2 +E4:1 D4"]), [(0, 2, 60), (0, 1, 64), (2, 1, 62)]),
    "rests": (score(["r C4 r:2 D4"]), [(1, 1, 60), (4, 1, 62)]),
    "two voices": (score(["C5:2 D5:2 back:4 C4 r D4:2"]), [(0, 2, 72), (0, 1, 60), (2, 2, 74), (2, 2, 62)]),
    "a voice that begins later": (score(["C5:4 back:4 skip:2 C4:2", "D4"]), [(0, 4, 72), (2, 2, 60), (4, 1, 62)]),
    "a tie": (score(["C4:4~", "~C4:2 D4:2"]), [(0, 6, 60), (6, 2, 62)]),
    "a tie over three notes": (score(["C4:2~ ~C4:2~", "~C4:1 D4"]), [(0, 5, 60), (5, 1, 62)]),
    "a tie into a chord": (score(["C4~ r:3", "~C4"]), [(0, 1, 60), (4, 1, 60)]),
    "a tie to another voice": (
        score(["C4:4 back:4 E4:4~", "~E4:1 D4:3 back:4 r:4"]),
        [(0, 4, 60), (0, 5, 64), (5, 3, 62)],
    ),
    "a tie written backwards": (
        score(["back:4 E4:4~", "r:4 back:4 ~E4:4~", "~E4:1"]),
        [(0, 9, 64)],
    ),
    "a chord tied in part": (score(["C4:2~ +E4:2 ~C4:2 +F4:2"]), [(0, 4, 60), (0, 2, 64), (2, 2, 65)]),
    "ties in notations alone": (score([TIED.format("start"), TIED.format("stop")]), [(0, 2, 60)]),
    "a tie that leads nowhere": (score(["C4~ D4 C4"]), [(0, 1, 60), (1, 1, 62), (2, 1, 60)]),
    "a tie without its end": (score(["C4~ C4 C4"]), [(0, 2, 60), (2, 1, 60)]),
    "a tie among unisons": (score(["C4~ back:1 r:1 ~C4:2 back:2 C4:1"]), [(0, 3, 60), (1, 1, 60)]),
    "let ring": (score([TIED.format("let-ring"), "C4"]), [(0, 1, 60), (1, 1, 60)]),
    "two parts": (score(["C4", "D4"], ["C3", "D3"]), [(0, 1, 60), (0, 1, 48), (1, 1, 62), (1, 1, 50)]),
    "a pickup": (score(["G4", "C4:4"], ["r:1", "C3:4"]), [(0, 1, 67), (1, 4, 60), (1, 4, 48)]),
    "a part that is shorter": (score(["C4:4", "D4"], ["C3"]), [(0, 4, 60), (0, 1, 48), (4, 1, 62)]),
    "a part that says nothing": (score(["C4:4", "D4"], ["", "D3"]), [(0, 4, 60), (4, 1, 62), (4, 1, 50)]),
    "an empty measure": (
        score(["C4:3", "", "D4"], attributes="<time><beats>3</beats><beat-type>4</beat-type></time>"),
        [(0, 3, 60), (6, 1, 62)],
    ),
    "an empty measure of 3+2 eighths": (
        score(["C4", "", "D4"], attributes="<time><beats>3+2</beats><beat-type>8</beat-type></time>"),
        [(0, 1, 60), (3.5, 1, 62)],
    ),
    "triplets": (score(["C4:0.3333333 D4:0.3333333 E4:0.3333333 F4"]),
                 [(0, 1 / 3, 60), (1 / 3, 1 / 3, 62), (2 / 3, 1 / 3, 64), (1, 1, 65)]),
    "divisions that change": (
        score(["C4", "<attributes><divisions>4</divisions></attributes> "
               "<note><pitch><step>D</step><octave>4</octave></pitch><duration>2</duration></note>"]),
        [(0, 1, 60), (1, 0.5, 62)],
    ),
    "a horn in F": (score(["C4"], attributes=HORN), [(0, 1, 53)]),
    "a double bass": (score(["C4"], attributes=OCTAVE), [(0, 1, 48)]),
    "one staff of two transposes": (score([f"C4 {SECOND}"], attributes=STAFF), [(0, 1, 60), (1, 1, 58)]),
    "a change of instrument": (
        score(["C4", "<attributes><transpose><chromatic>-2</chromatic></transpose></attributes> C4"]),
        [(0, 1, 60), (1, 1, 58)],
    ),
    "grace notes": (score(["grace:D4:0 C4:2 grace:E4:0 +F4:0.5 D4"]), None),
    "cue notes pass in silence": (score(["cue:C4 D4"]), [(1, 1, 62)]),
    "drums": (score(["C4"], ["drum drum"]), [(0, 1, 60)]),
    "a quarter tone": (
        score(["<note><pitch><step>C</step><alter>0.5</alter><octave>4</octave></pitch><duration>48</duration></note>"]),
        [(0, 1, 61)],
    ),
    "a repeat": (score(["C4", f"{FORWARD} D4 {BACKWARD}", "E4"]), [(0, 1, 60), (1, 1, 62), (2, 1, 62), (3, 1, 64)]),
    "endings": (
        score(["C4", f"{ending(1)} D4 {ending(1, 'stop')} {BACKWARD}", f"{ending(2)} E4 {ending(2, 'discontinue')}"]),
        [(0, 1, 60), (1, 1, 62), (2, 1, 60), (3, 1, 64)],
    ),
    "a pickup and a repeat": (
        score([f"{FORWARD} G4", f"C4:3 {BACKWARD}"]),
        [(0, 1, 67), (1, 3, 60), (4, 1, 67), (5, 3, 60)],
    ),
    "a tie into both endings": (
        score(["C4~", f"{ending(1)} ~C4 {ending(1, 'stop')} {BACKWARD}", f"{ending(2)} ~C4 {ending(2, 'stop')}"]),
        [(0, 2, 60), (2, 2, 60)],
    ),
    "repeats marked in the second part alone": (
        score(["C4", "D4"], ["C3", f"D3 {BACKWARD}"]),
        [(0, 1, 60), (0, 1, 48), (1, 1, 62), (1, 1, 50), (2, 1, 60), (2, 1, 48), (3, 1, 62), (3, 1, 50)],
    ),
    "da capo al fine": (
        score([f"C4 {sound(fine='yes')}", f"D4 {sound(dacapo='yes')}"]), [(0, 1, 60), (1, 1, 62), (2, 1, 60)]
    ),
}  # fmt: skip


def read(content, path, name="a.musicxml"):
    (path / name).write_bytes(content)
    ((piece,),) = music_files.read(path / name).values()
    return piece


def sorted_notes(notes):
    return sorted((float(start), float(duration), int(pitch)) for start, duration, pitch in notes)


@pytest.mark.parametrize("row", [row for row in ROWS if ROWS[row][1]])
def test_what_is_written_sounds(row):
    content, notes = ROWS[row]
    piece, _ = musicxml_files.counted(content, row)
    np.testing.assert_allclose(sorted_notes(piece.notes), sorted_notes(notes), atol=1e-12)


def test_a_file_is_read_like_others_and_says_what_it_leaves_out(tmp_path, caplog):
    content = score(["grace:D4:0 C4:2 drum C4:0"], head="<movement-title>Am &amp; C</movement-title>")
    assert read(content, tmp_path).notes.tolist() == [[0, 2, 60]]
    (record,) = caplog.records
    assert record.message.endswith("a.musicxml: left out: 1 grace notes; 1 strokes of drums; 1 notes of no length")


def test_parts_on_the_channel_of_drums_are_left_out():
    channel = b'<score-part id="P1"><midi-instrument id="I"><midi-channel>10</midi-channel></midi-instrument>'
    content = score(["C4"], ["D4"]).replace(b'<score-part id="P1">', channel, 1)
    piece, left_out = musicxml_files.counted(content, "a")
    assert piece.notes.tolist() == [[0, 1, 60]]
    assert left_out == {"strokes of drums": 1}


@pytest.mark.parametrize(
    "measure, tempo",
    [
        (sound(tempo="96.5") + " C4", 96.5),
        ("<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>80</per-minute></metronome>"
         "</direction-type></direction> C4", 80),
        ("<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>60"
         "</per-minute></metronome></direction-type></direction> C4", 90),
        ("<direction><direction-type><metronome><beat-unit>half</beat-unit><per-minute>ca.60</per-minute></metronome>"
         "</direction-type></direction> C4", None),
        ("C4", None),
        (sound(tempo="0") + " C4", None),
        (sound(tempo="nan") + " C4", None),
    ],
)  # fmt: skip
def test_the_tempo(measure, tempo):
    assert musicxml_files.counted(score([measure]), "a")[0].tempo == tempo


def test_a_score_written_by_time():
    content = (
        b"<score-timewise><measure><part id='a'><note><pitch><step>C</step><octave>4</octave></pitch><duration>1"
        b"</duration></note></part><part id='b'><note><rest/><duration>2</duration></note></part></measure><measure>"
        b"<part id='a'><note><pitch><step>D</step><octave>4</octave></pitch><duration>1</duration></note></part>"
        b"</measure></score-timewise>"
    )
    assert musicxml_files.counted(content, "a")[0].notes.tolist() == [[0, 1, 60], [2, 1, 62]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(encoding):
    text = score(["C4"], head="<movement-title>café</movement-title>").decode()
    declared = {"utf-8-sig": "UTF-8", "latin-1": "ISO-8859-1"}.get(encoding, encoding)
    content = text.replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    assert musicxml_files.counted(content, "a")[0].notes.tolist() == [[0, 1, 60]]


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


CONTAINER = "<container><rootfiles><rootfile full-path='{}'/><rootfile full-path='b.pdf'/></rootfiles></container>"


@pytest.mark.parametrize(
    "files",
    [
        {"META-INF/container.xml": CONTAINER.format("in/b.xml"), "a.xml": score(["D4"]), "in/b.xml": score(["C4"])},
        {"score.musicxml": score(["C4"])},
        {"META-INF/container.xml": CONTAINER.format("missing.xml"), "score.xml": score(["C4"])},
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.mxl", "A.MXL", "a.musicxml"])
def test_compressed_scores(files, name, tmp_path):
    if name.endswith(".musicxml") and "META-INF/container.xml" in files and "a.xml" in files:
        pytest.skip("an archive of two scores")
    assert read(packed(files), tmp_path, name).notes.tolist() == [[0, 1, 60]]


def bomb(size):
    return packed({"score.xml": b"<score-partwise>" + b" " * size})


DOCTYPE = '<!DOCTYPE score-partwise [<!ENTITY a "ha">{}]><score-partwise>{}</score-partwise>'
LAUGHS = DOCTYPE.format("".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)), "&a9;")
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><score-partwise>&a;</score-partwise>'
PITCH = "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>{}</duration></note>"


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "received damaged XML"),
        (b"hello", "received damaged XML"),
        (score(["C4"])[:-30], "received damaged XML"),
        (b"<svg/>", "a score-partwise or score-timewise, received 'svg'"),
        (b"<score-partwise/>", "expected notes of a pitched instrument, received none"),
        (score(["r:4"]), "expected notes of a pitched instrument, received none"),
        (score(["drum drum"]), "received 2 strokes of drums"),
        (b"<a>" * 100_000, "more than 50 deep"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "more than 50 deep"),
        (LAUGHS.encode(), "defines entities of its own"),
        (OUTSIDE.encode(), "defines entities of its own"),
        (packed({"readme.txt": b""}), "expected a score in it, received readme.txt"),
        (packed({"score.xml": score(["C4"])})[:-40], "expected compressed MusicXML, received a damaged file"),
        (score([PITCH.format("H", 4, 1)]), "part P0, measure 1: expected a pitch with a step"),
        (score(["C4", PITCH.format("C", 40, 1)]), "part P0, measure 2: expected MIDI pitches"),
        (score([PITCH.format("C", "1e9", 1)]), "expected a number of octave, received '1e9'"),
        (score([PITCH.format("C", 4, "1e999999999")]), "expected a number of duration"),
        (score([PITCH.format("C", 4, "9" * 50)]), "expected a number of duration"),
        (score([PITCH.format("C", 4, "999999999")]), "expected up to 20,000 quarter notes with the repeats"),
        (score(["C4 <barline><repeat_direction='backward'_times='999999999'/></barline>"]), "up to 50,000 measures"),
        (score(["C4 " * 50 + "<barline><repeat_direction='backward'_times='9999'/></barline>"]), "with the repeats"),
    ],
)  # fmt: skip
def test_what_is_no_score_is_one_line(content, message, tmp_path):
    with pytest.raises(Unreadable, match=message) as raised:
        read(content, tmp_path, "a.mxl" if content.startswith(b"PK") else "a.musicxml")
    assert "a.m" in str(raised.value) and len(str(raised.value)) < 300


def test_a_score_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(musicxml_files, "LARGEST", 2**20)
    with pytest.raises(Unreadable, match="expected up to 1 MiB of XML in it"):
        musicxml_files.counted(bomb(2**21), "a.mxl")


@pytest.mark.slow
def test_a_score_that_unpacks_to_gigabytes(tmp_path):
    with pytest.raises(Unreadable, match="expected up to 256 MiB of XML in it"):
        read(bomb(2**31), tmp_path, "a.mxl")


def marked(text):
    """Marks of measures: | between them; |: :| :3| repeats, 1 2 1,2 endings, and words."""
    words = {"dc": "da_capo", "ds": "dal_segno", "segno": "segno", "tocoda": "to_coda", "coda": "coda", "fine": "fine"}
    measures = []
    for part in text.split("|"):
        marks = playing_order.Marks()
        for word in part.split():
            if word == "[":
                marks.forward = True
            elif word.startswith("]"):
                marks.backward = int(word[1:] or 2)
            elif word[0].isdigit():
                marks.ending = frozenset(map(int, word.split(",")))
            else:
                setattr(marks, words[word], True)
        measures.append(marks)
    return measures


@pytest.mark.parametrize(
    "text, order",
    [
        ("||", "0 1 2"),
        ("|]|", "0 1 0 1 2"),
        ("|[|]|", "0 1 2 1 2 3"),
        ("|]3|", "0 1 0 1 0 1 2"),
        ("]|]|", "0 0 1 1 2"),
        ("[|]|[|]", "0 1 0 1 2 3 2 3"),
        ("|1 ]|2|", "0 1 0 2 3"),
        ("|1 ]|2 ]|", "0 1 0 2 3"),
        ("|1,2 ]|3|", "0 1 0 1 0 2 3"),
        ("|1 ]|2 ]|3|", "0 1 0 2 0 3 4"),
        ("|1|1 ]|2|2|", "0 1 2 0 3 4 5"),
        ("|1 ]|", "0 1 0 2"),
        ("|1|2|", "0 1 2 3"),
        ("|2 ]|", "0 1 0 1 2"),
        ("|1 ]|2|[|1 ]|2|", "0 1 0 2 3 4 3 5 6"),
        ("|1 ]|2||1 ]|2", "0 1 0 2 3 4 3 5"),
        ("|fine|dc", "0 1 2 0 1"),
        ("|segno|fine|ds", "0 1 2 3 1 2"),
        ("|tocoda|dc|coda|", "0 1 2 0 1 3 4"),
        ("segno|tocoda|ds|coda", "0 1 2 0 1 3"),
        ("|1 ]|2|fine|dc", "0 1 0 2 3 4 0 2 3"),
        ("dc", "0 0"),
        ("|dc|dc", "0 1 0 1 2"),
    ],
)  # fmt: skip
def test_the_order_in_which_measures_are_played(text, order):
    assert playing_order.order(marked(text)) == list(map(int, order.split()))


@given(st.lists(st.tuples(st.sampled_from(["", "["]), st.sampled_from(["", "]", "]3"]),
                          st.sampled_from(["", "1", "2", "1,2", "7"]),
                          st.sampled_from(["", "dc", "ds", "segno", "fine", "tocoda", "coda"])),
                max_size=12))  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_any_marks_come_to_an_end(words):
    played = playing_order.order(marked("|".join(map(" ".join, words))))
    assert len(played) < 3_000 and set(played) <= set(range(max(1, len(words))))


NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


def _write(bars, at, rest, pitch, bar, per_quarter):
    """Writes a note into the bars that it sounds in, each time from the end of the bar back to where it begins."""
    name, stop = f"{NAMES[pitch % 12]}{pitch // 12 - 1}", ""
    while rest:
        part = min(rest, bar - at)
        rest -= part
        word = f"{stop}{name}:{part / per_quarter}{'~' if rest else ''}"
        bars[0].append(f"back:{bar / per_quarter} skip:{at / per_quarter} {word}")
        bars[0].append(f"skip:{(bar - at - part) / per_quarter}")
        at, stop, bars = 0, "~", bars[1:]


@given(st.lists(st.lists(st.tuples(st.integers(0, 47), st.integers(1, 96), st.integers(12, 127)), max_size=6),
                min_size=1, max_size=5), st.sampled_from([1, 12, 48]))  # fmt: skip
@settings(deadline=None, max_examples=200)
def test_random_notes_are_read_as_they_were_written(measures, per_quarter):
    """Notes at any time, each a voice of its own, cut at bars and tied: what is read is what was drawn."""
    bar, drawn, taken, bars = 48, set(), set(), [[] for _ in range(len(measures) + 3)]
    for number, notes in enumerate(measures):
        for start, duration, pitch in notes:
            span = {(pitch, number * bar + step) for step in range(start - 1, start + duration + 1)}
            if not taken & span:  # else the same key would be struck while it sounds
                taken |= span
                drawn.add(((number * bar + start) / per_quarter, duration / per_quarter, pitch))
                _write(bars[number:], start, duration, pitch, bar, per_quarter)
    if not drawn:
        return
    content = score([f"r:{bar / per_quarter} " + " ".join(words) for words in bars], divisions=per_quarter)
    piece, left_out = musicxml_files.counted(content, "drawn")
    assert sorted_notes(piece.notes) == sorted(drawn)
    assert not left_out

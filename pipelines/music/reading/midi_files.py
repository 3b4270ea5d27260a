"""Notes in MIDI, read and written by symusic; what is no note of a pitched instrument is left out and counted.

Files from others are read in a separate process: see `reading.files`.
"""

import math
import pathlib

import symusic

from pipelines.music.reading.pieces import Unreadable, piece

HEADER = 14  # bytes: MThd, its length, format, tracks, ticks
WRAPPED = b"RIFF", b"RMIDdata"  # a MIDI file in a RIFF file, as old Windows wrote them
TEMPOS = 10, 1000  # quarter notes a minute that are taken for a tempo


def from_midi(content, name):
    """The piece in the bytes of a MIDI file.

    Raises:
        Unreadable: the file is damaged, or has no note of a pitched instrument.
    """
    return counted(content, name)[0]


def counted(content, name):
    """(the piece, {what was left out: how many}) of the bytes of a MIDI file; errors as of `from_midi`."""
    content = _plain(content)
    if content[:4] == b"MThd" and len(content) >= HEADER and content[12] & 0x80:
        raise Unreadable(f"{name}: expected times in quarter notes, received a MIDI file with times in film frames")
    try:
        score = symusic.Score.from_midi(content)
    except (RuntimeError, ValueError) as error:
        raise Unreadable(f"{name}: expected MIDI, received a damaged file ({error})") from error
    read = sum(len(track.notes) for track in score.tracks)
    endless = max(0, struck(content) - read)
    return _from_symusic(score, name, endless)


def _plain(content):
    """The MIDI file in a RIFF file, and one whose header has the usual length; other bytes as they are."""
    if content[:4] == WRAPPED[0] and content[8:16] == WRAPPED[1]:
        content = content[20:]
    length = int.from_bytes(content[4:8], "big")
    if content[:4] == b"MThd" and 6 < length < len(content):  # the standard lets later headers be longer
        content = content[:4] + b"\0\0\0\6" + content[8:HEADER] + content[8 + length :]
    return content


def struck(content):
    """How often a note is struck in the bytes of a MIDI file that symusic reads, which drops those without an end.

    >>> track = bytes.fromhex("00903c40 60 3e40 60 3c00 00ff2f00")     # 62 never ends
    >>> struck(b"MThd" + bytes([0, 0, 0, 6, 0, 0, 0, 1, 0, 96]) + b"MTrk" + bytes([0, 0, 0, len(track)]) + track)
    2
    """
    place, count = HEADER, 0
    while place + 8 <= len(content):
        size = int.from_bytes(content[place + 4 : place + 8], "big")
        if content[place : place + 4] == b"MTrk":
            count += _struck(content[place + 8 : place + 8 + size])
        place += 8 + size
    return count


def _struck(track):
    """As `struck`, of the events of a track: a time of one to four bytes, a status unless it is the last one, data."""
    place, status, count = 0, 0, 0
    try:
        while place < len(track):
            while track[place] > 127:
                place += 1
            place += 1
            first = track[place]
            if first >= 0xF0:
                place = _after(track, place)
                continue
            if first > 127:
                status, place = first, place + 1
            if 0x90 <= status < 0xA0 and track[place + 1]:
                count += 1
            place += 1 if 0xC0 <= status < 0xE0 else 2
    except IndexError:
        pass  # the track ends in the middle of an event
    return count


def _after(track, place):
    """Where what is no event of a channel ends: text and the like, system exclusive, or a byte by itself."""
    status = track[place]
    if 0xF0 < status < 0xFF and status != 0xF7:
        return place + 1
    place, size = place + (2 if status == 0xFF else 1), 0
    while track[place] > 127:
        size, place = size << 7 | track[place] & 127, place + 1
    return place + 1 + (size << 7 | track[place])


def _from_symusic(score, name, endless=0):
    per_quarter = max(1, score.ticks_per_quarter)
    drums = sum(len(track.notes) for track in score.tracks if track.is_drum)
    pitched = [note for track in score.tracks if not track.is_drum for note in track.notes]
    notes = [
        (note.start / per_quarter, note.duration / per_quarter, note.pitch) for note in pitched if note.duration > 0
    ]
    left_out = {
        "notes without an end": endless,
        "notes of no length": len(pitched) - len(notes),
        "strokes of drums": drums,
    }
    left_out = {what: number for what, number in left_out.items() if number}
    if not notes:
        held = f"{endless:,} without an end" if endless else "none"
        held = f"drums alone ({drums} strokes)" if drums else held
        raise Unreadable(f"{name}: expected notes of a pitched instrument, received {held}")
    return piece(name, notes, None, tempo(score.tempos[0].qpm if len(score.tempos) else None)), left_out


def tempo(quarters):
    """Quarter notes a minute, or None for none or for a number that is no tempo."""
    low, high = TEMPOS
    return quarters if quarters and low <= quarters <= high else None


def write_midi(path, notes, tempo, program=0):
    """Writes notes (start, duration in quarter notes, pitch) as a MIDI file of one track.

    program: the instrument in General MIDI; 0 is the grand piano, 19 the church organ.
    """
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, float(tempo)))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track(program=program)
    for start, duration, pitch in notes:
        begin, end = (math.floor(480 * time + 0.5) for time in (start, start + duration))
        track.notes.append(symusic.Note(begin, end - begin, int(pitch), 80))
    score.tracks.append(track)
    pathlib.Path(path).write_bytes(score.dumps_midi())

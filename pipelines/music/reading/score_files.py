"""Notes in MIDI and in ABC, read by symusic and the abc2midi that comes with it; drums are left out.

Files from others are read in a separate process: see `reading.files`.
"""

import contextlib
import math
import os
import pathlib
import re
import resource
import subprocess
import tempfile

import symusic

from pipelines.music.reading.pieces import Unreadable, piece

SECONDS = 20  # CPU time of abc2midi for a tune; it usually takes a hundredth of a second
LARGEST = 2**26  # bytes of MIDI that abc2midi may write


def from_midi(content, name):
    """The piece in the bytes of a MIDI file.

    Raises:
        Unreadable: the file is damaged, or has no note of a pitched instrument.
    """
    try:
        score = symusic.Score.from_midi(content)
    except (RuntimeError, ValueError) as error:
        raise Unreadable(f"{name}: expected MIDI, received a damaged file ({error})") from error
    return _from_symusic(score, name)


def from_abc(tune, name):
    """The piece in the text of one tune in ABC.

    Raises:
        Unreadable: abc2midi cannot read the tune, or it has no note.
    """

    with tempfile.TemporaryDirectory() as folder:
        text, midi = pathlib.Path(folder, "tune.abc"), pathlib.Path(folder, "tune.mid")
        text.write_text(tune, "utf-8", "replace")
        command = [os.environ["SYMUSIC_ABC2MIDI"], text, "-o", midi, "-silent"]
        nothing = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        with subprocess.Popen(command, cwd=folder, **nothing) as process:
            _limit(process)
        if process.returncode or not midi.exists():
            raise Unreadable(f"{name}: expected a tune in ABC; abc2midi cannot read it")
        return from_midi(midi.read_bytes(), name)


def _limit(process):
    """Limits what a damaged tune may cost, even when nobody waits for the process any more; only Linux can do this."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError):  # the process has ended already
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (SECONDS, SECONDS))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def tunes(text):
    """The tunes of an ABC file; each begins with its field X:."""
    return [tune for tune in re.split(r"(?m)^(?=X:)", text) if tune.startswith("X:")]


def _from_symusic(score, name):
    per_quarter = max(1, score.ticks_per_quarter)
    drums = sum(len(track.notes) for track in score.tracks if track.is_drum)
    notes = [
        (note.start / per_quarter, note.duration / per_quarter, note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
        if note.duration > 0
    ]
    if not notes:
        held = f"drums alone ({drums} strokes)" if drums else "none"
        raise Unreadable(f"{name}: expected notes of a pitched instrument, received {held}")
    tempo = score.tempos[0].qpm if len(score.tempos) else None
    return piece(name, notes, None, tempo if tempo and 10 <= tempo <= 1000 else None)


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

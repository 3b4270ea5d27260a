"""Tunes in ABC, played by the abc2midi that comes with symusic.

    tunes(content)             the texts of the tunes, each with what the head of the file says for all of them
    counted(tune, "a.abc")     the piece, and what was left out of it

abc2midi spreads the notes of a chord, plays a rhythm of its own to chord symbols, and reads a part of a tune that it
cannot read as a whole. Chords are struck together here; chord symbols are played only if asked for.

Reference: the ABC music standard 2.1, sections 2.2 (the head of a file) and 4.17 (chords and unisons).
"""

import contextlib
import os
import pathlib
import re
import resource
import subprocess
import tempfile

import symusic  # noqa: F401  (says where its abc2midi is)

from pipelines.music.reading import midi_files
from pipelines.music.reading.pieces import Unreadable
from pipelines.shared.data.encodings import MARKS
from pipelines.shared.messages import brief

SECONDS = 20  # CPU time of abc2midi for a tune; it usually takes a hundredth of a second
LARGEST = 2**26  # bytes of MIDI that abc2midi may write
FOR_ALL = re.compile(r"[IKLMmRU]:|%%")  # lines at the head of a file that change how its tunes sound
FIELD = re.compile(r"[A-Za-z+]:|%|\s*$")  # lines that are not music
SYMBOL = re.compile(r'"[A-G][^"\n]*"')
ERROR = re.compile(r"Error in line-char [\d-]+ *: *(.*)")
TOGETHER = "%%MIDI chordattack 0"
SPREAD = re.compile(r"(?m)^%%MIDI\s+(random)?chordattack.*\n?")


def tunes(content):
    """The texts of the tunes in the bytes of a file; each begins with its field X:.

    Fields before the first X: hold for all tunes, unless a tune has its own. A file without any X: is one tune if it
    has a key.

    >>> tunes(b"M:6/8\\rL:1/8\\r\\rX:1\\rK:G\\rGAB\\r")
    ['X:1\\nM:6/8\\nL:1/8\\nK:G\\nGAB\\n']
    """
    text = decoded(content)
    head, *bodies = re.split(r"(?m)^[ \t]*(?=X:)", text)
    if not bodies and re.search(r"(?m)^K:", head):
        return ["X:1\n" + head]
    shared = [line for line in head.splitlines() if FOR_ALL.match(line) and not line.startswith("K:")]
    key = next((line for line in head.splitlines() if line.startswith("K:")), None)
    return [_whole(body, shared, key) for body in bodies]


def decoded(content):
    """The text, with line feeds alone at the ends of lines. Only titles and words have other letters than ASCII."""
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    if b"X\0:\0" in content[: 2**16]:
        encoding = "utf-16" if encoding == "utf-16" else "utf-16-le"
    text = content.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _whole(body, shared, key):
    """A tune with the fields that hold for all; the key comes last in its head, as it must."""
    number, *lines = body.splitlines()
    if key is not None and not any(line.startswith("K:") for line in lines):
        fields = next((place for place, line in enumerate(lines) if not FIELD.match(line)), len(lines))
        lines.insert(fields, key)
    return "\n".join([number, *shared, *lines, ""])


def counted(tune, name, chord_symbols=False):
    """(the piece, {what was left out: how many}) of the text of one tune.

    chord_symbols: whether they are played, in abc2midi's rhythm.

    Raises:
        Unreadable: abc2midi cannot read the tune, or it has no note.
    """
    content, remarks = _played(tune, chord_symbols, name)
    piece, left_out = midi_files.counted(content, name)
    music = "\n".join(line for line in tune.splitlines() if not FIELD.match(line))
    left_out |= {"chord symbols": 0 if chord_symbols else len(SYMBOL.findall(music)), UNREAD: len(remarks)}
    return piece, {what: number for what, number in left_out.items() if number}


UNREAD = "signs of ABC that abc2midi cannot read"


def _played(tune, chord_symbols, name):
    """(bytes of MIDI, what abc2midi says it cannot read) of a tune."""
    number, _, rest = SPREAD.sub("", tune).partition("\n")
    with tempfile.TemporaryDirectory() as folder:
        text, midi, said = (pathlib.Path(folder, f"tune.{ending}") for ending in ("abc", "mid", "txt"))
        text.write_text(f"{number}\n{TOGETHER}\n{rest}", "utf-8", "replace")
        command = [os.environ["SYMUSIC_ABC2MIDI"], text, "-o", midi, *([] if chord_symbols else ["-NGUI"])]
        with open(said, "wb") as output:
            nothing = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(command, cwd=folder, **nothing) as process:
                _limit(process)
        with open(said, "rb") as output:
            remarks = ERROR.findall(output.read(2**20).decode("utf-8", "replace"))
        if process.returncode or not midi.exists():
            why = f" ({brief(remarks[0], 100)})" if remarks else ""
            raise Unreadable(f"{name}: expected a tune in ABC; abc2midi cannot read it{why}")
        return midi.read_bytes(), remarks


def _limit(process):
    """Limits what a damaged tune may cost, even when nobody waits for the process any more; only Linux can do this."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError):  # the process has ended already
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (SECONDS, SECONDS))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (LARGEST, LARGEST))

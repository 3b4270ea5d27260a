"""A tune, and the files that it can be written to: MIDI, a picture of its piano roll, sound.

    tune.write("tune.mid"); tune.write("tune.png"); tune.write("tune.wav")

FluidSynth makes the sound where it and `pyfluidsynth` are installed, else pretty_midi's own synthesiser.
"""

import dataclasses
import importlib
import pathlib

import matplotlib.figure
import numpy as np
import pretty_midi
import scipy.io.wavfile

from pipelines.music.reading import files as music_files
from pipelines.music.tunes import players
from pipelines.shared.report import pages
from pipelines.shared.storage import answer_files, disk

FORMATS = (".mid", ".midi", ".png", ".svg", ".wav")
RATE = 22_050  # samples a second
# Loudness of the overtones of a note, the fundamental first.
OVERTONES = (1.0, 0.5, 0.25, 0.15, 0.08)


@dataclasses.dataclass(frozen=True)
class Tune:
    """A tune that was generated.

    notes: [(start, duration, pitch)], times in quarter notes, sorted by start, then pitch.
    quarters: its length in quarter notes.
    tempo: quarter notes a minute.
    steps: its length in steps of the model's grid.
    given: quarter notes at the beginning that were given, not drawn.
    log_probability: of all tokens drawn, if a beam search was asked for; else None.
    """

    notes: list
    quarters: float
    tempo: float
    steps: int
    given: float = 0.0
    log_probability: float | None = None

    def __repr__(self):
        return f"<Tune of {len(self.notes)} notes, {self.quarters:g} quarter notes at {self.tempo:g} a minute>"

    def _repr_html_(self):
        title = f"{len(self.notes)} notes, {self.quarters:g} quarter notes at {self.tempo:g} a minute"
        drawn = pages.figure(picture(self.notes, self.quarters, self.given), title, title)
        heard = players.player(self.sound(players.RATE), title, players.RATE)
        return pages.card(drawn + heard + players.midi_link(self.notes, self.tempo, "Tune"))

    @property
    def pitches(self):
        """The pitches, in the order of the notes."""
        return [pitch for _, _, pitch in self.notes]

    def write(self, path):
        """Writes a file that ends in one of `FORMATS`, first under another name; returns its path.

        Raises:
            ValueError: the file has another ending. OSError: it cannot be written.
        """
        suffix = check_format(path)
        file = answer_files.check(path, folders=True)
        with disk.stoppable(path):
            file.parent.mkdir(parents=True, exist_ok=True)
            with disk.aside(file) as partial:
                self._write(partial, suffix)
        return pathlib.Path(path)

    def _write(self, partial, suffix):
        if suffix in (".mid", ".midi"):
            music_files.write_midi(partial, self.notes, self.tempo)
        elif suffix == ".wav":
            _write_wav(partial, self.sound())
        else:
            picture(self.notes, self.quarters, self.given).savefig(partial, dpi=110, format=suffix[1:])

    def sound(self, rate=RATE):
        """The sound, float32 (samples,) between -1 and 1; `rate` is in samples a second."""
        return sound(self.notes, self.tempo, rate)


def check_format(path):
    """The ending of a file that a tune can be written to; raises a ValueError for any other."""
    suffix = pathlib.Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"output: expected a file that ends in {', '.join(FORMATS)}, received {str(path)!r}")
    return suffix


def sound(notes, tempo, rate=RATE):
    """Notes (start, duration in quarter notes, pitch) as sound, float32 (samples,)."""
    score, piano = pretty_midi.PrettyMIDI(initial_tempo=tempo), pretty_midi.Instrument(program=0)
    for start, duration, pitch in notes:
        seconds = (start * 60 / tempo, (start + duration) * 60 / tempo)
        piano.notes.append(pretty_midi.Note(80, int(pitch), *seconds))
    score.instruments.append(piano)
    if not piano.notes:
        return np.zeros(rate, "float32")
    samples = score.fluidsynth(fs=rate) if _has_fluidsynth() else score.synthesize(fs=rate, wave=_wave)
    return (0.9 * samples / max(1e-9, np.abs(samples).max())).astype("float32")


def _has_fluidsynth():
    try:
        importlib.import_module("fluidsynth")
    except ImportError:  # the module, or the library that it needs
        return False
    return True


def _wave(phase):
    """A wave with overtones, richer than a sine."""
    return sum(loudness * np.sin(number * phase) for number, loudness in enumerate(OVERTONES, 1))


def _write_wav(path, samples, rate=RATE):
    scipy.io.wavfile.write(path, rate, (samples * 32767).astype("int16"))


def picture(notes, quarters, given_quarters=0.0, title=None, width=8.0):
    """A matplotlib figure of the piano roll; the first `given_quarters` quarter notes are shaded."""
    drawing = matplotlib.figure.Figure(figsize=(width, 2.6), layout="constrained")
    axes = drawing.subplots()
    for start, duration, pitch in notes:
        axes.broken_barh([(start, max(duration - 0.06, 0.05))], (pitch - 0.42, 0.84), facecolor="#2f7fe0", linewidth=0)
    if given_quarters:
        axes.axvspan(0, given_quarters, facecolor="#d9801a", alpha=0.18, linewidth=0)
    pitches = [pitch for _, _, pitch in notes] or [60]
    low, high = min(pitches) - 3, max(pitches) + 3
    octaves = [pitch for pitch in range(0, 128, 12) if low <= pitch <= high]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.set(xlim=(0, max(quarters, 1)), ylim=(low, high), xlabel="quarter notes")
    if title:
        axes.set_title(title, loc="left", fontweight="bold", fontsize=11, parse_math=False)
    axes.grid(axis="y", color="#8a94a6", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return drawing

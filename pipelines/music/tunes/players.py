"""Notes to see, to hear and to take along, as HTML that loads nothing: sound and MIDI are in `data:` addresses."""

import base64
import html
import io
import pathlib

import numpy as np
import scipy.io.wavfile

from pipelines.music.reading import files as music_files
from pipelines.shared.storage import scratch

RATE = 11_025  # samples a second, to keep a page small


def player(samples, title, rate=RATE):
    """An HTML element that plays samples between -1 and 1; the sound is embedded in the page, in 8 bits."""
    stream = io.BytesIO()
    scipy.io.wavfile.write(stream, rate, np.round(np.asarray(samples) * 127 + 128).astype("uint8"))
    encoded = base64.b64encode(stream.getvalue()).decode("ascii")
    label = html.escape(title)
    return f'<audio controls preload="none" aria-label="{label}" src="data:audio/wav;base64,{encoded}"></audio>'


def midi_link(notes, tempo, title):
    """A link that saves the notes as a MIDI file."""
    with scratch.folder() as folder:
        file = pathlib.Path(folder) / "tune.mid"
        music_files.write_midi(file, notes, tempo)
        encoded = base64.b64encode(file.read_bytes()).decode("ascii")
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    address = f"data:audio/midi;base64,{encoded}"
    return f'<p><a download="{html.escape(name)}.mid" href="{address}">{html.escape(title)} as MIDI</a></p>'

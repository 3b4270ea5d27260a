"""The video with its labels written into the frames.

write("out.mp4", clip, answer)        # as many frames as the clip, of its size, at its times
"""

import fractions
import pathlib

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from pipelines.shared.messages import brief, listed
from pipelines.shared.storage import answer_files, disk
from pipelines.video.clips.kinds import Shape
from pipelines.video.clips.recorded import av

SUFFIXES = (".mp4", ".mov", ".mkv", ".avi")
PART = 32  # frames that are read at once
SMALLEST = 240  # pixels of a frame's longer side; smaller ones are enlarged, so that letters can be read
RATE = 25  # frames a second, where the clip has none
CODECS = ("libx264", "libopenh264", "mpeg4")


def check(path, clips):
    """Refuses what cannot be captioned, before any work.

    Raises:
        ValueError: another kind of file, features, or a file that is read. ImportError: PyAV is missing.
    """
    av()
    for target in _targets(path, clips):
        if target.suffix.lower() not in SUFFIXES:
            raise ValueError(
                f"captions: expected a name that ends in {listed(SUFFIXES, write=str)}, received {str(path)!r}"
            )
        answer_files.check(target)
        if any(clip.path is not None and clip.path.resolve() == target.resolve() for clip in clips):
            raise ValueError(f"captions: {str(target)!r} is the file that is read; give another name")
    for clip in clips:
        if clip.size:
            raise ValueError(f"captions: expected pictures, received features in {clip.name}")


def _targets(path, clips):
    path = pathlib.Path(path)
    if len(clips) < 2:
        return [path]
    return [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(clips) + 1)]


def write_all(path, clips, answers):
    """Writes the video of each clip."""
    for target, clip, answer in zip(_targets(path, clips), clips, answers, strict=True):
        if clip.frames:
            write(target, clip, answer)


def write(path, clip, answer):
    """Writes one video; at any moment the file is the old one or the new one, whole."""
    scale = max(1, -(-SMALLEST // max(clip.height, clip.width)))
    height, width = (side * scale + side * scale % 2 for side in (clip.height, clip.width))  # codecs take even sizes
    rate = fractions.Fraction(clip.rate or RATE).limit_denominator(1000)
    strips = {}
    with disk.aside(pathlib.Path(path)) as partial, _Writer(partial, pathlib.Path(path).suffix[1:], height, width, rate,
                                                            clip.times) as writer:  # fmt: skip
        for start in range(0, clip.frames, PART):
            stop = min(start + PART, clip.frames)
            frames = clip.read(start, stop, Shape(height, width, 3))
            for number, frame in zip(range(start, stop), frames, strict=True):
                label, probability = answer["labels"][number], answer["probability"][number]
                strip = strips.setdefault((label, round(probability, 1)), None)
                if strip is None:
                    strip = strips[label, round(probability, 1)] = _strip(label, probability, height, width)
                frame = frame.copy()
                rows = slice(height - strip.shape[0], height)
                frame[rows] = frame[rows] // 3 + strip
                writer.add(frame, number)


def _strip(label, probability, height, width):
    """uint8 (rows, width, 3): letters on black, for the foot of a frame; a line below shows the probability."""
    size = max(10, min(height // 10, width // 12))
    rows = min(height, size + size // 2 + 4)
    picture = PIL.Image.new("RGB", (width, rows))
    draw, font = PIL.ImageDraw.Draw(picture), PIL.ImageFont.load_default(size)
    draw.text((size // 2, 1), brief(label, 60), font=font, fill=(160, 160, 160))
    draw.rectangle((0, rows - 3, int(width * probability), rows - 1), fill=(60, 130, 160))
    return np.asarray(picture)


class _Writer:
    """Encodes frames into a file."""

    def __init__(self, path, kind, height, width, rate, times):
        self._path, self._kind, self._size, self._rate, self._times = path, kind, (height, width), rate, times

    def __enter__(self):
        kinds = {"mkv": "matroska"}
        self._container = av().open(str(self._path), "w", format=kinds.get(self._kind, self._kind))
        self._stream = self._container.add_stream(self._codec(), rate=self._rate)
        self._stream.height, self._stream.width = self._size
        self._stream.pix_fmt = "yuv420p"
        if self._stream.codec_context.name == "libx264":
            self._stream.options = {"preset": "veryfast", "crf": "20"}
        if self._times is not None and self._kind != "avi":
            self._stream.codec_context.time_base = fractions.Fraction(1, 90_000)
        return self

    def _codec(self):
        known = av().codecs_available
        return next((name for name in CODECS if name in known), "mpeg4")

    def add(self, frame, number):
        """Encodes uint8 (height, width, 3), the frame of this number."""
        frame = av().VideoFrame.from_ndarray(frame, format="rgb24")
        if self._times is not None and self._kind != "avi":
            frame.pts, frame.time_base = round(self._times[number] * 90_000), fractions.Fraction(1, 90_000)
        else:
            frame.pts, frame.time_base = number, 1 / self._rate
        self._container.mux(self._stream.encode(frame))

    def __exit__(self, kind, error, trace):
        if error is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()

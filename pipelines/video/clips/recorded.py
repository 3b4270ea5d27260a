"""Video files as clips, decoded by PyAV, which brings FFmpeg's libraries along.

    clip = opened(pathlib.Path("talk.mp4"))
    clip.read(250, 500, Shape(32, 64, 1))

A file is decoded once when it is opened: its frames are counted, since what containers say of themselves is often
wrong, and the time of each is noted. Frames in the middle are then read from the key frame before them. Transparency is
dropped, and frames are turned upright as players do.
"""

import hashlib
import itertools

import numpy as np

from pipelines.shared.messages import brief
from pipelines.video.clips.kinds import Clip, Unreadable, is_gray

MISSING = "expected PyAV, which decodes video files, and it is not installed: pip install 'unroll-rnn[video]'"
LOOKED_AT = 16  # every so many frames, whether they are gray
ENDS = 2**16  # bytes at the beginning and at the end of a file that tell it from another
EVEN = 0.1  # of a frame's time, by which frames of a steady rate may miss it


def av():
    """The module `av`, which may be missing; imported here, since other sources do without.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import av as module
    except ImportError as error:
        raise ImportError(MISSING) from error
    module.logging.set_level(None)
    return module


def opened(path, name=None):
    """The `Clip` of a video file.

    Raises:
        Unreadable: it does not decode to its end, or has no frame. ImportError: PyAV is missing.
    """
    stamps, gray, first = [], True, None
    with _decoding(path) as (_, stream, frames):
        rate, base = float(stream.average_rate or stream.guessed_rate or 0), stream.time_base
        for number, frame in enumerate(frames):
            first = first or _size(frame)
            stamps.append(frame.pts)
            if gray and number % LOOKED_AT == 0:
                gray = is_gray(_picture(av().video.reformatter.VideoReformatter(), frame, 64, 64, "rgb24"))
    if not stamps:
        raise Unreadable("it has no frame")
    times, exact = _times(stamps, base, rate)
    steps = np.diff(times)
    return Clip(
        name or path.name, len(stamps), _Reader(path, np.array(stamps, np.int64) if exact else None),
        *first, gray, times=times, rate=rate, content=_content(path), path=path,
        steady=bool(not len(steps) or (abs(steps - np.median(steps)) <= EVEN * max(np.median(steps), 1e-9)).all()),
    )  # fmt: skip


class _decoding:
    """(container, stream, an iterator of frames) of a file that is closed at the end; errors are `Unreadable`."""

    def __init__(self, path):
        self._path = path

    def __enter__(self):
        self._errors = (av().error.FFmpegError, OSError, ValueError, IndexError, EOFError, MemoryError)
        try:
            self._container = av().open(str(self._path), options={"protocol_whitelist": "file"})
        except self._errors as error:
            raise _unreadable(error) from error
        if not self._container.streams.video:
            self._container.close()
            raise Unreadable("it has no video in it")
        stream = self._container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1  # files are decoded beside one another
        return self._container, stream, self._frames(stream)

    def _frames(self, stream):
        try:
            yield from self._container.decode(stream)
        except self._errors as error:
            if not isinstance(error, av().error.EOFError):
                raise _unreadable(error) from error

    def __exit__(self, *error):
        self._container.close()


def _unreadable(error):
    said = brief(getattr(error, "strerror", None) or error, 100)
    return Unreadable(f"it does not decode ({said})")


def _times(stamps, base, rate):
    """(seconds of each frame from the first, whether the stamps are exact: none missing, each above the one before)."""
    if base is not None and None not in stamps and all(one < other for one, other in itertools.pairwise(stamps)):
        return (np.array(stamps) - stamps[0]) * float(base), True
    return np.arange(len(stamps)) / (rate or 25.0), False


def _content(path):
    """A digest of a file's size, beginning and end."""
    digest, size = hashlib.sha256(), path.stat().st_size
    with open(path, "rb") as file:
        digest.update(file.read(ENDS))
        file.seek(max(0, size - ENDS))
        digest.update(file.read(ENDS))
    return digest.digest() + size.to_bytes(8, "big")


def _turns(frame):
    """Quarter turns to the left that set a frame upright."""
    return round(getattr(frame, "rotation", 0) / 90) % 4


def _size(frame):
    """(height, width) of a frame that is upright."""
    return (frame.width, frame.height) if _turns(frame) % 2 else (frame.height, frame.width)


def _picture(reformatter, frame, height, width, kind):
    """uint8 (height, width) or (height, width, 3) of a frame; means over areas where it becomes smaller."""
    turns = _turns(frame)
    if turns % 2:
        height, width = width, height
    smaller = height < frame.height or width < frame.width
    picture = reformatter.reformat(
        frame, width, height, kind, interpolation="AREA" if smaller else "BILINEAR"
    ).to_ndarray()
    return np.rot90(picture, turns) if turns else picture


class _Reader:
    """Reads frames of a file. stamps: the time stamp of each frame, None where they do not tell frames apart."""

    def __init__(self, path, stamps):
        self._path, self._stamps = path, stamps

    def __call__(self, start, stop, shape):
        if start and self._stamps is not None:
            frames = self._from_key_frame(start, stop, shape)
            if len(frames) == stop - start:
                return frames
        with _decoding(self._path) as (_, _, decoded):
            return _stacked(itertools.islice(decoded, start, stop), shape)

    def _from_key_frame(self, start, stop, shape):
        """The frames, or fewer if the file does not lead to the first of them."""
        with _decoding(self._path) as (container, stream, decoded):
            container.seek(int(self._stamps[start]), stream=stream)
            rest = itertools.dropwhile(lambda frame: frame.pts is None or frame.pts < self._stamps[start], decoded)
            first = next(rest, None)
            if first is None or first.pts != self._stamps[start]:
                return np.zeros((0,))
            return _stacked(itertools.islice(itertools.chain([first], rest), stop - start), shape)


def _stacked(frames, shape):
    """uint8 (frames, height, width, channels)"""
    reformatter, kind = av().video.reformatter.VideoReformatter(), "gray" if shape.channels == 1 else "rgb24"
    pictures = [_picture(reformatter, frame, shape.height, shape.width, kind) for frame in frames]
    return np.array(pictures, np.uint8).reshape(len(pictures), shape.height, shape.width, shape.channels)

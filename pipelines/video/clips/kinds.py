"""What a clip is, whatever its frames come from: a video, pictures in a folder, an array.

    clip.frames, clip.height, clip.width, clip.gray      known before any frame is kept
    clip.read(0, 100, shape)                             uint8 (100, height, width, channels), of that shape
    clip.times                                           float64 (frames,), seconds from the first; None if not known

Frames are read when they are needed and are not kept: what is in memory does not grow with the number of clips. A clip
of features, such as skeletons, has `size` numbers a frame in place of a picture.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np

VIDEOS = (
    ".mp4",
    ".avi",
    ".mpg",
    ".mpeg",
    ".mov",
    ".mkv",
    ".webm",
    ".m4v",
    ".wmv",
    ".flv",
    ".ts",
    ".3gp",
    ".gif",
    ".ogv",
)
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
ARRAYS = (".npy", ".npz")
CLOSE = 6  # levels of 255 that colours may differ by in a frame that is gray


class Unreadable(ValueError):
    """A clip that cannot be read, or has no frame; the message says why, without its name."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """What frames are read as. channels: 1 is gray, 3 is red, green, blue. Features have no shape."""

    height: int
    width: int
    channels: int


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
    """A clip; see this module's docstring.

    Args:
        name: as labels name it. frames: how many there are.
        reader: a function of (start, stop, shape or None) that gives these frames.
        height, width: of its frames; 0 of features. gray: whether all its frames are gray.
        size: numbers a frame, of features; 0 of pictures.
        times: seconds of each frame from the first. rate: frames a second, 0 if not known. steady: whether they are
            evenly spaced.
        content: bytes that tell its content from another's. path: of its file or folder.
    """

    name: str
    frames: int
    reader: Callable
    height: int = 0
    width: int = 0
    gray: bool = True
    size: int = 0
    times: np.ndarray | None = None
    rate: float = 0.0
    steady: bool = True
    content: bytes = b""
    path: pathlib.Path | None = None

    def __len__(self):
        return self.frames

    def read(self, start, stop, shape=None):
        """Frames from `start` up to `stop`: uint8 (frames, height, width, channels), or float32 (frames, size).

        Raises:
            Unreadable: it no longer gives what it gave at first.
        """
        frames = self.reader(start, stop, shape)
        if len(frames) != stop - start:
            raise Unreadable(f"{self.name}: expected frames {start} to {stop - 1}, received {len(frames)} of them")
        return frames

    def tobytes(self):
        """What a fingerprint of examples depends on."""
        return f"{self.name}/{self.frames}/{self.height}x{self.width}/{self.size}/".encode() + self.content

    def __repr__(self):
        what = f"{self.size} numbers" if self.size else f"{self.width}x{self.height}"
        return f"<Clip {self.name!r}: {self.frames} frames of {what}>"


def is_gray(frame):
    """Whether a frame (height, width, 3) has no colour but for the rounding of codecs.

    >>> is_gray(np.full((2, 2, 3), 7, np.uint8)), is_gray(np.uint8([[[255, 0, 0]]]))
    (True, False)
    """
    frame = frame.astype(np.int16)
    return bool((frame.max(axis=-1) - frame.min(axis=-1)).max(initial=0) <= CLOSE)

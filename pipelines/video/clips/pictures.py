"""Folders of pictures as clips, a picture a frame, in the order of the numbers in their names.

clip = opened(pathlib.Path("clips/bbaf2n"))      # 000.png, 001.png ...
"""

import hashlib
import re

import numpy as np
import PIL.Image

from pipelines.shared.data import containers
from pipelines.shared.messages import brief
from pipelines.video.clips.kinds import PICTURES, Clip, Unreadable, is_gray

LOOKED_AT = 16  # every so many pictures, whether they are gray
GRAY = ("1", "L", "LA", "I", "F", "I;16")


def in_folder(folder):
    """The pictures of a folder, by the numbers in their names: 2.png is before 10.png."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PICTURES and not containers.hidden(path.name)]
    return sorted(paths, key=lambda path: (by_number(path.name), path.name))


def by_number(name):
    """A name with its digits as numbers, to sort by.

    >>> sorted(["f10.png", "f9.png"], key=by_number)
    ['f9.png', 'f10.png']
    """
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if number % 2 else (-1, part) for number, part in enumerate(parts)]


def opened(folder, name=None):
    """The `Clip` of a folder.

    Raises:
        Unreadable: there are no pictures, one of them cannot be read, or they are of different sizes.
    """
    paths = in_folder(folder)
    if not paths:
        raise Unreadable("it has no pictures in it")
    digest, sizes = hashlib.sha256(), {}
    for path in paths:
        with _picture(path) as picture:
            sizes.setdefault(picture.size, path.name)
        digest.update(f"{path.name}/{path.stat().st_size}".encode())
    if len(sizes) > 1:
        listed = ", ".join(f"{width}x{height} of {first}" for (width, height), first in sizes.items())
        raise Unreadable(f"its pictures are of different sizes: {brief(listed, 100)}")
    ((width, height),) = sizes
    gray = all(map(_is_gray, paths[::LOOKED_AT]))
    return Clip(
        name or folder.name, len(paths), _Reader(paths), height, width, gray, content=digest.digest(), path=folder
    )


class _picture:
    """An open picture; what is wrong with it is `Unreadable`."""

    def __init__(self, path):
        self._path = path

    def __enter__(self):
        try:
            self._picture = PIL.Image.open(self._path)
        except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
            raise Unreadable(f"{self._path.name} is no picture that can be read") from error
        return self._picture

    def __exit__(self, *error):
        self._picture.close()


def _pixels(path, mode, size=None):
    """uint8 (height, width) or (height, width, 3) of a picture; its transparency is dropped."""
    with _picture(path) as picture:
        try:
            return np.asarray(resized(_as(picture, mode), size))
        except (OSError, ValueError, SyntaxError) as error:
            raise Unreadable(f"{path.name} does not decode ({brief(error, 100)})") from error


def _as(picture, mode):
    if picture.mode.startswith("I;16") or picture.mode == "I":  # 16 bits, of which Pillow would keep the lower ones
        picture = PIL.Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    return picture.convert("RGBA").convert(mode) if picture.mode == "P" else picture.convert(mode)


def resized(picture, size):
    """A picture of another (width, height): means over areas where it becomes smaller."""
    if size is None or picture.size == size:
        return picture
    smaller = size[0] < picture.size[0] or size[1] < picture.size[1]
    return picture.resize(size, PIL.Image.Resampling.BOX if smaller else PIL.Image.Resampling.BILINEAR)


def _is_gray(path):
    with _picture(path) as picture:
        if picture.mode in GRAY:
            return True
    return is_gray(_pixels(path, "RGB"))


class _Reader:
    """Reads pictures of a folder."""

    def __init__(self, paths):
        self._paths = paths

    def __call__(self, start, stop, shape):
        mode, paths = "L" if shape.channels == 1 else "RGB", self._paths[start:stop]
        pixels = [_pixels(path, mode, (shape.width, shape.height)) for path in paths]
        return np.array(pixels, np.uint8).reshape(len(paths), shape.height, shape.width, shape.channels)

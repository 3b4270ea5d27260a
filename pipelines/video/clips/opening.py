"""From names to clips: the file or folder of each, opened beside one another, those that cannot be read counted.

paths = {name: located([folder], name) for name in names}
clips = opened(paths, "data clips/labels.csv", strict=False)        {name: Clip}
"""

import concurrent.futures
import functools
import logging
import os
import pathlib

import numpy as np

from pipelines.shared.data import containers
from pipelines.shared.messages import brief, within
from pipelines.video.clips import arrays, pictures, recorded
from pipelines.video.clips.kinds import ARRAYS, PICTURES, VIDEOS, Unreadable

log = logging.getLogger("unroll")

NAMED = 3
SAID_EVERY = 200  # clips


class Missing:
    """What stands for the path of a clip that there is no file of. looked: where it was looked for."""

    def __init__(self, looked):
        self.looked = looked


def located(folders, name):
    """The path of the clip `name` in the first of the folders that has it: a video, a folder of pictures or an array;
    with or without its ending. A `Missing` if none has.
    """
    for folder in folders:
        path = pathlib.Path(folder, name)
        if path.exists():
            return path
        beside = _by_stem(path.parent) if path.parent.is_dir() else {}
        for key in (path.name, path.stem):
            if key in beside:
                return beside[key]
    return Missing(pathlib.Path(folders[0], name))


@functools.lru_cache(maxsize=256)
def _listed(folder, changed):
    """{name without its ending: path} of the clips in a folder; `changed` is when it last did."""
    return {path.stem: path for path in sorted(folder.iterdir(), reverse=True) if is_clip(path)}


def _by_stem(folder):
    return _listed(folder, folder.stat().st_mtime_ns)


def is_clip(path):
    """Whether a path is that of a clip, by its ending: a video, an array, or a folder that holds a picture."""
    if containers.hidden(path.name):
        return False
    if path.is_dir():
        return any(inside.suffix.lower() in PICTURES for inside in path.iterdir())
    return path.suffix.lower() in (*VIDEOS, *ARRAYS)


def opened(paths, called, strict=False):
    """{name: Clip} of those that can be read; a warning names and counts the others.

    Args:
        paths: {name: path or `Missing`}. called: what errors call the source. strict: refuse what cannot be read.

    Raises:
        ValueError: none can be read, or one cannot and `strict` is set.
    """
    clips, wrong, names = {}, [], list(paths)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, (name, clip) in enumerate(zip(names, pool.map(_opened, names, paths.values()), strict=True), 1):
            if isinstance(clip, Unreadable):
                wrong.append(f"{brief(name)}: {clip}")
            else:
                clips[name] = clip
            if number % SAID_EVERY == 0:
                log.info("%s: %d of %d clips looked at", called, number, len(names))
    if wrong:
        _say(wrong, len(names), called, strict)
    return clips


def _opened(name, path):
    """The `Clip`, or the `Unreadable` that says why there is none."""
    try:
        return of_path(path, name)
    except Unreadable as error:
        return error


def of_path(path, name):
    """The `Clip` of a file or a folder of pictures.

    Raises:
        Unreadable: it cannot be read, or is not there.
    """
    if isinstance(path, Missing):
        raise Unreadable(f"there is no file or folder {path.looked}")
    if path.is_dir():
        return pictures.opened(path, name)
    if path.suffix.lower() not in ARRAYS:
        return recorded.opened(path, name)
    try:
        held = arrays.in_file(path)
        array = held[""] if "" in held else arrays.named(held, FRAMES, str(path))
        return arrays.of_array(array, name)
    except Unreadable:
        raise
    except ValueError as error:
        raise Unreadable(brief(error, 160)) from error


FRAMES = ("frames", "features", "video", "data", "x", "keypoints", "skeleton", "arr_0")  # names of an array of frames


def _say(wrong, count, called, strict):
    """Warns of clips that cannot be read, or refuses them."""
    more = len(wrong) - NAMED
    listed = "; ".join(within(one, 200) for one in wrong[:NAMED]) + (f"; and {more:,} more" if more > 0 else "")
    if len(wrong) == count:
        raise ValueError(f"{called}: none of {count:,} clips can be read: {listed}")
    if strict:
        raise ValueError(
            f"{called}: {len(wrong):,} of {count:,} clips cannot be read: {listed}; without strict (--no-strict) they "
            "are left out"
        )
    log.warning("%s: %d of %d clips cannot be read and are left out: %s", called, len(wrong), count, listed)


def of_arrays(sequence, names, called, strict=False):
    """{name: Clip} of arrays, as `opened` of files."""
    clips, wrong, kinds = {}, [], set()
    for name, array in zip(names, sequence, strict=True):
        try:
            clips[name] = arrays.of_array(np.asarray(array), name)
            kinds.add(clips[name].size)
        except Unreadable as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        _say(wrong, len(names), called, strict)
    return clips

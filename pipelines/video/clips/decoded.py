"""The frames of a video of a stranger, decoded in a process apart, since FFmpeg's libraries are native code.

clip = opened(path, shape, most=10_000)        a `Clip` of frames in memory, of that shape
"""

import pathlib

import numpy as np

from pipelines.shared.storage import apart
from pipelines.video.clips import opening
from pipelines.video.clips.kinds import Clip, Shape, Unreadable

MEMORY, SECONDS = 2**31, 60
FUNCTION = "pipelines.video.clips.decoded:frames"
AT_ONCE = 64  # frames


def opened(path, shape, most):
    """The clip of a file, of `most` frames at most.

    Raises:
        Unreadable: it cannot be read, has too many frames, or takes too long or too much memory to decode.
    """
    arguments = str(path), most, shape.height, shape.width, shape.channels
    try:
        read = apart.run(FUNCTION, *arguments, memory=MEMORY, seconds=SECONDS)
    except apart.Died as error:
        raise Unreadable(str(error)) from error
    except apart.Failed as error:
        raise Unreadable(str(error).replace(str(path), "it")) from error
    array, times = read["frames"], read["times"]
    return Clip(
        "clip", len(array), lambda start, stop, shape: array[start:stop], shape.height, shape.width,
        shape.channels == 1, times=None if times is None else np.array(times), rate=read["rate"],
    )  # fmt: skip


def frames(path, most, height, width, channels):
    """Runs in the process apart: {"frames": uint8 (frames, height, width, channels), "times", "rate"}."""
    clip = opening.of_path(pathlib.Path(path), "clip")
    if clip.size or clip.frames > most:
        raise Unreadable(f"expected a video of at most {most:,} frames, received {clip.frames:,}")
    shape = Shape(height, width, channels)
    starts = range(0, clip.frames, AT_ONCE)
    parts = [clip.read(start, min(start + AT_ONCE, clip.frames), shape) for start in starts]
    times = None if clip.times is None else clip.times.tolist()
    return {"frames": np.concatenate(parts), "times": times, "rate": float(clip.rate)}

"""Arrays as clips: frames uint8 (time, height, width[, channels]), or features (time, numbers).

clips = of_arrays([frames, other], names=["a", "b"], called="data")
arrays = in_file(pathlib.Path("clips.npz"))        # {"frames": ..., "labels": ...}, on disk where they are large
"""

import hashlib
import tempfile
import weakref
import zipfile

import numpy as np
import PIL.Image

from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import damage
from pipelines.video.clips.kinds import Clip, Unreadable, is_gray
from pipelines.video.clips.pictures import resized

IN_MEMORY = 2**26  # bytes of a file's arrays that stay in memory
PART = 2**22  # bytes copied at once
HASHED = 64  # frames of a clip that tell it from another
FEWEST = 4  # numbers of a joint at the most; pictures are wider
LOOKED_AT = 16  # every so many frames, whether they are gray


def of_array(array, name):
    """The `Clip` of an array; floats (time, joints, 2 to 4) are features too.

    Raises:
        Unreadable: no frame, or one of no pixel; numbers that are not finite. ValueError: another shape or type.
    """
    array = np.asarray(array) if not isinstance(array, np.ndarray) else array
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected numbers, received {array.dtype} {shown(array[:1])}")
    if array.ndim > 2 and _are_features(array):
        array = array.reshape(len(array), -1)
    if array.ndim == 2:
        return _of_features(array, name)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[-1] not in (1, 2, 3, 4):
        raise ValueError(
            f"{name}: expected frames (time, height, width) or (time, height, width, 1 or 3), or features (time, "
            f"numbers), received the shape {tuple(array.shape)}"
        )
    if not array.size:
        raise Unreadable("it has no frame")
    _check_levels(array, name)
    colored = array.shape[-1] > 2
    gray = not colored or all(is_gray(_levels(frame)[..., :3]) for frame in array[::LOOKED_AT])
    return Clip(name, len(array), _Reader(array), *array.shape[1:3], gray, content=_content(array))


def _are_features(array):
    """Whether floats (time, joints, 2 to 4), or of more axes and no levels of pictures, are the numbers of skeletons.

    >>> [_are_features(np.zeros(shape)) for shape in ((5, 17, 3), (5, 16, 16), (5, 9, 9, 3))]
    [True, False, False]
    """
    if array.dtype.kind != "f" or not array.size:
        return False
    return (array.ndim == 3 and array.shape[2] <= FEWEST) or not (array.min() >= 0 and array.max() <= 255)


def _of_features(array, name):
    if not array.size:
        raise Unreadable("it has no frame")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise Unreadable(f"frame {int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])} has numbers not finite")
    reader = lambda start, stop, shape: np.asarray(array[start:stop], np.float32)  # noqa: E731
    return Clip(name, len(array), reader, size=array.shape[1], content=_content(array))


def _check_levels(array, name):
    """Refuses frames that are not of levels 0 to 255, or 0 to 1 in floats."""
    if array.dtype == np.uint8 or array.dtype == bool:
        return
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 255:
        raise ValueError(
            f"{name}: expected frames of levels 0 to 255 (or 0 to 1 in floats), received {array.dtype} from {low} to "
            f"{high}; features are of the shape (time, numbers)"
        )


def _levels(frames, unit=None):
    """uint8 of frames of any type; floats up to 1 are taken for parts of 255."""
    if frames.dtype == np.uint8:
        return frames
    unit = (255 if frames.dtype == bool else 1) if unit is None else unit
    return np.clip(np.round(frames.astype(np.float32) * unit), 0, 255).astype(np.uint8)


def _content(array):
    """A digest of an array's shape and of evenly drawn frames."""
    digest = hashlib.sha256(f"{array.shape}{array.dtype}".encode())
    for row in np.unique(np.linspace(0, len(array) - 1, HASHED).astype(int)):
        digest.update(np.ascontiguousarray(array[row]).tobytes())
    return digest.digest()


class _Reader:
    """Reads frames of an array (time, height, width, channels)."""

    def __init__(self, array):
        self._array = array
        fractions = array.dtype.kind == "f" and array.max() <= 1
        self._unit = 255 if array.dtype == bool or fractions else 1

    def __call__(self, start, stop, shape):
        frames = _levels(self._array[start:stop], self._unit)
        frames = frames[..., :1] if frames.shape[-1] == 2 else frames[..., :3]  # without transparency
        if frames.shape[1:] == (shape.height, shape.width, shape.channels):
            return frames
        size, mode = (shape.width, shape.height), "L" if shape.channels == 1 else "RGB"
        pictures = [PIL.Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame) for frame in frames]
        pixels = [np.asarray(resized(picture.convert(mode), size)) for picture in pictures]
        return np.array(pixels, np.uint8).reshape(len(frames), shape.height, shape.width, shape.channels)


def in_file(path):
    """{name: array} of a .npz, or {"": array} of a .npy; large ones stay on disk.

    Raises:
        ValueError: it is damaged, or holds Python objects.
    """
    try:
        if path.suffix.lower() == ".npy":
            return {"": np.load(path, mmap_mode="r", allow_pickle=False)}
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _member(archive, name) for name in names}
    except FileNotFoundError:
        raise
    except (*damage.ARRAYS, EOFError) as error:
        raise ValueError(
            f"{path}: expected arrays that numpy.load reads, without pickle; {brief(error, 120)}"
        ) from error


def _member(archive, name):
    """An array of an archive; a large one is unpacked to a file without a name, which is gone with the process."""
    with archive.open(name) as file:
        if archive.getinfo(name).file_size <= IN_MEMORY:
            return np.lib.format.read_array(file, allow_pickle=False)
        with tempfile.TemporaryFile() as copy:
            while part := file.read(PART):
                copy.write(part)
            return _on_disk(copy, name)


def _on_disk(copy, name):
    """The array in an open file of the form .npy, which may be closed then."""
    copy.seek(0)
    version = np.lib.format.read_magic(copy)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(copy)
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects")
    return np.memmap(copy, dtype, "r", copy.tell(), shape, "F" if fortran else "C")


def named(arrays, names, called):
    """The array of the first of `names` that is there.

    Raises:
        ValueError: none is.
    """
    for name in names:
        if name in arrays:
            return arrays[name]
    raise ValueError(f"{called}: expected {' or '.join(names)}, received {listed(list(arrays), write=str) or 'none'}")


class Store:
    """Arrays on disk, in a file without a name, which is gone with the process.

    >>> store = Store()
    >>> store.kept(np.arange(3)).tolist()
    [0, 1, 2]
    """

    def __init__(self):
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the store
        weakref.finalize(self, self._file.close)

    def kept(self, array):
        """The array on disk, to be read as if it were in memory."""
        if not array.size:
            return array
        start = self._file.seek(0, 2)
        start = self._file.seek(-start % 64, 2)
        self._file.write(np.ascontiguousarray(array).data)
        self._file.flush()
        return np.memmap(self._file, array.dtype, "r", start, array.shape)

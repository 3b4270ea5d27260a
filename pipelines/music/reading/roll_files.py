"""Piano rolls of .npz and .mat files, and steps of pitches in JSON, as pieces.

A piece that cannot be read goes to `skipped` by its error, and the others are read.
"""

import json
import math
import zipfile

import numpy as np
import scipy.io

from pipelines.music.reading.pieces import Unreadable, checked_pitch, from_roll
from pipelines.shared.messages import brief, shown
from pipelines.shared.storage import damage

SPLITS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}
LARGEST = 2**29  # bytes of an array; a file of a few kilobytes may claim any size


class Pieces:
    """Pieces by split, and the errors of those that cannot be read; with `strict` they are raised."""

    def __init__(self, strict=False):
        self.by_split, self.skipped, self.strict = {}, [], strict

    def add(self, split, read, *arguments):
        """Adds the piece that `read` makes of the arguments."""
        try:
            self.by_split.setdefault(split, []).append(read(*arguments))
        except Unreadable as error:
            if self.strict:
                raise
            self.skipped.append(str(error))

    def checked(self, location):
        """Returns itself, or raises if it holds no piece."""
        if not any(self.by_split.values()):
            raise Unreadable(
                self.skipped[0] if self.skipped else f"{location}: expected at least one piece, received none"
            )
        return self


def from_json(path, name, frames_per_quarter):
    """The `Pieces` of a JSON file, which errors call `name`."""
    try:
        layout = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a ValueError too
        raise Unreadable(f"{name}: expected JSON; {brief(error, 200)}") from error
    return from_layout(layout, name, frames_per_quarter)


def from_layout(layout, location, frames_per_quarter, strict=False):
    """The `Pieces` of what a JSON file holds."""
    splits = layout if isinstance(layout, dict) else {"": layout}
    unknown = [name for name in splits if name and name not in SPLITS]
    if unknown or not splits:
        held = f"the key {shown(unknown[0])}" if unknown else "an empty object"
        raise _other_layout(location, held)
    pieces = Pieces(strict)
    for split, group in splits.items():
        where = f"{location}, {split}" if split else location
        if not isinstance(group, (list, tuple)):
            raise _other_layout(where, type(group).__name__)
        for number, steps in enumerate(group, 1):
            pieces.add(SPLITS.get(split, ""), _from_steps, steps, f"{where}, piece {number}", frames_per_quarter)
    return pieces.checked(location)


def _other_layout(location, received):
    return Unreadable(
        f"{location}: expected pieces as [[step, ...], ...] with a step a list of MIDI pitches such as [48, 64, 67, "
        f"72], or {{'train': pieces, 'valid': pieces, 'test': pieces}}; received {received}"
    )


def _from_steps(steps, name, frames_per_quarter):
    if isinstance(steps, np.ndarray) and steps.ndim == 2:
        return from_roll(steps, name, frames_per_quarter)
    if not isinstance(steps, (list, tuple)):
        raise _other_layout(name, shown(steps))
    roll = np.zeros((len(steps), 128), bool)
    for number, step in enumerate(steps):
        if not isinstance(step, (list, tuple)):
            raise _other_layout(f"{name}, step {number + 1}", shown(step))
        for pitch in step:
            if pitch != -1:
                roll[number, checked_pitch(pitch, f"{name}, step {number + 1}")] = True
    return from_roll(roll, name, frames_per_quarter)


def from_npz(path, name, frames_per_quarter):
    """The `Pieces` of a .npz file, which errors call `name`."""
    pieces = Pieces()
    return _from_arrays(_numpy(path, name, pieces), name, frames_per_quarter, pieces)


def from_mat(path, name, frames_per_quarter):
    """The `Pieces` of a .mat file, which errors call `name`."""
    return _from_arrays(_matlab(path, name), name, frames_per_quarter, Pieces())


def _from_arrays(arrays, location, frames_per_quarter, pieces):
    for name, array in arrays:
        split = next((SPLITS[split] for split in SPLITS if name.lower().startswith(split)), "")
        rolls = list(array) if array.ndim == 3 else [array]
        for number, roll in enumerate(rolls, 1):
            where = f"{location}, {brief(name)}" + (f", piece {number}" if array.ndim == 3 else "")
            pieces.add(split, from_roll, roll, where, frames_per_quarter)
    if not pieces.by_split and not pieces.skipped:
        raise Unreadable(f"{location}: expected arrays of piano rolls, received none")
    return pieces.checked(location)


def _numpy(path, location, pieces):
    """Yields (name, array) of a .npz file, one array in memory at a time; sizes are checked before numbers are read."""
    with _opened(path, location) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            try:
                with archive.open(member) as file:
                    _check_header(file, f"{location}, {brief(name)}")
                with archive.open(member) as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
            except Unreadable as error:
                pieces.skipped.append(str(error))
            except damage.ARRAYS as error:
                pieces.skipped.append(f"{location}, {brief(name)}: {DAMAGED} ({brief(error, 100)})")
            else:
                yield name, array


def _opened(path, location):
    try:
        return zipfile.ZipFile(path)
    except damage.ARRAYS as error:
        raise Unreadable(f"{location}: {DAMAGED}") from error


def _check_header(file, location):
    """Refuses an array of objects, or one larger than `LARGEST`, by the header before its numbers."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise Unreadable(f"{location}: {DAMAGED}")
    shape, _, kind = HEADERS[version](file)
    if kind.hasobject:
        raise Unreadable(
            f"{location}: expected plain arrays, received pickled objects, which can run code; "
            "save an array a piece instead"
        )
    size = math.prod(shape) * kind.itemsize
    if size > LARGEST:
        raise Unreadable(
            f"{location}: expected an array of up to {LARGEST // 2**20} MiB, received one of {shown(shape)} {kind}, "
            f"{size / 2**20:,.0f} MiB; save an array a piece, as uint8"
        )


DAMAGED = "expected plain arrays, received a damaged file"
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def _matlab(path, location):
    """Yields (name, array) of a .mat file; of a cell array each cell, with a name of its own."""
    try:
        variables = scipy.io.loadmat(path)
    except (scipy.io.matlab.MatReadError, ValueError, NotImplementedError, OSError, TypeError) as error:
        raise Unreadable(f"{location}: expected a .mat file of version 7 or older; {brief(error, 200)}") from error
    for name, value in variables.items():
        if name.startswith("__"):
            continue
        cells = value.ravel() if value.dtype == object else [value]
        for number, cell in enumerate(cells, 1):
            yield name if len(cells) == 1 else f"{name}_{number}", np.asarray(cell)

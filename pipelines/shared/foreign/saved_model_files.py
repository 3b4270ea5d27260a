"""The files of a SavedModel, before anything is loaded: saved_model.pb as a protocol buffer, assets, all others.

Nothing outside of the folder may be read through it: no symbolic link may lead out, no asset may be elsewhere.
"""

import itertools
import pathlib
import stat

LARGEST = 2**30  # bytes of a saved_model.pb, at most; weights are not in it
MOST_FILES = 10_000
OTHER_FORMS = ("saved_model.pbtxt", "saved_model.cpb")  # which a loader might read instead


def read(folder):
    """The `SavedModel` message of a folder.

    Raises:
        ValueError: saved_model.pb is missing or damaged. OSError: it cannot be read.
    """
    from google.protobuf import message
    from tensorflow.core.protobuf import saved_model_pb2  # loads all of TensorFlow

    path, model = pathlib.Path(folder) / "saved_model.pb", saved_model_pb2.SavedModel()
    if not path.is_file():
        raise ValueError(f"{path}: expected a file")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path}: expected {LARGEST:,} bytes at most, received {path.stat().st_size:,}")
    try:
        model.ParseFromString(path.read_bytes())
    except (message.DecodeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: it is no SavedModel, or nested too deep") from error
    if not model.meta_graphs:
        raise ValueError(f"{path} is damaged: it holds no graph")
    return model


def problems(folder):
    """Reasons not to open any file of a folder, as texts."""
    folder, reasons = pathlib.Path(folder), []
    root = folder.resolve()
    for count, path in enumerate(walk(folder)):
        if count == MOST_FILES:
            return [*reasons, f"more than {MOST_FILES:,} files"]
        name = path.relative_to(folder).as_posix()
        if name in OTHER_FORMS:
            reasons.append(f"{name} beside saved_model.pb, which could be loaded in its place")
        if wrong := misplaced(path, root):
            reasons.append(f"{name} {wrong}")
    return reasons


def walk(folder):
    """All paths in a folder and below it, in order, but only some of a huge folder; follows no symbolic links."""
    waiting = [folder]
    while waiting:
        inside = sorted(itertools.islice(waiting.pop().iterdir(), MOST_FILES + 1))
        yield from inside
        waiting += [path for path in reversed(inside) if path.is_dir() and not path.is_symlink()]


def misplaced(path, root):
    """Why a path must not be read: it leads out of the folder `root`, in a circle, or to something that is no file.

    An empty text if it may be read.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return "is a link that leads nowhere"
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        return "is a link that leads out of the folder"
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "is no file"


def asset_problems(folder, definitions):
    """What is wrong with the assets that a meta graph names, which have to be files in the export's own `assets`."""
    folder, reasons = pathlib.Path(folder) / "assets", []
    for name in (definition.filename for definition in definitions):
        inside = name and not name.startswith("/") and ".." not in name.split("/") and ":" not in name
        if not inside or "\0" in name or not (folder / name).is_file():
            reasons.append(f"the asset {name!r} is no file of the export's own assets")
    return reasons

"""From any source to clips and the labels of their frames.

    clips, labels = read("clips/labels.csv", config)        [Clip], [Labels], as many of both

A source is a table beside its videos, a folder that holds such a table, a .npz, tfds:<name>, or in memory: columns of a
table, or frames with their labels.
"""

import itertools
import logging
import pathlib
from collections.abc import Mapping

import numpy as np

from pipelines.shared.data import containers, provenance, sources, tables
from pipelines.shared.messages import brief, listed, shown
from pipelines.video import label_tables, labels, segments
from pipelines.video.clips import arrays, opening
from pipelines.video.clips.kinds import VIDEOS

log = logging.getLogger("unroll")

TABLES = sources.TABLES
LABELS = ("labels", "label", "y", "targets", "classes")  # names of an array or a column of labels
NAMES = ("names", "videos", "video", "clips", "ids")
EXPECTED = (
    "expected a table of video, frame, label or of video, start, end, label with the videos beside it, a folder with "
    "one, an .npz of frames and labels, tfds:<name>, or (frames, labels) in memory"
)


def read(source, config, download=False, role="data"):
    """(the clips, the `Labels` of each, as many).

    Raises:
        ValueError: labels or clips that are wrong, or none. FileNotFoundError: no such file. TypeError: another source.
    """
    called = provenance.called(source, role)
    if isinstance(source, sources.PATHS):
        return _of_path(str(source), config, download, role, called)
    if isinstance(source, (list, tuple)) and source and all(isinstance(one, sources.PATHS) for one in source):
        parts = [read(one, config, download, role) for one in source]
        return [clip for clips, _ in parts for clip in clips], [one for _, known in parts for one in known]
    if isinstance(source, tuple) and len(source) == 2:
        return _of_pairs(*source, None, config, called)
    if isinstance(source, Mapping) and any(map(_are_frames, map(source.get, opening.FRAMES))):
        return _of_arrays(source, config, called)
    if hasattr(source, "as_numpy_iterator"):
        return _of_dataset(source, config, called)
    if not tables.is_table(source) and not isinstance(source, list):
        raise TypeError(f"{role}: {EXPECTED}; received {type(source).__name__} {shown(source)}")
    return _of_table(source, None, config, download, role, called)


def _are_frames(value):
    """Whether a value holds arrays, and not names or numbers."""
    return hasattr(value, "__len__") and len(value) > 0 and not isinstance(value[0], str) and np.ndim(value[0]) > 0


def _of_path(source, config, download, role, called):
    if source.startswith("tfds:"):
        return _of_dataset(sources.tfds_examples(source, download), config, source)
    paths = containers.expanded(source)
    if len(paths) > 1:
        return read([str(path) for path in paths], config, download, role)
    path = containers.checked(paths[0]) if not paths[0].is_dir() else paths[0]
    if path.is_dir():
        return _of_folder(path, config, download, role, called)
    if path.suffix.lower() == ".npz":
        return _of_arrays(arrays.in_file(path), config, called, path.stem)
    if path.suffix.lower() in VIDEOS:
        raise ValueError(
            f"{path}: expected the table of its labels, video, frame, label or video, start, end, label, received a "
            "video; name the table, and the folder of videos with videos (--videos)"
        )
    return _of_table(path, path.parent, config, download, role, called)


def _of_folder(folder, config, download, role, called):
    """The clips of the one table in a folder, or those of files that hold frames and labels."""
    inside = sorted(path for path in folder.iterdir() if not containers.hidden(path.name))
    kinds = {containers.kind(path.name) for path in inside if path.is_file()}
    if ".npz" in kinds and not kinds & set(TABLES):
        return read([str(path) for path in inside if path.suffix.lower() == ".npz"], config, download, role)
    return _of_table(_table_in(folder, inside), folder, config, download, role, called)


def _table_in(folder, inside):
    """The one table of labels in a folder, of the paths in it."""
    held = [path for path in inside if path.is_file() and containers.kind(path.name) in TABLES]
    if len(held) == 1:
        return held[0]
    named = [path for path in held if "label" in path.stem.lower()]
    if len(named) == 1:
        return named[0]
    received = listed([path.name for path in held], write=str) if held else "no table in it"
    raise ValueError(f"{folder}: expected one table of labels (such as labels.csv), received {received}; name it")


def _of_table(source, folder, config, download, role, called):
    """The clips that a table names, and their labels."""
    table = label_tables.read(source, config, download, role)
    folders = [pathlib.Path(path) for path in (config.videos, folder) if path is not None]
    if not folders:
        raise ValueError(f"{role}: expected the folder of the videos beside a table in memory; give videos=FOLDER")
    if not folders[0].is_dir():
        raise FileNotFoundError(f"videos: no folder {str(folders[0])!r} (the working folder is {pathlib.Path.cwd()})")
    names = list(table.rows)[: config.limit]
    paths = _without_doubles({name: opening.located(folders, name) for name in names}, called)
    clips = opening.opened(paths, called, config.strict)
    known = table.labels(clips, config)
    return list(clips.values()), [known[name] for name in clips]


def _without_doubles(paths, called):
    """The paths, of which no two are the same file under two names."""
    by_path = {}
    for name, path in paths.items():
        if isinstance(path, pathlib.Path) and by_path.setdefault(path.resolve(), name) != name:
            other = by_path[path.resolve()]
            raise ValueError(f"{called}: expected one name a video, received {other!r} and {name!r} for {path}")
    return paths


def _of_arrays(held, config, called, stem=None):
    """The clips of arrays by their names: frames or features, labels, and perhaps lengths and names of clips.

    stem: of the file's name, by which clips without names are called.
    """
    held = dict(held)
    frames, known = arrays.named(held, opening.FRAMES, called), arrays.named(held, LABELS, called)
    names = next((list(map(str, held[name])) for name in NAMES if name in held), None)
    if "lengths" in held:
        lengths = np.asarray(held["lengths"]).astype(int)
        frames, known = _cut(frames, lengths, called), _cut(known, lengths, called)
    elif getattr(known, "ndim", None) == 1 and np.asarray(known[:1]).dtype.kind in "iufSU" and _is_flat(frames, known):
        frames, known = _by_clip(frames, known, names)
        names = list(dict.fromkeys(names)) if names and len(names) > len(frames) else None
    if names is None and stem is not None:
        names = [stem] if len(frames) == 1 else [f"{stem} {number}" for number in range(1, len(frames) + 1)]
    return _of_pairs(frames, known, names, config, called)


def _is_flat(frames, known):
    """Whether frames are one after another, with a label each, and not clip by clip."""
    return hasattr(frames, "ndim") and frames.ndim in (2, 3, 4) and len(frames) == len(known)


def _by_clip(frames, known, names):
    """Frames one after another as clips: by the name of each frame's clip, or all as one."""
    if names is None or len(names) != len(known):
        return [frames], [known]
    codes = np.unique(names, return_inverse=True)[1]
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    spans = list(itertools.pairwise(edges))
    return [frames[start:end] for start, end in spans], [known[start:end] for start, end in spans]


def _cut(array, lengths, called):
    """Parts of an array: of clips padded to one length, or of clips one after another."""
    if len(array) == len(lengths) and np.ndim(array) > 1 and array.shape[1] >= lengths.max(initial=0):
        return [row[:length] for row, length in zip(array, lengths, strict=True)]
    if len(array) == lengths.sum():
        ends = np.cumsum(lengths)
        return [array[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    raise ValueError(f"{called}: expected lengths that add up to {len(array)}, received {lengths.sum()}")


def _of_pairs(frames, known, names, config, called):
    """The clips of a sequence of arrays, and of as many sequences of labels."""
    if len(frames) != len(known):
        raise ValueError(f"{called}: expected labels for each clip, received {len(frames)} clips, {len(known)} labels")
    count = len(frames) if config.limit is None else min(config.limit, len(frames))
    names = [f"clip {number}" for number in range(1, count + 1)] if names is None else names[:count]
    if len(set(names)) < count or len(names) < count:
        raise ValueError(f"{called}: expected {count} different names of clips, received {len(set(names))}")
    clips = opening.of_arrays(frames[:count], names, called, config.strict)
    known = dict(zip(names, known, strict=False))
    return list(clips.values()), _labels_of({name: known[name] for name in clips}, clips, config, called)


def _labels_of(known, clips, config, called):
    """The `Labels` of clips {name: Clip} from sequences of labels; a single label is that of all frames."""
    names, coded = labels.Names(), {}
    for name, values in known.items():
        if isinstance(values, (str, bytes)) or np.ndim(values) == 0:
            values = [values] * clips[name].frames
        if len(values) != clips[name].frames:
            what = "a label beyond the last frame" if len(values) > clips[name].frames else "frames without a label"
            raise ValueError(
                f"{called}, {brief(name)}: expected {clips[name].frames} labels, one a frame, received {len(values)}, "
                f"{what}; None stands for a frame without one"
            )
        coded[name] = np.array(labels.of_values(values, f"{called}, {brief(name)}", names).codes)
    fill = None if config.fill_label is None else names.number(config.fill_label)
    segments.check_all_labelled(coded, called, config, fill)
    return [labels.Labels(codes, tuple(names)) for codes in coded.values()]


def _of_dataset(dataset, config, called):
    """The clips of a `tf.data.Dataset` of dictionaries or of pairs; its frames are put on disk as they come."""
    store, frames, known, names = arrays.Store(), [], [], []
    for number, example in enumerate(dataset.as_numpy_iterator(), 1):
        if config.limit is not None and number > config.limit:
            break
        if isinstance(example, tuple) and len(example) == 2:
            example = {"frames": example[0], "labels": example[1]}
        if not isinstance(example, Mapping):
            raise ValueError(f"{called}: expected examples of frames and labels, received {type(example).__name__}")
        frames.append(store.kept(np.asarray(arrays.named(example, opening.FRAMES, called))))
        known.append(arrays.named(example, LABELS, called))
        names += [example[name] for name in NAMES if name in example][:1]
    if not frames:
        raise ValueError(f"{called}: expected clips, received none")
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in names]
    return _of_pairs(frames, known, names if len(set(names)) == len(frames) else None, config, called)

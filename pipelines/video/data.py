"""Clips with a label for each frame as examples: from any source to splits, checked at the door.

    load_splits("clips/labels.csv", None, None, config)["train"]     -> {"video", "clip", "labels"}

Columns: the clip's name; a `clips.kinds.Clip`, whose frames are read when they are needed; the `labels.Labels` of its
frames. Splits are of whole clips.
"""

import logging
import pathlib
from collections.abc import Mapping

import numpy as np

from pipelines.shared.data import containers, labels, provenance, sources, splits, stored
from pipelines.shared.messages import brief, listed, shown
from pipelines.video import reading, sample
from pipelines.video.clips import arrays, kinds, opening
from pipelines.video.labels import Labels

log = logging.getLogger("unroll")

SPLIT_RULE = 1  # raised with each change of what falls in which split; see `shared.data.original_splits`
FORMER_RULES = {}


def load_examples(data, config, download=False, role="data"):
    """The columns of all clips of a source; what is left out is said."""
    called = provenance.called(data, role)
    clips, known = reading.read(sample.generate() if data is None else data, config, download, role)
    if not clips:
        raise ValueError(f"{called}: {reading.EXPECTED}; received no clip")
    _check_alike(clips, called)
    _say_different(clips, called)
    return {"video": [clip.name for clip in clips], "clip": clips, "labels": _joined(known, config, called)}


def _check_alike(clips, called):
    """Refuses features beside frames, or features of different sizes."""
    sizes = {}
    for clip in clips:
        sizes.setdefault(clip.size, clip)
    if len(sizes) > 1:
        (one, first), (other, second) = list(sizes.items())[:2]
        words = [f"{size} numbers a frame" if size else "pictures" for size in (one, other)]
        raise ValueError(
            f"{called}: expected clips of one kind, received {words[0]} in {brief(first.name)} and {words[1]} in "
            f"{brief(second.name)}"
        )


def _say_different(clips, called):
    """Says what is done where clips differ in the size of their frames, or in their rate."""
    sizes = {(clip.width, clip.height) for clip in clips if not clip.size}
    if len(sizes) > 1:
        named = listed([f"{width}x{height}" for width, height in sorted(sizes)], 3, str)
        log.warning("%s: frames of different sizes, %s; all are brought to one, whatever their shape", called, named)
    rates = {round(clip.rate, 2) for clip in clips if clip.rate}
    if len(rates) > 1:
        named = listed([f"{rate:g}" for rate in sorted(rates)], 3, str)
        log.warning("%s: clips of %s frames a second; frames are taken as they are, a label each", called, named)
    unsteady = [clip.name for clip in clips if not clip.steady]
    if unsteady:
        log.warning("%s: %d clips of no steady rate, such as %s; seconds are those of each frame, frames are taken as "
                    "they are", called, len(unsteady), brief(unsteady[0]))  # fmt: skip


def _joined(known, config, called):
    """The labels of clips; spellings that may be the same are said, or else joined."""
    names = stored.Labels.of(name for one in known for name in one.counts())
    joined = labels.joined(names, config.join_labels, called)
    spelled = dict(zip(map(str, names), map(str, joined), strict=True))
    if all(one == other for one, other in spelled.items()):
        return known
    return [Labels(one.codes, tuple(spelled.get(str(name), name) for name in one.names)) for one in known]


def load_splits(data, valid, test, config, download=False):
    """The splits; of what is not given whole clips are cut off, by a hash of their names, at least one each.

    A label that no clip of the training split would have moves there with a clip.
    """
    own = splits.own_sources(valid, test)
    parts = splits.fractions(config, own)
    loaded = _cut(load_examples(data, config, download), parts)
    loaded |= {name: load_examples(source, config, download, name) for name, source in own.items()}
    splits.check(loaded, "clips", _keys, "clips stand in the training split too")
    _check_labels(loaded)
    return loaded


def _keys(part):
    return ((clip.content,) for clip in part["clip"])


def _cut(examples, parts):
    """{name: columns}: clips in the order of their hashes, the first of them the test, the next the validation."""
    count = len(examples["video"])
    order = np.argsort(splits.hashes(examples["video"]), kind="stable")
    chosen, start = np.zeros(count, np.int8), 0
    for number, fraction in reversed([*enumerate(parts.values(), 1)]):
        size = min(max(1, round(fraction * count)), max(0, count - start - 1))
        chosen[order[start : start + size]] = number
        start += size
    _bring_labels_back(examples, order, chosen)
    return splits.cut(examples, chosen, parts)


def _bring_labels_back(examples, order, chosen):
    """Moves a clip of each label that no clip of the training split has, as long as its part keeps one."""
    held = [set(labels.counts()) for labels in examples["labels"]]
    known = set().union(*(held[row] for row in np.flatnonzero(chosen == 0)))
    for row in order:
        if chosen[row] and held[row] - known and (chosen == chosen[row]).sum() > 1:
            chosen[row] = 0
            known |= held[row]


def _check_labels(loaded):
    """Refuses a training split of less than two labels; says labels that it lacks."""
    known = {name for labels in loaded["train"]["labels"] for name in labels.counts()}
    if len(known) < 2:
        raise ValueError(
            f"data: expected two or more labels in the training split, received {listed(sorted(known)) or 'none'}; "
            "check the column of the labels"
        )
    for name, part in loaded.items():
        unknown = sorted({label for labels in part["labels"] for label in labels.counts()} - known)
        if unknown:
            log.warning("%s: labels that the training split lacks count as wrong: %s", name, listed(unknown))


def read_inputs(inputs, config):
    """A list of `Clip`s: of videos, folders of pictures, arrays in files, or frames in memory, one clip or several.

    A folder without pictures stands for the clips in it, in the order of their names. Of several clips, those that
    cannot be read are said, and have no frame.
    """
    if isinstance(inputs, sources.PATHS):
        inputs = _clips_at(inputs)
    elif isinstance(inputs, Mapping):
        inputs = arrays.named(inputs, opening.FRAMES, "predict")
    elif isinstance(inputs, (list, tuple)) and inputs and all(isinstance(one, sources.PATHS) for one in inputs):
        inputs = [clip for one in inputs for clip in _clips_at(one)]
    elif _is_one(inputs, config.encoder == "none"):
        inputs = [inputs]
    if not hasattr(inputs, "__len__"):
        raise TypeError(f"predict: expected videos or arrays of frames, received {type(inputs).__name__}")
    inputs = list(inputs)[: config.limit]
    alone = len(inputs) == 1 or config.strict
    clips = [_clip(one, number, alone) for number, one in enumerate(inputs, 1)]
    if clips and not any(clip.frames for clip in clips):
        raise ValueError(f"predict: none of {len(clips)} clips can be read")
    return clips


def _clips_at(source):
    """The paths of the clips at a path or a pattern."""
    paths = containers.expanded(source)
    if len(paths) == 1 and paths[0].is_dir() and not opening.is_clip(paths[0]):
        inside = sorted(path for path in paths[0].iterdir() if opening.is_clip(path))
        if not inside:
            raise ValueError(f"{paths[0]}: expected videos, or pictures of frames, in the folder, received none")
        return inside
    return [path if path.is_dir() else containers.checked(path) for path in map(pathlib.Path, paths)]


def _is_one(value, features):
    """Whether a value is the frames of a single clip, (time, height, width) or (time, height, width, channels), or its
    features (time, numbers)."""
    if isinstance(value, kinds.Clip):
        return True
    if isinstance(value, (list, tuple)) and value and hasattr(value[0], "__array__"):
        return False
    depth, inner, last = 0, value, 0
    while isinstance(inner, (list, tuple, np.ndarray)) and len(inner):
        depth, last, inner = depth + 1, len(inner), inner[0]
    if features:
        return depth == 2 or (depth > 2 and last <= arrays.FEWEST)
    return depth == 3 or (depth == 4 and last in (1, 3, 4))


def _clip(value, number, alone):
    """The `Clip` of one input; alone: whether one that cannot be read is an error."""
    if isinstance(value, kinds.Clip):
        return value
    name = str(value) if isinstance(value, sources.PATHS) else f"predict, input {number}"
    try:
        if isinstance(value, sources.PATHS):
            return opening.of_path(pathlib.Path(value), pathlib.Path(value).name)
        if isinstance(value, Mapping):
            value = arrays.named(value, opening.FRAMES, name)
        return arrays.of_array(_array(value, name), f"clip {number}")
    except kinds.Unreadable as error:
        if alone:
            raise ValueError(f"{name}: {error}") from error
        log.warning("%s: %s; it has no answer", name, error)
        called = pathlib.Path(value).name if isinstance(value, sources.PATHS) else f"clip {number}"
        return kinds.Clip(called, 0, lambda start, stop, shape: [])


def _array(value, name):
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected an array of frames, received {shown(value)}") from error

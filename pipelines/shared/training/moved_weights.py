"""Weights of one network in another: layer by layer, and row by row where rows stand for words or labels.

    moved = move(earlier, model, {"vectors": [(["a", "b"], (0,))]}, {"vectors": [(["b", "c"], (0,))]})
    moved.taken     {"vectors": 1}     the row of "b"; that of "c" stays as it was

Layers belong together that have the same name; of names that Keras made, those of the same class in the same order. A
layer is taken whole, or not at all where a shape differs that no names explain.
"""

import collections
import dataclasses
import re

import keras
import numpy as np

import layers
from pipelines.shared.messages import listed


@dataclasses.dataclass
class Moved:
    """taken: {layer: rows both know, or None for all of it}; anew: {layer: why}; counts: {layer: its rows}; misfits:
    layers whose shapes differ."""

    taken: dict = dataclasses.field(default_factory=dict)
    anew: dict = dataclasses.field(default_factory=dict)
    counts: dict = dataclasses.field(default_factory=dict)
    misfits: list = dataclasses.field(default_factory=list)

    def said(self):
        """What was taken and what begins anew, as a part of a line."""
        taken = [self._rows(name) for name in self.taken]
        anew = [f"{name} ({why})" for name, why in self.anew.items()]
        return listed(taken, 8, str) + (f"; anew: {listed(anew, 8, str)}" if anew else "")

    def _rows(self, name):
        rows, count = self.taken[name], self.counts.get(name)
        return name if rows is None or rows == count else f"{name} ({rows:,} of {count:,} rows)"

    def misfit(self, name):
        self.anew[name] = "other shapes"
        self.misfits.append(name)

    def reason(self):
        """Why nothing was taken."""
        return listed([f"{name}: {why}" for name, why in self.anew.items()], 3, str) or "it has no weights"


def move(earlier, model, earlier_names, names):
    """Gives `model` the weights of `earlier`, as far as they have the same meaning, and returns what was `Moved`.

    Args:
        earlier, model: networks of Keras.
        earlier_names, names: {layer: [(names, axes), ...]}: what stands along the axes of its weights, such as words
            along the first; without axes, names that have to be the same for anything to be taken.
    """
    moved, theirs, ours = Moved(), _learned(earlier), _learned(model)
    theirs |= _by_class(theirs, ours)
    for name, layer in ours.items():
        if not layer.trainable_weights:  # what it holds was measured on the data, or read from a file
            continue
        source = theirs.get(name)
        if source is None:
            moved.anew[name] = "none there"
        elif len(source.weights) != len(layer.weights):
            moved.misfit(name)
        else:
            _take(moved, name, source, layer, earlier_names, names)
    return moved


def _learned(model):
    return {name: layer for name, layer in parts(model).items() if layer.weights}


def _by_class(theirs, ours):
    """{name: their layer} for names that only we have: of a class of which as many are left over on both sides."""
    left = [[(name, layer) for name, layer in side.items() if name not in other] for side, other in
            ((theirs, ours), (ours, theirs))]  # fmt: skip
    pairs = {}
    for kind in {type(layer) for _, layer in left[1]}:
        sources, names = ([entry for entry in side if type(entry[1]) is kind] for side in left)
        if len(sources) == len(names):
            pairs |= {name: layer for (name, _), (_, layer) in zip(names, sources, strict=True)}
    return pairs


def _take(moved, name, source, layer, earlier_names, names):
    merged, known, counts = [], [], []
    for weight, new, old in zip(layer.weights, layer.get_weights(), source.get_weights(), strict=True):
        before, now = (_of(table, layer, weight) for table in (earlier_names, names))
        axes = shared(before, now)
        if axes is None or any(not len(rows) for rows, _ in axes.values()):
            moved.anew[name] = "nothing known there"
            return
        merged.append(merge(new, old, axes))
        known += [len(rows) for rows, _ in axes.values()]
        counts += [len(entries) for entries, along in now if along]
    if any(array is None for array in merged):
        moved.misfit(name)
        return
    layer.set_weights(merged)
    moved.taken[name], moved.counts[name] = min(known, default=None), min(counts, default=None)


def _of(names, layer, weight):
    """The names along the axes of one weight: its own, as "layer/weight", or those of its layer."""
    return names.get(f"{layer.name}/{weight.name}", names.get(layer.name, []))


def shared(earlier, now):
    """{axis: (rows in the new weights, rows in the earlier ones)} of names that both have; None if names without axes
    differ.

    >>> {axis: [part.tolist() for part in rows] for axis, rows in shared([("ab", (0,))], [("bc", (0,))]).items()}
    {0: [[0], [1]]}
    """
    axes = {}
    for (before, _), (names, along) in zip(earlier, now, strict=False):
        if not along and list(before) != list(names):
            return None
        places = {str(name): place for place, name in enumerate(before)}
        pairs = [(row, places[str(name)]) for row, name in enumerate(names) if str(name) in places]
        axes |= dict.fromkeys(along, tuple(np.array(pairs, np.int64).reshape(-1, 2).T))
    return axes


def merge(new, old, axes):
    """The array `new` with the entries of `old` at the rows that both know; None if shapes differ elsewhere.

    >>> merge(np.zeros(3), np.array([5.0, 6.0]), {0: (np.array([2]), np.array([1]))}).tolist()
    [0.0, 0.0, 6.0]
    """
    if new.ndim != old.ndim:
        return None
    chosen = {axis % new.ndim: rows for axis, rows in axes.items() if -new.ndim <= axis < new.ndim}
    if any(new.shape[axis] != old.shape[axis] for axis in range(new.ndim) if axis not in chosen):
        return None
    if not chosen:
        return old
    rows = [chosen.get(axis, (np.arange(size),) * 2) for axis, size in enumerate(new.shape)]
    merged = new.copy()
    merged[np.ix_(*(target for target, _ in rows))] = old[np.ix_(*(source for _, source in rows))]
    return merged


def parts(model):
    """{name: layer} of the layers of a network, those of a stack and of networks inside it one by one.

    Those of the stack "recurrent" are "recurrent", "recurrent 2" ... A name that Keras made of a class is
    counted anew, as "dense 1": Keras counts on from model to model.
    """
    counts, named = collections.Counter(), {}
    for layer, stack, level in _flat(model):
        kind = type(stack or layer).__name__.lower()
        name = (stack or layer).name
        if re.sub(r"_\d+$", "", name).replace("_", "") == kind:
            counts[kind] += level == 1
            name = f"{kind} {counts[kind]}"
        named[name if level == 1 else f"{name} {level}"] = layer
    return named


def _flat(model):
    """Yields (layer, the stack that it is in or None, its level there from 1 on)."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        elif isinstance(layer, layers.Deep):
            yield from ((inner, layer, level) for level, inner in enumerate(layer.layers, 1))
        else:
            yield layer, None, 1


def width(model, name):
    """The length of the vectors of a table called `name`."""
    return int(parts(model)[name].get_weights()[0].shape[1])

"""Functional and Sequential models of a user's class that makes their layers itself: another graph in the same model.

    class Tagger(keras.Model):
        def __init__(self, units):
            inputs = keras.Input([None, 8])
            super().__init__(inputs, keras.layers.LSTM(units, return_sequences=True)(inputs))

No configuration tells of such a graph, since the class makes it anew out of its arguments.
"""

import keras
from keras.src.models.functional import Functional, functional_like_constructor
from keras.src.utils.tracking import DotNotTrackScope

_OF_A_GRAPH = (
    "_inputs_struct", "_outputs_struct", "_inputs", "_outputs", "_nodes", "_nodes_by_depth", "_operations",
    "_operations_by_depth",
)  # fmt: skip


def makes_its_own(layer):
    """Whether it is such a model."""
    kind = type(layer)
    if kind.__module__.startswith("keras."):
        return False
    if isinstance(layer, keras.Sequential):
        return kind.__init__ is not keras.Sequential.__init__
    return isinstance(layer, Functional) and not functional_like_constructor(kind)


def plain(model):
    """A model of no class of one's own with the same layers, whose configuration tells all."""
    if isinstance(model, keras.Sequential):
        return keras.Sequential(list(model._layers), name=model.name)
    return keras.Model(model._inputs_struct, model._outputs_struct, name=model.name)


def take(model, other):
    """Puts the graph of a plain model into the model, in place of its own -> [(layer of before, its successor)]"""
    if isinstance(model, keras.Sequential):
        return _take_stack(model, other)
    pairs = list(zip(model.layers, other.layers, strict=True))
    with DotNotTrackScope():
        for name in _OF_A_GRAPH:
            setattr(model, name, getattr(other, name))
    for layer, successor in pairs:
        model._tracker.replace_tracked_value("layers", layer, successor)
    return pairs


def _take_stack(model, other):
    before = list(model._layers)
    while model._layers:
        keras.Sequential.pop(model, rebuild=False)
    for layer in other._layers:
        keras.Sequential.add(model, layer, rebuild=False)
    model._maybe_rebuild()
    return list(zip(before, other._layers, strict=True))

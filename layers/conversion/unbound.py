"""Layers of a model with what binds them to a number of steps, or to other calls, set aside for a while."""

import contextlib

from keras.src.models.functional import Functional

from layers.conversion.replacing import replaced


@contextlib.contextmanager
def starting_anew(model):
    """Inside, layers start from zeros, `stateful` ones too, which keep their states, and write no steps out."""
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            for name in ("stateful", "unroll"):
                if vars(layer).get(name):
                    changed.enter_context(replaced(layer, name, False))
        yield


@contextlib.contextmanager
def unbound(model):
    """Inside, layers start anew, and models inside take any number of steps too."""
    with starting_anew(model), contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            if isinstance(layer, Functional) and layer is not model:  # an inner model checks the shapes of its inputs
                changed.enter_context(replaced(layer, "_manual_input_spec", ()))
        yield


@contextlib.contextmanager
def repeating(repeats, count):
    """Inside, each of the `keras.layers.RepeatVector` repeats so many times."""
    with contextlib.ExitStack() as changed:
        for layer in repeats:
            changed.enter_context(replaced(layer, "n", count))
        yield


@contextlib.contextmanager
def forgetting_calls(model):
    """Removes at the end what layers remember of symbolic calls inside, by which `layer.output` would be ambiguous."""
    operations = [operation for layer in model._flatten_layers() for operation in _operations(layer)]
    records = [record for operation in operations for record in (operation._inbound_nodes, operation._outbound_nodes)]
    counts = [len(record) for record in records]
    try:
        yield
    finally:
        for record, count in zip(records, counts, strict=True):
            del record[count:]


def _operations(layer):
    graph = getattr(layer, "_functional", None) or layer
    return [layer, *(graph.operations if isinstance(graph, Functional) else ())]

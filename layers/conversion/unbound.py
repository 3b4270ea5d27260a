"""Layers of a model with what binds them to a number of steps, or to the call before, set aside for a while."""

import contextlib

from keras.src.models.functional import Functional

from layers.conversion.replacing import replaced


@contextlib.contextmanager
def unbound(model):
    """Inside, layers take any number of steps and start from zeros, `stateful` ones too, which keep their states."""
    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            for name in ("stateful", "unroll"):
                if vars(layer).get(name):
                    changed.enter_context(replaced(layer, name, False))
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

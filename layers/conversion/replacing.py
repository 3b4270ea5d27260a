"""Methods of a layer replaced for a while: how a model is traced with other computations and the same weights."""

import contextlib


@contextlib.contextmanager
def replaced(layer, name, method):
    """Inside, `method` stands for the method `name` of this one layer."""
    before = vars(layer).get(name)
    object.__setattr__(layer, name, method)
    try:
        yield
    finally:
        if before is None:
            object.__delattr__(layer, name)
        else:
            object.__setattr__(layer, name, before)

"""Methods of a layer, or functions of a module, replaced for a while: how a model is traced with other computations."""

import contextlib


@contextlib.contextmanager
def replaced(owner, name, value):
    """Inside, `value` stands for the attribute `name` of this one layer or module."""
    before = vars(owner).get(name)
    object.__setattr__(owner, name, value)
    try:
        yield
    finally:
        if before is None:
            object.__delattr__(owner, name)
        else:
            object.__setattr__(owner, name, before)

"""Checks at the door of the layers: each raises a `ValueError`, "name: expected this, received that"."""

import numbers


def positive(name, value):
    """A count such as `units`: an integer of at least one, Python's or NumPy's -> Python's."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: expected a positive integer, received {value!r}")
    return int(value)


def fraction(name, value):
    """A dropout rate, in [0, 1), Python's or NumPy's -> Python's."""
    if not isinstance(value, numbers.Real) or not 0 <= value < 1:
        raise ValueError(f"{name}: expected a number of at least 0 and below 1, received {value!r}")
    return float(value)


def one_of(name, value, choices):
    """A word out of a closed list."""
    if value not in choices:
        words = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name}: expected one of {words}, received {value!r}")
    return value


def rank(name, shape, axes):
    """A shape with as many axes as named; `axes` is a tuple such as ("batch", "time", "features")."""
    if len(shape) != len(axes):
        raise ValueError(f"{name}: expected the shape ({', '.join(axes)}), received {tuple(shape)}")


def at_least_rank(name, shape, rank):
    """A shape of at least so many axes, of which the first are batch and time."""
    if len(shape) < rank:
        raise ValueError(
            f"{name}: expected the shape (batch, time, ...) of {rank} axes or more, received {tuple(shape)}"
        )


def whole(name, value, least):
    """An integer of at least `least`, Python's or NumPy's -> Python's."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, received {value!r}")
    return int(value)


def sizes(name, value, count):
    """A size for each of `count` axes, of one for all or of several -> a tuple of Python's integers."""
    several = tuple(value) if isinstance(value, (list, tuple)) else (value,) * count
    if len(several) != count:
        raise ValueError(f"{name}: expected a positive integer, or {count} of them, received {value!r}")
    return tuple(positive(name, size) for size in several)


def same_size(name, axis, expected, received):
    """Two sizes of one axis that must agree; an unknown size (None) agrees with any."""
    if expected is not None and received is not None and expected != received:
        raise ValueError(f"{name}: expected {axis} of size {expected}, received {received}")


def state_shape(name, expected, received):
    """The shape of a state, which has a batch in front."""
    if len(expected) != len(received):
        axes = "(batch, size)" if len(expected) == 2 else f"(batch, ...), here {tuple(expected)}"
        raise ValueError(f"{name}: expected the shape {axes}, received {tuple(received)}")
    same_size(name, "a batch", expected[0], received[0])
    for size, other in zip(expected[1:], received[1:], strict=True):
        same_size(name, "a state", size, other)


def mask_shape(mask, sequences, more_axes=()):
    """The shape of a (batch, time) mask against that of the (batch, time, features) sequences.

    more_axes: the sizes of those that it may have behind them.
    """
    if not more_axes or len(mask) != 2 + len(more_axes):
        rank("mask", mask, ("batch", "time"))
    same_size("mask", "a batch", sequences[0], mask[0])
    same_size("mask", "a time axis", sequences[1], mask[1])
    for size, other in zip(more_axes, mask[2:], strict=False):
        same_size("mask", "an axis", size, other)


def lengths_shape(lengths, sequences):
    """The shape of (batch,) lengths against that of the (batch, time, features) sequences."""
    rank("lengths", lengths, ("batch",))
    same_size("lengths", "a batch", sequences[0], lengths[0])

"""Windows of series: where each one ends is known, and what it holds is read when it is needed.

    windows = Windows(examples, origins, shape)       origins: the row of the last step that a window looks at
    inputs, targets = windows.batch([0, 1, 2])

Nothing is copied before: ten million rows of one series are ten million windows that take 80 MB beside the rows.
Values are in their own units, and NaN is a missing one. Cost: 100,000 windows of 96 steps by 8 columns a second.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Shape:
    """length, ahead: steps looked at, steps to forecast. targets, known: the first columns, and those behind them."""

    length: int
    ahead: int
    targets: int
    known: int = 0
    calendar: bool = False


def plain(values):
    """The columns of a split as one array float32 (rows, columns), which shares their memory."""
    return values.view(np.float32).reshape(len(values), len(values.dtype))


def spans(codes):
    """(first rows, ends) int64 (series,) of the series, whose rows stand together.

    >>> spans(np.array([3, 3, 1, 1, 1]))
    (array([0, 2]), array([2, 5]))
    """
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    bounds = np.concatenate([[0], changes, [len(codes)]]) if len(codes) else np.zeros(1, np.int64)
    return bounds[:-1], bounds[1:]


def origins(examples, shape, stride=1, complete=False):
    """int64 (windows,): the last row that each window looks at, in the order of the rows.

    A window has `length` rows of its series, and `ahead` rows behind them that are all `scored`.

    Args:
        stride: rows from one to the next of a series.
        complete: whether all targets ahead must be there, and one of each target in the window; else any one ahead is
            enough.
    """
    within = [np.arange(first, last + 1, stride) for first, last in ranges(examples, shape)]
    if not within:
        return np.zeros(0, np.int64)
    rows = np.concatenate(within) if len(within) > 1 else within[0]
    missing = np.isnan(plain(examples["values"])[:, : shape.targets])
    return rows[_usable(missing, rows, shape, complete)] if missing.any() else rows


def ranges(examples, shape):
    """Yields (first, last) origin of each series that has one."""
    scored = examples["scored"]
    for start, end in zip(*spans(examples["series"].codes), strict=True):
        own = scored[start:end]
        if not own.any():
            continue
        first = max(start + own.argmax() - 1, start + shape.length - 1)
        last = end - 1 - own[::-1].argmax() - shape.ahead
        if first <= last:
            yield int(first), int(last)


def _usable(missing, rows, shape, complete):
    """bool (windows,)"""
    if not complete:
        return _counts(~missing.all(axis=1), rows + 1, shape.ahead) > 0
    usable = _counts(missing.any(axis=1), rows + 1, shape.ahead) == 0
    for target in range(shape.targets):
        usable &= _counts(~missing[:, target], rows + 1 - shape.length, shape.length) > 0
    return usable


def _counts(marks, starts, steps):
    """int32 (windows,): how many of `steps` rows from each start on are marked."""
    total = np.zeros(len(marks) + 1, np.int32)
    np.cumsum(marks, out=total[1:])
    return total[starts + steps] - total[starts]


class Windows:
    """Windows of a split.

    Args:
        examples: a split.
        origins: int64 (windows,), the row of the last step that a window looks at.
        shape: a `Shape`.
        series: int32 (rows of examples,), the number of each row's series, if the network is to know it.
    """

    def __init__(self, examples, origins, shape, series=None):
        self.examples, self.origins, self.shape, self.series = examples, origins, shape, series
        self._values = plain(examples["values"])

    def __len__(self):
        return len(self.origins)

    def batch(self, rows):
        """({"values": (batch, length, columns), ...}, targets (batch, ahead, targets)), float32, of these windows.

        "known" (batch, ahead, known) is there if columns are known ahead, "time" int64 (batch,) with a calendar, and
        "series" int32 (batch,) if each series has statistics of its own.
        """
        shape, last = self.shape, self.origins[rows]
        inputs = {"values": self._steps(last + 1 - shape.length, shape.length, 0, self._values.shape[1])}
        if shape.known:
            inputs["known"] = self._steps(last + 1, shape.ahead, shape.targets, shape.targets + shape.known)
        if shape.calendar:
            inputs["time"] = np.asarray(self.examples["time"][last], np.int64)
        if self.series is not None:
            inputs["series"] = self.series[last]
        return inputs, self._steps(last + 1, shape.ahead, 0, shape.targets)

    def _steps(self, starts, steps, first, end):
        """float32 (batch, steps, columns): rows from each start on, of the columns from `first` to `end`."""
        rows = len(self._values)
        if not len(starts):
            return np.zeros((0, steps, end - first), np.float32)
        step, item = self._values.strides
        every = np.lib.stride_tricks.as_strided(
            self._values[:, first:], (rows - steps + 1, steps, end - first), (step, step, item), writeable=False
        )
        return every[starts]


def latest(examples, shape, series=None):
    """(inputs of a batch of one, the row of its last step) of the newest window of a single series.

    The last step is the last row with a value that is not known ahead; the rows behind it are the future. What a series
    lacks in front is NaN, and so is what is not known of the steps ahead.

    series: as of `Windows`.
    """
    values = plain(examples["values"])
    seen = np.delete(values, np.s_[shape.targets : shape.targets + shape.known], axis=1)
    there = ~np.isnan(seen).all(axis=1)
    last = len(values) - 1 - int(there[::-1].argmax()) if shape.known and there.any() else len(values) - 1
    window = np.full((1, shape.length, values.shape[1]), np.nan, np.float32)
    looked_at = values[max(0, last + 1 - shape.length) : last + 1]
    window[0, shape.length - len(looked_at) :] = looked_at
    inputs = {"values": window}
    if shape.known:
        known = np.full((1, shape.ahead, shape.known), np.nan, np.float32)
        future = values[last + 1 : last + 1 + shape.ahead, shape.targets : shape.targets + shape.known]
        known[0, : len(future)] = future
        inputs["known"] = known
    if shape.calendar:
        inputs["time"] = np.asarray(examples["time"][last : last + 1], np.int64)
    if series is not None:
        inputs["series"] = series[last : last + 1]
    return inputs, last

"""Linear forecasts in closed form: one weight for each step of the window and each step ahead.

    model, differenced = fit(windows, scaled, layout)     ridge, and the same with the last value subtracted (NLinear)
    model(values, missing, future)                        -> float32 (batch, ahead, targets), in scaled units

A target is forecast from its own window and from the last steps of the columns that are no targets, by the same weights
for all targets. Where training data have gaps, masks that say so are features too. Of very many windows evenly drawn
ones are used, which is said.

Reference: NLinear: Zeng et al. 2023, Are Transformers Effective for Time Series Forecasting?, arXiv:2205.13504.
"""

import dataclasses
import logging

import numpy as np

from pipelines.shared.training import ridge

log = logging.getLogger("unroll")

MOST_FEATURES = 2000
MOST_PRODUCTS = 1.2e11  # multiplications of a fit: seconds
PARTS = 4  # stretches of the training windows, each held out in turn to choose the penalty
AT_ONCE = 2**22  # numbers of the windows that are read together


def filled(values):
    """(values, missing): gaps along the second axis have the value before, 0 in front of the first one.

    Args:
        values: (batch, length, columns), scaled, so that 0 is the mean of training; NaN is missing.

    >>> filled(np.array([[[np.nan], [2.0], [np.nan]]]))[0].ravel().tolist()
    [0.0, 2.0, 2.0]
    """
    missing = np.isnan(values)
    steps = np.arange(values.shape[1])[:, None]
    before = np.maximum.accumulate(np.where(missing, 0, steps), axis=1)  # (batch, length, columns)
    return np.nan_to_num(np.take_along_axis(values, before, axis=1), nan=0.0), missing


@dataclasses.dataclass(frozen=True)
class Layout:
    """Which features there are.

    targets, known, past: numbers of columns. length, ahead: in steps. own, others: how many of the last steps of a
    target's own window, and of the other columns, are features. masks: whether missing steps are.
    """

    targets: int
    known: int
    past: int
    length: int
    ahead: int
    masks: bool

    @property
    def own(self):
        return min(self.length, MOST_FEATURES // (1 + self.masks))

    @property
    def future(self):
        """The number of steps ahead at which the known columns are features: all of them, or none if too many."""
        left = MOST_FEATURES - self.own * (1 + self.masks)
        return self.ahead if self.known and self.ahead * self.known <= left else 0

    @property
    def others(self):
        columns = self.known + self.past
        left = MOST_FEATURES - self.own * (1 + self.masks) - self.future * self.known
        return min(self.length, left // (columns * (1 + self.masks))) if columns else 0

    @property
    def shapes(self):
        """{name of a field of `Linear`: the shape of its weights without the steps ahead}, in the features' order."""
        others, masks = (self.others, self.known + self.past), 1 + self.masks
        shapes = {"own": (self.own,), "others": others, "future": (self.future, self.known)}
        return {**shapes, "own_missing": (self.own,), "others_missing": others} if masks == 2 else shapes

    @property
    def columns(self):
        return self.targets + self.known + self.past

    @property
    def features(self):
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def features_of(self, values, missing, future):
        """float64 (batch x targets, features) of windows, as `Linear.__call__` takes them."""
        batch = len(values)
        own = [part[:, -self.own :, : self.targets].transpose(0, 2, 1) for part in (values, missing)]
        others = [part[:, self.length - self.others :, self.targets :].reshape(batch, -1) for part in (values, missing)]
        shared = [others[0], future.reshape(batch, -1) if self.future else np.zeros((batch, 0))]
        parts = [own[0], *map(self._for_each_target, shared)]
        parts += [own[1], self._for_each_target(others[1])] if self.masks else []
        return np.concatenate(parts, axis=-1, dtype=np.float64).reshape(batch * self.targets, -1)

    def _for_each_target(self, part):
        return np.broadcast_to(part[:, None], (len(part), self.targets, part.shape[-1]))


@dataclasses.dataclass(frozen=True, eq=False)
class Linear:
    """A linear forecast; plain arrays, all float32, in scaled units.

        forecast[b, h, t] = bias[h] + sum_l own[l, h] x[b, l, t] + sum_lc others[l, c, h] z[b, l, c]
                          + sum_kc future[k, c, h] f[b, k, c] + the masks of x and z with own_missing, others_missing

    x: the last `own` steps of the targets, z: the last `others` steps of the other columns, f: the known columns ahead,
    all scaled and filled. A part without features has an array with a size of 0.

    own, own_missing (steps, ahead); others, others_missing (steps, columns, ahead); future (ahead, known, ahead);
    bias (ahead,)
    """

    own: np.ndarray
    others: np.ndarray
    future: np.ndarray
    own_missing: np.ndarray
    others_missing: np.ndarray
    bias: np.ndarray

    def __call__(self, values, missing, future):
        """float32 (batch, ahead, targets) in scaled units.

        Args:
            values, missing: (batch, length, columns), as `filled` gives them. future: (batch, ahead, known) scaled.
        """
        batch, length, columns = values.shape
        targets = columns - self.others.shape[1]
        own = values[:, length - len(self.own) :, :targets].transpose(0, 2, 1)  # (batch, targets, steps)
        forecast = own @ self.own + self.bias
        if self.own_missing.size:
            forecast += missing[:, length - len(self.own) :, :targets].transpose(0, 2, 1) @ self.own_missing
        shared = np.zeros((batch, len(self.bias)), np.float32)
        steps = length - len(self.others)
        for part, weights in (
            (values[:, steps:, targets:], self.others),
            (missing[:, steps:, targets:], self.others_missing),
            (future, self.future),
        ):
            if weights.size:
                shared += part.reshape(batch, -1) @ weights.reshape(-1, len(self.bias))
        return (forecast + shared[:, None]).transpose(0, 2, 1).astype(np.float32)


def fit(windows, scaled, layout):
    """(ridge, NLinear), each a `Linear`.

    Args:
        windows: those of the training split: len() and .batch(rows), as `forecasting.windows` has them.
        scaled: a function of (inputs, targets) of a batch that returns (values, missing, future, targets), scaled.
        layout: the `Layout`.
    """
    solutions = {False: [], True: []}
    for parts in _groups(windows, scaled, layout):
        for differenced, solved in solutions.items():
            solved.append(_solved(layout, parts, differenced))
    return tuple(_linear(layout, *map(np.concatenate, zip(*solved, strict=True))) for solved in solutions.values())


def _solved(layout, parts, differenced):
    """Weights (ahead, features) and bias (ahead,) of a group of steps ahead."""
    if not differenced:
        weights, bias, _ = ridge.chosen(parts)
        return weights.T, bias
    matrix, shift = _differencing(layout, parts[0])
    weights, bias, _ = ridge.chosen([part.changed(matrix, shift) for part in parts])
    return (matrix @ weights + shift).T, bias


def _linear(layout, weights, bias):
    """A `Linear` of weights (ahead, features) and bias (ahead,)."""
    parts, start = {}, 0
    for name, shape in layout.shapes.items():
        size = int(np.prod(shape))
        parts[name] = weights[:, start : start + size].T.reshape(*shape, layout.ahead).astype(np.float32)
        start += size
    none = np.zeros((0, layout.ahead), np.float32)
    empty = {"own_missing": none, "others_missing": none[:, None]}
    return Linear(**{**empty, **parts}, bias=bias.astype(np.float32))


def _differencing(layout, sums):
    """(M, S) of `ridge.Sums.changed`: the last value is subtracted from a target's window and from what is ahead."""
    features, last = len(sums.of_features), layout.own - 1
    matrix = np.eye(features)
    matrix[last, : layout.own] -= 1
    shift = np.zeros((features, len(sums.of_outputs)))
    shift[last] = 1
    return matrix, shift


def _groups(windows, scaled, layout):
    """[[sums of each of `PARTS` stretches of windows] for each group of steps ahead].

    A row counts in a group if it has all targets of the group; where none are missing one group suffices.
    """
    rows = _drawn(len(windows), layout)
    sizes = _group_sizes(windows, layout, rows)
    sums = [[ridge.Sums(layout.features, size) for _ in range(PARTS)] for size in sizes]
    at_once = max(1, AT_ONCE // (layout.features * layout.targets + layout.length * layout.columns))
    for number, part in enumerate(np.array_split(rows, PARTS)):
        for start in range(0, len(part), at_once):
            batch = windows.batch(part[start : start + at_once])
            _add([group[number] for group in sums], layout, *scaled(*batch))
    return sums


def _add(sums, layout, values, missing, future, targets):
    x = layout.features_of(values, missing, future)
    y = targets.transpose(0, 2, 1).reshape(len(x), -1).astype(np.float64)  # (batch x targets, ahead)
    start = 0
    for part in sums:
        outputs = y[:, start : start + len(part.of_outputs)]
        complete = ~np.isnan(outputs).any(axis=1)
        part.add(*((x, outputs) if complete.all() else (x[complete], outputs[complete])))
        start += outputs.shape[1]


def _drawn(count, layout):
    """The windows to fit on: all, or evenly drawn ones."""
    most = max(1000, int(MOST_PRODUCTS / (layout.features * (layout.features + layout.ahead) * layout.targets)))
    if count <= most:
        return np.arange(count)
    log.info("linear baseline: %d evenly drawn ones of the %d windows", most, count)
    return np.linspace(0, count - 1, most).astype(np.int64)


def _group_sizes(windows, layout, rows):
    """The numbers of steps ahead that are solved together: all, or fewer where targets are missing."""
    few = rows[:: max(1, len(rows) // 1000)]
    complete = not any(np.isnan(windows.batch(few[start : start + 100])[1]).any() for start in range(0, len(few), 100))
    if complete:
        return [layout.ahead]
    work = len(rows) * layout.targets * layout.features**2
    groups = int(np.clip(MOST_PRODUCTS / work, 1, min(layout.ahead, 2**24 // layout.features**2 + 1)))
    return [len(part) for part in np.array_split(np.arange(layout.ahead), groups)]

"""After how many steps a series repeats itself: told by its step, and checked by its autocorrelation.

    season(values, spans, step=3600)     24, or 168 where weeks tell clearly more than days; 1 where nothing repeats

For each length that the step suggests, values less their mean over one such length are compared with those one length
later; `LEAST` is the correlation that counts.
"""

import numpy as np

from pipelines.forecasting.tables.times import DAY

LEAST, MORE = 0.15, 0.1  # correlation that counts; by which a longer season must be ahead of a shorter one
ROWS, SERIES, COLUMNS = 20_000, 20, 8  # that are looked at, at the most
OF_NUMBERS = (7, 12, 24, 48, 52, 96, 168)


def candidates(step, months, dates):
    """The lengths that a step suggests, the shortest first.

    step: seconds, or 0 where rows count as steps. months: of a step by the calendar, or 0.

    >>> candidates(3600, 0, True), candidates(0, 1, True), candidates(0, 0, True), candidates(86400, 0, True)
    ([24, 168], [12], [5], [7])
    """
    if not dates:
        return list(OF_NUMBERS)
    if months:
        return [12 // months] if months < 12 and 12 % months == 0 else []
    if not step:
        return [5]
    if step == 7 * DAY:
        return [52]
    return [length // step for length in (DAY, 7 * DAY) if length % step == 0 and length // step > 1]


def season(values, bounds, step, months=0, dates=True):
    """The steps after which series repeat, 1 if they do not.

    Args:
        values: float32 (rows, columns), NaN where missing.
        bounds: [(first row, end)] of the series.
    """
    bounds = sorted(bounds, key=lambda span: span[0] - span[1])[:SERIES]
    parts = [_filled(values[max(start, end - ROWS) : end, :COLUMNS]) for start, end in bounds]
    best, most = 1, 0.0
    for length in candidates(step, months, dates):
        usable = [part for part in parts if len(part) >= 3 * length]
        told = [correlation for part in usable for correlation in _correlations(part, length)]
        rows = sum(map(len, usable))
        correlation = float(np.mean(told)) if told else 0.0
        if correlation > max(LEAST + 2 / np.sqrt(max(rows, 1)), most + MORE * (best > 1)):
            best, most = length, correlation
    return best


def _filled(values):
    """float64 (rows, columns) with the value before in place of a missing one."""
    values = np.array(values, np.float64)
    there = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    carried = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last < 0, np.nan_to_num(np.nanmean(values, axis=0) if there.any() else 0.0), carried)


def _correlations(values, length):
    """The correlation of each column with itself a length later, less its mean over a length."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    trend = (total[length:] - total[:-length]) / length
    first = (length - 1) // 2
    rest = values[first : first + len(trend)] - trend
    one, other = rest[:-length], rest[length:]
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    scale = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
    varies = scale > 1e-12 * np.maximum(1.0, np.abs(values).max(axis=0)) ** 2
    return ((one * other).sum(axis=0)[varies] / scale[varies]).tolist()

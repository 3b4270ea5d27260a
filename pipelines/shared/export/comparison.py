"""How far the answers of an export are from those of its model.

comparison.difference(found, expected)      # of numbers, as a part of those above one; inf where they disagree
"""

import numpy as np


def difference(found, expected):
    """The greatest, as a part of the greatest number expected where that is above one.

    Where the model itself answers NaN or an infinity, the same is expected; another shape, or anything else there, is
    infinitely far.
    """
    found, expected = np.asarray(found, "float64"), np.asarray(expected, "float64")
    if found.shape != expected.shape:
        return np.inf
    finite = np.isfinite(expected)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True):
        return np.inf
    found, expected = found[finite], expected[finite]
    gap = np.abs(found - expected).max(initial=0) / max(1.0, np.abs(expected).max(initial=0))
    return float(np.nan_to_num(gap, nan=np.inf))

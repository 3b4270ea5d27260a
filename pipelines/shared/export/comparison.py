"""How far the answers of an export are from those of its model.

comparison.difference(answer, expected)      # 0.0 where they are the same, inf where they cannot be compared
"""

import numpy as np

# The greatest difference that is accepted, by the precision of the computation. Half precision rounds to 3 or 2 digits,
# and batches of other shapes round differently.
TOLERANCE = {"float32": 1e-5, "mixed_float16": 5e-3, "mixed_bfloat16": 4e-2}


def difference(answer, expected, of_greatest=False, of_row=False):
    """The greatest difference between numbers, divided by the size of the expected number where that is above one.

    Whole numbers are ids and counts: their difference is not divided, so that no tolerance lets another id pass.

    Args:
        answer, expected: arrays, or nested lists, of numbers or texts.
        of_greatest: divide by the greatest of all expected numbers instead, for answers of any size in which small
            numbers are what is left when large ones cancel out.
        of_row: the same with the greatest of a number's row, along the first axis: rows of any size count alike.

    Returns:
        a float; infinity if the shape or a text differs, or if an expected NaN or infinity is not met exactly.

    >>> round(difference([1.0, 200.0], [1.0, 100.0]), 6), difference(["a"], ["b"]), difference([1.0], [[1.0]])
    (1.0, inf, inf)
    """
    answer, expected = np.asarray(answer), np.asarray(expected)
    if answer.shape != expected.shape or _is_text(answer) != _is_text(expected):
        return np.inf
    if _is_text(expected):
        return 0.0 if _texts(answer) == _texts(expected) else np.inf
    whole = answer.dtype.kind in "biu" and expected.dtype.kind in "biu"
    answer, expected = answer.astype("float64"), expected.astype("float64")
    finite = np.isfinite(expected)
    if not np.array_equal(answer[~finite], expected[~finite], equal_nan=True):
        return np.inf
    sizes = np.ones_like(expected) if whole else np.maximum(1.0, np.abs(np.where(finite, expected, 0.0)))
    if of_row and not whole and expected.ndim > 1 and expected.size:
        sizes = np.broadcast_to(sizes.max(tuple(range(1, sizes.ndim)), keepdims=True), sizes.shape)
    answer, expected, sizes = answer[finite], expected[finite], sizes[finite]
    gaps = np.abs(answer - expected) / (sizes.max(initial=1.0) if of_greatest else sizes)
    return float(np.nan_to_num(gaps.max(initial=0), nan=np.inf))


def _is_text(values):
    return values.dtype.kind in "OSU"


def _texts(values):
    return [text.decode("utf-8") if isinstance(text, bytes) else str(text) for text in values.reshape(-1).tolist()]

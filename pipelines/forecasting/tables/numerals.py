"""Numbers as sources write them: what is missing, decimal commas, and what is no number at all.

>>> read("1.5"), read("NA"), read("1,5", decimal=","), read(None)
(1.5, nan, 1.5, nan)
"""

import math
import re

import numpy as np
import pyarrow
import pyarrow.compute

from pipelines.shared.data.cells import as_number
from pipelines.shared.data.sources import missing
from pipelines.shared.messages import shown

MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "nil", "-", "--", "?", ".", "<na>", "nat", "-nan")
SPELLED = sorted(
    {form for word in MISSING for form in (word, word.upper(), word.capitalize())} | {"NaN", "-NaN", "<NA>"}
)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+(?:[,.]\d+)?")
COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
LARGEST = float(np.finfo(np.float32).max)


def read(value, decimal="."):
    """A float of a cell, NaN where it is missing.

    Raises:
        ValueError: what is no number, or not finite.
    """
    number = _number(value, decimal)
    if number is None:
        raise ValueError(f"expected a number, received {shown(value)}{_advice(value)}")
    if abs(number) > LARGEST:
        raise ValueError(
            f"expected a finite number below 3.4e38, received {shown(value)}; leave it blank if it is missing"
        )
    return number


def of_cells(cells, decimal="."):
    """(floats, [(row, what is wrong)]) of the cells of a column; of all at once, where nothing is odd.

    >>> of_cells(["1", "", "x"])[0][:2], len(of_cells(["1", "", "x"])[1])
    ([1.0, nan], 1)
    """
    if decimal == ".":
        try:
            numbers = np.array([float(cell or "nan") if isinstance(cell, str) else float(cell) for cell in cells])
            plain = not any(isinstance(cell, str) and "_" in cell for cell in cells)
            if plain and not (np.abs(numbers) > LARGEST).any():
                return numbers, []
        except (TypeError, ValueError, OverflowError):
            pass
    return one_by_one(cells, lambda cell: read(cell, decimal), math.nan)


def one_by_one(cells, read_one, other):
    """(what `read_one` makes of each, or `other`; [(row, what is wrong)])."""
    values, faults = [], []
    for row, cell in enumerate(cells):
        try:
            values.append(read_one(cell))
        except ValueError as error:
            values.append(other)
            faults.append((row, str(error)))
    return values, faults


def _number(value, decimal):
    """A float, or None."""
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in MISSING:
            return math.nan
        if decimal == ",":
            return None if "." in text else as_number(text.replace(",", "."))
    elif missing(value):
        return math.nan
    return float(value) if isinstance(value, bool) else as_number(value)


def _advice(value):
    if isinstance(value, str):
        text = value.strip()
        if THOUSANDS.fullmatch(text):
            return "; write it without separators of thousands"
        if COMMA.fullmatch(text):
            return "; write a point for the decimal comma, or put semicolons between columns"
        if re.fullmatch(r"[$€£]?\s*[\d.,]+\s*[%$€£]?", text):
            return "; write the number alone, without its unit"
        return "; leave it blank if it is missing, or the column out (target_columns, past_columns)"
    if isinstance(value, (list, tuple)):
        return "; give a row for each step of a series"
    return ""


def is_number(value, decimal="."):
    """Whether a cell is a number that is there: a text of one, but no date and no truth value."""
    number = _number(value, decimal)
    return number is not None and not math.isnan(number)


def is_missing(value):
    """Whether a cell is blank, or one of `MISSING`."""
    return value.strip().lower() in MISSING if isinstance(value, str) else missing(value)


def has_commas(cells):
    """Whether the numbers among these texts have decimal commas."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    return any(map(COMMA.fullmatch, texts)) and not any(re.fullmatch(r"[+-]?\d*\.\d+", text) for text in texts)


def of_arrow(array):
    """float32 (values,) of an Arrow array of numbers or of texts of numbers; missing ones are NaN.

    Raises:
        ValueError: a value that is no number, or not finite.
    """
    kind = array.type
    try:
        if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
            array = pyarrow.compute.utf8_trim_whitespace(array)
            blank = pyarrow.compute.is_in(array, value_set=pyarrow.array(SPELLED, kind))
            array = pyarrow.compute.if_else(blank, None, array)
        elif not (pyarrow.types.is_primitive(kind) or pyarrow.types.is_decimal(kind) or pyarrow.types.is_null(kind)):
            raise ValueError(f"expected numbers, received {kind}")
        if pyarrow.types.is_temporal(kind):
            raise ValueError(f"expected numbers, received {kind}")
        if pyarrow.types.is_boolean(kind):
            array = array.cast(pyarrow.uint8())
        numbers = array.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
    except (pyarrow.ArrowException, TypeError) as error:
        raise ValueError("expected numbers") from error
    with np.errstate(over="ignore"):
        made = numbers.astype(np.float32)
    if np.isinf(made).any():
        raise ValueError("expected finite numbers")
    return made

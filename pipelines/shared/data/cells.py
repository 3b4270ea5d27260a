"""Cells of a table as numbers, of whichever type a source gives them."""


def as_number(value):
    """A cell as a float, which may be infinite or NaN; None if it is no number.

    >>> as_number("7.80e+02"), as_number(" 5 "), as_number(True), as_number("1_000"), as_number("x"), as_number([1])
    (780.0, 5.0, None, None, None, None)
    """
    if isinstance(value, str):
        try:
            return None if "_" in value else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return None

"""Numbers with the digits that they deserve: as many as their standard error leaves certain.

>>> shown(0.92134, 0.0042), with_error(0.92134, 0.0042), with_error(27.318, 0.13)
('0.921', '0.921 ± 0.004', '27.32 ± 0.13')
"""

import math

FOREIGN = 1e-4, 0.5  # of a value: an error that is less or more is surely of something else


def places(error: float | None, value: float = 0.0) -> int:
    """Digits behind the point: up to the first of the error, or the second where the first is a 1.

    Where no error is known, four digits of the value.

    >>> places(0.0042), places(0.0142), places(3.0), places(None, 12.3456)
    (3, 3, 0, 2)
    """
    if error is None or not math.isfinite(error) or error <= 0:
        size = abs(value)
        return min(12, max(0, 3 - math.floor(math.log10(size)))) if 0 < size < math.inf else 3
    first = math.floor(math.log10(error))
    return min(12, max(0, -first + (error / 10**first < 1.95)))


def shown(value: float, error: float | None = None) -> str:
    """The value, with the digits that its error leaves."""
    return f"{value:,.{places(error, value)}f}" if _plain(value) else f"{value:.3e}"


def with_error(value: float, error: float | None) -> str:
    """The value and its standard error; the value alone where none is known."""
    if error is None or not math.isfinite(error) or error <= 0 or not _plain(value):
        return shown(value)
    return f"{shown(value, error)} ± {error:,.{places(error)}f}"


def beside(value: float, error: float | None) -> str:
    """A number with as many places as the error of another number of the same examples leaves.

    Three digits where hardly any would be left, as of a rate beside an error in pixels, four where far too many.

    >>> beside(0.91834, 0.0042), beside(0.3519, 3.0), beside(2731.84, 0.0096)
    ('0.918', '0.352', '2,732')
    """
    least, most = (part * abs(value) for part in FOREIGN)
    if error is None or not least < error:
        return shown(value)
    return shown(value, error) if error <= most else f"{value:.3g}"


def pair(one: float, other: float, error: float | None = None) -> tuple[str, str]:
    """Two values with the same places, as many as the error of their difference leaves, and as tell them apart.

    >>> pair(0.92134, 0.9, 0.004), pair(0.5, 0.5), pair(7.3, 7.5)
    (('0.921', '0.900'), ('0.5000', '0.5000'), ('7.300', '7.500'))
    """
    larger = max(abs(one), abs(other))
    if not (_plain(one) and _plain(other)):
        return f"{one:.3e}", f"{other:.3e}"
    count = places(error, larger)
    while one != other and count < 12 and f"{one:.{count}f}" == f"{other:.{count}f}":
        count += 1
    return f"{one:,.{count}f}", f"{other:,.{count}f}"


def probability(p_value: float) -> str:
    """A p-value in words.

    >>> probability(0.0004), probability(0.0314), probability(0.7234)
    ('p < 0.001', 'p = 0.031', 'p = 0.72')
    """
    if p_value < 0.001:
        return "p < 0.001"
    return f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def _plain(value):
    """Whether a value is written without an exponent."""
    return value == 0 or (math.isfinite(value) and 1e-5 <= abs(value) < 1e7)

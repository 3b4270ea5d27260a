"""What a verb takes from a stranger: a fixed list of arguments, each with a check of its value.

TAKES = {"word": text(200), "count": whole(1, 100)}
checked({"word": "good"}, TAKES, needed=["word"])      {"word": "good"}
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipelines import settings
from pipelines.shared.messages import listed, shown
from pipelines.shared.serving.refusals import Refused

Check = Callable[[Any], str | None]
"""A function of a value that returns what was expected of it, or None if it is that."""


def checked(
    given: Mapping[str, Any], takes: Mapping[str, Check], needed: Sequence[str] = (), where: str = ""
) -> dict[str, Any]:
    """The arguments, if all are known and good; those that are null are left out.

    where: what errors begin with.

    Raises:
        Refused: 400.
    """
    given = {name: value for name, value in given.items() if value is not None}
    where = f"{where}: " if where else ""
    for name, value in given.items():
        if name not in takes:
            there = f"There are: {listed(list(takes), write=str)}" if takes else "It takes none"
            raise Refused(400, f"{where}unknown argument {shown(name)}.{settings.near(name, takes)} {there}")
        expected = takes[name](value)
        if expected:
            raise Refused(400, f"{where}{name}: expected {expected}, received {shown(value)}")
    for name in needed:
        if name not in given:
            raise Refused(400, f"{where}{name}: expected a value, received none")
    return given


def whole(least: int, most: int) -> Check:
    """A whole number in a range."""

    def check(value):
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if fits else f"a whole number from {least:,} to {most:,}"

    return check


def number(least: float, most: float) -> Check:
    """A finite number in a range."""

    def check(value):
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        return None if fits and least <= value <= most else f"a number from {least:g} to {most:g}"

    return check


def text(letters: int) -> Check:
    """A text of at most so many letters."""

    def check(value):
        return None if isinstance(value, str) and len(value) <= letters else f"a text of at most {letters:,} letters"

    return check


def choice(*values: str | int | bool) -> Check:
    """One of some values."""

    def check(value):
        fits = any(type(value) is type(one) and value == one for one in values)
        return None if fits else " or ".join(map(shown, values))

    return check


switch = choice(True, False)


@dataclasses.dataclass(frozen=True)
class File:
    """An answer that is a file. name: under which a browser saves it."""

    content: bytes
    media_type: str
    name: str


def texts(values: list, letters: int) -> list[str]:
    """The values, if all are texts of at most so many letters.

    Raises:
        Refused: 400.
    """
    expected = text(letters)
    for number, value in enumerate(values, 1):
        if expected(value):
            received = f"{len(value):,} letters" if isinstance(value, str) else shown(value)
            raise Refused(400, f"inputs, {number}: expected {expected(value)}, received {received}")
    return values

"""A row of the table that `unroll verify` prints."""

import dataclasses

PASSED, FAILED, SKIPPED = "passed", "FAILED", "-"
LONGEST = 400  # characters


@dataclasses.dataclass(frozen=True)
class Check:
    """One row of the table."""

    subject: str
    name: str
    result: str
    detail: str


def row(subject, name, result, detail):
    """A `Check` whose texts are safe to print in a terminal, though they may come from a hostile file."""
    return Check(shown(subject, 100), shown(name, 100), result, shown(detail))


def judged(subject, name, passed, detail):
    return row(subject, name, PASSED if passed else FAILED, detail)


def shown(text, longest=LONGEST):
    """Text on one line: control characters as escapes, cut short."""
    text = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )

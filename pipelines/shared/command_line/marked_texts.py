"""An explained text on a terminal: its words marked by colour, and those that decided in words below it.

    The plot was awful.
        for      awful +3.21, was +0.40
        against  plot -0.10

Colours are there only on a terminal that shows them, and not with NO_COLOR (https://no-color.org).
"""

import os
import sys

from pipelines.shared.command_line import terminal
from pipelines.shared.explanation import strongest

# Codes of the 256 colours behind black letters: weak, middle, strong. Words against are underlined too.
FOR, AGAINST = (153, 111, 75), (223, 216, 209)
ABOVE = (0.15, 0.4, 0.7)  # of the greatest part of a text, for each of the three


def coloured():
    """Whether what is printed goes to a terminal with colours."""
    stream = sys.__stdout__
    terminal_asked = stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    return terminal_asked and not os.environ.get("NO_COLOR")


def marked(text, words):
    """The text in one line, in which words are coloured by their parts.

    >>> marked("so good", [{"word": "good", "start": 3, "end": 7, "part": 1.5}])
    'so \\x1b[30;48;5;75mgood\\x1b[0m'
    """
    greatest = strongest.greatest(words)
    pieces, end = [], 0
    for one in words:
        code = _code(one["part"], greatest)
        if code:
            word = terminal.shown(text[one["start"] : one["end"]])
            pieces += [terminal.shown(text[end : one["start"]]), f"\x1b[{code}m{word}\x1b[0m"]
            end = one["end"]
    return "".join([*pieces, terminal.shown(text[end:])])


def _code(part, greatest):
    strength = sum(abs(part) >= share * greatest for share in ABOVE) if part else 0
    if not strength:
        return None
    return f"30;48;5;{FOR[strength - 1]}" if part > 0 else f"4;30;48;5;{AGAINST[strength - 1]}"


def lines_below(words):
    """Yields a line with the words for the answer, and one with those against it."""
    for name, several in zip(("for", "against"), strongest.speaking(words), strict=True):
        if several:
            yield f"    {name:7}  {terminal.shown(strongest.listed(several))}"

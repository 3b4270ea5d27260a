"""Values and lists, shortened for error messages: a table may have a million columns, a label a million letters."""

import itertools
import re
import reprlib

LETTERS = 60
ITEMS = 8
MESSAGE = 600  # of the command line
MOST_BITS = 200  # of an integer that is written out

CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029"  # characters that end a line or move the cursor, as in a [] of a pattern
CONTROLS = re.compile(f"[{CONTROL}]")

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 2 * LETTERS
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = ITEMS
_short.maxlevel = 3


def shown(value, letters=LETTERS):
    """A value as Python writes it, or the beginning of a long one.

    >>> shown("label"), shown([[0] * 1000] * 1000, 12), shown("a" * 1000, 6)
    ("'label'", '[[0, 0, 0, 0...', "'aaaaa...")
    """
    if isinstance(value, int) and value.bit_length() > MOST_BITS:  # Python refuses to write one of 5,000 digits
        return f"an integer of {value.bit_length():,} bits"
    if isinstance(value, str):
        return _cut(repr(value[: letters + 1]), letters)
    return _cut(" ".join(_short.repr(value).split()), letters)


def brief(text, letters=LETTERS):
    """A text in one line, without quotes, or the beginning of a long one.

    >>> brief("two\\nlines"), brief("a" * 1000, 6)
    ('two lines', 'aaaaaa...')
    """
    return _cut(" ".join(str(text)[: 4 * letters].split()), letters)


def listed(values, items=ITEMS, write=shown):
    """The first values, and how many more there are.

    >>> listed(["text", "label"]), listed(range(1_000_000), 2), listed(["a.csv"], write=brief)
    ("'text', 'label'", '0, 1 and 999,998 more', 'a.csv')
    """
    first = ", ".join(map(write, itertools.islice(values, items)))
    return first if len(values) <= items else f"{first} and {len(values) - items:,} more"


def within(message, letters=MESSAGE):
    """A message of at most `letters` letters: a longer one loses its middle.

    >>> within("expected a number, received " + "9" * 1000 + "; give one", 50)
    'expected a number, received 999...9999; give one'
    """
    return message if len(message) <= letters else f"{message[: letters * 2 // 3 - 2]}...{message[2 - letters // 3 :]}"


def _cut(text, letters):
    return text if len(text) <= letters else f"{text[:letters]}..."

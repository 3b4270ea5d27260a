"""Times in words, on a clock, and as a user writes them."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = r"(\d+(?:\.\d+)?)\s*(d|h|m|s)(?:ays?|ours?|rs?|in(?:ute)?s?|ec(?:ond)?s?)?"  # 30m, 30 min, 2 hours
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d)")


def about(seconds):
    """A time in words.

    >>> [about(seconds) for seconds in (0.4, 44, 65, 250, 3700, 9000)]
    ['about 1 second', 'about 44 seconds', 'about 1 minute', 'about 4 minutes', 'about 1 hour', 'about 2.5 hours']
    """
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size or unit == "second":
            count = max(1, seconds / size)
            digits = f"{count:.1f}".removesuffix(".0") if unit == "hour" and count < 10 else f"{count:.0f}"
            return f"about {digits} {unit}{'s' * (digits != '1')}"
    raise AssertionError


def clock(seconds):
    """A time as a stopwatch shows it.

    >>> clock(5.9), clock(65), clock(3725)
    ('0:05', '1:05', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def parsed(text):
    """The seconds in a time as a user writes it; None if it is none.

    >>> parsed("30m"), parsed("90s"), parsed("1h 30m"), parsed("0.5h"), parsed("45"), parsed("soon")
    (1800.0, 90.0, 5400.0, 1800.0, 45.0, None)
    >>> parsed("20 minutes"), parsed("1 hour"), parsed("1:30:00"), parsed("-5m")
    (1200.0, 3600.0, 5400.0, None)
    """
    text = text.strip().lower()
    if clock_time := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in clock_time.groups())
        return 3600 * hours + 60 * minutes + seconds
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if not re.fullmatch(rf"{_PART}(?:\s*{_PART})*", text):
        return None
    return float(sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_PART, text)))

"""Texts at the door of a task."""


def checked_text(value, place):
    if not isinstance(value, str):
        raise TypeError(f"{place}: expected a string as the text, received {type(value).__name__} {value!r:.60}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{place}: expected text that UTF-8 can hold, received half a surrogate pair at character {error.start}; "
            "the text was cut or decoded wrongly"
        ) from error
    return value

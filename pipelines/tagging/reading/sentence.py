"""A sentence as every reader gives it."""

import dataclasses

from pipelines.shared.messages import shown


@dataclasses.dataclass(frozen=True)
class Sentence:
    """Words and their tags.

    tokens: of at least one word. tags: one a word, or None where only words are read.
    text: the running text in parts between single blanks, or "" where it is not known; sizes: how many words each part
    holds, such as 2 of "don't".
    """

    tokens: list[str]
    tags: list[str] | None = None
    text: str = ""
    sizes: tuple[int, ...] = ()


def wrong(token, what="a word"):
    """What is wrong with a value as a word or a tag, or None.

    >>> wrong("fish"), wrong(" ")
    (None, "expected a word, received ' '")
    """
    if not isinstance(token, str) or not token.strip() or "\n" in token or "\0" in token:
        return f"expected {what}, received {shown(token)}"
    try:
        token.encode("utf-8")
    except UnicodeEncodeError:
        return f"expected {what} that UTF-8 can hold, received half a surrogate pair"
    return None

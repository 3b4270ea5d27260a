"""Texts that come into a task, checked."""

from pipelines.shared.data import sources, tables


def read_inputs(inputs, texts_of):
    """The texts that `predict` gets in memory, as a list.

    Args:
        inputs: a list, a Series or a table of texts. In a Series or a table a missing text is "", as in a file.
        texts_of: a function that takes a table and returns the column of its texts.

    Raises:
        TypeError: not a list of texts. ValueError: a text that UTF-8 cannot hold, a table without the column.

    >>> read_inputs({"text": ["good", None]}, lambda table: tables.read(table, ["text"])["text"])
    ['good', '']
    """
    if tables.is_table(inputs) or tables.is_column(inputs):
        column = texts_of(inputs) if tables.is_table(inputs) else tables.values(inputs, "texts", "predict")
        inputs = [sources.filled(text) for text in column]
    if isinstance(inputs, (str, bytes)) or not hasattr(inputs, "__iter__"):
        raise TypeError(
            f"predict: expected a text, a list of texts or a file, received {type(inputs).__name__}; "
            "give a Series or a table of texts where there is one"
        )
    return [checked_text(text, f"predict, text {number}") for number, text in enumerate(inputs, 1)]


def checked_text(value, where):
    if not isinstance(value, str):
        raise TypeError(f"{where}: expected a string as the text, received {type(value).__name__} {value!r:.60}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{where}: expected text that UTF-8 can hold, received half a surrogate pair at character {error.start}; "
            "the text was cut or decoded wrongly"
        ) from error
    return value

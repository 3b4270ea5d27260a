"""Texts at the door of a task."""

from pipelines.shared.data import sources, tables


def read_inputs(inputs, texts_of):
    """A list of the texts in memory that `predict` is given: a list, a Series, or a table.

    Args:
        inputs: what is neither a text nor a file. In a Series or a table a missing text is "", as in a file.
        texts_of: a function of a table to the column of its texts.

    Raises:
        TypeError: what is no list of texts. ValueError: a text that UTF-8 cannot hold, a table without the column.

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

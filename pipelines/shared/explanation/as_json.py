"""What explains a network as plain values, for a page."""

LETTERS = 2_000  # of a text whose gates are asked for


def of_gates(seen):
    """{"words", "rows"} of `word_gates.WordGates`: the rows as its `rows` gives them."""
    return {"words": seen.words, "rows": list(seen.rows())}

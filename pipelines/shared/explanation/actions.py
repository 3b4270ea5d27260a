"""What a visitor of a server may ask of words: `gates` and `nearest`, their values checked, as plain values."""

from pipelines.shared.serving import arguments

LETTERS = 2_000  # of a text whose gates are asked for


def _gates(artifact, asked):
    """{"words", "rows"} of `word_gates.WordGates`: the rows as its `rows` gives them."""
    seen = artifact.gates(**asked)
    return {"words": seen.words, "rows": list(seen.rows())}


def _nearest(artifact, asked):
    return {"words": artifact.nearest(**asked)}


def actions(**further):
    """{verb: (checks, what has to be given, function)}, as `rooms.Page.ACTIONS` has them.

    further: checks of values that `nearest` takes in one task alone.
    """
    nearest = {"word": arguments.text(200), "count": arguments.whole(1, 100), **further}
    return {"gates": ({"text": arguments.text(LETTERS)}, ["text"], _gates), "nearest": (nearest, ["word"], _nearest)}

"""A picture of attention: which words of the source each word of the translation looked at."""

import matplotlib.figure

LONGEST = 40  # letters of a word


def heat_map(source, target, weights):
    """A `matplotlib.figure.Figure`: a row for each word of the target, a column for each word of the source."""
    rows, columns = weights.shape
    source, target = (
        [f"{word[:LONGEST]}…" if len(word) > LONGEST else word for word in side] for side in (source, target)
    )
    drawing = matplotlib.figure.Figure(figsize=(1.6 + 0.36 * columns, 1.2 + 0.26 * rows), layout="constrained")
    axes = drawing.subplots()
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_xticks(range(columns), source, rotation=60, ha="left", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(range(rows), target, parse_math=False)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    return drawing


def _cut(word):
    return f"{word[:LONGEST]}…" if len(word) > LONGEST else word

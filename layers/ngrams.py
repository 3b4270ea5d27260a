"""How many n-grams of a text stand in its references, for a batch of rows of ids: by sorting, so in linear memory.

correct = ngrams.correct(texts, sizes, max_order=4)      # [(batch,) of order 1, of order 2, ...]
"""

import keras


def correct(texts, sizes, max_order):
    """An n-gram is correct as often as both the first text of a row and the one other that has it most hold it.

    Equal n-grams of a row get equal numbers, by the number of their first n - 1 words and that of their last word: no
    hash, so nothing collides.

    Args:
        texts: int (batch, texts, words); sizes: int (batch, texts), how many words of each text are real.

    Returns:
        a list of int32 (batch,), by order from 1.
    """
    kinds = keras.ops.shape(texts)[1] * keras.ops.shape(texts)[2]  # numbers of a row, at the most
    words = grams = _numbered(texts)
    matches = []
    for order in range(max_order):
        if order:
            grams = _numbered(grams[:, :, :-1] * keras.ops.cast(kinds, grams.dtype) + words[:, :, order:])
        counts = _counts(grams, keras.ops.maximum(sizes - order, 0), kinds)  # (batch, texts, kinds)
        elsewhere = keras.ops.max(counts[:, 1:], axis=1, initial=0)
        matches.append(keras.ops.sum(keras.ops.minimum(counts[:, 0], elsewhere), axis=1))
    return matches


def _numbered(keys):
    """Equal numbers, from 0 on, for equal keys of a row: (batch, texts, words) to the same shape."""
    batch, texts, words = keras.ops.shape(keys)
    flat = keras.ops.reshape(keras.ops.cast(keys, _integers()), (batch, texts * words))
    order = keras.ops.argsort(flat, axis=1)
    rising = keras.ops.take_along_axis(flat, order, axis=1)
    new = keras.ops.cast(rising != keras.ops.roll(rising, 1, axis=1), rising.dtype)  # of the first: 0 or 1
    numbers = keras.ops.cumsum(new, axis=1) - new[:, :1]
    return keras.ops.reshape(_sums(numbers, order, texts * words), (batch, texts, words))


def _counts(grams, sizes, kinds):
    """How often each text holds each n-gram: (batch, texts, kinds)."""
    batch, texts, words = keras.ops.shape(grams)
    inside = keras.ops.arange(words, dtype="int32") < keras.ops.expand_dims(sizes, 2)  # (batch, texts, words)
    rows = (batch * texts, words)
    counts = _sums(keras.ops.reshape(keras.ops.cast(inside, "int32"), rows), keras.ops.reshape(grams, rows), kinds)
    return keras.ops.reshape(counts, (batch, texts, kinds))


def _sums(values, positions, size):
    """values (rows, n) added up at `positions` (rows, n) of rows of `size`: (rows, size)."""
    rows = keras.ops.shape(values)[0]
    first = keras.ops.arange(rows, dtype="int32") * size  # (rows,)
    positions = keras.ops.cast(positions, "int32") + keras.ops.expand_dims(first, 1)
    values, positions = keras.ops.reshape(values, (-1,)), keras.ops.reshape(positions, (-1,))
    return keras.ops.reshape(keras.ops.segment_sum(values, positions, num_segments=rows * size), (rows, size))


def _integers():
    """Wide enough for the square of a row's words; JAX has only int32, enough for 46,340 words a row."""
    return "int32" if keras.backend.backend() == "jax" else "int64"

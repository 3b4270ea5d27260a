"""Batches of pairs of sequences with little padding on either side.

    pairs -> sorted by the target's length, then the source's -> cut into batches of about equal tokens -> shuffled

Pairs of equal lengths are shuffled in every epoch, so batches change too. With subwords of Multi30k, batches of 64
pairs are padded by 4 % in the source and 0.1 % in the target.
"""

import itertools

import numpy as np
import tensorflow as tf

from pipelines.shared.data import stored
from pipelines.shared.text.subwords import END, PADDING, START

INPUTS = {
    "source": tf.TensorSpec([None, None], tf.int32),
    "source_lengths": tf.TensorSpec([None], tf.int32),
    "target": tf.TensorSpec([None, None], tf.int32),
}
LABELS, WEIGHTS = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.float32)


def dataset(read, batch_size, shuffle_seed=None):
    """A `tf.data.Dataset` of batches ({"source", "source_lengths", "target"}, labels, weights).

    source (batch, source time) and its lengths (batch,); target (batch, target time) begins with START and labels, of
    the same shape, end with END; weights are 0 at padding.

    Args:
        read: a function of the epoch, from 0 on. It returns (sources, targets), `stored.Arrays` int32 (time,), or
            lists, in the same order; lengths may differ a little from epoch to epoch.
        batch_size: average number of pairs in a batch; longer pairs come in smaller batches.
        shuffle_seed: shuffles again in every epoch, in the same way for the same seed; None keeps one order.
    """
    lengths = np.stack([stored.Arrays.of(side).lengths for side in read(0)])  # (2, pairs)
    starts = cuts(lengths, batch_size)
    epochs = itertools.count()

    def batches():
        epoch = next(epochs)
        rows = batches_of_rows(lengths, starts, shuffle_seed, epoch)
        sides = read(epoch)
        for chosen in rows:
            yield padded(*(list(stored.picked(side, chosen)) for side in sides))

    steps = tf.data.experimental.assert_cardinality(len(starts) + 1)
    return tf.data.Dataset.from_generator(batches, output_signature=(INPUTS, LABELS, WEIGHTS)).apply(steps).prefetch(4)


def cuts(lengths, batch_size):
    """The positions at which the sorted pairs are cut into batches.

    The longer side of a batch has at most `batch_size` times the mean length tokens, padding included.

    >>> cuts(np.array([[1, 1, 1, 1, 2, 2], [1, 1, 1, 1, 2, 2]]), batch_size=3).tolist()
    [4]
    """
    longer = lengths.max(axis=0)[_order(lengths)]  # (pairs,)
    most, starts, first, longest = batch_size * longer.mean(), [], 0, 0
    for position, length in enumerate(map(int, longer)):
        longest = max(longest, length)
        if position > first and (position + 1 - first) * longest > most:
            starts.append(position)
            first, longest = position, length
    return np.array(starts, int)


def batches_of_rows(lengths, starts, seed, epoch):
    """A list with the rows of each batch, an array."""
    if seed is None:
        return np.split(_order(lengths), starts)
    chance = np.random.default_rng([seed, epoch])
    batches = np.split(_order(lengths, chance.random(lengths.shape[1])), starts)
    return [batches[index] for index in chance.permutation(len(batches))]


def _order(lengths, ties=None):
    """The rows, sorted by the target's length, then the source's, then `ties`."""
    sources, targets = lengths
    return np.lexsort([sources, targets] if ties is None else [ties, sources, targets])


def padded(sources, targets):
    """The tensors of a batch, as `dataset` gives them."""
    labels = rows([[*ids, END] for ids in targets])
    target = np.concatenate([np.full((len(targets), 1), START, "int32"), labels[:, :-1]], axis=1)
    lengths = np.array([len(ids) for ids in sources], "int32")
    inputs = {"source": rows(sources), "source_lengths": lengths, "target": target}
    return inputs, labels, (labels != PADDING).astype("float32")


def rows(sequences):
    """The sequences as one padded array int32 (sequences, time) with at least one step."""
    array = np.full((len(sequences), max(1, *map(len, sequences))), PADDING, "int32")
    for row, ids in zip(array, sequences, strict=True):
        row[: len(ids)] = ids
    return array

"""Batches of sequences of unequal length with little padding.

    examples  -> bucketed         training, validation: batches of one bucket of lengths, padded to the bucket's bound
    sequences -> in_length_order  prediction: batches of nearly equal lengths, and the places to put the answers back

The bounds are quantiles of the lengths: each bucket holds about as many examples, so that little is padded where
most examples are, and batches come in a few fixed lengths only.
"""

import numpy as np
import tensorflow as tf


def bounds(lengths, buckets):
    """Ascending lengths, at most `buckets` of them, to which batches are padded; the last is the longest.

    >>> bounds([1, 2, 2, 3, 9], buckets=2)
    [2, 9]
    """
    quantiles = np.quantile(lengths, np.linspace(0, 1, buckets + 1)[1:], method="inverted_cdf")
    return sorted({max(1, int(length)) for length in quantiles})


def bucketed(examples, batch_size, buckets, shuffle_seed=None):
    """A `tf.data.Dataset` of padded batches ({"ids": (batch, bound), "lengths": (batch,)}, targets (batch,)).

    Args:
        examples: a dataset of (ids int32 (time,), target); it is kept in memory after the first pass.
        batch_size: examples a batch.
        buckets: lengths to which batches are padded, at the most.
        shuffle_seed: shuffles anew in every epoch; None keeps the order within each bucket.
    """
    examples = examples.cache()
    lengths = [int(length) for length in examples.map(lambda ids, target: tf.size(ids)).as_numpy_iterator()]
    if shuffle_seed is not None:
        examples = examples.shuffle(len(lengths), seed=shuffle_seed)
    edges = bounds(lengths, buckets)
    in_buckets = np.bincount(np.searchsorted(edges, lengths))
    steps = int(np.ceil(in_buckets / batch_size).sum())
    return (
        examples.map(lambda ids, target: ({"ids": ids, "lengths": tf.size(ids)}, target))
        .bucket_by_sequence_length(
            element_length_func=lambda inputs, target: inputs["lengths"],
            bucket_boundaries=[edge + 1 for edge in edges],
            bucket_batch_sizes=[batch_size] * (len(edges) + 1),
            pad_to_bucket_boundary=True,
        )
        .apply(tf.data.experimental.assert_cardinality(steps))
        .prefetch(2)
    )


def in_length_order(sequences, batch_size):
    """Yields (places, ids, lengths): batches of padded `sequences`, the longest first, and their places in `sequences`.

    Args:
        sequences: arrays of ids, each (time,); an empty one counts as padding only.
        batch_size: sequences a batch.

    Yields:
        places (batch,), ids int32 (batch, time), lengths int32 (batch,).
    """
    lengths = np.array([len(sequence) for sequence in sequences], "int32")
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        ids = np.zeros((len(places), max(1, lengths[places[0]])), "int32")
        for row, place in enumerate(places):
            ids[row, : lengths[place]] = sequences[place]
        yield places, ids, lengths[places]

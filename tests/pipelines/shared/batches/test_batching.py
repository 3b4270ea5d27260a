"""Batching: every example once, little padding, the order that was promised."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from pipelines.sentiment import sample as sentiment_sample
from pipelines.shared.batches import bucketing
from pipelines.shared.data import stored
from pipelines.shared.text import tokenization


def padded(lengths, bounds):
    """Tokens after padding each length to the next bound."""
    return sum(min(bound for bound in bounds if bound >= length) for length in lengths)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("buckets", [1, 2, 3, 4])
def test_bounds_are_the_best_of_all_choices(seed, buckets):
    lengths = np.random.default_rng(seed).geometric(0.2, 60)
    chosen = bucketing.bounds(lengths, buckets)
    others = itertools.combinations(sorted(set(lengths.tolist()) - {lengths.max()}), buckets - 1)
    assert padded(lengths, chosen) == min(padded(lengths, [*other, lengths.max()]) for other in others)
    assert chosen == sorted(set(chosen)) and len(chosen) == buckets and chosen[-1] == lengths.max()


@pytest.mark.parametrize(
    ("lengths", "buckets", "expected"),
    [([5], 8, [5]), ([0, 0], 3, [1]), ([3, 3, 3], 2, [3]), ([1, 2, 3], 3, [1, 2, 3]), ([0, 1, 9], 2, [1, 9])],
)
def test_bounds_of_few_lengths(lengths, buckets, expected):
    assert bucketing.bounds(lengths, buckets) == expected


def test_bounds_of_many_different_lengths_hold_them_all():
    lengths = np.random.default_rng(0).integers(0, 100_000, 20_000)
    bounds = bucketing.bounds(lengths, 8)
    assert bounds[-1] == lengths.max() and 1 - lengths.sum() / padded(lengths, bounds) < 0.12


def test_no_lengths_are_refused():
    with pytest.raises(ValueError, match="expected at least one, received none"):
        bucketing.bounds([], 8)


def examples(lengths):
    """(sequences, targets): sequence number n is filled with n + 1 and has the target n."""
    return [np.full(length, number + 1) for number, length in enumerate(lengths)], np.arange(len(lengths))


LENGTHS = [3, 0, 7, 1, 12, 3, 3, 5, 8, 30, 2, 2, 9, 6, 4, 0, 11]


def epoch(batches):
    return [target for _, targets in batches for target in targets.numpy().tolist()]


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize(("batch_size", "buckets"), [(1, 1), (2, 3), (4, 2), (100, 5)])
def test_every_example_stands_in_exactly_one_batch_of_an_epoch(seed, batch_size, buckets):
    batches = bucketing.bucketed(*examples(LENGTHS), batch_size, buckets, seed)
    bounds = bucketing.bounds(LENGTHS, buckets)
    for _ in range(2):
        seen = []
        step = 0
        for inputs, targets in batches:
            step += 1
            ids, lengths = inputs["ids"].numpy(), inputs["lengths"].numpy()
            assert ids.dtype == lengths.dtype == np.int32
            assert len(targets) == len(ids) <= batch_size and ids.shape[1] in bounds
            for row, length, target in zip(ids, lengths, targets.numpy().tolist(), strict=True):
                np.testing.assert_array_equal(row, [target + 1] * LENGTHS[target] + [0] * (len(row) - LENGTHS[target]))
                assert length == LENGTHS[target] and ids.shape[1] == min(b for b in bounds if b >= length)
                seen.append(target)
        assert sorted(seen) == list(range(len(LENGTHS)))
        assert step == int(batches.cardinality())


def test_order_is_new_in_each_epoch_and_the_same_for_the_same_seed():
    def epochs(seed):
        tf.random.set_seed(0)
        batches = bucketing.bucketed(*examples(LENGTHS), 2, 2, seed)
        return [epoch(batches) for _ in range(3)]

    first = epochs(5)
    assert first == epochs(5) != epochs(6)
    assert len({tuple(order) for order in first}) == 3
    unshuffled = epochs(None)
    assert unshuffled[0] == unshuffled[1]


def test_many_examples_are_shuffled_in_parts(monkeypatch):
    monkeypatch.setattr(bucketing, "SHUFFLED", 50)
    monkeypatch.setattr(bucketing, "PART", 7)

    def epochs():
        tf.random.set_seed(0)
        batches = bucketing.bucketed(*examples([1] * 500), 10, 1, shuffle_seed=1)
        return [epoch(batches) for _ in range(2)]

    one, other = epochs()
    assert [one, other] == epochs() and one != other
    assert sorted(one) == sorted(other) == list(range(500))
    early = np.array(one[:100])
    assert (early > 250).any() and (early < 250).any() and len(set((early // 7).tolist())) > 10


def test_the_order_is_that_of_examples_shuffled_themselves():
    """What tf.data's own shuffle gives of them, while all fit in its buffer."""
    sequences, targets = examples([2] * 40)
    tf.random.set_seed(0)
    ours = epoch(bucketing.bucketed(sequences, targets, 4, 1, shuffle_seed=9))
    tf.random.set_seed(0)
    theirs = tf.data.Dataset.from_tensor_slices(targets).shuffle(40, seed=9)
    assert ours == list(theirs.as_numpy_iterator())


def test_the_padding_of_the_sample_is_at_most_15_percent():
    texts = sentiment_sample.generate()[0]
    lengths = [
        length for part in tokenization.chunks(texts) for length in tokenization.words(part, True).row_lengths().numpy()
    ]
    assert 1 - sum(lengths) / padded(lengths, bucketing.bounds(lengths, 8)) < 0.08


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_in_length_order_covers_all_and_gives_the_places_back(batch_size):
    sequences = [np.full(length, number, "int32") for number, length in enumerate(LENGTHS, 1)]
    restored = [None] * len(sequences)
    widths = []
    for places, ids, lengths in bucketing.in_length_order(sequences, batch_size):
        assert ids.dtype == lengths.dtype == np.int32 and len(places) == len(ids) <= batch_size
        assert ids.shape[1] == max(1, lengths.max())
        widths.append(ids.shape[1])
        for place, row, length in zip(places, ids, lengths, strict=True):
            restored[place] = row[:length].tolist()
            assert not row[length:].any()
    assert restored == [sequence.tolist() for sequence in sequences]
    assert widths == sorted(widths, reverse=True)


def test_in_length_order_of_nothing_and_of_empty_sequences():
    assert list(bucketing.in_length_order([], 4)) == []
    ((places, ids, lengths),) = bucketing.in_length_order([[], []], 4)
    assert (places.tolist(), ids.tolist(), lengths.tolist()) == ([0, 1], [[0], [0]], [0, 0])


@pytest.mark.parametrize("seed", [None, 3])
def test_targets_of_each_step_are_padded_as_the_ids_are(seed):
    sequences = [[5, 6, 7], [1], [2, 3], [4, 4, 4, 4]]
    targets = stored.Arrays.of([[10 * one for one in ids] for ids in sequences])
    seen = []
    for inputs, target in bucketing.bucketed(sequences, targets, 2, 2, seed):
        assert target.shape == inputs["ids"].shape
        np.testing.assert_array_equal(target, 10 * inputs["ids"])
        seen += [ids[:length].tolist() for ids, length in zip(inputs["ids"].numpy(), inputs["lengths"], strict=True)]
    assert sorted(seen) == sorted(sequences)

"""Batches of pairs: what they hold, how little they pad, and that the same seed gives the same ones."""

import numpy as np
import pytest

from pipelines.shared.batches import pairing
from pipelines.shared.text.subwords import END, PADDING, START


def drawn(count=500, seed=0):
    """Pairs of sequences of ids of many lengths."""
    chance = np.random.default_rng(seed)
    lengths = chance.integers(1, 30, (count, 1)) + chance.integers(0, 4, (count, 2))
    return [[chance.integers(4, 99, length).astype("int32") for length in column] for column in lengths.T]


def read_back(batch):
    """The pairs of a batch, as tuples of ids."""
    inputs, labels, weights = batch
    for source, length, target, label, weight in zip(
        inputs["source"], inputs["source_lengths"], inputs["target"], labels, weights, strict=True
    ):
        steps = int(weight.sum())
        assert (source[length:] == PADDING).all() and (source[:length] != PADDING).all()
        assert target[0] == START and label[steps - 1] == END
        assert (weight[:steps] == 1).all() and (weight[steps:] == 0).all() and (label[steps:] == PADDING).all()
        np.testing.assert_array_equal(target[1:steps], label[: steps - 1])  # the decoder is given what came before
        yield tuple(source[:length].tolist()), tuple(label[: steps - 1].tolist())


def epoch_of(data, batch_size=16, seed=None):
    return list(pairing.dataset(lambda epoch: data, batch_size, seed).as_numpy_iterator())


@pytest.mark.parametrize("seed", [None, 3])
def test_every_pair_stands_in_one_batch_once(seed):
    data = drawn()
    found = [pair for batch in epoch_of(data, seed=seed) for pair in read_back(batch)]
    expected = [(tuple(source.tolist()), tuple(target.tolist())) for source, target in zip(*data, strict=True)]
    assert sorted(found) == sorted(expected)


def test_batches_hold_about_as_many_tokens_each_and_little_padding():
    sizes, real, tokens = [], 0, 0
    data = drawn(2000)
    most = 16 * np.mean([max(map(len, pair)) for pair in zip(*data, strict=True)])
    for inputs, labels, weights in epoch_of(data):
        longer = max(inputs["source"].shape[1], labels.shape[1] - 1)
        sizes.append(len(labels) * longer)
        real, tokens = real + weights.sum(), tokens + weights.size
    assert max(sizes) <= most + 1e-6
    assert real / tokens > 0.9


def test_the_same_seed_gives_the_same_epochs_and_each_epoch_another_order():
    data = drawn()
    one, other = (pairing.dataset(lambda epoch: data, 16, seed) for seed in (1, 1))
    first, second = ([batch[1].tolist() for batch in one.as_numpy_iterator()] for _ in range(2))
    assert first == [batch[1].tolist() for batch in other.as_numpy_iterator()]
    assert first != second
    assert int(one.cardinality()) == len(first) == len(second)


def test_a_reader_may_give_other_lengths_in_later_epochs():
    data, others = drawn(), drawn(seed=1)
    batches = pairing.dataset(lambda epoch: others if epoch else data, 16, 0)
    list(batches.as_numpy_iterator())
    found = [pair for batch in batches.as_numpy_iterator() for pair in read_back(batch)]
    assert sorted(source for source, _ in found) == sorted(tuple(ids.tolist()) for ids in others[0])


def test_a_pair_longer_than_a_batch_is_a_batch_of_its_own():
    long = np.full(1000, 7, "int32")
    short = [np.array([5], "int32")] * 40
    batches = epoch_of(([*short, long], [*short, long]), batch_size=8)
    assert [len(labels) for _, labels, _ in batches][-1] == 1
    assert sum(len(labels) for _, labels, _ in batches) == 41

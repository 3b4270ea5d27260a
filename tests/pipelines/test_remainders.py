"""A whole training of each network whose buckets leave a batch of one example, with one example in the other splits."""

import math

import pytest
from conftest import TINY, TINY_MUSIC, TINY_TRANSLATION, pairs, reviews

import pipelines

TUNES = [[[60 + place % 12], [62, 64 + place % 5], [67], [65]] * 10 for place in range(19)]  # of 40 steps
NETWORKS = {
    "piano roll, joint": {"output": "joint"},
    "piano roll, independent": {"output": "independent"},
    "events": {"model": "events"},
}


def check(artifact):
    numbers = [*artifact.metrics.values(), *(value for values in artifact.history.values() for value in values)]
    assert all(math.isfinite(number) for number in numbers if isinstance(number, (int, float)))
    assert len(artifact.history["loss"]) == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_seventeen_tunes_in_batches_of_sixteen(name, tmp_path):
    options = {**TINY_MUSIC, "batch_size": 16, **NETWORKS[name]}
    splits = {"valid": TUNES[17:18], "test": TUNES[18:]}
    check(pipelines.music.train(TUNES[:17], **splits, directory=tmp_path, name="tunes", **options))


def test_five_pairs_in_batches_of_four(tmp_path):
    def part(start, end):
        return tuple(side[start:end] for side in pairs())

    options = {**TINY_TRANSLATION, "epochs": 1, "vocabulary_size": None, "batch_size": 4}
    splits = {"valid": part(5, 6), "test": part(6, 7)}
    check(pipelines.translation.train(part(0, 5), **splits, directory=tmp_path, name="pairs", **options))


@pytest.mark.parametrize("bidirectional", [True, False])
def test_five_texts_in_batches_of_four(bidirectional, tmp_path):
    texts, labels = reviews()
    first = [labels.index(label) for label in sorted(set(labels))]  # one of each label is in the training split
    places = first + [place for place in range(60) if place not in first]

    def part(start, end):
        return tuple([side[place] for place in places[start:end]] for side in (texts, labels))

    options = {**TINY, "batch_size": 4, "bidirectional": bidirectional}
    splits = {"valid": part(5, 6), "test": part(6, 7)}
    check(pipelines.sentiment.train(part(0, 5), **splits, directory=tmp_path, name="texts", **options))

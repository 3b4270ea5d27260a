"""The built-in sample of several labels: seeded, without copies, with every topic, and not told by words alone."""

import numpy as np
import pytest

import pipelines
from pipelines.classification import sample
from pipelines.sentiment import label_baselines, targets


def test_the_same_seed_gives_the_same_requests():
    assert sample.generate(50) == sample.generate(50) != sample.generate(50, seed=1)
    columns = sample.generate()
    assert len(set(columns["text"])) == len(columns["text"]) == 4000
    with pytest.raises(ValueError, match="must be 1 or more, received 0"):
        sample.generate(0)


def test_requests_have_any_number_of_topics():
    labels = sample.generate()["label"]
    shares = np.bincount([len(topics) for topics in labels]) / len(labels)
    np.testing.assert_allclose(shares, sample.SHARES, atol=0.03)
    assert all(topics == sorted(set(topics)) for topics in labels)
    assert min(sum(topic in topics for topics in labels) for topic in sample.TOPICS) > 800


def test_words_tell_the_topics_nearly():
    columns = sample.generate(1500)
    truth = targets.indicators(list(map(tuple, columns["label"])), {name: n for n, name in enumerate(sample.TOPICS)})
    baseline = label_baselines.learn(columns["text"][:1200], truth[:1200])
    numbers = baseline.metrics(columns["text"][1200:], truth[1200:])
    assert 0.6 < numbers["baseline_linear_average_precision"] < 0.95


def test_it_is_the_sample_of_the_task():
    task = pipelines.classification.task
    splits = task.load_splits(None, None, None, task.Config())
    assert targets.told(splits["train"]["label"]) == "several"
    assert targets.names(splits["train"]["label"]) == set(sample.TOPICS)

"""Columns in a few bytes a row: they are the lists they were made of, in memory and on disk."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from pipelines.shared.data import splits, stored
from pipelines.shared.text import counting

TEXTS = strategies.lists(strategies.text(max_size=8), max_size=30)


@pytest.fixture(params=[0, 2**26], ids=["on disk", "in memory"])
def limit(request, monkeypatch):
    monkeypatch.setattr(stored, "IN_MEMORY", request.param)
    monkeypatch.setattr(stored, "BLOCK", 3)


@hypothesis.given(texts=TEXTS, data=strategies.data())
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_texts_are_those_of_the_list(limit, texts, data):
    column = stored.Texts.of(iter(texts))
    assert list(column) == texts == column[:] and column == texts and len(column) == len(texts)
    assert column.sizes.tolist() == [len(text.encode("utf-8", "surrogatepass")) for text in texts]
    slices = data.draw(strategies.slices(len(texts)))
    assert column[slices] == texts[slices]
    if texts:
        rows = data.draw(strategies.lists(strategies.integers(0, len(texts) - 1), max_size=10))
        chosen = column.picked(rows)
        assert chosen == [texts[row] for row in rows] and chosen.picked(range(len(rows))) == chosen
        assert [column[row] for row in rows] == list(chosen) and column[-1] == texts[-1]
    with pytest.raises(IndexError):
        column[len(texts)]


def test_arrays_and_labels(limit):
    arrays = stored.Arrays.of(np.arange(length) for length in (3, 0, 2))
    assert [array.tolist() for array in arrays] == [[0, 1, 2], [], [0, 1]] and arrays.lengths.tolist() == [3, 0, 2]
    assert arrays.picked([2, 0]).lengths.tolist() == [2, 3] and arrays.lengths.dtype == np.int32
    labels = ["a", 1, "1", True, "a"]
    column = stored.Labels.of(labels)
    assert list(column) == labels and [type(label) for label in column] == [type(label) for label in labels]
    assert column.picked([4, 1]) == ["a", 1] and column[1:3] == [1, "1"] and column.mapped(str)[3] == "True"
    assert stored.Labels.of([]) == [] and not stored.Texts.of([]) and stored.Arrays.of([]).lengths.tolist() == []


def test_several_columns_are_read_in_one_pass():
    rows = (row for row in [("good", 1), ("bad", 0)])
    assert stored.columns(rows, stored.Texts, stored.Labels) == [["good", "bad"], [1, 0]]


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_words_are_counted_however_many_there_are(limit, monkeypatch):
    monkeypatch.setattr(counting, "IN_MEMORY", limit)
    words = np.random.default_rng(0).zipf(1.5, 2000) % 50
    counts = counting.Counts()
    for part in np.split(words, 20):
        found, times = np.unique(part, return_counts=True)
        counts.add([f"w{word}" for word in found], times.tolist())
    found, times = np.unique([f"w{word}" for word in words], return_counts=True)
    expected = sorted(zip(found.tolist(), times.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    assert counts.most_common() == expected and counts.most_common(5) == expected[:5]


PARTS = {"valid": 0.1, "test": 0.1}


@hypothesis.given(
    texts=strategies.lists(
        strategies.sampled_from([f"text {number}" for number in range(40)]), min_size=1, max_size=80
    ),
    classes=strategies.integers(1, 12),
)
@hypothesis.settings(deadline=None)
def test_each_class_is_in_each_split_where_it_can_be(texts, classes):
    columns = {"text": texts, "label": [f"class {int(text[5:]) % classes}" for text in texts]}
    cut = splits.by_content_and_class(columns, "text", "label", PARTS)
    assert sorted(row for part in cut.values() for row in zip(*part.values(), strict=True)) == sorted(
        zip(*columns.values(), strict=True)
    )
    parts = [set(part["text"]) for part in cut.values()]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    for label in set(columns["label"]):
        number = len({text for text, other in zip(*columns.values(), strict=True) if other == label})
        there = [label in part["label"] for part in cut.values()]
        assert there[0] and sum(there) == min(number, 3), (label, number)
    again = splits.by_content_and_class(
        {name: values[::-1] for name, values in columns.items()}, "text", "label", PARTS
    )
    assert {name: sorted(part["text"]) for name, part in again.items()} == {
        name: sorted(part["text"]) for name, part in cut.items()
    }


def test_where_all_classes_are_there_the_splits_are_those_of_before():
    columns = {"text": [f"text {number}" for number in range(3000)], "label": [number % 3 for number in range(3000)]}
    before = splits.by_content(columns, "text", PARTS)
    assert splits.by_content_and_class(columns, "text", "label", PARTS) == before

"""What is predicted is told by the labels: classes, several labels a text, or numbers, as people store them."""

import json

import numpy as np
import pandas as pd
import pytest
from text_settings import PLAIN

from pipelines import sentiment, settings
from pipelines.sentiment import data, preprocessor, targets

TEXTS = [f"text number {number}" for number in range(60)]


def config(**options):
    return settings.create(sentiment.Config, {**PLAIN, **options})


def told(labels, **options):
    """(what is predicted, the labels of all splits by their text)"""
    splits = data.load_splits({"text": TEXTS[: len(labels)], "label": labels}, None, None, config(**options))
    pairs = {text: label for part in splits.values() for text, label in zip(*part.values(), strict=True)}
    return targets.told(splits["train"]["label"]), [pairs.get(text) for text in TEXTS[: len(labels)]]


def repeated(*values):
    return [values[number % len(values)] for number in range(len(TEXTS))]


@pytest.mark.parametrize(
    ("labels", "options", "expected"),
    [
        (repeated(["b", "a"], [], ["a", "a"]), {}, [("a", "b"), (), ("a",)]),
        (repeated(("b",), {"b", "a"}), {}, [("b",), ("a", "b")]),
        (repeated('["a", "b"]', "[]"), {}, [("a", "b"), ()]),
        (repeated("['a']", "['b', 'c']"), {}, [("a",), ("b", "c")]),
        (repeated("a|b", "", "c"), {"label_separator": "|"}, [("a", "b"), (), ("c",)]),
        (repeated("a, b", "c"), {"label_separator": ","}, [("a", "b"), ("c",)]),
        (repeated("a", "b"), {"target": "several"}, [("a",), ("b",)]),
        (repeated([1, 0, 1], [0, 0, 0]), {}, [(0, 2), ()]),
        (repeated([1.0, 1.0], [0.0, 1.0]), {}, [(0, 1), (1,)]),
        (repeated(np.array([0, 1, 1]), np.array([0, 1, 0])), {}, [(1, 2), (1,)]),
        (repeated("1,0,1", "0,0,0"), {"label_separator": ","}, [(0, 2), ()]),
        (repeated([True, False, True], [False, True, True]), {}, [(0, 2), (1, 2)]),
        (repeated([7, 3], [3]), {}, [(3, 7), (3,)]),
        (repeated(["a", None, ""], ["b"]), {}, [("a",), ("b",)]),
    ],
)
def test_several_labels(labels, options, expected):
    target, values = told(labels, **options)
    assert target == "several" and values[: len(expected)] == expected


@pytest.mark.parametrize(
    ("labels", "options", "expected"),
    [
        (repeated(0.5, 2.0), {}, [0.5, 2.0]),
        (repeated(1, 2.5), {}, [1.0, 2.5]),
        (repeated("1.5", "-2e3", "3"), {}, [1.5, -2000.0, 3.0]),
        (repeated(1, 5), {"target": "number"}, [1.0, 5.0]),
        (repeated("4", " 5 "), {"target": "number"}, [4.0, 5.0]),
    ],
)
def test_numbers(labels, options, expected):
    target, values = told(labels, **options)
    assert target == "number" and values[: len(expected)] == expected


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        (repeated("a", "b"), {}),
        (repeated(1, 2), {}),
        (repeated("1", "2"), {}),
        (repeated("01.5", "02.5"), {}),
        (repeated("1.5", "two"), {}),
        (repeated("1.5", "2.5"), {"target": "class"}),
        (repeated("[sic]", "a|b"), {}),
    ],
)
def test_classes(labels, options):
    target, values = told(labels, **options)
    assert target == "class" and values == labels


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (repeated(["a"], "b"), {}, r"labels of two kinds, lists such as \['a'\] and others such as 'b'"),
        (repeated(1.0, 2.0), {}, "received float 1.0; turn the labels into either for classes, or say target='number'"),
        (repeated(1.5, "b"), {}, "received float 1.5"),
        (repeated("a", "b"), {"target": "number"}, "example 1: expected a number as the label, received str 'a'"),
        (repeated(1.0, float("inf")), {"target": "number"}, "expected a number as the label, received float inf"),
        (repeated(True, False), {"target": "number"}, "expected a number as the label, received bool"),
        (repeated(["a"], ["b"]), {"target": "class"}, "received list .*target='several' takes lists"),
        (repeated(2, 2), {"target": "number"}, "two or more different numbers in the training split, received 2.0"),
        (repeated([], []), {}, "at least one label in the training split, received none"),
        (repeated(["a\tb"], ["c"]), {}, "label in one line"),
        (repeated(["a", 1.5], ["c"]), {}, "expected a string or an integer as the label, received float 1.5"),
        (repeated("a", "b"), {"target": "class", "label_separator": "|"}, "label_separator: has an effect with"),
    ],
)
def test_labels_that_are_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        told(labels, **options)


def test_a_column_for_each_label(tmp_path):
    path = tmp_path / "comments.csv"
    path.write_text("comment,toxic,insult\n" + "".join(f"text {n},{n % 2},{n % 3 == 0:d}\n" for n in range(60)))
    chosen = config(text_column="comment", label_column=["toxic", "insult"])
    assert chosen.label_column == "toxic,insult"
    splits = data.load_splits(path, None, None, chosen)
    labels = {text: label for part in splits.values() for text, label in zip(*part.values(), strict=True)}
    assert [labels[f"text {n}"] for n in range(4)] == [("insult",), ("toxic",), (), ("insult", "toxic")]
    assert data.load_examples(path, config(text_column="comment", label_column="toxic,insult", target="several"))
    path.write_text(path.read_text() + "unscored,-1,-1\n")
    with pytest.raises(ValueError, match="line 62: expected 0 or 1 in the column 'toxic', received '-1'"):
        data.load_splits(path, None, None, chosen)


def test_a_column_for_each_class_has_one_of_them():
    frame = pd.DataFrame({"text": TEXTS, "good": repeated(True, False), "bad": repeated(False, True)})
    splits = data.load_splits(frame, None, None, config(label_column="good,bad", target="class"))
    assert set(splits["train"]["label"]) == {"good", "bad"}
    with pytest.raises(ValueError, match="expected 1 in one of the columns of the classes, received it in 2"):
        data.load_splits(frame.assign(bad=True), None, None, config(label_column="good,bad", target="class"))
    with pytest.raises(ValueError, match="no column 'ugly'"):
        data.load_splits(frame, None, None, config(label_column="good,ugly"))


def test_a_column_whose_name_has_a_comma_is_one():
    splits = data.load_splits({"text": TEXTS, "a,b": repeated("x", "y")}, None, None, config(label_column="a,b"))
    assert set(splits["train"]["label"]) == {"x", "y"}


def test_rows_without_a_label_are_examples_of_several_and_none_of_others(tmp_path, caplog):
    path = tmp_path / "a.csv"
    rows = [f"text {n},{label}\n" for n, label in enumerate(repeated("1.5", "", "2.5"))]
    path.write_text("text,label\n" + "".join(rows))
    splits = data.load_splits(path, None, None, config())
    assert sum(len(part["text"]) for part in splits.values()) == 40
    assert caplog.messages == ["20 of 60 rows have an empty text or label and are left out"]
    caplog.clear()
    splits = data.load_splits(path, None, None, config(label_separator="|"))
    assert sum(len(part["text"]) for part in splits.values()) == 60 and not caplog.messages
    limited = data.load_splits(path, None, None, config(limit=30))
    assert sum(len(part["text"]) for part in limited.values()) == 30


def test_all_splits_are_read_as_the_training_split_is():
    numbers = ({"text": ["a", "b"], "label": [1, 2]}, {"text": TEXTS, "label": repeated(0.5, 2)})
    splits = data.load_splits(numbers[1], numbers[0], None, config())
    assert splits["valid"]["label"] == [1.0, 2.0]
    lists = {"text": TEXTS, "label": repeated(["a"], ["b"])}
    splits = data.load_splits(lists, {"text": ["x"], "label": ["a"]}, None, config())
    assert splits["valid"]["label"] == [("a",)]
    with pytest.raises(ValueError, match="valid: labels that the training split does not have: c; it has a, b"):
        data.load_splits(lists, {"text": ["x"], "label": [["c", "a"]]}, None, config())


def test_each_label_is_in_each_split_where_it_can_be():
    labels = [["common", *(["rare"] if n in (5, 6, 7) else []), *(["once"] if n == 9 else [])] for n in range(60)]
    splits = data.load_splits({"text": TEXTS, "label": labels}, None, None, config())
    for part in splits.values():
        assert {"common", "rare"} <= targets.names(part["label"])
    assert "once" in targets.names(splits["train"]["label"])


@pytest.mark.parametrize("target", ["several", None])
def test_labels_that_look_like_several_are_said(target, caplog):
    told(repeated("Drama|Comedy", "Drama", "Comedy|Action", "Action|Drama", "Drama|Comedy|Action"), target=target)
    assert "label_separator='|' (--label-separator) parts them" in caplog.text
    caplog.clear()
    told(repeated("North, East", "South", "West"))
    assert not caplog.messages


def test_alike_labels_of_several_are_joined():
    _, values = told(repeated(["Good", "bad"], ["good"], ["good"]), join_labels=True)
    assert values[:2] == [("bad", "good"), ("good",)]


def prepared(labels, **options):
    texts = [f"word{number} here" for number in range(len(labels))]
    chosen = config(**{"target": targets.told(labels), **options})
    return preprocessor.prepare({"text": texts, "label": labels}, chosen)


def test_several_labels_are_0_or_1_for_each():
    made = prepared([("b",), (), ("a", "b")])
    assert made.labels == ["a", "b"] and made.targets([("b",), (), ("a",)]).tolist() == [[0, 1], [0, 0], [1, 0]]
    again = preprocessor.restore(json.loads(json.dumps(made.state())))
    assert again.state() == made.state() and again.targets([("a", "b")]).tolist() == [[1, 1]]
    with pytest.raises(ValueError, match="not trained on: c; it has a, b"):
        made.targets([("c",)])


def test_numbers_are_learned_in_standard_deviations():
    made = prepared([10.0, 20.0, 60.0])
    values = np.array([10, 20, 60])
    assert (made.mean, made.scale) == (pytest.approx(30), pytest.approx(values.std()))
    assert made.targets([20.0]).tolist() == [20] and made.learned_targets([30.0]).tolist() == [pytest.approx(0)]
    assert made.indicators([10.0, 60.0]).tolist() == [[1, 0], [0, 1]]
    again = preprocessor.restore(json.loads(json.dumps(made.state())))
    assert again.state() == made.state()


def test_the_positive_class_is_the_last():
    assert prepared(["bad", "good"]).labels == ["bad", "good"]
    assert prepared(["bad", "good"], positive="bad").labels == ["good", "bad"]
    assert prepared([0, 1], positive=0).labels == [1, 0]


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["a", "b"], {"positive": "c"}, "positive: expected one of a, b, received 'c'"),
        (["a", "b", "c"], {"positive": "c"}, "positive='c': has an effect with two classes alone, received 3 classes"),
        ([("a",)], {"positive": "a"}, "received target='several'"),
        (["a", "b", "c"], {"threshold": 0.3}, "threshold: expected two classes or several labels a text, received 3"),
        ([1.5, 2.0], {"threshold": 0.3}, "threshold: .* a number is predicted"),
        ([1.5, 2.0], {"balance": True}, "balance: .* a number is predicted"),
    ],
)
def test_settings_that_say_nothing_are_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        prepared(labels, **options)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["a", "b"], {"monitor": "val_mae"}, "monitor: expected one of val_accuracy, .* received 'val_mae'"),
        ([1.5], {"monitor": "val_accuracy"}, "with target='number', received 'val_accuracy'"),
        (["a", "b"], {"monitor": "val_balanced_accuracy"}, "measured with balance=True alone"),
    ],
)
def test_a_monitor_that_is_not_measured(labels, options, message):
    with pytest.raises(ValueError, match=message):
        targets.settings_for(labels, config(**options))


@pytest.mark.parametrize("threshold", [0, 1, 1.5, "f2", True])
def test_a_threshold_out_of_range(threshold):
    with pytest.raises(ValueError, match="threshold: expected a number above 0 and below 1 or f1 or none"):
        config(threshold=threshold)

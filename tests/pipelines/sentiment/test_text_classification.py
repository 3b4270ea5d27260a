"""Labelled texts: what is left out is said, what is wrong is refused, labels keep their type."""

import copy
import json
import logging
import types

import numpy as np
import pytest
import tensorflow as tf
from text_settings import PLAIN

from pipelines import sentiment, settings
from pipelines.sentiment import answers, baselines, preprocessor, report, sample, scores
from pipelines.sentiment import data as labelled_texts


def config(**options):
    return settings.create(sentiment.Config, {**PLAIN, **options})


def pair(count=200, labels=("bad", "good")):
    """Texts that all differ, with their labels in turn."""
    return [f"review number {number} x" for number in range(count)], [labels[n % len(labels)] for n in range(count)]


def test_without_data_there_is_the_sample():
    texts, labels = sample.generate()
    assert labelled_texts.load_examples(None, config()) == {"text": texts, "label": labels}


def test_rows_without_a_text_or_a_label_are_left_out_and_said(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_text('text,label\ngood,1\n,1\n"  \n",0\nbad,\nfine,0\n')
    assert labelled_texts.load_examples(path, config()) == {"text": ["good", "fine"], "label": ["1", "0"]}
    assert caplog.messages == ["3 of 5 rows have an empty text or label and are left out"]
    caplog.clear()
    gaps = (["a", None, "c", float("nan"), "e"], [1, 0, None, 1, 0])
    assert labelled_texts.load_examples(gaps, config()) == {"text": ["a", "e"], "label": [1, 0]}
    assert caplog.messages == ["3 of 5 rows have an empty text or label and are left out"]
    caplog.clear()
    labelled_texts.load_examples(pair(), config())
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ((["", " "], [1, 0]), ValueError, "received no row that has both"),
        ((["a", 3.5], [1, 0]), ValueError, "example 2: expected a string as the text, received float 3.5"),
        ((["a", ["b"]], [1, 0]), ValueError, "example 2: expected a string as the text, received list"),
        (
            (["a", "b"], [1, 0.5]),
            ValueError,
            "example 2: expected a string or an integer as the label, received float 0.5",
        ),
        ((["a", "b\ud800"], [1, 0]), ValueError, "example 2: .*half a surrogate pair at character 1"),
        ((["a", "b"], [1, "\udfff"]), ValueError, "example 2: .*surrogate"),
    ],
)
def test_values_that_are_no_text_or_no_label(data, error, message):
    with pytest.raises(error, match=message):
        labelled_texts.load_examples(data, config())


def test_columns_are_named_by_the_settings(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("review\tstars\ngood\t5\nbad\t1\n")
    named = config(text_column="review", label_column="stars")
    assert labelled_texts.load_examples(path, named) == {"text": ["good", "bad"], "label": ["5", "1"]}
    with pytest.raises(ValueError, match="label_column: expected another column than text_column's, received 'review'"):
        labelled_texts.load_examples(path, config(text_column="review", label_column="review"))


def test_labels_that_differ_only_by_white_space_are_one():
    examples = labelled_texts.load_examples((["a", "b", "c"], ["good", " good\n", "bad "]), config())
    assert examples["label"] == ["good", "good", "bad"]


def test_splits_share_no_text_and_lose_none():
    texts, labels = pair(400)
    splits = labelled_texts.load_splits((texts + texts, labels + labels), None, None, config())
    sets = [set(splits[name]["text"]) for name in ("train", "valid", "test")]
    assert not sets[0] & sets[1] and not sets[0] & sets[2] and not sets[1] & sets[2]
    assert sets[0] | sets[1] | sets[2] == set(texts)
    assert sum(len(columns["text"]) for columns in splits.values()) == 800


def test_given_splits_are_taken_and_shared_texts_said(caplog):
    valid = (["review number 0 x", "new"], ["bad", "good"])
    splits = labelled_texts.load_splits(pair(), valid, None, config(test_fraction=0.0))
    assert list(splits) == ["train", "valid"]
    assert splits["valid"] == {"text": valid[0], "label": valid[1]} and len(splits["train"]["text"]) == 200
    assert caplog.messages == ["valid: 1 of 2 texts stand in the training split too"]


@pytest.mark.parametrize(
    ("data", "test", "options", "message"),
    [
        (pair(labels=["good"]), None, {}, r"two or more labels in the training split, received good \(\d+ train"),
        ((["one"], ["good"]), None, {}, "two or more labels in the training split, received good|received none"),
        (
            (["one", "two"], ["good", "bad"]),
            None,
            {"test_fraction": 0.0},
            "too few examples, the split 'valid' is empty",
        ),
        (
            pair(),
            (["a", "b"], ["awful", "good"]),
            {},
            "test: labels that the training split does not have: awful; it has bad, good",
        ),
        (pair(), None, {"valid_fraction": 0.6, "test_fraction": 0.5}, "expected a sum below 1, received 1.1"),
    ],
)
def test_splits_that_cannot_be_trained_on(data, test, options, message):
    with pytest.raises(ValueError, match=message):
        labelled_texts.load_splits(data, None, test, config(**options))


def prepared(labels, texts=None):
    texts = texts or [f"word{number} here" for number in range(len(labels))]
    return preprocessor.prepare({"text": texts, "label": labels}, config())


def test_integer_labels_stay_integers_in_numeric_order():
    made = prepared([10, 9, -1, 10])
    assert made.labels == [-1, 9, 10] and made.classes(["10", 9, "-1"]).tolist() == [2, 1, 0]
    again = preprocessor.restore(json.loads(json.dumps(made.state())))
    assert again.labels == [-1, 9, 10] and type(again.labels[0]) is int


def test_string_labels_stay_strings_sorted():
    assert prepared(["10", "9", "1"]).labels == ["1", "9", "10"]
    assert prepared(["b", "a", "10", "c"]).labels == ["10", "a", "b", "c"]


def test_unknown_labels_are_named_with_those_there_are():
    with pytest.raises(ValueError, match="not trained on: 5, x; it has 1, 2"):
        prepared([1, 2]).classes([1, "x", 5])
    with pytest.raises(ValueError, match="and 5 more; it has"):
        prepared([1, 2]).classes(range(100, 113))


def test_the_vocabulary_is_of_the_training_split_alone():
    valid = (["review valid", "number validtoo"], ["bad", "good"])
    splits = labelled_texts.load_splits(pair(), valid, valid, config())
    vocabulary = preprocessor.prepare(splits["train"], config()).text.vocabulary
    assert "review" in vocabulary and not {"valid", "validtoo"} & set(vocabulary)


def test_sequences_are_the_ids_of_each_text():
    made = prepared(["a", "b"], ["good film", "bad film"])
    texts = ["film good", "", "x film bad"] * 3
    expected = made.text(tf.constant(texts)).to_list()
    sequences = made.sequences(texts)
    assert [ids.tolist() for ids in sequences] == expected and {ids.dtype for ids in sequences} == {np.dtype("int32")}
    assert made.sequences([]) == []


@pytest.mark.parametrize("tokens", ["word", "wordpiece"])
def test_batches_hold_each_example_with_its_class(tokens):
    chosen = config(tokens=tokens, batch_size=16, buckets=3)
    texts = [" ".join(["film"] * (number % 7) + [f"n {number}"]) for number in range(100)]
    examples = {"text": texts, "label": [number % 3 for number in range(100)]}
    made = preprocessor.prepare(examples, chosen)
    for training in (True, False):
        found = []
        for inputs, classes in preprocessor.batches(made, examples, chosen, training):
            assert inputs["ids"].dtype == inputs["lengths"].dtype == tf.int32
            for ids, length, target in zip(*(part.numpy() for part in (*inputs.values(), classes)), strict=True):
                found.append((ids[:length].tolist(), int(target)))
        expected = [(ids.tolist(), label) for ids, label in zip(made.sequences(texts), examples["label"], strict=True)]
        assert sorted(found) == sorted(expected)


def test_three_classes_are_scored_and_answered_in_the_order_given():
    """A model that gives the class of the text's last word."""
    texts, labels = ["x a", "b", "a b c", "", "c a"], ["a", "b", "c", "a", "a"]
    made = preprocessor.prepare({"text": ["a b c x"] * 3, "label": ["a", "b", "c"]}, config())
    words = made.text.vocabulary

    def infer(ids, lengths):
        last = [words[row[max(length - 1, 0)]] for row, length in zip(ids, lengths, strict=True)]
        return {"probabilities": np.array([[0.8 if word == label else 0.1 for label in "abc"] for word in last])}

    baseline = baselines.learn(["a", "b", "c"], [0, 1, 2], 3)
    artifact = types.SimpleNamespace(preprocessor=made, infer=infer, baseline=baseline, config=config())
    found = answers.answer(artifact, texts[:3])
    assert [answer["label"] for answer in found] == ["a", "b", "c"]
    assert found[0]["probability"] == pytest.approx(0.8) and found[1]["probabilities"]["c"] == pytest.approx(0.1)
    keep = [0, 1, 2, 4]
    examples = {"text": [texts[row] for row in keep], "label": [labels[row] for row in keep]}
    numbers = scores.score(artifact, examples, scores.answered(artifact, examples))
    assert numbers["accuracy"] == 1.0 and numbers["baseline_majority_accuracy"] == 0.5
    assert answers.answer(artifact, []) == []


def test_a_class_that_no_example_has_is_said_once_and_in_the_report(trained, caplog):
    names = trained.preprocessor.labels
    texts = ["a fine film", "a bad film", "not good"]
    trained.evaluate((texts, [names[0], names[1], names[1]]))
    assert caplog.messages == []
    examples = {"text": texts, "label": [names[1]] * 3}
    numbers = trained.evaluate(examples)
    (line,) = caplog.messages
    assert line.startswith(f"No example of {names[0]!r} is among the 3 scored; macro_f1 is over the ")
    assert numbers["macro_f1"] == numbers[f"f1_{names[1]}"] or f"{names[0]!r} with 0" in line
    scored = copy.copy(trained)
    scored.metrics = numbers
    for artifact, said in ((scored, True), (trained, False)):
        result = report.sections(artifact, examples, scores.answered(artifact, examples))[0]
        assert (f"No example of &#x27;{names[0]}&#x27; is among the 3 scored" in result.html) is said


def test_inputs_of_predict(tmp_path):
    (tmp_path / "a.csv").write_text("text\ngood\nbad\n")
    (tmp_path / "a.TXT").write_text("good\n\nbad\n")
    assert labelled_texts.read_inputs("not bad.", config()) == ["not bad."]
    assert labelled_texts.read_inputs(("a", "b"), config()) == ["a", "b"]
    assert labelled_texts.read_inputs(tmp_path / "a.csv", config()) == ["good", "bad"]
    assert labelled_texts.read_inputs(str(tmp_path / "a.TXT"), config()) == ["good", "", "bad"]
    assert labelled_texts.read_inputs([], config()) == []


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (None, TypeError, "expected a text, a list of texts or a file, received NoneType"),
        (b"good", TypeError, "received bytes"),
        (["a", None], TypeError, "text 2: expected a string as the text, received NoneType"),
        (["a", 3], TypeError, "text 2: expected a string"),
        (["a\ud800"], ValueError, "text 1: .*surrogate"),
        ("no.csv", FileNotFoundError, "no file or folder 'no.csv'.*given in a list"),
        ("no.txt", FileNotFoundError, "no.txt"),
    ],
)
def test_wrong_inputs_of_predict(inputs, error, message):
    with pytest.raises(error, match=message):
        labelled_texts.read_inputs(inputs, config())


def test_warnings_go_to_the_logger_of_the_project():
    assert labelled_texts.log is logging.getLogger("unroll")

import json

import numpy as np
import pytest
import sklearn.metrics

from pipelines.shared.metrics import classification

LABELS = ["negative", "neutral", "positive"]


def random_answers(classes, examples=200, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, classes, examples), generator.dirichlet(np.ones(classes), examples)


def ranked_pairs(positive, scores):
    """Area under the ROC curve by definition: the share of (positive, negative) pairs in the right order."""
    pairs = scores[positive][:, None] - scores[~positive][None, :]
    return np.mean((pairs > 0) + 0.5 * (pairs == 0))


def test_two_classes_by_hand():
    truth = np.array([0, 0, 1, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3], [0.45, 0.55]])
    numbers = classification.metrics(["no", "yes"], truth, probabilities)
    assert numbers == pytest.approx({
        "examples": 5, "accuracy": 0.6, "f1_no": 0.5, "f1_yes": 2 / 3, "macro_f1": (0.5 + 2 / 3) / 2,
        "auc": 4 / 6, "log_loss": -np.log([0.9, 0.4, 0.8, 0.3, 0.55]).mean(),
        "precision_no": 1 / 2, "recall_no": 1 / 2, "precision_yes": 2 / 3, "recall_yes": 2 / 3,
        "balanced_accuracy": 7 / 12, "average_precision": (1 + 2 / 3 + 3 / 4) / 3,
        "confusion_no_no": 1, "confusion_no_yes": 1, "confusion_yes_no": 1, "confusion_yes_yes": 2,
    })  # fmt: skip
    assert all(type(value) is float for value in numbers.values())
    assert json.loads(json.dumps(numbers)) == numbers


def test_more_classes_agree_with_definitions():
    truth, probabilities = random_answers(3)
    numbers = classification.metrics(LABELS, truth, probabilities)
    predicted = probabilities.argmax(axis=1)
    assert numbers["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(truth, predicted, average="macro"))
    for index, label in enumerate(LABELS):
        expected = sklearn.metrics.f1_score(truth == index, predicted == index)
        assert numbers[f"f1_{label}"] == pytest.approx(expected)
    areas = [ranked_pairs(truth == index, probabilities[:, index]) for index in range(3)]
    assert numbers["auc"] == pytest.approx(np.mean(areas))
    assert numbers["log_loss"] == pytest.approx(-np.log(probabilities[np.arange(200), truth]).mean())


@pytest.mark.parametrize("labels", [LABELS, [1, 2, 3], ["a", "a_b", "b"], ["x", "x_x", "x_x_x"]])
def test_confusion_comes_back(labels):
    truth, probabilities = random_answers(3)
    matrix = np.zeros((3, 3), int)
    np.add.at(matrix, (truth, probabilities.argmax(axis=1)), 1)
    numbers = json.loads(json.dumps(classification.metrics(labels, truth, probabilities)))
    np.testing.assert_array_equal(classification.confusion(numbers, labels), matrix)


def test_undefined_is_left_out_without_warnings():
    one_class = classification.metrics(LABELS, np.array([1, 1]), np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]]))
    assert "auc" not in one_class and "f1_positive" not in one_class
    assert one_class["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert one_class["confusion_neutral_negative"] == 1 and one_class["confusion_positive_positive"] == 0
    never_predicted = classification.metrics(["no", "yes"], [0, 1], [[0.9, 0.1], [0.6, 0.4]])
    assert never_predicted["f1_yes"] == 0 and never_predicted["auc"] == 1


def test_a_threshold_is_of_the_second_of_two_classes():
    answers = [0, 0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]]
    numbers = classification.metrics(["no", "yes"], *answers, threshold=0.3)
    assert numbers["threshold"] == 0.3 and numbers["recall_yes"] == 1 and numbers["precision_yes"] == 2 / 3
    assert numbers["auc"] == classification.metrics(["no", "yes"], *answers)["auc"]
    with pytest.raises(ValueError, match="Expected two classes with a threshold, received 3"):
        classification.metrics(LABELS, *random_answers(3), threshold=0.3)


def test_certain_and_wrong_stays_finite():
    numbers = classification.metrics(["no", "yes"], np.array([1]), np.array([[1.0, 0.0]], np.float32))
    assert np.isfinite(numbers["log_loss"]) and numbers["log_loss"] > 15


def test_half_precision_rows_are_normalised():
    truth, probabilities = random_answers(3)
    exact = classification.metrics(LABELS, truth, probabilities)
    rounded = classification.metrics(LABELS, truth, probabilities.astype(np.float16))
    assert rounded["log_loss"] == pytest.approx(exact["log_loss"], abs=1e-3)


@pytest.mark.parametrize(
    ("labels", "truth", "probabilities", "message"),
    [
        (["a"], [0], [[1.0]], "two or more labels"),
        (["1", 1], [0], [[0.5, 0.5]], "different names"),
        (["a", "b"], [], np.zeros((0, 2)), "at least one example"),
        (["a", "b"], ["a"], [[0.5, 0.5]], "indices into the labels"),
        (["a", "b"], [2], [[0.5, 0.5]], "between 0 and 1"),
        (["a", "b"], [-1], [[0.5, 0.5]], "between 0 and 1"),
        (["a", "b"], [1], [[0.5]], r"\(1, 2\).*received \(1, 1\)"),
        (["a", "b"], [1], [[3.0, -1.0]], "softmax"),
        (["a", "b"], [1], [[2.0, -1.0]], "softmax"),
        (["a", "b"], [1], [[np.nan, 1.0]], "diverged"),
    ],
)
def test_wrong_input_is_named(labels, truth, probabilities, message):
    with pytest.raises(ValueError, match=message):
        classification.metrics(labels, truth, probabilities)


def test_confusion_of_other_labels_is_named():
    truth, probabilities = random_answers(3)
    numbers = classification.metrics(LABELS, truth, probabilities)
    with pytest.raises(ValueError, match="confusion_bad_bad"):
        classification.confusion(numbers, ["bad", "good"])


def answering(truth, predicted, classes):
    """The metrics of answers with the labels "a", "b", ...; each class predicted is certain but for rounding."""
    labels = [chr(ord("a") + number) for number in range(classes)]
    probabilities = np.full((len(truth), classes), 0.001 / classes)
    probabilities[np.arange(len(truth)), predicted] += 0.999
    return classification.metrics(labels, np.array(truth), probabilities), labels


@pytest.mark.parametrize(
    ("truth", "predicted", "sentence"),
    [
        ([0, 1, 2], [0, 1, 1], ""),
        (
            [0, 0, 2],
            [0, 0, 2],
            "No example of 'b', 'd' is among the 3 scored; macro_f1 is over the 2 classes of 4 that occur",
        ),
        (
            [0, 0, 2],
            [0, 1, 2],
            "No example of 'b', 'd' is among the 3 scored; macro_f1 is over the 3 classes of 4 that occur, of which "
            "'b' with 0, predicted and never true",
        ),
    ],
)
def test_classes_that_no_example_has_are_named(truth, predicted, sentence):
    numbers, labels = answering(truth, predicted, 4 if sentence else 3)
    assert classification.lacking(numbers, labels) == sentence
    assert classification.lacking(json.loads(json.dumps(numbers)), labels) == sentence  # as metrics.json holds them
    # What the sentence says of the number, by scikit-learn.
    assert numbers["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(truth, predicted, average="macro"))
    if sentence:
        occurring = len({*truth, *predicted})
        assert f"the {occurring} classes" in sentence
        assert sum(name.startswith("f1_") for name in numbers) == occurring


def test_a_perfect_score_of_half_the_classes_says_so():
    numbers, labels = answering([0, 1, 0], [0, 1, 0], 5)
    assert numbers["macro_f1"] == 1 and "auc" not in numbers
    assert "'c', 'd', 'e'" in classification.lacking(numbers, labels)

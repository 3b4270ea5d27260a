"""Several labels and numbers from training to export; class weights in the loss; thresholds."""

import json
import types

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight
from text_settings import PLAIN

import pipelines
from pipelines import sentiment, settings
from pipelines.sentiment import command, kinds, network, preprocessor, thresholds
from pipelines.sentiment.kinds import classes, several
from pipelines.shared.storage import answer_files

TINY = {"units": 8, "embedding_size": 8, "bidirectional": False, "buckets": 1}
LETTERS = "abcdefghij"


def texts(count=150, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(list(LETTERS), 6)) for _ in range(count)]


def config(**options):
    return settings.create(sentiment.Config, {**PLAIN, **TINY, **options})


def batches(labels, target, training=True, **options):
    """[(inputs, targets, weights), ...] as NumPy arrays, and the preprocessor."""
    chosen = config(target=target, balance=True, batch_size=16, **options)
    examples = {"text": texts(len(labels)), "label": labels}
    made = preprocessor.prepare(examples, chosen)
    parts = list(preprocessor.batches(made, examples, chosen, training).as_numpy_iterator())
    return parts, made


def test_weights_of_classes_are_those_of_scikit_learn_in_every_batch():
    labels = ["rare" if number % 10 == 0 else "often" for number in range(70)]
    parts, made = batches(labels, "class")
    expected = compute_class_weight("balanced", classes=np.array(["often", "rare"]), y=labels)
    np.testing.assert_allclose(made.balance, expected, rtol=1e-6)
    assert len(parts) == 5 and len(parts[-1][1]) == 6  # the remainder
    for _, targets, weights in parts:
        np.testing.assert_allclose(weights, expected[targets], rtol=1e-6)
    assert sum(len(part[1]) for part in parts) == pytest.approx(sum(part[2].sum() for part in parts), rel=1e-5)


def test_weights_of_several_labels_are_those_of_scikit_learn_for_each_label():
    labels = [(("a",) if n % 10 == 0 else ()) + (("b",) if n % 2 else ()) + ("c",) for n in range(50)]
    parts, made = batches(labels, "several")
    truth = made.targets(labels)
    for column, name in enumerate("ab"):
        expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=truth[:, column])
        np.testing.assert_allclose(made.balance[:, column], expected, rtol=1e-6, err_msg=name)
    assert made.balance[1, 2] == 1  # every text has it
    for _, targets, weights in parts:
        np.testing.assert_allclose(weights, np.where(targets, made.balance[1], made.balance[0]))


def test_validation_has_no_weights():
    parts, _ = batches(["a", "b", "b"] * 10, "class", training=False)
    assert all(len(part) == 2 for part in parts)


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
@pytest.mark.parametrize("target", ["class", "several"])
def test_the_loss_is_the_weighted_mean(target, precision):
    labels = [("a",) if n % 5 else ("b",) for n in range(30)]
    labels = [label[0] for label in labels] if target == "class" else labels
    parts, made = batches(labels, target, dropout=0.0, embedding_dropout=0.0)
    chosen = config(target=target, balance=True, precision=precision, dropout=0.0, embedding_dropout=0.0)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        model = network.build(made, chosen)
    finally:
        keras.config.set_dtype_policy(before)
    model.compile(optimizer="sgd", **network.compiled(chosen))
    inputs, truth, weights = parts[0]
    predicted = np.asarray(model(inputs), np.float64)
    if target == "class":
        losses = -np.log(predicted[np.arange(len(truth)), truth])
    else:
        losses = -np.log(np.where(truth, predicted, 1 - predicted))
    expected = (losses * weights).sum() / losses.size
    logs = model.evaluate(inputs, truth, sample_weight=weights, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(expected, rel=1e-3)


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, probabilities = rng.integers(0, 3, 60), rng.random((60, 4))
    metric = classes.BalancedAccuracy()
    for start in range(0, 60, 25):
        metric.update_state(truth[start : start + 25], probabilities[start : start + 25])
    predicted = probabilities.argmax(axis=1)
    recalls = [(predicted[truth == one] == one).mean() for one in range(3)]
    assert float(metric.result()) == pytest.approx(np.mean(recalls))
    metric.reset_state()
    assert float(metric.result()) == 0


def test_the_threshold_with_the_best_f1():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.2
    probabilities = np.clip(0.3 * truth + 0.6 * rng.random(300), 0, 1)
    chosen = thresholds.chosen(probabilities, truth)

    def f1(threshold):
        given = probabilities >= threshold
        return 2 * (given & truth).sum() / (given.sum() + truth.sum())

    assert f1(chosen) == max(map(f1, probabilities))


@pytest.mark.parametrize("kind", [classes, several])
def test_what_is_served_is_what_is_answered(kind):
    made = types.SimpleNamespace(labels=["x", "y"])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.72, 0.28]], "float32")
    for threshold in (None, 0.25, 0.65):
        answers = kind.answers(made, probabilities, threshold)
        served = {name: value.numpy() for name, value in kind.served(made, probabilities, threshold).items()}
        if kind is classes:
            assert [answer["label"].encode() for answer in answers] == served["label"].tolist()
            np.testing.assert_allclose([answer["probability"] for answer in answers], served["probability"])
        else:
            given = [[label.decode() for label in row if label] for row in served["labels"]]
            assert [answer["labels"] for answer in answers] == given
    assert [answer["label"] for answer in classes.answers(made, probabilities, 0.25)] == ["x", "y", "y"]
    assert [answer["labels"] for answer in several.answers(made, probabilities, 0.65)] == [["x"], [], ["x"]]


def test_a_threshold_is_for_evaluate_and_predict(trained):
    texts, labels = ["a fine film", "a bad film", "not good"], ["positive", "negative", "negative"]
    probability = [answer["probabilities"]["positive"] for answer in trained.predict(texts)]
    middle = float(np.mean(sorted(probability)[1:]))
    by_threshold = trained.predict(texts, threshold=middle)
    assert [answer["label"] == "positive" for answer in by_threshold] == [value >= middle for value in probability]
    numbers = trained.evaluate((texts, labels), threshold=middle)
    assert numbers["threshold"] == middle and numbers["confusion_positive_positive"] == (probability[0] >= middle)
    assert "threshold" not in trained.evaluate((texts, labels))
    assert trained.config.threshold is None
    with pytest.raises(ValueError, match="threshold='f1': is chosen in training, on the validation split"):
        trained.evaluate((texts, labels), threshold="f1")
    with pytest.raises(ValueError, match="threshold: expected a number above 0 and below 1"):
        trained.predict(texts, threshold=7)


def test_three_classes_have_no_threshold():
    artifact = types.SimpleNamespace(
        config=config(), preprocessor=types.SimpleNamespace(target="class", labels=[1, 2, 3])
    )
    assert thresholds.of(artifact) is None
    with pytest.raises(ValueError, match="received 3 classes"):
        thresholds.of(artifact, 0.3)


def test_several_labels_are_trained_scored_and_written(sorted_requests, tmp_path):
    numbers = sorted_requests.metrics
    assert {"micro_f1", "average_precision", "recall_staff", "baseline_linear_micro_f1"} <= set(numbers)
    answers = sorted_requests.predict(["The parcel is a mess.", ""], threshold=0.01)
    assert answers[0]["labels"] == list(answers[0]["probabilities"]) and len(answers[0]["labels"]) == 6
    assert sorted_requests.predict(["x"], threshold=0.99)[0]["labels"] == []
    columns = sorted_requests.task.answers.columns(["a", "b"], answers)
    answer_files.write_columns(tmp_path / "a.csv", columns)
    again = sentiment.task.data.load_splits(
        [tmp_path / "a.csv"] * 9, tmp_path / "a.csv", None, config(label_column="labels", test_fraction=0.0)
    )
    assert again["valid"]["label"][0] == tuple(sorted(answers[0]["labels"]))
    report = (sorted_requests.path / "report" / "index.html").read_text("utf-8")
    assert "average precision" in report and "returns" in report
    assert "log-odds of the likeliest label" in report and '<mark class="for"' in report


def test_several_labels_export_with_their_threshold(sorted_exported):
    golden = json.loads((sorted_exported.path / "mobile" / "golden.json").read_text("utf-8"))
    assert golden["threshold"] == 0.5
    readme = (sorted_exported.path / "mobile" / "README.md").read_text("utf-8")
    assert "a text has each label whose probability is 0.5 or more" in readme


@pytest.mark.slow
def test_a_number_is_trained_scored_answered_and_exported(tmp_path):
    read = texts()
    numbers = [1000.5 + 100 * text.count("a") for text in read]
    artifact = sentiment.train(
        {"text": read, "label": numbers}, name="number", directory=tmp_path, epochs=3, learning_rate=0.02, **TINY
    )
    assert artifact.config.target == "number" and artifact.config.monitor == "val_loss"
    assert {"mae", "rmse", "r2", "baseline_mean_rmse", "baseline_linear_r2"} <= set(artifact.metrics)
    predicted = [answer["value"] for answer in artifact.predict(read)]
    assert 1000 < np.mean(predicted) < 1200
    assert np.abs(np.array(predicted) - numbers).mean() == pytest.approx(
        artifact.evaluate({"text": read, "label": numbers})["mae"], rel=1e-4
    )
    again = sentiment.load("number", directory=tmp_path)
    assert [answer["value"] for answer in again.predict(read)] == pytest.approx(predicted, rel=1e-6)
    with pytest.raises(ValueError, match="threshold: has an effect on probabilities"):
        again.predict(read, threshold=0.5)
    again.export()
    assert json.loads((again.path / "mobile" / "golden.json").read_text("utf-8"))["value"]
    assert not (again.path / "mobile" / "labels.txt").exists()
    assert pipelines.verify(again.path).passed
    report = (again.path / "report" / "index.html").read_text("utf-8")
    assert "How far numbers can be trusted" in report and "mean true" in report
    assert "Predicted and true" in report and "by how much the number falls" in report and "<mark " in report


def test_answers_on_the_command_line():
    assert command._answer({"value": 3.25}) == "3.25"
    assert command._answer({"label": "a", "probability": 0.5}) == "a\t0.5000"
    both = {"labels": ["a", 2], "probabilities": {"a": 0.75, "2": 0.6, "c": 0.1}}
    assert command._answer(both) == "a 0.7500, 2 0.6000"
    assert command._answer({"labels": [], "probabilities": {"a": 0.2}}) == "-"


def test_each_kind_has_the_same_functions():
    names = {name for name in vars(classes) if name.islower() and callable(getattr(classes, name))}
    for kind in kinds.KINDS.values():
        assert kind.OUTPUT in ("probabilities", "value")
        assert names - {name for name in vars(kind)} <= {"balance", "weights", "weights_of", "given", "classification"}

import zipfile

import numpy as np
import pytest
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.pipeline

from pipelines.sentiment import baselines, linear_terms
from pipelines.shared.storage import baseline_files

WORDS = {0: "bad poor dull weak I", 1: "good great fine strong 5", 2: "average plain so-so middling naïve"}


def reviews(classes, examples=120, seed=0):
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, classes, examples)
    vocabulary = " ".join(WORDS[index] for index in range(classes)).split()
    choices = [WORDS[target].split() * 3 + vocabulary for target in targets]
    return [" ".join(generator.choice(words, 6)) for words in choices], targets


@pytest.mark.parametrize("classes", [2, 3])
def test_linear_equals_scikit_learn(classes):
    texts, targets = reviews(classes)
    vectorizer = sklearn.feature_extraction.text.TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+"
    )
    pipeline = sklearn.pipeline.make_pipeline(vectorizer, sklearn.linear_model.LogisticRegression())
    expected = pipeline.fit(texts, targets).predict_proba(["good but weak", "???", "Naïve so plain"])
    answers = baselines.learn(texts, targets, classes).probabilities(["good but weak", "???", "Naïve so plain"])
    np.testing.assert_allclose(answers, expected, atol=2e-3)  # its solver stops at a gradient of 1e-4


@pytest.mark.parametrize("classes", [2, 3])
def test_loaded_equals_fitted(classes, tmp_path):
    texts, targets = reviews(classes)
    fitted = baselines.learn(texts, targets, classes)
    fitted.save(tmp_path / "new")
    loaded = baselines.load(tmp_path / "new")
    unseen, truth = reviews(classes, seed=1)
    np.testing.assert_allclose(loaded.probabilities(unseen), fitted.probabilities(unseen), atol=1e-6)
    assert loaded.metrics(unseen, truth) == fitted.metrics(unseen, truth)


def test_file_holds_no_pickle(tmp_path):
    baselines.learn(["good", "bad"], [1, 0], 2).save(tmp_path)
    with np.load(tmp_path / baseline_files.FILE_NAME, allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "iuf" for name in file.files)


def test_metrics_by_hand():
    baseline = baselines.learn(["good", "good fun", "great", "bad"], [1, 1, 1, 0], 2)
    numbers = baseline.metrics(["bad", "bad", "bad bad", "good"], [0, 0, 0, 1])
    assert numbers["baseline_majority_accuracy"] == 0.25
    assert numbers["baseline_majority_macro_f1"] == pytest.approx((0 + 0.4) / 2)
    assert set(numbers) == {f"baseline_{a}_{b}" for a in ("majority", "linear") for b in ("accuracy", "macro_f1")}
    assert all(type(value) is float for value in numbers.values())


def test_linear_learns_and_beats_the_majority():
    baseline = baselines.learn(*reviews(3), 3)
    numbers = baseline.metrics(*reviews(3, seed=1))
    assert numbers["baseline_linear_accuracy"] > numbers["baseline_majority_accuracy"] + 0.3


def test_texts_without_words_fall_back_to_class_shares(tmp_path):
    baseline = baselines.learn(["!!!", "???", "..."], [1, 1, 2], 4)
    np.testing.assert_allclose(baseline.probabilities(["good", ""]), [[0, 2 / 3, 1 / 3, 0]] * 2, atol=1e-6)
    baseline.save(tmp_path)
    np.testing.assert_array_equal(baselines.load(tmp_path).probabilities(["x"]), baseline.probabilities(["x"]))


def test_no_term_twice_falls_back_too():
    texts = [f"unique{index}" for index in range(linear_terms.TINY)]
    baseline = baselines.learn(texts, np.arange(linear_terms.TINY) % 2, 2)
    np.testing.assert_allclose(baseline.probabilities(["unique1"]), [[0.5, 0.5]])


def test_class_without_training_texts_gets_no_probability():
    probabilities = baselines.learn(["good", "bad", "fine"], [3, 0, 3], 4).probabilities(["good"])
    np.testing.assert_array_equal(probabilities[:, [1, 2]], 0)
    assert probabilities.sum() == pytest.approx(1)
    assert probabilities.argmax() == 3


def test_features_are_limited_and_rare_terms_dropped(monkeypatch):
    monkeypatch.setattr(linear_terms, "MOST_TERMS", 3)
    assert len(baselines.learn(*reviews(2), 2).linear.terms) == 3
    monkeypatch.setattr(linear_terms, "TINY", 3)
    assert baselines.learn(["good one", "good", "bad"], [1, 1, 0], 2).linear.terms == ("good",)


@pytest.mark.parametrize(
    ("texts", "targets", "message"),
    [
        (["a", "b"], [1, 1], "two or more classes.*all of class 1"),
        ([], [], "at least one string"),
        ("ab", [0, 1], "put one in a list"),
        ([b"a", b"b"], [0, 1], "Decode bytes"),
        (["a", "b"], [0], r"\(2,\)"),
        (["a", "b"], ["no", "yes"], "indices into the labels"),
        (["a", "b"], [0, 2], "between 0 and 1, received 0 to 2"),
    ],
)
def test_wrong_input_is_named(texts, targets, message):
    with pytest.raises(ValueError, match=message):
        baselines.learn(texts, targets, 2)


def test_missing_and_damaged_files_are_named(tmp_path):
    path = tmp_path / baseline_files.FILE_NAME
    with pytest.raises(FileNotFoundError, match=r"baselines\.npz.*Train"):
        baselines.load(tmp_path)
    baselines.learn(["good", "bad"], [1, 0], 2).save(tmp_path)
    whole = path.read_bytes()
    incomplete = {name: np.zeros(1) for name in ("terms", "weights")}
    for damage in (b"", b"garbage", whole[: len(whole) // 2], whole[:100] + b"\0" * 40 + whole[140:]):
        path.write_bytes(damage)
        with pytest.raises(ValueError, match="damaged"):
            baselines.load(tmp_path)
    np.savez(path, **incomplete)
    assert zipfile.is_zipfile(path)
    with pytest.raises(ValueError, match="damaged"):
        baselines.load(tmp_path)

"""Baselines of several labels and of numbers: against scikit-learn, kept on disk, of texts without words."""

import numpy as np
import pytest
import sklearn.feature_extraction.text
import sklearn.linear_model

from pipelines.sentiment import baselines, label_baselines, linear_terms, number_baselines


def texts(count=120, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(list("abcdefgh"), 5)) + " end" for _ in range(count)]


def features(read):
    vectorizer = sklearn.feature_extraction.text.TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+", dtype=np.float32
    )
    return vectorizer.fit_transform(read)


def test_a_logistic_regression_for_each_label():
    read = texts()
    truth = np.array([["a" in text, "b" in text, True, False] for text in read]).astype(np.int8)
    baseline = label_baselines.learn(read, truth)
    probabilities, x = baseline.probabilities(read), features(read)
    models = [sklearn.linear_model.LogisticRegression(C=one, max_iter=1000) for one in label_baselines.PENALTIES]
    fitted = [model.fit(x, truth[:, 0]).predict_proba(x)[:, 1] for model in models]
    assert min(np.abs(one - probabilities[:, 0]).max() for one in fitted) < 1e-4
    assert (probabilities[:, 2] > 0.999).all() and (probabilities[:, 3] < 0.001).all()
    numbers = baseline.metrics(read, truth)
    assert numbers["baseline_linear_micro_f1"] > numbers["baseline_shares_micro_f1"]
    lower = baseline.metrics(read, truth, threshold=1e-6)
    assert lower["baseline_shares_micro_f1"] != numbers["baseline_shares_micro_f1"]


def test_ridge_regression():
    read = texts()
    truth = np.array([text.count("a") + 0.5 for text in read])
    baseline = number_baselines.learn(read, truth)
    x = features(read)
    fitted = [sklearn.linear_model.Ridge(alpha=penalty).fit(x, truth).predict(x)
              for penalty in number_baselines.PENALTIES]  # fmt: skip
    assert min(np.abs(one - baseline.values(read)).max() for one in fitted) < 0.02
    numbers = baseline.metrics(read, truth)
    assert numbers["baseline_mean_r2"] == pytest.approx(0) and numbers["baseline_linear_r2"] > 0.5


@pytest.mark.parametrize("kind", ["labels", "number"])
@pytest.mark.parametrize("read", [texts(), ["...", "!!", "?"] * 10])
def test_they_are_kept_on_disk(kind, read, tmp_path):
    truth = np.array([[n % 2, n % 3 == 0] for n in range(len(read))])
    baseline = (
        label_baselines.learn(read, truth) if kind == "labels" else number_baselines.learn(read, truth[:, 0] + 0.5)
    )
    baseline.save(tmp_path)
    again = baselines.load(tmp_path)
    truth = truth if kind == "labels" else truth[:, 0] + 0.5
    assert type(again) is type(baseline) and again.metrics(read, truth) == baseline.metrics(read, truth)


def test_of_many_texts_a_part_is_learned_from(monkeypatch, caplog):
    monkeypatch.setattr(linear_terms, "LARGE", 500)
    read = texts()
    baseline = number_baselines.learn(read, np.arange(len(read)) / 2)
    assert np.isfinite(baseline.values(read)).all()

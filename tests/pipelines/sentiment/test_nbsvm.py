"""NB-SVM against the formula of the paper with dictionaries of terms and scikit-learn's own regression."""

import dataclasses
import itertools
import math
import re

import numpy as np
import pytest
import sklearn.linear_model

from pipelines.sentiment import baselines, nbsvm

TEXTS = ["good, good fun!", "not bad at all", "very good", "bad, bad film", "not good", "awful!", "so-so", "fun"]
UNSEEN = ["good film!", "not bad", "awful fun", "qxzv", ""]


def terms_of(text):
    words = re.findall(r"\w+|[^\w\s]", text.lower())
    return {*words, *(f"{first} {second}" for first, second in itertools.pairwise(words))}


def odds(texts, positive, unseen):
    """The odds of one class against the others, term by term."""
    known = sorted(set().union(*map(terms_of, texts)))
    counts = {kind: [1 + sum(term in terms_of(text) for text, own in zip(texts, positive, strict=True) if own == kind)
                     for term in known] for kind in (True, False)}  # fmt: skip
    ratios = [math.log(counts[True][k] / sum(counts[True])) - math.log(counts[False][k] / sum(counts[False]))
              for k in range(len(known))]  # fmt: skip
    rows = [[ratio * (term in terms_of(text)) for term, ratio in zip(known, ratios, strict=True)]
            for text in [*texts, *unseen]]  # fmt: skip
    model = sklearn.linear_model.LogisticRegression(dual=True, solver="liblinear", tol=1e-6, max_iter=10_000)
    return model.fit(rows[: len(texts)], positive).decision_function(rows[len(texts) :])


@pytest.mark.parametrize("classes", [2, 3])
def test_it_equals_the_formula(classes):
    targets = np.array([1, 1, 1, 0, 0, 0, 2, 2]) % classes
    scores = nbsvm.learn(TEXTS, targets, classes).scores(UNSEEN)
    for one in range(1 if classes == 2 else 0, classes):
        expected = odds(TEXTS, (targets == one).tolist(), UNSEEN)
        np.testing.assert_allclose(scores[:, one], expected, atol=0.02)  # its solver stops earlier
    if classes == 2:
        np.testing.assert_array_equal(scores[:, 0], 0)


def test_a_class_without_texts_is_never_answered():
    model = nbsvm.learn(["good", "bad", "fine"], np.array([3, 0, 3]), 4)
    assert set(model.scores(["good", "bad", "qxzv"]).argmax(axis=1)) <= {0, 3}
    assert model.scores([]).shape == (0, 4)


def test_balance_helps_the_rare_class():
    texts, targets = ["good"] * 40 + ["good fun"] + ["bad"], np.array([0] * 40 + [1, 1])
    weights = (None, np.array([42 / 80, 42 / 4]))
    plain, balanced = (nbsvm.learn(texts, targets, 2, balance).scores(["good"])[0, 1] for balance in weights)
    assert balanced > plain


def test_too_many_texts_are_drawn_from(monkeypatch, caplog):
    monkeypatch.setattr(nbsvm, "MOST", 200)
    caplog.set_level("INFO", "unroll")
    texts = [f"good {number}" if number % 2 else f"bad {number}" for number in range(100)]
    model = nbsvm.learn(texts, np.arange(100) % 2, 2)
    assert "NB-SVM: learned from" in caplog.text
    assert model.scores(["good", "bad"]).argmax(axis=1).tolist() == [1, 0]


def test_saved_with_the_other_baselines(tmp_path):
    targets = np.array([1, 1, 1, 0, 0, 0, 0, 1])
    fitted = dataclasses.replace(baselines.learn(TEXTS, targets, 2), nbsvm=nbsvm.learn(TEXTS, targets, 2))
    fitted.save(tmp_path)
    loaded = baselines.load(tmp_path)
    assert loaded.metrics(TEXTS, targets) == fitted.metrics(TEXTS, targets)
    assert loaded.metrics(TEXTS, targets)["baseline_nbsvm_accuracy"] == 1
    np.testing.assert_array_equal(loaded.nbsvm.scores(UNSEEN), fitted.nbsvm.scores(UNSEEN))

"""Weights of classes by hand: in the loss as Keras's class_weight, in the baselines as scikit-learn's; their errors."""

import json

import keras
import numpy as np
import pytest
import sklearn.linear_model
from text_settings import PLAIN

from pipelines import sentiment, settings
from pipelines.sentiment import baselines, class_weights, label_baselines, nbsvm, preprocessor
from pipelines.shared.training import spaces

TEXTS = ["good", "good fun", "fine", "fun", "bad", "dull"] * 5
LABELS = ["good", "good", "good", "fun", "bad", "bad"] * 5


def config(**options):
    return settings.create(sentiment.Config, {**PLAIN, "units": 4, "embedding_size": 4, "batch_size": 8, **options})


def prepared(labels, **options):
    chosen = config(**options)
    examples = {"text": TEXTS, "label": labels}
    return preprocessor.prepare(examples, chosen), examples, chosen


@pytest.mark.parametrize(
    ("weights", "kept"),
    [
        ({"spam": 5}, '{"spam": 5.0}'),
        ({1: 2, 0: np.float32(0.5)}, '{"0": 0.5, "1": 2.0}'),
        ("spam=5,ham=0.5", '{"ham": 0.5, "spam": 5.0}'),
        (" a = 1 , b=c=2", '{"a": 1.0, "b=c": 2.0}'),
        ('{"a,b": 3}', '{"a,b": 3.0}'),
        ({"grün": 2}, '{"grün": 2.0}'),
    ],
)
def test_a_mapping_and_texts_are_kept_alike(weights, kept):
    chosen = config(class_weights=weights)
    assert chosen.class_weights == kept
    assert settings.create(sentiment.Config, json.loads(json.dumps(vars(chosen)))) == chosen


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"a": 0}, "above 0 for 'a', received 0"),
        ({"a": -1.5}, "above 0 for 'a', received -1.5"),
        ({"a": float("nan")}, "above 0 for 'a', received nan"),
        ({"a": float("inf")}, "above 0 for 'a', received inf"),
        ({"a": True}, "above 0 for 'a', received True"),
        ({"a": None}, "above 0 for 'a', received None"),
        ({}, "expected a number above 0 for each class, .* received {}"),
        ("a=x", "above 0 for 'a', received 'x'"),
        ("a=", "above 0 for 'a', received ''"),
        ("a", "such as .* or spam=5,ham=1, received 'a'"),
        ("=3", "received '=3'"),
        ("a=1,", "received 'a=1,'"),
        ("", "received ''"),
        ("{a: 3", "received '{a: 3'"),
        ([1, 2], "received .*1, 2"),
        ("balanced", "received 'balanced'"),
    ],
)
def test_what_is_no_weight_is_named(weights, message):
    with pytest.raises(ValueError, match=f"^class_weights: .*{message}"):
        config(class_weights=weights)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (LABELS, {"class_weights": {"god": 2}}, "class_weights: expected classes among .*received 'god'. Did you mean"),
        (LABELS, {"class_weights": {"good": 2}, "balance": True}, "balance, class_weights: both"),
        ([0.5] * 29 + [1.0], {"class_weights": {"good": 2}}, "class_weights: .* a number is predicted"),
    ],
)
def test_weights_that_do_not_fit_the_labels_are_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        prepared(labels, **options)


def test_a_class_counts_as_in_keras():
    made, examples, chosen = prepared(LABELS, class_weights={"fun": 5, "bad": 0.5})
    by_label = {"bad": 0.5, "fun": 5.0, "good": 1.0}
    for _, targets, weights in preprocessor.batches(made, examples, chosen, True).as_numpy_iterator():
        assert weights.tolist() == [by_label[made.labels[target]] for target in targets]
    x, y = np.eye(3)[[0, 1, 2, 1]], np.array([0, 1, 2, 2])
    losses = []
    for how in ({"class_weight": {0: 0.5, 1: 5.0, 2: 1.0}}, {"sample_weight": made.balance[y]}):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, kernel_initializer="ones")])
        model.compile(optimizer="sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        losses.append(model.fit(x, y, batch_size=4, verbose=0, **how).history["loss"][0])
    assert losses[0] == pytest.approx(losses[1])


def test_a_label_counts_where_a_text_has_it():
    labels = [("a",), ("a", "b"), ("b",), (), ("b",), ("a",)] * 5
    made, examples, chosen = prepared(labels, class_weights={"b": 4})
    for _, targets, weights in preprocessor.batches(made, examples, chosen, True).as_numpy_iterator():
        np.testing.assert_array_equal(weights, np.where(targets & np.array([False, True]), 4, 1))


def test_baselines_count_in_the_same_way():
    targets, weights = np.array([2, 2, 2, 1, 0, 0] * 5), np.array([1.0, 9.0, 1.0])
    plain, weighed = (baselines.learn(TEXTS, targets, 3, given) for given in (None, weights))
    assert (weighed.probabilities(TEXTS)[:, 1] > plain.probabilities(TEXTS)[:, 1]).all()
    features = plain.linear._vectorizer.transform(TEXTS)
    expected = sklearn.linear_model.LogisticRegression(max_iter=1000, class_weight=dict(enumerate(weights)))
    np.testing.assert_allclose(
        weighed.probabilities(TEXTS), expected.fit(features, targets).predict_proba(features), atol=1e-4
    )
    scores = [nbsvm.learn(TEXTS, targets, 3, given).scores(["fun"])[0, 1] for given in (None, weights)]
    assert scores[1] > scores[0]
    indicators = np.stack([targets == 1, targets == 2], axis=1)
    shares = [label_baselines.learn(TEXTS, indicators, given).probabilities(["fun"])[0, 0]
              for given in (None, np.array([[1.0, 1.0], [9.0, 1.0]]))]  # fmt: skip
    assert shares[1] > shares[0]


def test_names_are_those_of_labels():
    assert class_weights.of_labels('{"1": 2.0}', [0, 1]) == [1.0, 2.0]


@pytest.mark.parametrize("name", ["embedding_initializer", "class_weights", "ngrams"])
def test_what_is_fitted_with_the_vocabulary_is_no_part_of_a_search(name):
    with pytest.raises(ValueError, match=name):
        spaces.checked(sentiment.Config, {name: ["random", "class_ratios"]})

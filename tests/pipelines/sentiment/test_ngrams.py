"""The linear part of a text classifier: fitted as scikit-learn would, and summed with the network by validation."""

import keras
import numpy as np
import pytest
import scipy.sparse
import scipy.special

import layers
from pipelines import classification, sentiment
from pipelines.sentiment import baselines, blending, kinds, log_count_ratios, network, ngrams, preprocessor
from pipelines.shared.training import choosing

SETTINGS = {"tokens": "word", "vocabulary_size": 50, "max_length": 20, "ngrams": 2, "ngram_penalty": 1.0, "units": 4,
            "embedding_size": 4, "epochs": 1, "batch_size": 8, "learning_rate": 0.01}  # fmt: skip
LABELS = {
    "class": [["good", "bad"][number % 2] for number in range(60)],
    "classes": [["good", "bad", "plain"][number % 3] for number in range(60)],
    "several": [[("a",), ("a", "b"), ()][number % 3] for number in range(60)],
    "number": [float(number % 7) for number in range(60)],
}


def drawn(labels, seed=0):
    """Texts in which a word is the label most of the time, and others are noise."""
    draw, noise = np.random.default_rng(seed), ["film", "plot", "the", "of"]
    return [" ".join([*draw.choice(noise, 4), *([str(label)] if draw.random() < 0.8 else [])]) for label in labels]


def prepared(kind, **changes):
    examples = {"text": drawn(LABELS[kind]), "label": LABELS[kind]}
    config = sentiment.Config(**{**SETTINGS, **changes})
    config, _ = choosing.settled(sentiment.task, examples, config)
    return preprocessor.prepare(examples, config), examples, config


@pytest.mark.parametrize("kind", LABELS)
def test_alone_they_tell_what_the_words_say(kind):
    prepared_, _, _ = prepared(kind)
    table = prepared_.ngrams
    layer = layers.NgramScores(table.vocabulary_size, table.order, table.buckets, table.scores.shape[1],
                               table=table.scores, bias=table.biases)  # fmt: skip
    assert table.scores.shape[1] == {"class": 1, "classes": 3, "several": 2, "number": 1}[kind]
    unseen = drawn(LABELS[kind], seed=1)
    sequences = list(prepared_.sequences(unseen))
    scores = np.concatenate([keras.ops.convert_to_numpy(layer(ids[None])) for ids in sequences])
    truth = prepared_.learned_targets(LABELS[kind])
    if kind == "number":
        assert np.corrcoef(scores[:, 0], truth)[0, 1] > 0.5
        return
    answers = scores[:, 0] > 0 if kind == "class" else scores > 0 if kind == "several" else scores.argmax(axis=1)
    assert np.mean(answers == truth) > 0.8


@pytest.mark.parametrize("kind", LABELS)
def test_the_blend_is_the_sum_of_both_by_shares(kind):
    made, examples, config = prepared(kind)
    keras.utils.set_random_seed(0)
    trained = network.build(made, config)
    blended = blending.blended(trained, made, examples)
    inputs = {"ids": np.array([[3, 4, 5, 0], [6, 2, 0, 0]], "int32"), "lengths": np.array([3, 2], "int32")}
    parts = keras.Model(blended.input, [blended.get_layer(name).output for name in ("scores", "ngrams")])
    ours, theirs = map(np.asarray, parts(inputs))
    share = blended.get_layer("share").scale
    theirs = np.hstack([-theirs / 2, theirs / 2]) if theirs.shape[1] < ours.shape[1] else theirs
    expected = (share * ours + theirs).reshape(blended(inputs).shape)
    if kind == "several":
        expected = scipy.special.expit(expected)
    elif kind != "number":
        expected = scipy.special.softmax(expected, axis=1)
    np.testing.assert_allclose(np.asarray(blended(inputs)), expected, atol=1e-5)
    assert kinds.of(made).units(made) == ours.shape[1]


@pytest.mark.parametrize("kind", LABELS)
def test_in_the_end_they_learn_from_the_validation_split_too(kind, monkeypatch):
    monkeypatch.setattr(ngrams, "_buckets", lambda ngrams, most: 2**12)
    made, examples, config = prepared(kind)
    more = {"text": [f"{text} unheard" for text in drawn(LABELS[kind], seed=1)], "label": LABELS[kind]}
    model = blending.blended(network.build(made, config), made, more)
    network.completed(model, made, more)
    both = {name: [*examples[name], *more[name]] for name in examples}
    expected, share = ngrams.fit(made, both, config), made.ngrams.share
    assert 0 < share != 1 and expected.scores.shape == made.ngrams.scores.shape
    for weight, values in zip(model.get_layer("ngrams").get_weights(), expected.weights(), strict=True):
        np.testing.assert_allclose(weight, share * values, atol=1e-6)


@pytest.mark.parametrize("split", [{}, {"test_fraction": 0.0}])
def test_the_split_that_scores_the_model_is_never_learned_from(split, tmp_path, monkeypatch):
    learned = []
    monkeypatch.setattr(baselines, "fit", lambda made, examples, fit=baselines.fit: (
        learned.append(len(examples["text"])), fit(made, examples))[1])  # fmt: skip
    monkeypatch.setattr(ngrams.Table, "with_more", lambda table, made, examples: (
        learned.append(len(examples["text"])), table)[1])  # fmt: skip
    data = {
        "text": [f"{text} {number}" for number, text in enumerate(drawn(LABELS["class"]))],
        "label": LABELS["class"],
    }
    artifact = sentiment.train(data, directory=tmp_path, quiet=True, **SETTINGS, **split)
    sizes = {name: len(part["text"]) for name, part in artifact.splits.items()}
    assert learned == ([sizes["train"]] if split else [sizes["train"] + sizes["valid"], sizes["valid"]])


@pytest.mark.parametrize("target", blending.LOSSES)
def test_shares_are_those_with_the_least_loss(target):
    draw = np.random.default_rng(0)
    truth = draw.normal(size=(400, 2))
    ours, theirs = truth + draw.normal(size=truth.shape), truth + 2 * draw.normal(size=truth.shape)
    targets = {"class": truth.argmax(axis=1), "several": (truth > 0).astype(int), "number": truth}[target]
    shares = blending._shares(target, ours, theirs, targets)
    grid = [(a, b) for a in np.linspace(0, 3, 31) for b in np.linspace(0, 3, 31)]

    def loss(a, b):
        off = np.square(np.subtract((a, b), blending.BELIEF[target])).sum()
        return blending.LOSSES[target](a * ours + b * theirs, targets) + blending.DOUBT[target] / 400 * off / 2

    assert shares[0] > shares[1] > 0 and loss(*shares) < min(loss(*pair) for pair in grid) + 1e-6
    many = [np.tile(array, (50, 1)[: array.ndim]) for array in (ours, theirs, targets)]  # outweigh any belief
    least = min(blending.LOSSES[target](a * ours + b * theirs, targets) for a, b in grid)
    a, b = blending._shares(target, *many)
    assert blending.LOSSES[target](a * ours + b * theirs, targets) < least + 1e-4


def test_what_is_opposed_gets_no_share():
    truth = np.random.default_rng(0).normal(size=(400, 2))
    assert blending._shares("number", truth, -truth, truth)[1] == pytest.approx(0, abs=0.02)


def test_no_ngrams_and_a_network_of_ones_own_stay_as_they_are():
    made, examples, config = prepared("class", ngrams=0)
    model = network.build(made, config)
    assert made.ngrams is None and blending.blended(model, made, examples) is model
    made, examples, _ = prepared("class")
    own = keras.Model(model.input, keras.layers.Dense(2, "softmax")(model.get_layer("scores").output))
    renamed = keras.Model.from_config({**own.get_config()})
    assert blending.blended(renamed, made, examples) is not None


def test_many_texts_are_drawn_from(monkeypatch, caplog):
    monkeypatch.setattr(ngrams, "MOST_TOKENS", 200)
    caplog.set_level("INFO", "unroll")
    made, _, _ = prepared("class")
    assert "scores of n-grams: fitted on" in caplog.text and np.isfinite(made.ngrams.scores).all()


def test_one_label_in_all_texts_gives_its_share():
    scores, bias = ngrams._label(np.eye(4), np.ones(4), np.ones(4), np.ones(4), ngrams.Fit("class", 1.0, 0.0, None))
    assert not scores.any() and bias == pytest.approx(np.log(5))


def test_trained_saved_exported_and_streamed(tmp_path):
    data = {"text": drawn(LABELS["class"]), "label": LABELS["class"]}
    artifact = sentiment.train(data, directory=tmp_path, bidirectional=False, quiet=True, **SETTINGS)
    texts = ["the good film", "", "bad"]
    expected = artifact.predict(texts)
    assert sentiment.load(directory=tmp_path).predict(texts) == expected
    assert artifact.export(streaming=True)["tflite"].exists()  # compared with the model, step by step too


def test_requests_of_several_topics(tmp_path):
    data = {"text": drawn(LABELS["several"]), "label": LABELS["several"]}
    artifact = classification.train(data, directory=tmp_path, quiet=True, **SETTINGS)
    assert artifact.predict(["a"])[0]
    assert artifact.export()["tflite"].exists()


def test_ratios_are_those_of_the_texts_that_hold_a_term():
    counts = np.array([[1, 0, 2], [0, 3, 0], [1, 1, 0], [0, 0, 1], [0, 4, 0]])
    features, positive = scipy.sparse.csr_matrix(counts), np.array([True, False, True, False, False])
    one, others = np.array([2, 1, 1]), np.array([0, 2, 1])  # texts that hold each term
    expected = np.log((one + 1) / (one + 1).sum()) - np.log((others + 1) / (others + 1).sum())
    np.testing.assert_allclose(log_count_ratios.ratios(features, positive), expected, rtol=1e-6)
    expected = np.log(one / 2 + 1 / 5) - np.log(others / 3 + 1 / 5)
    np.testing.assert_allclose(log_count_ratios.ratios(features, positive, rates=True), expected, rtol=1e-6)
    with_floor = log_count_ratios.ratios(features, positive, 0.5, rates=True)
    np.testing.assert_allclose(with_floor, expected + 0.5 * np.sign(expected), rtol=1e-6)


def test_a_rare_class_says_nothing_of_terms_that_all_hold_alike():
    positive = np.arange(400) % 8 == 0
    features = scipy.sparse.csr_matrix((np.arange(400) // 8 % 5 == 0)[:, None].astype(float))  # of each class a fifth
    assert abs(log_count_ratios.ratios(features, positive, rates=True)[0]) < 1e-6


@pytest.mark.parametrize("kind", LABELS)
def test_one_of_many_classes_has_ratios_of_rates(kind):
    assert prepared(kind)[0].ngrams.how.rates == (kind in ("classes", "several"))

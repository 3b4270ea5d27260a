"""Nothing that is given is dropped in silence: options without effect are refused or said, others change a thing."""

import dataclasses
import functools
import logging

import keras
import numpy as np
import pytest
from conftest import TINY
from text_settings import PLAIN

import pipelines
from pipelines import settings
from pipelines.music import preprocessor as music_preprocessor
from pipelines.sentiment import network, preprocessor
from pipelines.sentiment.config import Config, Labels, Target, Threshold
from pipelines.shared.metrics import likelihood
from pipelines.translation import answers as translation_answers

TEXTS = {"text": ["not bad at all", "bad film", "good film, not bad", "a film"], "label": ["a", "b", "a", "b"]}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "greedy", "beams": 3}, "beams: expected only with method='beam', received method='greedy'"),
        ({"method": "sample", "length_penalty": 0.5}, "length_penalty: expected only with method='beam'"),
        ({"seed": 1}, "seed: expected only with method='sample', received method='beam'"),
        (
            {"method": "greedy", "temperature": 0.5, "top_k": 3},
            "temperature, top_k: expected only with method='sample'",
        ),
    ],
)
def test_options_of_another_method_are_refused(how, message):
    with pytest.raises(ValueError, match=message):
        translation_answers.asked(pipelines.translation.Config(), how)


@pytest.mark.parametrize("how", [{"method": "sample", "seed": 1, "top_k": 3}, {"beams": 3, "n_best": 3}, {}])
def test_options_of_the_method_are_taken(how):
    asked = translation_answers.asked(pipelines.translation.Config(), how)
    assert {name: getattr(asked, name) for name in how} == how


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"input": "one_hot", "vectors": "glove.txt"},
            "vectors='glove.txt': has an effect with input='embedding' alone",
        ),
        ({"train_vectors": False}, "train_vectors=False: has an effect with vectors=FILE alone"),
        ({"input": "one_hot", "embedding_initializer": "class_ratios"}, "embedding_initializer='class_ratios': has"),
        ({"vectors": "a.txt", "embedding_initializer": "class_ratios"}, "embedding_initializer='class_ratios': has"),
    ],
)
def test_settings_of_vectors_that_are_not_there(options, message):
    with pytest.raises(ValueError, match=message):
        preprocessor.prepare(TEXTS, Config(**options))


@pytest.mark.parametrize(
    ("options", "idle"),
    [
        ({"model": "events", "readout_units": 8, "output": "independent"}, "output, readout_units: no effect"),
        (
            {"output": "independent", "decoder_units": 8, "embedding_size": 8},
            "embedding_size, decoder_units: no effect",
        ),
        ({"readout_units": 8}, None),
    ],
)
def test_settings_of_the_other_network_are_said(options, idle, caplog):
    with caplog.at_level(logging.WARNING, "unroll"):
        music_preprocessor._say_without_effect(pipelines.music.Config(**options))
    assert (idle in caplog.text) if idle else not caplog.text


def test_likelihood_is_weighted():
    metric = likelihood.NegativeLogLikelihood()
    metric.update_state([[1.0, 1.0], [1.0, 0.0]], [[-3.0, -1.0], [-6.0, -9.0]], sample_weight=[1.0, 2.0])
    np.testing.assert_allclose(metric.result(), (3 + 1 + 2 * 6) / 4)
    metric.reset_state()
    metric.update_state([[1.0, 1.0]], [[-3.0, -1.0]], sample_weight=[[0.0, 2.0]])
    np.testing.assert_allclose(metric.result(), 1)


NGRAMS = {"ngrams": 1, "ngram_penalty": 1.0, "ngram_floor": 0.0, "ngram_letters": 0}
# A value for each setting of the network that differs from TINY's, with what else it needs.
NETWORK = {
    "input": {"input": "one_hot"},
    "embedding_initializer": {"embedding_initializer": "class_ratios"},
    "embedding_size": {"embedding_size": 5},
    "cell": {"cell": "gru"},
    "units": {"units": 5},
    "depth": {"depth": 2},
    "bidirectional": {"bidirectional": True},
    "pooling": {"pooling": "mean"},
    "wide": {"wide": True},
    "word_dropout": {"word_dropout": 0.5},
    "embedding_dropout": {"embedding_dropout": 0.5},
    "dropout": {"dropout": 0.5},
    "recurrent_dropout": {"recurrent_dropout": 0.5},
    "l2": {"l2": 0.1},
    "activation": {"activation": "relu"},
    "kernel_initializer": {"kernel_initializer": "he_uniform"},
    "recurrent_initializer": {"recurrent_initializer": "glorot_uniform"},
    "train_vectors": {},
    "vectors": {},
    "ngrams": {**NGRAMS, "ngrams": 2},
    "ngram_penalty": {**NGRAMS, "ngram_penalty": 5.0},
    "ngram_floor": {**NGRAMS, "ngram_floor": 0.5},
    "ngram_letters": {**NGRAMS, "ngram_letters": 3},
}
# What the settings are changed from, where it is not TINY alone.
BEFORE = dict.fromkeys(NGRAMS, NGRAMS)
GLOVE = "bad 0.1 0.2 0.3\nfilm 0.5 0.1 -0.3\n"


@functools.cache
def described(config):
    """Configuration of the network, its first weights, and the scores of n-grams beside it."""
    keras.utils.set_random_seed(0)
    made = preprocessor.prepare(TEXTS, config)
    keras.utils.clear_session(free_memory=False)
    model = network.build(made, config)
    scores = made.ngrams.scores.tobytes() if made.ngrams else b""
    return model.to_json(), [weight.numpy().tobytes() for weight in model.weights], scores


@pytest.mark.parametrize("name", NETWORK)
def test_each_setting_of_the_network_changes_it(name, tmp_path):
    (tmp_path / "vectors.txt").write_text(GLOVE)
    vectors = {"vectors": str(tmp_path / "vectors.txt")}
    changed = {"vectors": vectors, "train_vectors": {**vectors, "train_vectors": False}}.get(name, NETWORK[name])
    before = vectors if name == "train_vectors" else BEFORE.get(name, {})
    plain, other = (described(Config(**{**PLAIN, **TINY, **options})) for options in (before, changed))
    assert plain != other


def test_every_setting_of_the_network_is_tried():
    own = {field.name for field in dataclasses.fields(Config)}
    others = (settings.Training, settings.Text, Labels, Target, Threshold)  # the last two: tests of sentiment/kinds
    assert own - {field.name for base in others for field in dataclasses.fields(base)} == set(NETWORK)


@pytest.mark.parametrize(
    "options",
    [
        {"tokens": "wordpiece", "vocabulary_size": 60},
        {"vocabulary_size": 4},
        {"minimum_count": 2},
        {"lowercase": False},
        {"max_length": 2},
        {"max_length": 2, "keep": "start"},
    ],
)
def test_each_setting_of_texts_changes_what_is_learned_from(options):
    texts = {**TEXTS, "text": ["Not BAD at all", "bad Film", "good film, not bad", "a film"]}
    before = {"max_length": 2} if "keep" in options else {}
    configs = (Config(**{**PLAIN, **changed}) for changed in (before, options))
    plain, other = (preprocessor.prepare(texts, config).sequences(texts["text"]) for config in configs)
    assert [ids.tolist() for ids in plain] != [ids.tolist() for ids in other]

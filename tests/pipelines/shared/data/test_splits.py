"""Splits stay what they were: by hash, in artifacts of before, and where the data or the rule changed since."""

import csv
import json
import shutil

import numpy as np
import pytest
from conftest import ROOT

import pipelines
from pipelines import settings
from pipelines.music import data as music_data
from pipelines.sentiment import data as sentiment_data
from pipelines.sentiment import sample as sentiment_sample
from pipelines.shared.data import provenance, splits
from pipelines.shared.export import quantized_scores

FROZEN = ROOT / "tests" / "frozen" / "0.1.0"
# Of the built-in samples, as 0.1.0 cut them, classification and forecasting as 0.2.0. Whoever changes one counts up
# SPLIT_RULE or VERSION.
FINGERPRINTS = {
    "sentiment": {"train": "3d6a437777b968c5", "valid": "851eaecbbc4a71e3", "test": "756b27f94853d06c"},
    "classification": {"train": "fba9f20e5db9ca39", "valid": "44cb0fe7b2c1699e", "test": "71b517dca810d775"},
    "translation": {"train": "c5cc7d584adebd63", "valid": "63c713ee585fe3f9", "test": "836c46953151aec0"},
    "music": {"train": "ebcc43b8688e704d", "valid": "848b6094e4cac255", "test": "9c92470d0f8b6414"},
    "forecasting": {"train": "ce20ce8b2ac994b7", "valid": "f4ef613fc2b1e552", "test": "a25c6c60298bb67a"},
    "tagging": {"train": "2b41bedda432cec9", "valid": "0479a4fa1fc5dabe", "test": "ef3b75226930d2fb"},
    "trajectory": {"train": "0ecf50e6148f8d1f", "valid": "6720fbe7ecfcf16f", "test": "26d51efaf2ab758a"},
    "video": {"train": "2391d60b1c3e409b", "valid": "e4ca3a0ed5c70888", "test": "6253e1b72abc214f"},
}
PAIRS = {"train": "97ce283e01145011", "valid": "10fa52a06ad41e7f", "test": "661a505d9619e08c"}


def fingerprints(parts):
    return {name: provenance.fingerprint({name: part}) for name, part in parts.items()}


def cut(task, data=None, **options):
    config = settings.create(task.Config, options)
    return task.load_splits(data, None, None, config, False)


# Of splitting, of the sample.
RULES = {
    "sentiment": (2, 1),
    "classification": (2, 1),
    "translation": (1, 1),
    "music": (1, 1),
    "forecasting": (1, 1),
    "trajectory": (1, 1),
    "video": (1, 1),
    "tagging": (1, 1),
}


@pytest.mark.parametrize("name", pipelines.TASKS)
def test_the_samples_fall_in_the_splits_they_always_did(name):
    task = getattr(pipelines, name).task
    assert RULES[name] == (task.data.SPLIT_RULE, task.sample.VERSION)
    assert task.data.FORMER_RULES.keys() == set(range(1, task.data.SPLIT_RULE))
    assert fingerprints(cut(task)) == FINGERPRINTS[name]


def test_pairs_that_share_sentences_fall_in_the_splits_they_always_did():
    pairs = [(f"source {number % 700}", f"target {number % 450}") for number in range(1500)]
    pairs += [(f"one {number}", f"two {number}") for number in range(500)]
    assert fingerprints(cut(pipelines.translation.task, pairs)) == PAIRS


@pytest.fixture
def of_a_file(tmp_path):
    """(the folder of a sentiment artifact of 0.1.0 that was trained on a file, the file, its metrics)."""
    expected = json.loads((FROZEN / "expected.json").read_text("utf-8"))["sentiment"]
    file = tmp_path / "reviews.csv"
    with open(file, "w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows([("text", "label"), *zip(*expected["data"], strict=True)])
    shutil.copytree(FROZEN / "sentiment", tmp_path / "old")
    rewrite(tmp_path / "old", source={"data": str(file), "valid": None, "test": None})
    return tmp_path / "old", file, expected["metrics"]


def rewrite(folder, **facts):
    record = folder / "artifact.json"
    record.write_text(json.dumps({**json.loads(record.read_text("utf-8")), **facts}), "utf-8")


def load(folder):
    return pipelines.sentiment.load(folder.name, directory=folder.parent)


def same(scores, expected):
    """Asserts that the metrics of then are what they were; later versions measure more besides."""
    assert {name: scores.get(name) for name in expected} == pytest.approx(expected, abs=1e-4)


def test_an_artifact_of_the_first_release_is_scored_on_its_own_test_split(of_a_file, caplog):
    folder, _, metrics = of_a_file
    same(load(folder).evaluate(), metrics)
    assert caplog.messages == []


def test_another_rule_is_refused_and_other_data_is_not(of_a_file, monkeypatch, caplog):
    folder, file, metrics = of_a_file
    monkeypatch.setattr(sentiment_data, "SPLIT_RULE", 3)
    monkeypatch.setattr(sentiment_data, "FORMER_RULES", {})
    with pytest.raises(ValueError) as raised:
        load(folder).evaluate()
    assert str(raised.value) == (
        "evaluate: expected an artifact of splitting rule 3, received 'old' of splitting rule 1: the test split of "
        "this version of Unroll may hold rows that it was trained on; give data=..., or train anew"
    )
    assert set(metrics) <= set(load(folder).evaluate(file))
    assert quantized_scores.measured(load(folder), None, "int8")["metrics"] == {}
    assert "what it cost the metrics of old is not measured" in caplog.text
    rewrite(folder, split_rule=3)
    same(load(folder).evaluate(), metrics)
    rewrite(folder, split_rule=1, source={"data": str(file), "valid": None, "test": str(file)})
    assert set(metrics) <= set(load(folder).evaluate())  # a file of its own is not cut


def test_a_former_rule_cuts_the_splits_of_its_artifacts(of_a_file, monkeypatch):
    folder, _, metrics = of_a_file
    monkeypatch.setattr(sentiment_data.splits, "by_content_and_class", lambda *_: pytest.fail("the rule of today"))
    same(load(folder).evaluate(), metrics)


def test_another_sample_is_refused(of_a_file, monkeypatch):
    folder = of_a_file[0]
    rewrite(folder, source={"data": None, "valid": None, "test": None})
    assert load(folder).evaluate()["examples"] == 810
    monkeypatch.setattr(sentiment_sample, "VERSION", 2)
    with pytest.raises(
        ValueError, match=r"expected an artifact of built-in sample 2, received 'old' of built-in sample 1"
    ):
        load(folder).evaluate()
    rewrite(folder, sample=2)
    assert load(folder).evaluate()["examples"] == 810


def test_a_file_that_changed_is_said(of_a_file, caplog):
    folder, file, metrics = of_a_file
    parts = cut(pipelines.sentiment.task, file, **json.loads((folder / "config.json").read_text("utf-8")))
    rewrite(folder, fingerprints=fingerprints(parts))
    with open(file, "a", encoding="utf-8") as written:
        written.write("one more for training,positive\n")
    assert cut(pipelines.sentiment.task, file)["train"]["text"][-1] == "one more for training"
    same(load(folder).evaluate(), metrics)  # of the same test split as then
    assert caplog.messages == []
    with open(file, "a", encoding="utf-8") as written:
        written.writelines(f"one more {number},positive\n" for number in range(30))
    assert load(folder).evaluate()["examples"] > metrics["examples"]
    assert caplog.messages == [
        f"{file} changed since 'old' was trained, and the test split with it; rows of the training split may now be in "
        "it: give data=..., or train anew"
    ]


def test_a_new_artifact_remembers_how_it_was_split(trained):
    record = json.loads((trained.path / "artifact.json").read_text("utf-8"))
    assert record["split_rule"] == 2 and "sample" not in record
    assert record["fingerprints"] == fingerprints(trained.splits)


def test_one_trained_on_the_sample_remembers_which(monkeypatch, tmp_path):
    texts, labels = sentiment_sample.generate()
    monkeypatch.setattr(sentiment_sample, "generate", lambda seed=0: (texts[:200], labels[:200]))
    options = {"units": 4, "embedding_size": 4, "bidirectional": False, "buckets": 1, "epochs": 1}
    artifact = pipelines.sentiment.train(directory=tmp_path, **options)
    assert (artifact.facts["split_rule"], artifact.facts["sample"]) == (2, 1)
    assert pipelines.sentiment.evaluate(directory=tmp_path) == pytest.approx(artifact.metrics)


def test_fractions_are_cut_for_what_has_no_source():
    config = settings.create(pipelines.sentiment.task.Config, {"valid_fraction": 0.3})
    assert splits.fractions(config, {}) == {"valid": 0.3, "test": 0.1}
    assert splits.fractions(config, splits.own_sources("valid.csv", None)) == {"test": 0.1}
    config = settings.create(pipelines.sentiment.task.Config, {"valid_fraction": 0.6, "test_fraction": 0.4})
    with pytest.raises(ValueError, match="valid_fraction, test_fraction: expected a sum below 1, received 1"):
        splits.fractions(config, {})


def test_a_tune_in_another_key_is_the_same():
    notes = np.array([[0.0, 1.0, 60], [1.0, 1.0, 64]])
    part = {"name": ["a", "b"], "notes": [notes, notes + np.array([0, 0, 5])]}
    first, second = music_data._tunes(part)
    assert first == second

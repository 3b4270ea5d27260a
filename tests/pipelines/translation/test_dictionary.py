"""The word-by-word dictionary, against IBM model 1 written out in plain loops."""

import collections

import numpy as np
from conftest import pairs

from pipelines.translation import baselines as dictionary


def plain_model_1(sources, targets, rounds):
    """{(source word, target word): t} by the textbook's loops (Brown et al. 1993)."""
    chances = collections.defaultdict(lambda: 1.0)
    for _ in range(rounds):
        counts, totals = collections.Counter(), collections.Counter()
        for source, target in zip(sources, targets, strict=True):
            words = [*dictionary.words(source), None]
            for english in dictionary.words(target):
                norm = sum(chances[foreign, english] for foreign in words)
                for foreign in words:
                    share = chances[foreign, english] / norm
                    counts[foreign, english] += share
                    totals[foreign] += share
        chances = collections.defaultdict(float, {pair: count / totals[pair[0]] for pair, count in counts.items()})
    return chances


def test_entries_are_the_likeliest_words_of_ibm_model_1():
    sources, targets = pairs(60)
    chances = plain_model_1(sources, targets, dictionary.ROUNDS)
    entries = dictionary.learn(sources, targets).entries
    best = collections.defaultdict(float)
    for (foreign, _), chance in chances.items():
        best[foreign] = max(best[foreign], chance)
    assert set(entries) == {foreign for foreign, _ in chances if foreign is not None}
    for foreign, english in entries.items():
        np.testing.assert_allclose(chances[foreign, english], best[foreign], rtol=1e-6)


def test_a_small_language_is_learned_and_other_words_stay():
    learned = dictionary.learn(["la casa", "la puerta", "una casa"], ["the house", "the door", "a house"])
    assert learned.translate("una puerta") == "a door"
    assert learned.translate("la torre, verde") == "the torre , verde"
    assert learned.translate("") == ""


def test_a_saved_dictionary_is_the_same(tmp_path):
    learned = dictionary.learn(["la casa", "ñandú 漢字"], ["the house", "rhea kanji"])
    learned.save(tmp_path)
    assert dictionary.load(tmp_path).entries == learned.entries


def test_letters_of_scripts_without_spaces_are_words_and_stay_together():
    assert dictionary.words("我有3只猫，abc") == ["我", "有", "3", "只", "猫", "，", "abc"]
    assert dictionary.words("コーヒーが好き") == list("コーヒーが好き")
    assert dictionary.words("ที่นี่") == ["ที่", "นี่"]
    assert dictionary.words("나는 학교") == ["나는", "학교"]
    assert dictionary.words("हिन्दी में।") == ["हिन्दी", "में", "।"]
    english, chinese = ["white cat", "white dog", "black cat"], ["白猫", "白狗", "黑猫"]
    assert dictionary.learn(english, chinese).translate("black dog sleeps") == "黑狗 sleeps"
    assert dictionary.learn(chinese, english).translate("黑狗") == "black dog"


def test_a_dictionary_of_0_1_0_splits_as_it_did(tmp_path):
    old = {
        side: np.frombuffer(text.encode(), "uint8") for side, text in (("source", "黑狗\ncat"), ("target", "dog\n猫"))
    }
    np.savez_compressed(tmp_path / "baselines.npz", **old)
    loaded = dictionary.load(tmp_path)
    assert loaded.translate("黑狗 cat cat") == "dog 猫 猫"
    loaded.save(tmp_path)
    assert dictionary.load(tmp_path).rule == loaded.rule == 1


def test_learning_stops_at_so_many_links(monkeypatch):
    monkeypatch.setattr(dictionary, "MOST_LINKS", 2 * (2 + 1) * 2)
    learned = dictionary.learn(["la casa", "una puerta", "dos torres"], ["the house", "a door", "two towers"])
    assert set(learned.entries) == {"la", "casa", "una", "puerta"}


def test_the_baseline_learns_from_the_training_split_alone(bilingual):
    """Its words are those of the training split: nothing of the validation or test split leaks."""
    splits = bilingual.splits
    known = {word for text in splits["train"]["source"] for word in dictionary.words(text)}
    assert set(bilingual.baseline.entries) == known
    relearned = dictionary.fit(bilingual.preprocessor, splits["train"])
    assert relearned.entries == bilingual.baseline.entries


def test_empty_sides_are_no_trouble():
    assert dictionary.learn(["la casa", ""], ["the house", ""]).translate("casa") in ("the", "house")

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


def test_the_baseline_learns_from_the_training_split_alone(bilingual):
    """Its words are those of the training split: nothing of the validation or test split leaks."""
    splits = bilingual.splits
    known = {word for text in splits["train"]["source"] for word in dictionary.words(text)}
    assert set(bilingual.baseline.entries) == known
    relearned = dictionary.fit(bilingual.preprocessor, splits["train"])
    assert relearned.entries == bilingual.baseline.entries


def test_empty_sides_are_no_trouble():
    assert dictionary.learn(["la casa", ""], ["the house", ""]).translate("casa") in ("the", "house")

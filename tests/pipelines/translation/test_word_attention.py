"""Attention by word, and unknown words copied by it."""

import numpy as np
import pytest

from pipelines.translation.word_attention import Attention, by_word, copied, words

SOURCE = ["▁Veo", "▁a", "▁", "漢字", ".", "</s>"]
TARGET = ["▁I", "▁se", "e", "▁Bob", ".", "</s>"]
KNOWN = {"▁Veo", "▁a", "▁", "."}


def looked(*columns):
    """The attention whose target pieces each look at one source piece."""
    return Attention(SOURCE, TARGET, np.eye(len(SOURCE), dtype="float32")[list(columns)])


def test_pieces_make_words():
    assert [word for word, _ in words(SOURCE)] == ["Veo", "a", "漢字.", "</s>"]
    assert [places for _, places in words(TARGET)] == [[0], [1, 2], [3, 4], [5]]
    assert words(["est", "▁low"]) == [("est", [0]), ("low", [1])]
    assert words([]) == []


def test_weights_by_word_are_sums_over_the_source_and_means_over_the_target():
    weights = np.random.default_rng(0).dirichlet(np.ones(6), 6).astype("float32")
    found = by_word(Attention(SOURCE, TARGET, weights))
    assert found.source == ["Veo", "a", "漢字.", "</s>"] and found.target == ["I", "see", "Bob.", "</s>"]
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-6)
    expected = (weights[1, 2:5].sum() + weights[2, 2:5].sum()) / 2
    np.testing.assert_allclose(found.weights[1, 2], expected, rtol=1e-6)


def test_an_unknown_word_takes_the_place_of_what_looked_at_it_and_marks_stay():
    assert copied(looked(0, 0, 0, 3, 4, 5), KNOWN) == "I see 漢字."


def test_a_known_text_stays_as_it_is():
    assert copied(looked(0, 0, 0, 3, 4, 5), {*KNOWN, "漢字"}) == "I see Bob."


def test_an_unknown_target_word_gives_way_to_what_it_looked_at():
    attention = looked(0, 0, 0, 3, 4, 5)._replace(target=["▁I", "▁⁇", "e", "▁Bob", ".", "</s>"])
    assert copied(attention, {*KNOWN, "漢字"}) == "I Veo Bob."


def test_two_unknown_words_take_two_places():
    source = ["▁漢", "▁字", "</s>"]
    attention = Attention(source, ["▁a", "▁b", "</s>"], np.array([[0.6, 0.4, 0], [0.1, 0.2, 0.7], [0, 0, 1]]))
    assert copied(attention, set()) == "漢 字"


@pytest.mark.parametrize("target", [["</s>"], []])
def test_a_translation_without_words_has_no_place_for_one(target):
    attention = Attention(SOURCE, target, np.full((len(target), len(SOURCE)), 1 / 6))
    assert copied(attention, KNOWN) == ""

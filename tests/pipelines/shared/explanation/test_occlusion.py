"""Parts of words, checked on scores whose answer is known."""

import numpy as np
import pytest

from pipelines.shared.explanation import occlusion, strongest
from pipelines.shared.text.positions import Word


def one_token_each(count):
    return [Word(place, place + 1, place, place + 1) for place in range(count)]


def test_of_a_sum_the_parts_are_what_is_added():
    weights = np.random.default_rng(0).normal(size=(20, 3))
    weights[0] = 0

    def score(ids, lengths):
        return (weights[ids] / np.maximum(1, lengths)[:, None, None]).sum(axis=1) + 5  # the mean over time, and a bias

    sequences = [np.array([3, 4, 3]), np.array([], int), np.array([7])]
    parts = occlusion.parts(score, sequences, [one_token_each(len(ids)) for ids in sequences])
    for ids, of_text in zip(sequences, parts, strict=True):
        assert of_text == pytest.approx(weights[ids] / max(1, len(ids)))
    assert parts[0].sum(axis=0) == pytest.approx(score(sequences[0][None], np.array([3]))[0] - 5)


def test_where_order_decides_the_words_that_are_in_order_have_the_parts():
    """1 where an even number comes right before an odd one, else 0."""

    def score(ids, lengths):
        return ((ids[:, :-1] % 2 == 0) & (ids[:, :-1] > 0) & (ids[:, 1:] % 2 == 1)).any(axis=1)[:, None].astype(float)

    [parts] = occlusion.parts(score, [np.array([3, 5, 4, 7, 5])], [one_token_each(5)])
    assert parts[:, 0].tolist() == [0, 0, 1, 1, 0]


def test_several_tokens_are_blotted_out_together_and_words_not_read_have_no_part():
    seen = []

    def score(ids, lengths):
        seen.extend(ids.tolist())
        return ids.sum(axis=1, keepdims=True)

    words = [Word(0, 2, 0, 0), Word(3, 6, 0, 2), Word(7, 8, 2, 3)]
    [parts] = occlusion.parts(score, [np.array([5, 6, 7])], [words])
    assert seen == [[5, 6, 7], [0, 0, 7], [5, 6, 0]]
    assert np.isnan(parts[0, 0]) and parts[1:, 0].tolist() == [11, 7]


def test_many_texts_are_answered_in_few_calls():
    calls = []

    def score(ids, lengths):
        calls.append(ids.shape)
        return lengths[:, None] * 1.0

    sequences = [np.ones(length, int) for length in (3, 40, 3, 7)]
    parts = occlusion.parts(score, sequences, [one_token_each(len(ids)) for ids in sequences])
    assert calls == [(57, 40)] and [part.shape for part in parts] == [(3, 1), (40, 1), (3, 1), (7, 1)]


def test_log_odds_are_exact_where_one_minus_p_is_rounded_away():
    logits = np.array([[30.0, -12.0, 0.0]])
    probabilities = np.float32(np.exp(logits - 30) / np.exp(logits - 30).sum())
    assert probabilities[0, 0] == 1
    odds = occlusion.log_odds(probabilities)
    assert odds[0] == pytest.approx([30.0, -42.0, -30.0], abs=1e-4)
    assert np.isfinite(occlusion.log_odds(np.float32([[1, 0]]), exclusive=False)).all()


def test_words_that_stand_twice_are_listed_once():
    words = [
        {"word": "very", "part": 1.0}, {"word": "very", "part": 0.5}, {"word": "bad", "part": -2.0},
        {"word": "cut", "part": None}, {"word": "a", "part": 0.001},
    ]  # fmt: skip
    assert strongest.in_a_line(words) == "for: very +1.50; against: bad -2.00"

"""Words as they stand in a raw text, and the tokens that a network reads of them."""

import hypothesis
import pytest
import tensorflow as tf
from hypothesis import strategies

from pipelines.shared.text import positions, tokenization

TEXTS = ["The ﬁnest Straße", "unbelievable, believable!", "été a\u00adb x²", "日本語のテキスト。", "한국어 ｱﾊﾟｰﾄ", "İ a"]


def preprocessor(tokens="word", **settings):
    return tokenization.adapt(TEXTS * 3, tokens=tokens, vocabulary_size=120, **settings)


def cut(made, text):
    """[(a word as it stands in the text, how many tokens are read of it)]."""
    return [(text[word.start : word.end], word.last - word.first) for word in positions.located(made, [text])[0]]


def test_words_are_those_of_the_raw_text():
    made = preprocessor()
    assert cut(made, "The  ﬁnest STRASSE, e\u0301te\u0301") == [
        ("The", 1), ("ﬁnest", 1), ("STRASSE", 1), (",", 1), ("e\u0301te\u0301", 1),
    ]  # fmt: skip
    assert cut(made, "a\u00adb x²") == [("a\u00adb", 1), ("x", 1), ("²", 1)]
    assert cut(made, "It's 👨\u200d👩\u200d👧") == [("It", 1), ("'", 1), ("s", 1), ("👨\u200d👩\u200d👧", 1)]
    assert cut(made, "") == cut(made, " \n") == []


def test_a_letter_of_two_words_makes_them_one():
    assert cut(preprocessor(), "İ a") == [("İ", 2), ("a", 1)]  # folded to i and a dot, which are of two scripts


def test_several_pieces_are_one_word_but_in_scripts_without_spaces():
    made = tokenization.TextPreprocessor(["[PAD]", "[UNK]", "un", "##able", "日", "##本", "a"], tokens="wordpiece")
    assert cut(made, "Unable a 日本") == [("Unable", 2), ("a", 1), ("日", 1), ("本", 1)]


@pytest.mark.parametrize(("keep", "read"), [("start", [2, 1, 0, 0]), ("end", [0, 1, 1, 1])])
def test_words_beyond_max_length_have_no_tokens(keep, read):
    made = tokenization.TextPreprocessor(
        ["[PAD]", "[UNK]", "un", "##able", "a"], tokens="wordpiece", max_length=3, keep=keep
    )
    assert [count for _, count in cut(made, "unable a a a")] == read


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(strategies.text(max_size=12), strategies.sampled_from(["word", "wordpiece"]))
@hypothesis.example("0\x85", "word")
@hypothesis.example("0\x85a b", "wordpiece")
def test_tokens_and_letters_add_up_for_any_text(text, tokens):
    made = MADE[tokens]
    hypothesis.assume(not any(0xD800 <= ord(letter) < 0xE000 for letter in text))
    [words] = positions.located(made, [text])
    ids = made(tf.constant([text])).to_list()[0]
    assert sum(word.last - word.first for word in words) == len(ids)
    ends = [0, *(word.end for word in words)]
    assert all(start.start >= end for start, end in zip(words, ends, strict=False)) and ends[-1] <= len(text)
    assert all(word.start < word.end for word in words)
    between = "".join(text[end : start.start] for start, end in zip(words, ends, strict=False)) + text[ends[-1] :]
    assert not made(tf.constant([between])).to_list()[0]  # no token comes from outside the words


MADE = {tokens: preprocessor(tokens) for tokens in ("word", "wordpiece")}

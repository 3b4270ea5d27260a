"""Text to ids: tokens against independent implementations, vocabularies, pretrained vectors."""

import collections
import json
import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from pipelines.sentiment import sample as sentiment_sample
from pipelines.shared.text import tokenization

TEXTS = sentiment_sample.generate()[0][:400]


def tokens_of(string, lowercase=True):
    return [word.decode() for word in tokenization.words(tf.constant([string]), lowercase)[0].numpy()]


def words_in_python(string):
    """Independent: runs of letters (with their marks) and runs of everything else, of Latin text."""
    words, last = [], None
    for letter in unicodedata.normalize("NFKC", string).casefold():
        category = unicodedata.category(letter)
        kind = "space" if letter.isspace() else last if category == "Mn" else category[0] == "L"
        if kind == last and kind != "space":
            words[-1] += letter
        elif kind != "space":
            words.append(letter)
        last = kind
    return words


@pytest.mark.parametrize(
    "string", [*TEXTS[:40], "Don't!", "a1b2", "x_1", "3.5%", "ＡＢＣ ﬁne", "Straße É e\u0301", "", "  ", "1 2 ! 3 ? a"]
)
def test_words_are_those_of_an_independent_implementation(string):
    assert tokens_of(string) == words_in_python(string)


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("я люблю film", ["я", "люблю", "film"]),
        ("абвgd", ["абв", "gd"]),
        ("你好，世界", ["你好", ",", "世界"]),
        ("ひらがなカタカナ漢字", ["ひらがな", "カタカナ", "漢字"]),
        ("good😀😀", ["good", "😀😀"]),
        ("① x² ½", ["1", "x", "2", "1⁄2"]),
        ("1 2 ! ! 3.5!", ["1", "2", "!", "!", "3.5!"]),
        ("a\u00a0b\u3000c", ["a", "b", "c"]),
    ],
)
def test_words_are_split_at_changes_of_script_after_normalisation(string, expected):
    assert tokens_of(string) == expected


def test_letter_case_is_kept_when_asked():
    assert tokens_of("Not BAD", lowercase=False) == ["Not", "BAD"]


def greedy(word, vocabulary):
    """Independent: the longest piece of the vocabulary first, again and again; one unknown if that fails."""
    pieces, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        ends = [end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary]
        if not ends:
            return ["[UNK]"]
        pieces.append(mark + word[start : ends[0]])
        start = ends[0]
    return pieces


def test_wordpieces_are_those_of_greedy_longest_match():
    preprocessor = tokenization.adapt(TEXTS, tokens="wordpiece", vocabulary_size=300)
    vocabulary = preprocessor.state()["vocabulary"]
    strings = [*TEXTS[:60], "unbelievableness filmfilm", "日本 qzx@", "x" * tokenization.LONGEST_WORD, "bad" * 2000]
    for string, ids in zip(strings, preprocessor.all_ids(tf.constant(strings)).to_list(), strict=True):
        expected = []
        for word in tokens_of(string):
            expected += greedy(word, vocabulary) if len(word.encode()) <= tokenization.LONGEST_WORD else ["[UNK]"]
        assert [vocabulary[id] for id in ids] == expected
    assert max(map(len, vocabulary)) > 4 and len(vocabulary) == len(set(vocabulary)) <= 300


def test_wordpieces_of_texts_with_the_mark_of_wordpieces_itself():
    preprocessor = tokenization.adapt(["### ### head", "## a#b"], tokens="wordpiece", vocabulary_size=100)
    assert len(set(preprocessor.vocabulary)) == len(preprocessor.vocabulary)
    assert 1 not in preprocessor(tf.constant(["### head", "## b#a"])).flat_values.numpy()


def test_the_word_vocabulary_holds_the_most_frequent_of_the_texts_given():
    counts = collections.Counter(word for string in TEXTS for word in words_in_python(string))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    assert tokenization.adapt(TEXTS, vocabulary_size=50).state()["vocabulary"] == ["[PAD]", "[UNK]", *ranked[:48]]
    frequent = [word for word in ranked if counts[word] >= 20]
    assert tokenization.adapt(TEXTS, minimum_count=20).state()["vocabulary"] == ["[PAD]", "[UNK]", *frequent]


def test_the_vocabulary_does_not_depend_on_how_many_texts_are_read_at_once(monkeypatch):
    whole = tokenization.adapt(TEXTS).state()
    monkeypatch.setattr(tokenization, "READ_AT_ONCE", 7)
    assert tokenization.adapt(TEXTS).state() == whole


@pytest.mark.parametrize("tokens", ["word", "wordpiece"])
def test_ids_are_int32_and_unknown_words_are_1(tokens):
    preprocessor = tokenization.adapt(["good film", "bad film"], tokens=tokens, vocabulary_size=40)
    ids = preprocessor(tf.constant(["film 漢字", "", " \n"]))
    assert ids.dtype == tf.int32
    assert ids.to_list() == [[preprocessor.vocabulary.index("film"), 1], [], []]


@pytest.mark.parametrize("tokens", ["word", "wordpiece"])
def test_the_state_is_json_that_gives_the_same_ids(tokens):
    preprocessor = tokenization.adapt(
        TEXTS, tokens=tokens, vocabulary_size=200, max_length=9, keep="start", lowercase=False
    )
    again = tokenization.TextPreprocessor(**json.loads(json.dumps(preprocessor.state())))
    assert again.state() == preprocessor.state()
    assert again(tf.constant(TEXTS)).to_list() == preprocessor(tf.constant(TEXTS)).to_list()


def test_a_long_text_keeps_its_start_or_its_end():
    long = " ".join("abcdefgh")
    kept = {
        keep: tokenization.adapt([long], max_length=3, keep=keep)(tf.constant([long, "a b"])).to_list()
        for keep in ("start", "end")
    }
    assert kept == {"start": [[2, 3, 4], [2, 3]], "end": [[7, 8, 9], [2, 3]]}


@pytest.mark.parametrize("texts", [["x"], ["a b c"], ["!!!"], ["good film"], ["漢" * 50, "a"], ["y" * 5000]])
@pytest.mark.parametrize("tokens", ["word", "wordpiece"])
def test_a_tiny_corpus_gives_a_vocabulary_that_knows_it(texts, tokens):
    preprocessor = tokenization.adapt(texts, tokens=tokens, vocabulary_size=20_000, max_length=10_000)
    ids = preprocessor(tf.constant(texts)).to_list()
    too_long = tokens == "wordpiece" and len(texts[0]) > tokenization.LONGEST_WORD
    assert all(row and (1 in row) == too_long for row in ids)


def test_a_vocabulary_too_small_for_the_letters_is_refused():
    with pytest.raises(
        ValueError, match=r"vocabulary_size: expected at least 20, .* each of the 9 letters .* received 19"
    ):
        tokenization.adapt(["abc defghi"], tokens="wordpiece", vocabulary_size=19)
    assert len(tokenization.adapt(["abc defghi"], tokens="wordpiece", vocabulary_size=20).vocabulary) == 20


def test_a_text_of_a_megabyte():
    preprocessor = tokenization.adapt(["word"], max_length=5)
    assert preprocessor(tf.constant(["word " * 200_000])).to_list() == [[2] * 5]


VOCABULARY = ["[PAD]", "[UNK]", "good", "bad", ".", "missing"]


def vectors(tmp_path, content, vocabulary=VOCABULARY, **options):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return tokenization.read_vectors(path, vocabulary, **options)


@pytest.mark.parametrize(
    "content",
    [
        "bad 3 4\ngood 1 2.5\nother 9 9\n. . . 7 7\n. 5 6\n",  # GloVe, with a token of spaces
        "5 2\nbad 3 4 \ngood 1 2.5 \nother 9 9 \n\u2028 7 7 \n. 5 6 \n",  # fastText
        "other 0 0\r\nbad 3 4\r\ngood 1 2.5\r\n. 5 6",
    ],
)
def test_vectors_in_either_format_are_read(tmp_path, content):
    found, count = vectors(tmp_path, content)
    assert (found.shape, found.dtype, count) == ((6, 2), np.float32, 3)
    np.testing.assert_array_equal(found[[0, 2, 3, 4]], [[0, 0], [1, 2.5], [3, 4], [5, 6]])


def test_tokens_without_a_vector_get_random_ones_of_the_same_spread(tmp_path):
    draw = np.random.default_rng(0).normal(0, 0.3, (500, 20))
    lines = [f"w{row} " + " ".join(map(str, vector)) for row, vector in enumerate(draw)]
    vocabulary = ["[PAD]", "[UNK]", *(f"w{row}" for row in range(1000))]
    found, count = vectors(tmp_path, "\n".join(lines), vocabulary, seed=1)
    assert count == 500
    np.testing.assert_allclose(found[2:502], draw, rtol=1e-6)
    assert found[502:].std() == pytest.approx(0.3, rel=0.05)
    np.testing.assert_array_equal(found, vectors(tmp_path, "\n".join(lines), vocabulary, seed=1)[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("good 1 2\nbad 3\n", "line 2: expected a token and 2 numbers, .* received 1"),
        ("9 3\ngood 1 2\n", "line 2: expected a token and 3 numbers, .* received 2"),
        ("good 1 2\nbad 3 x\n", "line 2: expected a token and 2 numbers; .*'x'"),
        ("good 1 2\nbad 3 nan\n", "line 2: expected finite numbers, received 3 nan"),
        ("other 1 2\n", "vectors of the vocabulary's 6 tokens, received none of them"),
        ("", "received none of them"),
        (b"good 1 2\n\xff 1 2\n", "expected UTF-8, received byte 0xff"),
    ],
)
def test_wrong_files_of_vectors(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as raised:
        vectors(tmp_path, content)
    assert "vectors.txt" in str(raised.value)


def test_a_missing_file_of_vectors():
    with pytest.raises(FileNotFoundError, match=r"vectors: no file 'no\.txt'"):
        tokenization.read_vectors("no.txt", VOCABULARY)


@pytest.mark.parametrize(
    "content, message",
    [
        ("5 " + "9" * 5000 + "\n", "line 1: expected a token and 1 to 10,000 numbers"),
        ("5 1000000000000\n", "line 1: expected a token and 1 to 10,000 numbers"),
        ("\ngood 1 2\n", "received nothing"),
        ("x" * 5_000_000, "line 1: expected"),
        ("good " + "1" * 5000 + "x 2\n", "line 1: expected a token and 2 numbers"),
    ],
)
def test_vectors_of_vast_sizes_are_one_short_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as raised:
        vectors(tmp_path, content, ["", "[UNK]", "good"])
    assert "vectors.txt" in str(raised.value) and len(str(raised.value)) < 500

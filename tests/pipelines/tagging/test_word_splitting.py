"""Texts into words: by the rules, and as the training texts do."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.tagging import data, preprocessor, scores
from pipelines.tagging.config import Config
from pipelines.tagging.words import forms, splitting


def words(splitter, *texts):
    return [[word.decode() for word in row] for row in splitter(tf.constant(texts)).to_list()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know.", "I do n't know ."),
        ("They're here, aren't they?", "They 're here , are n't they ?"),
        ('He said: "It\'s (almost) done!"', 'He said : " It \'s ( almost ) done ! "'),
        ("“Yes”, she’d say…", "“ Yes ” , she ’d say …"),
        ("well-known and/or", "well - known and / or"),
        ("It costs $1,000.50 at 10:30.", "It costs $ 1,000.50 at 10:30 ."),
        ("See http://a.org/b?c=d, or www.x.com.", "See http://a.org/b?c=d , or www.x.com ."),
        ("Write to me@here.org!!!", "Write to me@here.org !!!"),
        ("The U.S. and J. Smith ...", "The U.S. and J. Smith ..."),
        ("ok :) ;-)", "ok :) ;-)"),
        ("((a))", "(( a ))"),
        ("one--two", "one -- two"),
        ("don't. Can't", "do n't . Ca n't"),
        ("\u00a0a\u2003b\t c\n", "a b c"),
        ("", ""),
        ("   ", ""),
        ("?", "?"),
        ("漢字です。", "漢字です。"),
    ],
)
def test_the_rules(text, expected):
    assert words(splitting.Splitter("treebank", "-/"), text) == [expected.split()]


def test_a_batch_is_split_as_each_by_itself():
    splitter = splitting.Splitter("treebank", "-")
    texts = ["I don't.", "", "a-b", "(x)"]
    assert words(splitter, *texts) == [words(splitter, text)[0] for text in texts]


def examples(*pairs):
    """Columns of texts whose parts are given as lists of words."""
    columns = {"tokens": [], "tags": [], "text": [], "sizes": []}
    for text, words in pairs:
        columns["tokens"].append([word for part in words for word in part.split(" ")])
        columns["tags"].append(["X"] * len(columns["tokens"][-1]))
        columns["text"].append(text)
        columns["sizes"].append(np.array([len(part.split(" ")) for part in words], np.int32))
    return columns


def test_what_the_training_texts_do_is_learned():
    known = examples(
        (
            "Mr. Smith gonna go to e-mail, non-smokers.",
            ["Mr.", "Smith", "gon na", "go", "to", "e-mail ,", "non-smokers ."],
        ),
        ("a well-read non-user in the north-east", ["a", "well - read", "non-user", "in", "the", "north - east"]),
        ("so-called post-war days", ["so - called", "post - war", "days"]),
    )
    splitter = splitting.learn(known)
    assert splitter.style == "treebank" and "-" in splitter.inner and splitter.beginnings == ["non"]
    expected = ["Mr. Jones is gon na , e-mail a non-member by - law ."]
    assert words(splitter, "Mr. Jones is gonna, e-mail a non-member by-law.") == [expected[0].split()]
    again = splitting.Splitter(**splitter.state())
    assert words(again, *known["text"]) == words(splitter, *known["text"]) == known["tokens"]


def test_words_of_other_languages_that_their_parts_do_not_spell():
    known = examples(("Il va au bois du roi", ["Il", "va", "à le", "bois", "de le", "roi"]))
    assert words(splitting.learn(known), "au roi")[0] == ["à", "le", "roi"]
    prepared = preprocessor.Preprocessor(forms.adapt({"roi": 1}, 9, 1, 9), ["X"], splitting.learn(known))
    assert scores.split(prepared, known) == {"split_f1": 1.0}


def test_without_texts_words_with_marks_are_kept_and_the_style_is_told():
    treebank = [["Mr.", "Smith", "said", ",", "do", "n't", "."], ["No", ",", "he", "did", "."]]
    splitter = splitting.learn(data.load_examples([[(word, "X") for word in one] for one in treebank], Config()))
    assert splitter.style == "treebank"
    assert words(splitter, "Mr. Brown didn't.") == [["Mr.", "Brown", "did", "n't", "."]]
    plain = [["Hello,", "you"], ["No,", "never."]]
    splitter = splitting.learn(data.load_examples([[(word, "X") for word in one] for one in plain], Config()))
    assert splitter.style == "blanks" and words(splitter, "Well, no.") == [["Well,", "no."]]


def test_the_score_counts_words_whose_both_ends_are_right():
    splitter = splitting.Splitter("blanks")
    prepared = preprocessor.Preprocessor(forms.adapt({"a": 1}, 9, 1, 9), ["X"], splitter)
    known = examples(("ab cd ef", ["a b", "cd", "ef"]))
    assert scores.split(prepared, known) == {"split_f1": pytest.approx(2 * 2 / (3 + 4))}
    assert scores.split(prepared, {**known, "text": [""]}) == {}


def test_forms_are_small_letters_and_both_ends_of_long_words():
    made = forms.adapt({"Fish": 2, "fishing": 1, "ÄRGER": 1}, 50, 1, 5)
    assert made.vocabulary == ["[PAD]", "[UNK]", "fish", "fishing", "ärger"]
    ids, letters = forms.arrays(made, ["FISH", "", "unknown", "Fishing", "Ärger"])
    assert ids.tolist() == [2, 0, 1, 3, 4]
    spelled = ["".join(made.letters[letter] for letter in row if letter) for row in letters]
    assert spelled[3] == "Fisng" and spelled[1] == ""
    folded = made.folded()
    assert made.letters[folded[made.letters.index("F")]] == "f"
    assert made.letters[folded[made.letters.index("Ä")]] == "Ä"  # its small letter is not known
    assert forms.Forms(**made.state()).state() == made.state()


def test_control_letters_are_unknown_and_never_lines_of_a_file():
    made = forms.adapt({"a\x85b": 9, "[PAD]": 3}, 50, 1, 5)
    assert list(made.vocabulary) == ["[PAD]", "[UNK]", "[pad]"] and "\x85" not in made.letters

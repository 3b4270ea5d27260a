"""What is read of files and tables, and what is said of those that cannot be."""

import gzip
import io
import logging
import zipfile

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from pipelines.tagging import data
from pipelines.tagging.config import Config

ROW = "{}\t{}\tlemma\t{}\tX\tF=1\t0\troot\t_\t{}\n".format
UNIVERSAL = (
    "# newdoc\n# text = I don't go.\n"
    + ROW(1, "I", "PRON", "_")
    + ROW("2-3", "don't", "_", "_")
    + ROW(2, "do", "AUX", "_")
    + ROW(3, "n't", "PART", "_")
    + ROW(4, "go", "VERB", "SpaceAfter=No")
    + ROW("4.1", "went", "VERB", "_")
    + ROW(5, ".", "PUNCT", "_")
    + "\n"
    + ROW(1, "Go", "VERB", "_")
    + "\n"
)
WORDS = [["I", "do", "n't", "go", "."], ["Go"]]
TAGS = [["PRON", "AUX", "PART", "VERB", "PUNCT"], ["VERB"]]
NAMES = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n"
AB = ([["a", "b"]], [["X", "Y"]])


def read(source, **options):
    examples = data.load_examples(source, Config(**options))
    return list(examples["tokens"]), list(examples["tags"])


def test_universal_words_ranges_empty_nodes_and_text(write):
    examples = data.load_examples(write("a.conllu", UNIVERSAL), Config())
    assert [list(examples["tokens"]), list(examples["tags"])] == [WORDS, TAGS]
    assert list(examples["text"]) == ["I don't go.", ""]
    assert [sizes.tolist() for sizes in examples["sizes"]] == [[1, 2, 2], []]


def test_a_text_that_the_words_do_not_make_is_not_known(write):
    examples = data.load_examples(write("a.conllu", UNIVERSAL.replace("I don't go.", "I do not go.")), Config())
    assert list(examples["text"]) == ["", ""]


@pytest.mark.parametrize(
    "content",
    [
        UNIVERSAL.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + UNIVERSAL.encode(), UNIVERSAL.rstrip("\n").encode(),
        gzip.compress(UNIVERSAL.encode()), UNIVERSAL.encode("utf-16"), b"\n\n" + UNIVERSAL.encode(),
    ],
)  # fmt: skip
def test_universal_however_it_is_written(write, content):
    assert read(write("a.conllu", content)) == (WORDS, TAGS)
    assert read(write("a.whatever", content)) == (WORDS, TAGS)


@pytest.mark.parametrize(("column", "tag"), [("xpos", "X"), ("feats", "F=1"), ("deprel", "root"), ("5", "X")])
def test_universal_columns(write, column, tag):
    assert read(write("a.conllu", UNIVERSAL), tag_column=column) == (WORDS, [[tag] * 5, [tag]])


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("\troot", "", "line 3: expected 10 columns between tabs, as CoNLL-U has, received 9"),
        ("1\tI\tlemma\t", "1 I lemma ", "line 3: expected 10 columns between tabs"),
        ("\n4\t", "\n7\t", "line 7: expected word 4, received '7'"),
        ("\n4\t", "\nfour\t", "line 7: expected the number of a word, such as 1, 1-2 or 1.1, received 'four'"),
        ("\n2-3\t", "\n2-9\t", "line 9: expected words up to 9, as a range says, received 5"),
        ("\n2-3\t", "\n2-1\t", "line 4: expected word 2, received '2-1'"),
        ("\n3\tn't", "\n3-4\tn'tgo\t_\t_\t_\t_\t_\t_\t_\t_\n3\tn't", "line 6: expected word 3, received '3-4'"),
        ("\tgo\t", "\t\t", "line 7: expected a word, received ''"),
        ("\tVERB\tX\tF=1\t0\troot\t_\tSpace", "\t\tX\tF=1\t0\troot\t_\tSpace", "line 7: expected a tag, received ''"),
        (".\n\n1", ".\n1", None),
        ("go", "g\0o", "line 2: expected text, received a NUL byte"),
    ],
)
def test_a_malformed_file_is_an_error_with_its_line(write, before, after, message):
    assert before in UNIVERSAL or message is None
    path = write("bad.conllu", UNIVERSAL.replace(before, after, 1) if message else UNIVERSAL.replace("\n\n", "\n"))
    with pytest.raises(ValueError, match=rf"bad\.conllu, {message or 'line 10: expected word 6, received .1.'}"):
        read(path)


def test_a_malformed_sentence_can_be_left_out(write, caplog):
    path = write("bad.conllu", UNIVERSAL.replace("\troot", "", 1))
    with caplog.at_level(logging.WARNING, "unroll"):
        assert read(path, skip_bad=True) == (WORDS[1:], TAGS[1:])
    assert "1 of 2 rows are left out: line 3" in caplog.text


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (NAMES, {}, ([["EU", "rejects"], ["Peter"]], [["B-ORG", "O"], ["B-PER"]])),
        (NAMES, {"tag_column": "2"}, ([["EU", "rejects"], ["Peter"]], [["NNP", "VBZ"], ["NNP"]])),
        ("a\tX\nb c\tY\n\nd\tX\n", {}, ([["a", "b c"], ["d"]], [["X", "Y"], ["X"]])),
        ("word\ttag\na\tX\n\nb\tY\n", {}, ([["a"], ["b"]], [["X"], ["Y"]])),
        ("word\ttag\na\tX\n\nb\tY\n", {"header": "no"}, ([["word", "a"], ["b"]], [["tag", "X"], ["Y"]])),
        ("ner pos word\nX P a\n\nY P b\n", {"header": "yes", "token_column": "word", "tag_column": "ner"},
         ([["a"], ["b"]], [["X"], ["Y"]])),
        ("#a O\n#b X\n\n# O\n", {}, ([["#a", "#b"], ["#"]], [["O", "X"], ["O"]])),
        ("# id 1 domain=en\nthe _ _ O\n\n# id 2 domain=en\ncat _ _ X\n", {}, ([["the"], ["cat"]], [["O"], ["X"]])),
        ("1\tThe\tthe\tDT\n2\tcat\tcat\tNN\n\n1\tGo\tgo\tVB\n", {}, ([["The", "cat"], ["Go"]], [["DT", "NN"], ["VB"]])),
        ("a\tX\n\u00a0\tY\n", {}, ([["a", "\u00a0"]], [["X", "Y"]])),
        ("a X\n\n\n \t\nb Y", {}, ([["a"], ["b"]], [["X"], ["Y"]])),
    ],
)  # fmt: skip
def test_other_conll(write, content, options, expected):
    assert read(write("a.conll", content), **options) == expected


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a\tX\nb\n\nc\tX\n", {}, "line 2: expected 2 columns, received 1, 'b'; is a tab missing"),
        ("a X\nb x X\n\nc X\n", {}, "line 2: expected 2 columns, received 3"),
        ("a\nb\n", {}, "line 1: expected columns between tabs or blanks, a word and its tag, received one, 'a'"),
        ("a\tX\nb\t\n", {}, "line 2: expected a tag, received ''"),
        ("a\tX\n\tX\n", {}, "line 2: expected a word, received ''"),
        (NAMES, {"tag_column": "9"}, r"no column '9' \(--tag-column\); it has 4 columns without names"),
        (NAMES, {"tag_column": "ner"}, "no column 'ner'"),
        (NAMES, {"tag_column": "1"}, "expected another column of tags than that of words"),
        ("\n \n", {}, "received blank lines alone"),
        ("", {}, "received an empty file"),
        ("-DOCSTART- O\n\n", {}, "expected a word and its tag a line, received none"),
        ("<!doctype html><html>", {}, "a page of the web"),
    ],
)
def test_other_conll_that_cannot_be_read(write, content, options, message):
    with pytest.raises(ValueError, match=message):
        read(write("a.conll", content), **options)


@pytest.mark.parametrize(
    "source",
    [
        AB, {"tokens": AB[0], "tags": AB[1]}, [[("a", "X"), ("b", "Y")]], [{"tokens": AB[0][0], "tags": AB[1][0]}],
        {"sentence": [1, 1], "word": ["a", "b"], "tag": ["X", "Y"]},
        pandas.DataFrame({"tokens": AB[0], "tags": AB[1]}), polars.DataFrame({"tokens": AB[0], "tags": AB[1]}),
        pyarrow.table({"tokens": AB[0], "tags": AB[1]}),
        pandas.DataFrame({"Sentence #": ["one", None], "Word": ["a", "b"], "Tag": ["X", "Y"]}),
        pandas.DataFrame({"tokens": [np.array(["a", "b"])], "tags": [np.array(["X", "Y"])]}),
    ],
)  # fmt: skip
def test_sentences_in_memory(source):
    assert read(source) == AB


def test_classes_of_hugging_face_are_named():
    datasets = pytest.importorskip("datasets")
    classes = datasets.List(datasets.ClassLabel(names=["O", "B"]))
    kinds = {"tokens": datasets.List(datasets.Value("string")), "ner_tags": classes}
    rows = {"tokens": [["a", "b"], ["c"]], "ner_tags": [[0, 1], [1]]}
    table = datasets.Dataset.from_dict(rows, datasets.Features(kinds))
    assert read(table) == (rows["tokens"], [["O", "B"], ["B"]])


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.jsonl", '{"tokens": ["a", "b"], "tags": ["X", "Y"]}\n{"tokens": [], "tags": []}\n', {}),
        ("a.json", '{"data": [{"words": ["a", "b"], "pos": ["X", "Y"]}]}', {}),
        ("a.jsonl", '{"w": ["a", "b"], "t": ["X", "Y"]}\n', {"token_column": "w", "tag_column": "t"}),
        ("a.csv", 'tokens,tags\n"[""a"", ""b""]","[""X"", ""Y""]"\n', {}),
        ("a.csv", "tokens,tags\n\"['a', 'b']\",\"['X', 'Y']\"\n", {}),
        ("a.csv", "Sentence #,Word,Tag\n1,a,X\n,b,Y\n", {}),
        ("a.tsv", "sentence_id\tword\ttag\n1\ta\tX\n1\tb\tY\n", {}),
    ],
)
def test_tables_in_files(write, name, content, options):
    assert read(write(name, content), **options) == AB


def test_members_of_a_zip_and_patterns(write, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("README.md", "words")
        archive.writestr("a.conllu", UNIVERSAL)
    assert read(write("a.zip", packed.getvalue())) == (WORDS, TAGS)
    write("b1.conllu", UNIVERSAL), write("b2.conllu", UNIVERSAL)
    assert read(str(tmp_path / "b*.conllu")) == (2 * WORDS, 2 * TAGS)
    assert read([tmp_path / "b1.conllu", tmp_path / "b2.conllu"], limit=3) == ((2 * WORDS)[:3], (2 * TAGS)[:3])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"tokens": [["a", "b"]], "tags": [["X"]]}, "expected a tag for each word, received 2 words and 1 tags"),
        ({"tokens": [["a", None]], "tags": [["X", "Y"]]}, "expected a word, received None in it"),
        ({"tokens": ["a b"], "tags": ["X Y"]}, "expected a list of words in 'tokens', received 'a b'"),
        ({"tokens": [["a\nb"]], "tags": [["X"]]}, "expected a word"),
        ({"tokens": [["a\ud800"]], "tags": [["X"]]}, "half a surrogate pair"),
        ({"tokens": [["a"]], "pos_tags": [["X"]], "ner_tags": [["O"]]}, "could be the tags; tag_column"),
        ({"letters": [["a"]], "tags": [["X"]]}, "expected a column of the words, such as 'tokens', received 'letters'"),
        ({"sentence": [1, 2, 1], "word": ["a"] * 3, "tag": ["X"] * 3}, "sentence 1 stands in two places"),
        ({"word": ["a"], "tag": ["X"]}, "sentence_column"),
        ([("a", "X"), ("b", "Y")], "put each sentence in a list of its own"),
        ([[("a", "X"), ("b",)]], r"sentence 1: expected \(word, tag\), received \('b',\)"),
        ([], "received none"),
    ],
)
def test_sentences_in_memory_that_cannot_be_read(source, message):
    with pytest.raises(ValueError, match=message):
        read(source)


def test_splits_are_by_content_and_unknown_tags_are_said(caplog):
    sentences = [[(f"w{number}", "X"), ("b", "Y")] for number in range(300)]
    splits = data.load_splits(sentences, None, None, Config())
    assert {name: len(part["tokens"]) for name, part in splits.items()} == {"train": 246, "valid": 24, "test": 30}
    other = [[(f"v{number}", "X"), ("b", "Y"), ("c", "Y" if number else "Z")] for number in range(9)]
    with caplog.at_level(logging.WARNING, "unroll"):
        data.load_splits(sentences, other, None, Config())
    assert "valid: 1 of 27 words have tags that the training split does not have" in caplog.text
    wrong = [[("a", "N"), ("b", "X")]]
    with pytest.raises(ValueError, match=r"test: 1 of 2 words have tags .*Is it the same column"):
        data.load_splits(sentences, None, wrong, Config())


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([[(f"w{number}", "X")] for number in range(300)], "expected two or more tags in the training split"),
        ([[("a", "X"), ("b", "Y")]], "too few sentences"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(sentences, message):
    with pytest.raises(ValueError, match=message):
        data.load_splits(sentences, None, None, Config())


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("I go.", ["I go."]), (["I go.", ""], ["I go.", ""]), ([["I", "go"], []], [["I", "go"], []]),
        (pandas.Series(["a b"]), ["a b"]), (pandas.DataFrame({"text": ["a b"]}), ["a b"]),
        (pandas.DataFrame({"tokens": AB[0]}), AB[0]), ({"sentence": [1, 1], "word": ["a", "b"]}, AB[0]),
        ((one for one in ["a", "b"]), ["a", "b"]),
    ],
)  # fmt: skip
def test_inputs_of_predict(inputs, expected):
    assert data.read_inputs(inputs, Config()) == expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "I go.\n\nyou\n", ["I go.", "", "you"]), ("a.conllu", UNIVERSAL, WORDS), ("a.txt", UNIVERSAL, WORDS),
        ("a.conll", "a\nb\n\nc\n", [["a", "b"], ["c"]]), ("a.txt", "a\tX\nb\tX\n\nc\tX\n", [["a", "b"], ["c"]]),
        ("a.jsonl", '{"tokens": ["a", "b"]}\n', AB[0]), ("a.jsonl", '{"text": "a b"}\n', ["a b"]),
        ("a.csv", "text\na b\n", ["a b"]), ("a.txt", "", []),
    ],
)  # fmt: skip
def test_files_of_predict(write, name, content, expected):
    assert data.read_inputs(write(name, content), Config()) == expected


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([["I", 5]], ValueError, "predict, sentence 1: expected a word, received 5"),
        ([None], TypeError, "predict, sentence 1: expected a string"),
        (4, TypeError, "predict: expected a text, a list of texts or of lists of words, or a file, received 4"),
        ("nothing.txt", FileNotFoundError, "no file"),
        ("nothing.conllu", FileNotFoundError, "no file"),
    ],
)
def test_inputs_of_predict_that_cannot_be_read(inputs, error, message):
    with pytest.raises(error, match=message):
        data.read_inputs(inputs, Config())

"""Sources: whatever the user has becomes columns, or one error that says what is wrong and what to do."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from pipelines.shared.data import sources, splits

NAMES = ["text", "label"]


def test_what_the_csv_module_writes_is_read_back(tmp_path):
    texts = [
        'say "no"',
        "a, b",
        "two\nlines",
        "tab\there",
        " spaces ",
        "",
        "ünïcödé 你好 😀",
        "'",
        '"',
        "a;b",
        "x\r\ny",
    ]
    for name, dialect in (("a.csv", "excel"), ("a.tsv", "excel-tab"), ("b.CSV", "unix")):
        with open(tmp_path / name, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, dialect).writerows([["id", "label", "text"], *([1, "x", text] for text in texts)])
        assert sources.read(tmp_path / name, NAMES) == {"text": texts, "label": ["x"] * len(texts)}


@pytest.mark.parametrize(
    "content",
    [
        "text,label\ngood,1\nbad,0\n",
        "\ufefftext,label\r\ngood,1\r\nbad,0\r\n",
        "label,text,extra\n1,good,x\n0,bad,y",
        "text,label\rgood,1\rbad,0\r",
        ",text,label\n0,good,1\n1,bad,0\n",
        "\ntext,label\n".lstrip() + "good,1\n\n\nbad,0\n\n",
    ],
)
def test_forms_of_csv(write, content):
    assert sources.read(write("a.csv", content), NAMES) == {"text": ["good", "bad"], "label": ["1", "0"]}


def test_jsonl_keeps_types_and_splits_lines_at_line_feeds_only(write):
    rows = [{"text": "a\u2028b\x85c", "label": 1}, {"label": 2, "text": "é", "more": []}, {"text": None, "label": "x"}]
    path = write("a.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n")
    assert sources.read(path, NAMES) == {"text": ["a\u2028b\x85c", "é", None], "label": [1, 2, "x"]}


def test_a_text_of_a_megabyte(write):
    text = "word " * 200_000
    for name, content in (("a.csv", f"text,label\n{text},1\n"), ("a.jsonl", json.dumps({"text": text, "label": 1}))):
        assert sources.read(write(name, content), NAMES)["text"] == [text]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "received an empty file"),
        ("a.csv", "text,label\n", "expected rows of text, label, received none"),
        ("a.jsonl", "\n\n", "expected rows of text, label, received none"),
        ("a.csv", "Text,stars\na,1\n", "no column 'text'; it has 'Text', 'stars'. Did you mean 'Text'"),
        ("a.csv", "text:label\na:1\n", "no column 'text'; it has 'text:label'"),
        ("a.csv", "text,text,label\na,b,1\n", "expected one column 'text', received 2"),
        ("a.csv", b"\xef\xbb\xbftext,label\ncaf\xe9,0\n", "line 2: expected text in utf-8-sig, received byte 0xe9"),
        (
            "a.csv",
            "text,label\nñandú,1\n".encode() + b"caf\xe9,0\n",
            "line 3: expected text in utf-8, received byte 0xe9",
        ),
        ("a.csv", b"text,label\nok,1\na\0b,1\n", "line 3: expected text, received a NUL byte"),
        ("a.csv", "text,label\nok,1\na,b,1\n", "line 3: expected 2 fields, received 3"),
        ("a.csv", "text,label\nok,1\na\n", "line 3: expected 2 fields, received 1"),
        ("a.csv", 'text,label\n"open,1\nb,0\n', "line 2: unexpected end of data.*write each quote in it twice"),
        ("a.csv", 'text,label\n"so" bad,0\nb,1\n', "line 2: .*write each quote in it twice"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": "b"\n', "line 2: expected one JSON object a line"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": "b"}\n', "line 2: no column 'label'; it has 'text'"),
        ("a.jsonl", '{"text": "a", "label": 1}\n[1, 2]\n', r"line 2: expected a JSON object, received \[1, 2\]"),
        ("a.txt", "x", r"expected a table, such as .csv, .tsv, .* received .txt without columns"),
        ("a", "x", "received a file without columns"),
    ],
)
def test_a_file_that_cannot_be_read(write, name, content, message):
    path = write(name, content)
    with pytest.raises(ValueError, match=message) as raised:
        sources.read(path, NAMES)
    assert str(path) in str(raised.value)


def test_a_missing_file_says_where_it_was_looked_for():
    with pytest.raises(FileNotFoundError, match=r"no file or folder 'no\.csv' \(the working folder is /"):
        sources.read("no.csv", NAMES)


def test_a_folder_of_classes(write, tmp_path):
    write("d/pos/b.txt", "good\nfilm")
    write("d/pos/a.txt", "\ufefffine")
    write("d/neg/c.txt", "bad")
    write("d/neg/notes.md", "not read")
    (tmp_path / "d" / "empty").mkdir()
    assert sources.read(tmp_path / "d", NAMES) == {
        "text": ["bad", "fine", "good\nfilm"],
        "label": ["neg", "pos", "pos"],
    }


def test_a_folder_without_classes_or_not_utf8(write, tmp_path):
    path = write("d/train/pos/a.txt", b"caf\xe9")
    with pytest.raises(ValueError, match=r"expected one sub-folder of \.txt files a class, received train"):
        sources.read(tmp_path / "d", NAMES)
    path.write_bytes("ñandú ".encode() + b"caf\xe9")
    with pytest.raises(ValueError, match=f"file 1: {path}, line 1: expected text in utf-8"):
        sources.read(tmp_path / "d" / "train", NAMES)
    (tmp_path / "bare").mkdir()
    with pytest.raises(ValueError, match="received nothing"):
        sources.read(tmp_path / "bare", NAMES)
    with pytest.raises(ValueError, match="expected a file with text, received a folder"):
        sources.read(write("e/pos/a.txt", "x").parent.parent, ["text"])


def test_a_list_of_files_of_different_kinds_is_read_in_order(write, tmp_path):
    write("d/pos/a.txt", "c")
    parts = [write("a.csv", "text,label\na,1\n"), str(write("b.jsonl", '{"text": "b", "label": 1}\n')), tmp_path / "d"]
    assert sources.read(parts, NAMES) == {"text": ["a", "b", "c"], "label": ["1", 1, "pos"]}


@pytest.mark.parametrize(
    "pair",
    [
        (["a", "b"], [1, 0]),
        [("a", 1), ("b", 0)],
        iter([("a", 1), ("b", 0)]),
        iter([{"label": 1, "text": "a", "more": 2}, {"text": "b", "label": 0}]),
        tf.data.Dataset.from_tensor_slices((["a", "b"], [1, 0])).batch(2),
        (np.array(["a", "b"]), np.array([1, 0])),
        (np.array(["a", "b"], object), iter([1, 0])),
        ([b"a", b"b"], [1, 0]),
        tf.data.Dataset.from_tensor_slices((["a", "b"], [1, 0])),
        tf.data.Dataset.from_tensor_slices({"label": [1, 0], "text": ["a", "b"], "other": [[1], [2]]}),
        tf.data.Dataset.from_tensor_slices((["a", "b"], [1, 0])).batch(2).unbatch(),
    ],
)
def test_pairs_and_datasets(pair):
    columns = sources.read(pair, NAMES)
    assert columns == {"text": ["a", "b"], "label": [1, 0]}
    assert [type(columns[name][0]) for name in NAMES] == [str, int]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ((["a", "b"], [1]), ValueError, "lists of the same length, received 2 of text, 1 of label"),
        (([], []), ValueError, "expected rows of text, label, received none"),
        ((["ab", "cd"], "xy"), TypeError, "expected a list as label, received str 'xy'"),
        ((1, 2), TypeError, r"a tuple of columns \(text, label\).*received tuple of 2"),
        ((np.zeros((1, 2, 2)), [1]), ValueError, r"example 1: expected one value, received an array of shape \(2, 2\)"),
        (([b"caf\xe9"], [1]), ValueError, "example 1: expected text in UTF-8, received byte 0xe9"),
        ([["a"]], ValueError, r"example 1: expected \(text, label\), received \['a'\]"),
        ((("a", "b"), ("c", "d")), ValueError, "which could be either"),
        ([], ValueError, "at least one example, received none"),
        ({"text": ["a"]}, ValueError, "data: no column 'label'; it has 'text'"),
        (3, TypeError, "received int"),
    ],
)
def test_wrong_pairs(source, error, message):
    with pytest.raises(error, match=message):
        sources.read(source, NAMES)


def slices(values):
    return tf.data.Dataset.from_tensor_slices(values)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (lambda: slices(["ab", "cd"]), r"elements of 2 parts \(text, label\), received 1"),
        (lambda: slices((["a"], [1], [2])), "received 3"),
        (
            lambda: slices({"Text": ["a"], "label": [1]}),
            "no column 'text'; it has 'Text', 'label'. Did you mean 'Text'",
        ),
        (lambda: slices((["a"], [1])).take(0), "expected rows of text, label, received none"),
        (lambda: slices((["a"], [1])).repeat(), r"an endless one; drop .repeat\(\)"),
        (lambda: slices(([b"ok", b"\xff"], [1, 1])), "example 2: expected text in UTF-8, received byte 0xff"),
    ],
)
def test_wrong_datasets(dataset, message):
    with pytest.raises(ValueError, match=message):
        sources.read(dataset(), NAMES)


TINY_SET = """
import sys
import tensorflow_datasets as tfds

class TinyReviews(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"text": tfds.features.Text(), "label": tfds.features.ClassLabel(names=["bad", "good"])}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, manager):
        return {"train": self._generate_examples("train"), "test": self._generate_examples("test")}

    def _generate_examples(self, split):
        for number in range(3):
            yield number, {"text": f"{split} {number} é", "label": number % 2}

TinyReviews(data_dir=sys.argv[1]).download_and_prepare()
"""
READ_SETS = """
import json, sys
from pipelines.shared.data import sources
for source in sys.argv[1:]:
    try:
        print(json.dumps(sources.read(source, ["text", "label"])))
    except ValueError as error:
        print(json.dumps(str(error)))
"""


@pytest.mark.slow
def test_a_prepared_tfds_set_is_found_where_tfds_data_dir_says(tmp_path):
    (tmp_path / "tiny_reviews.py").write_text(TINY_SET)
    environment = {**os.environ, "TFDS_DATA_DIR": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    sets = ["tfds:tiny_reviews", "tfds:tiny_reviews/test", "tfds:tiny_reviews/validation"]
    for command in ([tmp_path / "tiny_reviews.py", tmp_path], ["-c", READ_SETS, *sets]):
        found = subprocess.run(
            [sys.executable, *command], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    train, test, error = map(json.loads, found.stdout.splitlines()[-3:])
    rows = sorted(zip(train["text"], train["label"], strict=True))
    assert rows == [("train 0 é", 0), ("train 1 é", 1), ("train 2 é", 0)]
    assert sorted(test["text"]) == ["test 0 é", "test 1 é", "test 2 é"]
    assert "expected a split, one of t" in error and "received 'validation'" in error


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    import socket

    import tensorflow_datasets as tfds

    def refused(*arguments, **options):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", refused)
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))


def test_a_tfds_set_that_is_not_prepared_fails_with_the_command(no_network):
    with pytest.raises(FileNotFoundError, match=r"not prepared.*--download.*build imdb_reviews$"):
        sources.read("tfds:imdb_reviews", NAMES)
    with pytest.raises(AssertionError, match="the network was touched"):
        sources.read("tfds:imdb_reviews", NAMES, download=True)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("tfds:imdb_revews", "Did you mean 'imdb_reviews'?"),
        ("tfds:imdb_reviews/nope", "BuilderConfig nope not found"),
        ("tfds:imdb_reviews:99.0.0", "99.0.0"),
        ("tfds:", "expected a set of tensorflow-datasets"),
    ],
)
def test_an_unknown_tfds_set(no_network, source, message):
    with pytest.raises(ValueError, match=message) as raised:
        sources.read(source, NAMES)
    assert "\n" not in str(raised.value)


def test_texts_of_a_file_stay_in_line_with_it(write):
    path = write("a.txt", "\ufeffone\n\ntwo\u2028still\x85\r\nthr\ree")
    assert sources.read_lines(path) == ["one", "", "two\u2028still\x85", "thr\ree"]
    with open(path, "rb") as file:
        assert sources.lines_of_file(file, "stdin") == sources.read_lines(path)
    with pytest.raises(ValueError, match="line 2: expected text in utf-8, received byte 0xff"):
        sources.read_lines(write("b.txt", "ñandú\n".encode() + b"\xff\n"))


def test_split_gives_each_row_to_one_part_and_keeps_rows_whole():
    columns = {"text": [f"review {number}" for number in range(5000)], "label": list(range(5000))}
    parts = splits.by_content(columns, "text", {"valid": 0.1, "test": 0.2})
    assert sorted(label for part in parts.values() for label in part["label"]) == columns["label"]
    assert all(text == f"review {label}" for part in parts.values() for text, label in zip(*part.values(), strict=True))
    shares = [len(parts[name]["text"]) / 5000 for name in ("train", "valid", "test")]
    assert np.allclose(shares, [0.7, 0.1, 0.2], atol=0.02)
    assert all(part["label"] == sorted(part["label"]) for part in parts.values())


@pytest.mark.parametrize("count", [3, 4, 5, 8, 13])
def test_of_few_texts_each_part_has_one(count):
    moved, fractions = 0, {"valid": 0.1, "test": 0.1}
    for start in range(40):
        texts = [f"tune {number}" for number in range(start, start + count)] * 2  # copies stay together
        parts = splits.by_content({"text": texts}, "text", fractions)
        assert all(len(set(part["text"])) == len(part["text"]) / 2 > 0 for part in parts.values())
        assert sorted(text for part in parts.values() for text in part["text"]) == sorted(texts)
        alone = {text: splits.by_content({"text": [text]}, "text", fractions) for text in texts}
        moved += sum(alone[text][name]["text"] != [text] for name, part in parts.items() for text in set(part["text"]))
        assert moved <= 2 * (start + 1)
    assert moved  # by hash alone, some part would have had none


def test_split_depends_on_the_text_alone_so_duplicates_never_straddle():
    copies = ["{}", " {}\n", "{}  ", "\u00a0{}"]
    texts = [form.format(f"The  ﬁlm number {number} é") for number in range(300) for form in copies]
    texts += [text.upper() for text in texts] + [text.replace("é", "e\u0301") for text in texts]
    parts = splits.by_content({"text": texts, "row": list(range(len(texts)))}, "text", {"valid": 0.3, "test": 0.3})
    place = {row: name for name, part in parts.items() for row in part["row"]}
    for number in range(300):
        rows = [row for row, text in enumerate(texts) if f" {number} " in text.lower()]
        assert len({place[row] for row in rows}) == 1 and len(rows) == 3 * len(copies)
    alone = splits.by_content({"text": texts[:1]}, "text", {"valid": 0.3, "test": 0.3})
    assert alone[place[0]]["text"] == texts[:1]

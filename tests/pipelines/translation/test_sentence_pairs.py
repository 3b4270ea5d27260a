"""Sentence pairs: every kind of data gives the same pairs, bad data one clear error, and no split leaks."""

import collections
import itertools
import json
import os
import random
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from pipelines.translation import data as sentence_pairs
from pipelines.translation import sample as sample_of_translation
from pipelines.translation.config import Data
from pipelines.translation.data import load_examples, load_splits

EXPECTED = {"source": ["Go.", "Hi, Tom!", 'Say "no".'], "target": ["Ve.", "¡Hola, Tom!", "Di «no»."]}
PAIRS = list(zip(*EXPECTED.values(), strict=True))
REVERSED = {"source": EXPECTED["target"], "target": EXPECTED["source"]}
TSV = 'Go.\tVe.\nHi, Tom!\t¡Hola, Tom!\n"Say ""no""."\tDi «no».\n'
CSV = 'Go.,Ve.\n"Hi, Tom!","¡Hola, Tom!"\n"Say ""no"".",Di «no».\n'


def objects(*names):
    rows = [dict(zip(names, pair, strict=True)) for pair in PAIRS]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.tsv", TSV, {}),
        ("a.tsv", "\ufeff" + TSV.replace("\n", "\r\n"), {}),
        ("a.TSV", TSV + "\n\n", {"source": "1", "target": "2"}),
        ("a.csv", CSV, {}),
        ("a.tsv", "source\ttarget\n" + TSV, {}),
        ("a.csv", "target,source\n" + CSV, {"source": "target", "target": "source"}),
        ("a.csv", "en,es\n" + CSV, {}),
        ("a.tsv", "English\tSpanish\n" + TSV, {"source": "en"}),
        ("a.tsv", "en-GB\tes_MX\n" + TSV, {"target": "es"}),
        ("a.tsv", "spoken\twritten\n" + TSV, {"source": "Spoken"}),
        ("a.jsonl", objects("source", "target"), {}),
        ("a.jsonl", objects("en", "es"), {"source": "english", "target": "es"}),
        ("a.jsonl", objects("spoken", "written"), {}),
        (
            "a.jsonl",
            "\n".join(f'{{"translation": {row}}}' for row in objects("en", "es").splitlines()),
            {"target": "es"},
        ),
    ],
)
def test_files_of_pairs(write, name, content, options):
    assert load_examples(write(name, content), Data(**options)) == EXPECTED


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.tsv", TSV, {"source": "2"}),
        ("a.tsv", TSV, {"target": "1"}),
        ("a.csv", "target,source\n" + CSV, {}),
        ("a.csv", "en,es\n" + CSV, {"source": "es"}),
        ("a.csv", "en,es\n" + CSV, {"source": "2", "target": "1"}),
        ("a.jsonl", objects("en", "es"), {"source": "Spanish"}),
    ],
)
def test_the_direction_is_chosen_by_names(write, name, content, options):
    assert load_examples(write(name, content), Data(**options)) == REVERSED


def test_more_columns_than_two_are_fine_once_two_are_named(write):
    rows = [f"{number}\t{source}\t{target}" for number, (source, target) in enumerate(PAIRS[:2])]
    named = write("a.tsv", "\n".join(["id\ten\tes", *rows]))
    assert load_examples(named, Data(source="en", target="es"))["target"] == EXPECTED["target"][:2]
    assert (
        load_examples(write("b.tsv", "\n".join(rows)), Data(source="2", target="3"))["source"] == EXPECTED["source"][:2]
    )
    sides = write("c.tsv", "\n".join(["id\tsource\ttarget", *rows]))
    assert load_examples(sides, Data())["target"] == EXPECTED["target"][:2]
    with pytest.raises(ValueError, match=r"a\.tsv: expected two columns or languages, received 3 \('id', 'en', 'es'\)"):
        load_examples(named, Data(source="en"))


@pytest.mark.parametrize("names", [("train.en", "train.es"), ("en.txt", "es.txt"), ("train.en.txt", "train.es.txt")])
def test_aligned_text_files(write, names):
    paths = [write(name, "\n".join(lines) + "\n") for name, lines in zip(names, EXPECTED.values(), strict=True)]
    assert load_examples(paths, Data()) == EXPECTED
    assert load_examples(tuple(map(str, paths)), Data(source="en", target="es")) == EXPECTED
    assert load_examples(paths, Data(source="es")) == REVERSED
    assert load_examples(paths[::-1], Data()) == REVERSED


TMX = "<tmx><body>{}</body></tmx>".format(
    "".join(
        f'<tu><tuv xml:lang="en"><seg>{one}</seg></tuv><tuv xml:lang="es"><seg>{other}</seg></tuv></tu>'
        for one, other in PAIRS
    )
)


@pytest.mark.parametrize(
    "members",
    [
        # As OPUS packs them.
        {
            "README": "Of whom?",
            "News.en-es.es": 1,
            "News.en-es.en": 0,
            "News.en-es.ids": "1\n2\n3\n",
            "LICENSE": "Free.",
        },
        {"corpus/train.spanish.txt": 1, "corpus/train.english.txt": 0, "__MACOSX/corpus/._train.english.txt": "\0"},
        {"en-es.tmx": TMX, "LICENSE": "Free, and, with, commas.\n"},
    ],
)
def test_an_archive_of_aligned_files_or_of_a_memory(members, tmp_path):
    sides = ["".join(f"{text}\n" for text in column) for column in EXPECTED.values()]
    with zipfile.ZipFile(tmp_path / "en-es.txt.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content if isinstance(content, str) else sides[content])
    chosen = Data(source="en")
    assert load_examples(tmp_path / "en-es.txt.zip", chosen) == EXPECTED
    assert load_examples(str(tmp_path / "en-es.txt.zip"), Data(source="es")) == REVERSED


def test_an_archive_of_one_language(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("train.en", "Go.\n")
    with pytest.raises(ValueError, match=r"named by two languages, such as train\.en, train\.es"):
        load_examples(tmp_path / "a.zip", Data())


def test_several_files_of_the_target_language_are_references(write):
    content = {"t.en": "Go.\nHi.\n", "t.es.0": "Ve.\nHola.\n", "t.es.1": "Vete.\nBuenas.\n"}
    paths = [write(name, lines) for name, lines in content.items()]
    examples = load_examples(paths, Data(source="en", target="es"))
    assert examples == load_examples(paths, Data())
    assert sentence_pairs.grouped(examples) == (["Go.", "Hi."], [["Ve.", "Vete."], ["Hola.", "Buenas."]])
    with pytest.raises(ValueError, match="expected one file that ends in 'es', the source, received several"):
        load_examples(paths, Data(source="es"))


REFERENCES = [["Ve.", "Vete."], "Hola.", ["Ya."]]
SOURCES = ["Go.", "Hi.", "Go."]


@pytest.mark.parametrize(
    "form",
    [
        (SOURCES, REFERENCES),
        list(zip(SOURCES, REFERENCES, strict=True)),
        {"source": SOURCES, "target": REFERENCES},
        [{"en": source, "es": target} for source, target in zip(SOURCES, REFERENCES, strict=True)],
    ],
)
def test_each_reference_is_an_example_and_grouped_again_for_evaluation(form, write):
    examples = load_examples(form, Data())
    assert examples == {"source": ["Go.", "Go.", "Hi.", "Go."], "target": ["Ve.", "Vete.", "Hola.", "Ya."]}
    assert sentence_pairs.grouped(examples) == (["Go.", "Hi."], [["Ve.", "Vete.", "Ya."], ["Hola."]])
    if isinstance(form, list) and isinstance(form[0], dict):
        path = write("a.jsonl", "\n".join(map(json.dumps, form)))
        assert load_examples(path, Data(source="en")) == examples


def slices(values):
    return tf.data.Dataset.from_tensor_slices(values)


@pytest.mark.parametrize(
    "data",
    [
        tuple(EXPECTED.values()),
        list(EXPECTED.values()),
        PAIRS,
        tuple(PAIRS),
        [list(pair) for pair in PAIRS],
        EXPECTED,
        {"en": EXPECTED["source"], "es": EXPECTED["target"]},
        [{"source": source, "target": target, "id": 7} for source, target in PAIRS],
        (np.array(EXPECTED["source"]), np.array(EXPECTED["target"], object)),
        ([text.encode() for text in EXPECTED["source"]], iter(EXPECTED["target"])),
        slices(tuple(EXPECTED.values())),
        slices({"en": EXPECTED["source"], "es": EXPECTED["target"]}),
        slices({"target": EXPECTED["target"], "source": EXPECTED["source"], "id": [1, 2, 3]}),
        slices({"translation": {"en": EXPECTED["source"], "es": EXPECTED["target"]}}),
        slices((EXPECTED["source"], [[target] for target in EXPECTED["target"]])),
    ],
)
def test_data_in_memory(data):
    examples = load_examples(data, Data())
    assert examples == EXPECTED
    assert {type(text) for texts in examples.values() for text in texts} == {str}


def test_two_by_two_texts_are_read_where_the_form_says_how():
    two = {side: texts[:2] for side, texts in EXPECTED.items()}
    assert load_examples((two["source"], two["target"]), Data()) == two
    assert load_examples(PAIRS[:2], Data()) == two
    for either in ([two["source"], two["target"]], tuple(PAIRS[:2])):
        with pytest.raises(ValueError, match="received 2 by 2 values, which could be either"):
            load_examples(either, Data())


def test_several_tables_are_read_one_after_another(write):
    parts = [write("a.tsv", "Go.\tVe.\n"), str(write("b.jsonl", objects("en", "es")))]
    assert load_examples(parts, Data())["source"] == ["Go.", *EXPECTED["source"]]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.tsv", "Go.\tVe.\nNo.\tNo.\tNunca.\n", {}, "line 2: expected 2 fields, received 3; put a field"),
        ("a.tsv", "Go.\tVe.\nNo.\n", {}, "line 2: expected 2 fields, received 1"),
        ("a.tsv", "Go.\tVe.\tCC-BY\n", {}, r"a\.tsv: expected two columns or languages, received 3 \('1', '2', '3'\)"),
        ("a.tsv", "Go.\nHi.\n", {}, r"a\.tsv: expected two columns, a sentence and its translation, received one"),
        ("a.csv", "english\nHi.\n", {}, r"a\.csv: expected two columns, .* received one; .* delimiter"),
        ("a.csv", "Go.:Ve.\n", {}, "expected two columns, .* received one; .*what separates the columns"),
        ("a.jsonl", '{"en": "Go."}\n', {}, "expected two columns, .* received one"),
        ("a.jsonl", '{"en": "Go.", "es": "Ve."}\n{"en": "Hi."}\n', {}, "line 2: no column 'es'; it has 'en'"),
        ("a.jsonl", '{"en": 3, "es": "Ve."}\n', {}, "line 1: expected a string as the text, received int 3"),
        ("a.tsv", "en\tes\nGo.\tVe.\n", {"source": "fr"}, "source: .* received 'fr'; it has 'en', 'es'"),
        ("a.tsv", "Go.\tVe.\n", {"target": "es"}, "target: .* it has '1', '2' without a header; add one, or choose by"),
        ("a.tsv", "en\tspoken\nGo.\tVe.\n", {"source": "en", "target": "spoke"}, "Did you mean 'spoken'?"),
        ("a.tsv", "en\tes\nGo.\tVe.\n", {"source": "en", "target": "english"}, "in different columns or languages"),
        ("a.tsv", "en\tes\n", {}, "expected pairs of sentences, received none"),
        ("a.tsv", "\n\n", {}, "expected rows of source, target, received none"),
        ("a.tsv", "", {}, "received an empty file"),
        ("a.tsv", "¡!\tVe.\n".encode() + b"Hi\tma\xf1ana\n", {}, "line 2: expected text in utf-8, received byte 0xf1"),
        ("a.csv", '"So" what,Y\n', {}, "line 1: .*write each quote in it twice"),
        ("a.en", "Go.\n", {}, r"received one text file, which holds one language; give two files, \(source, target\)"),
        ("a.txt", "Go.\nHi.\n", {}, "received one text file, .*what separates the columns"),
    ],
)
def test_a_file_that_cannot_be_read(write, name, content, options, message):
    path = write(name, content)
    with pytest.raises(ValueError, match=message):
        load_examples(path, Data(**options))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ("a\nb\nc\n", "x\ny\n"),
            r"t\.es: expected 3 lines, .*t\.en has, received 2; line 3 of .*t\.en has no .*: 'c'",
        ),
        (("a\n", "x\n\n"), r"expected 1 lines, .*, received 2; line 2 of .*t\.es has no partner: ''"),
    ],
)
def test_aligned_files_of_other_lengths_say_where(write, lines, message):
    paths = [write(name, content) for name, content in zip(("t.en", "t.es"), lines, strict=True)]
    with pytest.raises(ValueError, match=message):
        load_examples(paths, Data())


def test_a_reference_file_of_another_length(write):
    paths = [write("t.en", "a\nb\n"), write("t.es.0", "x\ny\n"), write("t.es.1", "x\ny\nz\n")]
    with pytest.raises(ValueError, match=r"t\.es\.1: expected 2 lines, .* received 3; line 3 of .*t\.es\.1 .*: 'z'"):
        load_examples(paths, Data())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a.en",), "received one text file, which holds one language"),
        (("a.en", "b.tsv"), "received one text file, which holds one language"),
        (("a.en", "b.en"), "expected a source and a target in different columns or languages, received 'en'"),
        (("a.en", "a.es", "a.fr"), r"expected two columns or languages, received 3 \('en', 'es', 'fr'\)"),
    ],
)
def test_wrong_text_files(write, names, message):
    with pytest.raises(ValueError, match=message):
        load_examples([write(name, "x\n") for name in names], Data())


def test_missing_files_and_folders(write, tmp_path):
    for missing in ("no.tsv", ["no.en", "no.es"]):
        with pytest.raises(FileNotFoundError, match=r"no file .*'no\..*the working folder is /"):
            load_examples(missing, Data())
    with pytest.raises(ValueError, match="expected a file of pairs, or two text files, received a folder"):
        load_examples(tmp_path, Data())


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (3, TypeError, r"expected a file, a list of files, .* received int"),
        ([], ValueError, "at least one example, received none"),
        ((["a", "b", "c"], ["x", "y"]), ValueError, "received 3 of source, 2 of target"),
        ((["a", "b", "c"], [["x"], ["y", "z"]]), ValueError, "received 3 of source, 2 of target"),
        ({"en": ["a"]}, ValueError, "expected two columns, .* received one"),
        ({"en": ["a"], "es": "x"}, TypeError, "expected a list as es, received str 'x'"),
        ([("a", "x"), ("b",), ("c", "z")], ValueError, r"example 2: expected \(source, target\), received"),
        ([("a", "x"), ("b", 3), ("c", "z")], ValueError, "example 2: expected a string as the text, received int 3"),
        ([("a", "x"), ("b", "\ud800"), ("c", "z")], ValueError, "example 2: expected text that UTF-8 can hold"),
        (([b"caf\xe9"], ["x"]), ValueError, "example 1: expected text in UTF-8, received byte 0xe9"),
        (slices((["a"], ["x"])).repeat(), ValueError, r"an endless one; drop .repeat\(\)"),
        (slices(["a"]), ValueError, r"elements of 2 parts \(source, target\), received 1"),
        (slices({"en": ["a"]}), ValueError, "expected two columns, .* received one"),
    ],
)
def test_wrong_data_in_memory(data, kind, message):
    with pytest.raises(kind, match=message):
        load_examples(data, Data())


def test_empty_sides_are_counted_and_left_out(write, caplog):
    pairs = [("a", "x"), ("", "y"), ("c", " \t"), ("d", None), (float("nan"), "z"), ("e", ["v", "", "w"]), ("f", [])]
    assert load_examples(pairs, Data()) == {"source": ["a", "e", "e"], "target": ["x", "v", "w"]}
    assert caplog.messages == ["6 of 9 pairs have an empty source or target and are left out"]
    with pytest.raises(ValueError, match="received none of which both sides hold a text"):
        load_examples([write("t.en", "\nb\n"), write("t.es", "x\n\n")], Data())


def connected(count=3000, seed=0):
    """Pairs of which many share a source or a target."""
    rng = random.Random(seed)
    return {
        "source": [f"source {rng.randrange(2500)}" for _ in range(count)],
        "target": [f"target {rng.randrange(2500)}" for _ in range(count)],
    }


def test_no_sentence_of_a_split_stands_in_another():
    examples = connected()
    variants = [str.upper, lambda text: f"  {text} ", str]
    examples = {side: [variants[row % 3](text) for row, text in enumerate(texts)] for side, texts in examples.items()}
    splits = sentence_pairs.split(examples, {"valid": 0.1, "test": 0.2})
    for side, (one, other) in itertools.product(examples, itertools.combinations(splits, 2)):
        plain = [{" ".join(text.casefold().split()) for text in splits[name][side]} for name in (one, other)]
        assert not plain[0] & plain[1]
    counted = collections.Counter(pair for part in splits.values() for pair in zip(*part.values(), strict=True))
    assert counted == collections.Counter(zip(*examples.values(), strict=True))
    assert len(splits["valid"]["source"]) == 300 and len(splits["test"]["source"]) == 600


def test_a_split_depends_on_the_content_alone():
    examples = connected()
    order = random.Random(1).sample(range(3000), 3000)
    shuffled = {side: [texts[row] for row in order] for side, texts in examples.items()}
    parts = {"valid": 0.1, "test": 0.1}
    for name, part in sentence_pairs.split(examples, parts).items():
        other = sentence_pairs.split(shuffled, parts)[name]
        assert sorted(zip(*part.values(), strict=True)) == sorted(zip(*other.values(), strict=True))
        places = {pair: row for row, pair in enumerate(zip(*examples.values(), strict=True))}
        assert sorted(part["source"]) == sorted(other["source"]) and len(places)


def test_one_large_group_stays_in_the_training_split():
    examples = {"source": ["same"] * 50 + list("abcdefghij"), "target": [str(number) for number in range(60)]}
    splits = sentence_pairs.split(examples, {"valid": 0.05, "test": 0.1})
    assert {name: len(part["source"]) for name, part in splits.items()} == {"train": 51, "valid": 3, "test": 6}
    assert splits["train"]["source"].count("same") == 50


def test_splits_given_and_cut_off(caplog):
    data, other = connected(), [(f"other {number}", f"otra {number}") for number in range(40)]
    splits = load_splits(data, other, None, Data())
    assert {name: len(part["source"]) for name, part in splits.items()} == {"train": 2700, "test": 300, "valid": 40}
    assert list(load_splits(data, None, None, Data(test_fraction=0.0))) == ["train", "valid"]
    assert caplog.messages == []
    leaking = load_splits(data, [*other, ("new", data["target"][0]), (data["source"][1], "new")], other, Data())
    assert {name: len(part["source"]) for name, part in leaking.items()} == {"train": 3000, "valid": 42, "test": 40}
    assert caplog.messages == ["valid: 2 of 42 pairs share a sentence with the training split"]


def test_splits_that_cannot_be_cut():
    with pytest.raises(ValueError, match=r"expected a sum below 1, received 1\.2"):
        load_splits(connected(), None, None, Data(valid_fraction=0.6, test_fraction=0.6))
    with pytest.raises(ValueError, match=r"the split 'train' is empty \(0 train, 1 valid, 1 test\); give more$"):
        load_splits([("a", "x"), ("b", "y")], None, None, Data())


def test_the_sample_has_its_own_splits_and_either_direction():
    sample = sample_of_translation.generate()
    splits = load_splits(None, None, None, Data())
    assert list(splits) == ["train", "valid", "test"]
    for name, part in splits.items():
        assert part == {side: sample[name][side] for side in ("source", "target")}
    back = load_splits(None, None, None, Data(source="es"))["test"]
    assert back == {"source": splits["test"]["target"], "target": splits["test"]["source"]}
    assert load_splits(None, PAIRS, None, Data())["valid"] == EXPECTED
    every = load_examples(None, Data(source="English", target="spanish"))
    assert len(every["source"]) == sum(len(part["source"]) for part in splits.values())
    with pytest.raises(ValueError, match=r"source: .* the built-in sample, received 'fr'; it has 'en', 'es'"):
        load_splits(None, None, None, Data(source="fr"))


def test_inputs_to_predict(write):
    inputs = sentence_pairs.read_inputs
    assert inputs("Where is it?", Data()) == ["Where is it?"]
    assert inputs("", Data()) == [""]
    assert inputs("a " * 5000, Data()) == ["a " * 5000]
    assert inputs(iter(["a", "", "b"]), Data()) == ["a", "", "b"]
    lines = "Go.\n\nHi.\u2028there\n\n"
    for path in (write("a.txt", lines), str(write("a.en", lines))):
        assert inputs(path, Data()) == ["Go.", "", "Hi.\u2028there", ""]
    assert inputs(write("a.tsv", TSV), Data()) == EXPECTED["source"]
    for options in ({}, {"source": "es"}):
        assert inputs(write("b.tsv", "Go.\nHi.\n"), Data(**options)) == ["Go.", "Hi."]
    assert inputs(str(write("c.csv", "es,en\nVe.,Go.\n,Hi.\n")), Data(source="es")) == ["Ve.", ""]
    assert inputs(write("d.jsonl", '{"source": "Go."}\n{"source": null}\n'), Data()) == ["Go.", ""]


def test_wrong_inputs_to_predict(write):
    for wrong in (3, b"Go."):
        with pytest.raises(TypeError, match="predict: expected a text, a list of texts or a file, received"):
            sentence_pairs.read_inputs(wrong, Data())
    with pytest.raises(TypeError, match=r"predict, text 2: expected a string as the text, received NoneType"):
        sentence_pairs.read_inputs(["a", None], Data())
    with pytest.raises(FileNotFoundError, match=r"no\.txt"):
        sentence_pairs.read_inputs("no.txt", Data())


TINY_SETS = """
import sys
import tensorflow_datasets as tfds

class TinyTalk(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.Translation(("en", "es")))

    def _split_generators(self, manager):
        return {"train": self._generate_examples(3), "test": self._generate_examples(1)}

    def _generate_examples(self, count):
        for number in range(count):
            yield number, {"en": f"day {number}", "es": f"día {number}"}

TinyTalk(data_dir=sys.argv[1]).download_and_prepare()
"""
READ_SETS = """
import json
from pipelines.translation import data as sentence_pairs
from pipelines.translation.config import Data
for source, options in (("tfds:tiny_talk", {}), ("tfds:tiny_talk/test", {"source": "es"})):
    examples = sentence_pairs.load_examples(source, Data(**options))
    print(json.dumps({side: list(texts) for side, texts in examples.items()}))
"""


@pytest.mark.slow
def test_a_tfds_set_with_a_translation_feature(tmp_path):
    (tmp_path / "tiny_talk.py").write_text(TINY_SETS)
    environment = {**os.environ, "TFDS_DATA_DIR": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    for command in ([tmp_path / "tiny_talk.py", tmp_path], ["-c", READ_SETS]):
        found = subprocess.run(
            [sys.executable, *command], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    train, test = map(json.loads, found.stdout.splitlines()[-2:])
    assert sorted(zip(*train.values(), strict=True)) == [(f"day {number}", f"día {number}") for number in range(3)]
    assert test == {"source": ["día 0"], "target": ["day 0"]}

"""Rows in memory that are no plain lists: made by a function, in pieces, by Hugging Face, by NumPy."""

import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tensorflow as tf

import pipelines
from pipelines import sentiment, settings
from pipelines.sentiment import data as labelled_texts
from pipelines.shared.data import columns, sources, texts
from pipelines.translation import data as sentence_pairs


def rows_in_pieces():
    frame = pd.DataFrame({"text": ["good", "bad", "fine"], "label": [1, 0, 1]})
    return [
        lambda: frame.to_dict("records"),
        lambda: iter([("good", 1), ("bad", 0), ("fine", 1)]),
        [frame[:1], frame[1:]],
        iter([frame[:2], frame[2:]]),
        pa.Table.from_pandas(frame).to_batches(max_chunksize=2),
        pl.DataFrame(frame.to_dict("list")).lazy(),
        frame.to_records(index=False),
        frame.to_numpy(),
        list(frame.to_numpy()),
    ]


@pytest.mark.parametrize("number", range(len(rows_in_pieces())))
def test_rows_that_are_made_or_come_in_pieces(number):
    read = sources.read(rows_in_pieces()[number], ["text", "label"])
    assert read == {"text": ["good", "bad", "fine"], "label": [1, 0, 1]}
    if number != 1 and number < 7:
        assert texts.read_inputs(rows_in_pieces()[number], by_name, settings.Reading()) == ["good", "bad", "fine"]


def by_name(rows):
    return columns.placed(rows, ["text"])


def test_sets_of_hugging_face():
    datasets = pytest.importorskip("datasets")
    classes = datasets.ClassLabel(names=["bad", "good"])
    features = datasets.Features({"text": datasets.Value("string"), "label": classes})
    rows = {"text": ["a", "b", "c"], "label": [1, 0, -1]}
    data = datasets.Dataset.from_dict(rows, features=features)
    several = datasets.DatasetDict({"train": data, "test": data})
    for one in (data, data.with_format("pandas"), data.with_format("numpy"), data.to_iterable_dataset()):
        assert sources.read(one, ["text", "label"]) == {"text": ["a", "b", "c"], "label": ["good", "bad", None]}
        assert texts.read_inputs(one, by_name, settings.Reading()) == ["a", "b", "c"]
    with pytest.raises(TypeError, match="expected one set, received DatasetDict of 'train', 'test'"):
        sources.read(several, ["text", "label"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: io.StringIO("text,label\na,1\n"), "received StringIO; give its name"),
        (lambda: np.array(["a", "b", "c"]), "received list of 3"),
        (lambda: {"train": pd.DataFrame({"text": ["a"]})}, "expected one set, received dict of 'train'; give one of"),
        (lambda: iter(()), "an iterator is empty once it was read: give a list, or the function that makes it"),
        (lambda: pd.DataFrame({"label": [1]}, index=pd.Index(["a"], name="text")), "'text' is its index, and no col"),
    ],
)
def test_what_is_no_table(data, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sources.read(data(), ["text", "label"])


def test_inputs_of_predict_of_any_kind():
    options = settings.Reading(limit=2)
    assert texts.read_inputs(({"text": letter} for letter in "abc"), by_name, options) == ["a", "b"]
    assert texts.read_inputs(np.array([b"a", b"b"]), by_name, options) == ["a", "b"]
    assert texts.read_inputs((f"{number}" for number in iter(int, 1)), by_name, options) == ["0", "0"]
    for name in ("new.csv", "new.zip", "read it in manual.txt"):
        with pytest.raises(FileNotFoundError, match=r"no file or folder '.*a text that ends so is given in a list"):
            texts.names_a_file(name)
    assert texts.names_a_file("tfds:imdb_reviews/test") and not texts.names_a_file("I use node.js")


def test_a_pattern_of_texts(write, tmp_path):
    write("a1.txt", "one\n"), write("a2.txt", "two\n\n")
    assert list(texts.read_inputs(str(tmp_path / "a?.txt"), by_name, settings.Reading())) == ["one", "two", ""]


REFUSED = """
import sys, pipelines
try:
    pipelines.sentiment.tune(sys.argv[1])
except ValueError as error:
    assert "line 2: expected 2 fields" in str(error) and "tensorflow" not in sys.modules
else:
    raise AssertionError
"""


def test_tune_refuses_wrong_data_before_tensorflow_loads(write, tmp_path):
    command = [sys.executable, "-c", REFUSED, str(write("a.csv", "text,label\na,1,2\n"))]
    subprocess.run(command, cwd=tmp_path, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def slices(values):
    return tf.data.Dataset.from_tensor_slices(values)


@pytest.mark.parametrize(
    "data",
    [
        lambda: slices(({"text": ["a", "b"], "id": [1, 2]}, [1, 0])),
        lambda: slices(({"text": ["a", "b"]}, [1, 0])).batch(2),
        lambda: slices((["a", "b"], [1, 0])).batch(1).repeat(),
        lambda: (tf.constant(["a", "b"]), tf.constant([1, 0])),
        lambda: [(tf.constant("a"), tf.constant(1)), (tf.constant("b"), tf.constant(0))],
    ],
)
def test_data_sets_and_tensors(data):
    examples = labelled_texts.load_examples(data(), sentiment.Config(limit=2))
    assert examples == {"text": ["a", "b"], "label": [1, 0]}


def test_batches_of_pairs_of_sentences():
    pairs = slices({"translation": {"en": ["Go.", "Hi."], "es": ["Ve.", "Hola."]}}).batch(2)
    examples = sentence_pairs.load_examples(pairs, pipelines.translation.Config(source="es"))
    assert examples == {"source": ["Ve.", "Hola."], "target": ["Go.", "Hi."]}

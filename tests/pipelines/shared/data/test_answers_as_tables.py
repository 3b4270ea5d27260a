"""Data in other forms than in training, and answers in the form in which inputs came."""

import contextlib
import json
import logging
import resource

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from pipelines.sentiment import answers as sentiment_answers
from pipelines.shared.command_line import program, verbs
from pipelines.shared.storage import answer_files

TEXTS = ["good film", "=bad film", "so so"]


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_table_of_inputs_gives_a_table_of_answers(trained, library):
    answers = trained.predict(library({"text": TEXTS, "number": [1, 2, 3]}))
    assert type(answers) is type(library({}))
    plain = trained.predict(TEXTS)
    columns = {name: list(map(_plain, answers[name])) for name in ("text", "label", "probability")}
    assert columns["text"] == TEXTS and columns["label"] == [answer["label"] for answer in plain]
    assert columns["probability"] == pytest.approx([answer["probability"] for answer in plain])


def _plain(value):
    return value.as_py() if hasattr(value, "as_py") else value


def test_an_index_of_pandas_stays(trained):
    answers = trained.predict(pd.DataFrame({"review": TEXTS}, index=[5, 3, 9]), text_column="review")
    assert answers.index.tolist() == [5, 3, 9] and answers["text"].tolist() == TEXTS


def test_columns_are_those_of_the_training_unless_others_are_named(trained, caplog):
    texts, labels = trained.splits["test"]["text"][:], trained.splits["test"]["label"][:]
    expected = trained.evaluate({"text": texts, "label": labels})
    with caplog.at_level(logging.INFO, "unroll"):
        named = trained.evaluate({"review": texts, "stars": labels}, text_column="review", label_column="stars")
    assert named == expected
    assert "evaluate: text_column='review', in training 'text'" in caplog.messages
    with pytest.raises(ValueError, match="no column 'text'; it has 'review'"):
        trained.evaluate({"review": texts, "stars": labels})
    with pytest.raises(TypeError, match=r"evaluate: unknown option 'text_colum'.* Did you mean 'text_column'"):
        trained.evaluate({"text": texts, "label": labels}, text_colum="review")
    with pytest.raises(ValueError, match="evaluate: limit: for data that is given"):
        trained.evaluate(limit=3)


COLUMNS = {"text": TEXTS, "label": ["a", "b", "a"], "probability": [0.5, 0.25, 1.0]}


@pytest.mark.parametrize("parts", [1, 3])
def test_tables_are_written_as_the_name_ends_at_once_or_in_parts(tmp_path, parts):
    def write(path):
        with answer_files.writing_table(path, raw=True) as written:
            for start in range(0, 3, 3 // parts):
                written({name: values[start : start + 3 // parts] for name, values in COLUMNS.items()})

    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet"):
        write(tmp_path / name)
    assert pd.read_csv(tmp_path / "a.csv").to_dict("list") == COLUMNS
    assert pd.read_csv(tmp_path / "a.tsv", sep="\t").to_dict("list") == COLUMNS
    assert pa.parquet.read_table(tmp_path / "a.parquet").to_pydict() == COLUMNS
    lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == TEXTS


def test_a_table_that_fails_leaves_what_was_there(tmp_path):
    for name in ("a.csv", "a.parquet"):
        (tmp_path / name).write_bytes(b"before")
        with pytest.raises(ZeroDivisionError), answer_files.writing_table(tmp_path / name) as write:
            write(COLUMNS)
            raise ZeroDivisionError
        assert (tmp_path / name).read_bytes() == b"before" and len(list(tmp_path.glob(".*"))) == 0


def test_many_inputs_are_answered_part_by_part(trained, tmp_path, monkeypatch):
    pd.DataFrame({"text": TEXTS * 3}).to_csv(tmp_path / "in.csv", index=False)
    command = ["sentiment", "predict", "--data", str(tmp_path / "in.csv"), "--name", trained.name]
    command += ["--directory", str(trained.path.parent), "--output"]
    assert program.main([*command, str(tmp_path / "at_once.jsonl")]) == 0
    monkeypatch.setattr(verbs, "AT_ONCE", 2)
    assert program.main([*command, str(tmp_path / "parts.jsonl")]) == 0
    at_once, parts = (pd.read_json(tmp_path / name, lines=True) for name in ("at_once.jsonl", "parts.jsonl"))
    pd.testing.assert_frame_equal(at_once, parts, rtol=1e-5)


@contextlib.contextmanager
def at_most(size):
    """No file of this process may be larger, as on a disk that becomes full there."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def long_command(trained, tmp_path, monkeypatch):
    """The words of a command that answers eight long texts, two at a time, and the file that it is to write."""
    monkeypatch.setattr(verbs, "AT_ONCE", 2)
    texts = [f"{word} " * 300 for word in "abcdefgh"]
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "in.csv", index=False)
    place = ["--name", trained.name, "--directory", str(trained.path.parent)]

    def words(name):
        (tmp_path / name).write_text("old")
        return ["sentiment", "predict", "--data", str(tmp_path / "in.csv"), *place, "--output", str(tmp_path / name)]

    return words, texts


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out"])
def test_answers_written_before_the_disk_was_full_stay_beside(name, long_command, tmp_path, capsys):
    words, texts = long_command
    with at_most(3500):  # five texts and a half
        assert program.main(words(name)) == 1
    kept = tmp_path / f"out.unfinished{name.removeprefix('out')}"
    said = capsys.readouterr().err
    assert f"The first 4 rows of the answers are in {kept}" in said
    assert f"unroll: error: {tmp_path / name} could not be written: it is larger than a file may be here" in said
    assert (tmp_path / name).read_text() == "old" and not list(tmp_path.glob(".*"))
    read = pd.read_json(kept, lines=True) if name == "out.jsonl" else pd.read_csv(kept)
    assert read["text"].tolist() == texts[:4]


def test_answers_written_before_a_stop_stay_beside(long_command, tmp_path, capsys, monkeypatch):
    words, texts = long_command
    answer, calls = sentiment_answers.answer, []

    def stopped_at_the_third(*arguments, **how):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return answer(*arguments, **how)

    monkeypatch.setattr(sentiment_answers, "answer", stopped_at_the_third)
    assert program.main(words("out.tsv")) == 130
    assert pd.read_csv(tmp_path / "out.unfinished.tsv", sep="\t")["text"].tolist() == texts[:4]


def test_of_a_parquet_file_and_of_no_whole_part_nothing_stays(long_command, tmp_path, capsys):
    words, _ = long_command
    for name, size in (("out.parquet", 900), ("out.csv", 900)):
        with at_most(size):
            assert program.main(words(name)) == 1
        said = capsys.readouterr().err
        assert "could not be written" in said and "rows of the answers" not in said
        assert (tmp_path / name).read_text() == "old" and not list(tmp_path.glob(".*"))
    assert not list(tmp_path.glob("*unfinished*"))


@pytest.mark.parametrize("task", ["sentiment", "translation", "forecasting", "trajectory"])
def test_answers_take_the_place_of_no_input_and_of_no_other_kind(task, tmp_path, monkeypatch, capsys):
    """Before the artifact is looked for: there is none."""
    monkeypatch.chdir(tmp_path)
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("kept")
    (tmp_path / "link.csv").symlink_to("one.csv")
    wrong = [("one.csv", "./one.csv"), ("one.csv", "link.csv"), ("*o*.csv", "two.csv"), (".", "two.csv")]
    for data, output in wrong:
        assert program.main([task, "predict", "--data", data, "--output", output]) == 1
        assert f"output: '{output}' is the file that is read; give another name" in capsys.readouterr().err
    assert program.main([task, "predict", "--data", "one.csv", "--output", "out.xlsx"]) == 1
    assert "output: expected a name that ends in .csv, .tsv, .jsonl or .parquet" in capsys.readouterr().err
    assert {path.read_text() for path in tmp_path.iterdir()} == {"kept"}


def test_names_of_files_that_would_mislead_or_lose_the_inputs(trained, tmp_path, monkeypatch, capsys):
    (tmp_path / "in.csv").write_text("text,label\ngood,1\n")
    monkeypatch.chdir(tmp_path)
    command = [
        "sentiment",
        "predict",
        "--data",
        "in.csv",
        "--name",
        trained.name,
        "--directory",
        str(trained.path.parent),
    ]
    for name, message in (("out.xlsx", "ends in .csv, .tsv"), ("out.csv.gz", "ends in"), ("./in.csv", "that is read")):
        assert program.main([*command, "--output", name]) == 1
        assert message in capsys.readouterr().err
    assert (tmp_path / "in.csv").read_text() == "text,label\ngood,1\n"

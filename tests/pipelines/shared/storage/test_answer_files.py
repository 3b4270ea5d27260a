"""Files of answers, and what is printed: through the command line where it matters, in a process of its own too."""

import csv
import errno
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

import pipelines
from pipelines.sentiment import data as labelled_texts
from pipelines.shared.command_line import program, terminal
from pipelines.shared.storage import answer_files
from pipelines.shared.text import tokenization

RUN = ["=1+1", "@you", "\t=1", "\r=1", "+cmd", "-cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", " =1", "\uff1d1", "- a"]
LEFT = [
    "-1",
    "+1",
    "-1.5e3",
    ":-)",
    "-)",
    "-_-",
    "",
    "a=b",
    "good",
    "1-2",
    "- 5",
    "-inf",
    "5 stars",
    -1,
    2.5,
    None,
    True,
]


def predict(where, *arguments):
    return program.main(["sentiment", "predict", "--name", where.name, "--directory", str(where.parent), *arguments])


def table(path, delimiter=","):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize("cell", RUN)
def test_cells_that_a_spreadsheet_would_run(cell):
    assert answer_files.harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", LEFT)
def test_cells_that_stay_as_they_are(cell):
    assert answer_files.harmless(cell) is cell


@pytest.mark.parametrize(("name", "delimiter"), [("out.csv", ","), ("out.tsv", "\t"), ("OUT.TSV", "\t")])
def test_formulas_are_made_harmless_in_tables_and_said_once(name, delimiter, trained, tmp_path, capsys):
    texts = ["=HYPERLINK(1)", "fine", "-1", "two\nlines", "a\tb"]
    path = tmp_path / name
    assert predict(trained.path, *texts, "--output", str(path)) == 0
    assert [row[0] for row in table(path, delimiter)] == ["text", "'=HYPERLINK(1)", *texts[1:]]
    said = capsys.readouterr().err
    assert said.count("begin as a formula does") == 1 and "--raw" in said
    assert predict(trained.path, *texts, "--output", str(path), "--raw") == 0
    assert [row[0] for row in table(path, delimiter)] == ["text", *texts]
    assert "formula" not in capsys.readouterr().err


def test_headers_are_cells_too(tmp_path):
    answer_files.write_table(tmp_path / "a.csv", ["=label", "text"], [])
    assert table(tmp_path / "a.csv") == [["'=label", "text"]]


BAD = {
    "folder": "expected a file, received the folder",
    "missing/out.csv": "no folder",
    "/dev/null": "which is none",
    "fifo": "which is none",
    "file/out.csv": "a file stands where a folder should",
    f"{'n' * 300}.csv": "too long",
    "new/": "expected a file, received the folder",
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("task", ["sentiment", "translation", "music"])
def test_place_is_tried_before_the_work(task, bad, tmp_path, monkeypatch, capsys):
    """Before the artifact is looked for: there is none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    before = sorted(os.listdir(tmp_path))
    assert program.main([task, "predict", "C4", "--output", bad]) == 1
    error = capsys.readouterr().err
    assert BAD[bad] in error or (task == "music" and ("output: expected a file that ends in" in error)), error
    assert sorted(os.listdir(tmp_path)) == before and os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


def test_links_are_followed_and_permissions_kept(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.touch(0o600)
    link.symlink_to(target)
    answer_files.write_table(link, ["a"], [[1]])
    assert link.is_symlink() and table(target) == [["a"], ["1"]]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), answer_files.writing(path) as file:
        file.write("new")
        raise ZeroDivisionError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.csv"]


@pytest.fixture
def disk(tmp_path):
    """A disk of four pages."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounts a small disk")
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.mark.parametrize("as_json", [False, True])
def test_full_disk_prints_the_answers(as_json, trained, disk, capsys):
    path = disk / "out.csv"
    path.write_text("old")
    texts = ["good " * 5000, "bad"]
    assert predict(trained.path, *texts, "--output", str(path), *(["--json"] if as_json else [])) == 1
    printed = capsys.readouterr()
    assert (
        "the disk is full; free some space. What was there before is untouched. The answers are printed" in printed.err
    )
    answers = json.loads(printed.out)["answers"] if as_json else printed.out.splitlines()
    assert len(answers) == 2
    assert path.read_text() == "old" and os.listdir(disk) == ["out.csv"]


def test_full_disk_prints_the_tunes(tuneful, disk, capsys):
    (disk / "ballast").write_bytes(bytes(16 * 1024))
    place = ["--name", tuneful.path.name, "--directory", str(tuneful.path.parent), "--json"]
    command = ["music", "generate", "--length", "8", "--output", str(disk / "out.mid"), *place]
    assert program.main(command) == 1
    printed = capsys.readouterr()
    assert "the disk is full" in printed.err
    assert json.loads(printed.out)["tunes"][0]["notes"] and json.loads(printed.out)["files"] == []
    assert os.listdir(disk) == ["ballast"]


def test_translations_stay_in_line(tmp_path):
    from pipelines.translation import answers as translation_answers
    from pipelines.translation import command as translation_command

    answers = [{"translation": "a\nb\u2028c\r\n", "score": -1.0}, {"translation": "=d", "score": float("nan")}]
    translation_command.write_lines(tmp_path / "out.es", answers)
    assert (tmp_path / "out.es").read_bytes() == b"a b c\n=d\n"
    columns = translation_answers.columns(["x", "y"], answers)
    answer_files.write_columns(tmp_path / "out.tsv", columns)
    assert table(tmp_path / "out.tsv", "\t")[2][:2] == ["y", "'=d"]
    answer_files.write_columns(tmp_path / "out.jsonl", columns)
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8").split("\n")[1])["score"] is None


def test_json_is_json():
    stream = io.StringIO()
    value = {"a": [np.float32(0.5), np.int64(3), float("nan"), np.array([1.0, np.inf])], "b": {1: ROOT}, "c": "é\u2028"}
    terminal.write_json(value, stream)
    read = json.loads(stream.getvalue(), parse_constant=lambda name: pytest.fail(name))
    assert read == {"a": [0.5, 3, None, [1.0, None]], "b": {"1": str(ROOT)}, "c": "é\u2028"}


def test_texts_cannot_move_the_cursor_or_break_the_line(trained, capsys):
    assert predict(trained.path, "red \x1b[31m\x07", "two\nlines\u2028\tx") == 0
    lines = capsys.readouterr().out.split("\n")
    assert [line.split("\t", 2)[2] for line in lines[:2]] == ["red \\x1b[31m\\x07", "two\\nlines\\u2028\\tx"]
    assert lines[2:] == [""]


def test_an_error_is_one_short_line():
    error = ValueError("a\x1b[31m\n" + "x" * 10_000)
    assert len(terminal.one_line(error)) < 700 and terminal.one_line(error).isprintable()


def test_inputs_and_a_file_are_one_too_many(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for task in ("sentiment", "translation", "music"):
        assert program.main([task, "predict", "x", "--data", "y.txt"]) == 1
        assert "expected inputs or --data, received both" in capsys.readouterr().err


def test_a_file_of_another_kind_is_no_text(trained, tmp_path, capsys):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    assert predict(trained.path, "--data", str(tmp_path / "a.xlsx")) == 1
    assert "expected xlsx, received a damaged file" in capsys.readouterr().err


class Stdin(io.StringIO):
    def __init__(self, content):
        super().__init__()
        self.buffer = io.BytesIO(content)


def test_lines_of_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stdin("\ufeffone\r\ntwo\u2028still\x1ctwo\n\nfour\rfive".encode()))
    assert terminal.lines_of_stdin() == ["one", "two\u2028still\x1ctwo", "", "four\rfive"]
    monkeypatch.setattr(sys, "stdin", Stdin("ñandú\n".encode() + b"caf\xe9\n"))
    with pytest.raises(ValueError, match="stdin, line 2: expected text in utf-8, received byte 0xe9"):
        terminal.lines_of_stdin()
    monkeypatch.setattr(sys, "stdin", None)
    assert terminal.lines_of_stdin() == []


def unroll(trained, *arguments, environment=None, **options):
    command = [sys.executable, "-m", "pipelines", "sentiment", *arguments]
    place = [*([] if "list" in arguments else ["--name", trained.path.name]), "--directory", str(trained.path.parent)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.Popen([*command, *place], env=environment, stderr=subprocess.PIPE, **options)


ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


@pytest.mark.parametrize("flags", [[], pytest.param(["--json"], marks=pytest.mark.slow)])
def test_ascii_terminal(flags, trained):
    process = unroll(trained, "predict", "café 😀", *flags, environment=ASCII, stdout=subprocess.PIPE)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0 and b"Traceback" not in errors, errors
    assert printed.isascii() and (json.loads(printed) if flags else b"\tcaf\\xe9 \\U0001f600" in printed)


@pytest.mark.parametrize("close", ["pipe", "full"])
def test_nobody_reads_on(close, trained):
    """`| head -1`, and a full disk behind stdout: quietly, and in one line."""
    if close == "full":
        with open("/dev/full", "w") as full:
            process = unroll(trained, "list", stdout=full)
            _, errors = process.communicate(timeout=300)
        assert process.returncode == 1 and b"stdout could not be written: No space left" in errors
    else:
        process = unroll(trained, "list", stdout=subprocess.PIPE)
        process.stdout.close()
        with process:
            errors = process.stderr.read()
        assert process.returncode == 141 and b"error" not in errors
    assert b"Traceback" not in errors and b"Exception" not in errors, errors


@pytest.mark.parametrize("label", ["two\nlines", "a\tb", "a\x00b", "a\u2028b", "a\x1b[31m", "a\rb", "a\x85b"])
def test_labels_stand_in_one_line(label):
    config = pipelines.sentiment.Config()
    data = ["a", "b"], ["fine", label]
    with pytest.raises(ValueError, match="example 2: expected a label in one line"):
        labelled_texts.load_examples(data, config)
    assert labelled_texts.load_examples((["a"], [" fine\n"]), config)["label"] == ["fine"]


@pytest.mark.parametrize("tokens", ["word", "wordpiece"])
def test_tokens_stand_in_one_line(tokens):
    texts = ["a\x1cb\x00c\u2028d\x85e\rf\x0bg\x0ch i\x1ej\ufeffk\u2029l\tm\nn\x1b"] * 30
    vocabulary = list(tokenization.adapt(texts, tokens=tokens).vocabulary)
    assert "".join(f"{token}\n" for token in vocabulary).splitlines() == vocabulary


def test_report_of_hostile_texts_is_escaped(tmp_path):
    labels = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>"]
    data = [f"{'good' if n % 2 else 'bad'} <script>{n}</script>" for n in range(60)], labels * 30
    options = {"units": 4, "embedding_size": 4, "bidirectional": False, "buckets": 1, "epochs": 1}
    artifact = pipelines.sentiment.train(data, directory=tmp_path, name="b", **options)
    page = (artifact.path / "report" / "index.html").read_text()
    assert "<script>alert" not in page and "<img src=x" not in page and "<script>1" not in page
    assert "&lt;script&gt;alert" in page


def test_errno_of_a_read_only_file(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="read-only") as error:
        answer_files.check(path)
    assert error.value.errno == errno.EACCES

"""Tables and texts that are damaged, endless or vast: an answer, or one short line that names the file."""

import csv
import json
import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

from pipelines import settings
from pipelines.sentiment import data as labelled_texts
from pipelines.sentiment import targets
from pipelines.shared.command_line import program
from pipelines.shared.data import sources
from pipelines.translation import pair_rows

NAMES = ["text", "label"]


def refused(path, read=lambda path: sources.read(path, NAMES)):
    """The error's one line."""
    with pytest.raises((ValueError, FileNotFoundError)) as raised:
        read(path)
    message = str(raised.value)
    assert path.name in message and len(message) < 600 and "\n" not in message
    return message


@pytest.mark.parametrize(
    "line, message",
    [
        ("[" * 100_000 + "]" * 100_000, "recursion"),
        ('{"text": ' * 100_000 + "1" + "}" * 100_000, "recursion"),
        ('{"text": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ('{"text": "a", "lab', "expected one JSON object a line"),
        ('"' + "x" * 10**6 + '"', "expected a JSON object, received"),
    ],
)
def test_lines_of_json(line, message, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": "b"}\n' + line + "\n")
    assert "line 2: " in refused(path) and message in refused(path)


@pytest.mark.parametrize(
    "ending, cut", [("csv", ","), ("tsv", "\t"), pytest.param("jsonl", None, marks=pytest.mark.slow)]
)
def test_a_million_columns(ending, cut, tmp_path):
    path, columns = tmp_path / f"a.{ending}", [f"column {number}" for number in range(1_000_000)]
    path.write_text(cut.join(columns) + "\n" if cut else json.dumps(dict.fromkeys(columns, 1)))
    assert "and 999,992 more" in refused(path)
    message = refused(path, lambda path: list(pair_rows.opened(path, pairs_config())))
    assert "and 999,992 more" in message


def pairs_config():
    import pipelines

    return pipelines.translation.Config(source="absent", target="none")


@pytest.mark.parametrize("name", ["x" * 10**6, "wörd " * 10**5])
def test_a_name_of_a_million_letters(name, tmp_path):
    (tmp_path / "a.csv").write_text(f"{name},label\na,b\n")
    refused(tmp_path / "a.csv")
    with pytest.raises(ValueError) as raised:
        settings.create(settings.Training, {"schedule": name})
    assert len(str(raised.value)) < 300
    with pytest.raises(TypeError) as raised:
        settings.create(settings.Training, {name: 1})
    assert len(str(raised.value)) < 600


def test_labels_of_any_length_and_number():
    splits = {
        "train": {"text": ["a"] * 2, "label": ["x" * 10**6, "y"]},
        "valid": {"text": ["b"], "label": ["z" * 10**6]},
    }
    with pytest.raises(ValueError, match="does not have: zzz") as raised:
        targets.check(splits, "class")
    assert len(str(raised.value)) < 600
    assert labelled_texts.listed(range(10**6)).endswith(" more")


def test_a_line_without_an_end_takes_less_than_a_gigabyte(tmp_path):
    """1 GB of one line, and 1 GB of a quote that never ends; the files are sparse but for that."""
    code = "import sys\nfrom pipelines.shared.data import sources\ntry: sources.read(sys.argv[1], ['a'])\n"
    # Not ru_maxrss, which begins with the size of whoever started the process.
    code += "except ValueError as error: print(error)\n"
    code += "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    root = str(pathlib.Path(sources.__file__).parents[3])
    for name, unit in (("line.csv", b"x" * 2**20), ("quote.csv", b"\n" + b"x" * (2**20 - 1))):
        with open(tmp_path / name, "wb") as file:
            file.write(b'a\n"')
            for _ in range(1024):
                file.write(unit)
        command = [sys.executable, "-c", code, str(tmp_path / name)]
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        message, kilobytes = done.stdout.splitlines()
        assert name in message and len(message) < 500
        assert int(kilobytes) < 2**20
        (tmp_path / name).unlink()


def test_what_is_no_file(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "nowhere.csv").symlink_to(tmp_path / "absent")
    (tmp_path / "folder.csv").mkdir()
    assert "received an empty file" in refused(tmp_path / "empty.csv")
    assert "received a device" in refused(tmp_path / "zero.csv")
    assert "no file or folder" in refused(tmp_path / "nowhere.csv")
    assert "expected one sub-folder of .txt files a class, received nothing" in refused(tmp_path / "folder.csv")
    for name in ("zero.txt", "zero.jsonl"):
        (tmp_path / name).symlink_to("/dev/zero")
        assert "received a device" in refused(tmp_path / name, sources.read_lines)


def test_a_pipe_is_read_to_its_end(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    writer = threading.Thread(target=(tmp_path / "pipe.csv").write_text, args=("text,label\nfine,good\n",))
    writer.start()
    assert sources.read(tmp_path / "pipe.csv", NAMES) == {"text": ["fine"], "label": ["good"]}
    writer.join()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_ends_of_lines_are_read_as_csv_reads_the_whole_text(end, mark, tmp_path):
    text = end.join(["text,label", f'"two{end}lines",a', "", '"a ""quote""",b', "\u2028\x0b,\x85", ""])
    (tmp_path / "a.csv").write_bytes(mark + text.encode())
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    found = sources.read(tmp_path / "a.csv", NAMES)
    assert [list(row) for row in zip(found["text"], found["label"], strict=True)] == rows[1:]
    (tmp_path / "a.txt").write_bytes(mark + text.encode())
    assert sources.read_lines(tmp_path / "a.txt") == text.removesuffix(end).split(end)


def test_damage_by_chance_is_read_or_refused_in_one_line(tmp_path):
    """Bits, cuts and repeated parts of a small file of each kind."""
    rng = np.random.default_rng(0)
    whole = {
        "a.csv": 'text,label\n"a, b",c\nwörd,"d\ne"\n' * 3,
        "a.tsv": 'text\tlabel\n"a\tb"\tc\nwörd\td\n' * 3,
        "a.jsonl": '{"text": "a", "label": 1}\n{"text": [1, {"b": null}], "label": -2.5e3}\n' * 3,
    }
    refusals = 0
    for name, text in whole.items():
        for _ in range(300):
            content = bytearray(text.encode())
            place, length = rng.integers(0, len(content)), int(rng.integers(1, 9))
            kind = rng.integers(0, 4)
            if kind == 0:
                content[place] ^= 1 << rng.integers(0, 8)
            elif kind == 1:
                del content[place:]
            elif kind == 2:
                content[place:place] = content[place : place + length] * int(rng.integers(1, 50))
            else:
                content[place : place + length] = b"\xff" * length
            (tmp_path / name).write_bytes(content)
            try:
                found = sources.read(tmp_path / name, NAMES)
            except ValueError as error:
                refusals += 1
                assert name in str(error) and len(str(error)) < 600 and "\n" not in str(error)
            else:
                assert len(found["text"]) == len(found["label"]) > 0
    assert 200 < refusals < 900


def test_settings_of_a_damaged_file(tmp_path):
    for content in (b"[" * 100_000, b'{"units": ' + b"9" * 5000 + b"}", b'{"units": "\xff"}', b"", b"[1, 2]"):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises((ValueError, TypeError)) as raised:
            settings.create(settings.Training, {}, base=tmp_path / "a.json")
        assert "a.json" in str(raised.value) and len(str(raised.value)) < 500


def test_the_command_line_shortens_whatever_is_said(capsys):
    path = "x" * 200 + "/" + "y" * 5000 + ".csv"
    assert program.main(["sentiment", "predict", "--data", path, "--directory", "z" * 3000]) == 1
    with pytest.raises(SystemExit):
        program.main(["sentiment", "train", "--" + "w" * 10_000])
    for line in capsys.readouterr().err.splitlines():
        assert len(line) < 700

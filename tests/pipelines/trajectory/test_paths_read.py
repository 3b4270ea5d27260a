"""Paths from files and from memory: the forms that are read, and one clear error for each that cannot be."""

import json
import logging

import numpy as np
import pandas
import polars
import pytest

import pipelines
from pipelines import settings
from pipelines.trajectory import data

SMALL = {"observed": 2, "predicted": 2}
ROWS = [(10 * step, agent, agent + 0.5 * step, 2.0 - 0.25 * step) for step in range(6) for agent in (1, 2)]
WANTED = {"1": [(1 + 0.5 * step, 2.0 - 0.25 * step) for step in range(6)],
          "2": [(2 + 0.5 * step, 2.0 - 0.25 * step) for step in range(6)]}  # fmt: skip


def config(**options):
    return settings.create(pipelines.trajectory.Config, {**SMALL, **options})


def loaded(source, **options):
    return data.load_examples(source, config(**options))


def text(rows, delimiter="\t", header=None, form="{}"):
    lines = [delimiter.join(form.format(value) for value in row) for row in rows]
    return "\n".join([*([delimiter.join(header)] if header else []), *lines]) + "\n"


HEADER = ("frame", "agent", "x", "y")
FILES = {
    "tabs.txt": text(ROWS),
    "commas.csv": text(ROWS, ","),
    "header.csv": text(ROWS, ",", HEADER),
    "others.csv": text(ROWS, ";", ("frame_id", "track_id", "pos_x", "pos_y")),
    "exponents.txt": "\n".join("   ".join(f"{value:.7e}" for value in row) for row in ROWS) + "\n",
    "aligned.txt": "\n".join("".join(f"{value:>9}" for value in row) for row in ROWS),
    "spaces.txt": text(ROWS, " "),
    "names.txt": text(ROWS, "  ", HEADER),
    "returns.txt": text(ROWS).replace("\n", "\r\n"),
    "floats.txt": text([[float(value) for value in row] for row in ROWS]),
    "by_agent.txt": text(sorted(ROWS, key=lambda row: (row[1], row[0]))),
    "backwards.txt": text(ROWS[::-1]),
    "lines.jsonl": "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS),
    "rows.json": json.dumps(ROWS),
    "trajnet.ndjson": "\n".join(json.dumps({"track": dict(zip("fpxy", row, strict=True))}) for row in ROWS),
    "scenes.ndjson": "\n".join(
        [json.dumps({"scene": {"id": 0, "p": 1, "s": 0, "e": 50, "fps": 2.5}}),
         *(json.dumps({"track": dict(zip("fpxy", row, strict=True))}) for row in ROWS)]
    ),
}  # fmt: skip


def check(examples):
    """Asserts that the windows are those of ROWS."""
    windows = examples["paths"]
    assert len(windows) == 6
    for window, agent, frame in zip(windows, examples["agent"], examples["frame"], strict=True):
        start = int(frame) // 10 - 1
        np.testing.assert_allclose(window, WANTED[agent][start : start + 4])


@pytest.mark.parametrize("name", FILES)
def test_files_of_any_writer(name, write):
    check(loaded(str(write(name, FILES[name]))))


def test_tables_and_arrays_in_memory():
    columns = dict(zip(HEADER, map(list, zip(*ROWS, strict=True)), strict=True))
    frame, objects = pandas.DataFrame(columns), [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    for source in (columns, frame, polars.DataFrame(columns), np.array(ROWS), list(ROWS), objects, frame.to_numpy()):
        check(loaded(source))


def test_paths_alone():
    tracks = np.array(list(WANTED.values()))
    for source in (tracks, list(tracks), tracks.tolist(), [tracks[0].tolist(), tracks[1]]):
        windows = loaded(source)["paths"]
        np.testing.assert_allclose(windows.array[:3, 0], tracks[0][:3])
        assert len(windows) == 6 and not windows.neighbours(2, 4)[1].any()
    assert len(loaded(tracks[0])["paths"]) == 3
    assert len(loaded(tracks[0].tolist())["paths"]) == 3


def test_columns_by_name_and_number(write):
    rows = [("a", *row) for row in ROWS]
    path = str(write("five.csv", text(rows, ",")))
    by_number = {"frame_column": "2", "agent_column": "3", "x_column": "4", "y_column": "5"}
    check(loaded(path, **by_number))
    path = str(write("named.csv", text(ROWS, ",", ("t", "who", "east", "north"))))
    check(loaded(path, frame_column="t", agent_column="who", x_column="east", y_column="north"))
    with pytest.raises(ValueError, match="no column 'agent'; it has 't', 'who', 'east', 'north'"):
        loaded(path)


def test_folders_patterns_and_archives(write, tmp_path):
    write("scene/b.txt", FILES["tabs.txt"])
    write("scene/a.txt", FILES["spaces.txt"])
    write("scene/.hidden.txt", "x")
    for source in (
        tmp_path / "scene",
        str(tmp_path / "scene" / "*.txt"),
        sorted((tmp_path / "scene").glob("[ab].txt")),
    ):
        examples = loaded(source)
        assert list(examples["scene"]) == ["a.txt"] * 6 + ["b.txt"] * 6
        assert len({(scene, agent) for scene, agent in zip(examples["scene"], examples["agent"], strict=True)}) == 4
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="expected a folder with files of frame, agent, x, y, received none"):
        loaded(tmp_path / "empty")


MANY = [(10 * step, agent, agent + 0.5 * step, 2.0) for step in range(12) for agent in (1, 2)]
BAD = {
    "blanks.txt": (
        text([*MANY[:3], (10, 2, "west", 1.0), *MANY[4:]], "  "),
        "blanks.txt, line 4: expected a number as x, received 'west'",
    ),
    "short_line.txt": (text(MANY, "  ") + "1 2\n", "short_line.txt, line 25: expected 4 fields, received 2"),
    "word.txt": (
        text([*ROWS[:3], (30, 1, "west", 1.0), *ROWS[4:]]),
        "word.txt, line 4: expected a number as x, received 'west'; skip_bad",
    ),
    "word.csv": (
        text([*ROWS[:3], ("late", 1, 1.0, 1.0), *ROWS[4:]], ",", HEADER),
        "word.csv, line 5: expected a number as frame, received 'late'",
    ),
    "infinite.txt": (
        text([*ROWS[:3], (30, 1, 1.0, "inf"), *ROWS[4:]]),
        "infinite.txt, line 4: expected a finite number as y, received 'inf'",
    ),
    "twice.txt": (
        text([*ROWS, ROWS[3]]),
        "twice.txt, line 13: expected an agent once a frame, received agent '2' at frame 10 as in line 4",
    ),
    "short.txt": (
        text(ROWS[:6]),
        "expected agents with 4 points in a row (observed=2 and predicted=2), received none, the longest has 3",
    ),
    "three.txt": (text([row[:3] for row in ROWS]), "expected four columns (frame, agent, x, y)"),
    "five.txt": (text([(*row, 0) for row in ROWS]), "received 5; give their numbers, such as frame_column='1'"),
    "ragged.csv": (text(ROWS, ",") + "1,2\n", "line 13: expected 4 fields, received 2"),
    "empty.txt": ("", "empty.txt"),
    "prose.txt": ("Once upon a time\nthere was a walker.\n", "expected a table"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_one_error_that_says_where(name, write):
    content, message = BAD[name]
    with pytest.raises(ValueError) as error:
        loaded(str(write(name, content)))
    assert message in str(error.value) and "\n" not in str(error.value)


IN_MEMORY = {
    "shape": (np.zeros((4, 3)), "expected an array (rows, 4) of frame, agent, x, y, or (agents, time, 2) of paths"),
    "nan in a path": (
        [np.array([[0.0, 0], [1, np.nan], [2, 0], [3, 0]])],
        "path 1, point 2: expected two finite numbers",
    ),
    "infinite in an array": (np.array([[0, 1, np.inf, 0]]), "example 1: expected a finite number as x, received inf"),
    "word in a path": ([[[0, 0], ["a", 1], [2, 2], [3, 3]]], "path 1: expected numbers"),
    "number": (5, "expected a file, a list of files"),
    "column": ({"frame": [1], "agent": [1], "x": [1]}, "no column 'y'; it has 'frame', 'agent', 'x'"),
    "boolean": ({"frame": [1], "agent": [1], "x": [True], "y": [1]}, "expected a number as x, received True"),
}


@pytest.mark.parametrize("name", IN_MEMORY)
def test_bad_values_in_memory_are_one_error(name):
    source, message = IN_MEMORY[name]
    with pytest.raises((ValueError, TypeError)) as error:
        loaded(source)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_what_is_left_out_is_counted_and_named(write, caplog):
    rows = [*ROWS, (0, 3, 0, 0), (10, 3, 0, 0), (0, 4, "", 1)]
    rows += [(frame, 5, frame, 0) for frame in (0, 10, 20, 30, 50, 60, 70, 80)]
    with caplog.at_level(logging.WARNING):
        examples = loaded(str(write("a.txt", text(rows))))
    assert len(examples["paths"]) == 8
    assert "1 rows lack a frame, an agent, x or y and are left out" in caplog.text
    assert "1 of 4 agents have gaps" in caplog.text and "agent 5 of a.txt, first from frame 30 to 50" in caplog.text
    assert "1 of 4 agents have fewer than 4 points in a row" in caplog.text and "agent 3 of a.txt" in caplog.text


def test_skip_bad_leaves_out_what_cannot_be_read(write, caplog):
    content = text([*ROWS, (60, 1, "x", 0), ROWS[0], (70, 1, "inf", 0)])
    check(loaded(str(write("a.txt", content)), skip_bad=True))
    assert "3 of 15 rows are left out" in caplog.text


def test_files_of_different_steps_are_each_by_their_own_and_said(write, caplog):
    write("a.txt", FILES["tabs.txt"])
    write("b.txt", text([(frame / 10 * 0.4, agent, x, y) for frame, agent, x, y in ROWS]))
    path = str(write("c.txt", text(ROWS)).parent / "[ab].txt")
    assert len(loaded(path)["paths"]) == 12
    assert "frames of different steps: 10 in" in caplog.text and "0.4 in" in caplog.text
    caplog.clear()
    assert len(loaded(path, step=10)["paths"]) == 6
    assert "different steps" not in caplog.text
    with pytest.raises(ValueError, match=r"received none, the longest has 1.* step of the frames"):
        loaded(path, step=7)


def test_a_step_takes_every_so_manyth_frame(write, caplog):
    rows = [(step, 1, step / 10, 0.0) for step in range(3, 48)] + [(step, 2, 0.0, step / 10) for step in range(7, 48)]
    examples = loaded(str(write("video.txt", text(rows))), step=12)
    np.testing.assert_allclose(examples["paths"].array, [[(0.3, 0), (1.5, 0), (2.7, 0), (3.9, 0)]])
    assert "1 of 2 agents have fewer than 4 points in a row" in caplog.text


def test_unknown_points_are_gaps(write):
    rows = [*ROWS, (60, 1, "?", "?"), (60, 2, "?", "?")]
    check(loaded(str(write("trajnet.txt", text(rows, " ")))))
    assert [one.frame for one in data.read_inputs(str(write("again.txt", text(rows, " "))), config())] == [50, 50]


def test_limit_reads_the_first_points_alone(write):
    assert len(loaded(str(write("a.txt", text(ROWS))), limit=8)["paths"]) == 2


def test_predict_takes_the_last_points_of_each_agent(write, caplog):
    rows = [*ROWS, (60, 1, 9.0, 9.0), (50, 7, 0.0, 0.0)]
    seen = data.read_inputs(str(write("a.txt", text(rows))), config(neighbours=3))
    assert [(one.agent, one.frame, one.step) for one in seen] == [("1", 60, 10), ("2", 50, 10)]
    np.testing.assert_allclose(seen[0].points, [WANTED["1"][5], (9, 9)])
    np.testing.assert_allclose(seen[1].neighbours, [WANTED["1"][4:6]])  # agent 7 was not there a step before
    assert "1 of 3 agents have fewer than 2 points in a row" in caplog.text and "agent 7" in caplog.text


def test_bad_inputs_of_predict(write):
    for inputs, message in (
        ([[[0, 0]]], "predict, path 1: expected 2 points in a row up to the last of an agent, received 1"),
        ([[[0, 0], [1, 1]], [[0, 0]]], "predict, path 2: expected 2 points in a row"),
        ({"points": [[0, 0]]}, "input 1, path 1: expected 2 points or more, received 1"),
        ([{"points": [[0, 0], [1, float("nan")]]}], "input 1, path 1, point 2: expected two finite numbers"),
        ([{"points": [[0, 0], [1, 1]], "neighbours": [[1, 2]]}], "input 1: expected two finite points"),
        (str(write("a.txt", "0\t1\t2\t3\n")), "received 1 of agent 1 of a.txt"),
        (5, "predict: expected a file"),
    ):
        with pytest.raises((ValueError, TypeError)) as error:
            data.read_inputs(inputs, config())
        assert message in str(error.value), error.value
    assert data.read_inputs([], config()) == []

"""What to type next is what can be typed: commands parse, calls run, and no path of the user's machine is in a page."""

import html
import pathlib
import re
import shlex
import types

import pytest

import pipelines
from pipelines.shared.command_line import parsers
from pipelines.shared.report import next_steps, pages, verdict


def of(task, path, data=None, example=None, **options):
    """As much of an artifact as commands are made of."""
    chosen = getattr(pipelines, task).task
    source = {"data": data, "valid": None, "test": None}
    path = pathlib.Path(path)
    name = path.parent.name.removesuffix(".versions") if path.name.isdecimal() else path.name
    return types.SimpleNamespace(
        task=chosen, path=path, name=name, config=chosen.Config(**options),
        facts={"source": source, "example": example},
    )  # fmt: skip


def parsed(line):
    program, *words = shlex.split(line)
    assert program == "unroll"
    return vars(parsers.of_all(words[0]).parse_args(words))


@pytest.mark.parametrize("task", pipelines.TASKS)
@pytest.mark.parametrize("directory", ["saved_models", "my models"])
def test_the_command_line_takes_them(task, directory, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in next_steps.commands(of(task, f"{directory}/it-s")):
        values = parsed(line)
        assert values["name"] == "it-s" and values["directory"] == directory


def test_names_versions_and_examples_are_those_of_the_artifact(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hostile = "it's $HOME; `rm`"
    artifact = of("sentiment", tmp_path / "elsewhere" / "mine.versions" / "2", example=hostile)
    values = parsed(next_steps.commands(artifact)[1])
    assert values["inputs"] == [hostile] and values["version"] == 2 and values["directory"] == "elsewhere"
    load, *_, asked, _ = next_steps.calls(artifact)
    assert load == "artifact = pipelines.sentiment.load('mine', version=2, directory='elsewhere')"
    assert eval(asked, {"artifact": types.SimpleNamespace(predict=list)}) == [hostile]


def test_the_default_artifact_is_loaded_by_no_name():
    artifact = of("music", "saved_models/music")
    assert next_steps.calls(artifact)[0] == "artifact = pipelines.music.load()"
    assert next_steps.commands(artifact)[0] == "unroll music evaluate --name music"


def test_data_files_are_asked_about(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    artifact = of("forecasting", "saved_models/mine", str(tmp_path / "data" / "a b.csv"))
    assert parsed(next_steps.commands(artifact)[1])["data"] == "data/a b.csv"
    elsewhere = of("forecasting", "saved_models/mine", "/far/away/load.csv")
    assert parsed(next_steps.commands(elsewhere)[1])["data"] == "/far/away/load.csv"
    assert parsed(next_steps.commands(elsewhere, anywhere=True)[1])["data"] == "load.csv"


def test_the_training_command_makes_the_same_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"units": 7, "lowercase": False, "clip_norm": None, "text_column": "-a b", "keep": "start", "seed": 3}
    artifact = of("sentiment", "models/mine", [str(tmp_path / "a.csv"), "/x/b.csv"], **given)
    values = parsed(next_steps.training(artifact))
    assert values["data"] == ["a.csv", "/x/b.csv"] and values["name"] == "mine" and values["directory"] == "models"
    assert {name: values[name] for name in given} == given
    assert set(values) & set(vars(artifact.config)) == set(given)
    in_memory = next_steps.training(of("sentiment", "models/mine", "in memory (tuple)", units=7))
    assert in_memory == "pipelines.sentiment.train(data, units=7, seed=0)"


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (["", "a\nb", "x" * 61, "-flag", " padded", "Not bad."], "Not bad."),
        ([["I", "can", "fish"]], "I can fish"),
        (["\x1b[2J"], None),
        ([3.0], None),
        ([], None),
    ],
)
def test_an_example_is_short_and_plain(column, wanted):
    assert next_steps.example_of({"text": column, "label": column}) == wanted


def test_the_report_begins_with_the_verdict_and_ends_with_the_command(trained):
    page = (trained.path / "report" / "index.html").read_text("utf-8")
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", page)
    assert titles[0] == "Verdict" and titles[-1] == "How it was made"
    assert html.escape(str(trained.verdict)) in page
    assert all(html.escape(line) in page for line in next_steps.commands(trained, anywhere=True))
    rows = re.findall(r'<tr><th scope="row" dir="auto">([^<]*)</th>((?:<td[^>]*>[^<]*</td>)*)', page)
    how = [name for name, cells in rows if ">given<" in cells]
    assert {"units", "epochs"} <= set(how)
    assert page.rindex(">given<") < page.index(">default<")
    assert "TensorFlow" in page and "pipelines.sentiment.train(data, " in page


def test_no_path_of_the_machine_is_in_a_page(trained, tmp_path):
    page = (trained.path / "report" / "index.html").read_text("utf-8")
    for folder in (pathlib.Path.cwd(), trained.path.parent, pathlib.Path.home()):
        assert str(folder) not in page
    assert "In the folder that holds the folder tiny" in page and "--directory ." in page


def test_the_verdict_is_kept_with_the_artifact(trained, copied):
    again = pipelines.sentiment.load("tiny", directory=copied.parent)
    assert again.verdict == trained.verdict and str(again.verdict)
    (copied / "verdict.json").write_text("{}")
    with pytest.raises(ValueError, match=r"verdict\.json is damaged"):
        pipelines.sentiment.load("tiny", directory=copied.parent)
    (copied / "verdict.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"verdict\.json is missing"):
        pipelines.sentiment.load("tiny", directory=copied.parent)


def test_commands_in_a_page_are_escaped():
    assert pages.commands(["a <b>", "c"]) == "<pre><code>a &lt;b&gt;\nc</code></pre>"
    assert verdict.load("nowhere") is None


def test_paths_of_settings_are_names_alone_in_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outside, inside = "/somewhere/else/first-pretrained", str(tmp_path / "saved_models" / "mine")
    for start, shown in ((outside, "first-pretrained"), (inside, "saved_models/mine"), ("mine@2", "mine@2")):
        artifact = of("sentiment", "saved_models/mine", "a.csv", start_from=start)
        assert shlex.split(next_steps.training(artifact, True))[5:7] == ["--start-from", shown]
        assert start in next_steps.training(artifact)

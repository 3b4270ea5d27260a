"""The files of the pages: whole, without addresses elsewhere, and without ways in which a text could become HTML."""

import configparser
import pathlib
import posixpath
import re

import pytest

import pipelines
from pipelines.shared.report import style
from pipelines.shared.site import pages

FILES = pages.files()
SCRIPTS = {name: content.decode("utf-8") for name, content in FILES.items() if name.endswith(".js")}
ROOT = pathlib.Path(__file__).parents[4]
SITE = ROOT / "pipelines" / "shared" / "site"
NAMESPACE = "http://www.w3.org/2000/svg"


def test_every_task_has_a_page_that_mounts():
    for task in pipelines.TASKS:
        folder = pages.folder_of(getattr(pipelines, task).task)
        assert re.search(r"^export (async )?function mount\(page, \w+\)", SCRIPTS[f"{folder}/page.js"], re.M), task


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_what_is_there(name):
    imported = re.findall(r'from "([^"]+)"', SCRIPTS[name])
    assert all(address.startswith((".", "..")) for address in imported)
    assert {posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) for address in imported} <= set(FILES)


@pytest.mark.parametrize("name", [*FILES, "home", "artifact"])
def test_nothing_is_elsewhere_and_nothing_becomes_html(name):
    text = (FILES[name] if name in FILES else pages.html(name)).decode("utf-8")
    assert not re.findall(r"(?:https?:)?//[\w-]+\.\w", text.replace(NAMESPACE, ""))
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert way not in text
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text) or name.endswith(".js")


def test_a_page_looks_like_a_report():
    assert FILES["style.css"].startswith(style.STYLE.encode())


def test_a_task_of_another_package_has_the_page_that_stands_there(tmp_path, monkeypatch):
    for package in ("with_a_page", "without_a_page"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "with_a_page" / "site").mkdir()
    (tmp_path / "with_a_page" / "site" / "page.js").write_text("export function mount(page, model) {}")
    monkeypatch.syspath_prepend(tmp_path)
    tasks = [pipelines.Task(name, name, pipelines.settings.Training) for name in ("with_a_page", "without_a_page")]
    assert [pages.folder_of(task) for task in tasks] == ["with_a_page", pages.PLAIN]
    assert pages.files(tasks)["with_a_page/page.js"] == b"export function mount(page, model) {}"
    assert "sentiment/page.js" not in pages.files(tasks)


def test_a_wheel_holds_all_of_them():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    patterns = {package: lines.split() for package, lines in setup["options.package_data"].items()}
    packed = {path for pattern in patterns["pipelines.shared.site"] for path in SITE.glob(pattern)}
    for task in {getattr(pipelines, name).task.package for name in pipelines.TASKS}:
        folder = ROOT / task.replace(".", "/")
        packed |= {path for pattern in patterns["*"] for path in folder.glob(pattern)}
    contents = {path.read_bytes() for path in packed}
    assert {content for name, content in FILES.items() if name != "style.css"} <= contents
    assert {pages.html("home"), pages.html("artifact"), (SITE / "style.css").read_bytes()} <= contents

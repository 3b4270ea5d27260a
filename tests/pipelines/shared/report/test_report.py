import html.parser
import re

import matplotlib
import matplotlib.figure
import numpy as np
import pytest

from pipelines.shared.command_line import verbs
from pipelines.shared.report import headline, pages, probabilities
from pipelines.shared.storage import disk

HISTORY = {
    "loss": [0.7, 0.4, 0.2],
    "val_loss": [0.6, 0.5, 0.5],
    "learning_rate": [1e-3, 5e-4, 2e-4],
    "val_bleu": [20.0],
}
VOID = {"meta", "link", "br", "img", "input"}


class Page(html.parser.HTMLParser):
    """The page's elements, and a check that each one is closed."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(source)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f"{data}\n"

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def sample_page(path, hostile="plain"):
    drawing = matplotlib.figure.Figure(figsize=(4, 2))
    axes = drawing.subplots()
    axes.imshow(np.eye(3))
    axes.plot([0, 1], [0, 1], "k", label=hostile)
    axes.legend()
    everything = [
        pages.Section(hostile, pages.numbers({hostile: hostile})),
        pages.Section("table", pages.table(hostile, [hostile, "accuracy"], [[hostile, 0.5], ["b", None]])),
        pages.Section("curves", pages.learning_curves({hostile: [1.0], "loss": [0.5, 0.25], "val_loss": [1.0, 2.0]})),
        pages.Section("matrix", pages.confusion_matrix([hostile, "other"], np.eye(2))),
        pages.Section("examples", pages.examples(hostile, [(hostile, {hostile: hostile})])),
        pages.Section("picture", pages.figure(drawing, hostile, hostile)),
    ]
    return pages.write(path, hostile, hostile, everything).read_text(encoding="utf-8")


@pytest.mark.parametrize("hostile", ["<script>x()</script>", '"><img src=x onerror=y>', "</title></style><b>&amp;"])
def test_everything_from_the_data_is_escaped(hostile, tmp_path):
    attacked, plain = Page(sample_page(tmp_path / "a.html", hostile)), Page(sample_page(tmp_path / "b.html"))
    assert [tag for tag, _ in attacked.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(attributes) for _, attributes in attacked.elements] == [
        sorted(attributes) for _, attributes in plain.elements
    ]
    assert attacked.text.count(hostile) == plain.text.count("plain")


def test_page_is_self_contained(tmp_path):
    source = sample_page(tmp_path / "page.html")
    assert not re.search(r"https?:|//\w|@import|<script|<link|<iframe", source)
    page = Page(source)
    addresses = [
        value for _, attributes in page.elements for name, value in attributes.items() if name in ("href", "src")
    ]
    assert addresses and all(address.startswith(("#", "data:")) for address in addresses)
    assert "default-src 'none'" in page.all("meta")[2]["content"]


def test_page_is_accessible(tmp_path):
    page = Page(sample_page(tmp_path / "page.html"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1 and len(page.all("h2")) == 6
    assert len(page.all("caption")) == len(page.all("table")) == 2
    assert all(attributes["scope"] in ("row", "col") for attributes in page.all("th"))
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in page.all("svg"))
    assert {link["href"] for link in page.all("a")} <= {f"#{name}" for name in ids}


def test_same_input_same_page(tmp_path):
    assert sample_page(tmp_path / "a.html") == sample_page(tmp_path / "b.html")


def test_pictures_take_the_colours_of_the_page_and_leave_matplotlib_alone():
    drawing = matplotlib.figure.Figure()
    drawing.subplots().plot([1, 2], "k")
    before = dict(matplotlib.rcParams)
    svg = pages.figure(drawing, "line")
    assert dict(matplotlib.rcParams) == before
    assert "currentColor" in svg and "var(--paper)" in svg
    assert not re.search("#000000|#ffffff|DejaVu|<style", svg)


def test_text_of_any_script_in_a_picture_is_kept_without_warnings():
    drawing = matplotlib.figure.Figure(layout="constrained")
    drawing.subplots().set_title("映画 $5 <b>", parse_math=False)
    assert "映画 $5 &lt;b&gt;" in pages.figure(drawing, "title")


def test_one_panel_a_metric():
    page = Page(pages.learning_curves(HISTORY))
    assert [picture["aria-label"] for picture in page.all("svg")] == [
        "loss by epoch", "learning_rate by epoch", "bleu by epoch",
    ]  # fmt: skip
    assert "training 0.7000 → 0.2000; validation 0.6000 → 0.5000" in page.text
    assert page.text.count("validation") == 2  # legend and caption of the loss; nothing to compare in the others


@pytest.mark.parametrize("history", [{}, {"loss": []}])
def test_no_epoch(history):
    assert "No epoch" in pages.learning_curves(history)


@pytest.mark.parametrize("values", [[np.nan, np.nan], [np.inf, 1.0], [1e300, -1e300], [3]])
def test_odd_values_are_drawn(values):
    Page(pages.learning_curves({"loss": values}))


@pytest.mark.parametrize("classes", [2, 20])
def test_confusion_matrix_shows_every_count(classes):
    matrix = np.arange(classes**2).reshape(classes, classes) + 1000
    page = Page(pages.confusion_matrix([f"class {index}" for index in range(classes)], matrix))
    assert [int(text.replace(",", "")) for text in re.findall(r"\b1,\d{3}\b", page.text)] == matrix.ravel().tolist()
    assert len(page.all("th")) == 2 * classes + 1


def test_of_many_classes_those_with_the_most_mistakes_are_shown():
    """The others' mistakes count in recall all the same."""
    matrix = 10 * np.eye(60, dtype=int)
    matrix[40:, 0] = np.arange(1, 21)  # the last is 10 times right and 20 times wrong
    matrix[59, 7] = 1
    text = Page(pages.confusion_matrix([f"c{index}" for index in range(60)], matrix)).text
    assert "The 24 of 60 classes with the most mistakes." in text
    assert {f"c{index}" for index in (0, 7, *range(40, 60))} <= set(text.split())
    assert "c39" not in text
    assert f"{10 / 31:.1%}" in text
    assert len(Page(pages.confusion_matrix(range(60), np.zeros((60, 60), int))).all("tr")) == 25


def test_of_very_many_classes_a_table_has_the_most_frequent():
    matrix = np.diag(np.arange(1, 151))
    text = Page(probabilities.by_class([f"c{index}" for index in range(150)], matrix)).text
    assert "The 100 most frequent of 150 classes" in text
    assert "c149" in text and "c50" in text and "c49" not in text


def test_confusion_matrix_by_hand():
    page = Page(pages.confusion_matrix(["a", "b"], [[3.0, 1.0], [0.0, 0.0]]))
    shades = [cell["style"] for cell in page.all("td") if "style" in cell]
    assert shades == ["--shade: 0.87", "--shade: 0.50", "--shade: 0.00", "--shade: 0.00"]
    assert "75.0%" in page.text and "–" in page.text


def test_long_texts_are_shortened():
    cards = pages.examples("Most wrong", [("start " + "x" * 1_000_000 + " end", {}), ("", {})])
    assert len(cards) < 2_000 and "start" in cards and " end" in cards and "(empty)" in cards
    assert len(pages.table("Settings", ["name", "value"], [["text", "y" * 1_000_000]])) < 2_000
    exact = "z" * pages.LONGEST_TEXT
    assert pages.shorten(exact) == exact


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2500.0, "2,500"), (22_500, "22,500"), (1.0, "1.0000"), (0.0, "0.0000"), (0, "0"), (1, "1"), (-3.0, "-3"),
        (0.91234, "0.9123"), (np.float32(0.25), "0.2500"), (np.int64(1234), "1,234"), (2.1e-4, "0.00021"),
        (True, "True"), (None, "–"), (float("nan"), "–"), (float("inf"), "inf"), ("", ""),
    ],
)  # fmt: skip
def test_values(value, shown):
    assert f'<dd dir="auto">{shown}</dd>' in pages.numbers({"name": value})


def test_empty_tables_and_lists():
    assert "<tbody></tbody>" in pages.table("Nothing", ["name", "value"], [])
    assert "None." in pages.examples("Most wrong", [])


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="Expected 2 cells a row"):
        pages.table("Models", ["model", "accuracy"], [["ours"]])
    with pytest.raises(ValueError, match=r"each of 2 labels, received \(3, 3\)"):
        pages.confusion_matrix(["a", "b"], np.eye(3))


def test_interrupted_writing_leaves_the_old_page_whole(tmp_path, monkeypatch):
    path = pages.write(tmp_path / "new" / "index.html", "old", "", [])

    def full_disk(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(disk.os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        pages.write(path, "new", "", [])
    assert "<h1>old</h1>" in path.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_broken_characters_are_written(tmp_path):
    section = pages.Section("Most wrong", pages.examples("Most wrong", [("a\udc80b", {})]))
    assert "a?b" in pages.write(tmp_path / "page.html", "", "", [section]).read_text(encoding="utf-8")


def test_where_all_numbers_are_of_a_crowd_that_alone_is_said():
    metrics = {f"step_{number}": 1.0 for number in range(25)}  # of a task of one's own
    assert headline.without_crowds(metrics) == ({}, "25 more: step_…")
    assert verbs._numbers(metrics) == "25 more: step_…; --json prints all"

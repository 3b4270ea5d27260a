"""What a notebook shows: no script, nothing loaded, names escaped, and what a console prints stays one line."""

import base64
import html
import pathlib
import re
import types

import numpy as np
import pytest
from test_report import Page

import pipelines
from pipelines.music.tunes.files import Tune
from pipelines.shared.report import cards, probabilities, verdict
from pipelines.shared.training import tuning_page
from pipelines.shared.training.results import Result
from pipelines.translation.word_attention import Attention

HOSTILE = '<script>x()</script>"><img src=x onerror=y>'


def checked(card):
    """The elements of a card that takes nothing from elsewhere."""
    page = Page(card)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "link", "object"} and page.elements[0] == (
        "div", {"class": "unroll-card"},
    )  # fmt: skip
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not re.search(r"https?:|@import|prefers-color-scheme", card)
    return page


def artifact_card(name):
    values = {"metric": "accuracy", "called": name, "lower": False, "model": 0.92134, "model_error": 0.0042,
              "baseline": "linear", "baseline_called": name, "baseline_value": 0.9, "baseline_error": 0.004,
              "difference": 0.02134, "error": 0.004, "p_value": 1e-4, "test": "t", "groups": 99,
              "noun": name}  # fmt: skip
    return cards.of_artifact(types.SimpleNamespace(
        task=pipelines.sentiment.task, name=name, path=pathlib.Path("models", name), facts={"version": 3},
        config=types.SimpleNamespace(monitor="val_accuracy"), verdict=verdict.Verdict(**values),
        metrics={"examples": 250.0, "accuracy": 0.92134, name: 0.5, "baseline_linear_accuracy": 0.9},
        history={"loss": [1.0, 0.5], "val_loss": [1.0, 0.7], "val_accuracy": [0.5, 0.9], "accuracy": [0.5, 0.9]},
    ))  # fmt: skip


def test_the_card_of_an_artifact():
    page = checked(artifact_card(HOSTILE))
    assert page.text.count(HOSTILE) >= 4
    assert "0.921 ± 0.004" in page.text and "sure, p < 0.001" in page.text
    assert page.all("a")[0]["href"].startswith("models/%3Cscript%3E")
    assert len(page.all("svg")) == 2


def test_a_real_artifact_has_one(trained):
    page = checked(trained._repr_html_())
    assert str(trained.verdict) in page.text and str(trained.path / "report" / "index.html") in page.text
    assert "\n" not in repr(trained)
    metrics = trained.evaluate(([HOSTILE, "good"], ["positive", "negative"]))
    page = checked(metrics._repr_html_())
    assert str(metrics.verdict) in page.text and "baseline linear accuracy" in page.text


def test_a_tune_is_seen_heard_and_taken_along():
    tune = Tune([(0, 1, 60), (1, 1, 64)], 2.0, 120.0, 8)
    page = checked(tune._repr_html_())
    assert len(page.all("svg")) == 1 and page.all("audio")[0]["src"].startswith("data:audio/wav;base64,UklGR")
    (link,) = page.all("a")
    assert link["download"].endswith(".mid")
    midi = base64.b64decode(link["href"].removeprefix("data:audio/midi;base64,"))
    assert midi[:4] == b"MThd" and bytes([60, 80]) in midi
    assert "\n" not in repr(tune)


def test_attention_has_a_picture():
    looked = Attention(["▁new", "est", HOSTILE, "</s>"], ["▁lo", "w"], np.full((2, 4), 0.25))
    page = checked(looked._repr_html_())
    assert len(page.all("svg")) == 1 and "newest" in page.text
    assert repr(looked) == "<Attention of 2 pieces to 4>"
    source, target, weights = looked
    assert weights.shape == (len(target), len(source))
    checked(Attention([], [], np.zeros((0, 0)))._repr_html_())


TRIALS = [
    {"trial": "0", "status": "completed", "score": 0.5, "settings": {"units": 32, "cell": HOSTILE}, "error": None},
    {"trial": "1", "status": "completed", "score": 0.7, "settings": {"units": 320, "cell": "gru"}, "error": None},
    {"trial": "2", "status": "failed", "score": None, "settings": {"units": 64, "cell": "gru"}, "error": HOSTILE},
]


@pytest.mark.parametrize(("best", "order"), [(1, ["1", "0", "2"]), (0, ["0", "1", "2"])])
def test_a_search_has_a_table_and_a_page(best, order, tmp_path):
    result = Result(TRIALS[best]["settings"], TRIALS[best]["score"], TRIALS, "best.json", "index.html")
    page = checked(result._repr_html_())
    assert HOSTILE in page.text
    rows = re.findall(r'<tr><th scope="row" dir="auto">(\d)</th>', result._repr_html_())
    assert rows == order
    space = {"units": (16, 512), "cell": [HOSTILE, "gru"]}
    tuning_page.write(result, space, "val_accuracy", tmp_path / "index.html", HOSTILE, f"train --name {HOSTILE}")
    written = Page((tmp_path / "index.html").read_text("utf-8"))
    assert not written.all("script") and not written.all("img") and len(written.all("svg")) == 2
    assert "failed" in written.text and str(result).endswith("page  index.html")


def test_calibration_by_hand_and_of_what_is_told_right():
    confidence = np.repeat([0.95, 0.55], 100)
    right = np.concatenate([np.arange(100) < 95, np.arange(100) < 55])
    assert probabilities.expected_calibration_error(confidence, right) == pytest.approx(0, abs=1e-12)
    assert probabilities.expected_calibration_error(confidence, ~right) == pytest.approx((0.9 + 0.1) / 2)
    assert "Expected calibration error 0.000" in probabilities.calibration(confidence, right)
    assert "surer than it should be" in probabilities.calibration(np.ones(9), np.arange(9) < 4)


def test_thresholds_are_those_of_scikit_learn():
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(0)
    truth = draw.random(300) < 0.3
    positive = np.clip(0.35 * truth + 0.6 * draw.random(300), 0, 1)
    for level in (0.1, 0.5, 0.8):
        said = positive >= level
        wanted = sklearn_metrics.precision_recall_fscore_support(truth, said, average="binary", zero_division=np.nan)
        np.testing.assert_allclose(probabilities.rates_at(positive, truth, level), wanted[:3])
    Page(probabilities.thresholds(positive, truth, HOSTILE))
    Page(probabilities.thresholds(np.zeros(3), np.zeros(3), "none"))


def test_every_text_is_in_one_part_by_length():
    lengths = np.random.default_rng(0).integers(1, 40, 203)
    page = probabilities.by_length(lengths, np.ones(203))
    counts = [int(cell) for cell in re.findall(r'<td class="number" dir="auto">(\d+)</td>', page)]
    assert sum(counts) == 203 and len(counts) == 4
    assert probabilities.by_length(np.full(9, 3), np.ones(9)) == ""
    page = probabilities.by_length([1, 1, 9, 9, 20, 20], [0.0, 1.0, 0.0, 1.0, 3.0, 3.0], "mean absolute error")
    assert "Mean absolute error by length" in page and "0.5 ± 0.2" in page and "3.000" in page


def test_predicted_numbers_stand_beside_the_true_ones():
    predicted = np.arange(100.0)
    page = probabilities.by_value(predicted, predicted + 2)
    assert page.count("<tr>") == 5 and page.count(">25<") == 4  # a quarter of the texts in each
    assert "12.0 ± 1.4" in page and "14.0 ± 1.4" in page and "2.000" in page
    assert probabilities.by_value(np.ones(9), predicted[:9]) == "" == probabilities.by_value([], [])
    assert html.escape(HOSTILE) in probabilities.by_class([HOSTILE, "b"], [[3, 1], [0, 0]])

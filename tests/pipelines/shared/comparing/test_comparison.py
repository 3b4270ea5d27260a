"""Artifacts are compared on the same rows, paired by row; what cannot be compared is refused in one line."""

import html
import json
import shutil
import types

import numpy as np
import pytest

import pipelines
from pipelines.shared.artifacts import layout
from pipelines.shared.command_line import program
from pipelines.shared.comparing import candidates, comparison
from pipelines.shared.metrics import outcomes, significance


def write(folder, right, task="sentiment", tested="a", version=1, keys=None, called="accuracy", counts=None):
    """As much of an artifact on disk as a comparison reads."""
    folder.mkdir(parents=True)
    for name in layout.CHECKED:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}")
    layout.write_json(folder / "metrics.json", {"examples": 9.0, "accuracy": float(np.mean(right)), "f1_<b>": 0.5})
    layout.write_json(folder / "config.json", {"units": len(folder.name), "seed": 0})
    values = {"": right, "linear": np.zeros(len(right))}
    made = outcomes.of_values("accuracy", values, noun="texts", keys=keys, called=called, counts=counts)
    made.save(folder)
    facts = {"task": task, "examples": {"train": 9, "test": len(right)}, "fingerprints": {"test": tested}}
    layout.seal(folder, {**facts, "version": version, "parameters": 1234, "training_seconds": 1.5})
    return folder


@pytest.fixture
def models(tmp_path):
    rows = np.arange(1000)
    write(tmp_path / "good", rows < 920, version=2)
    write(tmp_path / "good.versions" / "1", rows < 918)
    write(tmp_path / "bad", rows >= 200)
    write(tmp_path / "elsewhere", rows < 900, tested="b")
    write(tmp_path / "tunes", rows < 900, task="music")
    return tmp_path


def test_the_best_is_first_and_the_others_are_tested_against_it(models):
    compared = pipelines.compare("bad", "good@1", "good", directory=models)
    assert [row.name for row in compared.rows] == ["good@2", "good@1", "bad@1"]
    best, close, bad = compared.rows
    assert best.value == 0.92 and best.difference is None and best.p_value is None
    assert close.difference == pytest.approx(-0.002) and close.p_value == 0.5  # 2 to none, of McNemar
    alone = significance.mcnemar(np.arange(1000) < 920, np.arange(1000) >= 200)
    assert bad.p_value == pytest.approx(min(1, 2 * alone))
    assert compared.said.startswith("good@2 has the best number, but good@1 may be as good")
    two = pipelines.compare("good", "bad", directory=models)
    assert two.said == "good@2 is best: accuracy 0.920 against 0.800 of bad@1 (sure, p < 0.001)."
    assert two.rows[1].p_value == pytest.approx(alone)
    assert "McNemar's exact test on 1,000 texts" in str(two)


def test_the_page_and_the_card_say_the_same(models):
    compared = pipelines.compare("good", "bad", directory=models)
    page = (models / "good@2+bad@1.html").read_text("utf-8")
    assert compared.path == str(models / "good@2+bad@1.html") and str(models) not in page
    assert html.escape(compared.said) in page and "f1_&lt;b&gt;" in page and "<script" not in page
    assert "units" in page and ">seed<" not in page  # settings that differ alone
    card = compared._repr_html_()
    assert html.escape(compared.said) in card and "<script" not in card and "http" not in card
    assert "\n" not in repr(compared)


def test_rows_are_paired_by_their_keys(tmp_path):
    draw = np.random.default_rng(0)
    one, other = draw.random((2, 400)) < 0.8
    order = draw.permutation(400)
    write(tmp_path / "one", one, keys=np.arange(400))
    write(tmp_path / "other", other[order][:300], keys=np.arange(400)[order][:300])
    compared = pipelines.compare("one", "other", directory=tmp_path)
    kept = np.sort(order[:300])
    assert compared.groups == 300
    assert compared.rows[1].p_value == pytest.approx(significance.mcnemar(one[kept], other[kept]))
    assert {row.value for row in compared.rows} == {one[kept].mean(), other[kept].mean()}


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["good"], r"expected two or more different artifacts, received good@2"),
        (["good", "good@2"], "two or more different"),
        (["good", "missing"], r"no artifact 'missing' in .*; there are: bad, elsewhere, good, tunes"),
        (["good", "good@7"], "no version 7 of 'good'"),
        (["good", "bad@x"], r"expected a name, or a name and a version such as mine@2, received 'bad@x'"),
        (["good", "tunes"], "expected artifacts of one task, received good@2 of sentiment and tunes@1 of music"),
        (
            ["good", "elsewhere"],
            "were not tested on the same rows; name some: unroll compare good@2 elsewhere@1",
        ),
        (["good", "../bad"], "name: expected letters"),
    ],
)
def test_what_cannot_be_compared_is_refused(models, names, error, capsys):
    with pytest.raises((ValueError, FileNotFoundError), match=error):
        pipelines.compare(*names, directory=models)
    assert program.main(["compare", *names, "--directory", str(models)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("unroll: error: ") and printed.err.count("\n") == 1


def test_other_scores_and_other_steps_are_refused(tmp_path):
    write(tmp_path / "one", np.ones(9))
    write(tmp_path / "tokens", np.ones(9), called="nats a token")
    write(tmp_path / "steps", np.ones(9), counts=np.full(9, 2))
    write(tmp_path / "others", np.ones(9), keys=np.arange(9) + 9)
    for name, error in {"tokens": "nats a token", "steps": "count other steps", "others": "no row in common"}.items():
        with pytest.raises(ValueError, match=error):
            pipelines.compare("one", name, directory=tmp_path)


def test_a_damaged_artifact_is_named(models):
    (models / "bad" / "outcomes.npz").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"outcomes\.npz is damaged"):
        pipelines.compare("good", "bad", directory=models)


def test_the_command_prints_a_table_or_json_and_writes_the_page(models, capsys):
    page = models / "pages" / "mine.html"
    command = ["compare", "good", "bad", "--directory", str(models), "--page", str(page)]
    assert program.main(command) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[1].startswith("good@2") and f"page  {page}" in printed and page.exists()
    assert program.main([*command, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["rows"][0]["value"] == 0.92 and plain["said"].startswith("good@2 is best")


def test_on_data_that_is_given_all_are_asked_anew(trained, tmp_path):
    copy = shutil.copytree(trained.path, tmp_path / "other", ignore=shutil.ignore_patterns("serving*", "mobile*"))
    other = pipelines.sentiment.load("other", directory=copy.parent)
    texts, labels = ["good", "bad", "not bad", "awful"] * 5, ["positive", "negative", "positive", "negative"] * 5
    compared = pipelines.compare(trained, other, data=(texts, labels), directory=tmp_path)
    assert [row.p_value for row in compared.rows] == [None, 1.0] and compared.groups == 20
    assert compared.rows[0].value == pytest.approx(trained.evaluate((texts, labels))["accuracy"])
    own = pipelines.compare(trained, other, directory=tmp_path)
    assert own.rows[0].value == pytest.approx(trained.metrics["accuracy"])
    (copy / "outcomes.npz").unlink()  # as of an earlier version
    facts = json.loads((copy / "artifact.json").read_text())
    del facts["sha256"]["outcomes.npz"]
    (copy / "artifact.json").write_text(json.dumps(facts))
    other.splits = trained.splits
    assert pipelines.compare(trained, other, directory=tmp_path).rows[1].p_value == 1.0


def test_an_unknown_task_is_asked_for_in_python():
    one = candidates.Candidate("mine@1", None, {"task": "nobody's"})
    with pytest.raises(ValueError, match="load it in Python"):
        one.artifact()


def test_without_outcomes_nothing_is_compared():
    with pytest.raises(ValueError, match="mine@1 has no outcomes"):
        comparison._aligned([types.SimpleNamespace(label="mine@1")], [None])

"""Entities against the package seqeval, and by hand."""

import numpy as np
import pytest

from pipelines.shared.metrics import entities

seqeval = pytest.importorskip("seqeval.metrics")
labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")

SCHEMES = {"IOB": "BI", "BIOES": "BIES"}


def drawn(marks, count=200, seed=0):
    """Sentences of random tags, right and wrong in every way."""
    draw = np.random.default_rng(seed)
    tags = ["O", "O", *(f"{mark}-{kind}" for mark in marks for kind in ("PER", "LOC"))]
    return [draw.choice(tags, draw.integers(1, 12)).tolist() for _ in range(count)]


@pytest.mark.parametrize("marks", SCHEMES.values(), ids=SCHEMES)
def test_entities_are_those_of_seqeval(marks):
    for tags in drawn(marks):
        expected = [(kind, start, end + 1) for kind, start, end in labeling.get_entities(tags)]
        assert entities.spans(tags) == expected, tags


@pytest.mark.parametrize("marks", SCHEMES.values(), ids=SCHEMES)
def test_scores_are_those_of_seqeval(marks):
    truth, said = drawn(marks), drawn(marks, seed=1)
    said = [(one[: len(real)] + ["O"] * len(real))[: len(real)] for real, one in zip(truth, said, strict=True)]
    said = [real if row % 3 else one for row, (real, one) in enumerate(zip(truth, said, strict=True))]
    numbers = entities.scores(truth, said)
    report = seqeval.classification_report(truth, said, output_dict=True, zero_division=0)
    for name, key in {"precision": "precision", "recall": "recall", "f1": "f1-score"}.items():
        np.testing.assert_allclose(numbers[name], report["micro avg"][key])
    for kind in ("PER", "LOC"):
        np.testing.assert_allclose(numbers[f"f1_{kind}"], report[kind]["f1-score"])


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("I-PER I-PER O I-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),  # IOB1
        ("I-PER B-PER I-PER", [("PER", 0, 1), ("PER", 1, 3)]),  # IOB1: B parts two of a type
        ("U-PER B-LOC M-LOC L-LOC", [("PER", 0, 1), ("LOC", 1, 4)]),  # BILOU
        ("B I O B", [("", 0, 2), ("", 3, 4)]),
        ("O O", []),
        ("B-A-B I-A-B", [("A-B", 0, 2)]),
        ("", []),
    ],
)
def test_every_way_of_marking_is_read(tags, expected):
    assert entities.spans(tags.split()) == expected


@pytest.mark.parametrize(
    ("tags", "answer"),
    [("O B-PER", True), ("NOUN VERB", False), ("O", False), ("B I O", True), ("O X", False), ("E-PER O", False),
     ("B-PER NOUN", False), ("S I", True), ("I-PER", True), ("O B", True), ("B-", True)],
)  # fmt: skip
def test_tags_of_entities_are_told(tags, answer):
    assert entities.are_entities(tags.split()) is answer


def test_nothing_said_and_nothing_true_are_zero():
    assert entities.scores([["B-X"]], [["O"]])["f1"] == 0
    assert entities.scores([["O"]], [["O"]]) == {"precision": 0.0, "recall": 0.0, "f1": 0.0}

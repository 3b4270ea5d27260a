"""Whose answers a golden.json holds."""

import shutil

import numpy as np
import pytest
from conftest import ROOT

import pipelines
from pipelines.shared.export import comparison, golden_answers

FROZEN = ROOT / "tests" / "frozen" / "0.1.0"
SEARCH = {
    "beam": ({"source": [None, None]}, {"tokens": [None, 5, None]}),
    "generate": ({"source": [None, None]}, {"tokens": [None, None]}),
    "encode": ({"source": [None, None]}, {"memory": [None, None, 3]}),
    "step": ({"token": [None]}, {"tokens": [None, None]}),
}


def test_answers_are_of_the_signature_whose_shape_they_have():
    beam = golden_answers.Golden({"source": [[1, 2]], "tokens": [[[1]] * 5]})
    greedy = golden_answers.Golden({"source": [[1, 2]], "tokens": [[1, 3]]})
    assert beam.of(SEARCH, "tflite") == ["beam"]
    assert greedy.of(SEARCH, "tflite") == ["generate"]
    neither = golden_answers.Golden({"source": [[1, 2]], "tokens": [1]})
    assert neither.of(SEARCH, "tflite") == ["beam", "generate"]  # wrong for both
    assert neither.difference({"tokens": np.ones([1, 2])})[1] == np.inf


def test_answers_are_of_the_signature_that_is_named():
    named = golden_answers.Golden({"signatures": {"tflite": "generate"}, "source": [[1]], "tokens": [[[1]]]})
    assert named.of(SEARCH, "tflite") == ["generate"]
    assert named.of(SEARCH, "saved_model") == []


def test_an_input_and_an_answer_of_one_name():
    tensors, answers = {"tokens": np.array([[1]], "int32")}, {"tokens": np.array([[2, 3]], "int32")}
    old = golden_answers.Golden({"tokens": [[2, 3]]})
    assert old.lost(tensors, answers) == ["tokens"]
    assert old.with_inputs(tensors).tensors({"tokens": "int32"})["tokens"].tolist() == [[1]]
    new = golden_answers.Golden(golden_answers.record(["a"], None, {"tflite": "generate"}, tensors, answers))
    assert new.lost(tensors, answers) == []
    assert new.tensors({"tokens": "int32"})["tokens"].tolist() == [[1]]
    assert new.difference({"tokens": answers["tokens"]}) == (["tokens"], 0.0)


def test_an_export_whose_golden_inputs_are_lost_says_so(tmp_path):
    """Of 0.1.0: music as events; where the artifact is there, they are made anew."""
    mobile = shutil.copytree(FROZEN / "events" / "mobile", tmp_path / "mobile")
    found = pipelines.verify(mobile)
    assert found.passed
    assert [check.detail for check in found.checks if check.name == "generate: golden answers"] == [
        "golden.json has only answers under the names of the inputs tokens; export again"
    ]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, np.inf], [1.0, float("inf")], 0.0),
        ([1.0], [float("nan")], np.inf),
        ([300.0], [303.0], 3 / 303),
        ([300_001], [300_000], 1.0),
        ([[1.0]], [1.0], np.inf),
        ([b"a", "é".encode()], ["a", "é"], 0.0),
        ([b"a"], ["b"], np.inf),
        ([1], ["1"], np.inf),
        ([b"1"], [1], np.inf),
        ([True], [True], 0.0),
        ([], [], 0.0),
    ],
)
def test_differences(one, other, expected):
    found = np.array(one, object) if one and isinstance(one[0], bytes) else np.array(one)
    assert comparison.difference(found, other) == pytest.approx(expected)


@pytest.mark.parametrize("value", [None, {}, [{}], [[1], [1, 2]], [10**400], "[]"])
def test_what_is_no_array(value):
    with pytest.raises(ValueError, match=r"golden\.json: x is no array"):
        golden_answers.array("x", value, "float32")


def test_missing_numbers_are_null_and_come_back_as_nan():
    tensors, answers = {"values": np.array([[1.5, np.nan]], "float32")}, {"forecast": np.array([2.0], "float32")}
    content = golden_answers.record([], None, {"tflite": "main"}, tensors, answers)
    assert content["values"] == [[1.5, None]] and content["forecast"] == [2.0]
    known = golden_answers.Golden(content)
    np.testing.assert_array_equal(known.tensors({"values": np.float32})["values"], tensors["values"])
    assert known.difference({**tensors, **answers}) == (["values", "forecast"], 0.0)
    assert known.difference({"values": np.array([[1.5, 0.0]])})[1] == np.inf

"""Tensors in JSON as TF Serving's documentation shows them."""

import json

import numpy as np
import pytest

from pipelines.shared.serving import tensors
from pipelines.shared.serving.refusals import Refused

FLOATS = tensors.Tensor(np.dtype("float32"), (None, 2))
WHOLE = tensors.Tensor(np.dtype("int32"), (None,))
TEXTS = tensors.Tensor(np.dtype(object), (None,))


def test_rows_and_columns_give_the_same_tensors():
    takes = {"a": FLOATS, "b": WHOLE}
    by_rows = {"instances": [{"a": [1, 2.5], "b": 3}, {"a": [4, 5], "b": -6}]}
    by_columns = {"inputs": {"a": [[1, 2.5], [4, 5]], "b": [3, -6]}}
    for body, rows in ((by_rows, True), (by_columns, False)):
        arrays, told = tensors.read(body, takes)
        assert told is rows and list(arrays) == ["a", "b"]
        assert arrays["a"].dtype == np.float32 and arrays["a"].tolist() == [[1, 2.5], [4, 5]]
        assert arrays["b"].dtype == np.int32 and arrays["b"].tolist() == [3, -6]


def test_a_signature_of_one_tensor_takes_plain_values_and_base64():
    for body in ({"instances": ["a", {"b64": "Yg=="}]}, {"inputs": ["a", {"b64": "Yg=="}]}):
        assert tensors.read(body, {"text": TEXTS})[0]["text"].tolist() == [b"a", b"b"]
    for named in ({"instances": [{"text": "a"}]}, {"inputs": {"text": ["a"]}}):
        assert tensors.read(named, {"text": TEXTS})[0]["text"].tolist() == [b"a"]


@pytest.mark.parametrize(
    ("body", "takes", "message"),
    [
        ({}, {"a": FLOATS}, "Missing 'inputs' or 'instances' key"),
        ({"inputs": 1, "instances": 2}, {"a": FLOATS}, "Only one of"),
        ({"inputs": {"c": []}}, {"a": FLOATS}, "does not have named input: 'c'"),
        ({"inputs": {}}, {"a": FLOATS}, "missing named input: a"),
        ({"inputs": [[1, "2"]]}, {"a": FLOATS}, "a: JSON Value: '2' Type: String is not of expected type: float"),
        ({"inputs": [[1, None]]}, {"a": FLOATS}, "Type: Null is not of expected type: float"),
        ({"inputs": [[1, True]]}, {"a": FLOATS}, "Type: Bool is not of expected type: float"),
        ({"inputs": [[1, 1e300]]}, {"a": FLOATS}, "to float without loss of precision"),
        ({"inputs": [[1, 10**400]]}, {"a": FLOATS}, "to float without loss of precision"),
        ({"inputs": [[1, 2], [3]]}, {"a": FLOATS}, "Encountered list at unexpected size: 1 at level: 1"),
        ({"inputs": [[1, 2], 3]}, {"a": FLOATS}, "found at incorrect level: 1"),
        ({"inputs": [1, 2]}, {"a": FLOATS}, "expected a tensor of shape [?,2], received [2]"),
        ({"inputs": [[1, 2, 3]]}, {"a": FLOATS}, "expected a tensor of shape [?,2], received [1,3]"),
        ({"inputs": [2**31]}, {"b": WHOLE}, "is not of expected type: int32"),
        ({"inputs": [1.0]}, {"b": WHOLE}, "is not of expected type: int32"),
        ({"inputs": ["a", {"b64": "?"}]}, {"t": TEXTS}, "Unable to base64 decode"),
        ({"inputs": ["a", {"b65": ""}]}, {"t": TEXTS}, "Type: Object is not of expected type: string"),
        ({"instances": {}}, {"t": TEXTS}, "Expecting 'instances' value to be a list"),
        ({"instances": []}, {"t": TEXTS}, "Empty list"),
        ({"instances": [{"a": [1, 2], "b": 1}, {"a": [1, 2]}]}, {"a": FLOATS, "b": WHOLE}, "Expecting object with"),
        ({"inputs": {"a": [[1, 2]], "b": [1, 2]}}, {"a": FLOATS, "b": WHOLE}, "expected as many rows of each"),
        ({"inputs": [1]}, {"a": FLOATS, "b": WHOLE}, "takes several tensors by name: a, b"),
    ],
)  # fmt: skip
def test_what_is_no_such_tensor_is_refused(body, takes, message):
    with pytest.raises(Refused) as refused:
        tensors.read(body, takes)
    assert refused.value.status == 400 and message in refused.value.message


def test_answers_are_written_by_rows_and_by_columns_with_the_digits_of_their_type():
    numbers = np.array([[0.1, 1], [np.nan, -np.inf]], "float32")
    texts = np.array([b"\xc3\xa9", b"\xff"], object)
    assert tensors.written({"y": numbers}, True) == b'{"predictions": [[0.1, 1.0], [NaN, -Infinity]]}'
    assert tensors.written({"y": numbers}, False) == b'{"outputs": [[0.1, 1.0], [NaN, -Infinity]]}'
    both = json.loads(tensors.written({"b_bytes": texts, "a": np.array([1, 2])}, True))
    assert both == {"predictions": [{"a": 1, "b_bytes": {"b64": "w6k="}}, {"a": 2, "b_bytes": {"b64": "/w=="}}]}
    assert json.loads(tensors.written({"t": texts}, True)) == {"predictions": ["é", "\ufffd"]}
    exact = np.random.default_rng(0).normal(size=1000).astype("float32")
    assert (np.float32(json.loads(tensors.written({"y": exact}, True))["predictions"]) == exact).all()

"""TF Serving's REST interface: the requests of its documentation, and those that README and exports show."""

import base64
import json
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf
from servers import linked, made

README = pathlib.Path(__file__).parents[4] / "README.md"
PREDICT = "/v1/models/words:predict"
TEXTS = ["not bad at all", "", "a b c"]


@pytest.fixture(scope="module")
def expected(exported):
    """The named outputs of the exported SavedModel itself."""
    served = tf.saved_model.load(str(exported.path / "serving" / "1"))
    outputs = served.signatures["serving_default"](text=tf.constant(TEXTS))
    return {name: value.numpy() for name, value in outputs.items()}


def plain(value):
    return np.char.decode(value.astype("S"), "utf-8").tolist() if value.dtype == object else value.tolist()


def test_answers_are_the_named_outputs_of_the_saved_model(client, expected):
    outputs = client.post(PREDICT, json={"inputs": {"text": TEXTS}}).json()["outputs"]
    rows = client.post(PREDICT, json={"instances": TEXTS}).json()["predictions"]
    coded = [{"text": {"b64": base64.b64encode(text.encode()).decode()}} for text in TEXTS]
    assert client.post(PREDICT, json={"signature_name": "serving_default", "instances": coded}).json() == {
        "predictions": rows
    }
    assert outputs.keys() == expected.keys()
    for name, value in expected.items():
        for told in (outputs[name], [row[name] for row in rows]):
            if value.dtype == object:
                assert told == plain(value)
            else:
                np.testing.assert_allclose(told, value, atol=1e-6)


def test_the_request_that_readme_shows_is_answered(client):
    body = re.search(r"curl -d '(.*)' http://localhost:8501/v1/models/mine:predict", README.read_text("utf-8"))[1]
    assert client.post(PREDICT, content=body).json()["outputs"]["label"][0] in ("negative", "positive")


def test_the_request_beside_each_export_is_answered(client, exported):
    page = (exported.path / "serving" / "README.md").read_text("utf-8")
    body = re.search(r"curl -d '(.*)' http", page)[1]
    assert len(client.post(PREDICT, content=body).json()["outputs"]["label"]) == 1


def test_versions_and_labels(client):
    fine = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for place in ("", "/versions/1", "/labels/stable"):
        assert client.get(f"/v1/models/words{place}").json() == {"model_version_status": [fine]}
        assert client.post(f"/v1/models/words{place}:predict", json={"instances": TEXTS}).is_success
    metadata = client.get("/v1/models/words/versions/1/metadata").json()
    assert metadata["model_spec"] == {"name": "words", "signature_name": "", "version": "1"}
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert signatures.keys() == {"serving_default", "ids"}
    assert signatures["ids"]["inputs"]["ids"] == {
        "dtype": "DT_INT32", "name": "ids:0",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}] * 2, "unknown_rank": False},
    }  # fmt: skip
    assert signatures["serving_default"]["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/v1/models/other", None, 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/words/versions/7", None, 404, "Could not find any versions of model words"),
        ("POST", "/v1/models/other:predict", {"instances": ["a"]}, 404,
         "Servable not found for request: Latest(other)"),
        ("POST", "/v1/models/words/versions/7:predict", {"instances": ["a"]}, 404,
         "Servable not found for request: Specific(words, 7)"),
        ("POST", "/v1/models/words/versions/x:predict", {}, 400, "Failed to convert version: x to numeric."),
        ("POST", "/v1/models/words/labels/canary:predict", {}, 404, "Unrecognized servable version label: canary"),
        ("POST", PREDICT, {"signature_name": "x", "instances": ["a"]}, 400,
         'Serving signature name: "x" not found in signature def'),
        ("POST", PREDICT, {"signature_name": 1, "instances": ["a"]}, 400,
         "'signature_name' key must be a string value"),
        ("POST", "/v1/models/words:classify", {"examples": []}, 400,
         "Expected classification signature method_name to be tensorflow/serving/classify. Was: "
         "tensorflow/serving/predict"),
        ("POST", "/v1/models/words:regress", {"examples": []}, 400, "Expected regression signature"),
        ("POST", "/v1/models/words:explain", {}, 400, "Malformed request: POST /v1/models/words:explain"),
        ("GET", PREDICT, None, 400, "Malformed request: GET /v1/models/words:predict"),
        ("GET", "/v1/else", None, 400, "Malformed request: GET /v1/else"),
        ("POST", PREDICT, {"inputs": {"text": "a"}}, 400, "text: expected a tensor of shape [?], received []"),
        ("POST", PREDICT, {"inputs": {"text": ["a" * 30_000]}}, 413,
         "text: expected texts of at most 20,000 bytes, received one of 30,000"),
        ("POST", PREDICT, {"signature_name": "ids", "inputs": {"ids": [[1, 2]], "lengths": [3]}}, 400,
         "lengths: expected numbers from 0 to 2, received 3 to 3"),
        ("POST", PREDICT, {"signature_name": "ids", "inputs": {"ids": [[1, 10**6]], "lengths": [2]}}, 400, ""),
    ],
)  # fmt: skip
def test_errors_have_the_status_and_the_words_of_tf_serving(client, method, path, body, status, error):
    answer = client.request(method, path, json=body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"]), answer.text
    assert error in answer.json()["error"]


def test_texts_translated_together_get_the_outputs_they_get_alone(bilingual, tmp_path):
    with made(linked(tmp_path, translator=bilingual)) as client:
        served = client.portal.call(client.shelf.get, "translator")
        from pipelines.shared.serving.served_signatures import Signature

        signature = Signature.of(served.artifact, "serving_default", served.signatures["serving_default"])
        texts = [["the old house"], ["a", "the red door"], ["a small key"], ["the key is in the garden " * 9]]
        *calls, other = [signature.call({"text": np.array([text.encode() for text in one], object)}) for one in texts]
        assert len({call.joined_by for call in calls}) == 1 and other.joined_by != calls[0].joined_by
        together = calls[0].work([call.payload for call in calls])
        for call, outputs in zip(calls, together, strict=True):
            [alone] = call.work([call.payload])
            assert outputs.keys() == alone.keys()
            for name, value in alone.items():
                assert value.shape == outputs[name].shape, name
                if value.dtype == object:
                    assert (value == outputs[name]).all(), name
                else:
                    np.testing.assert_allclose(value, outputs[name], rtol=1e-5, atol=1e-5)
        asked = client.post("/v1/models/translator:predict", content=json.dumps({"instances": texts[1]}))
        assert [row["translation"] for row in asked.json()["predictions"]] == [
            one["translation"] for one in bilingual.predict(texts[1])
        ]

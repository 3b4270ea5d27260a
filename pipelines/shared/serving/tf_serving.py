"""TF Serving's REST interface, /v1: an app that calls it moves to TF Serving unchanged.

    GET  /v1/models/NAME[/versions/V|/labels/L]               which versions there are
    GET  /v1/models/NAME[/versions/V|/labels/L]/metadata      signatures, their inputs and outputs
    POST /v1/models/NAME[/versions/V|/labels/L]:predict       {"signature_name", "instances" or "inputs"}

The label "stable" is the version in use. Our signatures are all for predict; classify and regress say so.

Reference: https://www.tensorflow.org/tfx/serving/api_rest
"""

import contextlib
import dataclasses
import functools
from typing import Any

import fastapi

from pipelines.shared.messages import shown
from pipelines.shared.serving import asking, bodies, served_signatures, tensors
from pipelines.shared.serving.refusals import Refused

DEFAULT = "serving_default"
STABLE = "stable"
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
VERBS = ("predict", "classify", "regress")
METHOD = "tensorflow/serving/predict"
DTYPES = {"float": "DT_FLOAT", "double": "DT_DOUBLE", "string": "DT_STRING", "bool": "DT_BOOL"}
BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}}


def router(shelf, limits) -> fastapi.APIRouter:
    """The routes."""
    routes, api = fastapi.APIRouter(prefix="/v1"), Api(shelf, limits)
    for place in ("/models/{name}/versions/{version}", "/models/{name}/labels/{label}", "/models/{name}"):
        routes.post(f"{place}:{{verb}}", openapi_extra=BODY)(api.predict)
        routes.get(f"{place}/metadata")(api.metadata)
        routes.get(place)(api.status)
    routes.api_route("/{rest:path}", methods=METHODS, include_in_schema=False)(malformed)
    return routes


async def malformed(request: fastapi.Request):
    """What no route of TF Serving takes."""
    raise Refused(400, f"Malformed request: {request.method} {request.url.path[:200]}")


@dataclasses.dataclass(frozen=True)
class Api:
    """The functions of the routes."""

    shelf: Any
    limits: asking.Limits

    def status(self, name: str, version: str | None = None, label: str | None = None):
        """The state of a model's versions."""
        if ":" in name:
            raise Refused(400, f"Malformed request: GET /v1/models/{name[:200]}")
        number = _number(name, version, label)
        with _in_words(f"Could not find any versions of model {name}"):
            standing = self.shelf.standing(name, number)
            asked = version is not None or label is not None
            numbers = [standing.version] if asked else sorted(self.shelf.versions(name), reverse=True)
        fine = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return {"model_version_status": [{"version": str(one), **fine} for one in numbers]}

    async def metadata(self, request: fastapi.Request, name: str, version: str | None = None, label: str | None = None):
        """The signatures of a version."""
        served = await self._served(name, _number(name, version, label))
        signatures = {one: await self._signature(request, served, one) for one in served.signatures}
        described = {one: _described(signature) for one, signature in signatures.items()}
        return {
            "model_spec": {"name": name, "signature_name": "", "version": str(served.standing.version)},
            "metadata": {"signature_def": {"signature_def": described}},
        }

    async def predict(
        self, request: fastapi.Request, name: str, verb: str, version: str | None = None, label: str | None = None
    ):
        """The named outputs of a signature."""
        if verb not in VERBS:
            raise Refused(400, f"Malformed request: POST {request.url.path[:200]}")
        number = _number(name, version, label)
        with _in_words(_not_found(name, number)):
            self.shelf.standing(name, number)
        body = await bodies.of(request, constants=True)
        served = await self._served(name, number)
        signature = await self._signature(request, served, _asked_for(body))
        if verb != "predict":
            kind = {"classify": "classification", "regress": "regression"}[verb]
            raise Refused(400, f"Expected {kind} signature method_name to be tensorflow/serving/{verb}. Was: {METHOD}")
        arrays, by_rows = tensors.read(body, signature.takes)
        outputs = await asking.answered(request, served, signature.call(arrays), self.limits.seconds)
        return fastapi.Response(tensors.written(outputs, by_rows), media_type="application/json")

    async def _served(self, name, number):
        with _in_words(_not_found(name, number)):
            return await self.shelf.get(name, number)

    async def _signature(self, request, served, name):
        """The signature, traced in the model's thread at its first use."""
        if name not in served.signatures:
            raise Refused(400, f'Serving signature name: "{name[:100]}" not found in signature def')
        if name not in served.traced:
            make = functools.partial(served_signatures.Signature.of, served.artifact, name, served.signatures[name])
            served.traced[name] = await asking.run(request, served, make, self.limits.seconds)
        return served.traced[name]


@contextlib.contextmanager
def _in_words(message):
    """Says that there is no such model as TF Serving does."""
    try:
        yield
    except Refused as refused:
        if refused.status != 404:
            raise
        raise Refused(404, message) from refused


def _not_found(name, number):
    asked = f"Latest({name})" if number is None else f"Specific({name}, {number})"
    return f"Servable not found for request: {asked}"


def _asked_for(body):
    name = body.get("signature_name", DEFAULT)
    if not isinstance(name, str):
        raise Refused(
            400, f"JSON Value: {shown(name)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name or DEFAULT


def _number(name, version, label):
    """The number of the version that is asked for; None for the one in use."""
    if label is not None and label != STABLE:
        raise Refused(404, f"Unrecognized servable version label: {label[:100]}; there is: {STABLE}")
    if version is None:
        return None
    if not version.isascii() or not version.isdecimal() or len(version) > 18:
        raise Refused(400, f"Failed to convert version: {version[:100]} to numeric.")
    return int(version)


def _described(signature):
    """The SignatureDef as JSON."""
    return {
        "inputs": {name: _tensor(name, one) for name, one in signature.takes.items()},
        "outputs": {name: _tensor(name, one) for name, one in signature.gives.items()},
        "method_name": METHOD,
    }


def _tensor(name, tensor):
    sizes = [{"size": str(-1 if size is None else size), "name": ""} for size in tensor.shape]
    dtype = DTYPES.get(tensor.called, f"DT_{tensor.called.upper()}")
    return {"dtype": dtype, "tensor_shape": {"dim": sizes, "unknown_rank": False}, "name": f"{name}:0"}

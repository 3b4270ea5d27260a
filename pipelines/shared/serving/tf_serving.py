"""TF Serving's REST interface, /v1: an app that calls it moves to TF Serving unchanged.

    GET  /v1/models/NAME[/versions/V|/labels/L]               which versions there are
    GET  /v1/models/NAME[/versions/V|/labels/L]/metadata      signatures, their inputs and outputs
    POST /v1/models/NAME[/versions/V|/labels/L]:predict       {"signature_name", "instances" or "inputs"}

The label "stable" is the version in use. Our signatures are all for predict; classify and regress say so.

Reference: https://www.tensorflow.org/tfx/serving/api_rest
"""

import functools

import fastapi

from pipelines.shared.messages import shown
from pipelines.shared.serving import asking, bodies, served_signatures, tensors
from pipelines.shared.serving.refusals import Refused

DEFAULT = "serving_default"
STABLE = "stable"
VERBS = ("predict", "classify", "regress")
METHODS = {"predict": "tensorflow/serving/predict"}
DTYPES = {"float": "DT_FLOAT", "double": "DT_DOUBLE", "string": "DT_STRING", "bool": "DT_BOOL"}
BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}}


def router(shelf, limits) -> fastapi.APIRouter:
    """The routes."""
    routes = fastapi.APIRouter(prefix="/v1/models")

    def status(name: str, version: str | None = None, label: str | None = None):
        """The state of a model's versions."""
        if version is None and label is None:
            shelf.standing(name)
            numbers = sorted(shelf.versions(name), reverse=True)
        else:
            numbers = [shelf.standing(name, _number(name, version, label)).version]
        fine = {"error_code": "OK", "error_message": ""}
        return {
            "model_version_status": [{"version": str(one), "state": "AVAILABLE", "status": fine} for one in numbers]
        }

    async def metadata(request: fastapi.Request, name: str, version: str | None = None, label: str | None = None):
        """The signatures of a version."""
        served = await shelf.get(name, _number(name, version, label))
        signatures = {one: await _signature(request, served, one, limits) for one in served.signatures}
        described = {one: _described(signature) for one, signature in signatures.items()}
        return {
            "model_spec": {"name": name, "signature_name": "", "version": str(served.standing.version)},
            "metadata": {"signature_def": {"signature_def": described}},
        }

    async def predict(
        request: fastapi.Request, name: str, verb: str, version: str | None = None, label: str | None = None
    ):
        """The named outputs of a signature."""
        if verb not in VERBS:
            raise Refused(400, f"Malformed request: POST {request.url.path}")
        shelf.standing(name, _number(name, version, label))
        body = bodies.read_object(await request.body(), constants=True)
        served = await shelf.get(name, _number(name, version, label))
        asked = body.get("signature_name", DEFAULT)
        if not isinstance(asked, str):
            raise Refused(400, f"JSON Value: {shown(asked)} not formatted correctly. 'signature_name' key must be a "
                               "string value.")  # fmt: skip
        signature = await _signature(request, served, asked or DEFAULT, limits)
        if verb != "predict":
            kind = {"classify": "classification", "regress": "regression"}[verb]
            raise Refused(400, f"Expected {kind} signature method_name to be tensorflow/serving/{verb}. Was: "
                               f"{METHODS['predict']}")  # fmt: skip
        arrays, by_rows = tensors.read(body, signature.takes)
        outputs = await asking.answered(request, served, signature.call(arrays), limits.seconds)
        return fastapi.Response(tensors.written(outputs, by_rows), media_type="application/json")

    for place in ("/{name}/versions/{version}", "/{name}/labels/{label}", "/{name}"):
        routes.post(f"{place}:{{verb}}", openapi_extra=BODY, name="predict")(predict)
        routes.get(f"{place}/metadata", name="metadata")(metadata)
        routes.get(place, name="status")(status)
    return routes


def _number(name, version, label):
    """The number of the version that is asked for; None for the one in use."""
    if label is not None and label != STABLE:
        raise Refused(404, f"Unrecognized servable version label: {shown(label)} of {shown(name)}; there is: {STABLE}")
    if version is None:
        return None
    if not version.isascii() or not version.isdecimal() or len(version) > 18:
        raise Refused(400, f"Failed to convert version: {shown(version)} to numeric.")
    return int(version)


async def _signature(request, served, name, limits):
    """The signature, traced in the model's thread at its first use."""
    if name not in served.signatures:
        raise Refused(400, f"Serving signature name: {shown(name)} not found in signature def")
    traced = served.traced
    if name not in traced:
        make = functools.partial(served_signatures.Signature.of, served.artifact, name, served.signatures[name])
        traced[name] = await asking.run(request, served, make, limits.seconds)
    return traced[name]


def _described(signature):
    """The SignatureDef as JSON."""
    return {
        "inputs": {name: _tensor(name, one) for name, one in signature.takes.items()},
        "outputs": {name: _tensor(name, one) for name, one in signature.gives.items()},
        "method_name": METHODS["predict"],
    }


def _tensor(name, tensor):
    sizes = [{"size": str(-1 if size is None else size), "name": ""} for size in tensor.shape]
    dtype = DTYPES.get(tensor.called, f"DT_{tensor.called.upper()}")
    return {"dtype": dtype, "tensor_shape": {"dim": sizes, "unknown_rank": False}, "name": f"{name}:0"}

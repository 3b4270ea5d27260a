"""Tensors as JSON, by rows and by columns, as TF Serving's REST interface has them.

    by rows      {"instances": [1, 2]}  {"instances": [{"a": 1, "b": 2}, ...]}      ->  {"predictions": [...]}
    by columns   {"inputs": [1, 2]}     {"inputs": {"a": [...], "b": [...]}}        ->  {"outputs": ...}

A text is a string, or {"b64": "..."}; in answers it is b64 where the tensor's name ends in `_bytes`. Messages are in
TF Serving's words where it has some.
"""

import base64
import binascii
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.shared.messages import shown
from pipelines.shared.serving.refusals import Refused

NAMES = {"float32": "float", "float64": "double", "str": "string", "object": "string"}
KINDS = {dict: "Object", list: "Array", str: "String", bool: "Bool", type(None): "Null"}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What a signature takes or gives: dtype, of NumPy, object for texts; shape, None for an open axis."""

    dtype: np.dtype
    shape: tuple[int | None, ...]

    @property
    def called(self) -> str:
        """The type as TF Serving calls it."""
        return NAMES.get(self.dtype.name, self.dtype.name)


def read(body: Mapping[str, Any], takes: Mapping[str, Tensor]) -> tuple[dict[str, np.ndarray], bool]:
    """(the tensors of a request by name, whether they came by rows).

    Raises:
        Refused: 400.
    """
    if "instances" in body and "inputs" in body:
        raise Refused(400, "Only one of 'instances' and 'inputs' may be set, received both")
    if "instances" in body:
        columns = _columns(body["instances"], takes)
    elif "inputs" in body:
        columns = body["inputs"]
        columns = columns if isinstance(columns, dict) and "b64" not in columns else _only(columns, takes)
    else:
        raise Refused(400, "Missing 'inputs' or 'instances' key")
    _check_names(columns, takes)
    arrays = {name: array(name, columns[name], tensor) for name, tensor in takes.items()}
    _check_rows(arrays)
    return arrays, "instances" in body


def _only(value, takes):
    if len(takes) > 1:
        names = ", ".join(takes)
        raise Refused(400, f"'inputs' is a plain value, but the signature takes several tensors by name: {names}")
    return {name: value for name in takes}


def _columns(instances, takes):
    """{name: values} of values that came by rows."""
    if not isinstance(instances, list):
        raise Refused(400, f"Expecting 'instances' value to be a list/array, received {shown(instances)}")
    if not instances:
        raise Refused(400, "Empty list/array in 'instances'; expected at least one row")
    if isinstance(instances[0], dict) and "b64" not in instances[0]:
        for number, row in enumerate(instances):
            if not isinstance(row, dict) or row.keys() != instances[0].keys():
                raise Refused(
                    400, f"Expecting object with names {', '.join(instances[0])} in instances[{number}], received "
                    f"{shown(row)}"
                )  # fmt: skip
        _check_names(instances[0], takes)
        return {name: [row[name] for row in instances] for name in instances[0]}
    return _only(instances, takes)


def _check_names(columns, takes):
    for name in columns:
        if name not in takes:
            raise Refused(400, f"input does not have named input: {shown(name)}; there are: {', '.join(takes)}")
    for name in takes:
        if name not in columns:
            raise Refused(400, f"Failed to process element: missing named input: {name}")


def array(name: str, value: Any, tensor: Tensor) -> np.ndarray:
    """The tensor of a JSON value.

    Raises:
        Refused: 400, another type, another shape, or lists of different lengths.
    """
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    rank = len(tensor.shape)
    fits = len(shape) == rank and all(size in (None, own) for size, own in zip(tensor.shape, shape, strict=True))
    if not fits and not (0 in shape and len(shape) < rank):
        sizes = ",".join("?" if size is None else str(size) for size in tensor.shape)
        raise Refused(400, f"{name}: expected a tensor of shape [{sizes}], received [{','.join(map(str, shape))}]")
    leaves = []
    _fill(name, value, 0, shape, leaves)
    shape += [size or 0 for size in tensor.shape[len(shape) :]]
    return _typed(name, leaves, tensor).reshape(shape)


def _fill(name, value, level, shape, leaves):
    if level == len(shape):
        leaves.append(value)
        return
    if not isinstance(value, list):
        raise Refused(400, f"{name}: JSON Value: {shown(value)} found at incorrect level: {level}")
    if len(value) != shape[level]:
        raise Refused(
            400, f"{name}: Encountered list at unexpected size: {len(value)} at level: {level} expected size: "
            f"{shape[level]}"
        )  # fmt: skip
    if level == len(shape) - 1:
        leaves.extend(value)
        return
    for one in value:
        _fill(name, one, level + 1, shape, leaves)


def _typed(name, leaves, tensor):
    dtype = tensor.dtype
    if dtype.kind == "O":
        made = np.empty(len(leaves), object)
        made[:] = [_text(name, leaf, tensor) for leaf in leaves]
        return made
    kinds = {"f": (int, float), "i": (int,), "u": (int,), "b": (bool,)}[dtype.kind]
    for leaf in leaves:
        if type(leaf) not in kinds:
            raise _of_type(name, leaf, tensor)
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        for leaf in leaves:
            if not bounds.min <= leaf <= bounds.max:
                raise _of_type(name, leaf, tensor)
    try:
        with np.errstate(over="ignore"):
            made = np.array(leaves, dtype)
    except OverflowError as error:
        raise Refused(400, f"{name}: Cannot convert JSON value to {tensor.called} without loss of precision") from error
    if dtype.kind == "f" and np.isinf(made).any() and not np.isinf(np.array(leaves, np.float64)[np.isinf(made)]).all():
        raise Refused(400, f"{name}: Cannot convert JSON value to {tensor.called} without loss of precision")
    return made


def _text(name, leaf, tensor):
    if isinstance(leaf, str):
        return leaf.encode("utf-8")
    if not (isinstance(leaf, dict) and leaf.keys() == {"b64"} and isinstance(leaf["b64"], str)):
        raise _of_type(name, leaf, tensor)
    try:
        return base64.b64decode(leaf["b64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, f"{name}: Unable to base64 decode") from error


def _of_type(name, leaf, tensor):
    kind = KINDS.get(type(leaf), "Number")
    return Refused(400, f"{name}: JSON Value: {shown(leaf)} Type: {kind} is not of expected type: {tensor.called}")


def _check_rows(arrays):
    rows = {name: len(value) for name, value in arrays.items()}
    if len(set(rows.values())) > 1:
        counted = ", ".join(f"{count} of {name}" for name, count in rows.items())
        raise Refused(400, f"inputs: expected as many rows of each, received {counted}")


def written(outputs: Mapping[str, np.ndarray], by_rows: bool) -> bytes:
    """The body of the answer; numbers have as many digits as tell them apart, NaN and Infinity are written so.

    >>> written({"y": np.array([0.1, np.inf], "float32")}, by_rows=True)
    b'{"predictions": [0.1, Infinity]}'
    """
    plain = {name: _plain(name, value) for name, value in sorted(outputs.items())}
    if not by_rows:
        value = {"outputs": plain if len(plain) > 1 else next(iter(plain.values()))}
    elif len(plain) == 1:
        value = {"predictions": next(iter(plain.values()))}
    else:
        value = {"predictions": [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]}
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _plain(name, value):
    if value.dtype.kind == "f":
        return value.astype("U").astype(np.float64).tolist()  # 0.1 of float32 is 0.1, not 0.10000000149
    if value.dtype == object:
        write = _coded if name.endswith("_bytes") else _decoded
        return _mapped(value.tolist(), write)
    return value.tolist()


def _mapped(value, write):
    return [_mapped(one, write) for one in value] if isinstance(value, list) else write(value)


def _coded(content):
    return {"b64": base64.b64encode(content).decode("ascii")}


def _decoded(content):
    return content.decode("utf-8", "replace")

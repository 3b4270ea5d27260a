"""The answers in a golden.json, and how far those of a signature are from them.

    inputs, quantize     raw inputs; how weights were rounded
    signatures           {"tflite", "saved_model": the signature there that they are the answers of}
    <name>               an input's or an output's numbers
    given                {name: numbers} of those inputs whose names outputs bear as well

A file without `signatures` is of 0.1.0 or made by hand: its answers are of those signatures that they fit in shape.
"""

import dataclasses

import numpy as np

from pipelines.shared.export import comparison, conversion
from pipelines.shared.storage import plain_json


@dataclasses.dataclass(frozen=True)
class Golden:
    """What a golden.json says."""

    values: dict

    @property
    def quantized(self):
        return self.values.get("quantize") is not None

    def with_given(self, tensors):
        """The same where inputs that the file lacks are known: {name: array}."""
        return Golden({**self.values, "given": {**tensors, **self._own}}) if tensors else self

    @property
    def _own(self):
        return _object(self.values.get("given", {}), "given")

    @property
    def given(self):
        """{name: numbers} of inputs."""
        return self.values | self._own

    def of(self, signatures, kind):
        """The names of those signatures whose answers these are.

        Args:
            signatures: {name: ({input: shape}, {output: shape})}; None is an open axis.
            kind: "tflite" or "saved_model".
        """
        if "signatures" in self.values:
            named = _object(self.values["signatures"], "signatures").get(kind)
            return [name for name in signatures if name == named]
        fit = [name for name, (inputs, outputs) in signatures.items()
               if set(inputs) <= set(self.given) and set(outputs) & set(self.values)]  # fmt: skip
        closer = [name for name in fit if self._in_shape(signatures[name][1])]
        return closer or fit

    def _in_shape(self, outputs):
        return all(_fits(self.values[name], shape) for name, shape in outputs.items() if name in self.values)

    def lost(self, inputs, outputs):
        """The inputs of a signature that an output of the same name has taken the place of."""
        return sorted(name for name in inputs if name in outputs and name in self.values and name not in self._own)

    def tensors(self, kinds, rows=slice(None)):
        """{input: array} of {input: type}."""
        found = {name: array(name, self.given.get(name), kind) for name, kind in kinds.items()}
        return {name: value[rows] if value.ndim else value for name, value in found.items()}

    def difference(self, found, exact=True):
        """(names, the greatest difference) of the answers in `found` that are known.

        exact: whether whole numbers and texts count.
        """
        names = [name for name, value in found.items() if name in self.values and (exact or value.dtype.kind == "f")]
        expected = {name: array("an answer", self.values[name]) for name in names}
        return names, max((comparison.difference(found[name], expected[name]) for name in names), default=0.0)


def read(path):
    """The `Golden` of a file.

    Raises:
        ValueError: it is damaged.
    """
    golden = Golden(plain_json.read(path))
    quantize = golden.values.get("quantize")
    if quantize is not None and quantize not in list(conversion.QUANTIZATIONS):
        raise ValueError(f"{path} is damaged: quantize: expected null, {', '.join(conversion.QUANTIZATIONS)}")
    return golden


def record(inputs, quantize, signatures, tensors, answers):
    """What golden.json is to hold: see above.

    Args:
        inputs: raw inputs. quantize: how weights were rounded, or None.
        signatures: {kind of export: the signature that takes `tensors` and gives `answers`}, {name: array} each.
    """
    given = {name: tensor.tolist() for name, tensor in tensors.items() if name in answers}
    numbers = {name: value.tolist() for name, value in (tensors | answers).items()}
    head = {"inputs": inputs, "quantize": quantize, "signatures": signatures}
    return head | numbers | ({"given": given} if given else {})


def _object(value, name):
    if not isinstance(value, dict):
        raise ValueError(f"golden.json: {name}: expected an object, received {type(value).__name__}")
    return value


def _fits(value, shape):
    try:
        sizes = np.asarray(value).shape
    except ValueError:  # rows of different lengths
        return False
    return len(sizes) == len(shape) and all(known in (None, size) for known, size in zip(shape, sizes, strict=True))


def array(name, value, kind=None):
    """Numbers or texts of a golden.json.

    Raises:
        ValueError: rows of different lengths, numbers out of range, or anything else.
    """
    try:
        if value is None or isinstance(value, dict):
            raise ValueError("no array")
        found = np.asarray(value, kind)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"golden.json: {name} is no array{f' of {np.dtype(kind).name}' if kind else ''}") from error
    if kind is None and found.dtype.kind not in "biufU" and found.size:
        raise ValueError(f"golden.json: {name} is no array of numbers or texts")
    return found

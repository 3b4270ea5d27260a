"""The answers in a golden.json, and how far those of a signature are from them.

    inputs, quantize     raw inputs; how weights were rounded
    signatures           {"tflite" or "saved_model": the signature of that export that gave the answers}
    <name>               the numbers of an input or an output
    given                {name: numbers} of the shadowed inputs: an output has the same name and stands under it

A file without `signatures` is from 0.1.0 or made by hand: its answers belong to the signatures whose shapes they fit.
"""

import dataclasses

import numpy as np

from pipelines.shared.export import comparison, conversion
from pipelines.shared.storage import plain_json


@dataclasses.dataclass(frozen=True)
class Golden:
    """The content of a golden.json."""

    values: dict

    @property
    def quantized(self):
        return self.values.get("quantize") is not None

    def with_inputs(self, tensors):
        """The same content with shadowed inputs added that the file lacks, as {name: array}."""
        return Golden({**self.values, "given": {**tensors, **self._shadowed_inputs}}) if tensors else self

    @property
    def _shadowed_inputs(self):
        return _object(self.values.get("given", {}), "given")

    @property
    def input_values(self):
        """{name: numbers} in which a shadowed input, not the output, stands under their common name."""
        return self.values | self._shadowed_inputs

    def of(self, signatures, kind):
        """The names of the signatures that these answers belong to.

        Args:
            signatures: {name: ({input: shape}, {output: shape})}; None is an open axis.
            kind: "tflite" or "saved_model".
        """
        if "signatures" in self.values:
            named = _object(self.values["signatures"], "signatures").get(kind)
            return [name for name in signatures if name == named]
        fit = [name for name, (inputs, outputs) in signatures.items()
               if set(inputs) <= set(self.input_values) and set(outputs) & set(self.values)]  # fmt: skip
        closer = [name for name in fit if self._in_shape(signatures[name][1])]
        return closer or fit

    def _in_shape(self, outputs):
        return all(_fits(self.values[name], shape) for name, shape in outputs.items() if name in self.values)

    def lost(self, inputs, outputs):
        """The shadowed inputs of a signature that the file does not hold: only the output of that name is there."""
        return sorted(
            name for name in inputs if name in outputs and name in self.values and name not in self._shadowed_inputs
        )

    def tensors(self, kinds, rows=slice(None)):
        """{input: array} for `kinds`, which is {input: type}."""
        tensors = {name: array(name, self.input_values.get(name), kind) for name, kind in kinds.items()}
        return {name: tensor[rows] if tensor.ndim else tensor for name, tensor in tensors.items()}

    def difference(self, answers, exact=True):
        """(names, the greatest difference) of those `answers` that golden.json has too.

        exact: whether whole numbers and texts count.
        """
        names = [
            name for name, answer in answers.items() if name in self.values and (exact or answer.dtype.kind == "f")
        ]
        expected = {name: array("an answer", self.values[name]) for name in names}
        return names, max(
            (comparison.difference(answers[name], expected[name], of_row=True) for name in names), default=0.0
        )


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
    """The content of a new golden.json; see above.

    Args:
        inputs: raw inputs. quantize: how weights were rounded, or None.
        signatures: {kind of export: the signature that takes `tensors` and returns `answers`}.
        tensors, answers: {name: array} each.
    """
    shadowed_inputs = {name: _plain(tensor) for name, tensor in tensors.items() if name in answers}
    numbers = {name: _plain(value) for name, value in (tensors | answers).items()}
    head = {"inputs": inputs, "quantize": quantize, "signatures": signatures}
    return head | numbers | ({"given": shadowed_inputs} if shadowed_inputs else {})


def _plain(tensor):
    """Nested lists, with None for NaN, which JSON does not have."""
    if tensor.dtype.kind == "f" and np.isnan(tensor).any():
        return np.where(np.isnan(tensor), None, tensor.astype(object)).tolist()
    return tensor.tolist()


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
        values = np.asarray(value, kind)
        values = values.astype(np.float64) if values.dtype.kind == "O" else values  # None is a missing number
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"golden.json: {name} is no array{f' of {np.dtype(kind).name}' if kind else ''}") from error
    if kind is None and values.dtype.kind not in "biufU" and values.size:
        raise ValueError(f"golden.json: {name} is no array of numbers or texts")
    return values

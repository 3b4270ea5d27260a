"""The signatures of a served artifact: those of its SavedModel, called on joined requests.

Requests are joined where their inputs have the same sizes, and texts about the same length. Of an output with open axes
only the part is given back that belongs to the request's own rows; which part that is, `PADDED` of the task's room
`signatures` says. Where it does not, requests are answered one by one.
"""

import dataclasses
import functools
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.shared import progress
from pipelines.shared.serving.batching import Call
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.serving.tensors import Tensor

CELLS = 2**18  # numbers of an input
LONGEST = 20_000  # bytes of a text, where the task's room `page` says nothing else


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of a SavedModel; takes, gives: its inputs, in their order, and outputs by name."""

    artifact: Any
    name: str
    function: Any
    takes: Mapping[str, Tensor]
    gives: Mapping[str, Tensor]

    @classmethod
    def of(cls, artifact, name, function):
        """Traces the function, which takes seconds."""
        takes = {one.name: _tensor(one) for one in tf.nest.flatten(function.input_signature)}
        outputs = function.get_concrete_function().structured_outputs
        return cls(artifact, name, function, takes, {key: _tensor(one) for key, one in outputs.items()})

    def call(self, arrays: Mapping[str, np.ndarray]) -> Call:
        """What a request with these tensors asks for; in the order of `takes`."""
        _check(self.artifact, arrays)
        padded = self.artifact.task.signatures.PADDED.get(self.name)
        joined_by = None
        if padded is not None or all(None not in tensor.shape[1:] for tensor in self.gives.values()):
            joined_by = (self.name, *_sizes(self.artifact, arrays))
        work = functools.partial(_answered, self.function, padded or {})
        return Call(work, arrays, len(next(iter(arrays.values()))), joined_by)


def _tensor(specification):
    kind = np.dtype(object) if specification.dtype == tf.string else np.dtype(specification.dtype.as_numpy_dtype)
    return Tensor(kind, tuple(specification.shape.as_list()))


def _sizes(artifact, arrays):
    """What requests have to have in common to be joined."""
    for name, value in arrays.items():
        yield name, value.shape[1:]
        if value.dtype == object:
            yield max((len(text) for text in value.flat), default=0).bit_length()
    yield artifact.task.signatures.alike(artifact, arrays)


def _check(artifact, arrays):
    """Refuses numbers that decide how long an answer takes, where they are out of bounds, and too many of them."""
    bounds, steps = artifact.task.page.BOUNDS, [value.shape[1] for value in arrays.values() if value.ndim > 1]
    for name, value in arrays.items():
        if value.size > CELLS:
            raise Refused(413, f"{name}: expected at most {CELLS:,} values, received {value.size:,}")
        if value.dtype.kind == "O":
            _check_texts(name, value, bounds.get(name, (0, LONGEST))[1])
            continue
        least, most = bounds.get(name, (None, None))
        if name.endswith("lengths") and value.dtype.kind == "i" and steps:
            least, most = 0, steps[0]
        if most is not None and value.size and not least <= value.min() <= value.max() <= most:
            raise Refused(
                400, f"{name}: expected numbers from {least} to {most:,}, received {value.min()} to {value.max()}"
            )


def _check_texts(name, texts, most):
    longest = max(map(len, texts.flat), default=0)
    if longest > most:
        raise Refused(413, f"{name}: expected texts of at most {most:,} bytes, received one of {longest:,}")


def _answered(function, padded, requests):
    """The outputs of each request, {name: array}."""
    joined = {name: tf.constant(np.concatenate([one[name] for one in requests])) for name in requests[0]}
    with progress.session(quiet=True):
        try:
            outputs = {name: value.numpy() for name, value in function(*joined.values()).items()}
        except tf.errors.InvalidArgumentError as error:
            raise Refused(400, error.message.split("\n")[0]) from error
    ends = np.cumsum([0, *(len(next(iter(one.values()))) for one in requests)])
    parts = [{name: value[start:end] for name, value in outputs.items()}
             for start, end in itertools.pairwise(ends)]  # fmt: skip
    return [_own(part, padded) for part in parts]


def _own(outputs, padded):
    """The outputs without the steps that only other requests have."""
    widths = {name: _width(outputs[name]) for names in padded.values() for name in names}
    cut = {}
    for name, value in outputs.items():
        sizes = (slice(None), *(slice(widths[one]) for one in padded.get(name, ())))
        cut[name] = value[sizes]
    return cut


def _width(texts):
    """Up to which step any row has a text."""
    filled = np.flatnonzero((texts != b"").any(axis=0))
    return int(filled[-1]) + 1 if len(filled) else 0

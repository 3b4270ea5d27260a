"""Inputs to call anyone's `.tflite` with: a user's examples, what the file says of its inputs, or guesses.

    calls = drawn_calls.calls(path, "serving_default", details, facts, examples)      # two of them, {name: array}

The file itself is the judge: a category of a small table, or a convolution over more steps than there are, makes
LiteRT fail where nothing is wrong with the file. So other sizes and lower numbers are tried before it is said to fail.
"""

import time

import numpy as np

from pipelines.shared.export import tflite_files
from pipelines.shared.export.inputs import example_inputs
from pipelines.shared.export.inputs import facts as input_facts

SIZES = ((2, 5), (3, 8))  # (batch, all other open axes), call by call
OTHERS = (
    (2, 16), (3, 24), (2, 32), (2, 64), (3, 128), (1, 5), (1, 16), (4, 16), (1, 64), (8, 16), (1, 128), (2, 12),
    (2, 10), (2, 1), (1, 1), (2, 100), (2, 256), (16, 16), (2, 512), (1, 1024),
)  # fmt: skip
AS_LENGTHS, LOW, ZEROS = range(3)  # whole numbers: vectors as lengths, all of them 0 or 1, all 0
MOST_SECONDS = 60


def calls(path, name, details, facts=None, examples=None):
    """Inputs {name: array} of two calls of a signature, of different shapes if it takes them.

    Args:
        path: the file. name: the signature. details: what LiteRT says of its inputs.
        facts: what `input_facts.read` returns. examples: a user's own, of which the shapes and the numbers are taken.

    Raises:
        ValueError: the signature does not take the examples.
    """
    expected = input_facts.of_details(details)
    if examples is not None:
        return of_examples(expected, examples)
    known = input_facts.calls(expected, facts or {})
    if known and all(runs(path, name, tensors) for tensors in (known[-1], known[0])):
        return [known[-1], known[0]]
    return _guessed(path, name, details)


def of_examples(expected, examples):
    """Two calls with examples: all rows, and the first; or as many as a fixed batch has."""
    arrays = example_inputs.arrays(examples, expected)
    rows = next((one.shape[0] for one in expected if one.shape and one.shape[0]), None)
    count = min((len(array) for array in arrays.values() if array.ndim), default=1)
    if count < (rows or 1):
        raise ValueError(f"examples: expected {rows or 1} rows or more, received {count}")
    last = {key: array[-rows:] if rows and array.ndim else array for key, array in arrays.items()}
    return [last, {key: array[: rows or 1] if array.ndim else array for key, array in arrays.items()}]


def _guessed(path, name, details):
    """Two calls with random inputs; the first ones that are tried, if the file takes none."""
    began, taken, first = time.monotonic(), [], [drawn(details, *sizes) for sizes in SIZES]
    sizes = (*SIZES, *OTHERS) if any(-1 in detail["shape_signature"] for detail in details.values()) else SIZES
    for low in (AS_LENGTHS, LOW, ZEROS):
        for batch, size in sizes:
            tensors = drawn(details, batch, size, low)
            if time.monotonic() - began < MOST_SECONDS and runs(path, name, tensors):
                taken.append(tensors)
            if len(taken) == 2:
                return taken
        if taken:
            return taken * 2
    return first


def runs(path, name, tensors):
    """Whether a new interpreter answers."""
    try:
        tflite_files.interpreter(path).get_signature_runner(name)(**tensors)
    except (RuntimeError, ValueError, MemoryError):
        return False
    return True


def drawn(details, batch, size, low=AS_LENGTHS):
    """Random inputs in which some steps and one row are zeros, like padding.

    Integers are 0 or 1. In a vector, which may hold lengths, they are `size`, 0 or 1.
    """
    draw, tensors = np.random.default_rng(0), {}
    for name, detail in details.items():
        shape = [
            fixed if fixed >= 0 else size if axis else batch for axis, fixed in enumerate(detail["shape_signature"])
        ]
        kind = np.dtype(detail["dtype"])
        tensor = draw.integers(0, 2, shape) if kind.kind in "iub" else draw.normal(size=shape)
        if len(shape) == 1 and kind.kind in "iu" and low == AS_LENGTHS:
            tensor = np.resize([size, 0, 1], shape)
        elif len(shape) > 1:
            tensor[1::3] = tensor[2::3, :1] = tensor[::3, -1:] = 0
        tensors[name] = (tensor * 0 if low == ZEROS and kind.kind in "iu" else tensor).astype(kind)
    return tensors

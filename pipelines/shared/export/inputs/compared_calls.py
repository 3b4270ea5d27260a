"""The calls in which a file is compared with the Keras model that it was made of."""

import logging

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.export import comparison
from pipelines.shared.export.inputs import drawn_inputs, drawn_numbers, example_inputs, tried_calls
from pipelines.shared.export.inputs import roles as input_roles
from pipelines.shared.export.models import signatures as model_signatures
from pipelines.shared.messages import brief

TOLERANCE = comparison.TOLERANCE["float32"]
log = logging.getLogger("unroll")


def planned(model, examples=None, batch=None, alike=False):
    """The `tried_calls.Plan` of a model; with the roles of its inputs, and a user's own examples by name if any.

    Args:
        examples: see `example_inputs`. batch: the rows of every call, if they are fixed.
        alike: whether the inputs that are drawn have the same number of steps.
    """
    expected, roles = model_signatures.expected(model), input_roles.roles(model)
    if examples is None:
        return tried_calls.planned(model, expected, roles, batch, alike)
    return _of_examples(model, expected, roles, examples, batch)


def calls(model, examples=None, batch=None):
    """Lists of input arrays, one list per call; their shapes differ, except for a fixed batch."""
    return planned(model, examples, batch).calls


def _of_examples(model, expected, roles, examples, batch):
    """The calls with a user's rows: the first, all of them, and again padded in every way."""
    named = example_inputs.arrays(examples, expected)
    arrays = list(named.values())
    fixed = batch or tried_calls.fixed_batch(model, arrays)
    if any(len(array) < (fixed or 2) for array in arrays):
        raise ValueError(
            f"examples: expected {fixed or 'two'} rows or more for each of "
            f"{[one.name for one in expected]}, received {[array.shape for array in arrays]}"
        )
    whole = [array[-fixed:] if fixed else array for array in arrays]
    user_calls = [[array[: fixed or 1] for array in arrays], whole]
    for tensors in user_calls:
        _check(model, expected, roles, tensors)
    padded_calls = _padded(model, roles, arrays, fixed)
    return tried_calls.Plan([*user_calls, *padded_calls], None if batch else fixed, named, roles)


def _check(model, expected, roles, tensors):
    """Raises a ValueError if the model fails on a user's rows."""
    try:
        drawn_inputs.asked(model, tensors)
    except Exception as error:  # of the model's own code, which may raise anything
        shapes = ", ".join(f"{one.name} {tensor.shape}" for one, tensor in zip(expected, tensors, strict=True))
        outside = "".join(map(_outside, expected, roles, tensors))
        raise ValueError(
            f"examples: the model itself ({model.name}) fails on them ({shapes[:200]}): "
            f"{outside or drawn_inputs.reason(error)}"
        ) from error


def _outside(one, role, tensor):
    """What is said of ids that are outside of a vocabulary."""
    if not role.vocabulary or role.lengths or not tensor.size:
        return ""
    lowest, highest = tensor.min(), tensor.max()
    if role.lowest <= lowest and highest < role.vocabulary:
        return ""
    return f"{one.name}: expected ids from {role.lowest} to {role.vocabulary - 1}, received {lowest} to {highest}"


def _padded(model, roles, arrays, batch):
    """Calls with a user's rows, padded in every way that the model takes; none if it is not known to mask anything."""
    padded_calls, rows = [], batch or drawn_numbers.PATTERNS
    steps = next((array.shape[1] for array in arrays if array.ndim > 1), 0)
    if not drawn_numbers.masks(roles, arrays):
        return []
    for first in range(0, drawn_numbers.PATTERNS, rows):
        patterns = range(first, first + rows)
        chosen = [array[[row % len(array) for row in patterns]] for array in arrays]
        tensors = [drawn_numbers.padded(tensor, role, patterns, steps)
                   for tensor, role in zip(chosen, roles, strict=True)]  # fmt: skip
        try:
            drawn_inputs.asked(model, tensors)
            padded_calls.append(tensors)
        except Exception as error:  # of the model's own code, which may raise anything
            log.warning(
                "%s: the model itself fails on rows of examples with steps masked or lengths of 0 and 1 (%s); the file "
                "is compared with it on the examples as they are", model.name, drawn_inputs.reason(error),
            )  # fmt: skip
    return padded_calls


def compare(model, path, calls, quantize):
    """Compares the file with the model over several calls in a row.

    Returns:
        (the greatest difference, whether any of the model's own answers is not finite).

    Raises:
        RuntimeError: the difference is too great.
    """
    run = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    names = [str(tensor_spec.name) for tensor_spec in model_signatures.specification(model)]
    worst, undefined = 0.0, False
    # The third and fourth calls show what is kept between calls: after another shape, then after the same.
    for number, tensors in enumerate([*calls[:2], calls[0], calls[0], *calls[2:]], 1):
        answers = keras.tree.flatten(drawn_inputs.answers(model, tensors))
        outputs = _outputs(run, dict(zip(names, tensors, strict=True)), number)
        expected = dict(zip(model_signatures.output_names(model), map(np.asarray, answers), strict=True))
        difference, odd = of_call(outputs, expected, "the .tflite", number, TOLERANCE if quantize is None else None)
        worst, undefined = max(worst, difference), undefined or odd
    return worst, undefined


def of_call(outputs, expected, file, number, tolerance=None):
    """The answers of a file in one call beside the model's own, both {name: array}.

    Args:
        file: what errors call it. number: of the call. tolerance: the greatest difference; None for any that is finite.

    Returns:
        (the greatest difference, whether any of the model's own answers is not finite).

    Raises:
        RuntimeError: the difference is too great.
    """
    worst, undefined = 0.0, False
    for name, own in expected.items():
        difference = comparison.difference(outputs[name], own, of_greatest=True)
        worst, undefined = max(worst, difference), undefined or (own.dtype.kind in "fc" and not np.isfinite(own).all())
        if not np.isfinite(difference) or (tolerance is not None and difference > tolerance):
            most = TOLERANCE if tolerance is None else tolerance
            raise RuntimeError(
                f"export: {file}'s {name} differs from the model's by {difference:.1e} in call {number}, expected "
                f"{most:.0e} at the most; nothing was put in place; if it is never called with such inputs, give "
                "examples="
            )
    return worst, undefined


def _outputs(run, tensors, number):
    """The file's own answers."""
    try:
        return run(**tensors)
    except (RuntimeError, ValueError) as error:
        shapes = ", ".join(f"{name} {tensor.shape}" for name, tensor in tensors.items())
        raise RuntimeError(
            f"export: the .tflite fails in call {number} ({shapes[:200]}), to which the model answers: "
            f"{brief(error, 200)}; nothing was put in place; if it is never called with such inputs, give examples="
        ) from error

"""Whether a `.tflite` answers alike call after call, wherever memory stands: not every interpreter shows it.

Interpreters stay, so that the memory of each is elsewhere. All signatures are called in turn, with other numbers of the
same shape, then of another. The answers to be met are those of a first call.
"""

import time

from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.checks.rows import FAILED, PASSED, row
from pipelines.shared.export import comparison

INTERPRETERS = 30
MOST_SECONDS = 20  # for all of them


def rows(path, subject, calls):
    """One row; none if a signature cannot be called, which another check says.

    Args:
        calls: {signature: inputs of several calls, each {name: array}}.
    """
    flat = [
        (name, tensors)
        for inputs in zip(*calls.values(), strict=True)
        for name, tensors in zip(calls, inputs, strict=True)
    ]
    began, kept = time.monotonic(), []
    try:
        expected = [_answers(_new(path), *call) for call in flat]
        while len(kept) < INTERPRETERS and time.monotonic() - began < MOST_SECONDS:
            kept.append(_new(path))
            for call, answers in (*zip(flat, expected, strict=True), *zip(flat[::-1], expected[::-1], strict=True)):
                if wrong := _other(_answers(kept[-1], *call), answers):
                    detail = f"{call[0]} gave another {wrong} in interpreter {len(kept)} than in a first call"
                    return [row(subject, "calls in turn", FAILED, detail)]
    except (RuntimeError, ValueError):
        return []
    detail = f"the same answers call after call, signature after signature, in {len(kept)} interpreters"
    return [row(subject, "calls in turn", PASSED, detail)]


def _new(path):
    return Interpreter(str(path), num_threads=1)


def _answers(interpreter, name, tensors):
    return interpreter.get_signature_runner(name)(**tensors)


def _other(answers, expected):
    """The name of an output that differs by more than rounding: where memory stands may change the order of a sum."""
    limit = comparison.TOLERANCE["float32"]
    names = (name for name in answers if comparison.difference(answers[name], expected[name], of_greatest=True) > limit)
    return next(names, None)

"""What a task has for a browser: which signatures it calls there, in which sizes, and what its JavaScript needs."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGER = 4  # from one size of an input to the next


@dataclasses.dataclass(frozen=True)
class Contents:
    """What `signatures.browser` gives.

    module: the task's JavaScript among the files of `site.pages`, such as "sentiment/model.js".
    calls: {signature here: (signature of the .tflite, {input: shape})}: LiteRT.js takes no open axes, so each size is a
        signature of its own; they share the weights.
    verbs: {verb that the JavaScript has: the names of its options}; "predict" among them.
    card: what is otherwise, or more, in the card of the task's page; plain values.
    golden: [(verb, values, answer)] to compare with in the browser, plain values.
    settings: plain values for the JavaScript. files: {name: lines or bytes} for it.
    """

    module: str
    calls: Mapping[str, tuple[str, Mapping[str, Sequence[int]]]]
    verbs: Mapping[str, Sequence[str]]
    card: Mapping[str, Any]
    golden: Sequence[tuple[str, Mapping[str, Any], Any]]
    settings: Mapping[str, Any]
    files: Mapping[str, Any]

    @property
    def signatures(self):
        """Those of the .tflite that are called."""
        return {signature for signature, _ in self.calls.values()}


def sizes(longest: int, least: int = 32) -> list[int]:
    """Sizes of an input of up to `longest` steps, so that a short one does not cost what the longest costs.

    >>> sizes(400), sizes(20)
    ([32, 128, 400], [20])
    """
    chosen = []
    while least < longest:
        chosen.append(least)
        least *= LONGER
    return [*chosen, longest]


def in_sizes(signature: str, shapes: Callable, lengths: Sequence[int]) -> dict:
    """{"signature_32": (signature, shapes(32)), ...}"""
    return {f"{signature}_{length}": (signature, shapes(length)) for length in lengths}

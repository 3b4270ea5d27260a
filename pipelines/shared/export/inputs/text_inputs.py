"""Calls of a model that takes texts, which a SavedModel can and a `.tflite` cannot.

    if text_inputs.any_of(model):
        plan = text_inputs.planned(model, examples)     # a `tried_calls.Plan`

Texts are drawn of the words that the model's lookups know, and of one that they do not. Inputs of numbers beside them
are zeros and ones; where the model takes no such numbers, or no such sizes, it needs examples.
"""

import numpy as np

from pipelines.shared.export.inputs import drawn_inputs, drawn_numbers, example_inputs, tried_calls
from pipelines.shared.export.models import signatures as model_signatures

ROWS = (1, 3, 4)
STEPS, WORDS = 4, 5  # of an open axis, of a text
UNKNOWN = "unheard-of"


def any_of(model):
    """Whether a functional model has an input of texts."""
    return any(tensor_spec.dtype.name == "string" for tensor_spec in model_signatures.specification(model))


def planned(model, examples=None):
    """The calls that the model is compared in.

    Raises:
        ValueError: it takes no such inputs, or not these examples.
    """
    specification = model_signatures.specification(model)
    if examples is None:
        calls = _drawn(model, specification)
    else:
        arrays = [*example_inputs.arrays(examples, model_signatures.expected(model)).values()]
        calls = [[array[:1] for array in arrays], arrays]
    for tensors in calls:
        try:
            drawn_inputs.asked(model, tensors)
        except Exception as error:  # of the model's own code, which may raise anything
            shapes = ", ".join(f"{one.name} {array.shape}" for one, array in zip(specification, tensors, strict=True))
            raise ValueError(
                f"examples: the model itself ({model.name}) fails on {shapes[:200]}: {drawn_inputs.reason(error)}; "
                "give examples=, rows of texts and numbers as it takes them"
            ) from error
    return tried_calls.Plan(calls, None, None, [drawn_numbers.Role() for _ in specification])


def _drawn(model, specification):
    draw, words, calls = np.random.default_rng(0), _words(model), []
    for rows in ROWS:
        shapes = [[rows, *(size or STEPS for size in one.shape[1:])] for one in specification]
        calls.append([_input(draw, words, *pair) for pair in zip(specification, shapes, strict=True)])
    return calls


def _words(model):
    known = [layer.get_vocabulary() for layer in model._flatten_layers() if hasattr(layer, "get_vocabulary")]
    return [UNKNOWN, *(word for words in known for word in words if isinstance(word, str) and word)]


def _input(draw, words, one, shape):
    if one.dtype.name != "string":
        return draw.integers(0, 2, shape).astype(one.dtype.as_numpy_dtype)
    counts = [WORDS if number % 2 else 1 for number in range(np.prod(shape))]
    return np.array([" ".join(draw.choice(words, count)) for count in counts], dtype=object).reshape(shape)

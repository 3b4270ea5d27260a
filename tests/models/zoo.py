"""Small Keras models as people build them, by name, and inputs to ask them with; one file for a subject.

    @asked(ids(50, None))
    def film_reviews():
        \"\"\"What it is, on one line.\"\"\"
        return keras.Sequential(...)

`None` in a shape stands for the steps of a call, whose number differs from call to call, as does that of the rows.
"""

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

SUBJECTS = (
    "text",
    "encoder_decoders",
    "series",
    "audio",
    "pictures",
    "agents",
    "variants",
)  # the modules that hold them
MODELS = {}  # name: Specimen


@dataclasses.dataclass(frozen=True)
class Specimen:
    """A model of the zoo."""

    make: Callable[[], keras.Model]
    inputs: Any  # functions that draw an input, in the structure of the model's inputs
    rows: tuple[int, int] = (2, 3)  # of a call and of another
    steps: tuple[int, int] = (6, 9)
    refused: str | None = None  # a part of the error of an export, for what cannot be converted
    streams: bool = False  # whether it is exported with `step`, too
    tolerance: float = 1e-5

    @property
    def title(self):
        return (self.make.__doc__ or "").strip()

    def model(self):
        """The model with weights that no initializer gives."""
        model, draw = self.make(), np.random.default_rng(1)
        for weight in model.weights:
            if keras.backend.is_float_dtype(weight.dtype):
                weight.assign(np.asarray(weight, "float32") + draw.uniform(0, 0.1, weight.shape))
        return model

    def calls(self):
        """Inputs of two calls, of different rows and steps."""
        draw = np.random.default_rng(2)
        return [
            keras.tree.map_structure(lambda drawer: drawer(draw, rows, steps), self.inputs)  # noqa: B023
            for rows, steps in zip(self.rows, self.steps, strict=True)
        ]


def every():
    """{name: Specimen} of all subjects."""
    for subject in SUBJECTS:
        importlib.import_module(subject)
    return MODELS


def asked(inputs, **options):
    """A decorator that puts a model into the zoo."""

    def kept(make):
        assert make.__name__ not in MODELS
        MODELS[make.__name__] = Specimen(make, inputs, **options)
        return make

    return kept


def _shaped(shape, rows, steps):
    return [rows, *(steps if size is None else size for size in shape)]


def _ends(rows, steps):
    """How many steps of each row are there: all, one, none, half ..."""
    return np.resize([steps, 1, 0, steps // 2], rows)


def numbers(*shape, kind="float32"):
    """Normal numbers."""
    return lambda draw, rows, steps: draw.normal(size=_shaped(shape, rows, steps)).astype(kind)


def padded(*shape, value=0.0):
    """Normal numbers in which the last steps of rows hold `value`."""

    def drawn(draw, rows, steps):
        tensor = numbers(*shape)(draw, rows, steps)
        for row, end in zip(tensor, _ends(rows, len(tensor[0])), strict=True):
            row[end:] = value
        return tensor

    return drawn


def ids(vocabulary, *shape, kind="int32"):
    """Ids from 1 on in which rows end in zeros; without steps, any id."""

    def drawn(draw, rows, steps):
        tensor = draw.integers(1 if shape else 0, vocabulary, _shaped(shape, rows, steps)).astype(kind)
        for row, end in zip(tensor, _ends(rows, tensor.shape[1] if shape else 0), strict=True):
            if shape:
                row[end:] = 0
        return tensor

    return drawn


def lengths():
    """The number of steps of each row."""
    return lambda draw, rows, steps: _ends(rows, steps).astype("int32")


def presence(*shape):
    """Booleans: True up to the end of a row."""

    def drawn(draw, rows, steps):
        tensor = np.zeros(_shaped(shape, rows, steps), bool)
        for row, end in zip(tensor, _ends(rows, len(tensor[0])), strict=True):
            row[:end] = True
        return tensor

    return drawn


def words(vocabulary, *shape):
    """Texts out of a list."""
    return lambda draw, rows, steps: draw.choice(np.array(vocabulary, object), _shaped(shape, rows, steps))

"""Whether a model takes inputs of some sizes: it is called, and what it says is remembered."""

import contextlib
import functools
import math
import time

import keras
import numpy as np
from keras.src.models.functional import Functional

from layers.conversion.replacing import replaced
from pipelines.shared.export.inputs import drawn_inputs, drawn_numbers

LARGEST = 2**24  # numbers in an input
MOST_SECONDS = 30  # for all calls


class Judge:
    """Calls the model with drawn inputs, and remembers what it said."""

    def __init__(self, model, expected, input_roles):
        self.model, self.expected, self.roles = model, expected, input_roles
        self.open_axes = [
            (index, axis)
            for index, one in enumerate(expected)
            for axis, size in enumerate(one.shape)
            if size is None and axis
        ]
        self.tried, self.errors, self.values = [], [], None
        self.least, self.half = 2, None  # the quality that is asked for; what had a lower one
        self.began = time.monotonic()

    @property
    def late(self):
        return time.monotonic() - self.began > MOST_SECONDS

    def shapes(self, rows, sizes):
        """The shape of each input, with the sizes of all open axes in turn."""
        shapes = [[rows, *one.shape[1:]] for one in self.expected]
        for (index, axis), size in zip(self.open_axes, sizes, strict=True):
            shapes[index][axis] = size
        return shapes

    def takes(self, rows, sizes, every=True):
        """Whether the model answers to inputs of these sizes, without a row masked.

        every: whether all kinds of numbers are tried, not only the first.
        """
        shapes = self.shapes(rows, sizes)
        if max(map(math.prod, shapes), default=0) > LARGEST:
            return False
        self.tried.append((rows, tuple(sizes)))
        for values in [self.values] if self.values else self._kinds(every):
            quality = self._quality(shapes, values)
            if quality >= self.least:
                self.values = values
                return True
            if quality and self.half is None:
                self.half = rows, tuple(sizes), values
            if self.late:
                break
        return False

    def settle(self):
        """(rows, sizes) to which the model answers, but nothing or not with numbers; None if there are none."""
        if self.half is None:
            return None
        self.least, self.values = 1, self.half[2]
        return self.half[:2]

    def _kinds(self, every):
        kinds = drawn_numbers.KINDS if any("float" in one.kind for one in self.expected) else ("normal",)
        whole = any("int" in one.kind for one in self.expected)
        every_kind = [
            drawn_numbers.Values(kind, limit)
            for limit in drawn_numbers.LIMITS[: None if whole else 1]
            for kind in kinds
        ]
        return every_kind if every else every_kind[:1]

    def _quality(self, shapes, values):
        """0 where the model fails, 1 where an answer is not finite or a layer is left with nothing, else 2."""
        draw, patterns = np.random.default_rng(0), [0] * shapes[0][0]
        tensors = drawn_numbers.drawn(self.expected, self.roles, shapes, patterns, draw, values)
        sizes = []
        try:
            with _noted(self.model, sizes):
                answers = keras.tree.flatten(drawn_inputs.asked(self.model, tensors))
            answers = [np.asarray(answer) for answer in answers]
        except Exception as error:  # of the model's own code, which may raise anything
            self.errors.append(drawn_inputs.reason(error))
            return 0
        finite = all(np.isfinite(answer).all() for answer in answers if answer.dtype.kind == "f")
        return 2 if finite and all(sizes) and all(answer.size for answer in answers) else 1


@contextlib.contextmanager
def _noted(model, sizes):
    """Inside, the sizes of what the model's layers give are added to the list, as far as they are known."""

    def run_through(graph, inputs, operation_fn, **options):
        def noted(operation):
            run = operation_fn(operation)

            def call(*arguments, **keywords):
                outputs = run(*arguments, **keywords)
                sizes.extend(_sizes(operation, arguments, outputs))
                return outputs

            return call

        return type(graph)._run_through_graph(graph, inputs, operation_fn=noted, **options)

    with contextlib.ExitStack() as changed:
        for layer in model._flatten_layers():
            graph = getattr(layer, "_functional", None) or layer
            if isinstance(graph, Functional):
                changed.enter_context(replaced(graph, "_run_through_graph", functools.partial(run_through, graph)))
        yield


def _sizes(operation, arguments, outputs):
    """How many numbers an operation gives; 0 of a convolution with less than a window of steps.

    TensorFlow on a CPU gives as many steps as went in where no window fits, of numbers that nothing was written to.
    """
    shapes = [tuple(x.shape) for x in keras.tree.flatten(outputs) if None not in getattr(x, "shape", (None,))]
    if hasattr(operation, "kernel_size") and shapes and len(arguments) == 1:
        try:
            if tuple(operation.compute_output_shape(arguments[0].shape)) != shapes[0]:
                return [0]
        except ValueError:
            return [0]
    return map(math.prod, shapes)

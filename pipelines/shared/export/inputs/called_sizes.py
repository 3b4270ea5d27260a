"""The shapes of a signature's answers for inputs of fixed sizes, seen by calling it."""

import numpy as np

from pipelines.shared.export import tflite_files
from pipelines.shared.export.inputs import drawn_numbers
from pipelines.shared.export.inputs import facts as input_facts
from pipelines.shared.messages import brief

STEPS = 128  # the size of open axes behind the batch, unless another is asked for


class Calls:
    """Calls of a file's signatures with inputs of one batch and one number of steps.

    Args:
        path: the file. batch, steps: the sizes of open axes; steps may be None. facts: see `input_facts.read`.
    """

    def __init__(self, path, batch, steps, facts):
        self.path, self.batch, self.steps, self.facts = path, batch, steps, facts.get("inputs", {})

    def shapes(self, name, expected, examples=None):
        """({input: shape}, ({output: shape} of an answer to short inputs, and to long ones)).

        Args:
            name: the signature. expected: its inputs, a list of `Expected`. examples: {name: array} that it takes.

        Raises:
            ValueError: it fails at these sizes.
        """
        shapes = {one.name: self._sized(one, examples) for one in expected}
        answers, problem = [], None
        for tensors in self._calls(expected, shapes, examples):
            try:
                outputs = tflite_files.interpreter(self.path).get_signature_runner(name)(**tensors)
                answers.append({key: output.shape for key, output in outputs.items()})
            except (RuntimeError, ValueError) as error:
                problem = problem or error
            if len(answers) == 2:
                break
        if not answers:
            raise ValueError(self._refusal(name, shapes, problem)) from problem
        return shapes, (answers[0], answers[-1])

    def _refusal(self, name, shapes, problem):
        known = [
            f"{key} {tuple(self.facts[key]['shapes'][0])}" for key in shapes if self.facts.get(key, {}).get("shapes")
        ]
        hint = f"it was compared at {', '.join(known)}; " if known else ""
        return (
            f"{self.path}: its signature {name} fails at {', '.join(f'{key} {tuple(shapes[key])}' for key in shapes)}: "
            f"{brief(problem, 120)}; give another batch or other steps; {hint}examples= give each input its own sizes"
        )

    def _sized(self, one, examples):
        own = examples[one.name].shape if examples else [None] * len(one.shape)
        steps = self.steps or STEPS
        return [
            int(size) if size is not None else (self.steps or own[axis] or steps) if axis else self.batch
            for axis, size in enumerate(one.shape)
        ]

    def _calls(self, expected, shapes, examples):
        """Inputs of several calls: lengths of one step and of all, then less; the first two that it takes count."""
        steps = drawn_numbers.steps_of(expected, list(shapes.values()))
        if examples:
            fitted = {name: _fitted(examples[name], shape) for name, shape in shapes.items()}
            yield fitted
            yield {name: array[::-1].copy() if array.ndim else array for name, array in fitted.items()}
        for length in (1, steps, 0):
            yield {one.name: self._filled(one, shapes[one.name], length) for one in expected}

    def _filled(self, one, shape, length):
        """An input of one number: of an id the first, of what may be lengths the length, else 0."""
        facts, kind = self.facts.get(one.name), np.dtype(one.kind)
        if facts and len(facts["shape"]) == len(one.shape):
            role = input_facts.role(facts)
            number = length if role.lengths else role.lowest
        else:  # a vector of whole numbers may be lengths, a single one a limit
            number = length if len(shape) < 2 and kind.kind in "iu" else 0
        return np.full(shape, number, kind)


def _fitted(array, shape):
    """An array of the shape, of the rows and steps of another, repeated or cut."""
    for axis, size in enumerate(shape):
        array = np.take(array, np.arange(size) % array.shape[axis], axis)
    return array

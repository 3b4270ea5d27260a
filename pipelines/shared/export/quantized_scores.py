"""What rounding the weights of a `.tflite` costs: the task's metrics on the validation split, before and after."""

import copy
import logging
import os

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.data import original_splits, provenance

log = logging.getLogger("unroll")

LEFT_OUT = ("baseline_", "examples", "confusion_")  # beginnings of the names of numbers that tell nothing here


class Runner:
    """A signature of a `.tflite`, called as a function of tensors in the order of `names`."""

    def __init__(self, interpreter, signature, names):
        self._interpreter, self._run = interpreter, interpreter.get_signature_runner(signature)
        self._names = names

    def __call__(self, *tensors):
        return self._run(**{name: np.asarray(tensor) for name, tensor in zip(self._names, tensors, strict=True)})


def measured(artifact, path, quantize):
    """{"quantize", "metrics": {metric: (before, after)}}; the metrics are printed too.

    They are empty if the data that the artifact was trained on is gone, or would be cut into other splits now.
    """
    examples = _validation(artifact)
    if examples is None:
        log.warning("quantize=%s: what it cost the metrics of %s is not measured", quantize, artifact.name)
        return {"quantize": quantize, "metrics": {}}
    interpreter = Interpreter(str(path), num_threads=os.cpu_count())
    before = _scores(artifact, examples)
    after = artifact.task.scores.score_tflite(artifact, interpreter, examples)
    metrics = {name: (before[name], value) for name, value in after.items() if not name.startswith(LEFT_OUT)}
    for name, (one, other) in metrics.items():
        log.info("quantize=%s, validation split: %-12s %.4f before, %.4f after", quantize, name, one, other)
    for name, most in artifact.task.scores.WORTH_A_WARNING.items():
        one, other = metrics.get(name, (0, 0))
        if one - other > most:
            log.warning("quantize=%s costs %.4f of %s", quantize, one - other, name)
    return {"quantize": quantize, "metrics": metrics}


def by_signature(artifact, interpreter, examples):
    """The metrics of `Scores.score`, with a signature of the `.tflite` instead of the network."""
    return _scores(with_network(artifact, of_same_inputs(artifact, interpreter)), examples)


def _scores(artifact, examples):
    scores = artifact.task.scores
    return scores.score(artifact, examples, scores.answered(artifact, examples))


def of_same_inputs(artifact, interpreter):
    """A `Runner` for the signature that has the same inputs as `artifact.infer`."""
    names = [tensor_spec.name for tensor_spec in artifact.infer.input_signature]
    signatures = interpreter.get_signature_list()
    return Runner(
        interpreter, next(name for name in signatures if set(signatures[name]["inputs"]) == set(names)), names
    )


def with_network(artifact, network):
    """A copy of the artifact with another function or object as its `infer`."""
    twin = copy.copy(artifact)
    twin._traced = (twin.model, network)
    return twin


def _validation(artifact):
    """The examples of the validation split; None if they are gone, or may be among those it was trained on."""
    splits, source = artifact.splits, artifact.facts["source"]
    if splits is None and any(map(provenance.in_memory, source.values())):
        return None
    if splits is None and original_splits.changes(artifact, "valid"):
        return None
    if splits is None:
        splits = original_splits.cut_again(artifact, "valid", source)
    return splits["valid"]

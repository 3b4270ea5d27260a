"""What rounding the weights of a `.tflite` cost: the task's metrics on the validation split, before and after."""

import copy
import logging

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines import provenance

log = logging.getLogger("unroll")

WORTH_A_WARNING = 0.005  # of a metric between 0 and 1


class Runner:
    """A signature of a `.tflite`, called as the network's function of tensors is."""

    def __init__(self, path, signature, names):
        self._interpreter = Interpreter(str(path), num_threads=1)
        self._run, self._names = self._interpreter.get_signature_runner(signature), names

    def __call__(self, *tensors):
        return self._run(**{name: np.asarray(x) for name, x in zip(self._names, tensors, strict=True)})


def measured(artifact, path, signature, quantize):
    """{"quantize", "metrics": {metric: (before, after)}}, printed too.

    Metrics are empty where the task does not score by that signature alone, as where it searches for a sequence, and
    where the data it was trained on is gone.
    """
    specification = getattr(artifact.infer, "input_signature", None)
    run = Runner(path, signature, [each.name for each in specification or ()])
    examples = _validation(artifact)
    if specification is None or set(run._names) != set(run._run.get_input_details()) or examples is None:
        log.warning("quantize=%s: what it cost the metrics of %s is not measured", quantize, artifact.path.name)
        return {"quantize": quantize, "metrics": {}}
    rounded = copy.copy(artifact)
    rounded._traced = (rounded.model, run)
    before, after = (each.task.score(each, examples) for each in (artifact, rounded))
    metrics = {name: (value, after[name]) for name, value in before.items() if not name.startswith("baseline_")}
    for name, (one, other) in metrics.items():
        log.info("quantize=%s, validation split: %-12s %.4f before, %.4f after", quantize, name, one, other)
    accuracy = metrics.get("accuracy", (0, 0))
    if accuracy[0] - accuracy[1] > WORTH_A_WARNING:
        log.warning("quantize=%s costs %.4f of the accuracy", quantize, accuracy[0] - accuracy[1])
    return {"quantize": quantize, "metrics": metrics}


def _validation(artifact):
    """The examples of the validation split; None where they were in memory and are gone."""
    splits, source = artifact.splits, artifact.facts["source"]
    if splits is None and any(map(provenance.in_memory, source.values())):
        return None
    if splits is None:
        splits = artifact.task.load_splits(**source, config=artifact.config, download=False)
    return splits["valid"]

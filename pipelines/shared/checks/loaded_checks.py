"""What `verify` looks at in a SavedModel and in an artifact; run in a process of its own, with TensorFlow in it."""

import dataclasses
import pathlib
import sys

import keras  # noqa: F401  # what stands here is the start of the process
import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  # its operations

from pipelines import own_tasks, settings
from pipelines.shared.artifacts import layout
from pipelines.shared.checks.rows import FAILED, PASSED, SKIPPED, judged, row
from pipelines.shared.export import comparison, golden_answers
from pipelines.shared.foreign import saved_models
from pipelines.shared.storage import plain_json

MOST_SIGNATURES = 100


def rows(kind, *arguments):
    """What "saved_model" or "artifact" gives, as plain data; see these functions."""
    if kind == "artifact":
        return artifact(*arguments)
    return [dataclasses.asdict(check) for check in saved_model(*arguments)]


def operations(folder, subject):
    """Whether a SavedModel may be loaded: of its operations, before any of them is run."""
    found = saved_models.problems(folder)
    if found:
        return [row(subject, "operations", FAILED, f"not loaded, it holds {saved_models.listed(found)}")]
    foreign = ", ".join(saved_models.foreign_operations(folder))
    detail = f"a server needs, beside TensorFlow's own: {foreign}" if foreign else "TensorFlow's own alone"
    return [row(subject, "operations", PASSED, detail)]


def saved_model(folder, subject, golden=None, given=None, precision="float32"):
    """Its signatures, and the golden answers of those that have golden inputs."""
    checks = operations(folder, subject)
    if checks[0].result == FAILED:
        return checks
    signatures = saved_models.load(folder).signatures
    if not 0 < len(signatures) <= MOST_SIGNATURES:
        counted = f"{len(signatures):,}, {MOST_SIGNATURES} at most" if signatures else "none"
        return [*checks, row(subject, "signatures", FAILED, f"it has {counted}")]
    known = golden_answers.read(golden) if golden else golden_answers.Golden({})
    known = known.with_inputs(given)
    shapes = {name: tuple(map(_open_shapes, _sides(function))) for name, function in signatures.items()}
    own = [] if known.quantized else known.of(shapes, "saved_model")
    for name, function in signatures.items():
        shown = " -> ".join(", ".join(f"{key} {each.dtype.name} {_dims(each)}" for key, each in sorted(tensors.items()))
                            for tensors in _sides(function))  # fmt: skip
        checks.append(row(subject, f"signature {name}", PASSED, shown))
        if name in own:
            checks.append(_golden_answers(function, subject, name, known, precision))
    return checks


def _sides(function):
    return function.structured_input_signature[1], function.structured_outputs


def _open_shapes(specifications):
    return {name: each.shape.as_list() if each.shape.rank is not None else [] for name, each in specifications.items()}


def _dims(specification):
    if specification.shape.rank is None:
        return "of any shape"
    return f"({', '.join('?' if size is None else str(size) for size in specification.shape)})"


def _golden_answers(function, subject, name, golden, precision):
    inputs, outputs = _sides(function)
    lost = golden.lost(inputs, outputs)
    if lost:
        detail = f"golden.json has answers by the names of the inputs {', '.join(lost)}; export again"
        return row(subject, f"{name}: golden answers", SKIPPED, detail)
    tensors = golden.tensors({key: each.dtype.as_numpy_dtype for key, each in inputs.items()})
    found = function(**{key: tf.constant(value, inputs[key].dtype) for key, value in tensors.items()})
    found = {key: value.numpy() for key, value in found.items()}
    # In half precision two answers may be equally probable.
    names, worst = golden.difference(found, exact=precision == "float32")
    tolerance = comparison.TOLERANCE[precision]
    detail = f"{', '.join(names)} differ by {worst:.1e}, at most {tolerance:.0e} is right"
    return judged(subject, f"{name}: golden answers", worst <= tolerance, detail)


def artifact(folder, golden=None, own=None):
    """The files of an artifact, and its Keras model on the golden inputs, where its task is known.

    Args:
        own: {"address", "path"} of a task of one's own, and where its module is looked for.

    Returns:
        {"rows", and what is to be known of its exports: "given", the inputs that golden.json lacks, and "precision"}.
    """
    folder, result = pathlib.Path(folder), {"given": {}}
    task, reason = _task(folder, own)
    if task is None:
        layout.opened(folder, layout.read_facts(folder)["task"])
        checks, result["precision"] = [row(folder.name, "model", SKIPPED, reason)], _precision(folder)
    else:
        loaded = task.load(folder.name, directory=folder.parent)
        checks, result["precision"] = [], loaded.config.precision
        if golden:
            check, result["given"] = _model(loaded, golden)
            checks = [check]
    files = row(folder.name, "files", PASSED, f"{len(layout.CHECKED)} files have their checksums")
    return result | {"rows": [dataclasses.asdict(check) for check in (files, *checks)]}


def _task(folder, own):
    """(the task of an artifact, ""), or (None, why it is not known)."""
    name = plain_json.read(folder / "artifact.json").get("task")
    if not isinstance(name, str):
        raise ValueError(f"{folder}: expected the name of a task in artifact.json, received {str(name)[:50]!r}")
    if own is None:
        return _known(name, folder)
    sys.path += [place for place in own["path"] if place not in sys.path]
    task = own_tasks.opened(own["address"])
    if task.name != name:
        raise ValueError(f"{folder}: expected an artifact of the task {task.name!r}, received one of {name[:50]!r}")
    return task, ""


def _known(name, folder):
    try:
        task = own_tasks.known(name)
    except (ImportError, ValueError) as error:
        return None, f"its task {name!r} is installed but cannot be loaded: {error}"
    near = settings.near(name, own_tasks.names())
    advice = f"to check the model too: unroll --task MODULE:NAME verify {folder}"
    return task, f"its task {name!r} is not known here;{near.lower()} {advice}"


def _precision(folder):
    precision = plain_json.read(folder / "config.json").get("precision")
    return precision if precision in tuple(comparison.TOLERANCE) else "float32"


def _model(loaded, golden):
    """(the check of the Keras model on the golden inputs, those inputs that bear the names of answers)."""
    known = golden_answers.read(golden)
    if known.quantized:  # the answers are those of the rounded weights
        kind = str(known.values["quantize"])
        return row(loaded.path.name, "model", SKIPPED, f"golden.json is of weights in {kind}"), {}
    tensors, answers = loaded.task.signatures.encode(loaded, known.values["inputs"])
    own = {name: value for name, value in tensors.items() if name not in answers} | answers
    names, worst = known.difference({name: np.asarray(value) for name, value in own.items()},
                                    loaded.config.precision == "float32")  # fmt: skip
    tolerance = comparison.TOLERANCE[loaded.config.precision]
    detail = f"the Keras model differs from golden.json by {worst:.1e}, at most {tolerance:.0e} is right"
    if not names:
        detail = "golden.json has none of its answers"
    return (judged(loaded.path.name, "model", names and worst <= tolerance, detail),
            {name: np.asarray(value) for name, value in tensors.items() if name in answers})  # fmt: skip

"""What `verify` checks in a SavedModel and in an artifact; run in a process of its own, which loads TensorFlow."""

import dataclasses
import pathlib
import sys

import keras  # noqa: F401  # imports here are part of starting the process
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
    """What the function `saved_model` or `artifact`, named by `kind`, returns, as plain data."""
    if kind == "artifact":
        return artifact(*arguments)
    return [dataclasses.asdict(check) for check in saved_model(*arguments)]


def operations(folder, subject):
    """Whether a SavedModel may be loaded, judged by its operations before any of them is run."""
    reasons = saved_models.problems(folder)
    if reasons:
        return [row(subject, "operations", FAILED, f"not loaded, it holds {saved_models.listed(reasons)}")]
    foreign = ", ".join(saved_models.foreign_operations(folder))
    detail = f"a server needs, beside TensorFlow's own: {foreign}" if foreign else "TensorFlow's own alone"
    return [row(subject, "operations", PASSED, detail)]


def saved_model(folder, subject, golden=None, shadowed_inputs=None, precision="float32"):
    """Rows for its signatures, and for the golden answers of those that have golden inputs."""
    checks = operations(folder, subject)
    if checks[0].result == FAILED:
        return checks
    signatures = saved_models.load(folder).signatures
    if not 0 < len(signatures) <= MOST_SIGNATURES:
        counted = f"{len(signatures):,}, {MOST_SIGNATURES} at most" if signatures else "none"
        return [*checks, row(subject, "signatures", FAILED, f"it has {counted}")]
    known = golden_answers.read(golden) if golden else golden_answers.Golden({})
    known = known.with_inputs(shadowed_inputs)
    shapes = {name: tuple(map(_open_shapes, _sides(function))) for name, function in signatures.items()}
    own = [] if known.quantized else known.of(shapes, "saved_model")
    for name, function in signatures.items():
        shown = " -> ".join(
            ", ".join(
                f"{key} {tensor_spec.dtype.name} {_dims(tensor_spec)}" for key, tensor_spec in sorted(side.items())
            )
            for side in _sides(function)
        )
        checks.append(row(subject, f"signature {name}", PASSED, shown))
        if name in own:
            checks.append(_golden_answers(function, subject, name, known, precision))
    return checks


def _sides(function):
    return function.structured_input_signature[1], function.structured_outputs


def _open_shapes(specifications):
    return {
        name: tensor_spec.shape.as_list() if tensor_spec.shape.rank is not None else []
        for name, tensor_spec in specifications.items()
    }


def _dims(tensor_spec):
    if tensor_spec.shape.rank is None:
        return "of any shape"
    return f"({', '.join('?' if size is None else str(size) for size in tensor_spec.shape)})"


def _golden_answers(function, subject, name, golden, precision):
    inputs, outputs = _sides(function)
    lost = golden.lost(inputs, outputs)
    if lost:
        detail = f"golden.json has only answers under the names of the inputs {', '.join(lost)}; export again"
        return row(subject, f"{name}: golden answers", SKIPPED, detail)
    tensors = golden.tensors({key: tensor_spec.dtype.as_numpy_dtype for key, tensor_spec in inputs.items()})
    answers = function(**{key: tf.constant(tensor, inputs[key].dtype) for key, tensor in tensors.items()})
    answers = {key: answer.numpy() for key, answer in answers.items()}
    # In half precision two answers may be equally probable, so texts and whole numbers may differ.
    names, worst = golden.difference(answers, exact=precision == "float32")
    tolerance = comparison.TOLERANCE[precision]
    detail = f"{', '.join(names)} differ by {worst:.1e}, at most {tolerance:.0e} is right"
    return judged(subject, f"{name}: golden answers", worst <= tolerance, detail)


def artifact(folder, golden=None, own=None):
    """Checks the files of an artifact, and its Keras model on the golden inputs if its task is known.

    Args:
        own: {"address", "path"} of the user's own task: its address, and where its module is looked for.

    Returns:
        {"rows", "given", "precision"}: the rows, and what checks of its exports need: the inputs that golden.json lacks
        since an output has their name, and the precision.
    """
    folder, report = pathlib.Path(folder), {"given": {}}
    task, reason = _task(folder, own)
    if task is None:
        layout.opened(folder, layout.read_facts(folder)["task"])
        checks, report["precision"] = [row(folder.name, "model", SKIPPED, reason)], _precision(folder)
    else:
        loaded = task.load(folder.name, directory=folder.parent)
        checks, report["precision"] = [], loaded.config.precision
        if golden:
            check, report["given"] = _model(loaded, golden)
            checks = [check]
    files = row(folder.name, "files", PASSED, f"{len(layout.CHECKED)} files have their checksums")
    return report | {"rows": [dataclasses.asdict(check) for check in (files, *checks)]}


def _task(folder, own):
    """(the task of an artifact, ""), or (None, why it is unknown)."""
    name = plain_json.read(folder / "artifact.json").get("task")
    if not isinstance(name, str):
        raise ValueError(f"{folder}: expected the name of a task in artifact.json, received {str(name)[:50]!r}")
    if own is None:
        return _known(name, folder)
    sys.path += [path for path in own["path"] if path not in sys.path]
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
    """(the check of the Keras model on the golden inputs, the inputs that have the name of an answer)."""
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

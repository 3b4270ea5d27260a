"""Any Keras model as a SavedModel for TF Serving, compared with the model in a process of its own.

folder/                 one version: a server finds it as /models/<name>/1
    saved_model.pb, variables/
    assets.extra/       warm-up requests, checksums of all files
    models.config, README.md
    batching.config     where a server may join requests: of models with lengths, or with inputs of one size
"""

import collections
import contextlib
import errno
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipelines.shared.export import checksums, comparison, serving_files
from pipelines.shared.export.inputs import compared_calls, drawn_inputs, model_answers
from pipelines.shared.export.models import signatures as model_signatures
from pipelines.shared.foreign import saved_model_files
from pipelines.shared.storage import apart, disk, scratch

SIGNATURE = "serving_default"
SECONDS = 900  # for the process that loads it
_HALF = ("float16", "bfloat16")


def check_new(folder, overwrite):
    """Refuses a path that no SavedModel can be written to.

    Raises:
        ValueError: it is the name of a file. FileExistsError: something exists at it that may not be replaced.
    """
    if folder.suffix in (".tflite", ".keras", ".h5"):
        raise ValueError(f"path: expected a folder with format='saved_model', received {str(folder)!r}")
    if folder.is_file():
        raise FileExistsError(f"{folder} is a file; give a folder's path")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "saved_model.pb").is_file():
        raise FileExistsError(f"{folder} exists already and is no SavedModel, so it is not replaced; give another path")
    if not overwrite:
        raise FileExistsError(f"{folder} exists already; give another path, or overwrite=True")


@contextlib.contextmanager
def aside(folder):
    """A folder to fill, which takes the place of `folder` in one step if the block succeeds."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch.folder(folder.parent, f".{folder.name}.unroll-") as beside:
        partial = beside / folder.name
        partial.mkdir()
        yield partial
        disk.put(partial, folder)


def write(model, folder, name, plan):
    """Writes the SavedModel of a functional model, and what a server reads beside it.

    Args:
        folder: an empty one. name: the model's name on a server. plan: the `tried_calls.Plan` of what it is called on.

    Returns:
        (the greatest difference, whether any of the model's own answers is not finite).

    Raises:
        RuntimeError: it answers otherwise than the model, or cannot be loaded.
    """
    inputs = [str(tensor_spec.name) for tensor_spec in model_signatures.specification(model)]
    requests = [dict(zip(inputs, tensors, strict=True)) for tensors in plan.calls]
    _save(model, folder, plan.batch)
    difference = _compare(model, folder, requests)
    serving_files.warm_up(folder, name, {SIGNATURE: requests[0]})
    batching = _batching(model, plan)
    serving_files.describe(folder, name, SIGNATURE, requests[0], inside=True, batching=batching)
    checksums.write(folder)
    return difference


def _batching(model, plan):
    """How a server may join requests; None if it may not, since it would fill up rows that have no lengths."""
    if plan.batch:
        return None
    if any(role.lengths for role in plan.roles):
        return serving_files.BATCHING_BY_LENGTH
    is_open = any(None in tensor_spec.shape[1:] for tensor_spec in model_signatures.specification(model))
    return None if is_open else serving_files.BATCHING


def server_name(folder):
    """What a server may call the model in a folder: the folder's name, or its parent's if that is a version's number.

    >>> import pathlib
    >>> server_name(pathlib.Path("models/my tagger")), server_name(pathlib.Path("models/tagger/3"))
    ('my_tagger', 'tagger')
    """
    folder = folder.absolute()
    name = folder.parent.name if folder.name.isdigit() else folder.name
    return model_signatures.distinct([name or "model"])[0]


def operations(folder):
    """{operation: count} of a SavedModel's graphs."""
    counts = collections.Counter()
    for meta in saved_model_files.read(folder).meta_graphs:
        graphs = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
        counts.update(node.op for nodes in graphs for node in nodes)
    return dict(counts)


def _save(model, folder, batch):
    module: Any = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    resources = (tf.saved_model.experimental.TrackableResource, tf.Variable)
    module.resources = [
        value for layer in model._flatten_layers() for value in vars(layer).values() if isinstance(value, resources)
    ]
    inputs = model_signatures.specification(model, batch)
    function = tf.function(model_signatures.serving(model, _told), input_signature=inputs, autograph=False)
    try:
        with model_answers.loops_of_steps(model):
            tf.saved_model.save(module, str(folder), signatures={SIGNATURE: function})
    except tf.errors.ResourceExhaustedError as error:  # what TensorFlow raises when the disk is full
        raise OSError(errno.ENOSPC, error.message) from error


def _told(output):
    """An answer as clients read it: numbers of half precision in float32."""
    output = tf.convert_to_tensor(output)
    return tf.cast(output, tf.float32) if output.dtype.name in _HALF else output


def _compare(model, folder, requests):
    worst, undefined, tolerance = 0.0, False, _tolerance(model)
    names = model_signatures.output_names(model)
    try:
        with apart.Child(
            f"{__name__}:answers", memory=None, seconds=SECONDS, who="the process that loads the SavedModel"
        ) as child:
            for number, request in enumerate(requests, 1):
                served = child.call(str(folder), {name: _plain(tensor) for name, tensor in request.items()})
                own = keras.tree.flatten(drawn_inputs.answers(model, [*request.values()]))
                expected = {name: _plain(_told(output).numpy()) for name, output in zip(names, own, strict=True)}
                difference, odd = compared_calls.of_call(served, expected, "the SavedModel", number, tolerance)
                worst, undefined = max(worst, difference), undefined or odd
    except apart.Failed as error:
        raise RuntimeError(f"export: the SavedModel cannot be served: {error}; nothing was put in place") from error
    return worst, undefined


def _tolerance(model):
    kinds = {layer.compute_dtype for layer in model._flatten_layers()}
    return max(
        (tolerance for kind, tolerance in comparison.TOLERANCE.items() if kind.removeprefix("mixed_") in kinds),
        default=comparison.TOLERANCE["float32"],
    )


def _plain(values):
    """An array that another process is sent; texts as bytes."""
    values = np.asarray(values)
    return values.astype("S") if values.dtype.kind in "OSU" else values


def answers(folder, request):
    """What a SavedModel answers; run in a process that knows nothing of the model."""
    if folder not in _LOADED:
        _LOADED[folder] = tf.saved_model.load(folder)
    outputs = _LOADED[folder].signatures[SIGNATURE](**{name: tf.constant(x) for name, x in request.items()})
    return {name: _plain(output.numpy()) for name, output in outputs.items()}


_LOADED = {}

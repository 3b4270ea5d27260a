"""Exports of an artifact, each compared with the Keras model before it is put in place.

serving/<version>/       SavedModel for TF Serving, under the artifact's version; exporting it again replaces it
    serving_default      raw input in, named answers out
    ids                  tensors in, answers out, with TensorFlow's core operations alone
serving_ids/<version>/   the signature `ids` alone, for a server that lacks the operations that read raw input:
                         such a server cannot load any part of `serving/`
mobile/                  for a phone
    model.tflite         LiteRT, builtin operations only; any batch size, any number of steps;
                         with `streaming` also the signature `step`, which takes one step of input and the states
    golden.json          raw inputs, their tensors and the answers, to test an app with; see golden_answers
    vocabulary.txt, labels.txt ...
    sha256.json          checksums of all files here; those of a SavedModel are in its assets.extra
"""

import contextlib
import copy
import dataclasses
import errno

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from layers.conversion import fused as fused_operation
from pipelines.shared import progress
from pipelines.shared.artifacts import layout, succession, versions
from pipelines.shared.export import (
    checksums,
    comparison,
    conversion,
    golden_answers,
    mobile_files,
    quantized_scores,
    serving_files,
)
from pipelines.shared.export import streaming as steps
from pipelines.shared.export.models import signatures as model_signatures
from pipelines.shared.foreign import saved_models
from pipelines.shared.storage import disk, scratch

FORMATS = ("saved_model", "tflite", "both")


def export(artifact, format="both", quantize=None, streaming=False, fused=False):
    """Writes the exports into the artifact's folder.

    Args:
        artifact: a trained artifact.
        format: "saved_model", "tflite" or "both"; for "web" see `shared.browser.folder`.
        quantize: how the weights of the .tflite are rounded: None, "dynamic", "float16", "int8" or "int4"; see
            `conversion.QUANTIZATIONS`. The metrics on the validation split are printed, before and after.
        streaming: add the signature `step` to the .tflite, which takes one step of input and the states, and returns
            the answer so far and the next states; for networks that only look back (see the task's `LOOKS_BACK`).
            Without `quantize` its answers are compared with those to whole sequences. The .tflite of a task that draws
            token by token has a `step` of its own anyway.
        fused: use LiteRT's own LSTM operation instead of loops, for one input per call; for tasks whose .tflite is the
            network alone, with cell="lstm". See `export_keras`.

    Returns:
        those written of {"saved_model": folder, "saved_model_ids": folder, "tflite": file}.

    Raises:
        ValueError: an unknown format or quantization; `streaming` or `fused` without a .tflite; `streaming` for a
            network that needs the whole of its input; `fused` for another cell than LSTM or together with `quantize`.
        ImportError: the package of a quantization is missing.
        RuntimeError: another export is running, the artifact was trained again after it was loaded, the converter
            failed, or the answers of an export differ from the model's; the earlier exports are kept.
        OSError: the exports cannot be written; the earlier ones are kept.
    """
    if format not in FORMATS:
        raise ValueError(f"format: expected one of {', '.join(FORMATS)}, web, received {format!r}")
    conversion.check_quantization(quantize)
    if streaming:
        _check_streaming(artifact, format)
    if fused:
        _check_fused(artifact, format, quantize)
    written = {}
    with layout.stoppable(artifact.path), layout.alone(layout.home(artifact.path), "export"):
        versions.check_unchanged(artifact.path, artifact.facts, "export")
        if format != "tflite":
            with progress.stage("SavedModel"):
                written |= export_saved_models(artifact)
        if format != "saved_model":
            with progress.stage(".tflite"):
                written["tflite"] = export_tflite(artifact, quantize, streaming, fused)
    return written


def _check_streaming(artifact, format):
    if format == "saved_model":
        raise ValueError("streaming: expected format='tflite' or 'both', received 'saved_model', which has no `step`")
    wanted = artifact.task.network.LOOKS_BACK
    if wanted is None:
        raise ValueError(
            f"streaming: expected a network that reads step by step, received one of {artifact.task.name}, which takes "
            "a whole window in each call; keep the last steps in the app, and export without streaming"
        )
    wrong = {
        name: getattr(artifact.config, name) for name in wanted if getattr(artifact.config, name) not in wanted[name]
    }
    if wrong:
        received = ", ".join(f"{name}={value!r}" for name, value in wrong.items())
        advice = ", ".join(f"{name}={wanted[name][0]!r}" for name in wrong)
        raise ValueError(
            f"streaming: expected a network that only looks back, received {received}, which needs the whole of an "
            f"input; train with {advice}, or export without streaming"
        )


def _check_fused(artifact, format, quantize):
    if format == "saved_model":
        raise ValueError("fused: expected format='tflite' or 'both', received 'saved_model'")
    if not artifact.task.network.LOOKS_BACK:
        raise ValueError(f"fused: expected a task whose .tflite is its network alone, received {artifact.task.name}")
    if quantize is not None:
        raise ValueError(
            f"fused: expected quantize=None, received {quantize!r}; "
            "pipelines.export_keras(artifact.model, path, fused=True, quantize=...) writes such a file"
        )
    with fused_operation.fused_loops(artifact.model):  # refuses anything but an LSTM
        pass


def export_saved_models(artifact):
    """Writes the folders of the artifact's version in `serving/` and `serving_ids/`."""
    name, version = artifact.name, str(artifact.facts["version"])
    own = artifact.task.signatures
    signatures, probes = own.serving(artifact), own.probes(artifact)
    with staged(artifact) as aside:
        whole, core = aside / "serving" / version, aside / "serving_ids" / version
        for folder in (whole, core):
            folder.mkdir(parents=True)
        _save(artifact, signatures, whole, artifact.preprocessor.module)
        _save(artifact, {"ids": signatures["ids"]}, core)
        loaded = saved_models.load(whole)
        _compare_served(artifact, loaded, "serving_default", *own.serve(artifact, probes))
        for saved_model in (loaded, saved_models.load(core)):
            for signature, call in _calls(artifact, "ids", saved_model.signatures, probes).items():
                _compare_served(artifact, saved_model, signature, *call)
        raw, ids = own.serve(artifact, probes)[0], own.encode(artifact, probes)[0]
        serving_files.warm_up(whole, name, {"serving_default": raw, "ids": ids})
        serving_files.warm_up(core, f"{name}_ids", {"ids": ids})
        for folder in (whole, core):
            checksums.write(folder)
        serving_files.describe(whole, name, "serving_default", raw)
        serving_files.describe(core, f"{name}_ids", "ids", ids)
        succession.add_exports(artifact.path, artifact.facts, aside)
    return {
        "saved_model": artifact.path / "serving" / version,
        "saved_model_ids": artifact.path / "serving_ids" / version,
    }


def staged(artifact):
    """A folder beside the artifact, in which an export is written and compared with the model."""
    return disk.staged(layout.home(artifact.path), "export")


def export_tflite(artifact, quantize=None, streaming=False, fused=False):
    """Writes `mobile/model.tflite`, which computes in float32, and the files that an app needs beside it."""
    artifact = in_float32(artifact)
    own = artifact.task.signatures
    preparation, inputs = [*own.preparation(artifact)], own.probes(artifact)
    calls = [inputs[1:2], inputs]
    if fused:  # for one input a call
        calls, inputs = [[raw_input] for raw_input in (*inputs, inputs[1], inputs[1])], inputs[1:2]
    tensors, answers = own.encode(artifact, inputs)
    with staged(artifact) as aside:
        folder = aside / "mobile"
        folder.mkdir()
        path, quantization = folder / "model.tflite", None
        signatures, step, files = write_tflite(artifact, path, quantize, streaming, fused)
        if quantize is None:
            _compare_tflite(artifact, path, signatures, calls)
        else:
            quantization = quantized_scores.measured(artifact, path, quantize)
            outputs = Interpreter(str(path), num_threads=1).get_signature_runner(signatures[0])(**tensors)
            answers = {name: outputs[name] for name in answers}
        if step and quantize is None:
            steps.check(artifact.model, path, *step, [[tensors[tensor_spec.name] for tensor_spec in step[0]]])
        for name, content in files.items():
            content = content if isinstance(content, bytes) else "".join(f"{line}\n" for line in content).encode()
            (folder / name).write_bytes(content)
        named = {"tflite": signatures[0], "saved_model": "ids"}
        golden = golden_answers.record(inputs, quantize, named, tensors, answers)
        layout.write_json(folder / "golden.json", golden | own.golden(artifact, inputs, answers))
        preparation += [steps.PREPARATION] if step else []
        mobile_files.write(folder, preparation, quantization, {**mobile_files.MEANINGS, **own.MEANINGS})
        checksums.write(folder)
        succession.add_exports(artifact.path, artifact.facts, aside)
    return artifact.path / "mobile" / "model.tflite"


def write_tflite(artifact, path, quantize, streaming=False, fused=False, chosen=None):
    """Writes the file.

    chosen: {signature of the file: (one of `signatures.mobile`, anything)}, or None for those of `signatures.mobile`.

    Returns:
        (the names of its signatures, step, {name: lines or bytes} of the files to stand beside it). step: the
        specification and the output names that `streaming.check` takes, or None if no `step` was added here.
    """
    model, step = artifact.model, None
    loops = fused_operation.fused_loops(model) if fused else contextlib.nullcontext()
    with scratch.folder() as saved, conversion.tracing(quantize):
        signatures, files = artifact.task.signatures.mobile(artifact)
        if chosen is not None:
            signatures = {name: signatures[source] for name, (source, _) in chosen.items()}
        batch = dict.fromkeys(signatures, 1) if fused else {}
        if streaming and "step" not in signatures:
            step = model_signatures.specification(model), model_signatures.output_names(model)
            signatures["step"] = steps.function(model, *step)
        with loops:
            signatures = {
                name: conversion.handed_out(function, batch.get(name)) for name, function in signatures.items()
            }
            _save(artifact, signatures, saved)
        conversion.convert(saved, path, quantize)
    conversion.check(path, fused)
    return list(signatures), step, files


def in_float32(artifact):
    """The artifact with its network in float32: its weights are anyway, and half precision cannot be converted."""
    if artifact.config.precision == "float32":
        return artifact
    twin = copy.copy(artifact)
    twin.config = dataclasses.replace(artifact.config, precision="float32")
    text = artifact.model.to_json().replace(artifact.config.precision, "float32")
    twin.model = keras.models.model_from_json(text)
    twin.model.set_weights(artifact.model.get_weights())
    return twin


def _save(artifact, signatures, folder, preprocessor=None):
    """Writes a SavedModel of the signatures, with the weights and the preprocessor's tables."""
    module = tf.Module()
    module.weights = [variable.value for variable in artifact.model.variables]
    module.preprocessor = preprocessor
    try:
        tf.saved_model.save(module, str(folder), signatures=signatures)
    except tf.errors.ResourceExhaustedError as error:  # what TensorFlow raises when the disk is full
        raise OSError(errno.ENOSPC, error.message) from error


def _calls(artifact, first, signatures, inputs):
    """{signature: (tensors, the model's answers)} for those of `signatures` that can be compared.

    first: the name of the signature that takes the same tensors as "ids".
    """
    own = artifact.task.signatures
    calls = {first: own.encode(artifact, inputs)} | own.further(artifact, inputs)
    return {name: call for name, call in calls.items() if name in signatures}


def _compare_served(artifact, loaded, signature, tensors, answers):
    """Compares the answers of a SavedModel's signature with the model's."""
    outputs = loaded.signatures[signature](**{name: tf.constant(tensor) for name, tensor in tensors.items()})
    tolerance = comparison.TOLERANCE[artifact.config.precision]
    for name, expected in answers.items():
        # In half precision two answers may be equally probable, so texts and whole numbers may differ.
        if np.asarray(expected).dtype.kind == "f" or artifact.config.precision == "float32":
            compare(f"SavedModel's signature {signature}", name, outputs[name].numpy(), expected, tolerance)


def _compare_tflite(artifact, path, signatures, calls):
    """Calls each signature several times, with different shapes: later calls show whether state is kept in between."""
    interpreter = Interpreter(str(path), num_threads=1)
    for call, chosen in enumerate(calls, 1):
        for signature, (tensors, answers) in _calls(artifact, signatures[0], signatures, chosen).items():
            outputs = interpreter.get_signature_runner(signature)(**tensors)
            for name, expected in answers.items():
                what = f".tflite's signature {signature} in call {call}"
                compare(what, name, outputs[name], expected, comparison.TOLERANCE["float32"])


def compare(what, name, answer, expected, tolerance):
    """Raises a RuntimeError where an answer differs from the model's by more than the tolerance."""
    difference = comparison.difference(answer, expected, of_row=True)
    if np.shape(answer) != np.shape(expected):
        differs = f"in its shape {np.shape(answer)}, expected {np.shape(expected)}"
    elif difference == np.inf:
        differs = "in one answer at least"
    else:
        differs = f"by {difference:.1e}, expected {tolerance:.0e} at the most"
    if difference > tolerance:
        raise RuntimeError(f"export: the {what} differs from the model in {name} {differs}; nothing was put in place")

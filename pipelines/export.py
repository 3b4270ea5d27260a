"""Exports of an artifact, each compared with the Keras model before it is put in place.

serving/<version>/       SavedModel for TF Serving; the version counts up, nothing is overwritten
    serving_default      raw input in, named answers out
    ids                  tensors in, answers out, of TensorFlow's core operations alone
serving_ids/<version>/   the signature `ids` alone, for a server that lacks the operations of raw inputs:
                         one that does not know them does not load any part of `serving/`
mobile/                  for a phone
    model.tflite         LiteRT, builtin operations only; any batch, any number of steps
    golden.json          raw inputs, their tensors and the answers, to test an app with
    vocabulary.txt, labels.txt ...
"""

import copy
import dataclasses
import errno
import tempfile

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import layers
from pipelines import artifacts, convert

FORMATS = ("saved_model", "tflite", "both")
# Of probabilities; half precision rounds to 3 or 2 digits, and batches of other shapes round otherwise.
TOLERANCE = {"float32": 1e-5, "mixed_float16": 5e-3, "mixed_bfloat16": 4e-2}


def export(artifact, format="both"):
    """Writes the exports into the artifact's folder.

    Args:
        artifact: a trained artifact.
        format: "saved_model", "tflite" or "both".

    Returns:
        {"saved_model": folder, "saved_model_ids": folder, "tflite": file}, those written.

    Raises:
        ValueError: an unknown format.
        RuntimeError: the converter failed, or an export answers otherwise than the model; what was there is kept.
        OSError: the exports cannot be written; what was there is kept.
    """
    if format not in FORMATS:
        raise ValueError(f"format: expected one of {', '.join(FORMATS)}, received {format!r}")
    written = {}
    with artifacts.stoppable(artifact.path):
        if format != "tflite":
            written |= export_saved_models(artifact)
        if format != "saved_model":
            written["tflite"] = export_tflite(artifact)
    return written


def export_saved_models(artifact):
    """The folders of a new version in `serving/` and `serving_ids/`."""
    version = str(artifacts.last_version(artifact.path) + 1)
    paths = {
        "saved_model": artifact.path / "serving" / version,
        "saved_model_ids": artifact.path / "serving_ids" / version,
    }
    signatures = artifact.task.serving(artifact)
    with artifacts.creating(paths["saved_model"]) as whole, artifacts.creating(paths["saved_model_ids"]) as core:
        _save(artifact, signatures, whole, artifact.preprocessor.module)
        _save(artifact, {"ids": signatures["ids"]}, core)
        _compare_raw(artifact, tf.saved_model.load(str(whole)))
        for folder in (whole, core):
            _compare_ids(artifact, tf.saved_model.load(str(folder)))
    return paths


def export_tflite(artifact):
    """The file `mobile/model.tflite`, with what an app needs beside it; it computes in float32."""
    artifact = in_float32(artifact)
    inputs = artifact.task.probes(artifact)
    tensors, answers = artifact.task.encode(artifact, inputs)
    with artifacts.replacing(artifact.path / "mobile") as folder:
        path = folder / "model.tflite"
        with tempfile.TemporaryDirectory() as saved, layers.portable():
            signatures, files = artifact.task.mobile(artifact)
            _save(artifact, signatures, saved)
            convert.convert(saved, path)
        foreign = convert.foreign(path)
        if foreign:
            raise RuntimeError(f"export: expected builtin operations only, received {', '.join(foreign)}")
        _compare_tflite(path, tensors, answers)
        for name, lines in files.items():
            (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        golden = {name: value.tolist() for name, value in (tensors | answers).items()}
        artifacts.write_json(folder / "golden.json", {"inputs": inputs, **golden})
    return artifact.path / "mobile" / "model.tflite"


def in_float32(artifact):
    """The artifact with its network in float32: the weights are so anyway, and half precision does not convert."""
    if artifact.config.precision == "float32":
        return artifact
    twin = copy.copy(artifact)
    twin.config = dataclasses.replace(artifact.config, precision="float32")
    twin.model = keras.models.model_from_json(artifact.model.to_json().replace(artifact.config.precision, "float32"))
    twin.model.set_weights(artifact.model.get_weights())
    return twin


def _save(artifact, signatures, folder, preprocessor=None):
    """A SavedModel of the signatures that holds the weights and the preprocessor's tables."""
    module = tf.Module()
    module.weights = [variable.value for variable in artifact.model.variables]
    module.preprocessor = preprocessor
    try:
        tf.saved_model.save(module, str(folder), signatures=signatures)
    except tf.errors.ResourceExhaustedError as error:  # what TensorFlow makes of a full disk
        raise OSError(errno.ENOSPC, error.message) from error


def _compare_raw(artifact, loaded):
    """The signature of raw inputs, by its answers."""
    inputs, tolerance = artifact.task.probes(artifact), TOLERANCE[artifact.config.precision]
    expected = artifact.predict(inputs)
    found = loaded.signatures["serving_default"](tf.constant(inputs))
    _compare("SavedModel", found["probability"], [answer["probability"] for answer in expected], tolerance)
    labels = [label.decode("utf-8") for label in found["label"].numpy()]
    # In half precision two labels may be equally probable.
    if tolerance == TOLERANCE["float32"] and labels != [str(answer["label"]) for answer in expected]:
        raise RuntimeError("export: the SavedModel answers with other labels than the model; nothing was put in place")


def _compare_ids(artifact, loaded):
    """The signature of tensors."""
    tensors, answers = artifact.task.encode(artifact, artifact.task.probes(artifact))
    found = loaded.signatures["ids"](**{name: tf.constant(value) for name, value in tensors.items()})
    for name, value in answers.items():
        _compare("SavedModel's signature ids", found[name], value, TOLERANCE[artifact.config.precision])


def _compare_tflite(path, tensors, answers):
    """Two calls in a row, of different shapes: the second shows state that stays between calls."""
    runner = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    for call, rows in (("first", slice(1, 2)), ("second", slice(None))):
        found = runner(**{name: value[rows] for name, value in tensors.items()})
        for name, value in answers.items():
            _compare(f".tflite in its {call} call", found[name], value[rows], TOLERANCE["float32"])


def _compare(what, found, expected, tolerance):
    difference = float(np.abs(np.asarray(found, "float64") - np.asarray(expected)).max())
    if not difference <= tolerance:
        raise RuntimeError(
            f"export: the {what} differs from the model by {difference:.1e}, expected {tolerance:.0e} at the most; "
            "nothing was put in place"
        )

"""Exports of an artifact, each compared with the Keras model before it is put in place.

serving/<version>/   SavedModel for TF Serving; the version counts up, nothing is overwritten
    serving_default  raw input in, named answers out
    ids              tensors in, answers out, of TensorFlow's core operations alone
mobile/              for a phone
    model.tflite     LiteRT, builtin operations only; any batch, any number of steps
    golden.json      raw inputs, their tensors and the answers, to test an app with
    vocabulary.txt, labels.txt ...
"""

import tempfile

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import layers
from pipelines import artifacts, convert

FORMATS = ("saved_model", "tflite", "both")
TOLERANCE = 1e-5


def export(artifact, format="both"):
    """Writes the exports into the artifact's folder.

    Args:
        artifact: a trained artifact.
        format: "saved_model", "tflite" or "both".

    Returns:
        {"saved_model": folder, "tflite": file}, those written.

    Raises:
        ValueError: an unknown format.
        RuntimeError: the converter failed, or an export answers otherwise than the model; what was there is kept.
    """
    if format not in FORMATS:
        raise ValueError(f"format: expected one of {', '.join(FORMATS)}, received {format!r}")
    written = {}
    if format != "tflite":
        written["saved_model"] = export_saved_model(artifact)
    if format != "saved_model":
        written["tflite"] = export_tflite(artifact)
    return written


def export_saved_model(artifact):
    """The folder of a new version in `serving/`."""
    serving = artifact.path / "serving"
    versions = [int(path.name) for path in serving.glob("*") if path.name.isdecimal()]
    path = serving / str(max(versions, default=0) + 1)
    with artifacts.replacing(path) as folder:
        _save(artifact, artifact.task.serving(artifact), folder, artifact.preprocessor.module)
        _compare_saved_model(artifact, tf.saved_model.load(str(folder)))
    return path


def export_tflite(artifact):
    """The file `mobile/model.tflite`, with what an app needs beside it."""
    signatures, files = artifact.task.mobile(artifact)
    inputs = artifact.task.probes(artifact)
    tensors, answers = artifact.task.encode(artifact, inputs)
    with artifacts.replacing(artifact.path / "mobile", keep_previous=False) as folder:
        path = folder / "model.tflite"
        with tempfile.TemporaryDirectory() as saved, layers.portable():
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


def _save(artifact, signatures, folder, preprocessor=None):
    """A SavedModel of the signatures that holds the weights and the preprocessor's tables."""
    module = tf.Module()
    module.weights = [variable.value for variable in artifact.model.variables]
    module.preprocessor = preprocessor
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _compare_saved_model(artifact, loaded):
    inputs = artifact.task.probes(artifact)
    expected = artifact.predict(inputs)
    found = loaded.signatures["serving_default"](tf.constant(inputs))
    labels = [label.decode("utf-8") for label in found["label"].numpy()]
    _compare("SavedModel", found["probability"].numpy(), [answer["probability"] for answer in expected])
    if labels != [str(answer["label"]) for answer in expected]:
        raise RuntimeError("export: the SavedModel answers with other labels than the model; nothing was put in place")
    tensors, answers = artifact.task.encode(artifact, inputs)
    found = loaded.signatures["ids"](**{name: tf.constant(value) for name, value in tensors.items()})
    for name, value in answers.items():
        _compare("SavedModel's signature ids", found[name].numpy(), value)


def _compare_tflite(path, tensors, answers):
    """Two calls in a row: the second shows state that stays between calls."""
    runner = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    for call in ("first", "second"):
        found = runner(**tensors)
        for name, value in answers.items():
            _compare(f".tflite in its {call} call", found[name], value)


def _compare(what, found, expected):
    difference = float(np.abs(np.asarray(found, "float64") - np.asarray(expected)).max())
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"export: the {what} differs from the model by {difference:.1e}, expected {TOLERANCE:.0e} at the most; "
            "nothing was put in place"
        )

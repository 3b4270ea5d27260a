"""A Keras model traced with loops that LiteRT runs, and converted; which of its layers the converter stumbled over."""

import re
from typing import Any

import tensorflow as tf

from layers.conversion import fused as fused_operation
from layers.conversion import stock
from pipelines.shared.export import conversion
from pipelines.shared.export import streaming as steps
from pipelines.shared.export.inputs import lookups
from pipelines.shared.export.models import blamed_layers, lacking, prints, single_precision
from pipelines.shared.export.models import signatures as model_signatures
from pipelines.shared.storage import scratch


def convert(model, path, quantize=None, streaming=False, batch=None, rows=None):
    """Writes a functional model as a `.tflite`; with a `batch`, it uses fused operations; `rows` fixes the batch alone.

    Raises:
        ValueError: a layer cannot be converted. ConversionError: the converter failed for another reason.
    """
    try:
        with scratch.folder() as saved:
            with conversion.tracing(quantize):
                _save(model, saved, streaming, batch, rows)
            prints.remove(saved)
            lacking.check(model, saved)
            single_precision.rewrite(saved)
            conversion.convert(saved, path, quantize)
    except conversion.ConversionError as error:
        blamed = _blamed(model, error.printed)
        if blamed is None:
            raise
        part, kind = blamed
        raise ValueError(
            f"{part} cannot be converted to builtin operations: {error}; {lacking.advice(kind)}"
        ) from error
    conversion.check(path, fused=batch is not None)


def _save(model, folder, streaming, batch, rows):
    """The SavedModel that the converter takes, with portable or fused loops."""
    loops = stock.portable_loops if batch is None else fused_operation.fused_loops
    module: Any = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    # Not attributes of the module: the converter drops a signature that has the name of an attribute.
    inputs = model_signatures.specification(model, batch or rows)
    signatures = {
        "serving_default": tf.function(model_signatures.serving(model), input_signature=inputs, autograph=False)
    }
    if streaming:
        names = model_signatures.output_names(model)
        signatures["step"] = steps.function(model, model_signatures.specification(model), names)
    with loops(model), lookups.compared(model), blamed_layers.named(model):
        signatures = {name: conversion.handed_out(function) for name, function in signatures.items()}
        tf.saved_model.save(module, str(folder), signatures=signatures)


def _blamed(model, printed):
    """The layer that holds the operation named in the converter's error, and that operation; None if it names none."""
    for line in printed.splitlines():
        if "error:" in line and "loc(" in line and (part := blamed_layers.of(model, line)):
            kinds = re.findall(r"'tf\.(\w+)' op", line)
            return part, kinds[0] if kinds else None
    return None

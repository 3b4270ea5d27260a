"""Any Keras model as a `.tflite` of builtin operations alone, compared with the model before it is put in place.

    import keras, pipelines
    model = keras.Sequential([keras.Input([None, 8]), keras.layers.LSTM(64), keras.layers.Dense(2)])
    pipelines.export_keras(model, "model.tflite")

Recurrent layers, Keras's own or this package's, become loops of builtin operations for any batch size and any number
of steps; `model.export(format="litert")` converts them to operations that a plain LiteRT runtime lacks. The `.tflite`
has one signature, `serving_default`, with the names of the model's inputs and outputs. With `fused=True` LSTMs become
LiteRT's own LSTM operation instead, for one batch size.
"""

import dataclasses
import pathlib
import re
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import layers
from layers.conversion import fused as fused_operation
from layers.conversion import stock
from pipelines.shared.arguments import Path, Quantization
from pipelines.shared.artifacts import layout
from pipelines.shared.export import comparison, conversion, drawn_inputs, tflite_files
from pipelines.shared.export import streaming as steps
from pipelines.shared.storage import scratch

TOLERANCE = comparison.TOLERANCE["float32"]


@dataclasses.dataclass(frozen=True)
class Exported:
    """A `.tflite` that was written: its path, size in bytes, and how far its answers are from the model's at most."""

    path: pathlib.Path
    size: int
    difference: float
    quantize: str | None
    operations: dict[str, int]  # name: count
    undefined: bool = False  # whether the model itself answers NaN or an infinity to some of the inputs

    def __str__(self):
        return (
            f"{self.path}: {self.size / 1024:,.0f} KiB, {sum(self.operations.values())} builtin operations, "
            f"differs from the model by {self.difference:.1e}{_UNDEFINED if self.undefined else ''}"
        )


_UNDEFINED = "; the model itself answers NaN to some of the inputs it was compared on, and so does the file"


def export_keras(
    model: keras.Model, path: Path, *, quantize: Quantization = None, streaming: bool = False,
    fused: bool = False, examples: Any = None, overwrite: bool = False,
) -> Exported:  # fmt: skip
    """Writes a Keras model as a `.tflite` of builtin operations.

    Args:
        model: a built functional or Sequential model. `keras.layers.LSTM`, `GRU`, `SimpleRNN`, `RNN` and
            `Bidirectional` may stand anywhere in it, as may the layers of this package; weights are the model's.
        path: the file to write, ending in `.tflite`.
        quantize: None, "dynamic", "float16", "int8" or "int4"; see `conversion.QUANTIZATIONS`.
        streaming: add the signature `step`, which takes one frame and the states, and returns the answer so far and
            the next states. It is for models whose layers only look back, and is checked against the whole sequence.
        fused: use LiteRT's UNIDIRECTIONAL_SEQUENCE_LSTM instead of loops, for models whose recurrent layers are all
            `LSTM` with tanh and sigmoid, in any direction, starting from zeros. The file clears their states itself
            and obeys masks and lengths; the number of steps stays open. The batch size is the model's own
            (`keras.Input(batch_shape=...)`), else 1. Faster than loops up to about 32 units, slower above. LiteRT's
            `Interpreter` runs such a file, its `CompiledModel` does not. A step with an infinite number, or one
            beyond 1e30, makes the answers NaN from there on.
        examples: inputs as the model takes them, at least two rows (with `fused`, a batch). The file is compared with
            the model on them, and again with steps masked and lengths of 0 and 1. By default they are random numbers
            and ids of each Embedding's vocabulary, masked too. See `drawn_inputs`.
        overwrite: replace an existing file.

    Returns:
        an `Exported`. Without `quantize`, nothing is written unless the file's answers equal the model's to 1e-5
        (relative to their size above one), in calls of different shapes and of the same shape. With it, `difference`
        says how far apart they are.

    Raises:
        TypeError: not a Keras model. ValueError: an unbuilt or stateful model, a layer that cannot be converted,
        streamed or fused, a wrong path or quantization. FileExistsError: the file is there. OSError: it cannot be
        written. RuntimeError: the converter failed, or the file's answers differ from the model's.
    """
    path = pathlib.Path(path)
    _check_quantization(quantize, fused)
    _check_model(model)
    tflite_files.check_new(path, overwrite)
    model = in_float32(functional(model))
    with layout.stoppable(path), tflite_files.aside(path) as partial:
        batch = _batch(model) if fused else None
        calls = _calls(model, examples, batch)
        _convert(model, partial, quantize, streaming, batch)
        difference, undefined = _compare(model, partial, calls, quantize)
        if streaming and quantize is None:
            steps.check(model, partial, specification(model), output_names(model), calls)
        operations = dict(conversion.operations(partial))
    return Exported(path, path.stat().st_size, difference, quantize, operations, undefined)


def _check_quantization(quantize, fused):
    if fused and quantize in ("int8", "int4"):
        raise ValueError(
            f"quantize: expected None, dynamic or float16 with fused=True, received {quantize!r}; give fused=False"
        )
    conversion.check_quantization(quantize)


def _check_model(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: expected a keras.Model, received {model!r}")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"export: expected Keras on TensorFlow, received {keras.backend.backend()}")
    try:
        _ = model.inputs, model.outputs
        symbolic = isinstance(model, (keras.Sequential, keras.src.models.functional.Functional)) and model.inputs
    except (AttributeError, ValueError):
        symbolic = None
    if not symbolic:
        raise ValueError(
            f"model: expected a functional or a built Sequential model, received {model.name} "
            f"({type(model).__name__}) without known inputs; begin it with keras.Input, or wrap it: "
            "inputs = keras.Input(...); keras.Model(inputs, model(inputs))"
        )
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            raise ValueError(
                f"{layer.name} ({type(layer).__name__}): expected stateful=False, since a .tflite keeps nothing "
                "between calls; give the states as inputs (initial_state) and return them (return_state=True)"
            )


def functional(model):
    """A Sequential model as a functional one of the same layers."""
    return keras.Model(model.inputs, model.outputs) if isinstance(model, keras.Sequential) else model


def in_float32(model):
    """The model, or a copy that computes in float32 as a .tflite does; the weights are in float32 anyway."""
    policies = {layer.dtype_policy.name for layer in model._flatten_layers()}
    half = sorted(policies & {"mixed_float16", "mixed_bfloat16"})
    if not half:
        return model
    text = model.to_json()
    for policy in half:
        text = text.replace(policy, "float32")
    twin = keras.models.model_from_json(text)
    twin.set_weights(model.get_weights())
    return twin


def _convert(model, path, quantize, streaming=False, batch=None):
    """Writes the file; with a `batch`, it uses fused operations."""
    names = output_names(model)
    loops = stock.portable_loops if batch is None else fused_operation.fused_loops

    def serve(*tensors):
        inputs = keras.tree.pack_sequence_as(model._inputs_struct, tensors)
        return dict(zip(names, keras.tree.flatten(model(inputs, training=False)), strict=True))

    module: Any = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    # Not attributes of the module: the converter drops a signature that has the name of an attribute.
    signatures = {"serving_default": tf.function(serve, input_signature=specification(model, batch), autograph=False)}
    if streaming:
        signatures["step"] = steps.function(model, specification(model), names)
    try:
        with scratch.folder() as saved:
            with layers.portable(), loops(model):
                signatures = {name: conversion.handed_out(function) for name, function in signatures.items()}
                tf.saved_model.save(module, str(saved), signatures=signatures)
            conversion.convert(saved, path, quantize)
    except conversion.ConversionError as error:
        blamed = _blamed(model, error.printed)
        if blamed is None:
            raise
        raise ValueError(f"{blamed} cannot be converted to builtin operations: {error}") from error
    conversion.check(path, fused=batch is not None)


def _blamed(model, printed):
    """The layer that holds the operation named in the converter's error; None if the error names none."""
    layers = {layer.name: layer for layer in model._flatten_layers(include_self=False)}
    for line in printed.splitlines():
        if "loc(" not in line or "error:" not in line:
            continue
        words = re.findall(r"[\w.-]+", line)
        # A scope is the layer's name, which a number may follow.
        words = [re.sub(r"_\d+$", "", word) if re.sub(r"_\d+$", "", word) in layers else word for word in words]
        named = [layers[word] for word in words if word in layers]
        if named:
            return f"{named[-1].name} ({type(named[-1]).__name__})"
    return None


def _batch(model):
    """The batch size that the model's inputs fix, else 1."""
    sizes = {tensor.shape[0] for tensor in model.inputs} - {None}
    return max(sizes, default=1)


def specification(model, batch=None):
    """The inputs as a flat list of tf.TensorSpec, of this batch size or of an unknown one."""
    inputs = keras.tree.flatten(model._inputs_struct)
    names = _distinct([tensor.name for tensor in inputs])
    return [
        tf.TensorSpec([batch, *tensor.shape[1:]], tensor.dtype, name)
        for tensor, name in zip(inputs, names, strict=True)
    ]


def output_names(model):
    """The keys of the outputs if the model returns a dictionary, else the names of its last layers."""
    structure = model._outputs_struct
    if isinstance(structure, dict):
        return _distinct(keras.tree.flatten({key: key for key in structure}))  # in the order of its outputs, flat
    return _distinct(model.output_names)


def _distinct(names):
    """Names that a signature accepts; of equal names, the second ends in _1."""
    distinct = []
    for name in (re.sub(r"\W", "_", name) for name in names):
        count = sum(other == name or (other.startswith(f"{name}_") and name in distinct) for other in distinct)
        distinct.append(f"{name}_{count}" if name in distinct else name)
    return distinct


def _calls(model, examples, batch=None):
    """Lists of input arrays, one list per call; their shapes differ, except for a fixed batch."""
    if examples is None:
        return drawn_inputs.calls(model, specification(model), batch)
    arrays = [np.asarray(array) for array in keras.tree.flatten(examples)]
    specifications = specification(model)
    if len(arrays) != len(specifications) or any(len(array) < (batch or 2) for array in arrays):
        raise ValueError(
            f"examples: expected {batch or 'two'} rows or more for each of "
            f"{[tensor_spec.name for tensor_spec in specifications]}, received {[array.shape for array in arrays]}"
        )
    arrays = [
        array.astype(tensor_spec.dtype.as_numpy_dtype)
        for array, tensor_spec in zip(arrays, specifications, strict=True)
    ]
    calls = [[array[: batch or 1] for array in arrays], [array[-batch:] if batch else array for array in arrays]]
    return [*calls, *drawn_inputs.with_padding(model, arrays, batch)]


def _compare(model, path, calls, quantize):
    """Compares the file with the model over several calls in a row.

    Returns:
        (the greatest difference, whether any of the model's own answers is not finite).

    Raises:
        RuntimeError: the difference is too great.
    """
    run = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    names, worst, undefined = [str(tensor_spec.name) for tensor_spec in specification(model)], 0.0, False
    # The third and fourth calls show what is kept between calls: after another shape, then after the same.
    for number, tensors in enumerate([*calls[:2], calls[0], calls[0], *calls[2:]], 1):
        answers = keras.tree.flatten(drawn_inputs.answers(model, tensors))
        outputs = run(**dict(zip(names, tensors, strict=True)))
        for name, expected in zip(output_names(model), answers, strict=True):
            difference = comparison.difference(outputs[name], expected, of_greatest=True)
            worst, undefined = max(worst, difference), undefined or not np.isfinite(expected).all()
            if not np.isfinite(difference) or (quantize is None and difference > TOLERANCE):
                raise RuntimeError(
                    f"export: the .tflite's {name} differs from the model's by {difference:.1e} in call {number}, "
                    f"expected {TOLERANCE:.0e} at the most; nothing was put in place"
                )
    return worst, undefined

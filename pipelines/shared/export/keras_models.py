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
import logging
import pathlib
from typing import Any, Literal

import keras

from pipelines.shared.arguments import Path, Quantization
from pipelines.shared.artifacts import layout
from pipelines.shared.export import conversion, tflite_files
from pipelines.shared.export import streaming as streaming_step
from pipelines.shared.export.inputs import compared_calls, lookups, text_inputs
from pipelines.shared.export.inputs import facts as input_facts
from pipelines.shared.export.models import accepted_models, keras_saved_models
from pipelines.shared.export.models import conversions as model_conversion
from pipelines.shared.export.models import signatures as model_signatures

log = logging.getLogger("unroll")


@dataclasses.dataclass(frozen=True)
class Exported:
    """A `.tflite` that was written: its path, size in bytes, and how far its answers are from the model's at most."""

    path: pathlib.Path
    size: int
    difference: float
    quantize: str | None
    operations: dict[str, int]  # name: count
    undefined: bool = False  # whether the model itself answers NaN or an infinity to some of the inputs
    inputs: dict[str, Any] = dataclasses.field(default_factory=dict)  # what the file says of them; see `input_facts`
    format: str = "tflite"

    def __str__(self):
        kind = "builtin operations" if self.format == "tflite" else "operations of TensorFlow"
        return (
            f"{self.path}: {self.size / 1024:,.0f} KiB, {sum(self.operations.values())} {kind}, "
            f"differs from the model by {self.difference:.1e}{_UNDEFINED if self.undefined else ''}"
        )


_UNDEFINED = "; the model itself answers NaN to some of the inputs it was compared on, and so does the file"


def export_keras(
    model: keras.Model, path: Path, *, quantize: Quantization = None, streaming: bool = False,
    fused: bool = False, examples: Any = None, keep_examples: bool = False, overwrite: bool = False,
    input_signature: Any = None, format: Literal["tflite", "saved_model"] = "tflite",
) -> Exported:  # fmt: skip
    """Writes a Keras model as a `.tflite` of builtin operations.

    Args:
        model: any Keras model: functional, Sequential, or of a class of your own. Recurrent layers, Keras's or of this
            package, may stand anywhere in it; weights are the model's. Whatever its policies are, the file computes in
            float32, and is compared with the model computing so; weights that Keras quantized count as they were
            rounded. A stateful model starts each call from zeros, for any batch, and gets `step`, whose states go in
            and out.
        path: the file to write, ending in `.tflite`; with format="saved_model" a folder.
        quantize: None, "dynamic", "float16", "int8" or "int4"; see `conversion.QUANTIZATIONS`.
        streaming: add the signature `step`, which takes one frame and the states, zeros at first, and returns the
            answer so far and the next states. It is for models whose layers only look back: recurrent layers of any
            cell, causal convolutions, pooling, whatever treats each step by itself. Inputs without steps, features or
            a category a row, are given whole in each call. Compared with the whole sequence before and after the
            conversion; the first layer that looks ahead is named.
        fused: use LiteRT's UNIDIRECTIONAL_SEQUENCE_LSTM instead of loops, for models whose recurrent layers are all
            `LSTM` with tanh and sigmoid, in any direction, starting from zeros. The file clears their states itself
            and obeys masks and lengths; the number of steps stays open. The batch size is the model's own
            (`keras.Input(batch_shape=...)`), else 1. Faster than loops up to about 32 units, slower above. LiteRT's
            `Interpreter` runs such a file, its `CompiledModel` does not. A step with an infinite number, or one
            beyond 1e30, makes the answers NaN from there on.
        examples: inputs as the model takes them, at least two rows (with `fused`, a batch): a dictionary by the names
            of the inputs, a list, one array, the path of an `.npz`, or a `tf.data.Dataset` of batches. The file is
            compared with the model on them, and again with steps masked and lengths of 0 and 1. By default they are
            random numbers and ids of each Embedding's vocabulary, masked too, of sizes that the model takes: it is
            called with several first. See `tried_calls`.
        keep_examples: put the examples into the file, a MiB at most, for `verify`. Without it the file keeps only the
            shapes that it was compared at and what its inputs are: ids up to which, lengths, what masks a step.
        overwrite: replace an existing file, or a folder that is a SavedModel.
        input_signature: what a model of a class of your own takes, such as `[keras.Input([None, 8])]`, as
            `keras.Input`, `keras.InputSpec`, `tf.TensorSpec` or arrays; see `input_signatures`. Without it, what the
            model was called on or built for: any batch, and any number of steps if it takes others.
        format: "tflite", or "saved_model" for TF Serving: a folder with warm-up requests and the configuration of a
            server, for any batch, in the model's own types of numbers, compared with it in a process of its own.

    Returns:
        an `Exported`. Without `quantize`, nothing is written unless the file's answers equal the model's to 1e-5
        (relative to their size above one), in calls of different shapes and of the same shape. With it, `difference`
        says how far apart they are.

    Raises:
        TypeError: not a Keras model. ValueError: examples that the model does not take, none that it takes among those
        that are tried, a layer that looks up words, a model without known inputs, a layer that cannot be converted,
        streamed or fused, a wrong path or quantization. FileExistsError: the file is there. OSError: it cannot be
        written. RuntimeError: the converter failed, or the file's answers differ from the model's.
    """
    accepted_models.check(model)
    path = pathlib.Path(path)
    if format != "tflite":
        _check_format(format, quantize=quantize, streaming=streaming, fused=fused, keep_examples=keep_examples)
        return _export_saved_model(model, path, examples, overwrite, input_signature)
    _check_quantization(quantize, fused)
    tflite_files.check_new(path, overwrite)
    _check_kept(examples, keep_examples)
    stateful = accepted_models.is_stateful(model)
    streaming = streaming or stateful
    accepted = accepted_models.accepted(model, input_signature)
    with layout.stoppable(path), accepted as model, tflite_files.aside(path) as partial:
        lookups.check(model)
        batch = _batch(model) if fused else None
        plan = compared_calls.planned(model, examples, batch, streaming)
        if streaming:
            with accepted_models.needing_steps(model.name, stateful):
                streaming_step.check_layers(model, plan.calls)
        model_conversion.convert(model, partial, quantize, streaming, batch, plan.batch)
        facts = input_facts.described(model_signatures.expected(model), plan)
        input_facts.write(partial, facts, plan.examples if keep_examples else None)
        difference, undefined = compared_calls.compare(model, partial, plan.calls, quantize)
        if streaming and quantize is None:
            signature = model_signatures.specification(model), model_signatures.output_names(model)
            streaming_step.check(model, partial, *signature, plan.calls)
        operations = dict(conversion.operations(partial))
    if undefined:
        log.warning("%s: %s", path, _UNDEFINED[2:])
    return Exported(path, path.stat().st_size, difference, quantize, operations, undefined, facts["inputs"])


def _check_kept(examples, keep_examples):
    if keep_examples and examples is None:
        raise ValueError("keep_examples: expected examples to keep, received none; give examples=")


def _check_format(format, **options):
    if format != "saved_model":
        raise ValueError(f"format: expected 'tflite' or 'saved_model', received {format!r}")
    for name, value in options.items():
        if value:
            raise ValueError(f"{name}: expected format='tflite' with {name}={value!r}, received format='saved_model'")


def _export_saved_model(model, path, examples, overwrite, input_signature):
    keras_saved_models.check_new(path, overwrite)
    accepted = accepted_models.accepted(model, input_signature, portable=False)
    with layout.stoppable(path), accepted as model, keras_saved_models.aside(path) as partial:
        planned = text_inputs.planned if text_inputs.any_of(model) else compared_calls.planned
        plan = planned(model, examples)
        name = keras_saved_models.server_name(path)
        difference, undefined = keras_saved_models.write(model, partial, name, plan)
        operations = keras_saved_models.operations(partial)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return Exported(path, size, difference, None, operations, undefined, format="saved_model")


def _check_quantization(quantize, fused):
    if fused and quantize in conversion.BY_QUANTIZER:
        raise ValueError(
            f"quantize: expected None, dynamic or float16 with fused=True, received {quantize!r}; give fused=False"
        )
    conversion.check_quantization(quantize)


def _batch(model):
    """The batch size that the model's inputs fix, else 1."""
    sizes = {tensor.shape[0] for tensor in model.inputs} - {None}
    return max(sizes, default=1)

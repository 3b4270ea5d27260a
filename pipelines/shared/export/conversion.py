"""Converts a SavedModel to LiteRT, in a process of its own since the converter can crash; reads what is in a .tflite.

Only the functions that need TensorFlow import it: a child process that just reads a .tflite does without.
"""

import collections
import contextlib
import importlib.util
import os
import pathlib

from pipelines.shared import silence
from pipelines.shared.foreign import saved_model_files
from pipelines.shared.storage import apart

TIME_LIMIT = 900  # seconds
# They keep state inside the model from call to call, which none of our signatures needs.
STATEFUL = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
# So do these, unless the graph around them clears their state.
RECURRENT = (
    "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_LSTM",
    "BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF",
)  # fmt: skip
FUSED = RECURRENT[0]  # what `fused=True` turns an LSTM into

QUANTIZATIONS = {
    "dynamic": "weights in 8 bits, numbers between layers in 32; 3 to 4 times smaller and mostly faster",
    "float16": "weights in 16 bits, computed in 32; half the size, the same speed",
    "int8": "weights in 8 bits a channel, by ai-edge-quantizer; tables of vectors in 8 bits a row",
    "int4": "weights in 4 bits a channel, by ai-edge-quantizer; tables of vectors in 8 bits a row",
}
BY_QUANTIZER = ("int8", "int4")  # those that round the weights of a finished file


class ConversionError(RuntimeError):
    """The converter failed, crashed or took too long; `printed` is all it said."""

    def __init__(self, message, printed=""):
        super().__init__(message)
        self.printed = printed


def check_quantization(quantize):
    """Raises a ValueError for an unknown quantization, an ImportError if its package is missing."""
    if quantize is not None and quantize not in QUANTIZATIONS:
        raise ValueError(f"quantize: expected None, {', '.join(QUANTIZATIONS)}, received {quantize!r}")
    if quantize in BY_QUANTIZER and importlib.util.find_spec("ai_edge_quantizer") is None:
        raise ImportError(f"quantize={quantize!r} needs ai-edge-quantizer: pip install 'unroll-rnn[quantize]'")


@contextlib.contextmanager
def tracing(quantize=None):
    """Inside, a model is traced as the converter needs it for this quantization."""
    import layers
    from layers.conversion import tables  # loads TensorFlow

    with layers.portable(), tables.in_8_bits() if quantize in BY_QUANTIZER else contextlib.nullcontext():
        yield


_kept: list[apart.Child] = []  # the child of `one_process`


@contextlib.contextmanager
def one_process():
    """Inside, all conversions run in one child process, which loads TensorFlow once; one that crashes is replaced."""
    if _kept:
        yield
        return
    with apart.Child(
        "pipelines.shared.export.conversion:main", memory=None, seconds=TIME_LIMIT, who="the LiteRT converter"
    ) as child:
        _kept.append(child)
        try:
            yield
        finally:
            _kept.clear()


def convert(saved_model, path, quantize=None):
    """Converts in a child process.

    Raises:
        ConversionError: the converter failed, crashed or took too long; the message has its most telling line.
    """
    try:
        with one_process():
            # Absolute, since a child that is kept stays in the folder that it was started in.
            _kept[-1].call(*(os.path.abspath(one) for one in (saved_model, path)), quantize)
    except apart.Failed as error:
        said = str(error) if isinstance(error, apart.Died) else "the LiteRT converter stopped with code 1"
        telling = f"export: {said}: {_telling(error.printed)}; what was there is untouched"
        raise ConversionError(telling, error.printed) from error
    _allocate_in_silence(os.path.abspath(path))


_allocated = []


def _allocate_in_silence(path):
    """LiteRT writes a line to stderr when a process runs its first model; that of this one is held back."""
    if _allocated:
        return
    from ai_edge_litert.interpreter import Interpreter  # not in the child process

    _allocated.append(path)
    with silence.stderr(), contextlib.suppress(RuntimeError, ValueError):  # whoever runs it next says what is wrong
        Interpreter(path, num_threads=1).allocate_tensors()


def _telling(text):
    """The most telling line of a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no message"]
    return next((line[line.index("error:") :] for line in lines if "error:" in line), lines[-1])[:500]


def handed_out(function, batch=None):
    """The tf.function with one more operation at each output, and traced anew for `batch` if that is not None.

    The operation is a choice that changes nothing: NaN and infinities stay what they are, with and without XNNPACK, as
    no arithmetic leaves them. LiteRT's `CompiledModel` and LiteRT.js do not fill the buffer of an output that comes
    straight out of a loop.
    """
    import tensorflow as tf

    specification, inner = function.input_signature, function
    if batch is not None:
        specification = [
            tf.TensorSpec([batch, *tensor_spec.shape[1:]], tensor_spec.dtype, tensor_spec.name)
            for tensor_spec in specification
        ]
        inner = function.python_function

    @tf.function(autograph=False, input_signature=specification)
    def same(*tensors):
        outputs = inner(*tensors)
        return {name: _chosen(output) for name, output in outputs.items()}

    return same


def _chosen(output):
    """The same numbers, by an operation of their own."""
    import tensorflow as tf

    if output.dtype.is_floating:
        return tf.where(output == output, output, -output)  # of NaN alone; of one shape, a scalar would be far slower
    if not output.dtype.is_integer:
        return output
    if output.dtype in (tf.int32, tf.int64):
        return tf.maximum(output, output.dtype.min)
    return tf.cast(tf.maximum(tf.cast(output, tf.int32), tf.int32.min), output.dtype)  # LiteRT compares no others


def operations(path):
    """A Counter of the operations in a .tflite; custom ones are named CUSTOM:<name>."""
    from pipelines.shared.export import flat_files  # takes half a second

    model, counts = flat_files.opened(pathlib.Path(path).read_bytes()), collections.Counter()
    for graph in model.subgraphs:
        for operator in graph.operators or []:
            name, code = flat_files.kind(model, operator), model.operatorCodes[operator.opcodeIndex]
            counts[f"CUSTOM:{code.customCode.decode()}" if name == "CUSTOM" else name] += 1
    return counts


def foreign(path, allowed=()):
    """The operations of a .tflite that are not builtin, or that keep state between calls.

    allowed: those of `RECURRENT` whose state is known to be cleared, or is tested by several calls in a row.
    """
    refused = {*STATEFUL, *RECURRENT} - {*allowed}
    return sorted(name for name in operations(path) if name.startswith("CUSTOM") or name in refused)


def check(path, fused=False):
    """Raises a RuntimeError for a finished .tflite that does not have the expected operations."""
    refused = foreign(path, allowed=[FUSED] if fused else ())
    if refused:
        raise RuntimeError(f"export: expected builtin operations only, received {', '.join(refused)}")
    if fused and not operations(path)[FUSED]:
        raise RuntimeError(f"fused: the converter made no {FUSED}; give fused=False")


def main(saved_model, path, quantize):
    """What the child process runs: a conversion to builtin operations only, which keeps every signature.

    It changes the SavedModel, which is made for it; see `known_sizes`.
    """
    import tensorflow as tf

    from pipelines.shared.export import copies, known_sizes  # load TensorFlow, and LiteRT's schema

    known_sizes.rewrite(saved_model)
    (meta,) = saved_model_files.read(saved_model).meta_graphs
    names = sorted(name for name in meta.signature_def if not name.startswith("__saved_model"))
    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model, signature_keys=names)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.experimental_enable_resource_variables = False
    if quantize in ("dynamic", "float16"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    if quantize in BY_QUANTIZER:
        content = _quantized(content, quantize)
    pathlib.Path(path).write_bytes(copies.kept(content))


def _quantized(content, quantize):
    """The content of a finished .tflite with its weights in fewer bits; computation stays in float32."""
    from ai_edge_quantizer import quantizer, recipe  # may be missing

    recipes = {"int8": recipe.dynamic_wi8_afp32, "int4": recipe.dynamic_wi4_afp32}
    worker = quantizer.Quantizer(bytearray(content))
    worker.load_quantization_recipe(recipes[quantize]())
    return worker.quantize().quantized_model

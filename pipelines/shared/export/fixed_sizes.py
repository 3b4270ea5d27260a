"""A copy of a `.tflite` in which every axis has its size, for runtimes that cannot choose one.

    pipelines.fix_sizes("saved_models/mine/mobile/model.tflite", "model-1x128.tflite", batch=1, steps=128)

LiteRT's `Interpreter` gives open axes the size of the input. Its `CompiledModel`, and LiteRT.js in a browser, do not:
they refuse open inputs, and write past the end of open outputs. An app then pads its input to `steps`; lengths tell
which steps are real. The copy has the weights and operations of the original.
"""

import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.arguments import Path
from pipelines.shared.export import answer_sizes, conversion, tflite_files
from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import apart

TIMES = 16  # memory for working with a file, at most so many times its size


def fix_sizes(
    path: Path, target: Path, *, batch: int = 1, steps: int = 128, limit: int | None = None,
    overwrite: bool = False,
) -> dict[str, dict[str, list[int]]]:  # fmt: skip
    """Writes a copy of a `.tflite` in which every open axis has a fixed size.

    Args:
        path: the file. target: the path of the copy, ending in `.tflite`.
        batch: the size of an input's first axis where it is open. steps: that of its other open axes.
        limit: the size of an answer that depends on what the inputs hold, as that of a translator's `generate` does:
            a shorter one is filled up with zeros, a longer one is cut. By default what inputs of `steps` real steps
            lead to, so that nothing is cut.
        overwrite: replace an existing file.

    Returns:
        {signature: {input or output: shape}}.

    Raises:
        FileNotFoundError, FileExistsError, OSError: a path is wrong. ValueError: the file is no .tflite, or a size is
        below one.
    """
    path, target = pathlib.Path(path), pathlib.Path(target)
    for name, size in (("batch", batch), ("steps", steps), ("limit", 1 if limit is None else limit)):
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name}: expected a whole number from 1 up, received {shown(size)}")
    tflite_files.check_new(target, overwrite)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    with tflite_files.aside(target) as partial:
        memory = apart.MEMORY + TIMES * path.stat().st_size
        try:
            return apart.run(
                "pipelines.shared.export.fixed_sizes:fixed", str(path), str(partial), batch, steps, limit, memory=memory
            )
        except apart.Failed as error:
            known = error.kind == "ValueError" and not isinstance(error, apart.Died)
            raise ValueError(str(error) if known else f"{path} is damaged or too large: {brief(error, 200)}") from error


def fixed(path, target, batch, steps, limit=None):
    """Writes the copy and returns the sizes; run in a child process, since the file may be anything."""
    path, target = pathlib.Path(path), pathlib.Path(target)
    interpreter = tflite_files.interpreter(path)
    if interpreter is None:
        raise ValueError(
            f"{path}: expected builtin operations, received {listed(conversion.foreign(path), write=brief)}"
        )
    runs = {name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()}
    inputs = {name: _input_shapes(run, batch, steps) for name, run in runs.items()}
    outputs = {name: _output_shapes(run, inputs[name], steps, limit) for name, run in runs.items()}
    target.write_bytes(_with_sizes(path.read_bytes(), inputs, outputs))
    Interpreter(str(target)).allocate_tensors()
    return {name: inputs[name] | {key: shape for key, (shape, _) in outputs[name].items()} for name in runs}


def _input_shapes(run, batch, steps):
    return {name: _sized(detail["shape_signature"], batch, steps) for name, detail in run.get_input_details().items()}


def _output_shapes(run, inputs, steps, limit):
    """{output: (shape, whether it depends on what the inputs hold)}; such an axis has `limit` if that is not None."""
    kinds = {name: detail["dtype"] for name, detail in run.get_input_details().items()}
    shapes = []
    for length in (1, steps):  # a vector of whole numbers may be lengths, a single one a limit
        tensors = {
            name: np.full(shape, length if len(shape) < 2 and np.issubdtype(kinds[name], np.integer) else 0,
                          kinds[name])
            for name, shape in inputs.items()
        }  # fmt: skip
        shapes.append({name: output.shape for name, output in run(**tensors).items()})
    return {name: _joined(least, shapes[1][name], limit) for name, least in shapes[0].items()}


def _joined(least, greatest, limit):
    pairs = list(zip(least, greatest, strict=True))
    sizes = [int(one if one == other else limit or max(one, other)) for one, other in pairs]
    return sizes, any(one != other for one, other in pairs)


def _sized(shape, batch, steps):
    return [int(size) if size >= 0 else steps if axis else batch for axis, size in enumerate(shape)]


def _with_sizes(content, inputs, outputs):
    """The file's bytes with fixed sizes."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    for signature in model.signatureDefs:
        name, graph = signature.signatureKey.decode(), model.subgraphs[signature.subgraphIndex]
        for tensor in signature.inputs:
            _set_size(graph.tensors[tensor.tensorIndex], inputs[name][tensor.name.decode()])
        for tensor in signature.outputs:
            shape, depends = outputs[name][tensor.name.decode()]
            if depends:
                before, tensor.tensorIndex = (
                    tensor.tensorIndex,
                    answer_sizes.filled(model, graph, tensor.tensorIndex, shape),
                )
                graph.outputs = np.where(graph.outputs == before, tensor.tensorIndex, graph.outputs)
            else:
                _set_size(graph.tensors[tensor.tensorIndex], shape)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _set_size(tensor, shape):
    tensor.shape, tensor.shapeSignature = np.array(shape, "int32"), None

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
from pipelines.shared.export import conversion, tflite_files
from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import apart

TIMES = 16  # memory for working with a file, at most so many times its size


def fix_sizes(
    path: Path, target: Path, *, batch: int = 1, steps: int = 128,
    overwrite: bool = False,
) -> dict[str, dict[str, list[int]]]:  # fmt: skip
    """Writes a copy of a `.tflite` in which every open axis has a fixed size.

    Args:
        path: the file. target: the path of the copy, ending in `.tflite`.
        batch: the size of an input's first axis where it is open. steps: that of its other open axes.
        overwrite: replace an existing file.

    Returns:
        {signature: {input or output: shape}}. A signature is left out if the shape of its answers depends on the
        values of its inputs, as that of a translator's `generate` does.

    Raises:
        FileNotFoundError, FileExistsError, OSError: a path is wrong. ValueError: the file is no .tflite, a size is
        below one, or no signature has answers of a known shape.
    """
    path, target = pathlib.Path(path), pathlib.Path(target)
    for name, size in (("batch", batch), ("steps", steps)):
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name}: expected a whole number from 1 up, received {shown(size)}")
    tflite_files.check_new(target, overwrite)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    with tflite_files.aside(target) as partial:
        memory = apart.MEMORY + TIMES * path.stat().st_size
        try:
            return apart.run(
                "pipelines.shared.export.fixed_sizes:fixed", str(path), str(partial), batch, steps, memory=memory
            )
        except apart.Failed as error:
            known = error.kind == "ValueError" and not isinstance(error, apart.Died)
            raise ValueError(str(error) if known else f"{path} is damaged or too large: {brief(error, 200)}") from error


def fixed(path, target, batch, steps):
    """Writes the copy and returns the sizes; run in a child process, since the file may be anything."""
    path, target = pathlib.Path(path), pathlib.Path(target)
    interpreter = tflite_files.interpreter(path)
    if interpreter is None:
        raise ValueError(
            f"{path}: expected builtin operations, received {listed(conversion.foreign(path), write=brief)}"
        )
    sizes = {name: _shapes(interpreter.get_signature_runner(name), batch, steps)
             for name in interpreter.get_signature_list()}  # fmt: skip
    sizes = {name: shapes for name, shapes in sizes.items() if shapes}
    if not sizes:
        raise ValueError(
            f"{path}: expected a signature whose answers have a shape that depends only on its inputs' shapes"
        )
    target.write_bytes(_with_sizes(path.read_bytes(), sizes))
    Interpreter(str(target)).allocate_tensors()
    return sizes


def _shapes(run, batch, steps):
    """{input or output: shape}; empty if the shape of an output depends on the values of the inputs."""
    inputs = {name: _sized(detail["shape_signature"], batch, steps) for name, detail in run.get_input_details().items()}
    kinds = {name: detail["dtype"] for name, detail in run.get_input_details().items()}
    output_shapes = []
    for length in (1, steps):  # a vector of whole numbers may be lengths
        tensors = {
            name: np.full(shape, length if len(shape) == 1 and np.issubdtype(kinds[name], np.integer) else 0,
                          kinds[name])
            for name, shape in inputs.items()
        }  # fmt: skip
        output_shapes.append({name: list(output.shape) for name, output in run(**tensors).items()})
    return inputs | output_shapes[0] if output_shapes[0] == output_shapes[1] else {}


def _sized(shape, batch, steps):
    return [int(size) if size >= 0 else steps if axis else batch for axis, size in enumerate(shape)]


def _with_sizes(content, sizes):
    """The file's bytes with fixed sizes, and with only the signatures in `sizes`."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    model.signatureDefs = [signature for signature in model.signatureDefs if signature.signatureKey.decode() in sizes]
    for signature in model.signatureDefs:
        tensors, shapes = model.subgraphs[signature.subgraphIndex].tensors, sizes[signature.signatureKey.decode()]
        for tensor_map in (*signature.inputs, *signature.outputs):
            tensor = tensors[tensor_map.tensorIndex]
            tensor.shape, tensor.shapeSignature = np.array(shapes[tensor_map.name.decode()], "int32"), None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())

"""A copy of a `.tflite` in which every axis has its size, for runtimes that cannot choose one.

    pipelines.fix_sizes("saved_models/mine/mobile/model.tflite", "model-1x128.tflite", batch=1, steps=128)

LiteRT's `Interpreter` gives open axes the size of what comes in. Its `CompiledModel`, and LiteRT.js in a browser, do
not: they refuse open inputs, and write past the end of open outputs. An app then pads to `steps`; lengths tell what is
real. Weights and operations are the file's own.
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

TIMES = 16  # of a file's size that working with it may take


def fix_sizes(
    path: Path, target: Path, *, batch: int = 1, steps: int = 128,
    overwrite: bool = False,
) -> dict[str, dict[str, list[int]]]:  # fmt: skip
    """Writes a copy of a `.tflite` with sizes in the place of open axes.

    Args:
        path: the file. target: the copy, ending in `.tflite`.
        batch: the size of an input's first axis where it is open. steps: that of its other open axes.
        overwrite: replace a file that is there.

    Returns:
        {signature: {input or output: shape}}. A signature whose answers change their shape with what is in the inputs,
        such as a translator's `generate`, is left out.

    Raises:
        FileNotFoundError, FileExistsError, OSError: of the paths. ValueError: no .tflite, sizes below one, or no
        signature with answers of a known shape.
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
    """What a process apart does, since the file may be anything: writes the copy, returns the sizes."""
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
        raise ValueError(f"{path}: expected a signature whose answers have a shape that its inputs' shapes decide")
    target.write_bytes(_with_sizes(path.read_bytes(), sizes))
    Interpreter(str(target)).allocate_tensors()
    return sizes


def _shapes(run, batch, steps):
    """{input or output: shape}; empty where what is in the inputs decides on an output's."""
    inputs = {name: _sized(each["shape_signature"], batch, steps) for name, each in run.get_input_details().items()}
    kinds = {name: each["dtype"] for name, each in run.get_input_details().items()}
    found = []
    for length in (1, steps):  # a vector of whole numbers may be lengths
        given = {
            name: np.full(shape, length if len(shape) == 1 and np.issubdtype(kinds[name], np.integer) else 0,
                          kinds[name])
            for name, shape in inputs.items()
        }  # fmt: skip
        found.append({name: list(value.shape) for name, value in run(**given).items()})
    return inputs | found[0] if found[0] == found[1] else {}


def _sized(shape, batch, steps):
    return [int(size) if size >= 0 else steps if axis else batch for axis, size in enumerate(shape)]


def _with_sizes(content, sizes):
    """The file's bytes, with the signatures of `sizes` alone."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(content), 0))
    model.signatureDefs = [each for each in model.signatureDefs if each.signatureKey.decode() in sizes]
    for signature in model.signatureDefs:
        tensors, shapes = model.subgraphs[signature.subgraphIndex].tensors, sizes[signature.signatureKey.decode()]
        for each in (*signature.inputs, *signature.outputs):
            tensor = tensors[each.tensorIndex]
            tensor.shape, tensor.shapeSignature = np.array(shapes[each.name.decode()], "int32"), None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())

"""A copy of a `.tflite` in which every axis has its size, for runtimes that cannot choose one.

    pipelines.fix_sizes("saved_models/mine/mobile/model.tflite", "model-1x128.tflite", batch=1, steps=128)

LiteRT's `Interpreter` gives open axes the size of the input. Its `CompiledModel`, and LiteRT.js in a browser, do not:
they refuse open inputs, and write past the end of open outputs. An app then pads its input to `steps`; lengths tell
which steps are real. The copy has the weights and operations of the original.
"""

import pathlib
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.arguments import Path
from pipelines.shared.export import (
    called_sizes,
    conversion,
    example_inputs,
    flat_files,
    input_facts,
    tflite_files,
)  # fmt: skip
from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import apart

STEPS = called_sizes.STEPS
TIMES = 16  # memory for working with a file, at most so many times its size


def fix_sizes(
    path: Path, target: Path, *, batch: int = 1, steps: int | None = None,
    examples: Any = None, overwrite: bool = False,
) -> dict[str, dict[str, list[int]]]:  # fmt: skip
    """Writes a copy of a `.tflite` in which every open axis has a fixed size.

    Args:
        path: the file. target: the path of the copy, ending in `.tflite`.
        batch: the size of an input's first axis where it is open.
        steps: that of its other open axes; by default 128, or that of the examples.
        examples: inputs that the file takes, where it takes no others: a dictionary by the names of its inputs, a list,
            one array or the path of an `.npz`. What the file itself says of its inputs is known without them.
        overwrite: replace an existing file.

    Returns:
        {signature: {input or output: shape}}. A signature is left out if the shape of its answers depends on the
        values of its inputs, as that of a translator's `generate` does.

    Raises:
        FileNotFoundError, FileExistsError, OSError: a path is wrong. ValueError: the file is no .tflite, a size is
        below one, it cannot be called with these sizes, or no signature has answers of a known shape.
    """
    path, target = pathlib.Path(path), pathlib.Path(target)
    for name, size in (("batch", batch), ("steps", STEPS if steps is None else steps)):
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name}: expected a whole number from 1 up, received {shown(size)}")
    tflite_files.check_new(target, overwrite)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    examples = example_inputs.plain(examples)
    with tflite_files.aside(target) as partial:
        memory = apart.MEMORY + TIMES * path.stat().st_size
        try:
            return apart.run(
                "pipelines.shared.export.fixed_sizes:fixed",
                str(path),
                str(partial),
                batch,
                steps,
                examples,
                memory=memory,
            )
        except apart.Failed as error:
            known = error.kind == "ValueError" and not isinstance(error, apart.Died)
            raise ValueError(str(error) if known else f"{path} is damaged or too large: {brief(error, 200)}") from error


def fixed(path, target, batch, steps, examples=None):
    """Writes the copy and returns the sizes; run in a child process, since the file may be anything."""
    path, target = pathlib.Path(path), pathlib.Path(target)
    interpreter = tflite_files.interpreter(path)
    if interpreter is None:
        raise ValueError(
            f"{path}: expected builtin operations, received {listed(conversion.foreign(path), write=brief)}"
        )
    content = path.read_bytes()
    expected = {
        name: input_facts.of_details(interpreter.get_signature_runner(name).get_input_details())
        for name in interpreter.get_signature_list()
    }
    taken = _taken(expected, example_inputs.read(examples) if isinstance(examples, str) else examples)
    calls = called_sizes.Calls(path, batch, steps, input_facts.known(content))
    sizes = {name: calls.shapes(name, inputs, taken.get(name)) for name, inputs in expected.items()}
    sizes = {name: shapes for name, shapes in sizes.items() if shapes}
    if not sizes:
        raise ValueError(
            f"{path}: expected a signature whose answers have a shape that depends only on its inputs' shapes"
        )
    target.write_bytes(_with_sizes(content, sizes))
    Interpreter(str(target)).allocate_tensors()
    return sizes


def _taken(expected, examples):
    """{signature: {input: array}} of the signatures that take the examples.

    Raises:
        ValueError: none does.
    """
    taken, problems = {}, []
    for name, inputs in expected.items() if examples is not None else ():
        try:
            taken[name] = example_inputs.arrays(examples, inputs)
        except ValueError as error:
            problems.append(error)
    if problems and not taken:
        raise problems[0]
    return taken


def _with_sizes(content, sizes):
    """The file's bytes with fixed sizes, and with only the signatures in `sizes`."""
    model = flat_files.opened(content)
    model.signatureDefs = [signature for signature in model.signatureDefs if signature.signatureKey.decode() in sizes]
    for signature in model.signatureDefs:
        tensors, shapes = model.subgraphs[signature.subgraphIndex].tensors, sizes[signature.signatureKey.decode()]
        for tensor_map in (*signature.inputs, *signature.outputs):
            tensor = tensors[tensor_map.tensorIndex]
            tensor.shape, tensor.shapeSignature = np.array(shapes[tensor_map.name.decode()], "int32"), None
    return flat_files.packed(model)

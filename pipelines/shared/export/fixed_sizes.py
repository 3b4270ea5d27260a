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
from pipelines.shared.export import answer_sizes, conversion, flat_files, tflite_files
from pipelines.shared.export.inputs import called_sizes, example_inputs
from pipelines.shared.export.inputs import facts as input_facts
from pipelines.shared.messages import brief, listed, shown
from pipelines.shared.storage import apart

TIMES = 16  # memory for working with a file, at most so many times its size


def fix_sizes(
    path: Path, target: Path, *, batch: int = 1, steps: int | None = None, limit: int | None = None,
    examples: Any = None, overwrite: bool = False,
) -> dict[str, dict[str, list[int]]]:  # fmt: skip
    """Writes a copy of a `.tflite` in which every open axis has a fixed size.

    Args:
        path: the file. target: the path of the copy, ending in `.tflite`.
        batch: the size of an input's first axis where it is open.
        steps: that of its other open axes; by default 128, or that of the examples.
        limit: the size of an answer that depends on what the inputs hold, as that of a translator's `generate` does:
            a shorter one is filled up with zeros, a longer one is cut. By default what inputs of `steps` real steps
            lead to, so that nothing is cut.
        examples: inputs that the file takes, where it takes no others: a dictionary by the names of its inputs, a list,
            one array or the path of an `.npz`. What the file itself says of its inputs is known without them.
        overwrite: replace an existing file.

    Returns:
        {signature: {input or output: shape}}.

    Raises:
        FileNotFoundError, FileExistsError, OSError: a path is wrong. ValueError: the file is no .tflite, a size is
        below one, or it cannot be called with these sizes.
    """
    path, target = pathlib.Path(path), pathlib.Path(target)
    for name, size in (
        ("batch", batch),
        ("steps", called_sizes.STEPS if steps is None else steps),
        ("limit", 1 if limit is None else limit),
    ):
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
                "pipelines.shared.export.fixed_sizes:fixed", str(path), str(partial), batch, steps, limit, examples,
                memory=memory,
            )  # fmt: skip
        except apart.Failed as error:
            known = error.kind == "ValueError" and not isinstance(error, apart.Died)
            raise ValueError(str(error) if known else f"{path} is damaged or too large: {brief(error, 200)}") from error


def fixed(path, target, batch, steps, limit=None, examples=None):
    """Writes the copy and returns the sizes; run in a child process, since the file may be anything."""
    path, target = pathlib.Path(path), pathlib.Path(target)
    interpreter = tflite_files.interpreter(path)
    if interpreter is None:
        raise ValueError(
            f"{path}: expected builtin operations, received {listed(conversion.foreign(path), write=brief)}"
        )
    content, runs = path.read_bytes(), interpreter.get_signature_list()
    expected = {
        name: input_facts.of_details(interpreter.get_signature_runner(name).get_input_details()) for name in runs
    }
    taken = _taken(expected, example_inputs.read(examples) if isinstance(examples, str) else examples)
    calls = called_sizes.Calls(path, batch, steps, input_facts.known(content))
    inputs, outputs = {}, {}
    for name in runs:
        inputs[name], (least, greatest) = calls.shapes(name, expected[name], taken.get(name))
        outputs[name] = {key: _joined(shape, greatest[key], limit) for key, shape in least.items()}
    target.write_bytes(_with_sizes(content, inputs, outputs))
    Interpreter(str(target)).allocate_tensors()
    return {name: inputs[name] | {key: shape for key, (shape, _) in outputs[name].items()} for name in runs}


def called(path, target, shapes):
    """Writes a copy of a file of ours whose answers' sizes depend on those of the inputs alone.

    shapes: {signature: {input: shape}} for every signature of the file.
    """
    outputs = {}
    for name, sizes in shapes.items():
        run = Interpreter(str(path), num_threads=1).get_signature_runner(name)
        kinds = {key: detail["dtype"] for key, detail in run.get_input_details().items()}
        answers = run(**{key: np.zeros(sizes[key], kind) for key, kind in kinds.items()})
        outputs[name] = {key: (answer.shape, False) for key, answer in answers.items()}
    target.write_bytes(_with_sizes(path.read_bytes(), shapes, outputs))


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


def _joined(least, greatest, limit):
    """(shape, whether it depends on what the inputs hold); such an axis has `limit` if that is not None."""
    pairs = list(zip(least, greatest, strict=True))
    sizes = [int(one if one == other else limit or max(one, other)) for one, other in pairs]
    return sizes, any(one != other for one, other in pairs)


def _with_sizes(content, inputs, outputs):
    """The file's bytes with fixed sizes."""
    model = flat_files.opened(content)
    for signature in model.signatureDefs:
        name, graph = signature.signatureKey.decode(), model.subgraphs[signature.subgraphIndex]
        for tensor in signature.inputs:
            _set_size(graph.tensors[tensor.tensorIndex], inputs[name][tensor.name.decode()])
        for tensor in signature.outputs:
            shape, depends = outputs[name][tensor.name.decode()]
            if depends:
                before = tensor.tensorIndex
                tensor.tensorIndex = answer_sizes.filled(model, graph, before, shape)
                graph.outputs = np.where(graph.outputs == before, tensor.tensorIndex, graph.outputs)
            else:
                _set_size(graph.tensors[tensor.tensorIndex], shape)
    return flat_files.packed(model)


def _set_size(tensor, shape):
    tensor.shape, tensor.shapeSignature = np.array(shape, "int32"), None

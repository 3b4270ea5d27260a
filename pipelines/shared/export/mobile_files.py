"""The files beside a `.tflite` for whoever writes the app: signature.json and README.md.

signature.json   signatures with the names, types, shapes and meaning of their inputs and outputs; how raw input becomes
                 tensors, step by step; the quantization and what it cost
README.md        the same for people to read, with calls in Kotlin and Swift
"""

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.artifacts import layout

MEANINGS = {  # of tensors that occur in several tasks; a task adds its own
    "ids": "numbers of tokens, lines of vocabulary.txt counted from 0; behind a row's length anything, say 0",
    "lengths": "how many numbers of each row count",
    "token": "the token before, a row",
    "tokens": "numbers of tokens",
    "logits": "what softmax makes probabilities of the next token of",
    "temperature": "what the logits are divided by: below 1 the likely is likelier",
    "noise": "Gumbel noise, -log(-log(u)) of u drawn between 0 and 1; zeros draw the likeliest",
    "top_k": "draws from so many likeliest tokens alone",
    "top_p": "draws from the likeliest tokens of this probability together",
    "step.ids": "the number of each row's next token, a line of vocabulary.txt counted from 0",
}
STATE = "a state: what a call gives goes into the next"


def write(folder, preparation, quantization=None, meanings=MEANINGS):
    """Writes signature.json and README.md for the model.tflite in `folder`.

    Args:
        preparation: a list of sentences that say how an app turns raw input into tensors, and tensors into answers.
        quantization: {"quantize", "metrics"} of a file whose weights were rounded; see `quantized_scores.measured`.
        meanings: {tensor, or "signature.tensor": what it holds}.
    """
    signatures = described(folder / "model.tflite", meanings)
    facts = {"file": "model.tflite", "signatures": signatures, "preparation": list(preparation), **(quantization or {})}
    layout.write_json(folder / "signature.json", facts)
    (folder / "README.md").write_text(_page(folder, signatures, preparation, quantization), "utf-8")


def described(path, meanings=MEANINGS):
    """{signature: {"inputs": {name: {"type", "shape", "meaning"}}, "outputs": ...}}; -1 is an open axis."""
    interpreter = Interpreter(str(path), num_threads=1)
    signatures = {}
    for name in interpreter.get_signature_list():
        run = interpreter.get_signature_runner(name)
        sides = {"inputs": run.get_input_details(), "outputs": run.get_output_details()}
        signatures[name] = {
            side: {key: _tensor(meanings, name, key, detail) for key, detail in sorted(details.items())}
            for side, details in sides.items()
        }
    return signatures


def _tensor(meanings, signature, name, detail):
    known = {"type": np.dtype(detail["dtype"]).name, "shape": [int(size) for size in detail["shape_signature"]]}
    meaning = meanings.get(f"{signature}.{name}", meanings.get(name))
    meaning = STATE if name.startswith("state_") else meaning
    return known | ({"meaning": meaning} if meaning else {})


def _page(folder, signatures, preparation, quantization):
    main = next(iter(signatures))
    parts = [
        "# A LiteRT model",
        "`model.tflite` needs the plain LiteRT runtime: builtin operations alone, no Flex, nothing kept between calls. "
        "An axis of -1 takes any size: resize the input before the call.",
        "\n".join(_table(name, sides) for name, sides in signatures.items()),
        "## From raw input to an answer\n\n" + "\n".join(f"{n}. {line}" for n, line in enumerate(preparation, 1)),
        "`golden.json` holds raw inputs, their tensors and the answers; `given` in it those tensors that bear "
        "the name of an answer. Test the app with it. `sha256.json` holds checksums of the files here.",
        "## Kotlin\n\n" + _kotlin(main, signatures[main]),
        "## Swift\n\n" + _swift(signatures[main]),
        "Other files here: " + ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix != ".tflite")),
    ]
    if quantization:
        rows = [f"| {name} | {before:.4f} | {after:.4f} |" for name, (before, after) in quantization["metrics"].items()]
        parts.insert(2, "\n".join([f"Quantized: {quantization['quantize']}. On the validation split:", "",
                                   "| metric | before | after |", "|---|---|---|", *rows]))  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _table(name, sides):
    rows = [
        f"| {side[:-1]} | `{key}` | {tensor['type']} {tuple(tensor['shape'])} | {tensor.get('meaning', '')} |"
        for side, tensors in sides.items()
        for key, tensor in tensors.items()
    ]
    return "\n".join([f"Signature `{name}`", "", "| | name | type, shape | meaning |", "|---|---|---|---|", *rows, ""])


def _kotlin(name, sides):
    resize = [
        f'    interpreter.resizeInput(interpreter.getInputIndex("{key}"), intArrayOf({_sizes(tensor)}))'
        for key, tensor in sides["inputs"].items()
        if -1 in tensor["shape"]
    ]
    inputs = ", ".join(f'"{key}" to {key}' for key in sides["inputs"])
    outputs = ", ".join(f'"{key}" to {key}' for key in sides["outputs"])
    return "\n".join([
        "```kotlin", "val interpreter = Interpreter(file)  // com.google.ai.edge.litert or org.tensorflow.lite",
        f"// sizes of the open axes, as `{name}` names its inputs", *[line.strip() for line in resize],
        f"val inputs = mapOf<String, Any>({inputs})  // arrays or direct buffers of the types above",
        f"val outputs = mutableMapOf<String, Any>({outputs})",
        f'interpreter.runSignature(inputs, outputs, "{name}")', "```",
    ])  # fmt: skip


def _swift(sides):
    lines = ["```swift", 'let interpreter = try Interpreter(modelPath: path)  // pod "TensorFlowLiteSwift"']
    for index, (key, tensor) in enumerate(sides["inputs"].items()):
        if -1 in tensor["shape"]:
            lines.append(f"try interpreter.resizeInput(at: {index}, to: [{_sizes(tensor)}])  // {key}")
    lines.append("try interpreter.allocateTensors()  // look up the places by name: interpreter.input(at:).name")
    lines += [f"try interpreter.copy({key}, toInputAt: {index})" for index, key in enumerate(sides["inputs"])]
    lines += ["try interpreter.invoke()"]
    lines += [f"let {key} = try interpreter.output(at: {index}).data" for index, key in enumerate(sides["outputs"])]
    return "\n".join([*lines, "```"])


def _sizes(tensor):
    words = iter(["batch", "time", "size"])
    return ", ".join(next(words, "size") if size < 0 else str(size) for size in tensor["shape"])

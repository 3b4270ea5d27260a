"""A SavedModel to LiteRT, and what is in a .tflite; run as a process of its own, since the converter can crash.

python -m pipelines.convert <saved model> <file.tflite>
"""

import collections
import os
import pathlib
import subprocess
import sys

TIME_LIMIT = 900  # seconds
# State inside the model survives from call to call, which no signature of ours asks for.
STATEFUL = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")


def convert(saved_model, path):
    """Converts in a child process.

    Raises:
        RuntimeError: the converter failed, crashed or took too long, with its most telling line.
    """
    root = str(pathlib.Path(__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "pipelines.convert", str(saved_model), str(path)]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"export: the LiteRT converter did not end within {TIME_LIMIT} s") from error
    if done.returncode or not pathlib.Path(path).exists():
        raise RuntimeError(
            f"export: the LiteRT converter stopped with code {done.returncode}: {_telling(done.stderr)}; "
            "what was there is untouched"
        )


def _telling(text):
    """The line of a traceback that says most."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no message"]
    return next((line[line.index("error:") :] for line in lines if "error:" in line), lines[-1])[:500]


def operations(path):
    """Counter of the operations of a .tflite; custom ones are named CUSTOM:<name>."""
    from ai_edge_litert import schema_py_generated as schema

    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(pathlib.Path(path).read_bytes()), 0))
    counts = collections.Counter()
    for graph in model.subgraphs:
        for operator in graph.operators or []:
            code = model.operatorCodes[operator.opcodeIndex]
            name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            counts[f"CUSTOM:{code.customCode.decode()}" if name == "CUSTOM" else name] += 1
    return counts


def foreign(path):
    """The operations of a .tflite that are not builtin, or that keep state between calls."""
    return sorted(name for name in operations(path) if name.startswith("CUSTOM") or name in STATEFUL)


def main(saved_model, path):
    """The child process: builtin operations only, every signature kept."""
    import tensorflow as tf

    loaded = tf.saved_model.load(saved_model)
    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model, signature_keys=list(loaded.signatures))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.experimental_enable_resource_variables = False
    pathlib.Path(path).write_bytes(converter.convert())


if __name__ == "__main__":
    main(*sys.argv[1:])

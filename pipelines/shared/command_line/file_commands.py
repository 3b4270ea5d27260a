"""Commands on the files of any task: unroll compare, unroll verify, unroll convert, unroll fix."""

import dataclasses

import pipelines
from pipelines.shared.command_line import flags


def compare(values):
    """Compares artifacts."""
    data = values.pop("data")
    source = data[0] if data and len(data) == 1 else data
    comparison = pipelines.compare(*values.pop("artifacts"), data=source, page_file=values.pop("page"), **values)
    return {**dataclasses.asdict(comparison), "said": comparison.said}, str(comparison), 0


def serve(values):
    """Serves artifacts until the process is told to end."""
    pipelines.serve(*values.pop("artifacts"), allow_hosts=values.pop("allow_host") or (), **values)
    return {}, "", 0


def verify(values, task=None):
    """Checks a path; returns (what --json prints, the text, the exit code), as all commands here do."""
    verification = pipelines.verify(values["path"], task=task, examples=values.get("examples"))
    checks = [vars(check) for check in verification.checks]
    result = {"path": verification.path, "passed": verification.passed, "checks": checks}
    return result, str(verification), 0 if verification.passed else 1


def convert(values):
    """Converts a saved Keras model to a .tflite."""
    from pipelines.shared.foreign import keras_files  # loads Keras

    path, own, trust = (values.pop(name) for name in ("model", "import", "trust"))
    model = keras_files.load_keras(path, own, trust)
    written = pipelines.export_keras(model, values.pop("file"), **values)
    return {**vars(written), "path": str(written.path)}, str(written), 0


def fix(values):
    """Copies a .tflite, with sizes in place of open axes."""
    path, target = values.pop("file"), values.pop("target")
    sizes = pipelines.fix_sizes(path, target, **values)
    lines = [
        f"{signature}: {name} {tuple(shape)}" for signature, shapes in sizes.items() for name, shape in shapes.items()
    ]
    return {"path": target, "sizes": sizes}, "\n".join([target, *lines]), 0


# name: (help, arguments, the function that runs it)
COMMANDS = {
    "compare": (
        "artifacts of a task on the same rows, with a test of whether the best is more than chance",
        [
            ("artifacts", {"nargs": "+", "metavar": "ARTIFACT", "help": "names, or names with a version: mine@2"}),
            flags.DIRECTORY,
            flags.data("--data", "what to compare them on (default: the test that all of them had)"),
            flags.DOWNLOAD,
            ("--page", {"metavar": "FILE.html", "help": "the page to write (default: one in the directory)"}),
        ],
        compare,
    ),
    "serve": (
        "artifacts over HTTP: pages to look at, and the interface of TF Serving",
        [
            ("artifacts", {"nargs": "*", "metavar": "NAME", "help": "loaded at the start (default: all, when asked)"}),
            flags.DIRECTORY,
            (
                "--host",
                {"default": "127.0.0.1", "help": "address to listen at (default: 127.0.0.1, this machine alone)"},
            ),
            ("--port", {"type": int, "default": 8501, "help": "0 for any that is free (default: 8501)"}),
            ("--token", {"help": "who asks has to know it (default: UNROLL_TOKEN; with another host, a new one)"}),
            ("--allow-host", {"nargs": "+", "metavar": "NAME", "help": "names under which it is asked, as by a proxy"}),
            ("--memory", {"type": float, "metavar": "GIB", "help": "of artifacts (default: half of the machine's)"}),
            ("--batch", {"type": int, "default": 64, "help": "rows answered together, at most (default: 64)"}),
            ("--wait", {"type": float, "default": 2.0, "help": "milliseconds to join requests in (default: 2)"}),
            ("--waiting", {"type": int, "default": 256, "help": "requests that may wait for one (default: 256)"}),
            ("--seconds", {"type": float, "default": 60.0, "help": "that an answer may take (default: 60)"}),
        ],
        serve,
    ),
    "verify": (
        "check an artifact, an export or any .tflite; exit code 1 if a check fails",
        [
            ("path", {"metavar": "PATH", "help": "an artifact's folder, a folder of an export, or a .tflite"}),
            (
                "--examples",
                {"metavar": "NPZ", "help": "inputs to call a .tflite with, arrays by name (default: drawn)"},
            ),
        ],
        verify,
    ),
    "convert": (
        "any Keras model to a .tflite of builtin operations, or to a SavedModel",
        [
            ("model", {"metavar": "MODEL", "help": "a .keras file, or a .h5 of Keras 3 or 2"}),
            ("file", {"metavar": "FILE", "help": "the .tflite to write, or the folder with --format saved_model"}),
            ("--format", {"default": "tflite", "help": "tflite, or saved_model for TF Serving (default: tflite)"}),
            ("--quantize", {"help": "dynamic, float16, int8 or int4 (default: none of them)"}),
            ("--streaming", {"action": "store_true", "help": "add the signature step: one frame and the states in"}),
            ("--fused", {"action": "store_true", "help": "LiteRT's own LSTM operation in the place of loops; batch 1"}),
            ("--examples", {"metavar": "NPZ", "help": "inputs to compare it on, arrays by name (default: drawn)"}),
            ("--keep-examples", {"action": "store_true", "help": "put them into the file, for verify"}),
            (
                "--import",
                {"metavar": "MODULE", "help": "a module or a Python file with layers of your own that it has"},
            ),
            (
                "--trust",
                {"action": "store_true", "help": "run code in it (Lambda layers); only for a file of your own"},
            ),
            ("--overwrite", {"action": "store_true", "help": "replace a file that is there"}),
        ],
        convert,
    ),
    "fix": (
        "a copy of a .tflite with sizes in the place of open axes, as a browser needs it",
        [
            ("file", {"metavar": "FILE", "help": "a .tflite"}),
            ("target", {"metavar": "TARGET", "help": "the .tflite to write"}),
            ("--batch", {"type": int, "default": 1, "help": "rows a call (default: 1)"}),
            ("--steps", {"type": int, "help": "steps of a row (default: 128, or those of the examples)"}),
            ("--examples", {"metavar": "NPZ", "help": "inputs that it takes, arrays by name (default: drawn)"}),
            ("--limit", {"type": int, "help": "steps of an answer that the input decides (default: the most it can)"}),
            ("--overwrite", {"action": "store_true", "help": "replace a file that is there"}),
        ],
        fix,
    ),
}

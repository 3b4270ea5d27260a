"""Task pipelines for sequence data: raw data in; a trained, evaluated, exported model out.

    import pipelines
    artifact = pipelines.sentiment.train()            # the built-in sample
    artifact.predict(["not bad at all"])

Importing this package is free: each module is loaded, and TensorFlow with it, at its first use.
"""

import importlib
import pathlib

TASKS = ("sentiment", "translation", "music")
_MODULES = {path.stem: f"pipelines.{path.stem}" for path in pathlib.Path(__file__).parent.glob("[!_]*.py")}
_MODULES |= {
    path.stem: f"pipelines.shared.{path.parent.name}.{path.stem}"
    for path in pathlib.Path(__file__).parent.glob("shared/*/[!_]*.py")
}
_MODULES |= {
    "artifacts": "pipelines.shared.artifacts.layout",
    "text": "pipelines.shared.text.tokenization",
    "batching": "pipelines.shared.batches.bucketing",
    "paired_batches": "pipelines.shared.batches.pairing",
    "export": "pipelines.shared.export.formats",
    "keras_export": "pipelines.shared.export.keras_models",
    "convert": "pipelines.shared.export.conversion",
    "report": "pipelines.shared.report.pages",
    "command_line": "pipelines.shared.command_line.program",
}
_FUNCTIONS = {"export_keras": "keras_export", "fix_sizes": "fixed_sizes", "verify": "verification"}  # name: its module

__all__ = ["TASKS", *_FUNCTIONS, *_MODULES]


def __getattr__(name):
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(_MODULES[_FUNCTIONS[name]]), name)
    if name not in _MODULES:
        raise AttributeError(f"module 'pipelines' has no attribute {name!r}; the tasks are: {', '.join(TASKS)}")
    return importlib.import_module(_MODULES[name])


def __dir__():
    return __all__

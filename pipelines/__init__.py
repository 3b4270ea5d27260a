"""Task pipelines for sequence data: raw data in; a trained, evaluated, exported model out.

    import pipelines
    artifact = pipelines.sentiment.train()            # the built-in sample
    artifact.predict(["not bad at all"])

    sentiment/ translation/ music/ video/ tagging/ ...    the tasks: the same rooms in each, see `rooms`
    task, settings                                        what a task is made of
    shared/                                               what the tasks share, in a folder for each subject

Importing this package is quick: each task is loaded when it is first used, and TensorFlow by the first verb.
"""

import importlib

from pipelines.shared import silence

TASKS = ("sentiment", "classification", "translation", "music", "forecasting", "trajectory", "video", "tagging")
_PUBLIC = {
    **{task: (f"pipelines.{task}", None) for task in TASKS},
    "settings": ("pipelines.settings", None),
    "Task": ("pipelines.task", "Task"),
    "export_keras": ("pipelines.shared.export.keras_models", "export_keras"),
    "compare": ("pipelines.shared.comparing.comparison", "compare"),
    "load_keras": ("pipelines.shared.foreign.keras_files", "load_keras"),
    "fix_sizes": ("pipelines.shared.export.fixed_sizes", "fix_sizes"),
    "serve": ("pipelines.shared.serving.server", "serve"),
    "verify": ("pipelines.shared.checks.verification", "verify"),
}  # name: (module, attribute of the module, or None for the module itself)

__all__ = ["TASKS", *_PUBLIC]

silence.prepare()


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pipelines' has no attribute {name!r}; it has {', '.join(__all__)}")
    module, function = _PUBLIC[name]
    loaded = importlib.import_module(module)
    return getattr(loaded, function) if function else loaded


def __dir__():
    return __all__

"""A pretrained artifact as a training reads it that starts from it: the rooms of a task, as far as that needs them."""

import types

from pipelines.shared.pretraining import network as words
from pipelines.shared.text import tokenization

name, package, modules = "pretraining", __package__, ()
network = types.SimpleNamespace(build=words.build, axis_names=words.axis_names)


def _restore(state):
    return types.SimpleNamespace(text=tokenization.TextPreprocessor(**state["text"]))


preprocessor = types.SimpleNamespace(restore=_restore)

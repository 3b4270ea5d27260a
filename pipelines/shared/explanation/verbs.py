"""The verbs `gates` and `nearest` of the tasks that read texts; light, as their packages are."""

from typing import Any

from pipelines.shared.arguments import Path


def gates(
    task: Any, text: str, *, name: str | None = None, version: int | None = None, directory: Path = "saved_models",
    **how: Any,
) -> Any:  # fmt: skip
    """What the gates of the artifact `name` do at each word of a text, with a picture; see `word_gates.WordGates`."""
    return task.load(name, version=version, directory=directory).gates(text, **how)


def nearest(
    task: Any, word: str, *, name: str | None = None, version: int | None = None, directory: Path = "saved_models",
    **how: Any,
) -> Any:  # fmt: skip
    """The words whose trained vectors are nearest to that of a word, for the artifact `name`."""
    return task.load(name, version=version, directory=directory).nearest(word, **how)

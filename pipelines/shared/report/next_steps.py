"""What to type next: evaluate, ask and export an artifact, on the command line and in Python, with its real name.

    commands(artifact)      ["unroll sentiment evaluate --name mine", ...], to be pasted where the training was begun
    calls(artifact)         ['artifact = pipelines.sentiment.load("mine")', "artifact.evaluate()", ...]
    training(artifact)      the command that trains the same artifact again

With `anywhere` no absolute path is in them: for a page, which may be handed on.
"""

import pathlib
import shlex

import pipelines
from pipelines import own_tasks, settings
from pipelines.shared.artifacts import layout
from pipelines.shared.data import provenance

DIRECTORY = "saved_models"  # where artifacts are kept by default
LONGEST = 60  # letters of an example in a command
INPUT, FILE = "a text of yours", "new.csv"  # where no example is at hand


def commands(artifact, anywhere: bool = False) -> list[str]:
    """Three lines for the shell."""
    begin, which = _command(artifact.task.name, anywhere), _flags(artifact, anywhere)
    words = [_filled(word, artifact, anywhere) for word in artifact.task.command.EXAMPLE["words"]]
    lines = [["evaluate"], words, ["export"]]
    return [f"{begin} {shlex.join([*line[:1], *which, *line[1:]])}" for line in lines]


def calls(artifact, anywhere: bool = False) -> list[str]:
    """Lines of Python, of which the first loads the artifact."""
    name, directory, version = _location(artifact, anywhere)
    options = [repr(name)] if name != artifact.task.name or directory or version else []
    options += [f"version={version}"] * bool(version) + [f"directory={directory!r}"] * bool(directory)
    module = f"pipelines.{artifact.task.name}" if artifact.task.name in pipelines.TASKS else "task"
    call = artifact.task.command.EXAMPLE["call"]
    for key in ("input", "file"):
        call = call.replace(f"{{{key}}}", repr(_filled(f"{{{key}}}", artifact, anywhere)))
    asked = [f"artifact.{line}" for line in ("evaluate()", call, "export()")]
    return [f"artifact = {module}.load({', '.join(options)})", *asked]


def training(artifact, anywhere: bool = False) -> str:
    """The command that trains it again: its data, and all settings that are not the defaults.

    Of data in memory it is a call in Python.
    """
    source, config = artifact.facts["source"], artifact.config
    changed = settings.changed(config) | {"seed": config.seed}
    changed = {name: portable(value) if anywhere else value for name, value in changed.items()}
    if any(map(provenance.in_memory, source.values())):
        module = f"pipelines.{artifact.task.name}" if artifact.task.name in pipelines.TASKS else "task"
        given = [name if name == "data" else f"{name}={name}" for name, one in source.items() if one is not None]
        return f"{module}.train({', '.join([*given, *(f'{name}={value!r}' for name, value in changed.items())])})"
    words = ["train"]
    for role, one in source.items():
        parts = one if isinstance(one, list) else [one]
        words += [f"--{role}", *(_path(part, anywhere) for part in parts)] if one is not None else []
    words += [word for name, value in changed.items() for word in _flag(name, value)]
    return f"{_command(artifact.task.name, anywhere)} {shlex.join([*words, *_flags(artifact, anywhere, False)])}"


def shown_source(source) -> str:
    """What a page calls the data: no path outside the working folder.

    >>> shown_source(None), shown_source("/home/me/a.csv"), shown_source(["/x/a.csv", "/x/b.csv"])
    ('the built-in sample', 'a.csv', 'a.csv, b.csv')
    """
    if source is None:
        return "the built-in sample"
    parts = source if isinstance(source, list) else [source]
    named = ", ".join(_path(part, True) for part in parts[:3])
    return named if len(parts) <= 3 else f"{named} and {len(parts) - 3:,} more"


def portable(value):
    """The value of a setting as a page shows it: of a path outside the working folder, such as that of vectors or of
    what a training started from, the name alone.

    >>> portable("/home/me/vectors.txt"), portable("/"), portable(0.5)
    ('vectors.txt', '/', 0.5)
    """
    path = pathlib.PurePath(value) if isinstance(value, str) else pathlib.PurePath()
    return _path(value, True) if path.is_absolute() and path.name else value


def _command(task_name, anywhere):
    begin = own_tasks.command(task_name)
    path, colon, name = begin.removeprefix("unroll --task ").rpartition(":")
    if anywhere and colon and pathlib.PurePath(path).is_absolute():
        return f"unroll --task {shlex.quote(f'{pathlib.PurePath(path).name}:{name}')}"
    return begin


def _flags(artifact, anywhere, version=True):
    name, directory, number = _location(artifact, anywhere)
    numbered = ["--version", str(number)] if version and number else []
    return ["--name", name, *numbered, *(["--directory", directory] if directory else [])]


def _location(artifact, anywhere):
    """(name, directory or "" for the default, version or None for the one in use)"""
    kept = layout.is_kept(artifact.path)
    directory = artifact.path.parent.parent if kept else artifact.path.parent
    shown = "." if anywhere and _outside(directory) else _relative(directory)
    return artifact.name, "" if shown == DIRECTORY else shown, int(artifact.path.name) if kept else None


def _outside(path):
    return not pathlib.Path(path).resolve().is_relative_to(pathlib.Path.cwd())


def _relative(path):
    path = pathlib.Path(path)
    inside = path.resolve()
    return str(path) if _outside(path) else str(inside.relative_to(pathlib.Path.cwd()))


def _path(source, anywhere):
    if source.startswith("tfds:") or provenance.in_memory(source):
        return source
    return pathlib.PurePath(source).name if anywhere and _outside(source) else _relative(source)


def _filled(word, artifact, anywhere):
    """A word of an example, with what it stands for."""
    source = artifact.facts["source"]["data"]
    source = source[0] if isinstance(source, list) else source
    a_file = isinstance(source, str) and not source.startswith("tfds:") and not provenance.in_memory(source)
    word = word.replace("{file}", _path(source, anywhere) if a_file else FILE)
    return word.replace("{input}", artifact.facts.get("example") or INPUT)


def example_of(examples) -> str | None:
    """A short text of the first column, if it holds texts or lists of words; None if there is none."""
    column = next(iter(examples.values()))
    for row in range(min(len(column), 200)):
        value = column[row]
        if isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value):
            value = " ".join(value)
        if not isinstance(value, str):
            return None
        if 2 < len(value) <= LONGEST and value.isprintable() and not value.startswith("-") and value.strip() == value:
            return value
    return None


def _flag(name, value):
    """The words that set a setting on the command line."""
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    if isinstance(value, str) and value.startswith("-"):
        return [f"{flag}={value}"]
    return [flag, "none" if value is None else str(value)]

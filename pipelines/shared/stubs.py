"""The `.pyi` files of the package and of its tasks, for editors and type checkers.

    python -m pipelines.shared.stubs            writes them; run it when settings or verbs have changed
    python -m pipelines.shared.stubs --check    lists those that are out of date; exit code 1 if there are any

At run time a verb's signature is made from the task's settings (`keywords`), and the package loads a task when it is
first used; an editor does neither. The stubs list explicit keywords, not `Unpack` of a TypedDict: so every editor shows
the default and the help of each setting, and a type checker finds a misspelled one. A derived task has the stub of its
parent, or that of `Task` if it has its own settings; a task with the rooms of another one has the types of that one.
"""

import inspect
import pathlib
import subprocess
import sys
import textwrap
import types
import typing

import pipelines
from pipelines import rooms
from pipelines import task as tasks

ROOT = pathlib.Path(pipelines.__file__).parent
COMMAND = "python -m pipelines.shared.stubs"
HEAD = f"# Written by `{COMMAND}`; change what it is made of, not this.\n\n"
VERBS = ("train", "evaluate", "predict", "tune", "export", "load", "list", "restore", "remove")
# Verbs whose types depend on the task's settings, answers or artifacts.
OF_TASK, OF_ARTIFACT = ("train", "predict", "tune", "load", "restore"), ("train", "predict", "tune")


IMPORTS = """\
from typing import Any, Literal, overload

from pipelines import settings
from pipelines.artifact import Artifact
from pipelines.task import Task
from {config} import Config as Config
from {config} import Config as _Config
"""


def _derive(result, config, names):
    """An overload of `Task.derive` that takes rooms of these names."""
    own = ", ".join(f"{name}: Any = None" for name in names)
    return f"    @overload\n    def derive(self, name: str, *, Config: {config} = None, {own}) -> {result}: ..."


# A derived task with its own settings or answers has verbs with other arguments than its parent's.
DERIVE = "\n".join(
    [
        _derive("_Task", "None", [name for name in rooms.ROOMS if name != "answers"]),
        _derive("Task", "type[settings.Settings] | None", rooms.ROOMS),
    ]
)


def texts() -> dict[pathlib.Path, str]:
    """{path of a stub: its text}."""
    stubs = {ROOT / "__init__.pyi": _package()}
    for name in pipelines.TASKS:
        stubs[ROOT / name / "__init__.pyi"] = _Stub(getattr(pipelines, name)).text()
    return {path: _formatted(HEAD + text) for path, text in stubs.items()}


def outdated() -> dict[pathlib.Path, str]:
    """The stubs that are missing or hold another text, {path: its new text}."""
    return {path: text for path, text in texts().items() if not path.exists() or path.read_text("utf-8") != text}


def _package():
    """The stub of the package: imports each public name from where it is defined."""
    lines = ["from typing import Final", ""]
    for name, (module, attribute) in sorted(pipelines._PUBLIC.items(), key=lambda entry: entry[1][0]):
        origin = module if attribute else module.rpartition(".")[0]
        lines.append(f"from {origin} import {name} as {name}")
    return "\n".join([*lines, "", f"TASKS: Final = {pipelines.TASKS!r}", f"__all__ = {pipelines.__all__!r}"])


def _formatted(text):
    for arguments in (["check", "--quiet", "--select", "I,F401,RUF022", "--fix"], ["format", "--quiet"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(ROOT / "stub.pyi"), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT.parent).stdout
    return text


class _Stub:
    """The stub of a task's package; `imports` collects the modules that its types come from."""

    def __init__(self, module):
        self.module, self.task, self.imports = module, module.task, set()
        self.own = [name for name in self.task.answers.VERBS if hasattr(module, name)]

    def text(self):
        if self.task.package != self.module.__name__:  # the rooms of another task, and so its types
            names = ("Config", "task", *VERBS, *self.own)
            return "\n".join(f"from {self.task.package} import {name} as {name}" for name in names)
        parts = [self._artifact(), self._task(), "task: _Task\n", *map(self._verb, [*VERBS, *self.own])]
        imports = "\n".join(f"import {name}" for name in sorted(self.imports))
        names = IMPORTS.format(config=self.task.Config.__module__)
        return "\n\n".join([f"{imports}\n{names}", *parts])

    def _artifact(self):
        artifact = tasks.Artifact(self.task, None, self.task.Config(), *[None] * 5)
        names = (*OF_ARTIFACT, *self.task.answers.VERBS)
        methods = [self._method(name, getattr(artifact, name), vars(artifact.config)) for name in names]
        return "\n".join(["class _Artifact(Artifact):", "    config: Config", *methods])

    def _task(self):
        methods = [self._method(name, getattr(self.task, name)) for name in OF_TASK]
        return "\n".join(["class _Task(Task):", "    Config: type[_Config]", *methods, DERIVE])

    def _method(self, name, method, varied=()):
        """One method of a class; varied: arguments whose defaults differ from artifact to artifact."""
        signature = inspect.signature(method, eval_str=True)
        parameters = [
            parameter.replace(default=...) if parameter.name in varied else parameter
            for parameter in signature.parameters.values()
        ]
        return f"    def {name}{self._signature(signature.replace(parameters=parameters), 'self')}: ..."

    def _verb(self, name):
        verb = getattr(self.module, name)
        doc = textwrap.indent(f'"""{inspect.getdoc(verb)}"""', "    ", lambda line: bool(line.strip()))
        return f"def {name}{self._signature(inspect.signature(verb, eval_str=True))}:\n{doc}"

    def _signature(self, signature, *first):
        parts, starred = [*first], False
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY and not starred:
                parts, starred = [*parts, "*"], True
            parts.append(self._parameter(parameter))
        return f"({', '.join(parts)}) -> {self._type(signature.return_annotation)}"

    def _parameter(self, parameter):
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        value = "..." if parameter.default is ... else repr(parameter.default)
        default = "" if parameter.default is parameter.empty else f" = {value}"
        return f"{stars}{parameter.name}: {self._type(parameter.annotation)}{default}"

    def _type(self, annotation):
        """A type, as the stub writes it."""
        arguments = typing.get_args(annotation)
        if annotation in (None, type(None)):
            return "None"
        if annotation is tasks.Artifact:
            return "_Artifact"
        if annotation in (typing.Any, inspect.Parameter.empty):
            return "Any"
        if typing.get_origin(annotation) is typing.Literal:
            return f"Literal[{', '.join(map(repr, arguments))}]"
        if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
            return " | ".join(map(self._type, arguments))
        if arguments:
            return f"{self._type(typing.get_origin(annotation))}[{', '.join(map(self._type, arguments))}]"
        if annotation.__module__ == "builtins" and annotation.__name__ not in VERBS:
            return annotation.__name__
        self.imports.add(annotation.__module__)
        return f"{annotation.__module__}.{annotation.__qualname__}"


def main() -> int:
    """Writes the stubs that are out of date, or with --check lists them; returns the exit code."""
    check, stubs = "--check" in sys.argv, outdated()
    for path, text in stubs.items():
        if check:
            print(f"{path} is out of date; run: {COMMAND}")
        else:
            path.write_text(text, "utf-8")
            print(path)
    return int(check and bool(stubs))


if __name__ == "__main__":
    sys.exit(main())

"""Whether an artifact, an export or any `.tflite` is whole, runs where it has to, and gives the right answers.

    unroll verify saved_models/mine              an artifact: its files, every export
    unroll verify saved_models/mine/mobile       a folder with a model.tflite and golden.json
    unroll verify saved_models/mine/serving/1    a SavedModel
    unroll verify model.tflite --examples inputs.npz

What is checked may come from anyone. Nothing of a SavedModel is loaded before all its operations are known to do
nothing but compute (`saved_model_graphs`). Files are read, and models run, in processes of their own with limits of
memory and time (`tflite_checks`, `loaded_checks`). Whatever is wrong becomes a row of the table.
"""

import dataclasses
import functools
import itertools
import os
import pathlib
import sys
from typing import Any

from pipelines import own_tasks
from pipelines.shared.arguments import Path
from pipelines.shared.artifacts import versions
from pipelines.shared.checks.rows import FAILED, SKIPPED, Check, row, shown
from pipelines.shared.export import checksums
from pipelines.shared.export.inputs import example_inputs
from pipelines.shared.foreign import saved_model_files
from pipelines.shared.storage import apart

MEMORY = 2**30  # bytes for small files; large files get more
SECONDS = 600
MOST_VERSIONS = 1000
OF_EXPORTS = ("signature.json", "sha256.json")  # files of which an export of ours has one at least
BESIDE = ("README.md", "batching.config", "models.config")  # files beside the folders of versions


@dataclasses.dataclass(frozen=True)
class Verification:
    """The results of all checks of a path."""

    path: str
    checks: list[Check]

    @property
    def passed(self) -> bool:
        return all(check.result != FAILED for check in self.checks)

    def __str__(self):
        rows = [("of", "check", "result", "found"), *map(dataclasses.astuple, self.checks)]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = ["  ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]).rstrip() for row in rows]
        failed = sum(check.result == FAILED for check in self.checks)
        result = f"{failed} of {len(self.checks)} checks failed" if failed else "whole"
        return "\n".join([*lines, f"{shown(self.path)}: {result}"])


def verify(path: Path, task: Any = None, examples: Any = None) -> Verification:
    """Checks an artifact's folder, a folder of an export, or a `.tflite`.

    Args:
        path: the folder or the file.
        task: the task of an artifact, if it is neither this package's nor an installed one: a `Task` that a module or a
            script holds, or its address "MODULE:NAME". Without it the model of such an artifact is not checked.
        examples: inputs that a `.tflite` takes, to call it with: a dictionary by the names of its inputs, a list, one
            array or the path of an `.npz`. Without them it is called with those that it keeps, with random ones as the
            file says of its inputs, or with guesses.

    Returns:
        a `Verification` with `.passed` and `.checks`, which prints as a table.

    Raises:
        FileNotFoundError: there is nothing at the path. ValueError: the folder is none of these, the file is no
        `.tflite` or a damaged one, it does not take the examples, or another process cannot import the task.
    """
    own, examples = _importable(task), example_inputs.plain(examples)
    path = versions.located(pathlib.Path(path))
    if not path.exists():
        raise FileNotFoundError(f"{shown(str(path))}: there is no such file or folder")
    for applies, check in (
        (path.is_file(), functools.partial(_file, examples=examples)),
        ((path / "artifact.json").exists(), functools.partial(_artifact, own=own)),
        ((path / "saved_model.pb").exists(), _saved_model_alone),
        ((path / "model.tflite").exists(), functools.partial(_mobile, examples=examples)),
    ):
        if applies:
            if examples is not None and "examples" not in getattr(check, "keywords", {}):
                raise ValueError(f"examples: expected them for a .tflite, received {shown(str(path))}; give none")
            return Verification(str(path), check(path))
    received = "a folder of" if path.is_dir() else "what is no file:"
    inside = itertools.islice(path.iterdir(), 5) if path.is_dir() else ()
    raise ValueError(
        f"{shown(str(path))}: expected an artifact (with artifact.json), a SavedModel (saved_model.pb) or a folder "
        f"with model.tflite, received {received} "
        f"{', '.join(sorted(shown(entry.name, 50) for entry in inside)) or 'nothing'}"
    )


def _importable(task):
    """What a child process needs to import the task: its address, and where modules are; None if there is no task."""
    if task is None:
        return None
    task = own_tasks.opened(task) if isinstance(task, str) else task
    return {"address": own_tasks.address_of(task), "path": [entry for entry in sys.path if isinstance(entry, str)]}


def _file(path, examples=None):
    golden = path.parent / "golden.json"
    known = str(golden) if path.name == "model.tflite" and golden.exists() else None
    with _child("tflite_checks", path) as child:
        try:
            return [Check(**fields) for fields in child.call(str(path), path.name, known, None, examples)]
        except apart.Failed as error:
            raise ValueError(_words(error, path)) from error


def _mobile(folder, subject="mobile", shadowed_inputs=None, examples=None):
    """Checks a folder with a model.tflite."""
    golden, checks = folder / "golden.json", _files(folder, subject)
    if all(check.result != FAILED for check in checks):
        with _child("tflite_checks", folder) as child:
            known = str(golden) if golden.exists() else None
            checks += _asked(
                child, subject, "file", str(folder / "model.tflite"), subject, known, shadowed_inputs or {}, examples
            )
    return checks


def _saved_model_alone(folder):
    with _child("loaded_checks", folder) as child:
        return _saved_model(child, folder, folder.name)


def _saved_model(child, folder, subject, *known):
    checks = _files(folder, subject)
    return checks + _asked(child, subject, "SavedModel", "saved_model", str(folder), subject, *known)


def _files(folder, subject):
    """Checks that nothing in an export's folder leads out of it, and that its files are as the export left them."""
    try:
        problems = saved_model_files.problems(folder)
        if problems:
            return [row(subject, "files", FAILED, "; ".join(problems))]
        by_hand = (folder / "model.tflite").exists() and not any((folder / name).exists() for name in OF_EXPORTS)
        return [] if by_hand else checksums.checks(folder, subject)
    except OSError as error:
        return [row(subject, "files", FAILED, str(error))]


def _artifact(folder, own=None):
    """Checks the files of an artifact, then every export. own: what `_importable` returns."""
    golden = folder / "mobile" / "golden.json"
    golden = str(golden) if golden.exists() else None
    checks, shadowed_inputs, precision = [], {}, "float32"
    with _child("loaded_checks", folder) as child:
        try:
            report = child.call("artifact", str(folder), golden, own)
            checks, shadowed_inputs, precision = (
                [Check(**fields) for fields in report["rows"]],
                report["given"],
                report["precision"],
            )
        except apart.Failed as error:
            checks = [row(folder.name, "files", FAILED, _words(error, folder))]
        exports = _versions(child, folder, golden, shadowed_inputs, precision)
    for name in versions.WHOLE:
        if (folder / name).is_dir():
            exports += _mobile(folder / name, name, shadowed_inputs)
    checks += exports
    return checks if exports else [*checks, row(folder.name, "exports", SKIPPED, "none yet")]


def _versions(child, folder, *known):
    """Checks each folder in serving/ and serving_ids/, and reports what was left half written."""
    checks, paths = [], itertools.chain(folder.glob("serving*/*"), folder.glob(".mobile*"))
    for path in sorted(itertools.islice(paths, MOST_VERSIONS)):
        subject = path.relative_to(folder).as_posix()
        if (path / "saved_model.pb").exists() and not path.name.startswith("."):
            checks += _saved_model(child, path, subject, *known)
        elif path.name not in BESIDE:
            checks.append(row(subject, "files", FAILED, "no export, or one that was cut off; remove it"))
    return checks


def _child(module, path):
    """A process of a module of checks, with memory for what is in `path`."""
    return apart.Child(f"pipelines.shared.checks.{module}:rows", memory=_memory(path), seconds=SECONDS)


def _memory(path):
    """The bytes of memory for work on a file, or on the files of a folder: at most half of the machine's."""
    paths = itertools.islice(saved_model_files.walk(path), saved_model_files.MOST_FILES) if path.is_dir() else [path]
    try:
        size = sum(file.stat().st_size for file in paths if file.is_file())
    except OSError:  # the checks report it
        size = 0
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return max(MEMORY, min(MEMORY + 4 * size, half))


def _asked(child, subject, name, *arguments):
    """The rows that a child process returns, or one that says why it returned none."""
    try:
        return [Check(**fields) for fields in child.call(*arguments)]
    except apart.Failed as error:
        return [row(subject, name, FAILED, _words(error))]


def _words(error, path=None):
    """One line that says why a child process failed."""
    said = " ".join(str(error).split())
    if isinstance(error, apart.Died):
        said = f"{f'{path} ' if path else ''}is damaged or too large: {said}"
    elif error.kind not in ("ValueError", "FileNotFoundError", "OSError"):
        said = f"damaged: {error.kind}: {said}"
    return shown(said)

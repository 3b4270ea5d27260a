"""Whether an artifact, an export or any `.tflite` is whole, runs where it has to, and answers what it should.

    unroll verify saved_models/mine              an artifact: its files, every export
    unroll verify saved_models/mine/mobile       a folder with a model.tflite and golden.json
    unroll verify saved_models/mine/serving/1    a SavedModel
    unroll verify model.tflite

What it looks at may be anyone's: nothing of a SavedModel is loaded before all its operations are known to compute and
no more (`saved_model_graphs`); files are read, and models run, in processes of their own with limits of memory and time
(`tflite_checks`, `loaded_checks`); and whatever is wrong is a line of the table.
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
from pipelines.shared.foreign import saved_model_files
from pipelines.shared.storage import apart

MEMORY = 2**30  # bytes for what is small; more for large files
SECONDS = 600
MOST_VERSIONS = 1000
BESIDE = ("README.md", "batching.config", "models.config")  # what stands beside versions


@dataclasses.dataclass(frozen=True)
class Verification:
    """All checks of a path."""

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


def verify(path: Path, task: Any = None) -> Verification:
    """Checks an artifact's folder, a folder of an export, or a `.tflite`.

    Args:
        task: of an artifact whose task is neither this package's nor an installed one: the `Task`, which a module or a
            script must hold, or its address "MODULE:NAME". Without it the model of such an artifact is not checked.

    Returns:
        a `Verification`: `.passed`, `.checks`; printed, a table.

    Raises:
        FileNotFoundError: nothing is there. ValueError: a folder of something else, or a file that is no `.tflite`, or
        a damaged one, or a task that another process cannot import.
    """
    own = _importable(task)
    path = versions.located(pathlib.Path(path))
    if not path.exists():
        raise FileNotFoundError(f"{shown(str(path))}: there is no such file or folder")
    for found, check in (
        (path.is_file(), _file),
        ((path / "artifact.json").exists(), functools.partial(_artifact, own=own)),
        ((path / "saved_model.pb").exists(), _saved_model_alone),
        ((path / "model.tflite").exists(), _mobile),
    ):
        if found:
            return Verification(str(path), check(path))
    received = "a folder of" if path.is_dir() else "what is no file:"
    inside = itertools.islice(path.iterdir(), 5) if path.is_dir() else ()
    raise ValueError(
        f"{shown(str(path))}: expected an artifact (with artifact.json), a SavedModel (saved_model.pb) or a folder "
        f"with model.tflite, received {received} "
        f"{', '.join(sorted(shown(each.name, 50) for each in inside)) or 'nothing'}"
    )


def _importable(task):
    """What a child needs to import the task: its address, and where modules are; None if there is none."""
    if task is None:
        return None
    task = own_tasks.opened(task) if isinstance(task, str) else task
    return {"address": own_tasks.address_of(task), "path": [each for each in sys.path if isinstance(each, str)]}


def _file(path):
    golden = path.parent / "golden.json"
    known = str(golden) if path.name == "model.tflite" and golden.exists() else None
    with _child("tflite_checks", path) as child:
        try:
            return [Check(**each) for each in child.call(str(path), path.name, known)]
        except apart.Failed as error:
            raise ValueError(_words(error, path)) from error


def _mobile(folder, subject="mobile", given=None):
    """A folder with a model.tflite."""
    golden, checks = folder / "golden.json", _files(folder, subject)
    if all(check.result != FAILED for check in checks):
        with _child("tflite_checks", folder) as child:
            known = str(golden) if golden.exists() else None
            checks += _asked(child, subject, "file", str(folder / "model.tflite"), subject, known, given or {})
    return checks


def _saved_model_alone(folder):
    with _child("loaded_checks", folder) as child:
        return _saved_model(child, folder, folder.name)


def _saved_model(child, folder, subject, *known):
    checks = _files(folder, subject)
    return checks + _asked(child, subject, "SavedModel", "saved_model", str(folder), subject, *known)


def _files(folder, subject):
    """What is in the folder of an export: nothing that leads out of it, and what the export left there."""
    try:
        problems = saved_model_files.problems(folder)
        if problems:
            return [row(subject, "files", FAILED, "; ".join(problems))]
        by_hand = (folder / "model.tflite").exists() and not (folder / "signature.json").exists()
        return [] if by_hand else checksums.checks(folder, subject)
    except OSError as error:
        return [row(subject, "files", FAILED, str(error))]


def _artifact(folder, own=None):
    """Its files, then every export; own: as of `_importable`."""
    golden = folder / "mobile" / "golden.json"
    golden = str(golden) if golden.exists() else None
    checks, given, precision = [], {}, "float32"
    with _child("loaded_checks", folder) as child:
        try:
            found = child.call("artifact", str(folder), golden, own)
            checks, given, precision = [Check(**each) for each in found["rows"]], found["given"], found["precision"]
        except apart.Failed as error:
            checks = [row(folder.name, "files", FAILED, _words(error, folder))]
        exports = _versions(child, folder, golden, given, precision)
    if (folder / "mobile").is_dir():
        exports += _mobile(folder / "mobile", given=given)
    checks += exports
    return checks if exports else [*checks, row(folder.name, "exports", SKIPPED, "none yet")]


def _versions(child, folder, *known):
    """Of each folder in serving/ and serving_ids/, and of what was left half written."""
    checks, found = [], itertools.chain(folder.glob("serving*/*"), folder.glob(".mobile*"))
    for path in sorted(itertools.islice(found, MOST_VERSIONS)):
        subject = path.relative_to(folder).as_posix()
        if (path / "saved_model.pb").exists() and not path.name.startswith("."):
            checks += _saved_model(child, path, subject, *known)
        elif path.name not in BESIDE:
            checks.append(row(subject, "files", FAILED, "no export, or one that was cut off; remove it"))
    return checks


def _child(module, path):
    """A process for what is in `path`."""
    return apart.Child(f"pipelines.shared.checks.{module}:rows", memory=_memory(path), seconds=SECONDS)


def _memory(path):
    """Bytes for the work on a file, or on the files of a folder: at most half of what the machine has."""
    paths = itertools.islice(saved_model_files.walk(path), saved_model_files.MOST_FILES) if path.is_dir() else [path]
    try:
        size = sum(each.stat().st_size for each in paths if each.is_file())
    except OSError:  # its checks say so
        size = 0
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return max(MEMORY, min(MEMORY + 4 * size, half))


def _asked(child, subject, name, *arguments):
    """The rows that a process gives, or one of why it gives none."""
    try:
        return [Check(**each) for each in child.call(*arguments)]
    except apart.Failed as error:
        return [row(subject, name, FAILED, _words(error))]


def _words(error, path=None):
    """One line of what a process failed by."""
    said = " ".join(str(error).split())
    if isinstance(error, apart.Died):
        said = f"{f'{path} ' if path else ''}is damaged or too large: {said}"
    elif error.kind not in ("ValueError", "FileNotFoundError", "OSError"):
        said = f"damaged: {error.kind}: {said}"
    return shown(said)

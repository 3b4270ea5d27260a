"""A trained artifact on disk: where it is, what belongs to it, how it is replaced, checked and loaded.

    saved_models/<name>/
        artifact.json      task, source of the data, a checksum of each file
        config.json        the settings it was trained with
        preprocessor.json  vocabulary, labels: what turns raw data into tensors
        model.keras        the network
        metrics.json       of the test split
        baselines.npz      what it is compared with
        logs/              log.csv, tensorboard/
        report/index.html  the page to read first
        serving/, mobile/  exports
    saved_models/<name>.previous/   what an artifact of the same name was before
    saved_models/<name>.training/   a training under way or cut off

An artifact is written aside and renamed: whatever stops the writing leaves the old one whole.
"""

import contextlib
import errno
import hashlib
import json
import os
import pathlib
import re
import shutil

CHECKED = ("config.json", "preprocessor.json", "model.keras", "metrics.json", "baselines.npz", "logs/log.csv")
FORMAT = 1


def place(directory, name):
    """The folder of the artifact `name`."""
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise ValueError(f"name: expected letters, digits, '.', '_' and '-', received {name!r}")
    return pathlib.Path(directory) / name


def beside(path, ending):
    """saved_models/mine -> saved_models/mine.<ending>"""
    return path.with_name(f"{path.name}.{ending}")


def open_training(path, settings, resume):
    """The folder of a training: a new one, or with `resume` the one that was cut off.

    Args:
        path: the artifact's folder.
        settings: a mapping of all that decides on the outcome; a resume with others is refused.
        resume: whether to go on.

    Raises:
        FileNotFoundError: nothing to resume.
        ValueError: the settings differ from those of the training that was cut off.
    """
    folder = beside(path, "training")
    record = folder / "settings.json"
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        record.write_text(json.dumps(settings, indent=1), "utf-8")
        return folder
    if not record.exists():
        raise FileNotFoundError(
            f"resume: no training of {path.name!r} was cut off in {path.parent}; train without resume"
        )
    begun = json.loads(record.read_text("utf-8"))
    differing = [
        f"{name} was {begun.get(name)!r} and is {value!r}"
        for name, value in json.loads(json.dumps(settings)).items()
        if begun.get(name) != value and name != "epochs"
    ]
    if differing:
        raise ValueError(f"resume: expected the settings of the training that was cut off; {'; '.join(differing)}")
    return folder


@contextlib.contextmanager
def replacing(path, keep_previous=True):
    """A new folder to fill, which takes the place of `path` when the block ends well and is removed when it does not.

    What stood at `path` becomes `<path>.previous`, unless `keep_previous` is false.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        previous = beside(path, "previous")
        if path.exists():
            shutil.rmtree(previous, ignore_errors=True)
            path.rename(previous)
        partial.rename(path)
        if not keep_previous:
            shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _not_written(path, error):
    reason = {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EDQUOT: "the disk's quota is used up; free some space",
        errno.EACCES: "the folder is not writable; change its permissions or give another directory",
        errno.EROFS: "the file system is read-only; give another directory",
    }.get(error.errno, str(error))
    kept = " What was there before is untouched." if path.exists() else ""
    return OSError(error.errno, f"{path} could not be written: {reason}.{kept}")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")


def seal(folder, facts):
    """Writes artifact.json: `facts` and the checksums of the files of `folder`."""
    sums = {name: _checksum(folder / name) for name in CHECKED}
    write_json(folder / "artifact.json", {"format": FORMAT, **facts, "sha256": sums})


def _checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened(path, task_name):
    """The facts of a whole, undamaged artifact of the task.

    Raises:
        FileNotFoundError: no artifact, or one of its files is missing.
        ValueError: a damaged file, or an artifact of another task or of a newer version.
    """
    again = f"train again, or use {beside(path, 'previous')} if it is there"
    if not (path / "artifact.json").exists():
        raise FileNotFoundError(
            _absent(path, task_name) if not path.exists() else f"{path}: artifact.json is missing; {again}"
        )
    try:
        facts = json.loads((path / "artifact.json").read_text("utf-8"))
        found, sums = facts["task"], facts["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path / 'artifact.json'} is damaged; {again}") from error
    if facts.get("format") != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, received {facts.get('format')}; update Unroll")
    if found != task_name:
        raise ValueError(f"{path}: expected an artifact of the task {task_name}, received one of {found}")
    for name, checksum in sums.items():
        if not (path / name).is_file():
            raise FileNotFoundError(f"{path}: {name} is missing; {again}")
        if _checksum(path / name) != checksum:
            raise ValueError(f"{path}: {name} is damaged (its checksum differs); {again}")
    return facts


def _absent(path, task_name):
    there = sorted(found.parent.name for found in path.parent.glob("*/artifact.json"))
    there = f" There are: {', '.join(there)}." if there else ""
    if beside(path, "training").exists():
        return (
            f"no artifact {path.name!r} in {path.parent}, but a training of it that was cut off; go on with: "
            f"unroll {task_name} train --name {path.name} --resume (and the options it had)"
        )
    return (
        f"no artifact {path.name!r} in {path.parent}.{there} Train one first: pipelines.{task_name}.train("
        f"name={path.name!r}), or: unroll {task_name} train --name {path.name}"
    )

"""A trained artifact on disk: where it is, what belongs to it, how it is replaced and checked.

    saved_models/<name>/
        artifact.json      task, source of the data, a checksum of each file
        config.json        the settings it was trained with
        preprocessor.json  vocabulary, labels: what turns raw data into tensors
        model.keras        the network
        metrics.json       of the test split
        baselines.npz      what it is compared with
        logs/              log.csv, tensorboard/
        report/index.html  the page to read first
        serving/, serving_ids/, mobile/  exports
    saved_models/<name>.previous/   what an artifact of the same name was before
    saved_models/<name>.training/   a training under way or cut off
    saved_models/<name>.tuning/     trials of a search for settings

All is written aside and renamed: whatever stops the writing leaves what was there whole.
"""

import contextlib
import hashlib
import json
import logging
import pathlib
import re
import shutil

from pipelines import disk, locks, plain_json

log = logging.getLogger("unroll")

CHECKED = ("config.json", "preprocessor.json", "model.keras", "metrics.json", "baselines.npz", "logs/log.csv")
FORMAT = 1
alone, stoppable, write_json = locks.alone, disk.stoppable, disk.write_json
RESERVED = (".training", ".tuning")  # endings of folders beside an artifact


def place(directory, name):
    """The folder of the artifact `name`."""
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name) or name.endswith(RESERVED):
        raise ValueError(
            "name: expected letters, digits, '_', '.' and '-', beginning with one of the first three and not ending "
            f"in {' or '.join(RESERVED)}, received {name!r}"
        )
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
        OSError: the folder cannot be written.
    """
    folder = beside(path, "training")
    record = folder / "settings.json"
    if resume:
        if not record.exists():
            raise FileNotFoundError(
                f"resume: no training of {path.name!r} was cut off in {path.parent}; train without resume"
            )
        check_same(record, settings, may_change=("epochs",))
        return folder
    if record.exists():
        log.warning("The training in %s that was cut off is thrown away; resume would have gone on with it", folder)
    with stoppable(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(record, settings)
    return folder


def check_same(record, settings, may_change=()):
    """Compares settings with those in the file `record`, where something was begun that is to go on."""
    begun = json.loads(record.read_text("utf-8"))
    differing = [
        f"{name} was {begun.get(name)!r} and is {value!r}"
        for name, value in json.loads(json.dumps(settings)).items()
        if begun.get(name) != value and name not in may_change
    ]
    if differing:
        raise ValueError(
            f"{record.parent}: expected the settings it was begun with, received others: {'; '.join(differing)}. "
            "Give the same ones to go on, or another name"
        )


@contextlib.contextmanager
def creating(path):
    """A folder to fill, which becomes `path` when the block ends well and is removed when it does not."""
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a writing that was killed
    try:
        partial.mkdir(parents=True)
        yield partial
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def replacing(path):
    """As `creating`; what stood at `path` becomes `<path>.previous`."""
    with creating(path) as folder:
        yield folder
        if path.exists():
            shutil.rmtree(beside(path, "previous"), ignore_errors=True)
            path.rename(beside(path, "previous"))


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
    if not path.exists():
        raise FileNotFoundError(_absent(path, task_name))
    facts = _facts(path)
    if facts.get("format") != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, received {facts.get('format')!r}; update Unroll")
    if facts["task"] != task_name:
        raise ValueError(f"{path}: expected an artifact of the task {task_name}, received one of {facts['task']}")
    for name in CHECKED:
        if not (path / name).is_file():
            raise FileNotFoundError(f"{path}: {name} is missing; {_again(path)}")
        if _checksum(path / name) != facts["sha256"][name]:
            raise ValueError(f"{path}: {name} is damaged (its checksum differs); {_again(path)}")
    return facts


def _facts(path):
    """The content of artifact.json."""
    file = path / "artifact.json"
    if not file.exists():
        raise FileNotFoundError(f"{path}: artifact.json is missing; {_again(path)}")
    damaged = f"{file} is damaged; {_again(path)}"
    try:
        facts = plain_json.read(file)
    except ValueError as error:
        raise ValueError(damaged) from error
    if not isinstance(facts, dict):
        raise ValueError(damaged)
    sums = facts.get("sha256")
    whole = "task" in facts and isinstance(sums, dict) and set(CHECKED) <= set(sums)
    if facts.get("format") == FORMAT and not whole:
        raise ValueError(damaged)
    return facts


def _again(path):
    previous = beside(path, "previous")
    return "train again" + (f", or use the one before: {previous.name}" if previous.exists() else "")


def last_version(path):
    """The highest version ever exported under the name; a training leaves the versions themselves in `.previous`."""
    numbers = [int(found.name) for found in path.glob("serving*/*") if found.name.isdecimal()]
    file = path / "artifact.json"
    facts = _facts(path) if file.exists() else {}
    return max([*numbers, facts.get("last_version", 0)])


def _absent(path, task_name):
    if beside(path, "training").exists():
        return (
            f"no artifact {path.name!r} in {path.parent}, but a training of it that was cut off; go on with: "
            f"unroll {task_name} train --name {path.name} --resume (and the options it had)"
        )
    there = sorted(found.parent.name for found in path.parent.glob("[!.]*/artifact.json"))
    there = f" There are: {', '.join(there)}." if there else ""
    return (
        f"no artifact {path.name!r} in {path.parent}.{there} Train one first: pipelines.{task_name}.train("
        f"name={path.name!r}), or: unroll {task_name} train --name {path.name}"
    )

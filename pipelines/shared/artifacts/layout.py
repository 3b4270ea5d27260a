"""A trained artifact on disk: where it is, which files it has, how it is replaced and checked.

    saved_models/<name>/
        artifact.json      task, source of the data, a checksum of each file
        config.json        the settings it was trained with
        preprocessor.json  vocabulary, labels: what turns raw data into tensors
        model.keras        the network
        metrics.json       measured on the test split
        verdict.json       the model beside its best baseline; outcomes.npz, what both make of each example
        baselines.npz      the baselines that it is compared with
        logs/              log.csv, tensorboard/
        report/index.html  the page to read first
        serving/, serving_ids/, mobile/, web/  exports
    saved_models/<name>.versions/<number>/  earlier artifacts of the same name, see `versions`
    saved_models/<name>.training/   a training that is running or was interrupted
    saved_models/<name>.tuning/     trials of a search for settings

Everything is written to one side and then renamed, so an interrupted write leaves the old files whole.
"""

import contextlib
import hashlib
import json
import logging
import pathlib
import re
import unicodedata

import pipelines
from pipelines import own_tasks, settings
from pipelines.shared.messages import brief, shown
from pipelines.shared.storage import disk, locks, plain_json

log = logging.getLogger("unroll")

SHOWN = 3  # settings in an error
CHECKED = ("config.json", "preprocessor.json", "model.keras", "metrics.json", "baselines.npz", "logs/log.csv")
BESIDE = ("verdict.json", "outcomes.npz")  # which artifacts of earlier versions lack
FORMAT = 1
PRETRAINED = "pretraining"  # the task of artifacts that tell words alone, see `shared.pretraining`
alone, stoppable, write_json = locks.alone, disk.stoppable, disk.write_json
RESERVED = (".training", ".tuning", ".versions")  # endings of folders beside an artifact
LONGEST = 230  # bytes; file systems take 255, and prefixes and endings are added to a name


@contextlib.contextmanager
def reading(path):
    """Reading a file of an artifact, which may hold anything: every error of the block names the file.

    Raises:
        OSError: the file cannot be read. ValueError: it is damaged.
    """
    try:
        yield path
    except OSError:
        raise
    except Exception as error:
        if path.name in str(error):
            raise
        raise ValueError(f"{path} is damaged: {type(error).__name__}: {brief(error, 200)}; train again") from error


def folder_of(directory, name):
    """The folder of the artifact `name`; letters with accents are the same however they are composed."""
    name = unicodedata.normalize("NFC", name) if isinstance(name, str) else name
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name) or name.endswith(RESERVED):
        raise ValueError(
            "name: expected letters, digits, '_', '.' and '-', beginning with one of the first three and not ending "
            f"in {' or '.join(RESERVED)}, received {str(name)[:300]!r}{_as_path(name)}"
        )
    if len(name.encode()) > LONGEST:
        raise ValueError(f"name: expected at most {LONGEST} bytes, received {len(name.encode())}: {name[:50]!r}...")
    return pathlib.Path(directory) / name


def _as_path(name):
    """Advice for a user who gave a path as the name."""
    path = pathlib.PurePath(name) if isinstance(name, str) and len(name) < 300 else pathlib.PurePath()
    if not re.fullmatch(r"\w[\w.-]*", path.name) or path.name == name:
        return ""
    return f"; for that folder give the name {path.name!r} and the directory {str(path.parent)!r}"


def beside(path, ending):
    """saved_models/mine -> saved_models/mine.<ending>"""
    return path.with_name(f"{path.name}.{ending}")


def home(path):
    """The artifact's main folder, for its own path or that of one of its versions; a link is followed.

    >>> home(pathlib.Path("saved_models/mine.versions/2")), home(pathlib.Path("saved_models/mine"))
    (PosixPath('saved_models/mine'), PosixPath('saved_models/mine'))
    """
    if is_kept(path):
        path = path.parent.with_name(path.parent.name.removesuffix(".versions"))
    return path.resolve() if path.is_symlink() else path


def name_of(path):
    """The name of the artifact, for its own path or that of one of its versions."""
    return path.parent.name.removesuffix(".versions") if is_kept(path) else path.name


def base_name(folder_name):
    """The name of the artifact that a folder beside it belongs to.

    >>> base_name("mine.versions"), base_name("mine.previous"), base_name("mine")
    ('mine', 'mine', 'mine')
    """
    return re.sub(r"\.(training|tuning|versions|previous)$", "", folder_name)


def is_kept(path):
    """Whether the path is the folder of a kept version, `<name>.versions/<number>`."""
    return path.parent.name.endswith(".versions") and path.name.isdecimal()


def open_training(path, settings, resume, defaults=None):
    """The folder of a training: a new one, or with `resume` that of the interrupted training.

    Args:
        path: the artifact's folder.
        settings: a mapping of everything that decides the outcome; resuming with other settings is refused.
        resume: whether to continue the interrupted training.
        defaults: of the settings, for those that the version which began it did not have.

    Raises:
        FileNotFoundError: there is nothing to resume.
        ValueError: the settings differ from those of the interrupted training.
        OSError: the folder cannot be written.
    """
    folder = beside(path, "training")
    record = folder / "settings.json"
    if resume:
        if not begun(folder):
            raise FileNotFoundError(
                f"resume: no training of {path.name!r} was cut off in {path.parent}; train without resume"
            )
        check_same(record, settings, defaults, may_change=("epochs",))
        return folder
    if begun(folder):
        log.warning("The training in %s that was cut off is thrown away; resume would have gone on with it", folder)
    with stoppable(folder):
        disk.remove(folder)
        folder.mkdir(parents=True)
        write_json(record, settings)
    return folder


def begun(folder):
    """Whether the folder of a training holds all files that a resume needs; a half-deleted one does not."""
    if not (folder / "settings.json").exists():
        return False
    states = list(folder.glob("last-*.npz"))
    best = (folder / "best.npz").exists() or [state.name for state in states] == ["last-1.npz"]
    return not states or ((folder / "log.csv").exists() and best)


def begun_with(path, ending):
    """The settings with which a "training" or "tuning" of an artifact was begun; none if they cannot be read."""
    try:
        return plain_json.read(beside(path, ending) / "settings.json")
    except (OSError, ValueError):
        return {}


def check_same(record, settings, defaults=None, may_change=()):
    """Refuses settings that differ from those in the file `record`, with which the interrupted work was begun.

    defaults: those of settings that the file may lack, since the version that wrote it did not have them.
    """
    try:
        before = {**(defaults or {}), **plain_json.read(record)}
    except ValueError as error:
        raise ValueError(f"{error}; delete the folder {record.parent} to begin anew") from error
    differing = [
        f"{name} was {shown(before.get(name))} and is {shown(value)}"
        for name, value in json.loads(json.dumps(settings)).items()
        if before.get(name) != value and name not in may_change
    ]
    if differing:
        others = "; ".join(differing[:SHOWN]) + f"; and {len(differing) - SHOWN} more" * (len(differing) > SHOWN)
        raise ValueError(
            f"{record.parent}: expected the settings it was begun with, received others: {others}. "
            "Give the same ones to go on, or another name"
        )


def seal(folder, facts):
    """Writes artifact.json and returns its content: `facts` and the checksums of the files in `folder`."""
    facts = {"format": FORMAT, **facts, "sha256": {name: checksum(folder / name) for name in _present(folder)}}
    write_json(folder / "artifact.json", facts)
    return facts


def _present(folder):
    return [*CHECKED, *(name for name in BESIDE if (folder / name).exists())]


def checksum(path):
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened(path, task_name):
    """The facts of the task's artifact at `path`, once all its files are there and undamaged.

    Raises:
        FileNotFoundError: no artifact, or one of its files is missing.
        ValueError: a damaged file, or an artifact of another task or of a newer version.
    """
    if not path.exists():
        raise FileNotFoundError(absent(path, task_name))
    facts = read_facts(path)
    if facts.get("format") != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, received {facts.get('format')!r}; update Unroll")
    if facts["task"] != task_name:
        raise ValueError(
            f"{path}: expected an artifact of the task {task_name}, received {_other(path, facts['task'])}"
        )
    for name in [*CHECKED, *(name for name in BESIDE if name in facts["sha256"])]:
        if not (path / name).is_file():
            raise FileNotFoundError(f"{path}: {name} is missing; {_again(path)}")
        if checksum(path / name) != facts["sha256"][name]:
            raise ValueError(f"{path}: {name} is damaged (its checksum differs); {_again(path)}")
    return facts


def _other(path, task_name):
    """What an artifact of another task than the one asked for is."""
    if task_name != PRETRAINED:
        return f"one of {task_name}"
    name = repr(name_of(path))
    return f"one of {PRETRAINED}, which tells words alone; train from it: start_from={name} (--start-from {name})"


def read_facts(path):
    """The content of artifact.json."""
    file = path / "artifact.json"
    if path.is_file():
        raise NotADirectoryError(f"{path}: expected the folder of an artifact, received a file; move it away")
    if not file.exists():
        raise FileNotFoundError(f"{path}: artifact.json is missing; {_again(path)}")
    damaged = f"{file} is damaged; {_again(path)}"
    try:
        facts = plain_json.read(file)
    except ValueError as error:
        raise ValueError(damaged) from error
    sums = facts.get("sha256")
    whole = "task" in facts and isinstance(sums, dict) and set(CHECKED) <= set(sums)
    if facts.get("format") == FORMAT and not whole:
        raise ValueError(damaged)
    return facts


def _again(path):
    kept = [number for number in _kept(path) if beside(home(path), "versions") / str(number) != path]
    return "train again" + (f", or restore version {kept[-1]} of {name_of(path)!r}" if kept else "")


def _kept(path):
    """The numbers of the kept versions, the lowest first."""
    folders = [file.parent for file in beside(home(path), "versions").glob("*/artifact.json")]
    return sorted(int(folder.name) for folder in folders if is_kept(folder))


def absent(path, task_name):
    command = own_tasks.command(task_name)
    begin = f"{command} train --name {path.name}"
    running, training = locks.holder(path, "train"), beside(path, "training")
    if running:
        return f"no artifact {path.name!r} in {path.parent}, but a training of it is under way: {running}"
    if begun(training):
        return (
            f"no artifact {path.name!r} in {path.parent}, but a training of it that was cut off; go on with: "
            f"{begin} --resume (and the options it had)"
        )
    if _kept(path):
        number = _kept(path)[-1]
        return (
            f"no artifact {path.name!r} in {path.parent}, but kept versions; restore version {number}: "
            f"{command} restore --name {path.name} --version {number}"
        )
    names = sorted(file.parent.name for file in path.parent.glob("[!.]*/artifact.json"))
    there = f"{settings.near(path.name, names)} There are: {', '.join(names)}."[:400] if names else ""
    module = f"pipelines.{task_name}." if task_name in pipelines.TASKS else ""
    return (
        f"no artifact {path.name!r} in {path.parent}.{there} Train one first: {module}train("
        f"name={path.name!r}), or: {begin}"
    )

"""How one version of an artifact replaces another, which versions are kept, and `restore` and `remove`.

A save replaces the old artifact in one step (renameat2 on Linux); elsewhere a file names the folder to read until all
is renamed. So `load` finds either the old or the new artifact whole, whenever the save is killed. All files of an
artifact are forced to the disk before that (fsync). The states that a training keeps after each epoch are not; after a
power failure they may be older.
"""

import contextlib
import dataclasses
import logging
import os
import pathlib
from collections.abc import Iterator

from pipelines.shared.arguments import Keep
from pipelines.shared.artifacts import layout, versions
from pipelines.shared.storage import disk, locks

log = logging.getLogger("unroll")

KEPT = 3


def checked_keep(keep, words=()):
    """How many versions are kept, infinity for "all"; words: other values that the option can have, for the error."""
    if keep == "all":
        return float("inf")
    if not isinstance(keep, int) or isinstance(keep, bool) or keep < 1:
        also = f"; the setting of that name: {' or '.join(map(repr, words))}" if words else ""
        raise ValueError(f"keep: expected a number of versions of at least 1, or 'all', received {keep!r}" + also)
    return keep


def kept_or_setting(config_class, keep, options):
    """(how many versions are kept, the options): `keep` becomes an option if it is a choice of the setting `keep`."""
    choices = [field.metadata["choices"] for field in dataclasses.fields(config_class) if field.name == "keep"]
    if isinstance(keep, str) and choices and keep in choices[0]:
        return KEPT, {**options, "keep": keep}
    checked_keep(keep, *choices)
    return keep, options


def outdated(folders, keep):
    """The numbers among {number: folder} to remove: all but the `keep` highest and the exported ones."""
    rest = sorted(folders, reverse=True)[keep:] if keep != float("inf") else []
    return [count for count in reversed(rest) if not versions.exports(folders[count])]


def check_place(path):
    """Refuses to train at a path that is taken by something other than an artifact.

    Raises:
        ValueError: the name is that of a version of 0.1.0, or the folder holds something else.
        NotADirectoryError: the path is a file.
    """
    home = layout.home(path)
    if path.name.endswith(".previous"):
        raise ValueError(f"name: {path.name!r} is the version before of {path.stem!r}; train under another name")
    if home.is_file():
        raise NotADirectoryError(f"{path}: a file stands where a folder should; move it away, or give another name")
    there = sorted(entry.name for entry in home.iterdir()) if home.is_dir() else []
    if there and not versions.looks_like_one(home):
        raise ValueError(
            f"{path} holds no artifact but {', '.join(there[:3])[:100]}; move it away, or give another name"
        )
    if (layout.beside(home, "versions") / "artifact.json").exists():
        raise ValueError(f"{layout.beside(path, 'versions')} is an artifact; versions would go there; rename it")


def announce(path, keep):
    """Tells the user what a training under a name that is in use will do to the versions."""
    home = layout.home(path)
    folders = versions.all_of(home)
    if not folders:
        return
    new = versions.following(home)
    goes = outdated({**folders, new: layout.beside(home, "training")}, checked_keep(keep))
    stays = [count for count in folders if count not in goes]
    words = (
        [f"{path} is there as version {versions.number(versions.located(home))}"]
        if versions.located(home).is_dir()
        else []
    )
    words += [f"the training makes version {new}", f"kept: {versions.listed(reversed(stays)) or 'none'}"]
    words += [f"removed when {new} is in place: {versions.listed(goes)} (keep)"] if goes else []
    log.warning("%s", "; ".join(words))


@contextlib.contextmanager
def replacing(path: pathlib.Path, keep: Keep = KEPT) -> Iterator[pathlib.Path]:
    """A folder to fill with an artifact, which replaces the one at `path` if the block succeeds.

    The old one is kept as a version, and surplus versions are removed. The caller holds the lock of "train".
    """
    home = layout.home(path)
    with disk.staged(home, "train") as folder:
        yield folder
        disk.sync(folder)
        with locks.writing(home):
            settle(home)
            _place(folder, home)
            _prune(home, checked_keep(keep))


def _place(folder, home):
    if not versions.looks_like_one(home):  # nothing, or an empty folder
        return os.rename(folder, home)
    target = _free(home, versions.number(home))
    target.parent.mkdir(exist_ok=True)
    os.rename(folder, target)
    return swap(target, home)


def _free(home, wanted):
    """The folder for a version, under the next free number if its own is taken by something else."""
    kept = layout.beside(home, "versions")
    return kept / str(wanted) if not os.path.lexists(kept / str(wanted)) else _free(home, wanted + 1)


def swap(kept, home):
    """A kept version and the one in use change places."""
    if not os.path.lexists(home):
        return os.rename(kept, home)
    if disk.exchange(kept, home):
        return None
    new = kept.with_name(str(versions.number(kept)))
    if new != kept:
        os.rename(kept, new)
    disk.write_text(new.parent / versions.IN_USE, new.name)
    return _finish(home)


def _finish(home):
    """Completes an exchange by renaming; after a kill, the next writer does so."""
    pointer = layout.beside(home, "versions") / versions.IN_USE
    if not pointer.exists():
        return
    named = pointer.with_name(pointer.read_text("utf-8"))
    if named.is_dir():
        if os.path.lexists(home):
            os.rename(home, _free(home, versions.number(home)))
        os.rename(named, home)
    pointer.unlink()


def settle(home):
    """Completes what a kill interrupted, and gives artifacts of 0.1.0 a number; the caller holds the lock."""
    _finish(home)
    kept = layout.beside(home, "versions")
    for rest in [home.with_name(f".{home.name}.removed"), home.with_name(f".{home.name}.partial")]:
        disk.clear(rest)
    for rest in kept.glob(".*.removed"):
        disk.clear(rest)
    for count, folder in versions.all_of(home).items():
        facts = versions.facts_of(folder)
        if facts and versions.stated(facts) is None and not folder.is_symlink():
            disk.write_json(folder / "artifact.json", {**facts, "version": count})
    for count, folder in versions.all_of(home).items():
        target = kept / str(count)
        if folder not in (home, target) and not folder.is_symlink() and not os.path.lexists(target):
            kept.mkdir(exist_ok=True)
            os.rename(folder, target)


def _prune(home, keep):
    folders = versions.all_of(home)
    for count in outdated(folders, keep):
        log.warning("Version %d of %r goes, as %d are kept", count, home.name, keep)
        disk.discard(folders[count])


def add_exports(path, facts, staged):
    """Moves exports from the folder `staged` into an artifact, if it is still the one that was exported.

    Each replaces the earlier export of the same name; see `disk.put`. The caller holds the lock of "export".

    Args:
        facts: those of the exported artifact, with its version.
        staged: a folder that holds `mobile`, `web`, or `serving` and `serving_ids` with versions and pages.
    """
    disk.sync(staged)
    with locks.writing(layout.home(path)):
        versions.check_unchanged(path, facts, "export")
        target = versions.located(path)
        for rest in [*target.glob("serving*/.*.partial"), target / ".mobile.partial"]:  # left by a kill of 0.1.0
            disk.clear(rest)
        for folder in sorted(staged.iterdir()):
            for part in [folder] if folder.name in versions.WHOLE else sorted(folder.iterdir()):
                disk.put(part, target / part.relative_to(staged))


def restore(path, task_name, version=None):
    """Puts a kept version in use, and keeps the one that was; returns the number of the version now in use.

    Args:
        version: its number; by default the highest one that is not in use.
    """
    home = layout.home(path)
    with layout.stoppable(home), locks.writing(home):
        _present(path, task_name)
        settle(home)
        current = versions.number(home) if home.is_dir() else None
        if version is None:
            version = max((count for count in versions.all_of(home) if count != current), default=None)
            if version is None:
                raise FileNotFoundError(f"no version of {path.name!r} in {path.parent} but the one in use")
        folder = versions.find(home, version)
        layout.opened(folder, _task(folder, task_name))
        _count_on(folder, versions.following(home) - 1)
        if version != current:
            swap(folder, home)
            settle(home)
    return version


def _task(folder, task_name):
    """The task that an artifact has to be of; one of words alone belongs to all tasks."""
    return layout.PRETRAINED if versions.facts_of(folder).get("task") == layout.PRETRAINED else task_name


def _present(path, task_name):
    if not versions.all_of(path):
        raise FileNotFoundError(layout.absent(path, task_name))


def _count_on(folder, last):
    """Records the highest number so far, so that no number is used twice, even after its version is removed."""
    facts = versions.facts_of(folder)
    if facts and versions.whole(facts.get("last_version"), 0) < last:
        disk.write_json(folder / "artifact.json", {**facts, "last_version": last})


def remove(path, task_name, version=None, force=False):
    """Removes a version, or all of them; returns their numbers.

    If the version in use is removed, the highest undamaged one of the others replaces it first.

    Raises:
        FileNotFoundError: no such version.
        ValueError: it is the last one or was exported, and `force` is not set.
    """
    home = layout.home(path)
    with layout.stoppable(home), locks.writing(home):
        _present(path, task_name)
        settle(home)
        folders = versions.all_of(home)
        goes = sorted(folders, key=lambda count: folders[count] == home) if version is None else [version]
        versions.find(home, goes[0])
        _check_removal(path, task_name, folders, goes, force)
        last = versions.following(home) - 1
        if folders[goes[0]] == home and len(folders) > 1:
            _fill_place(home, task_name, {count: folders[count] for count in folders if count not in goes})
        for count in goes:
            disk.remove(versions.all_of(home)[count])
        if len(goes) < len(folders):
            _count_on(home, last)
        else:
            _clear_names(path, home)
    return sorted(goes)


def _check_removal(path, task_name, folders, goes, force):
    tasks = {versions.facts_of(folders[count]).get("task", task_name) for count in goes}
    tasks -= {task_name, layout.PRETRAINED}
    if tasks:
        raise ValueError(f"remove: {path} is an artifact of the task {', '.join(map(str, tasks))}")
    exported = [count for count in goes if versions.exports(folders[count])]
    reasons = [f"version {versions.listed(exported)} was exported"] * bool(exported)
    reasons += ["no other is left"] * (len(goes) == len(folders))
    if reasons and not force:
        raise ValueError(
            f"remove: this would remove version {versions.listed(sorted(goes))} of {path.name!r}, but "
            f"{' and '.join(reasons)}; to do it all the same give force=True (--force)"
        )


def _fill_place(home, task_name, others):
    """Puts the highest undamaged one of the others in use, or the highest if all are damaged."""
    best = max(others, key=lambda count: (not versions.damage(others[count], _task(others[count], task_name)), count))
    swap(others[best], home)
    settle(home)


def _clear_names(path, home):
    """Removes what is left after the last version: the empty folder of versions, a link that leads nowhere."""
    kept = layout.beside(home, "versions")
    if kept.is_dir() and not any(kept.iterdir()):
        kept.rmdir()
    if path.is_symlink():
        path.unlink()

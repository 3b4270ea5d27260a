"""The versions of an artifact: which ones exist, and where.

    saved_models/mine/                  the one in use, say version 4
    saved_models/mine.versions/2/, 3/   earlier ones
    saved_models/mine.versions/in_use   names the folder to read during an exchange that takes more than one step

The number of a new version is the highest that the name ever had, plus one. artifact.json holds it as "version", and
its export is `serving/<version>`. Release 0.1.0 gave no numbers and kept one earlier artifact, as `mine.previous`. An
exported artifact of 0.1.0 has the highest number of its exports. Any other has one more than the highest number
exported before it, and more than `mine.previous`, whose number is always lower.
"""

import logging

from pipelines.shared.artifacts import layout

log = logging.getLogger("unroll")

IN_USE = "in_use"
WHOLE = ("mobile", "web")  # exports that the next one of their kind replaces


def facts_of(folder):
    """The content of artifact.json, empty if it is damaged."""
    try:
        return layout.read_facts(folder)
    except (OSError, ValueError):
        return {}


def exports(folder):
    """The exports of an artifact: ["serving/3", "serving_ids/3", "mobile", "web"]."""
    served = [path for path in folder.glob("serving*/*") if path.name.isdecimal()]
    folders = sorted(served, key=lambda path: (path.parent.name, int(path.name)))
    whole = [name for name in WHOLE if (folder / name).exists()]
    return [f"{path.parent.name}/{path.name}" for path in folders] + whole


def damage(folder, task_name):
    """What is wrong with a version, in words; empty if nothing is."""
    try:
        layout.opened(folder, task_name)
    except (OSError, ValueError) as error:
        return str(error)
    return ""


def number(folder):
    """The version number of the artifact in the folder."""
    if layout.is_kept(folder):
        return stated(facts_of(folder), int(folder.name))
    former = folder.name.endswith(".previous")
    other = folder.with_name(folder.name.removesuffix(".previous")) if former else layout.beside(folder, "previous")
    own = _own(folder)
    if stated(facts_of(folder)) is not None or not other.is_dir():
        return own
    if former:
        return min(own, number(other) - 1)
    return own if _served(folder) else max(own, _own(other) + 1)


def _own(folder):
    """The version number, from the content of the folder alone."""
    facts = facts_of(folder)
    return stated(facts, max(_served(folder), default=whole(facts.get("last_version"), 0) + 1))


def _served(folder):
    return [int(export.split("/")[1]) for export in exports(folder) if "/" in export]


def stated(facts, default=None):
    """The number that artifact.json holds."""
    return whole(facts.get("version"), default)


def whole(value, default):
    """The value if it can be the number of a version, else `default`."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def all_of(path):
    """{number: folder} of all versions, the lowest first; the one in use is `located(path)`."""
    home = layout.home(path)
    kept = layout.beside(home, "versions")
    folders = [layout.beside(home, "previous"), *filter(layout.is_kept, _inside(kept)), home, located(home)]
    numbered = {number(folder): folder for folder in folders if looks_like_one(folder)}
    return dict(sorted(numbered.items()))


def looks_like_one(folder):
    """Whether the folder holds any file of an artifact."""
    return any((folder / name).exists() for name in ("artifact.json", *layout.CHECKED))


def _inside(folder):
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def located(path):
    """The folder to read an artifact from: `path`, or the folder that an unfinished exchange names."""
    if not path.name:  # the root of a disk, or "."
        return path
    kept = layout.beside(layout.home(path), "versions")
    try:
        folder = kept / (kept / IN_USE).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return path
    return folder if folder.is_dir() else path


def find(path, version=None):
    """The folder of a version, by default of the one in use.

    Raises:
        ValueError: not a number. FileNotFoundError: there is no such version.
    """
    if version is None:
        return located(path)
    if whole(version, None) is None:
        raise ValueError(f"version: expected a number such as 2, received {version!r}")
    folders = all_of(path)
    if version not in folders:
        there = f"there are: {listed(folders)}" if folders else "there are none"
        raise FileNotFoundError(f"no version {version} of {path.name!r} in {path.parent}; {there}")
    return path if folders[version] == layout.home(path) else folders[version]


def listed(numbers):
    """Numbers as a text.

    >>> listed([1, 2])
    '1, 2'
    """
    return ", ".join(map(str, numbers))[:200]


def following(path):
    """The number of the next version: one more than any that the name ever had."""
    folders = all_of(path)
    served = [count for folder in folders.values() for count in _served(folder)]
    before = [whole(facts_of(folder).get("last_version"), 0) for folder in folders.values()]
    return max([*folders, *served, *before], default=0) + 1


def steadily(path, read):
    """What `read()` returns; it is called again if another version came into use meanwhile."""
    while True:
        before = _standing(path)
        try:
            result = read()
        except (OSError, ValueError):
            if _standing(path) == before:
                raise
        else:
            if _standing(path) == before:
                return result


def _standing(path):
    """The folders of all versions with their inodes, to see whether anything was moved."""
    home = layout.home(path)
    kept = layout.beside(home, "versions")
    return [(folder, _identity(folder)) for folder in (home, located(home), *_inside(kept))]


def _identity(folder):
    try:
        return folder.stat().st_ino
    except FileNotFoundError:
        return None


def check_unchanged(path, facts, verb):
    """Checks that the artifact at `path` is still the one whose `facts` were read, before something is written into it.

    If no file of an artifact is left there, nothing can be mixed up, and this only warns.

    Raises:
        RuntimeError: another artifact is there, or a damaged one.
    """
    folder = located(path)
    if not looks_like_one(folder):
        log.warning("%s: %s holds no artifact; what is written will stand there alone", verb, path)
        return
    now = facts_of(folder)
    if now.get("sha256") != facts.get("sha256") or number(folder) != facts.get("version"):
        there = f"version {number(folder)} stands there" if now else "it is damaged"
        raise RuntimeError(
            f"{verb}: {path} changed since it was loaded as version {facts.get('version')}: {there}; load it again"
        )

"""Commands on versions: unroll list, and each task's list, restore and remove. They do not load TensorFlow."""

import dataclasses

from pipelines.shared.artifacts import listing, succession

NAMES = ("list", "restore", "remove")
VERSION = {"type": int, "metavar": "N"}


def list_task(task, values):
    rows = task.list(**values)
    return _listed(rows, values["directory"])


def list_all(values):
    return *_listed(listing.rows(**values), values["directory"]), 0


def _listed(rows, directory):
    return {"artifacts": [dataclasses.asdict(row) for row in rows]}, listing.table(rows, directory)


def restore(task, values):
    """Puts the version in use without loading it."""
    path = task.folder_of(values["name"], values["directory"])
    version = succession.restore(path, task.name, values["version"])
    return {"path": str(path), "version": version}, f"version {version} is in use in {path}"


def remove(task, values):
    removed = task.remove(**values)
    return {"name": values["name"], "removed": removed}, f"removed: version {', '.join(map(str, removed))}"


def verbs(name, directory):
    """{verb: (help, arguments, the function that runs it)}, for each task."""
    one = ("--version", {**VERSION, "help": "its number (default: the highest but the one in use)"})
    which = ("--version", {**VERSION, "help": "its number (default: all versions)"})
    force = ("--force", {"action": "store_true", "help": "also if it was exported or is the last"})
    return {
        "list": ("the versions of the task's artifacts", (directory,), list_task),
        "restore": ("put a kept version in use again; the one in use is kept", (name, one, directory), restore),
        "remove": (
            "remove a version, or all of a name",
            (("--name", {"required": True, "help": "name of the artifact"}), which, force, directory),
            remove,
        ),
    }


def commands(directory):
    """{command: (help, arguments, the function that runs it)}, for all tasks together."""
    return {"list": ("all artifacts and their versions", [directory], list_all)}

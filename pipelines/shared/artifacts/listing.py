"""The content of a directory of artifacts: all versions of all names, including damaged ones.

print(pipelines.listing.table(pipelines.sentiment.list()))
"""

import dataclasses
import datetime
import pathlib

from pipelines.shared.arguments import Path
from pipelines.shared.artifacts import layout, versions
from pipelines.shared.storage import plain_json


@dataclasses.dataclass(frozen=True)
class Row:
    """A version of an artifact.

    name, version: as `load` takes them; in_use: whether `load` takes it by default; task: None if it cannot be read;
    trained: when; metric: (name, value), the first of its metrics; exports: such as "serving/3", "mobile", "web";
    damage: what is wrong with it, empty if nothing is; path: its folder.
    """

    name: str
    version: int
    in_use: bool
    task: str | None
    trained: str
    metric: tuple[str, float] | None
    exports: list[str]
    damage: str
    path: str


def rows(directory: Path = "saved_models", task_name: str | None = None) -> list[Row]:
    """A `Row` for each version in the directory, by name, the newest first.

    Args:
        task_name: lists only artifacts of this task, and those whose task cannot be read.
    """
    all_rows = [row for name in _names(pathlib.Path(directory)) for row in _versions(pathlib.Path(directory) / name)]
    return [row for row in all_rows if task_name is None or row.task in (task_name, None)]


def _names(directory):
    entries = sorted(directory.iterdir()) if directory.is_dir() else []
    names = {layout.base_name(entry.name) for entry in entries if not entry.name.startswith(".") and entry.is_dir()}
    return sorted(names)


def _versions(path):
    folders = versions.steadily(path, lambda: versions.all_of(path))
    in_use = versions.located(layout.home(path))
    return [_row(path.name, count, folders[count], folders[count] == in_use) for count in reversed(folders)]


def _row(name, count, folder, in_use):
    facts, metrics = versions.facts_of(folder), _metrics(folder)
    return Row(
        name=name,
        version=count,
        in_use=in_use,
        task=facts.get("task"),
        trained=str(facts.get("trained") or _written(folder)),
        metric=next(((key, value) for key, value in metrics.items() if key != "examples"), None),
        exports=versions.exports(folder),
        damage=versions.damage(folder, facts.get("task")),
        path=str(folder),
    )


def _metrics(folder):
    try:
        return plain_json.read(folder / "metrics.json")
    except (OSError, ValueError):  # `damage` reports it
        return {}


def _written(folder):
    """The time of writing, for an artifact of release 0.1.0, which did not record when it was trained."""
    written = datetime.datetime.fromtimestamp(folder.stat().st_mtime)
    return written.astimezone().isoformat(" ", "seconds")


def table(rows, directory="saved_models"):
    """The rows as text."""
    if not rows:
        return f"no artifacts in {directory}"
    lines = [("name", "version", "task", "trained", "metric", "exported", "")]
    lines += [
        (
            row.name,
            str(row.version),
            row.task or "?",
            row.trained[:16],
            "{} {:.4f}".format(*row.metric) if row.metric and isinstance(row.metric[1], float) else "-",
            ", ".join(row.exports) or "-",
            "; ".join(["in use"] * row.in_use + [f"damaged: {row.damage[:300]}"] * bool(row.damage)),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)

"""What is on disk, as a page lists it: read from small files, without loading a model."""

from pipelines import own_tasks
from pipelines.shared.artifacts import versions
from pipelines.shared.report import verdict
from pipelines.shared.serving.refusals import Refused
from pipelines.shared.site import pages
from pipelines.shared.storage import plain_json

METRICS = 3  # of an artifact that are shown


def all_of(shelf) -> list[dict]:
    """A row for each artifact that is served, by name; damaged ones say so."""
    rows = []
    for name in shelf.names():
        try:
            rows.append({**row(shelf.standing(name)), "versions": shelf.versions(name)})
        except Refused:  # removed meanwhile
            continue
    return rows


def row(standing) -> dict:
    """{"name", "task", "version", "trained", "verdict", "winner", "metrics", "report", "page", ...} of a version.

    The values of `listed` of the task's room `page` stand there too, and "damage" if a file cannot be read.
    """
    folder = standing.folder
    told = {"name": standing.name, "task": None, "version": standing.version, "page": f"/artifacts/{standing.name}"}
    try:
        facts, config = versions.facts_of(folder), plain_json.read(folder / "config.json")
        metrics = plain_json.read(folder / "metrics.json")
        judged = verdict.load(folder)
        task = own_tasks.known(facts.get("task"))
        own = {} if task is None else {"site": pages.folder_of(task), **task.page.listed(config, facts)}
    except (OSError, ValueError):
        return {**told, "damage": "a file of it is missing or damaged"}
    shown = [name for name in metrics if name != "examples" and not name.startswith("baseline_")][:METRICS]
    return {
        **told,
        "task": facts.get("task"),
        "trained": facts.get("trained"),
        "verdict": None if judged is None else str(judged),
        "winner": None if judged is None else judged.winner,
        "metrics": {name: metrics[name] for name in shown},
        "report": f"/reports/{standing.name}/index.html" if (folder / "report" / "index.html").is_file() else None,
        **own,
    }

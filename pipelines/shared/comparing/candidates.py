"""The artifacts that are compared: found by their names, with what each makes of the rows of one test.

mine        the version in use
mine@2      a kept version
artifact    one that was loaded
"""

import dataclasses
import pathlib
from typing import Any

from pipelines import own_tasks
from pipelines.shared.artifacts import layout, versions
from pipelines.shared.data import original_splits
from pipelines.shared.messages import shown
from pipelines.shared.metrics import outcomes
from pipelines.shared.storage import plain_json


@dataclasses.dataclass(frozen=True)
class Candidate:
    """label: name@version. folder: of the artifact. facts: its artifact.json. loaded: an `Artifact`, or None."""

    label: str
    folder: pathlib.Path
    facts: dict
    loaded: Any = None

    @property
    def metrics(self):
        """Those of its own test."""
        return plain_json.read(self.folder / "metrics.json")

    @property
    def config(self):
        """Its settings, plain."""
        return plain_json.read(self.folder / "config.json")

    def artifact(self):
        """The artifact, loaded.

        Raises:
            ValueError: its task is none of this package and none that is installed.
        """
        if self.loaded is not None:
            return self.loaded
        name, number = self.label.split("@")
        task = own_tasks.known(self.facts["task"])
        if task is None:
            raise ValueError(
                f"compare: {self.label} is of the task {self.facts['task']!r}, which is not installed; load it in "
                "Python and give what is loaded to pipelines.compare"
            )
        directory = layout.home(self.folder).parent
        in_use = versions.located(directory / name) == self.folder
        return task.load(name, version=None if in_use else int(number), directory=directory)


def found(one, directory) -> Candidate:
    """The candidate of a name, a name with a version, or an artifact.

    Raises:
        FileNotFoundError: there is none. ValueError: a version that is no number, a damaged artifact.
    """
    if hasattr(one, "facts") and hasattr(one, "task"):
        return Candidate(f"{one.name}@{one.facts['version']}", versions.located(one.path), one.facts, one)
    name, at, number = str(one).partition("@")
    if at and not number.isdecimal():
        raise ValueError(f"compare: expected a name, or a name and a version such as mine@2, received {shown(one)}")
    path = layout.folder_of(directory, name)
    folder = versions.find(path, int(number) if at else None)
    if not folder.exists():
        raise FileNotFoundError(_absent(path))
    task = layout.read_facts(folder).get("task")
    facts = layout.opened(folder, task)
    return Candidate(f"{name}@{versions.number(folder)}", folder, facts)


def _absent(path):
    names = sorted(file.parent.name for file in path.parent.glob("[!.]*/artifact.json"))
    there = f"there are: {', '.join(names)}"[:300] if names else "there are none"
    return f"compare: no artifact {path.name!r} in {path.parent}; {there}"


def same_test(candidates) -> None:
    """Refuses artifacts whose own tests are not the same rows.

    Raises:
        ValueError: they differ, or one does not say what it was tested on.
    """
    prints = [_fingerprint(one) for one in candidates]
    for one, own in zip(candidates, prints, strict=True):
        if own != prints[0] or own is None:
            raise ValueError(
                f"compare: {candidates[0].label} and {one.label} were not tested on the same rows; "
                f"name some: unroll compare {' '.join(other.label for other in candidates)} --data FILE"
            )


def _fingerprint(candidate):
    split = original_splits.scored(candidate.facts["examples"])
    return candidate.facts.get("fingerprints", {}).get(split)


def own_outcomes(candidate):
    """What was kept of the artifact's own test; measured now, if nothing was."""
    kept = outcomes.load(candidate.folder)
    return candidate.artifact().outcomes() if kept is None else kept

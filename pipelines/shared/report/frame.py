"""What every report begins and ends with: the verdict and what to do next; the settings and how to make it again."""

import dataclasses
import pathlib

from pipelines.shared.report import next_steps, pages

CHOSEN, GIVEN, DEFAULT = "chosen by the data", "given", "default"


def framed(artifact, sections):
    """A task's sections between those that all reports have."""
    return [
        pages.Section("Verdict", _verdict(artifact)),
        *sections,
        pages.Section("How it was made", _settings(artifact) + _again(artifact)),
    ]


def summary(artifact):
    """The data, the time and the size in a sentence."""
    facts = artifact.facts
    counts = ", ".join(f"{count:,} {split}" for split, count in facts["examples"].items())
    source = next_steps.shown_source(facts["source"]["data"])
    seconds, parameters = facts["training_seconds"], facts["parameters"]
    made = f"{counts} examples of {source}, trained in {seconds:,.0f} s; {parameters:,} parameters."
    return " ".join([made, *_start(facts.get("started_from"))])


def _start(start):
    """Sentences on what the training started from.

    >>> _start({"name": "mine", "version": 2}), _start(None)
    (['It started from mine, version 2.'], [])
    """
    if not start:
        return []
    name = pathlib.PurePath(start.get("name") or start["file"]).name
    version = f", version {start['version']}" if "version" in start else ""
    learned = f", which learned to tell words from {start['words']:,} of them" if "words" in start else ""
    return [f"It started from {name}{version}{learned}."]


def _verdict(artifact):
    verdict, said = artifact.verdict, ""
    if verdict is not None:
        said = f'<div class="verdict">{pages.note(str(verdict))}</div>{pages.note(verdict.how)}'
    steps = pages.commands(next_steps.commands(artifact, True)), pages.commands(next_steps.calls(artifact, True))
    where = ""
    if " --directory . " in next_steps.commands(artifact, True)[0] + " ":
        where = pages.note(f"In the folder that holds the folder {artifact.name}:")
    return f"{said}<h3>Next</h3>{where}{steps[0]}{pages.note('Or in Python:')}{steps[1]}"


def _settings(artifact):
    """All settings, those first that are not the defaults."""
    config, chosen, rows = artifact.config, artifact.facts.get("chosen", ()), []
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        how = CHOSEN if field.name in chosen else DEFAULT if value == field.default else GIVEN
        was = "" if how == DEFAULT else str(field.default) if field.default is not None else "by the data"
        rows.append([field.name, str(next_steps.portable(value)), how, was])
    rows.sort(key=lambda row: row[2] == DEFAULT)
    return pages.table("Settings, the changed ones first", ["setting", "value", "how", "by default"], rows)


def _again(artifact):
    versions = artifact.facts.get("versions", {})
    listed = pages.table("Made with", ["what", "version"], [[*pair] for pair in versions.items()]) if versions else ""
    again = pages.commands([next_steps.training(artifact, True)])
    return f"{listed}<h3>The same again (seed {artifact.config.seed})</h3>{again}"

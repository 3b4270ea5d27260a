"""A trained artifact, as `train` and `load` return it, with the verbs of its task as methods.

Modules that load TensorFlow are imported inside the methods that need them, so that `--help` is quick.
"""

import copy
import dataclasses
import datetime
import pathlib
import shutil
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipelines import rooms, settings
from pipelines.shared import keywords, progress
from pipelines.shared.arguments import Format, Keep, Path, Quantization
from pipelines.shared.artifacts import layout, succession, versions
from pipelines.shared.command_line import release
from pipelines.shared.data import original_splits, provenance, tables
from pipelines.shared.report.verdict import Metrics, Verdict
from pipelines.shared.storage import disk, scratch
from pipelines.shared.training.results import Result

if TYPE_CHECKING:
    import keras

    from pipelines.task import Task


def options_of_reading(task):
    """The keywords of a task that say how a source is read."""
    return keywords.of_settings(task.Config, settings.of_reading(task.Config))


def options_of_evaluation(task):
    """The keywords that a task's `evaluate` takes besides its data."""
    return keywords.of_settings(task.Config, [*settings.of_reading(task.Config), *settings.of_evaluation(task.Config)])


def options_of_answers(task):
    """The keywords that a task's `predict` takes besides its inputs."""
    return keywords.joined(keywords.of_function(task.answers.answer), options_of_reading(task))


def _written(value):
    """A number in four digits, a count without any behind the point."""
    return f"{value:.0f}" if value > 1 and value % 1 == 0 else f"{value:.4f}"


def _judged(outcomes):
    """The verdict on outcomes; None for none."""
    from pipelines.shared.metrics import verdicts

    return None if outcomes is None else verdicts.judged(outcomes)


def _as_trained(artifact, verb):
    """The keywords of a verb, with the artifact's settings as defaults."""
    return keywords.with_defaults(keywords.of_function(verb), dataclasses.asdict(artifact.config))


class Artifact:
    """A trained artifact: `.model`, `.metrics`, `.verdict`, `.history`, `.config`, `.path`, and the task's verbs as
    methods.
    """

    task: "Task"
    path: pathlib.Path
    config: Any  # of the task's Config
    preprocessor: Any
    model: "keras.Model"
    baseline: Any
    history: dict[str, list[float]]
    facts: dict[str, Any]
    splits: rooms.Splits | None
    metrics: dict[str, float]
    verdict: Verdict | None  # on the test split; None of an artifact of an earlier version

    def __init__(self, task, path, config, preprocessor, model, baseline, history, facts, splits=None):
        self.task, self.path, self.config, self.preprocessor = task, path, config, preprocessor
        self.model, self.baseline, self.history, self.facts = model, baseline, history, facts
        self.splits, self.metrics, self.verdict = splits, {}, None
        self._traced: tuple[Any, Any] = (None, None)

    def __getattr__(self, name) -> Any:
        """A verb that only this task has."""
        verbs = self.__dict__["task"].answers.VERBS if "task" in self.__dict__ and name[:1] != "_" else {}
        if name not in verbs:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return types.MethodType(verbs[name], self)

    def __repr__(self):
        numbers = [(name, value) for name, value in self.metrics.items() if name != "examples"][:3]
        shown = ", ".join(f"{name}={_written(value)}" for name, value in numbers)
        return f"<{self.task.name} artifact {str(self.path)!r}: {shown}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from pipelines.shared.report import cards  # loads matplotlib

        return cards.of_artifact(self)

    @property
    def name(self) -> str:
        """The artifact's name, the same for all its versions."""
        return layout.name_of(self.path)

    @property
    def infer(self) -> Callable:
        """The network as a function of tensors, traced once for any batch and time; traced again if `model` changes."""
        if self._traced[0] is not self.model:
            self._traced = (self.model, self.task.network.infer(self))
        return self._traced[1]

    @keywords.named_by(lambda artifact: options_of_evaluation(artifact.task))
    @progress.verb
    def evaluate(self, data: Any = None, *, download: bool = False, quiet: bool = False, **how: Any) -> Metrics:
        """The metrics on `data`, a flat dictionary of floats; without data, on the artifact's own test split.

        The numbers of the baselines on the same examples are among them, as `baseline_...`; the dictionary's `verdict`
        says whether the model is better. Columns are called as in training where `how` does not say otherwise.

        Raises:
            ValueError: without data, where the test split cannot be told from what the artifact was trained on.
        """
        asked, reading = settings.parted(how, settings.of_evaluation(type(self.config)))
        if data is None:
            examples = self._own_test_split(download, reading)
            return self.evaluated(examples, original_splits.cut_off(self.splits, self.facts["source"]), asked)
        examples = self.task.read_examples(data, self.config, download, reading)
        return self.evaluated(examples, {"train": examples}, asked)

    def evaluated(self, examples: rooms.Examples, splits: rooms.Splits, asked: Mapping[str, Any]) -> Metrics:
        """The metrics on examples, and those of the further trainings on splits that some settings ask for.

        asked: settings that `evaluate` takes, which are then those of the scores too.
        """
        if not asked:
            return self.scored(examples)
        config, twin = settings.evaluated_anew(self.config, asked), copy.copy(self)
        twin.config = settings.create(type(self.config), asked, base=self.config)
        with scratch.folder() as folder:
            scored = twin.scored(examples)
            scored.update(self.task.scores.retrained(self.task, splits, config, folder))
        return scored

    @keywords.named_by(lambda artifact: options_of_reading(artifact.task))
    def outcomes(self, data: Any = None, *, download: bool = False, **reading: Any) -> Any:
        """What the model and its baselines make of each example of `data`, or else of its own test split: an
        `Outcomes`, which verdicts and comparisons are tested on; None where the task has none."""
        if data is None:
            examples = self._own_test_split(download, reading)
        else:
            examples = self.task.read_examples(data, self.config, download, reading)
        return self.task.outcomes(self, examples, self.task.scores.answered(self, examples))

    def scored(self, examples: rooms.Examples) -> Metrics:
        """The metrics on examples, as the task's room `data` gives them, and the verdict."""
        with progress.stage("metrics", after=progress.SHORT):
            answered = self.task.scores.answered(self, examples)
            metrics = self.task.scores.score(self, examples, answered)
            return Metrics(metrics, _judged(self.task.outcomes(self, examples, answered)))

    @keywords.named_by(lambda artifact: options_of_answers(artifact.task))
    @progress.verb
    def predict(self, inputs: Any, *, quiet: bool = False, **how: Any) -> list:
        """A list with an answer an input; inputs: a list, a table, or a file. A DataFrame gives a DataFrame."""
        reading, how = settings.parted(how, settings.of_reading(type(self.config)))
        return self.answers_like(inputs, self.task.read_inputs(inputs, self.config, reading), **how)

    def answers_like(self, source: Any, inputs: list, **how: Any) -> Any:
        """The answers to `inputs`, as a table where the source that they were read from is one."""
        answers = self.task.answers.answer(self, inputs, **how)
        columns = self.task.answers.columns(inputs, answers) if tables.is_table(source) else {}
        table = tables.like(source, columns) if columns else None
        return answers if table is None else table

    @progress.verb
    def export(
        self,
        format: Format = "both",
        quantize: Quantization = None,
        streaming: bool = False,
        fused: bool = False,
        *,
        runtime: Path | None = None,
        quiet: bool = False,
    ) -> dict[str, pathlib.Path]:
        """Exports for TF Serving, phones and browsers; see `export.formats`, and for format="web" `browser.folder`.

        runtime: with format="web" a folder with the packages of LiteRT.js, where npm or a network is missing.
        """
        from pipelines.shared.browser import folder
        from pipelines.shared.export import formats

        if format == "web":
            return folder.export(self, quantize, streaming, fused, runtime)
        if runtime is not None:
            raise ValueError(f"runtime: expected format='web', received {format!r}, which has no use for LiteRT.js")
        return formats.export(self, format, quantize, streaming, fused)

    @keywords.named_by(lambda artifact: _as_trained(artifact, artifact.task.train))
    def train(self, data: Any = None, **options: Any) -> "Artifact":
        """Trains again under the same name, with this artifact's settings, changed by `options`.

        Without data, it trains on the data that this artifact was trained on.
        """
        return self.task.train(**self._as_before("train", data, options))

    @keywords.named_by(lambda artifact: _as_trained(artifact, artifact.task.tune))
    def tune(self, data: Any = None, **how: Any) -> Result:
        """Searches for better settings than this artifact's; see `Task.tune`.

        Without data, it uses the data that this artifact was trained on.
        """
        return self.task.tune(**self._as_before("tune", data, how))

    def _as_before(self, verb, data, options):
        source = self._source(verb) if data is None else {"data": data}
        kept = layout.is_kept(self.path)
        location = {"name": self.name, "directory": self.path.parent.parent if kept else self.path.parent}
        before = dataclasses.asdict(self.config)
        if self.config.time and "time" in options:  # another time, which chooses anew
            for name in {"epochs", *self.facts.get("by_time", ())} - options.keys():
                del before[name]
        return {**source, **location, "config": before, **options}

    def _source(self, verb):
        """{"data", "valid", "test"}: the sources that this artifact was trained on."""
        source = self.facts["source"]
        if any(map(provenance.in_memory, source.values())):
            raise ValueError(f"{verb}: {self.name!r} was trained on data in memory, which is gone; give data=...")
        return source

    def _own_test_split(self, download=False, reading=()):
        if reading:
            names = ", ".join(reading)
            raise ValueError(f"evaluate: {names}: for data that is given; the test split is read as in training")
        splits = self.splits
        if splits is None:
            split = original_splits.scored(self.facts["examples"])
            splits = original_splits.cut_again(self, split, self._source("evaluate"), download)
            self.splits = splits
        return splits[original_splits.scored(splits)]

    def save(
        self, training_folder: pathlib.Path, keep: Keep = succession.KEPT, further: Mapping[str, float] | None = None
    ) -> None:
        """Scores the test split, saves the artifact in place of what was at `path`, and deletes the training folder.

        further: metrics besides those of the test split.
        """
        from pipelines.shared.report import frame, next_steps, pages

        examples = self._own_test_split()
        with progress.stage("test split"):
            answered = self.task.scores.answered(self, examples)
            self.metrics = {**self.task.scores.score(self, examples, answered), **(further or {})}
            outcomes = self.task.outcomes(self, examples, answered)
            self.verdict = _judged(outcomes)
        with progress.stage("artifact and report"), succession.replacing(self.path, keep) as folder:
            number = versions.following(self.path)
            trained = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
            self.facts |= {"version": number, "last_version": number, "trained": trained}
            self.facts |= {"versions": release.versions(), "example": next_steps.example_of(examples)}
            layout.write_json(folder / "config.json", dataclasses.asdict(self.config))
            layout.write_json(folder / "preprocessor.json", self.preprocessor.state())
            layout.write_json(folder / "metrics.json", self.metrics)
            if outcomes is not None:
                outcomes.save(folder), self.verdict.save(folder)
            self.model.save(folder / "model.keras")
            self.baseline.save(folder)
            self._save_logs(training_folder, folder / "logs")
            page, title = folder / "report" / "index.html", f"{self.task.name}: {self.name}, version {number}"
            sections = frame.framed(self, self.task.report.sections(self, examples, answered))
            pages.write(page, title, frame.summary(self), sections)
            self.task.report.illustrate(self, examples, answered, folder)
            self.facts = layout.seal(folder, self.facts)
        disk.discard(training_folder)

    def _save_logs(self, training_folder, logs):
        logs.mkdir()
        shutil.copy(training_folder / "log.csv", logs)
        if (training_folder / "tensorboard").exists():
            shutil.copytree(training_folder / "tensorboard", logs / "tensorboard")

"""The verbs that all tasks have; `roomed` says what a task is.

    sentiment/__init__.py:   task = Task("sentiment", "pipelines.sentiment", Config)
                             train, evaluate, predict, ... = task.train, task.evaluate, task.predict, ...
    your own task:           task = sentiment.task.derive("mine", network={"build": build})

    train     raw data -> examples by split -> preprocessor (training split) -> model -> artifact, report
    evaluate  artifact + examples -> metrics
    predict   artifact + raw inputs -> answers
    export    artifact -> SavedModel, LiteRT

Evaluate, predict and export take their settings from the artifact, never from defaults. So that `--help` is quick,
modules that load TensorFlow are imported inside the verbs that need them, and a task's rooms when first used.
"""

import builtins
import dataclasses
import logging
import pathlib
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pipelines import rooms, settings
from pipelines.artifact import Artifact, options_of_answers, options_of_evaluation
from pipelines.roomed import Roomed
from pipelines.shared import defaults, keywords, messages, progress
from pipelines.shared.arguments import FirstSettings, Format, Keep, Path, Quantization
from pipelines.shared.artifacts import layout, listing, succession, versions
from pipelines.shared.data import original_splits, provenance
from pipelines.shared.pretraining import ahead
from pipelines.shared.report import next_steps, verdict
from pipelines.shared.report.verdict import Metrics
from pipelines.shared.storage import plain_json
from pipelines.shared.training import spaces, starting
from pipelines.shared.training.results import Result

log = logging.getLogger("unroll")


def _settings_of(task):
    return keywords.of_settings(task.Config)


def _options_of_training(task):
    """The keywords that `train` takes for a task: its settings, and of texts a source without labels."""
    of_settings = keywords.of_settings(task.Config)
    own = keywords.of_function(_of_texts)
    return keywords.joined(own, of_settings) if issubclass(task.Config, settings.Text) else of_settings


def _of_texts(*, unlabelled: Any = None, pretraining_time: str | float | None = None):
    """Texts without labels:
    unlabelled: texts to learn from first, to tell the next word: a .txt with a text a line, a table, a folder of
        .txt files, or a list of any of these; kept as the artifact `<name>-pretrained`
    pretraining_time: in which learning from them has to end, such as 10m or 1h (default: by their number)
    """


class Task(Roomed):
    """A task with its verbs; `Roomed` says what it is made of."""

    def verb(self, function: Callable) -> types.MethodType:
        """Decorates a function of a task, which becomes a verb of its package beside the artifacts' verb of that name.

        Its `**how` are the keywords of the artifacts' verb, which is in VERBS of the room `answers`.
        """
        return keywords.bound(function, lambda task: keywords.of_function(task.answers.VERBS[function.__name__]), self)

    def load_splits(self, data, valid, test, config, download=False):
        """The splits of sources such as `train` takes; no data stands for the task's own sample, or else the sample
        that its room `data` loads."""
        if data is None and "sample" in self.own:
            data = self.sample.generate()
        return self.data.load_splits(data, valid, test, config, download)

    def _read(self, *sources):
        with progress.stage("reading the data", after=progress.SHORT):  # an error is one line
            return self.load_splits(*sources)

    def settled(self, splits, config, before=None):
        """The config with the settings that are None chosen by the training split, which is said in a line.

        before: the settings of work that was cut off, which stay as they were.
        """
        from pipelines.shared.training import choosing

        with progress.stage("loading the libraries", after=progress.SHORT):
            _ = self.network.settings_for, self.preprocessor.prepare
        with progress.stage("choosing settings", after=progress.SHORT):
            config, words = choosing.settled(self, splits["train"], config, before)
        if words:
            progress.line(words)
        return config

    def outcomes(self, artifact, examples, answered):
        """What the room `scores` makes of each example; None where a derived task has other baselines or answers, and
        no `outcomes_of` of its own."""
        baselines, scores = self._room("baselines"), self._room("scores")
        if (baselines.replaces("load") or scores.replaces("answered")) and not scores.replaces("outcomes_of"):
            return None
        return self.scores.outcomes_of(artifact, examples, answered)

    @keywords.named_by(_options_of_training)
    @progress.verb
    def train(
        self, data: Any = None, *, valid: Any = None, test: Any = None, name: str | None = None,
        directory: Path = "saved_models", resume: bool = False, download: bool = False,
        config: FirstSettings = None, keep: Keep = succession.KEPT,
        callbacks: Sequence[Any] = (), quiet: bool = False, **options: Any,
    ) -> "Artifact":  # fmt: skip
        """Trains and saves an artifact.

        Args:
            data: what to learn from: a file, a list of files, a DataFrame, a dictionary of columns ...; by default the
                built-in sample. See `docs/data.md`.
            valid, test: the same, for the splits that are otherwise cut off from `data`.
            name: of the artifact, a folder in `directory`; the task's own name by default. An artifact that is already
                there is kept as a version; see `list`, `restore` and `load(version=...)`.
            directory: where artifacts are kept.
            resume: continue an interrupted training of this name.
            download: let tensorflow-datasets download and prepare a data set that is not on this machine.
            config: settings to begin with: a mapping or a JSON file, such as the `best.json` of `tune`.
            keep: how many versions of the name are kept, including the new one, or "all". Exported versions are always
                kept. If the task has a setting called keep, a choice of that setting is passed on to it.
            callbacks: a list of Keras callbacks, such as those of experiment trackers. They run after this package's
                own, so that an epoch's logs hold all its numbers; in a resumed training they see the remaining epochs.
                If a callback stops the training, it counts as complete; if one fails, the training can be resumed.
            quiet: show no progress; warnings are still logged.
            **options: any of the settings below.

        Returns:
            the `Artifact`.

        Raises:
            TypeError: an unknown option. ValueError: a bad value or bad data. FileNotFoundError: missing data.
            FloatingPointError: the training diverged in its first epoch. OSError: the artifact cannot be written.
            RuntimeError: another training of that name is running.
        """
        keep, options = succession.kept_or_setting(self.Config, keep, options)
        callbacks = _checked_callbacks(callbacks)
        unlabelled, seconds = ahead.taken(self, options)
        path = self.folder_of(name, directory)
        succession.check_place(path)
        sources = {"data": data, "valid": valid, "test": test}
        with layout.alone(path, "train"):
            config, start, named = starting.settled(self, config, options, directory, sources, unlabelled)
            splits = self._read(*sources.values(), config, download)
            if unlabelled is not None:
                config, start = ahead.pretrained(self, path, splits, unlabelled, seconds, config, named)
                resume = resume and layout.begun(layout.beside(path, "training"))
            before = layout.begun_with(path, "training") if resume else None
            asked, config = config, self.settled(splits, config, before)
            artifact = self._train_alone(path, sources, splits, resume, config, keep, callbacks, asked, start)
        if sys.stdout is not sys.stderr and not progress.is_quiet():  # the command line says it last, in its own words
            print("\n".join([str(artifact.verdict or ""), *next_steps.calls(artifact)]).strip(), flush=True)
        return artifact

    def _train_alone(self, path, source, splits, resume, config, keep, callbacks, asked, start):
        source = {role: provenance.described(data) for role, data in source.items()}
        with progress.stage("comparing the splits", after=progress.SHORT):
            fingerprint = provenance.fingerprint(splits)
        decisive = {**source, "examples": fingerprint, **dataclasses.asdict(config)}
        decisive |= {"started_from": dict(start.facts)} if start else {}
        folder = layout.open_training(path, decisive, resume, settings.defaults(self.Config))
        succession.announce(path, keep)
        advice = f"What was learned up to the last whole epoch is in {folder}; go on with resume=True (--resume)"
        with layout.stoppable(path, advice):
            cut_off = original_splits.cut_off(splits, source)
            further = self.scores.retrained(self, cut_off, config, folder)  # first, since it may be refused
            artifact = self._trained(path, config, source, splits, folder, callbacks, start, asked)
            artifact.facts |= {"chosen": settings.differing(asked, artifact.config, settings.changed(artifact.config)),
                               "by_time": settings.differing(config, artifact.config)}  # fmt: skip
            artifact.save(folder, keep, further)
        return artifact

    def _trained(self, path, config, source, splits, folder, callbacks, start=None, asked=None):
        """Trains in `folder` and returns the artifact, not yet saved.

        asked: the settings before those that were open were chosen, where a time may choose the size.
        """
        from pipelines.shared.training import budget, fitting, sizes

        started = time.perf_counter() - fitting.seconds(folder)  # counts the epochs before an interruption
        with progress.stage("preparing the data"):
            preprocessor = starting.prepared(self, splits["train"], config, start)
        with progress.stage("baselines"):
            baseline = self.baselines.fit(preprocessor, self._learned_in_the_end(splits))
        config = config if start else sizes.fitting(self, preprocessor, splits, config, asked, folder)
        begins = {"start": start} if start else {}  # so that a task of one's own may do without
        model, history = self.fit(preprocessor, splits, config, folder, callbacks, **begins)
        config = budget.planned(config, folder)
        with progress.stage("calibration", after=progress.SHORT):
            model = self.network.calibrate(model, preprocessor, baseline, splits["valid"], config)
            if self._completes(splits):
                model = self.network.completed(model, preprocessor, splits["valid"])
        facts = {
            "task": self.name,
            **original_splits.remembered(self, source, splits),
            "examples": {split: len(next(iter(columns.values()))) for split, columns in splits.items()},
            "training_seconds": round(time.perf_counter() - started, 1),
            "parameters": model.count_params(),
            **({"started_from": start.facts} if start else {}),
        }
        return Artifact(self, path, config, preprocessor, model, baseline, history, facts, splits)

    def _completes(self, splits):
        """Whether the model learns from the validation split in the end, which is not then what it is scored on."""
        return "test" in splits and self.network.completed is not defaults.completed

    def _learned_in_the_end(self, splits):
        """The examples that model and baselines have learned from in the end."""
        from pipelines.shared.data import stored

        parts = [splits["train"], *([splits["valid"]] if self._completes(splits) else [])]
        return {name: stored.joined([part[name] for part in parts]) for name in parts[0]}

    def fit(self, preprocessor, splits, config, folder, callbacks=(), start=None):
        """(model, history) of one training; `train` and each trial of `tune` call this same code.

        start: what it starts from, a `starting.Start`, or None.
        """
        from pipelines.shared.training import fitting, freezing

        with progress.stage("building the network"), fitting.conditions(config):
            model = self.network.build(preprocessor, config)
        if start:
            start.take(self, model, preprocessor)
        freezing.freeze(model, config.freeze)
        train = self.preprocessor.batches(preprocessor, splits["train"], config, True)
        valid = self.preprocessor.batches(preprocessor, splits["valid"], config, False)
        watching = self.network.watch(model, preprocessor, splits["valid"], config)
        compiled = self.network.compiled(config)
        return model, fitting.fit(
            model, train, valid, config, folder, watching, callbacks, remainder=_remainder(splits), **compiled
        )

    def folder_of(self, name: str | None, directory: Path) -> pathlib.Path:
        """The folder of the artifact `name`; None stands for the task's own name."""
        return layout.folder_of(directory, self.name if name is None else name)

    @progress.verb
    def load(
        self, name: str | None = None, *, version: int | None = None, directory: Path = "saved_models",
        quiet: bool = False,
    ) -> "Artifact":  # fmt: skip
        """The trained artifact `name`, by default its version in use; see `list`.

        Raises:
            FileNotFoundError: there is none, or one of its files is missing. ValueError: one of its files is damaged.
        """
        path = self.folder_of(name, directory)
        with progress.stage("loading the artifact", after=progress.SHORT):
            return versions.steadily(path, lambda: self._loaded(path, version))

    def config(self, name: str | None = None, *, version: int | None = None, directory: Path = "saved_models") -> Any:
        """The settings of the artifact `name`, of the task's `Config`; quick, since nothing else of it is loaded."""
        path = self.folder_of(name, directory)
        return versions.steadily(path, lambda: self._checked_config(versions.find(path, version)))

    def _checked_config(self, folder):
        layout.opened(folder, self.name)
        return self._config_in(folder)

    def _config_in(self, folder):
        with layout.reading(folder / "config.json") as file:
            return settings.create(self.Config, plain_json.read(file))

    def _loaded(self, path, version):
        from pipelines.shared.foreign import keras_files
        from pipelines.shared.training import fitting

        folder = versions.find(path, version)
        facts = layout.opened(folder, self.name)
        config = self._config_in(folder)
        with layout.reading(folder / "preprocessor.json") as file:
            preprocessor = self.preprocessor.restore(plain_json.read(file))
        _ = self.network.build  # loads the room, which registers the task's own layers
        packages = {"pipelines", *self.modules}
        model = keras_files.load(folder / "model.keras", foreign=False, packages=packages)  # checked above
        history = fitting.history(folder / "logs")
        with layout.reading(folder / "baselines.npz"):
            baseline = self.baselines.load(folder)
        facts["version"] = versions.number(folder)
        artifact_path = path if version is None else folder
        artifact = Artifact(self, artifact_path, config, preprocessor, model, baseline, history, facts)
        artifact.metrics = plain_json.read(folder / "metrics.json")
        artifact.verdict = verdict.load(folder)
        return artifact

    @keywords.named_by(options_of_evaluation)
    @progress.verb
    def evaluate(
        self, data: Any = None, *, name: str | None = None, version: int | None = None,
        directory: Path = "saved_models", download: bool = False, quiet: bool = False, **how: Any,
    ) -> Metrics:  # fmt: skip
        """The metrics of the artifact `name` on `data`, or else on its own test split; see `Artifact.evaluate`."""
        if data is None:
            return self.load(name, version=version, directory=directory).evaluate(download=download, **how)
        asked, reading = settings.parted(how, settings.of_evaluation(self.Config))
        config = self.config(name, version=version, directory=directory)
        settings.evaluated_anew(config, asked)
        examples = self.read_examples(data, config, download, reading)  # refused before the model is loaded
        return self.load(name, version=version, directory=directory).evaluated(examples, {"train": examples}, asked)

    def read_examples(self, data: Any, config: Any, download: bool, reading: Mapping[str, Any]) -> rooms.Examples:
        """The examples of a source for an artifact of these settings; reading: options of `evaluate`."""
        return self.data.load_examples(data, settings.read_anew(config, reading, "evaluate"), download)

    @keywords.named_by(options_of_answers)
    @progress.verb
    def predict(
        self, inputs: Any, *, name: str | None = None, version: int | None = None, directory: Path = "saved_models",
        quiet: bool = False, **how: Any,
    ) -> builtins.list:  # fmt: skip
        """The answers of the artifact `name` to a list of inputs, to a table, or to those in a file."""
        reading, how = settings.parted(how, settings.of_reading(self.Config))
        read = self.read_inputs(inputs, self.config(name, version=version, directory=directory), reading)
        return self.load(name, version=version, directory=directory).answers_like(inputs, read, **how)

    def read_inputs(self, inputs: Any, config: Any, reading: Mapping[str, Any]) -> builtins.list:
        """What `predict` answers, a list, for an artifact of these settings; reading: options of `predict`."""
        return self.data.read_inputs(inputs, settings.read_anew(config, reading, "predict"))

    @progress.verb
    def export(
        self, *, name: str | None = None, version: int | None = None, directory: Path = "saved_models",
        format: Format = "both", quantize: Quantization = None, streaming: bool = False, fused: bool = False,
        runtime: Path | None = None, quiet: bool = False,
    ) -> dict[str, pathlib.Path]:  # fmt: skip
        """Exports the artifact `name` for TF Serving, phones and browsers; see `Artifact.export`."""
        loaded = self.load(name, version=version, directory=directory)
        return loaded.export(format, quantize, streaming, fused, runtime=runtime)

    def list(self, *, directory: Path = "saved_models") -> builtins.list[listing.Row]:
        """All versions of the task's artifacts as `listing.Row`s: name, version, metric, exports, damage ..."""
        return listing.rows(directory, self.name)

    def restore(
        self, name: str | None = None, version: int | None = None, *, directory: Path = "saved_models"
    ) -> "Artifact":
        """Puts a kept version in use and loads it; the version that was in use is kept instead.

        Args:
            version: its number; by default the highest one that is not in use.

        Raises:
            FileNotFoundError: there is no such version, or it lacks a file. ValueError: it is damaged.
        """
        path = self.folder_of(name, directory)
        if versions.facts_of(path).get("task") == layout.PRETRAINED:
            start = f"{name}@{version or 1}"
            raise ValueError(
                f"restore: {path} tells words alone; a training starts from a version: start_from={start!r}"
            )
        succession.restore(path, self.name, version)
        return self.load(name, directory=directory)

    def remove(
        self, name: str | None, version: int | None = None, *, directory: Path = "saved_models", force: bool = False
    ) -> builtins.list[int]:
        """Removes a version, or without `version` all of them; returns their numbers.

        If the version in use is removed, the highest undamaged one of the others comes into use.

        Raises:
            FileNotFoundError: there is no such version.
            ValueError: it was exported, or it is the last one, and `force` is not set.
        """
        return succession.remove(self.folder_of(name, directory), self.name, version, force)

    @keywords.named_by(_settings_of)
    @progress.verb
    def tune(
        self, data: Any = None, *, valid: Any = None, test: Any = None, name: str | None = None,
        directory: Path = "saved_models", download: bool = False, config: FirstSettings = None,
        algorithm: Literal["random", "bayesian", "hyperband"] = "bayesian", trials: int = 10,
        space: dict[str, Any] | None = None, quiet: bool = False, **options: Any,
    ) -> Result:  # fmt: skip
        """Tries settings and returns a `Result`: `.best`, `.score`, `.trials`, and `.path` of the best as JSON.

        Args:
            data, valid, test, name, directory, download, config, **options: as `train` takes them; settings that are
                not in the space keep these values.
            algorithm: "random", "bayesian" or "hyperband". Hyperband tries many settings for a few epochs and the best
                of them for more, up to `epochs`, each time from the start; `epochs` decides how many trials it runs.
            trials: how many trials random and bayesian run, including those of an earlier call with the same name.
            space: {field: (low, high)} or {field: [values]}; by default the task's own. None among the values of a
                setting whose default is by the data stands for the value chosen by the data.
            quiet: show no progress; warnings are still logged.

        Raises:
            ValueError: an unknown algorithm, a field that cannot be tuned, a bad range, a search begun with other
            settings. RuntimeError: every trial failed, or another process searches under this name. OSError: the trials
            cannot be written.
        """
        space = spaces.checked(self.Config, space)
        spaces.check(algorithm, trials)
        path = self.folder_of(name, directory)
        sources = {"data": data, "valid": valid, "test": test}
        with layout.alone(path, "tune"):
            base, start, _ = starting.settled(self, config, options, directory, sources)
            splits = self._read(*sources.values(), base, download)  # refused before TensorFlow loads
            base = self.settled(splits, base, layout.begun_with(path, "tuning"))
            from pipelines.shared.training import tuning

            how = {"path": path, "base": base, "algorithm": algorithm, "trials": trials, "space": space}
            return tuning.tune(self, splits, start=start, **how)


def _remainder(splits):
    """Rows that are scored once a network is trained, for each one of validation."""
    count = {name: len(next(iter(splits[name].values()))) for name in ("valid", original_splits.scored(splits))}
    return count[original_splits.scored(splits)] / max(1, count["valid"])


def _checked_callbacks(callbacks):
    """The callbacks as a list, if all are Keras callbacks."""
    if isinstance(callbacks, (list, tuple)) and not callbacks:
        return []
    import keras

    expected = "callbacks: expected a list of Keras callbacks, such as [keras.callbacks.TerminateOnNaN()], received"
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"{expected} {messages.shown(callbacks)}")
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            hint = "; make an object of it" if isinstance(callback, type) else ""
            raise TypeError(f"{expected} {messages.shown(callback)} in it{hint}")
    return list(callbacks)
